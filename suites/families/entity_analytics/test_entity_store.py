"""The entity store up to 9.3, and risk: engines that are started and stopped, and the entities that they keep."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import assert_refused, ok, part
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

SOURCE = "Kibana source, entity_analytics/entity_store/routes"
BASE, RISK = "/api/entity_store", "/api/risk_score"
ENGINES, ENTITIES, STATUS = f"{BASE}/engines", f"{BASE}/entities", f"{BASE}/status"
ENGINE, ENTITY = f"{ENGINES}/{{entityType}}", f"{ENTITIES}/{{entityType}}"
CONFIGURE, SCORE = f"PATCH {RISK}/engine/saved_object/configure", f"POST {RISK}/engine/schedule_now"
# Logs of the deployment may already be read: what is looked for is what none of them has.
NOTHING = '{"bool":{"must_not":{"match_all":{}}}}'
WIPE = f"DELETE {RISK}/engine/dangerously_delete_data"

REFUSED = (
    Ask(f"POST {ENGINE}/init", ("x",), json={}, status=400, name="of no type"),
    Ask(f"GET {ENGINE}", ("x",), status=400, name="of no type"),
    Ask(f"DELETE {ENGINE}", ("x",), status=400, name="of no type"),
    Ask(f"POST {ENGINE}/start", ("x",), status=400, name="of no type"),
    Ask(f"POST {ENGINE}/stop", ("x",), status=400, name="of no type"),
    Ask(f"POST {BASE}/enable", json={"entityTypes": ["x"]}, status=400, name="of no type"),
    Ask(f"GET {ENTITIES}/list", query={"entity_types": "x"}, status=400, name="of no type"),
    Ask(f"PUT {ENTITY}", ("host",), json={"host": {"name": "x"}}, status=400, name="that is none"),
    Ask(f"DELETE {ENTITY}", ("host",), json={}, status=400, name="without an id"),
    Ask(f"PUT {ENTITIES}/bulk", json={"entities": "all"}, status=400, name="of no list"),
    Ask(CONFIGURE, json={"exclude_alert_statuses": 5}, status=(400, 404), name="of a number"),
)
OPEN = (
    Ask(f"GET {STATUS}"),
    Ask(f"GET {ENGINES}"),
    Ask(f"DELETE {ENGINES}"),
    Ask(f"POST {ENGINES}/apply_dataview_indices"),
    Ask(SCORE, json={}),
    Ask(WIPE),
    Ask(f"GET {RISK}/history"),
)


@pytest.fixture
def engine(kibana_resources: Resources) -> Handle:
    """An engine for hosts. It reads logs, and is taken away afterwards."""
    return kibana_resources.entity_engine()


def state(client: KibanaClient) -> str:
    """Return whether the engine for hosts runs."""
    return str(ok(client.get(f"{ENGINES}/host"))["status"])


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-050", source=LIVE, operations=[f"GET {STATUS}", f"GET {ENGINES}"]
)
def test_a_new_space_has_no_store(here: KibanaClient) -> None:
    """A new space has no store and no engines."""
    told = ok(here.get(STATUS))
    assert (told["status"], told["engines"]) == ("not_installed", [])
    assert ok(here.get(ENGINES))["engines"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-051",
    source=SOURCE,
    operations=[
        f"POST {ENGINE}/init",
        f"GET {ENGINE}",
        f"GET {STATUS}",
        f"POST {ENGINE}/stop",
        f"POST {ENGINE}/start",
    ],
    safety="disruptive",
)
def test_an_engine_is_stopped_and_started(
    engine: Handle, here: KibanaClient, other_space: KibanaClient, eventually: Eventually
) -> None:
    """An engine that was made runs after a while, is stopped and started, and is of its space alone."""
    eventually("an engine runs", lambda: state(here) == "started", within=300)
    assert ok(here.get(STATUS))["status"] == "running"
    assert [one["type"] for one in ok(here.get(ENGINES))["engines"]] == ["host"]
    assert ok(here.post(f"{ENGINES}/host/stop"))["stopped"] is True
    eventually("an engine stops", lambda: state(here) == "stopped", within=60)
    assert ok(here.post(f"{ENGINES}/host/start"))["started"] is True
    eventually("an engine runs again", lambda: state(here) == "started", within=60)
    assert ok(other_space.get(STATUS))["status"] == "not_installed"


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-052",
    source=SOURCE,
    operations=[f"DELETE {ENGINE}", f"GET {ENGINES}"],
    safety="disruptive",
)
def test_an_engine_is_taken_away(engine: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """An engine that is taken away is listed no more."""
    eventually("an engine runs", lambda: state(here) == "started", within=300)
    assert ok(here.delete(f"{ENGINES}/host", query={"delete_data": True}))["deleted"] is True
    eventually("an engine is gone", lambda: ok(here.get(ENGINES))["engines"] == [], within=60)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-053",
    source=SOURCE,
    operations=[f"POST {BASE}/enable", f"POST {ENGINES}/apply_dataview_indices"],
    safety="disruptive",
)
def test_a_store_is_there_or_made(engine: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """Enabling a store that is there makes nothing again; its engines are told which indices to read."""
    eventually("an engine runs", lambda: state(here) == "started", within=300)
    ok(here.post(f"{BASE}/enable", json={"entityTypes": ["host"]}))
    assert [one["type"] for one in ok(here.get(ENGINES))["engines"]] == ["host"]
    assert ok(here.post(f"{ENGINES}/apply_dataview_indices"))["success"] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-054",
    source=SOURCE,
    operations=[f"PUT {ENTITY}", f"GET {ENTITIES}/list", f"DELETE {ENTITY}"],
    safety="disruptive",
    since="9.3",
)
def test_an_entity_is_written_and_deleted(
    engine: Handle, kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """An entity that is written is listed after a while among those of its type, and is deleted by its id."""

    def listed() -> list[str]:
        found = ok(here.get(f"{ENTITIES}/list", query={"entity_types": ["host"], "per_page": 100}))
        return [one["entity"]["id"] for one in found["records"]]

    eventually("an engine runs", lambda: state(here) == "started", within=300)
    entity = kibana_resources.entity()
    eventually("an entity is listed", lambda: entity.id in listed(), within=120)
    assert ok(here.request("DELETE", f"{ENTITIES}/host", json={"id": entity.id}))["deleted"] is True
    eventually("an entity is listed no more", lambda: entity.id not in listed(), within=120)
    assert_refused(here.request("DELETE", f"{ENTITIES}/host", json={"id": entity.id}), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-062", source=SOURCE, operations=[f"GET {ENTITIES}/list"], safety="disruptive"
)
def test_a_new_store_is_empty(engine: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """A store that was just made keeps no entities, on whatever page one looks."""
    eventually("an engine runs", lambda: state(here) == "started", within=300)
    for page in (1, 2):
        query = {"entity_types": ["host"], "page": page, "per_page": 5, "filterQuery": NOTHING}
        found = ok(here.get(f"{ENTITIES}/list", query=query))
        assert part(found, "records", "total", "page", "per_page") == {
            "records": [],
            "total": 0,
            "page": page,
            "per_page": 5,
        }


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-055",
    source=SOURCE,
    operations=[f"PUT {ENTITIES}/bulk", f"GET {ENTITIES}/list"],
    safety="disruptive",
    since="9.3",
)
def test_many_entities_are_written(
    engine: Handle, here: KibanaClient, unique: Callable[[], str], eventually: Eventually
) -> None:
    """Many entities are written at once, and are listed after a while. They go with the engine."""
    ids = [f"host:{unique()}" for _ in range(2)]
    rows_: list[dict[str, Any]] = [{"type": "host", "record": {"entity": {"id": key}}} for key in ids]
    eventually("an engine runs", lambda: state(here) == "started", within=300)
    answer = here.put(f"{ENTITIES}/bulk", query={"force": True}, json={"entities": rows_})
    assert answer.status_code == 200, answer.text

    def listed() -> set[str]:
        found = ok(here.get(f"{ENTITIES}/list", query={"entity_types": ["host"], "per_page": 100}))
        return {one["entity"]["id"] for one in found["records"]}

    eventually("entities are listed", lambda: set(ids) <= listed(), within=120)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-056",
    level="SHOULD",  # nothing public turns the risk engine on, and since 9.4 these routes are not there
    source="Kibana docs, entity risk scoring",
    operations=[CONFIGURE, SCORE],
)
@pytest.mark.kibana_requires(license="platinum")
def test_risk_is_scored_when_told(here: KibanaClient) -> None:
    """The risk engine is told what to leave out, and scores at once when told so."""
    answer = here.patch(f"{RISK}/engine/saved_object/configure", json={"exclude_alert_statuses": ["closed"]})
    assert ok(answer)["risk_engine_saved_object_configured"] is True
    assert ok(here.post(f"{RISK}/engine/schedule_now", json={}))["success"] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-057",
    level="SHOULD",
    source="Kibana docs, entity risk scoring",
    operations=[WIPE],
    safety="disruptive",
)
@pytest.mark.kibana_requires(license="platinum")
def test_scores_are_forgotten(here: KibanaClient) -> None:
    """All that the risk engine of a space knows is forgotten."""
    assert ok(here.delete(f"{RISK}/engine/dangerously_delete_data"))["cleanup_successful"] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-058",
    level="SHOULD",
    source="Elastic's API documentation of the main branch",
    operations=[f"GET {RISK}/history"],
    since="9.5",
)
@pytest.mark.kibana_requires(license="platinum")
def test_a_new_space_has_no_history_of_risk(here: KibanaClient) -> None:
    """Past scores are asked for by entity: without one the question is refused or answered with none."""
    assert here.get(f"{RISK}/history").status_code in (200, 400)


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-059", source=SOURCE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """Unknown types of entities, and bodies that make no sense, are refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-060", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads entities and scores, or steers what keeps them."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-061",
    level="SHOULD",  # what a viewer may do with the indices behind it is Elasticsearch's to say
    source="Kibana docs, entity store: prerequisites",
)
@pytest.mark.parametrize("ask", rows(*guarded((*REFUSED, *OPEN))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer steers nothing, and writes no entity."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
