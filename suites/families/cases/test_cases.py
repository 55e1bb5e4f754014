"""Cases: changed by version, one or many at once, counted by status, and deleted together."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, Stranger, assert_refused, ok, part, texts
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import API_TESTS, LIVE
from pytest_kibana.wire import KibanaClient

CASES, ONE, FIND = "/api/cases", "/api/cases/{}", "/api/cases/_find"
MAKE, CHANGE, REMOVE, READ = (f"POST {CASES}", f"PATCH {CASES}", f"DELETE {CASES}", "GET /api/cases/{caseId}")


def change(case: Handle, **fields: Any) -> dict[str, Any]:
    """Return a change of a case, at the version that it was last read at."""
    return {"id": case.id, "version": case.body["version"], **fields}


@pytest.mark.kibana_requirement("KBN-REQ-CASES-001", source=LIVE, operations=[CHANGE, READ], tier="smoke")
def test_many_cases_change_at_once(kibana_resources: Resources, here: KibanaClient) -> None:
    """Changing many cases is answered with all of them, each changed as it was asked and at a new version."""
    first, second = kibana_resources.case(), kibana_resources.case()
    rows = [change(second, severity="high"), change(first, title="renamed")]
    answer = ok(here.patch(CASES, json={"cases": rows}))
    changed = {one["id"]: one for one in answer}
    assert set(changed) == {first.id, second.id}
    assert (changed[first.id]["title"], changed[second.id]["severity"]) == ("renamed", "high")
    for case in (first, second):
        assert changed[case.id]["version"] not in (None, case.body["version"])
        assert case.read()["version"] == changed[case.id]["version"]


@pytest.mark.kibana_requirement("KBN-REQ-CASES-002", source=LIVE, operations=[CHANGE, READ], tier="smoke")
def test_an_old_version_changes_nothing(kibana_resources: Resources, here: KibanaClient) -> None:
    """A change of an old version is refused with 409 and changes nothing, nor does the change beside it."""
    stale, fresh = kibana_resources.case(), kibana_resources.case()
    old = change(stale, title="too late")
    ok(here.patch(CASES, json={"cases": [change(stale, title="first")]}))
    before = stale.read(), fresh.read()
    assert_refused(here.patch(CASES, json={"cases": [old]}), 409)
    assert_refused(here.patch(CASES, json={"cases": [change(fresh, title="beside"), old]}), 409)
    assert (stale.read(), fresh.read()) == before


@pytest.mark.kibana_requirement("KBN-REQ-CASES-003", source=LIVE, operations=[CHANGE])
@pytest.mark.parametrize(
    "broken",
    [{"version": None}, {"status": "no such status"}, {"noSuchField": 1}],
    ids=lambda one: next(iter(one)),
)
def test_an_impossible_change_is_refused(
    kibana_resources: Resources, here: KibanaClient, broken: dict[str, Any]
) -> None:
    """A change without a version, to an unknown status, or of an unknown field is refused with 400."""
    case = kibana_resources.case()
    before = case.read()
    row = {k: v for k, v in {**change(case, title="renamed"), **broken}.items() if v is not None}
    assert_refused(here.patch(CASES, json={"cases": [row]}), 400)
    assert case.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-004",
    source="Kibana source, cases: excess keys are refused; observed live",
    operations=[MAKE],
)
@pytest.mark.parametrize(
    "broken",
    [{"noSuchField": 1}, {"owner": "nobody"}, {"title": None}, {"severity": "no such severity"}],
    ids=lambda one: next(iter(one)),
)
def test_an_impossible_case_is_refused(
    kibana_resources: Resources, here: KibanaClient, broken: dict[str, Any]
) -> None:
    """A case without title, of an unknown owner or severity, or with an unknown field is not made."""
    sent = kibana_resources.case().sent
    body = {k: v for k, v in {**sent, **broken}.items() if v is not None}
    answer = here.post(CASES, json=body)
    # An unknown owner is refused before anybody looks whether there is one.
    assert answer.status_code in ((400, 403) if "owner" in broken else (400,)), answer.text
    assert ok(here.get(FIND))["total"] == 1


@pytest.mark.kibana_requirement("KBN-REQ-CASES-005", source=LIVE, operations=[READ, CHANGE, REMOVE])
@pytest.mark.parametrize("where", ["nowhere", "in another space"])
@pytest.mark.parametrize("what", ["read", "change", "delete", "comment", "actions"])
def test_an_unknown_case_is_not_found(
    here: KibanaClient, elsewhere: Resources, where: str, what: str
) -> None:
    """Whatever is asked of a case that does not exist, or in another space, the answer is 404 and nothing happens."""
    there = elsewhere.case()
    before = there.read()
    key = NO_SUCH_ID if where == "nowhere" else there.id
    if what == "change":
        answer = here.patch(CASES, json={"cases": [{**change(there, title="taken over"), "id": key}]})
    elif what == "delete":
        answer = here.delete(CASES, query={"ids": json.dumps([key])})
    elif what == "comment":
        body = {"type": "user", "comment": "x", "owner": "cases"}
        answer = here.post(f"{ONE.format(key)}/comments", json=body)
    else:
        answer = here.get(ONE.format(key) + ("/user_actions/_find" if what == "actions" else ""))
    if what == "actions" and answer.status_code == 200:
        assert answer.json()["total"] == 0  # a search for what happened to nothing finds nothing
    else:
        assert_refused(answer, 404)
    assert there.read() == before


@pytest.mark.kibana_requirement("KBN-REQ-CASES-006", source=LIVE, operations=[REMOVE, READ])
def test_many_cases_go_at_once(kibana_resources: Resources, here: KibanaClient) -> None:
    """Many cases are deleted by one list of ids, 204 with no body, and the others stay."""
    doomed = [kibana_resources.case(), kibana_resources.case()]
    kept = kibana_resources.case()
    ok(here.delete(CASES, query={"ids": json.dumps([case.id for case in doomed])}), 204)
    assert [case.exists() for case in doomed] == [False, False]
    assert kept.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-007", source=LIVE, operations=[f"GET {FIND}", CHANGE], tier="smoke"
)
def test_cases_are_counted_by_status(kibana_resources: Resources, here: KibanaClient) -> None:
    """The list counts cases by status, and shows those of one status when asked."""
    states = {"open": 1, "in-progress": 2, "closed": 3}
    ids: dict[str, set[str]] = {}
    for status, number in states.items():
        for _ in range(number):
            case = kibana_resources.case()
            ids.setdefault(status, set()).add(case.id)
            if status != "open":
                ok(here.patch(CASES, json={"cases": [change(case, status=status)]}))
    page = ok(here.get(FIND))
    assert part(page, "count_open_cases", "count_in_progress_cases", "count_closed_cases", "total") == {
        "count_open_cases": 1,
        "count_in_progress_cases": 2,
        "count_closed_cases": 3,
        "total": 6,
    }
    for status, wanted in ids.items():
        rows = ok(here.get(FIND, query={"status": status}))["cases"]
        assert {row["id"] for row in rows} == wanted


@pytest.mark.kibana_requirement("KBN-REQ-CASES-008", source=LIVE, operations=[f"GET {FIND}"])
def test_cases_are_found(kibana_resources: Resources, here: KibanaClient) -> None:
    """Cases are found by tag, by severity and by words of their title, and a page is as long as asked."""
    first = kibana_resources.case(title="aardvark", tags=["odd"], severity="low")
    second = kibana_resources.case(title="zebra", tags=["even"], severity="high")

    def found(**query: Any) -> list[str]:
        return [row["id"] for row in ok(here.get(FIND, query=query))["cases"]]

    assert found(tags="odd") == [first.id]
    assert found(severity="high") == [second.id]
    assert found(search="zebra", searchFields="title") == [second.id]
    assert found(sortField="createdAt", sortOrder="asc") == [first.id, second.id]
    page = ok(here.get(FIND, query={"page": 2, "perPage": 1, "sortField": "createdAt", "sortOrder": "asc"}))
    assert part(page, "page", "per_page", "total") == {"page": 2, "per_page": 1, "total": 2}
    assert [row["id"] for row in page["cases"]] == [second.id]


@pytest.mark.kibana_requirement("KBN-REQ-CASES-009", source="Kibana docs, cases", operations=[CHANGE, READ])
def test_closing_is_dated(kibana_resources: Resources, here: KibanaClient) -> None:
    """A case that is closed says when and by whom; opened again, it says so no more."""
    case = kibana_resources.case()
    assert part(case.read(), "closed_at", "closed_by") == {"closed_at": None, "closed_by": None}
    ok(here.patch(CASES, json={"cases": [change(case, status="closed")]}))
    assert case.read()["closed_at"] >= case.body["created_at"]
    assert case.body["closed_by"]
    ok(here.patch(CASES, json={"cases": [change(case, status="open")]}))
    assert part(case.read(), "closed_at", "closed_by") == {"closed_at": None, "closed_by": None}


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-010", source=LIVE, operations=["GET /api/cases/tags", "GET /api/cases/reporters"]
)
def test_tags_and_reporters_are_gathered(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient, eventually: Eventually
) -> None:
    """The tags of all cases of a space, and who opened them, are listed once each, and nowhere else."""
    for tags in (["red", "blue"], ["blue"]):
        kibana_resources.case(tags=tags)
    eventually(
        "tags of new cases are gathered",
        lambda: sorted(ok(here.get("/api/cases/tags"))) == ["blue", "red"],
    )
    assert len(ok(here.get("/api/cases/reporters"))) == 1
    assert ok(other_space.get("/api/cases/tags")) == []
    assert ok(other_space.get("/api/cases/reporters")) == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-011",
    source=LIVE,
    operations=["GET /api/cases/{caseId}/user_actions/_find", CHANGE],
)
def test_what_happened_is_told_in_order(kibana_resources: Resources, here: KibanaClient) -> None:
    """What happened to a case is told from its making on, page by page."""
    case = kibana_resources.case()
    ok(here.patch(CASES, json={"cases": [change(case, title="renamed")]}))
    case.read()
    ok(here.patch(CASES, json={"cases": [change(case, status="in-progress")]}))
    told = f"{ONE.format(case.id)}/user_actions/_find"
    page = ok(here.get(told, query={"perPage": 50, "sortOrder": "asc"}))
    kinds = [one["type"] for one in page["userActions"]]
    assert kinds[0] == "create_case"
    assert [kind for kind in kinds if kind in ("title", "status")] == ["title", "status"]
    assert part(page, "page", "perPage", "total") == {"page": 1, "perPage": 50, "total": len(kinds)}


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-012",
    source=LIVE,
    operations=["POST /api/cases/{caseId}/connector/{connectorId}/_push"],
    safety="disruptive",
)
def test_a_case_is_not_pushed_to_nowhere(kibana_resources: Resources, here: KibanaClient) -> None:
    """Pushing a case to a connector that does not exist is answered 404, and the case stays as it is."""
    case = kibana_resources.case()
    before = case.read()
    assert_refused(here.post(f"{ONE.format(case.id)}/connector/{NO_SUCH_ID}/_push", json={}), 404)
    assert case.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-013",
    source=API_TESTS,
    operations=[MAKE, CHANGE, REMOVE],
    tier="smoke",
)
def test_strangers_change_no_case(
    stranger: Stranger, kibana_resources: Resources, kibana_space: Handle, here: KibanaClient
) -> None:
    """Neither somebody without credentials nor a viewer makes, changes, comments on or deletes a case."""
    case = kibana_resources.case()
    before = case.read()
    stranger.assert_refused(
        kibana_space,
        ("POST", CASES, case.sent),
        ("PATCH", CASES, {"cases": [change(case, title="taken over")]}),
        ("POST", f"{ONE.format(case.id)}/comments", {"type": "user", "comment": "x", "owner": "cases"}),
        ("DELETE", f'{CASES}?ids=["{case.id}"]'),
    )
    assert case.read() == before
    assert ok(here.get(FIND))["total"] == 1


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-014", source=API_TESTS, operations=[MAKE, READ], tier="thorough"
)
@FEW
@given(
    title=texts,
    description=texts,
    tags=st.lists(texts, max_size=3, unique=True),
    severity=st.sampled_from(["low", "medium", "high", "critical"]),
)
def test_a_case_reads_as_it_was_made(
    kibana_resources: Resources, title: str, description: str, tags: list[str], severity: str
) -> None:
    """Whatever title, description, tags and severity a case is given, it reads back the same."""
    case = kibana_resources.case(title=title, description=description, tags=tags, severity=severity)
    now = case.read()
    told = {"title": title, "description": description, "severity": severity}
    assert part(now, *told) == told
    assert sorted(now["tags"]) == sorted(tags)
