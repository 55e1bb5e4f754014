"""Uptime's settings: one set for each space, of which a change keeps what it leaves out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, ok, part
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

PATH = "/api/uptime/settings"
READ, CHANGE = f"GET {PATH}", f"PUT {PATH}"
DEFAULTS: dict[str, Any] = {
    "heartbeatIndices": "heartbeat-*",
    "certExpirationThreshold": 30,
    "certAgeThreshold": 730,
    "defaultConnectors": [],
}
REFUSED = (
    Ask(CHANGE, json={"certAgeThreshold": "soon"}, status=400, name="to a threshold that is text"),
    Ask(CHANGE, json={"heartbeatIndices": 1}, status=400, name="to an index that is a number"),
    Ask(CHANGE, json={"defaultConnectors": "all"}, status=400, name="to connectors that are no list"),
)


@pytest.mark.kibana_requirement("KBN-REQ-UPTIME-001", source=LIVE, operations=[READ], tier="smoke")
def test_a_new_space_has_the_defaults(here: KibanaClient) -> None:
    """A new space has the documented settings, without anybody having made them."""
    assert part(ok(here.get(PATH)), *DEFAULTS) == DEFAULTS


@pytest.mark.kibana_requirement("KBN-REQ-UPTIME-002", source=LIVE, operations=[READ, CHANGE], tier="smoke")
def test_a_change_keeps_what_it_leaves_out(here: KibanaClient) -> None:
    """A change is answered with all settings, and the next one keeps what it said."""
    ok(here.put(PATH, json={"certExpirationThreshold": 31}))
    email = {"to": ["somebody@example.com"], "cc": [], "bcc": []}
    answer = ok(here.put(PATH, json={"defaultEmail": email}))
    wanted = {**DEFAULTS, "certExpirationThreshold": 31, "defaultEmail": email}
    assert part(answer, *wanted) == wanted
    assert part(ok(here.get(PATH)), *wanted) == wanted


@pytest.mark.kibana_requirement("KBN-REQ-UPTIME-003", source=LIVE, operations=[READ, CHANGE])
def test_settings_are_of_one_space(here: KibanaClient, other_space: KibanaClient) -> None:
    """What is set in one space is not set in another."""
    ok(here.put(PATH, json={"certExpirationThreshold": 33}))
    assert part(ok(other_space.get(PATH)), *DEFAULTS) == DEFAULTS


@pytest.mark.kibana_requirement("KBN-REQ-UPTIME-004", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A setting of another type is refused with 400, and changes nothing."""
    ask.assert_answered(here)
    assert part(ok(here.get(PATH)), *DEFAULTS) == DEFAULTS


@pytest.mark.kibana_requirement("KBN-REQ-UPTIME-005", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(Ask(READ), *once(REFUSED)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes the settings."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-UPTIME-006", source="Kibana source, dynamic_settings.ts", operations=[READ, CHANGE]
)
def test_a_viewer_looks_and_changes_nothing(viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer reads the settings and changes none."""
    here = viewer.in_space(kibana_space)
    assert part(ok(here.get(PATH)), *DEFAULTS) == DEFAULTS
    Ask(CHANGE, json={"certExpirationThreshold": 1}).assert_kept_from(here, 403)


@pytest.mark.kibana_requirement("KBN-REQ-UPTIME-007", source=LIVE, operations=[READ, CHANGE], tier="thorough")
@FEW
@given(
    expiration=st.integers(1, 3650),
    age=st.integers(1, 3650),
    index=st.from_regex("[a-z]{1,9}", fullmatch=True),
)
def test_settings_read_as_they_were_written(
    kibana_resources: Resources, expiration: int, age: int, index: str
) -> None:
    """Whatever thresholds and indices are set, they read back the same."""
    told = {"certExpirationThreshold": expiration, "certAgeThreshold": age, "heartbeatIndices": f"{index}-*"}
    client = kibana_resources.factory.client.in_space(kibana_resources.factory.space)
    assert part(ok(client.put(PATH, json=told)), *told) == told
    assert part(ok(client.get(PATH)), *told) == told
