"""Privileged user monitoring: turned on for a space, told whom to watch, and turned off."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.contract import Contract
from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import File, Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok, part, shows
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="platinum")
SOURCE = "Kibana source, entity_analytics/privilege_monitoring/routes"
BASE = "/api/entity_analytics/monitoring"
USERS, ENGINE, HEALTH = f"{BASE}/users", f"{BASE}/engine", f"{BASE}/privileges/health"
USER, LIST, CSV, JSON = f"{USERS}/{{id}}", f"{USERS}/list", f"{USERS}/_csv", f"{USERS}/_json"
PAD = "/api/entity_analytics/privileged_user_monitoring/pad"
NOBODY = (NO_SUCH_ID,)

REFUSED = (
    Ask(f"POST {USERS}", json={"user": {"name": 5}}, status=400, name="of a number"),
    Ask(f"PUT {USER}", NOBODY, json={"user": {"name": 5}}, status=400, name="of a number"),
)
OPEN = (
    Ask(f"GET {USER}", NOBODY),
    Ask(f"GET {LIST}"),
    Ask(f"DELETE {USER}", NOBODY),
    Ask(f"POST {CSV}", files={"file": File("users.csv", b"x\n", "text/csv")}),
    Ask(f"POST {ENGINE}/init"),
    Ask(f"POST {ENGINE}/disable"),
    Ask(f"POST {ENGINE}/schedule_now"),
    Ask(f"DELETE {ENGINE}/delete"),
    Ask(f"GET {HEALTH}"),
    Ask(f"GET {BASE}/privileges/privileges"),
    Ask(f"GET {PAD}/status"),
    Ask(f"POST {PAD}/install"),
)


@pytest.fixture
def engine(kibana_resources: Resources) -> Handle:
    """Monitoring, turned on for this test's space; skip where a setting forbids it."""
    try:
        return kibana_resources.monitoring_engine()
    except ResourceTrouble as trouble:
        if trouble.status in (403, 404):
            pytest.skip(f"needs privileged user monitoring, found {trouble.status}: {trouble.message[:200]}")
        raise


