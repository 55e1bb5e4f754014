"""The entity store of 9.4: installed per type of entity, run and stopped; entities told apart by id, and linked.

One store is of one space, and comes and goes in its own time: every call but that for its state may fail until it runs.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

LIVE = "observed on 9.4.3"
BASE = "/api/security/entity_store"
STATUS, ENTITIES, GROUP = f"{BASE}/status", f"{BASE}/entities", f"{BASE}/resolution/group"
INSTALL, UNINSTALL = f"POST {BASE}/install", f"POST {BASE}/uninstall"
ENTITY, BULK, RULE = f"{ENTITIES}/{{entityType}}", f"{ENTITIES}/bulk", f"{BASE}/resolution/rules/{{id}}"
HOSTS = {"entityTypes": ["host"]}
NOBODYS = f"host:kbn-test-{NO_SUCH_ID}"

REFUSED = (
    Ask(INSTALL, json={"entityTypes": ["x"]}, status=400, name="of no type"),
    Ask(UNINSTALL, json={"entityTypes": ["x"]}, status=400, name="of no type"),
    Ask(f"PUT {BASE}/start", json={"entityTypes": ["x"]}, status=400, name="of no type"),
    Ask(f"PUT {BASE}/stop", json={"entityTypes": ["x"]}, status=400, name="of no type"),
    Ask(f"PUT {BASE}", json={}, status=400, name="of nothing"),
    Ask(f"GET {ENTITIES}", query={"per_page": 10001}, status=400, name="too many"),
    Ask(f"DELETE {ENTITIES}", json={}, status=400, name="of none"),
    Ask(f"PUT {BULK}", json={}, status=400, name="of none"),
    Ask(f"GET {GROUP}", status=400, name="of nobody"),
    Ask(f"POST {BASE}/resolution/link", json={"entity_ids": [NOBODYS]}, status=400, name="to nobody"),
    Ask(f"POST {BASE}/resolution/unlink", json={}, status=400, name="of nobody"),
)
# Without a store there is nothing to write to.
ABSENT = (
    Ask(f"POST {ENTITY}", ("host",), json={"host": {"name": "x"}}),
    Ask(f"PUT {ENTITY}", ("host",), json={"host": {"name": "x"}}),
)
OPEN = (
    Ask(f"GET {STATUS}"),
    Ask(f"GET {BASE}/resolution/rules"),
    Ask(f"PUT {RULE}/enable", (NO_SUCH_ID,)),
    Ask(f"PUT {RULE}/disable", (NO_SUCH_ID,)),
)


def state(client: KibanaClient) -> str:
    """Return the state of a space's store."""
    return str(ok(client.get(STATUS))["status"])


@pytest.fixture
def store(here: KibanaClient, eventually: Eventually) -> Iterator[KibanaClient]:
    """A client that speaks to a space with a running store for hosts; the store is taken away afterwards."""
    answer = here.post(f"{BASE}/install", json={**HOSTS, "logExtraction": {}})
    assert answer.status_code in (200, 201), answer.text
    try:
        eventually("the store runs", lambda: state(here) == "running", within=300)
        yield here
    finally:
        here.post(f"{BASE}/uninstall", json=HOSTS)
        eventually("the store is gone", lambda: state(here) == "not_installed", within=300)


@pytest.fixture
def host(store: KibanaClient, unique: Callable[[], str]) -> str:
    """The id of a host in the store; it goes with the store."""
    return write(store, unique())


def write(client: KibanaClient, name: str) -> str:
    """Write a host into the store, and return its id."""
    answer = client.post(f"{ENTITIES}/host", json={"host": {"name": name}})
    assert answer.status_code in (200, 201), answer.text
    return f"host:{name}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-ESTORE-001", source=LIVE, operations=[f"GET {STATUS}"], since="9.4", tier="smoke"
)
def test_a_new_space_has_no_store(here: KibanaClient) -> None:
    """A new space has no store and no engines."""
    told = ok(here.get(STATUS, query={"include_components": True}))
    assert (told["status"], told["engines"]) == ("not_installed", [])


@pytest.mark.kibana_requirement(
    "KBN-REQ-ESTORE-002",
    source=LIVE,
    operations=[INSTALL, UNINSTALL, f"GET {STATUS}"],
    safety="disruptive",
    since="9.4",
)
def test_what_is_installed_is_not_installed_again(store: KibanaClient, other_space: KibanaClient) -> None:
    """Installing what is there is answered 200 and adds nothing; the store is of its space alone."""
    ok(store.post(f"{BASE}/install", json={**HOSTS, "logExtraction": {}}))
    assert [one["type"] for one in ok(store.get(STATUS))["engines"]] == ["host"]
    assert state(other_space) == "not_installed"


