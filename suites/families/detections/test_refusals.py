"""Detections: what is refused to everybody, and who may ask at all."""

from typing import Any

import pytest

from pytest_kibana.resources import File, Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

RULES, SIGNALS = "/api/detection_engine/rules", "/api/detection_engine/signals"
INDEX, ATTACKS = "/api/detection_engine/index", "/api/detection_engine/attacks"
NOBODYS = f"kbn-test-no-such-rule-{NO_SUCH_ID}"
A_RULE: dict[str, Any] = {
    "type": "query",
    "name": "x",
    "description": "x",
    "severity": "low",
    "risk_score": 1,
    "query": "user.name:none",
    "enabled": False,
}
TEXT = {"file": File("rules.txt", b"{}\n", "text/plain")}
IDS = {"migration_ids": 5}

RULE_ROWS = (
    Ask(f"GET {RULES}", query={"rule_id": NOBODYS}, says=("not found",)),
    Ask(f"GET {RULES}", query={"id": NO_SUCH_ID}, says=("not found",), name="by id"),
    Ask(f"POST {RULES}", json={"type": "query", "name": "x"}, status=400, name="of almost nothing"),
    Ask(f"POST {RULES}", json={**A_RULE, "type": "x"}, status=400, name="of no type"),
    Ask(f"POST {RULES}", json={**A_RULE, "risk_score": 101}, status=400, name="of too high a score"),
    Ask(f"POST {RULES}", json={**A_RULE, "severity": "x"}, status=400, name="of no severity"),
    Ask(f"PUT {RULES}", json={**A_RULE, "rule_id": NOBODYS}, says=("not found",)),
    Ask(f"PATCH {RULES}", json={"rule_id": NOBODYS, "name": "x"}, says=("not found",)),
    Ask(f"DELETE {RULES}", query={"rule_id": NOBODYS}, says=("not found",)),
    Ask(f"GET {RULES}/_find", query={"page": 0}, status=400, name="page zero"),
    Ask(f"GET {RULES}/_find", query={"sort_field": "x"}, status=400, name="by an unknown field"),
    Ask(f"POST {RULES}/_bulk_action", json={"action": "x"}, status=400, name="of no kind"),
    Ask(f"POST {RULES}/_bulk_action", json={"action": "edit", "edit": []}, status=400, name="of no edit"),
    Ask(f"POST {RULES}/_export", json={"objects": "all"}, status=400, name="of no list"),
    Ask(f"POST {RULES}/_import", files=TEXT, status=400, says=("Invalid file extension",)),
)
ALERT_ROWS = (
    Ask(f"POST {RULES}/preview", json=A_RULE, status=400, name="without an end", reads=True),
    Ask(f"POST {SIGNALS}/search", json={"size": -1}, status=400, name="fewer than none"),
    Ask(f"POST {SIGNALS}/status", json={"signal_ids": [NO_SUCH_ID], "status": "x"}, status=400),
    Ask(f"POST {SIGNALS}/tags", json={"ids": [NO_SUCH_ID]}, status=400, name="without tags"),
    Ask(f"POST {SIGNALS}/assignees", json={"ids": [NO_SUCH_ID]}, status=400, name="without assignees"),
    Ask(f"GET {SIGNALS}/migration_status", status=400, name="since never"),
    Ask(f"POST {SIGNALS}/migration", json={"index": 5}, status=400, name="of a number"),
    Ask(f"POST {SIGNALS}/finalize_migration", json=IDS, status=400, name="of a number"),
    Ask(f"DELETE {SIGNALS}/migration", json=IDS, status=400, name="of a number"),
)
OPEN = (
    Ask(f"GET {INDEX}"),
    Ask(f"POST {INDEX}"),
    Ask(f"DELETE {INDEX}"),
    Ask("GET /api/detection_engine/privileges"),
    Ask("GET /api/detection_engine/tags"),
    Ask(f"GET {RULES}/prepackaged/_status"),
    Ask(f"PUT {RULES}/prepackaged"),
    Ask(f"POST {ATTACKS}/search", json={"query": {"match_none": {}}}),
    Ask(f"POST {ATTACKS}/status", json={"ids": [NO_SUCH_ID], "status": "closed"}),
    Ask(f"POST {ATTACKS}/tags", json={"ids": [NO_SUCH_ID]}),
    Ask(f"POST {ATTACKS}/assignees", json={"ids": [NO_SUCH_ID]}),
    Ask("POST /api/security_solution/initialize", json={"flows": ["x"]}),
)


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-070", source=LIVE)
@pytest.mark.parametrize("ask", rows(*RULE_ROWS, *ALERT_ROWS))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A rule that does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-071", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*RULE_ROWS, *ALERT_ROWS, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes rules and alerts."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-072", source=API_TESTS)
@pytest.mark.parametrize("ask", rows(*guarded(RULE_ROWS)))
def test_a_viewer_changes_no_rule(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes, imports and deletes no rule."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
