"""A fault shows where it changes something that a client can see, and at no other operation."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pytest_kibana.contract import load
from pytest_kibana.simulator.faults import CATALOGUE
from pytest_kibana.simulator.faults.model import Bench

from .conftest import StandIn

Published = Callable[[str], Path]


def labels(bench: Bench, fault: str) -> set[str]:
    """Return the operations of a contract at which a fault can show."""
    found = CATALOGUE[fault]
    return {o.label for o in bench.contract.operations.values() if found.applies(o, bench)}


@pytest.fixture(scope="module")
def bench(published: Published) -> Bench:
    """What is needed to tell where a fault shows in 9.1, as it is corrected."""
    return Bench(load(published("9.1")))


@pytest.mark.parametrize(
    "name",
    [
        "bulk_export_ndjson",
        "assignees_json",
        "status_seventh",
        "features_array",
        "execution_outcome",
        "snooze_unwrapped",
        "timelines_by_form",
    ],
)
def test_what_a_correction_says_is_a_deviation_from_the_published_contract_alone(
    bench: Bench, published: Published, name: str
) -> None:
    assert labels(bench, f"field.{name}") == set()
    assert labels(Bench(load(published("9.1"), overlays=())), f"field.{name}")


def test_what_is_alone_of_its_kind_is_asked_for_by_no_id(bench: Bench) -> None:
    shown = labels(bench, "laws.read_other_id")
    assert "GET /api/cases/{caseId}" in shown
    assert "GET /api/fleet/settings" not in shown
    assert "GET /api/apm/settings/agent-configuration/view" not in shown  # by a service, which is an object


def test_what_is_named_by_the_path_cannot_be_made_twice(bench: Bench) -> None:
    shown = labels(bench, "laws.created_twice")
    assert {"POST /api/cases", "PATCH /api/note"} <= shown
    assert "POST /api/fleet/epm/packages/{pkgName}/{pkgVersion}" not in shown


def test_what_replaces_accepts_no_duplicate(bench: Bench) -> None:
    field = "/api/data_views/data_view/{viewId}/runtime_field"
    shown = labels(bench, "laws.duplicate_accepted")
    assert {
        f"POST {field}",
        "POST /api/detection_engine/rules",
        "POST /api/saved_objects/{type}/{id}",
    } <= shown
    assert not {f"PUT {field}", "POST /api/saved_objects/{type}"} & shown


def test_what_is_inside_of_another_is_made_nowhere_else(bench: Bench) -> None:
    shown = labels(bench, "laws.created_elsewhere")
    assert "POST /api/cases" in shown
    assert "POST /api/cases/{caseId}/comments" not in shown


def test_what_no_list_shows_is_made_unseen(bench: Bench) -> None:
    shown = labels(bench, "input.refused_yet_done")
    assert {"POST /api/cases", "PATCH /api/maintenance_window/{id}"} <= shown
    assert "POST /api/maintenance_window" not in shown  # 9.1 has no list of them


def test_what_is_computed_sorts_nothing(bench: Bench) -> None:
    shown = labels(bench, "laws.sort_backwards")
    assert "GET /api/cases/_find" in shown
    assert "GET /api/observability/slos" not in shown


@pytest.fixture(scope="module")
def ninety_one(stand_in: StandIn, published: Published) -> httpx.Client:
    """A stand-in that plays 9.1, and can be steered."""
    return stand_in(contract=str(published("9.1")), control_port=0)


def test_a_rule_shows_the_times_in_which_it_is_silent(ninety_one: httpx.Client) -> None:
    body = {
        "name": "a",
        "rule_type_id": ".index-threshold",
        "consumer": "alerts",
        "schedule": {"interval": "1m"},
        "params": {},
    }
    rule = ninety_one.post("/api/alerting/rule", json=body).json()
    path = f"/api/alerting/rule/{rule['id']}"
    assert "snooze_schedule" not in ninety_one.get(path).json()
    custom = {"start": "2031-01-01T00:00:00.000Z", "duration": "2h"}
    made = ninety_one.post(f"{path}/snooze_schedule", json={"schedule": {"custom": custom}}).json()
    schedule = (made.get("body") or made)["schedule"]
    (shown,) = ninety_one.get(path).json()["snooze_schedule"]
    assert shown["id"] == schedule["id"]
    assert shown["duration"] == 7_200_000
    assert shown["rRule"] == {"dtstart": custom["start"], "tzid": "UTC", "count": 1}
    assert ninety_one.delete(f"{path}/snooze_schedule/{schedule['id']}").status_code == 204
    assert ninety_one.get(path).json()["snooze_schedule"] == []


def test_a_note_of_an_old_version_is_refused(ninety_one: httpx.Client) -> None:
    note = {"timelineId": "", "note": "first"}
    made = ninety_one.patch("/api/note", json={"note": note}).json()["note"]
    change = {"noteId": made["noteId"], "version": made["version"], "note": {**note, "note": "second"}}
    assert ninety_one.patch("/api/note", json=change).status_code == 200
    assert ninety_one.patch("/api/note", json=change).status_code == 409


def test_what_never_changes_cannot_be_stale(bench: Bench) -> None:
    shown = labels(bench, "response.stale")
    assert {
        "GET /api/spaces/space/{id}",
        "GET /api/spaces/space",
        "GET /api/exception_lists/items/_find",
    } <= shown
    assert "GET /api/short_url/{id}" not in shown
