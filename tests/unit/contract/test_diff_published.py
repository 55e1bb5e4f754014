"""What changed between the published contracts is found. (Skipped where there are no copies.)

The places named here are facts about those publications: operations, fields, and values.
"""

import re
import time
from typing import Any

import pytest

from pytest_kibana.contract import load
from pytest_kibana.contract.diff import Class, Diff, diff

SLO = ".results[].indicator.params.good.metrics[]"
PANEL = ".item.attributes.panels[]"

# From 8.18 to 9.1: (operation, where it begins, place, code).
EARLIER = """
GET /api/alerts/alert/{id} | operation |  | operation-removed
POST /api/actions/action | operation |  | operation-removed
POST /api/upgrade_assistant/reindex/{index} | operation |  | operation-removed
POST /api/detection_engine/rules/_bulk_create | operation |  | operation-removed
GET /api/cases/{caseId} | query includeComments |  | parameter-removed
GET /api/security_ai_assistant/current_user/conversations/_find | query sort_field |  | request-enum-value-removed
POST /api/alerting/rule/{id} | request body | .params.criteria[].timeUnit | request-enum-introduced
POST /api/security_ai_assistant/current_user/conversations | request body | .isDefault | request-field-removed
POST /api/saved_objects/_export | request body |  | request-object-closed
POST /api/saved_objects/_export | request body | .objects[] | request-object-closed
POST /api/saved_objects/_export | request body | .objects[].id | request-required-field-added
POST /api/saved_objects/_import | request body | .file | request-field-became-required
POST /api/detection_engine/rules/_bulk_action | request body | .run.end_date | request-field-became-required
DELETE /api/note | response 200 |  | media-type-removed
DELETE /api/timeline | response 200 |  | media-type-removed
POST /api/timeline | response 200 | .data | response-field-removed
PATCH /api/note | response 200 | .data | response-field-removed
GET /api/entity_store/entities/list | response 200 | .records[].entity.source | response-field-became-optional
GET /api/observability/slos | response 200 | {slo}.field | response-field-became-optional
GET /api/dashboards/dashboard/{id} | response 200 | {panel}.panelConfig | response-field-became-optional
POST /api/saved_objects/_export | response 200 |  | response-type-widened
"""

# From 9.1 to 9.3.
LATER = """
GET /api/dashboards/dashboard | operation |  | operation-removed
GET /api/entity_analytics/monitoring/users/{id} | operation |  | operation-removed
GET /api/asset_criticality/list | query sort_field |  | request-enum-value-removed
POST /api/entity_analytics/monitoring/users/_csv | request body |  | media-type-removed
POST /api/entity_analytics/monitoring/users/_csv | response 200 | .upserted_count | response-field-removed
PUT /api/streams/{name} | request body | .stream.ingest.processing | request-type-changed
PUT /api/streams/{name} | request body | .stream.ingest.processing.steps | request-required-field-added
PUT /api/streams/{name} | request body | .stream.ingest.settings | request-required-field-added
POST /api/streams/{name}/_fork | request body | .if | request-field-removed
POST /api/streams/{name}/_fork | request body | .where | request-required-field-added
POST /api/endpoint/action/runscript | request body | .endpoint_ids | request-required-field-added
DELETE /api/apm/settings/agent-configuration | request body | .service | request-required-field-added
DELETE /api/apm/settings/agent-configuration | request body | .name | request-field-removed
POST /api/fleet/agents/{agentId}/migrate | request body | .settings.staging | request-type-changed
PUT /api/uptime/settings | request body | .defaultEmail.to[] | request-type-narrowed
GET /api/entity_analytics/monitoring/privileges/health | response 200 | .ok | response-field-removed
DELETE /api/entity_analytics/monitoring/users/{id} | response 200 | .aknowledged | response-field-removed
GET /api/entity_store/entities/list | response 200 | .records[].asset.criticality | response-field-became-optional
"""

STRICT_EARLIER = [
    ("GET /api/alerting/rule/{id}", ".artifacts", "response-field-added"),
    ("POST /api/asset_criticality", ".id_field", "response-enum-value-added"),
    ("POST /api/entity_store/enable", ".engines[].type", "response-enum-value-added"),
]


def named(table: str) -> list[tuple[str, ...]]:
    lines = table.replace("{slo}", SLO).replace("{panel}", PANEL).strip().splitlines()
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines]


def shaped(operation: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", operation)


@pytest.fixture(scope="module")
def compared(published: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    cache = tmp_path_factory.mktemp("cache")
    known: dict[tuple[str, str], tuple[Diff, float]] = {}

    def make(old: str, new: str) -> tuple[Diff, float]:
        if (old, new) not in known:
            sides = [load(published(version), cache_dir=cache) for version in (old, new)]
            start = time.process_time()  # of this process alone: test machines are shared
            found = diff(*sides)
            known[old, new] = found, time.process_time() - start
        return known[old, new]

    return make


@pytest.mark.parametrize(("old", "new", "table"), [("8.18", "9.1", EARLIER), ("9.1", "9.3", LATER)])
def test_the_known_breaks_are_found(compared: Any, old: str, new: str, table: str) -> None:
    found, took = compared(old, new)
    seen = {(shaped(c.operation), c.where, c.at, c.code) for c in found.of(Class.BREAKING)}
    wanted = {(shaped(operation), *rest) for operation, *rest in named(table)}
    assert wanted - seen == set()
    assert all(change.witnessed for change in found.of(Class.BREAKING))
    assert took < 15


def test_what_hurts_strict_readers_is_told_apart(compared: Any) -> None:
    found, _ = compared("8.18", "9.1")
    seen = {(c.operation, c.at, c.code) for c in found.of(Class.STRICT)}
    assert set(STRICT_EARLIER) <= seen


def test_operations_that_came_and_went_are_counted(compared: Any) -> None:
    for (old, new), removed, added in ((("8.18", "9.1"), 39, 153), (("9.1", "9.3"), 7, 72)):
        codes = [change.code for change in compared(old, new)[0].changes]
        assert (codes.count("operation-removed"), codes.count("operation-added")) == (removed, added)


def test_few_changes_stay_undecided(compared: Any) -> None:
    for old, new in (("8.18", "9.1"), ("9.1", "9.3")):
        found, _ = compared(old, new)
        assert len(found.of(Class.UNDECIDED)) <= 6
        assert all(change.reason for change in found.of(Class.UNDECIDED))


@pytest.mark.parametrize("version", ["8.18", "9.1", "9.3", "9.4-dashboards"])
def test_a_published_contract_does_not_differ_from_itself(compared: Any, version: str) -> None:
    found, _ = compared(version, version)
    assert found.changes == ()
    assert found.respelled == 0
