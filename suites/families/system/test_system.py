"""What Kibana says of itself: status, features, tasks, and whether it may be upgraded."""

import pytest

from pytest_kibana.suites.families.asking import assert_refused, ok
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.wire import KibanaClient

STATUS = "GET /api/status"
LEVELS = {"available", "degraded", "unavailable", "critical"}


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYSTEM-001", source="Kibana source, status.ts", operations=[STATUS], safety="read", tier="smoke"
)
def test_status_has_levels_all_the_way_down(kibana_client: KibanaClient) -> None:
    """The status has a level and a summary for the whole, for the core and for each plugin."""
    status = ok(kibana_client.get("/api/status"))["status"]
    parts = {"overall": status["overall"], **status["core"], **status["plugins"]}
    assert {name: part["level"] for name, part in parts.items() if part.get("level") not in LEVELS} == {}
    assert [name for name, part in parts.items() if not isinstance(part.get("summary"), str)] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYSTEM-002",
    level="SHOULD",  # published contracts name the parameter, and document only the new form
    source="Kibana source, status.ts; observed live",
    operations=[STATUS],
    safety="read",
)
def test_status_in_the_old_form(kibana_client: KibanaClient) -> None:
    """Asked for the form of version 7, the status is a state with a colour and a list."""
    old = ok(kibana_client.get("/api/status", query={"v7format": True}))["status"]
    assert old["overall"].get("state") in ("green", "yellow", "red")
    assert isinstance(old.get("statuses"), list)
    assert old["statuses"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYSTEM-003", source="Kibana source, status.ts; observed live", operations=[STATUS], safety="read"
)
def test_status_in_two_forms_at_once_is_refused(kibana_client: KibanaClient) -> None:
    """Both forms together are refused with 400."""
    assert_refused(kibana_client.get("/api/status", query={"v7format": True, "v8format": True}), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYSTEM-004", source="Kibana source, status.ts", operations=[STATUS], safety="read"
)
def test_status_tells_nobody_more_than_the_level(nobody: KibanaClient) -> None:
    """Without credentials one learns the overall level, and nothing about versions or plugins."""
    told = ok(nobody.get("/api/status"))
    if "version" in told:
        pytest.skip("needs status.allowAnonymous off, found it on")
    assert list(told) == ["status"]
    assert list(told["status"]) == ["overall"]
    assert told["status"]["overall"]["level"] in LEVELS


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYSTEM-005",
    source=LIVE,
    operations=["GET /api/features"],
    safety="read",
    tier="smoke",
)
def test_features_have_what_roles_need(kibana_client: KibanaClient) -> None:
    """Each feature has an id of its own, a name and a category."""
    features = ok(kibana_client.get("/api/features"))
    if isinstance(features, dict):
        pytest.skip("needs the list of features, found an object, as published contracts document it")
    ids = [feature["id"] for feature in features]
    assert ids
    assert len(set(ids)) == len(ids)
    assert [f["id"] for f in features if not f.get("name") or not f.get("category")] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-TASKS-001", source=LIVE, operations=["GET /api/task_manager/_health"], safety="read"
)
def test_tasks_are_counted(kibana_client: KibanaClient) -> None:
    """The health of tasks is OK, a warning or an error, with statistics."""
    health = ok(kibana_client.get("/api/task_manager/_health"))
    assert health["status"].lower() in ("ok", "warn", "error")
    assert {"id", "timestamp", "last_update"} <= set(health)
    assert {"configuration", "runtime"} <= set(health["stats"])


@pytest.mark.kibana_requirement(
    "KBN-REQ-UPGRADE-001",
    source=LIVE,
    operations=["GET /api/upgrade_assistant/status"],
    safety="read",
)
def test_upgrade_readiness_is_told(kibana_client: KibanaClient) -> None:
    """Whether Kibana may be upgraded is a yes or no, with what deprecated things were used."""
    status = ok(kibana_client.get("/api/upgrade_assistant/status"))
    assert isinstance(status["readyForUpgrade"], bool)
    deprecated = status.get("recentEsDeprecationLogs")
    if deprecated is not None:
        assert isinstance(deprecated["count"], int)
        assert isinstance(deprecated["logs"], list)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYSTEM-006",
    source=AUTHENTICATION,
    operations=["GET /api/features", "GET /api/task_manager/_health", "GET /api/upgrade_assistant/status"],
    safety="read",
)
@pytest.mark.parametrize(
    "path", ["/api/features", "/api/task_manager/_health", "/api/upgrade_assistant/status"]
)
def test_nobody_learns_more(nobody: KibanaClient, path: str) -> None:
    """Features, tasks and readiness are not told without credentials."""
    assert_refused(nobody.get(path), 401)
