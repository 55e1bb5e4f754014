"""Service tokens: with which Fleet Servers come. Nothing takes one back, so few are made."""

import pytest

from pytest_kibana.suites.families.asking import assert_refused, ok
from pytest_kibana.suites.families.sources import CONTRACT, LIVE
from pytest_kibana.wire import KibanaClient

ALL = "/api/fleet/service_tokens"
MAKE = f"POST {ALL}"


@pytest.mark.kibana_requirement("KBN-REQ-FLTOKEN-003", source=CONTRACT, operations=[MAKE], safety="global")
@pytest.mark.parametrize("broken", [{"remote": "perhaps"}, {"no_such_field": 1}], ids=["no boolean", "more"])
def test_a_broken_wish_is_refused(kibana_client: KibanaClient, broken: dict[str, object]) -> None:
    """A service token that is asked for in a way that cannot be understood is refused with 400."""
    assert_refused(kibana_client.post(ALL, json=broken), 400)


@pytest.mark.kibana_requirement("KBN-REQ-FLTOKEN-004", source=LIVE, operations=[MAKE], safety="disruptive")
def test_every_token_is_another(kibana_client: KibanaClient) -> None:
    """A service token has a name and a value, and the next one has others. They stay, for nothing takes them back."""
    first, second = (ok(kibana_client.post(ALL, json={})) for _ in range(2))
    assert set(first) >= {"name", "value"}
    assert first["value"] != second["value"]
    assert first["name"] != second["name"]