@pytest.mark.kibana_requirement(
    "KBN-REQ-ESTORE-003",
    source=LIVE,
    operations=[f"PUT {BASE}/start", f"PUT {BASE}/stop", f"PUT {BASE}"],
    safety="disruptive",
    since="9.4",
)
def test_a_store_is_stopped_set_and_started(store: KibanaClient, eventually: Eventually) -> None:
    """A store is stopped and started, and told how to read logs."""
    ok(store.put(f"{BASE}/stop", json=HOSTS))
    eventually("the store stops", lambda: state(store) == "stopped", within=60)
    ok(store.put(BASE, json={"logExtraction": {"delay": "2m"}}))
    ok(store.put(f"{BASE}/start", json=HOSTS))
    eventually("the store runs again", lambda: state(store) == "running", within=120)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ESTORE-004",
    source=LIVE,
    operations=[f"POST {ENTITY}", f"PUT {ENTITY}", f"DELETE {ENTITIES}"],
    safety="disruptive",
    since="9.4",
)
def test_an_entity_lives_and_dies(store: KibanaClient, host: str) -> None:
    """An entity is written once, changed when it is there, and deleted by its id once."""
    body = {"host": {"name": host.removeprefix("host:")}}
    assert_refused(store.post(f"{ENTITIES}/host", json=body), 409)
    changed = {**body, "asset": {"criticality": "high_impact"}}
    ok(store.put(f"{ENTITIES}/host", query={"force": True}, json=changed))
    ok(store.request("DELETE", ENTITIES, json={"entityId": host}))
    assert_refused(store.request("DELETE", ENTITIES, json={"entityId": host}), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ESTORE-005", source=LIVE, operations=[f"GET {ENTITIES}"], safety="disruptive", since="9.4"
)
def test_entities_are_shown_page_by_page(store: KibanaClient, host: str) -> None:
    """The list of entities says its page and its size, and has no more than were asked for."""
    page = ok(store.get(ENTITIES, query={"page": 1, "per_page": 1, "entity_types": ["host"]}))
    assert (page["page"], page["per_page"]) == (1, 1)
    assert len(page["records"]) <= 1


@pytest.mark.kibana_requirement(
    "KBN-REQ-ESTORE-006", source=LIVE, operations=[f"PUT {BULK}"], safety="disruptive", since="9.4"
)
def test_many_entities_answer_each_for_itself(store: KibanaClient, host: str) -> None:
    """Of many entities those that are there are changed, and the others are named with 404, not made."""
    rows_: list[dict[str, Any]] = [
        {"type": "host", "doc": {"entity": {"id": key}, "host": {"name": key.removeprefix("host:")}}}
        for key in (host, NOBODYS)
    ]
    answer = store.put(BULK, query={"force": True}, json={"entities": rows_})
    assert answer.status_code == 200, answer.text
    assert NOBODYS in answer.text or not answer.json().get("errors")
    assert_refused(store.request("DELETE", ENTITIES, json={"entityId": NOBODYS}), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ESTORE-007",
    level="SHOULD",  # 9.4.3 fails on entities that were written by hand
    source="Elastic's API documentation of 9.4",
    operations=[f"POST {BASE}/resolution/link", f"GET {GROUP}", f"POST {BASE}/resolution/unlink"],
    safety="disruptive",
    since="9.4",
)
@pytest.mark.kibana_requires(license="enterprise")
def test_entities_are_declared_the_same(store: KibanaClient, host: str, unique: Callable[[], str]) -> None:
    """Entities that are declared the same are one group until they are taken apart."""
    other = write(store, unique())
    ok(store.post(f"{BASE}/resolution/link", json={"entity_ids": [other], "target_id": host}))
    assert other in store.get(GROUP, query={"entity_id": host}).text
    ok(store.post(f"{BASE}/resolution/unlink", json={"entity_ids": [other]}))
    assert other not in store.get(GROUP, query={"entity_id": host}).text


@pytest.mark.kibana_requirement(
    "KBN-REQ-ESTORE-008",
    level="SHOULD",
    source="Elastic's API documentation of the main branch",
    operations=[f"GET {BASE}/resolution/rules", f"PUT {RULE}/disable"],
    safety="disruptive",
    since="9.5",
)
@pytest.mark.kibana_requires(license="enterprise")
def test_rules_find_equal_entities(store: KibanaClient) -> None:
    """The rules that find equal entities are listed; one that does not exist is not turned off."""
    assert store.get(f"{BASE}/resolution/rules").status_code == 200
    assert_refused(store.put(f"{BASE}/resolution/rules/{NO_SUCH_ID}/disable"), 404)


@pytest.mark.kibana_requirement("KBN-REQ-ESTORE-010", source=LIVE, since="9.4")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """Unknown types, and bodies that say nothing, are refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-ESTORE-011", source=LIVE, since="9.4")
@pytest.mark.parametrize("ask", rows(*ABSENT))
def test_without_a_store_nothing_is_kept(ask: Ask, here: KibanaClient) -> None:
    """An entity is answered 404 where no store is installed for its type."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-ESTORE-012", source=AUTHENTICATION, since="9.4")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *ABSENT, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or writes entities, or steers the store."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ESTORE-013", source="Kibana source, entity_store: requiredPrivileges", since="9.4"
)
@pytest.mark.parametrize("ask", rows(*guarded((*REFUSED, *ABSENT, *OPEN))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer writes no entity, and steers nothing."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
