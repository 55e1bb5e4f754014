"""APM server schema: one object for the whole deployment, written and never read."""

import pytest

from pytest_kibana.suites.families.asking import ok
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.suites.families.tables import Ask, rows
from pytest_kibana.wire import KibanaClient

PATH = "/api/apm/fleet/apm_server_schema"
SAVE = f"POST {PATH}"
REFUSED = (
    Ask(SAVE, json={"schema": "text"}, status=400, name="that is text"),
    Ask(SAVE, json={"schema": ["list"]}, status=400, name="that is a list"),
)


@pytest.mark.kibana_requirement("KBN-REQ-APMSCHEMA-001", source=LIVE, operations=[SAVE], safety="disruptive")
def test_a_schema_is_kept(kibana_client: KibanaClient) -> None:
    """A schema is stored with 200 and an empty object, and a second one takes the place of the first."""
    for schema in ({"made by": "a test"}, {}):
        assert ok(kibana_client.post(PATH, json={"schema": schema})) == {}


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMSCHEMA-002", source="Kibana source, fleet/route.ts", safety="read"
)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_is_no_schema_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """What is not an object is refused with 400, and nothing is kept."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMSCHEMA-003", source="Kibana source, fleet/route.ts", safety="read", tier="smoke"
)
@pytest.mark.parametrize("ask", rows(REFUSED[0]))
def test_strangers_keep_none(ask: Ask, nobody: KibanaClient, viewer: KibanaClient) -> None:
    """Neither somebody without credentials nor a viewer keeps a schema; not even nonsense is looked at."""
    ask.assert_kept_from(nobody, 401)
    Ask(SAVE, json={"schema": {}}).assert_kept_from(viewer, 403)
