"""Live queries: asked of hosts at once. And what osquery refuses to everybody, and to whom.

Nothing is asked but of a host whose name begins with ``kbn-test``.
"""

from typing import Any

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok
from pytest_kibana.suites.families.hosts import our_host
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

PACKS, QUERIES, ASKED = "/api/osquery/packs", "/api/osquery/saved_queries", "/api/osquery/live_queries"
PACK, QUERY, ANSWER = f"{PACKS}/{{id}}", f"{QUERIES}/{{id}}", f"{ASKED}/{{id}}/results/{{actionId}}"
SCHEDULED = "/api/osquery/scheduled_results/{scheduleId}/{executionCount}"
A_PACK: dict[str, Any] = {"name": "x", "enabled": False, "queries": {}}
A_QUERY = {"id": "x", "query": "select 1;", "interval": "60"}

REFUSED = (
    Ask(f"POST {PACKS}", json={**A_PACK, "name": 5}, status=400, name="of a number"),
    Ask(f"POST {QUERIES}", json={**A_QUERY, "id": 5}, status=400, name="of a number"),
    Ask(f"GET {PACKS}", query={"sortOrder": "x"}, status=400, name="in no order"),
    Ask(f"GET {QUERIES}", query={"sortOrder": "x"}, status=400, name="in no order"),
    Ask(f"GET {ASKED}", query={"sortOrder": "x"}, status=400, name="in no order"),
    Ask(f"PUT {PACK}", (NO_SUCH_ID,), json={"enabled": "x"}, status=400, name="of no truth"),
    Ask(f"PUT {QUERY}", (NO_SUCH_ID,), json={"query": 5}, status=400, name="of a number"),
    Ask(f"POST {ASKED}", json={"query": 5}, status=400, name="of a number"),
)
UNKNOWN = (
    Ask(f"GET {PACK}", (NO_SUCH_ID,)),
    Ask(f"PUT {PACK}", (NO_SUCH_ID,), json=A_PACK),
    Ask(f"DELETE {PACK}", (NO_SUCH_ID,)),
    Ask(f"POST {PACK}/copy", (NO_SUCH_ID,)),
    Ask(f"GET {QUERY}", (NO_SUCH_ID,)),
    Ask(f"PUT {QUERY}", (NO_SUCH_ID,), json=A_QUERY),
    Ask(f"DELETE {QUERY}", (NO_SUCH_ID,)),
    Ask(f"POST {QUERY}/copy", (NO_SUCH_ID,)),
    Ask(f"GET {ASKED}/{{id}}", (NO_SUCH_ID,)),
)
OPEN = (
    Ask(ANSWER.replace("/api", "GET /api", 1), (NO_SUCH_ID, NO_SUCH_ID)),
    Ask("GET /api/osquery/history"),
    Ask(f"POST {ANSWER}/_export", (NO_SUCH_ID, NO_SUCH_ID), query={"format": "csv"}, json={}),
    Ask(f"GET {SCHEDULED}", (NO_SUCH_ID, "1")),
    Ask(f"GET {SCHEDULED}/results", (NO_SUCH_ID, "1")),
    Ask(f"POST {SCHEDULED}/_export", (NO_SUCH_ID, "1"), query={"format": "csv"}, json={}),
)


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-020", source=LIVE, operations=[f"GET {ASKED}"], safety="read"
)
def test_what_was_asked_is_listed(here: KibanaClient) -> None:
    """What hosts were asked is listed, no more of it than was wanted."""
    found = ok(here.get(ASKED, query={"pageSize": 1}))["data"]
    assert len(found["items"]) <= 1


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-021",
    source=LIVE,
    operations=[f"POST {ASKED}", f"GET {ASKED}/{{id}}", f"GET {ANSWER}"],
    safety="disruptive",
)
def test_a_host_is_asked(here: KibanaClient, kibana_client: KibanaClient) -> None:
    """A question to a host is answered with its id, by which it and its results are found."""
    body = {"query": "select 1;", "agent_ids": [our_host(kibana_client)["agent"]["id"]]}
    asked = ok(here.post(ASKED, json=body))["data"]
    shown = ok(here.get(f"{ASKED}/{asked['action_id']}"))["data"]
    assert shown["action_id"] == asked["action_id"]
    assert [one["query"] for one in shown["queries"]] == ["select 1;"]
    action = asked["queries"][0]["action_id"]
    assert ok(here.get(f"{ASKED}/{asked['action_id']}/results/{action}"))["data"]["total"] >= 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-022", source="Kibana source, osquery/server/routes", safety="read"
)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A pack or query without a proper name, a list in no order and the like are refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-023",
    level="SHOULD",  # 500 up to 9.4
    source="elastic/kibana#258883",
    safety="read",
)
@pytest.mark.parametrize("ask", rows(*UNKNOWN))
def test_unknown_ones_are_not_found(ask: Ask, here: KibanaClient) -> None:
    """A pack, a saved query or a live query that does not exist is answered 404."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-OSQUERY-024", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *UNKNOWN, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes packs and queries, or asks hosts anything."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-025", source="Elastic's own API tests assert it (elastic/kibana#263275)", safety="read"
)
@pytest.mark.parametrize("ask", rows(*guarded((*REFUSED, *UNKNOWN))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes and deletes no pack and no query, and asks no host."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
