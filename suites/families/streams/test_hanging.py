"""What hangs on streams: queries, dashboards and rules, one by one and many at once."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

ONE = "/api/streams/{}"
GONE = f"kbn-test-{NO_SUCH_ID}"
QUERIES, DASHBOARDS, RULES = (f"/api/streams/{{name}}/{what}" for what in ("queries", "dashboards", "rules"))
QUERY, DASHBOARD, RULE = f"{QUERIES}/{{queryId}}", f"{DASHBOARDS}/{{dashboardId}}", f"{RULES}/{{ruleId}}"
ASKED = {"title": "kbn-test", "kql": {"query": "a: b"}}

UNKNOWN = (
    *(Ask(f"GET {what}", (GONE,)) for what in (QUERIES, DASHBOARDS, RULES)),
    *(Ask(f"DELETE {what}", (GONE, GONE)) for what in (QUERY, DASHBOARD, RULE)),
    Ask(f"PUT {QUERY}", (GONE, GONE), json=ASKED),
    *(Ask(f"PUT {what}", (GONE, GONE)) for what in (DASHBOARD, RULE)),
)
SENSELESS = (
    Ask(f"PUT {QUERY}", (GONE, GONE), json={"title": "kbn-test"}, status=400, name="without a question"),
    *(
        Ask(f"POST {what}/_bulk", (GONE,), json={"operations": "x"}, status=400)
        for what in (QUERIES, DASHBOARDS)
    ),
)


def hanging(client: KibanaClient, stream: Handle, what: str) -> list[str]:
    """Return the ids of what hangs on a stream."""
    return [one["id"] for one in ok(client.get(f"{ONE.format(stream.id)}/{what}"))[what]]


@pytest.fixture
def dashboard(kibana_resources: Resources) -> Handle:
    """An empty dashboard, made by the oldest way there is."""
    return kibana_resources.saved_object(type="dashboard", attributes={"title": "made by a test"})


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-101",
    source=LIVE,
    operations=[f"PUT {QUERY}", f"GET {QUERIES}", f"DELETE {QUERY}"],
    safety="disruptive",
)
def test_a_query_hangs_on_a_stream(
    stream: Handle, kibana_client: KibanaClient, unique: Callable[[], str]
) -> None:
    """A query is hung up under an id of the caller's, replaced under the same, listed, and taken down."""
    key = unique()
    path = f"{ONE.format(stream.id)}/queries/{key}"
    for title in ("first", "second"):
        assert ok(kibana_client.put(path, json={**ASKED, "title": title}))["acknowledged"] is True
    (shown,) = ok(kibana_client.get(f"{ONE.format(stream.id)}/queries"))["queries"]
    assert (shown["id"], shown["title"], shown["kql"]) == (key, "second", ASKED["kql"])
    assert ok(kibana_client.delete(path))["acknowledged"] is True
    assert hanging(kibana_client, stream, "queries") == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-102",
    source=LIVE,
    operations=[f"POST {QUERIES}/_bulk", f"GET {QUERIES}"],
    safety="disruptive",
)
def test_many_queries_at_once(stream: Handle, kibana_client: KibanaClient) -> None:
    """A list of operations hangs queries up and takes others down, in one go."""
    path = f"{ONE.format(stream.id)}/queries/_bulk"

    def do(*operations: dict[str, Any]) -> None:
        assert ok(kibana_client.post(path, json={"operations": operations}))["acknowledged"] is True

    do({"index": {**ASKED, "id": "one"}}, {"index": {**ASKED, "id": "two"}})
    assert sorted(hanging(kibana_client, stream, "queries")) == ["one", "two"]
    do({"delete": {"id": "one"}}, {"index": {**ASKED, "id": "three"}})
    assert sorted(hanging(kibana_client, stream, "queries")) == ["three", "two"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-103",
    source="Kibana contract of 9.1 and 9.3",
    operations=[f"PUT {DASHBOARD}", f"GET {DASHBOARDS}", f"DELETE {DASHBOARD}"],
    safety="disruptive",
)
def test_a_dashboard_hangs_on_a_stream(
    stream: Handle, dashboard: Handle, kibana_resources: Resources
) -> None:
    """A dashboard is tied to a stream, listed there, and untied; it is not deleted by that."""
    here = dashboard.client
    path = f"{ONE.format(stream.id)}/dashboards/{dashboard.id}"
    assert ok(here.put(path))["acknowledged"] is True
    assert hanging(here, stream, "dashboards") == [dashboard.id]
    assert ok(here.delete(path))["acknowledged"] is True
    assert hanging(here, stream, "dashboards") == []
    assert dashboard.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-104",
    source="Kibana contract of 9.1 and 9.3",
    operations=[f"POST {DASHBOARDS}/_bulk", f"GET {DASHBOARDS}"],
    safety="disruptive",
)
def test_many_dashboards_at_once(stream: Handle, dashboard: Handle) -> None:
    """A list of operations ties dashboards, and another unties them."""
    here, path = dashboard.client, f"{ONE.format(stream.id)}/dashboards/_bulk"
    for word, left in (("index", [dashboard.id]), ("delete", [])):
        body = {"operations": [{word: {"id": dashboard.id}}]}
        assert ok(here.post(path, json=body))["acknowledged"] is True
        assert hanging(here, stream, "dashboards") == left


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-105",
    source="Kibana contract of 9.3",
    operations=[f"PUT {RULE}", f"GET {RULES}", f"DELETE {RULE}"],
    safety="disruptive",
)
def test_a_rule_hangs_on_a_stream(stream: Handle, kibana_resources: Resources) -> None:
    """A rule is tied to a stream, listed there, and untied; it is not deleted by that."""
    rule = kibana_resources.rule()
    here, path = rule.client, f"{ONE.format(stream.id)}/rules/{rule.id}"
    assert ok(here.put(path))["acknowledged"] is True
    assert hanging(here, stream, "rules") == [rule.id]
    assert ok(here.delete(path))["acknowledged"] is True
    assert hanging(here, stream, "rules") == []
    assert rule.exists()


@pytest.mark.kibana_requirement("KBN-REQ-STREAMS-106", source=LIVE, safety="read")
@pytest.mark.parametrize("ask", rows(*UNKNOWN, *SENSELESS))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """What hangs on a stream that does not exist is answered 404; a body that lacks what it needs, 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-STREAMS-107", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*UNKNOWN, *SENSELESS))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody reads or changes what hangs on streams."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-STREAMS-108", source="Kibana source, streams feature", safety="read")
@pytest.mark.parametrize("ask", rows(*guarded((*UNKNOWN, *SENSELESS))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer hangs nothing on streams, and takes nothing down."""
    ask.assert_kept_from(viewer, 403)
