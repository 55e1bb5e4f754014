"""SLOs: what a change keeps, how they are switched, found, and deleted many at once."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, assert_refused, ok, part, shows, texts
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="platinum")
SCHEMA = "Kibana source, slo-schema"
ALL, ONE = "/api/observability/slos", "/api/observability/slos/{}"
MAKE, LIST = f"POST {ALL}", f"GET {ALL}"
READ, CHANGE, REMOVE = (f"{m} {ALL}/{{sloId}}" for m in ("GET", "PUT", "DELETE"))
ENABLE, DISABLE, RESET = (f"POST {ALL}/{{sloId}}/{word}" for word in ("enable", "disable", "_reset"))
BULK, PROGRESS = f"POST {ALL}/_bulk_delete", f"GET {ALL}/_bulk_delete/{{taskId}}"
PURGE, INSTANCES = f"POST {ALL}/_bulk_purge_rollup", f"POST {ALL}/_delete_instances"
DEFINITIONS = "GET /internal/observability/slos/_definitions"
OWN_MARKER = {"x-elastic-internal-origin": "Kibana"}
GONE = f"kbn-test-{NO_SUCH_ID}"
WINDOW = {"duration": "7d", "type": "rolling"}
BODY: dict[str, Any] = {
    "name": "kbn-test refused",
    "description": "never made",
    "indicator": {
        "type": "sli.kql.custom",
        "params": {"index": "kbn-test-*", "good": "a: b", "total": "", "timestampField": "@timestamp"},
    },
    "timeWindow": WINDOW,
    "budgetingMethod": "occurrences",
    "objective": {"target": 0.99},
}

UNKNOWN = (
    Ask(READ, (GONE,), says=("not found",)),
    Ask(CHANGE, (GONE,), json={"name": "x"}, says=("not found",)),
    Ask(REMOVE, (GONE,), says=("not found",)),
    *(Ask(label, (GONE,), says=("not found",)) for label in (ENABLE, DISABLE, RESET)),
)
SENSELESS = (
    *(
        Ask(MAKE, json={k: v for k, v in BODY.items() if k != left}, status=400, name=f"without {left}")
        for left in BODY
    ),
    Ask(MAKE, json={**BODY, "budgetingMethod": "guesses"}, status=400, name="with an unknown method"),
    Ask(MAKE, json={**BODY, "indicator": {"type": "sli.none"}}, status=400, name="with an unknown indicator"),
    Ask(LIST, query={"sortBy": "colour"}, status=400, name="by an unknown field"),
    Ask(LIST, query={"sortDirection": "sideways"}, status=400, name="in an unknown direction"),
    Ask(BULK, json={}, status=400, name="without a list"),
    Ask(PURGE, json={"list": []}, status=400, name="without a policy"),
    Ask(INSTANCES, json={"list": [{"sloId": GONE}]}, status=400, name="without an instance"),
)
OPEN = (Ask(PROGRESS, (NO_SUCH_ID,)),)


@pytest.fixture
def slo(kibana_resources: Resources) -> Handle:
    """An objective over an index that does not exist."""
    return kibana_resources.slo()


@pytest.mark.kibana_requirement("KBN-REQ-SLO-001", source=LIVE, operations=[MAKE, READ], tier="smoke")
def test_an_objective_begins_enabled(slo: Handle) -> None:
    """A new objective is enabled, has a summary that says there is no data, and stands for one instance."""
    now = slo.read()
    assert shows(now, {"enabled": True, "budgetingMethod": "occurrences", "timeWindow": WINDOW})
    assert now["summary"]["status"] == "NO_DATA"
    assert now["groupBy"] in ("*", ["*"])  # text or a list, by version


@pytest.mark.kibana_requirement("KBN-REQ-SLO-002", source=LIVE, operations=[MAKE])
def test_an_id_is_made_up_or_chosen(kibana_resources: Resources, here: KibanaClient) -> None:
    """The answer to making an objective is its id: the chosen one; a chosen one that is taken is a conflict."""
    chosen = kibana_resources.slo()
    assert chosen.body["id"] == chosen.sent["id"]
    assert_refused(here.post(ALL, json={**chosen.sent, "name": "a namesake"}), 409)
    assert ok(here.get(ONE.format(chosen.id)))["name"] == chosen.sent["name"]


@pytest.mark.kibana_requirement("KBN-REQ-SLO-003", source=LIVE, operations=[CHANGE, READ], tier="smoke")
def test_a_change_keeps_what_it_leaves_out(slo: Handle, here: KibanaClient) -> None:
    """A change of the objective keeps everything else."""
    before = slo.read()
    ok(here.put(ONE.format(slo.id), json={"objective": {"target": 0.5}}))
    after = slo.read()
    kept = ("id", "name", "description", "indicator", "timeWindow", "budgetingMethod", "enabled", "createdAt")
    assert part(after, *kept) == part(before, *kept)
    assert after["objective"]["target"] == 0.5


@pytest.mark.kibana_requirement(
    "KBN-REQ-SLO-004", source=LIVE, operations=[ENABLE, DISABLE, READ], tier="smoke"
)
def test_an_objective_is_switched(slo: Handle, here: KibanaClient) -> None:
    """Disabling and enabling are answered 204 with no body, also when repeated, and the objective reads so."""
    for word, state in (("disable", False), ("disable", False), ("enable", True), ("enable", True)):
        ok(here.post(f"{ONE.format(slo.id)}/{word}"), 204)
        assert slo.read()["enabled"] is state


@pytest.mark.kibana_requirement("KBN-REQ-SLO-005", source=LIVE, operations=[RESET, READ])
def test_a_reset_keeps_the_definition(slo: Handle, here: KibanaClient) -> None:
    """Measuring anew is answered with the objective, whose definition stays."""
    before = slo.read()
    answer = ok(here.post(f"{ONE.format(slo.id)}/_reset"))
    kept = ("id", "name", "indicator", "timeWindow", "objective")
    assert part(answer, *kept) == part(before, *kept)
    assert part(slo.read(), *kept) == part(before, *kept)


@pytest.mark.kibana_requirement("KBN-REQ-SLO-006", source=LIVE, operations=[LIST, MAKE])
def test_objectives_are_found(
    kibana_resources: Resources, here: KibanaClient, eventually: Eventually, unique: Callable[[], str]
) -> None:
    """Objectives are found by their tags, once their summary was written, and come in pages."""
    tag = unique()
    made = {kibana_resources.slo(tags=[tag]).id for _ in range(2)}
    other = kibana_resources.slo(tags=["another"])

    def page(**query: Any) -> dict[str, Any]:
        found: dict[str, Any] = ok(here.get(ALL, query={"kqlQuery": f'slo.tags: "{tag}"', **query}))
        return found

    eventually("objectives are found by tag", lambda: page()["total"] == 2, within=90)
    assert {one["id"] for one in page()["results"]} == made
    assert other.id not in made
    first, second = page(page=1, perPage=1), page(page=2, perPage=1)
    assert part(first, "page", "perPage", "total") == {"page": 1, "perPage": 1, "total": 2}
    assert {first["results"][0]["id"], second["results"][0]["id"]} == made
    assert page(page=3, perPage=1)["results"] == []


@pytest.mark.kibana_requirement("KBN-REQ-SLO-007", source=LIVE, operations=[BULK, PROGRESS, READ])
def test_many_are_deleted_by_a_task(
    kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """Deleting many is a task that answers for each, the unknown one included, and spares the others."""
    first, second, spared = (kibana_resources.slo() for _ in range(3))
    task = ok(here.post(f"{ALL}/_bulk_delete", json={"list": [first.id, second.id, GONE]}))["taskId"]
    path = f"{ALL}/_bulk_delete/{task}"
    eventually("the task of deleting is done", lambda: ok(here.get(path))["isDone"] is True, within=60)
    results = {one["id"]: one for one in ok(here.get(path))["results"]}
    assert [results[one.id]["success"] for one in (first, second)] == [True, True]
    assert (results[GONE]["success"], bool(results[GONE]["error"])) == (False, True)
    for one in (first, second):
        assert_refused(here.get(ONE.format(one.id)), 404)
    assert spared.exists()


@pytest.mark.kibana_requirement("KBN-REQ-SLO-008", source=LIVE, operations=[INSTANCES, READ])
def test_instances_are_deleted_in_silence(slo: Handle, here: KibanaClient) -> None:
    """Deleting instances is answered 204, whether they were ever measured or not, and keeps the objective."""
    body = {"list": [{"sloId": slo.id, "instanceId": "never-measured"}]}
    ok(here.post(f"{ALL}/_delete_instances", json=body), 204)
    assert slo.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-SLO-009",
    source="Kibana contract; observed on 9.4.3 in the other spelling",
    operations=[PURGE],
    level="SHOULD",
)
def test_rollups_are_purged_by_a_task(slo: Handle, here: KibanaClient) -> None:
    """Purging what was rolled up before an age is a task, in the spelling that the contract has."""
    policy = {"purgeType": "fixed-age", "age": "30d"}
    answer = here.post(f"{ALL}/_bulk_purge_rollup", json={"list": [slo.id], "purgePolicy": policy})
    assert ok(answer)["taskId"]


@pytest.mark.kibana_requirement("KBN-REQ-SLO-010", source="observed on 9.4.3", operations=[DEFINITIONS])
@pytest.mark.kibana_expect_deviation(
    "KBN-R103", operation=READ, reason="9.4.3 serves the list where contracts have one objective"
)
def test_definitions_are_listed(slo: Handle, here: KibanaClient) -> None:
    """The definitions have the objective as it was made, at the public or at the internal address."""
    answer = here.get(f"{ALL}/_definitions", query={"perPage": 100})
    if answer.status_code == 404:  # releases that have only the internal address, which contracts publish
        query = {"perPage": 100}
        answer = here.get("/internal/observability/slos/_definitions", query=query, headers=OWN_MARKER)
    listed = {one["id"]: one for one in ok(answer)["results"]}
    assert part(listed[slo.id], "name", "objective") == part(slo.sent, "name", "objective")


@pytest.mark.kibana_requirement("KBN-REQ-SLO-011", source="observed on 9.4.3", operations=[DEFINITIONS])
@pytest.mark.parametrize("asked", ["with the marker", "without"])
def test_the_internal_address_is_for_kibana(asked: str, here: KibanaClient, nobody: KibanaClient) -> None:
    """The internal list of definitions is refused to who does not call itself Kibana, and told to nobody."""
    path = "/internal/observability/slos/_definitions"
    headers = OWN_MARKER if asked == "with the marker" else {}
    answer = here.get(path, headers=headers)
    # 404: since 9.4 it is at the public address alone. 400: releases from 9 on keep internal ones to themselves.
    assert answer.status_code in ((200, 404) if headers else (200, 400, 404)), answer.text
    assert_refused(nobody.get(path, headers=headers), 401)


@pytest.mark.kibana_requirement("KBN-REQ-SLO-012", source=LIVE, operations=[MAKE])
@pytest.mark.parametrize(
    "window",
    [
        {"duration": "3d", "type": "rolling"},
        {"duration": "1w", "type": "rolling"},
        {"duration": "7d", "type": "calendarAligned"},
    ],
    ids=str,
)
def test_windows_have_their_lengths(kibana_resources: Resources, window: dict[str, str]) -> None:
    """A window that rolls has 7, 30 or 90 days, one of the calendar a week or a month; others are refused with 400."""
    with pytest.raises(ResourceTrouble) as trouble:
        kibana_resources.slo(timeWindow=window)
    assert trouble.value.status == 400, trouble.value.message


@pytest.mark.kibana_requirement("KBN-REQ-SLO-013", source=f"{LIVE}; {SCHEMA}")
@pytest.mark.parametrize("ask", rows(*UNKNOWN, *SENSELESS))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """An objective that does not exist is answered 404; a body that lacks something, or an unknown order, 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-SLO-014", source=LIVE, operations=[READ, CHANGE, REMOVE, MAKE])
def test_objectives_are_of_one_space(slo: Handle, other_space: KibanaClient) -> None:
    """An objective cannot be read, changed, switched or deleted from another space, and is not listed there."""
    one, before = ONE.format(slo.id), slo.read()
    assert_refused(other_space.get(one), 404)
    assert_refused(other_space.put(one, json={"name": "taken over"}), 404)
    assert_refused(other_space.post(f"{one}/disable"), 404)
    assert_refused(other_space.delete(one), 404)
    assert ok(other_space.get(ALL))["total"] == 0
    assert part(slo.read(), "name", "enabled") == part(before, "name", "enabled")


@pytest.mark.kibana_requirement("KBN-REQ-SLO-015", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*UNKNOWN, *SENSELESS, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes objectives."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-SLO-016", source=API_TESTS)
@pytest.mark.parametrize("ask", rows(*guarded((*UNKNOWN, Ask(MAKE, json=BODY), *SENSELESS))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes, switches and deletes no objective."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SLO-017", source=f"{LIVE}; {SCHEMA}", operations=[MAKE, READ], tier="thorough"
)
@FEW
@given(
    name=texts,
    tags=st.lists(texts, max_size=2, unique=True),
    target=st.integers(1, 9999),
    days=st.sampled_from(["7d", "30d", "90d"]),
)
def test_an_objective_reads_as_it_was_made(
    kibana_resources: Resources, name: str, tags: list[str], target: int, days: str
) -> None:
    """Whatever name, tags, target and window an objective is given, it reads back the same."""
    told: dict[str, Any] = {
        "name": name,
        "tags": tags,
        "objective": {"target": target / 10_000},
        "timeWindow": {"duration": days, "type": "rolling"},
    }
    assert part(kibana_resources.slo(**told).read(), *told) == told
