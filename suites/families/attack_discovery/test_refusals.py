"""Attack discovery: what is refused to everybody, and who may ask at all."""

from typing import Any

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
BASE, SCHEDULES = "/api/attack_discovery", "/api/attack_discovery/schedules"
SCHEDULE, GENERATION = f"{SCHEDULES}/{{id}}", f"{BASE}/generations/{{execution_uuid}}"
NOBODY = (NO_SUCH_ID,)
A_SCHEDULE: dict[str, Any] = {
    "name": "x",
    "params": {
        "alerts_index_pattern": ".alerts-none",
        "api_config": {"connectorId": NO_SUCH_ID, "actionTypeId": ".gen-ai", "name": "x"},
        "size": 1,
    },
    "schedule": {"interval": "24h"},
    "actions": [],
}
MARK = {"ids": [NO_SUCH_ID], "kibana_alert_workflow_status": "x"}

REFUSED = (
    Ask(f"GET {SCHEDULE}", NOBODY),
    Ask(f"PUT {SCHEDULE}", NOBODY, json=A_SCHEDULE),
    Ask(f"PUT {SCHEDULE}", NOBODY, json={"name": "x"}, status=400, name="of almost nothing"),
    Ask(f"DELETE {SCHEDULE}", NOBODY),
    Ask(f"POST {SCHEDULE}/_enable", NOBODY),
    Ask(f"POST {SCHEDULE}/_disable", NOBODY),
    Ask(f"POST {SCHEDULES}", json={"name": "x"}, status=400, name="of almost nothing"),
    Ask(f"GET {SCHEDULES}/_find", query={"sort_direction": "x"}, status=400, name="in no order"),
    Ask(f"GET {BASE}/_find", query={"status": "x"}, status=400, name="of an unknown status"),
    Ask(f"GET {BASE}/_find", query={"per_page": "many"}, status=400, name="of no number"),
    Ask(f"POST {BASE}/_bulk", json={"update": MARK}, status=400, name="of an unknown status"),
    Ask(f"POST {BASE}/_generate", json={"size": 1}, status=400, name="of almost nothing"),
    Ask(f"GET {BASE}/generations", query={"size": "many"}, status=400, name="of no number"),
)
UNKNOWN = (Ask(f"GET {GENERATION}", NOBODY), Ask(f"POST {GENERATION}/_dismiss", NOBODY))
OPEN = tuple(
    Ask(f"POST {SCHEDULES}/{name}", json={"ids": [NO_SUCH_ID]})
    for name in ("_bulk_delete", "_bulk_disable", "_bulk_enable")
)


@pytest.mark.kibana_requirement("KBN-REQ-ATTACK-030", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, discovery: KibanaClient) -> None:
    """A schedule that does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(discovery)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ATTACK-031", level="SHOULD", source="Kibana source, attack_discovery/public: generations"
)
@pytest.mark.parametrize("ask", rows(*UNKNOWN))
def test_an_unknown_generation_is_not_found(ask: Ask, discovery: KibanaClient) -> None:
    """What no model was ever asked is answered 404."""
    ask.assert_answered(discovery)


@pytest.mark.kibana_requirement("KBN-REQ-ATTACK-032", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *UNKNOWN, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes schedules and discoveries."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ATTACK-033", source="Kibana source, elastic_assistant: requiredPrivileges"
)
@pytest.mark.parametrize("ask", rows(*guarded((*REFUSED, *UNKNOWN, *OPEN))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes no schedule, asks no model, and marks no discovery."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
