"""APM agent keys: made for agents, shown once."""

import base64
from collections.abc import Callable

import pytest

from pytest_kibana.suites.families.asking import ok, said
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.suites.families.tables import Ask, rows
from pytest_kibana.wire import KibanaClient

PATH = "/api/apm/agent_keys"
MAKE = f"POST {PATH}"
NAME = "kbn-test-refused"
REFUSED = (
    Ask(MAKE, json={"name": NAME}, status=400, name="without privileges"),
    Ask(MAKE, json={"privileges": ["event:write"]}, status=400, name="without a name"),
    Ask(MAKE, json={"name": NAME, "privileges": ["no:such"]}, status=400, name="with an unknown privilege"),
    Ask(MAKE, json={"name": NAME, "privileges": "event:write"}, status=400, name="with no list"),
)


@pytest.mark.kibana_requirement("KBN-REQ-APMKEY-001", source=LIVE, operations=[MAKE], safety="disruptive")
def test_a_key_is_shown_once(kibana_client: KibanaClient, unique: Callable[[], str]) -> None:
    """A key for agents is answered with its id, its name, its secret, and both as agents send them."""
    # Disruptive: only Elasticsearch takes a key away again. This one may do no more than ask for a configuration.
    name = unique()
    answer = kibana_client.post(PATH, json={"name": name, "privileges": ["config_agent:read"]})
    if answer.status_code != 200 and "derived" in said(answer):
        pytest.skip(f"needs a user, as an API key makes no other, found: {said(answer)[:200]}")
    key = ok(answer)["agentKey"]
    assert key["name"] == name
    assert base64.b64decode(key["encoded"]).decode() == f"{key['id']}:{key['api_key']}"


@pytest.mark.kibana_requirement("KBN-REQ-APMKEY-002", source="Kibana source, agent_keys/route.ts")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_an_impossible_key_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """A key without a name, without privileges, or with privileges that agents do not have, is refused with 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMKEY-003", source="Kibana source, agent_keys/route.ts", tier="smoke"
)
@pytest.mark.parametrize("ask", rows(REFUSED[0]))
def test_strangers_make_no_key(ask: Ask, nobody: KibanaClient, viewer: KibanaClient) -> None:
    """Neither somebody without credentials nor a viewer makes a key."""
    ask.assert_kept_from(nobody, 401)
    sensible = Ask(MAKE, json={"name": NAME, "privileges": ["config_agent:read"]})
    sensible.assert_kept_from(viewer, 403)
