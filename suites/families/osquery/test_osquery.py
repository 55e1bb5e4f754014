"""Packs and saved queries: told apart by name within a space, and replaced as a whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

PACKS, QUERIES = "/api/osquery/packs", "/api/osquery/saved_queries"
PACK, QUERY = f"{PACKS}/{{id}}", f"{QUERIES}/{{id}}"


def fields(answer: Any) -> dict[str, Any]:
    """Return the fields of a pack or a saved query, which stand inside attributes or beside them."""
    data = answer.get("data")
    assert isinstance(data, dict), f"the answer has no data: {answer}"
    return {**data, **(data.get("attributes") or {})}


def as_sent(made: Handle, **changes: Any) -> dict[str, Any]:
    """Return the whole body of a change: what was sent, and what is new."""
    return {**made.sent, **changes}


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-001",
    source=LIVE,
    operations=[f"POST {PACKS}", f"GET {PACK}", f"PUT {PACK}"],
    tier="smoke",
)
def test_a_pack_is_replaced(kibana_resources: Resources, here: KibanaClient) -> None:
    """A pack reads as it was made, and after a change as that said it; it stays disabled."""
    pack = kibana_resources.osquery_pack()
    path = f"{PACKS}/{pack.id}"
    shown = fields(ok(here.get(path)))
    assert part(shown, "name", "enabled") == {"name": pack.sent["name"], "enabled": False}
    assert [one["query"] for one in by_name(shown["queries"]).values()] == ["select 1;"]
    queries = {"p": {"query": "select 2;", "interval": 7200}}
    ok(here.put(path, json=as_sent(pack, description="changed", queries=queries)))
    shown = fields(ok(here.get(path)))
    assert part(shown, "name", "description", "enabled") == {
        "name": pack.sent["name"],
        "description": "changed",
        "enabled": False,
    }
    assert {name: part(one, "query") for name, one in by_name(shown["queries"]).items()} == {
        "p": {"query": "select 2;"}
    }


def by_name(queries: Any) -> dict[str, Any]:
    """Return the queries of a pack by name: they are kept as a list, and shown as either."""
    return queries if isinstance(queries, dict) else {one["id"]: one for one in queries}


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-002",
    source=LIVE,
    operations=[f"POST {QUERIES}", f"GET {QUERY}", f"PUT {QUERY}"],
    tier="smoke",
)
def test_a_saved_query_is_replaced(kibana_resources: Resources, here: KibanaClient) -> None:
    """A saved query reads as it was made, and after a change as that said it."""
    query = kibana_resources.osquery_saved_query()
    path = f"{QUERIES}/{query.id}"
    assert part(fields(ok(here.get(path))), "query") == {"query": "select 1;"}
    ok(here.put(path, json=as_sent(query, query="select 2;", description="changed")))
    assert part(fields(ok(here.get(path))), "query", "description") == {
        "query": "select 2;",
        "description": "changed",
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-003",
    source="Kibana source, osquery/server/routes: names are unique",
    operations=[f"POST {PACKS}", f"POST {QUERIES}"],
)
def test_a_taken_name_is_a_conflict(kibana_resources: Resources, here: KibanaClient) -> None:
    """A pack or a saved query whose name is taken is refused with 409."""
    pack, query = kibana_resources.osquery_pack(), kibana_resources.osquery_saved_query()
    assert_refused(here.post(PACKS, json=pack.sent), 409)
    assert_refused(here.post(QUERIES, json=query.sent), 409)
    assert (ok(here.get(PACKS))["total"], ok(here.get(QUERIES))["total"]) == (1, 1)


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-004", source=LIVE, operations=[f"GET {PACKS}", f"GET {QUERIES}"]
)
@pytest.mark.parametrize("kind", ["osquery_pack", "osquery_saved_query"])
def test_they_are_shown_page_by_page(kibana_resources: Resources, here: KibanaClient, kind: str) -> None:
    """The list says its page, its size and how many there are; pages are disjoint and make the whole."""
    path = PACKS if kind == "osquery_pack" else QUERIES
    wanted = {kibana_resources.factory.make(kind).id for _ in range(3)}
    pages = [ok(here.get(path, query={"page": page, "pageSize": 2})) for page in (1, 2)]
    assert [len(page["data"]) for page in pages] == [2, 1]
    assert {one["saved_object_id"] for page in pages for one in page["data"]} == wanted
    assert [part(page, "page", "per_page", "total") for page in pages] == [
        {"page": page, "per_page": 2, "total": 3} for page in (1, 2)
    ]


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-005",
    source="Elastic's own API tests assert it (elastic/kibana#263275)",
    operations=[f"POST {PACKS}", f"POST {QUERIES}", f"GET {PACKS}", f"GET {QUERIES}"],
)
@pytest.mark.parametrize("kind", ["osquery_pack", "osquery_saved_query"])
def test_they_are_of_their_space(
    kibana_resources: Resources, elsewhere: Resources, other_space: KibanaClient, kind: str
) -> None:
    """A pack or saved query is not listed in another space, where its name is free."""
    made = kibana_resources.factory.make(kind)
    path = PACKS if kind == "osquery_pack" else QUERIES
    assert ok(other_space.get(path))["total"] == 0
    namesake = elsewhere.factory.make(kind, body=made.sent)
    assert namesake.id != made.id
    assert [one["saved_object_id"] for one in ok(other_space.get(path))["data"]] == [namesake.id]


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-006", source=LIVE, operations=[f"DELETE {PACK}", f"DELETE {QUERY}"]
)
@pytest.mark.parametrize("kind", ["osquery_pack", "osquery_saved_query"])
def test_a_deleted_one_is_listed_no_more(kibana_resources: Resources, here: KibanaClient, kind: str) -> None:
    """What is deleted is not listed any more, and the others stay."""
    gone, kept = (kibana_resources.factory.make(kind) for _ in range(2))
    path = PACKS if kind == "osquery_pack" else QUERIES
    assert here.delete(f"{path}/{gone.id}").status_code == 200
    assert [one["saved_object_id"] for one in ok(here.get(path))["data"]] == [kept.id]


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-007",
    source="Elastic's own API tests assert it (elastic/kibana#263275)",
    operations=[f"POST {PACK}/copy", f"GET {PACK}"],
    level="SHOULD",
    since="9.4",
)
def test_a_pack_is_copied(kibana_resources: Resources, here: KibanaClient) -> None:
    """A copy of a pack is disabled, has another name and the same queries."""
    pack = kibana_resources.osquery_pack()
    copy = fields(ok(here.post(f"{PACKS}/{pack.id}/copy")))
    assert copy["saved_object_id"] != pack.id
    shown = fields(ok(here.get(f"{PACKS}/{copy['saved_object_id']}")))
    assert shown["name"] != pack.sent["name"]
    assert shown["enabled"] is False
    assert [one["query"] for one in by_name(shown["queries"]).values()] == ["select 1;"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-008",
    source="Elastic's own API tests assert it (elastic/kibana#263275)",
    operations=[f"POST {QUERY}/copy", f"GET {QUERY}"],
    level="SHOULD",
    since="9.4",
)
def test_a_saved_query_is_copied(kibana_resources: Resources, here: KibanaClient) -> None:
    """A copy of a saved query has another name and asks the same."""
    query = kibana_resources.osquery_saved_query()
    copy = fields(ok(here.post(f"{QUERIES}/{query.id}/copy")))
    assert copy["saved_object_id"] != query.id
    shown = fields(ok(here.get(f"{QUERIES}/{copy['saved_object_id']}")))
    assert shown["query"] == "select 1;"
    assert shown["id"] != query.sent["id"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-OSQUERY-009", source=LIVE, operations=[f"POST {QUERIES}", f"GET {QUERY}"], tier="thorough"
)
@FEW
@given(
    column=st.from_regex("[a-z_]{1,12}", fullmatch=True),
    number=st.integers(0, 2**31),
    platform=st.sampled_from(["linux", "darwin", "windows", "linux,darwin"]),
)
def test_a_saved_query_reads_as_it_was_made(
    kibana_resources: Resources, here: KibanaClient, column: str, number: int, platform: str
) -> None:
    """Whatever a saved query asks, and of which platforms, it reads back the same."""
    told = {"query": f"select {number} as {column};", "platform": platform}
    made = kibana_resources.osquery_saved_query(**told)
    assert part(fields(ok(here.get(f"{QUERIES}/{made.id}"))), *told) == told