def watched(client: KibanaClient) -> dict[str, dict[str, Any]]:
    """Return whom a space watches, by name."""
    return {one["user"]["name"]: one for one in ok(client.get(LIST))}


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-020", source=SOURCE, operations=[f"POST {ENGINE}/init", f"GET {HEALTH}"], tier="smoke"
)
def test_monitoring_is_of_one_space(
    engine: Handle, here: KibanaClient, other_space: KibanaClient, eventually: Eventually
) -> None:
    """Monitoring that is turned on in a space is on there, and nowhere else."""
    eventually("monitoring is on", lambda: ok(here.get(HEALTH))["status"] == "started", within=60)
    assert ok(other_space.get(HEALTH))["status"] == "not_installed"


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-021",
    source=SOURCE,
    operations=[f"POST {ENGINE}/disable", f"GET {HEALTH}"],
    since="9.2",
)
def test_monitoring_is_turned_off(engine: Handle, here: KibanaClient) -> None:
    """Monitoring that is turned off says so, and is turned on again."""
    assert ok(here.post(f"{ENGINE}/disable"))["status"] == "disabled"
    assert ok(here.get(HEALTH))["status"] == "disabled"
    assert ok(here.post(f"{ENGINE}/init"))["status"] == "started"


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-022", source=SOURCE, operations=[f"POST {ENGINE}/schedule_now"], since="9.2"
)
def test_it_looks_for_users_when_told(engine: Handle, here: KibanaClient) -> None:
    """Monitoring looks for users at once when it is told so, unless it is looking already."""
    answer = here.post(f"{ENGINE}/schedule_now")
    assert answer.status_code in (200, 409), answer.text


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-023", source=SOURCE, operations=[f"POST {USERS}", f"GET {LIST}", f"DELETE {USER}"]
)
def test_a_user_is_watched(
    engine: Handle, kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """A user who is watched is listed by name, says by whose word, and is listed no more when that is taken back."""
    user = kibana_resources.monitored_user()
    name = user.sent["user"]["name"]
    eventually("a user is listed", lambda: name in watched(here), within=30)
    assert watched(here)[name]["id"] == user.id
    assert here.delete(f"{USERS}/{user.id}").status_code == 200
    eventually("a user is listed no more", lambda: name not in watched(here), within=30)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-024", source=SOURCE, operations=[f"PUT {USER}", f"GET {LIST}"]
)
def test_what_is_known_of_a_user_changes(
    engine: Handle, kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """What is known of a user who is watched can be changed; the name and the id stay."""
    user = kibana_resources.monitored_user()
    name = user.sent["user"]["name"]
    labels = [{"field": "role", "value": "admin", "source": "api"}]
    body = {"user": {"name": name}, "entity_analytics_monitoring": {"labels": labels}}
    ok(here.put(f"{USERS}/{user.id}", json=body))

    def told() -> Any:
        one = watched(here).get(name) or {}
        return [one.get("id"), (one.get("entity_analytics_monitoring") or {}).get("labels")]

    eventually("a user has changed", lambda: shows(told(), [user.id, labels]), within=30)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-025", source=SOURCE, operations=[f"POST {CSV}", f"GET {LIST}"]
)
def test_users_come_in_a_file(
    engine: Handle,
    here: KibanaClient,
    kibana_contract: Contract,
    unique: Callable[[], str],
    eventually: Eventually,
) -> None:
    """All users of a file are watched, and counted."""
    names = [unique() for _ in range(2)]
    content = "".join(f"{name}\n" for name in names).encode()
    body = kibana_contract.operation(f"POST {CSV}").body
    if body is not None and body.media("multipart/form-data") is not None:
        told = ok(here.post(CSV, files={"file": File("users.csv", content, "text/csv")}))
        assert part(told["stats"], "successful", "failed", "total") == {
            "successful": 2,
            "failed": 0,
            "total": 2,
        }
    else:
        ok(here.post(CSV, content=content, media="text/csv"))
    eventually("users are listed", lambda: set(names) <= set(watched(here)), within=30)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-026",
    level="SHOULD",
    source="Kibana contract of 9.1",
    operations=[f"POST {JSON}", f"GET {USER}"],
)
def test_users_come_as_json(engine: Handle, kibana_resources: Resources, here: KibanaClient) -> None:
    """All users of a list are watched; one is read by id."""
    user = kibana_resources.monitored_user()
    listed = {"users": [{"user_name": user.sent["user"]["name"], "is_monitored": True}]}
    assert here.post(JSON, json=listed, media="text/json").status_code == 200
    assert ok(here.get(f"{USERS}/{user.id}"))["id"] == user.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-027",
    source=SOURCE,
    operations=[f"DELETE {ENGINE}/delete", f"GET {HEALTH}"],
    safety="global",
    since="9.2",
)
def test_monitoring_is_taken_away(engine: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """Monitoring that is taken away is not installed any more."""
    assert ok(here.delete(f"{ENGINE}/delete", query={"data": True}))["deleted"] is True
    eventually("monitoring is gone", lambda: ok(here.get(HEALTH))["status"] == "not_installed", within=60)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-028",
    source=SOURCE,
    operations=[f"GET {BASE}/privileges/privileges", f"GET {PAD}/status"],
    since="9.2",
)
def test_it_is_told_what_is_allowed_and_there(here: KibanaClient) -> None:
    """One is told what one may do, and whether the package that detects misuse is there."""
    assert isinstance(ok(here.get(f"{BASE}/privileges/privileges"))["has_all_required"], bool)
    status = ok(here.get(f"{PAD}/status"))
    assert status["package_installation_status"] in ("complete", "incomplete")


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-029",
    level="SHOULD",  # needs the package registry and machine learning
    source=SOURCE,
    operations=[f"POST {PAD}/install", f"GET {PAD}/status"],
    safety="disruptive",
    since="9.2",
)
def test_misuse_is_detected(engine: Handle, here: KibanaClient) -> None:
    """The package that detects misuse of privileges is installed, and is there then."""
    assert ok(here.post(f"{PAD}/install"))["message"]
    assert ok(here.get(f"{PAD}/status"))["package_installation_status"] == "complete"


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-030", source=SOURCE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, engine: Handle, here: KibanaClient) -> None:
    """A user whose name is no text is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-031", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody turns monitoring on or off, or sees whom it watches."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-032",
    level="SHOULD",  # what a viewer may do with the indices behind it is Elasticsearch's to say
    source="Kibana docs, privileged user monitoring: prerequisites",
)
@pytest.mark.parametrize("ask", rows(*guarded((*REFUSED, *OPEN))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer turns nothing on or off, and names nobody to be watched."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
