"""Hosts: what is known of them, and what may be done to them.

Nothing is ever done to a host whose name does not begin with ``kbn-test``: enrol one of that name to try actions out.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.resources import File, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.hosts import our_host
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

SOURCE = "Kibana source, security_solution/server/endpoint/routes"
METADATA, STATUS, POLICY = (
    "/api/endpoint/metadata",
    "/api/endpoint/action_status",
    "/api/endpoint/policy_response",
)
ACTION, NOTE = "/api/endpoint/action", "/api/endpoint/protection_updates_note/{package_policy_id}"
ONE_ACTION, ONE_FILE = f"GET {ACTION}/{{action_id}}", f"GET {ACTION}/{{action_id}}/file/{{file_id}}"

PARAMETERS: dict[str, Any] = {
    "isolate": None,
    "unisolate": None,
    "running_procs": None,
    "kill_process": {"pid": 4194303},
    "suspend_process": {"pid": 4194303},
    "get_file": {"path": "/etc/hostname"},
    "execute": {"command": "hostname"},
    "scan": {"path": "/tmp/kbn-test-no-such-folder"},
    "runscript": {"raw": "```hostname```"},
    "run_script": {"scriptId": NO_SUCH_ID},
    "memory_dump": {"type": "kernel"},
    "cancel": {"id": NO_SUCH_ID},
}
"""What each action is told, the mildest that it takes."""


def told(verb: str, host: str) -> dict[str, Any]:
    """Return the body of an action on one host."""
    more = {} if PARAMETERS[verb] is None else {"parameters": PARAMETERS[verb]}
    return {"endpoint_ids": [host], **more}


def upload(host: str) -> dict[str, Any]:
    """Return the multipart fields of a file that is sent to one host."""
    return {
        "endpoint_ids": json.dumps([host]),
        "parameters": json.dumps({"overwrite": False}),
        "file": File("kbn-test.txt", b"made by a test\n", "text/plain"),
    }


ACTIONS = (
    *(Ask(f"POST {ACTION}/{verb}", json=told(verb, NO_SUCH_ID), status=400) for verb in PARAMETERS),
    Ask(f"POST {ACTION}/upload", files=upload(NO_SUCH_ID), status=400),
)
BROKEN = (
    *(
        Ask(f"POST {ACTION}/{verb}", json={"endpoint_ids": []}, status=400, name="on no host")
        for verb in PARAMETERS
    ),
    Ask(f"GET {METADATA}", query={"hostStatuses": "asleep"}, status=400, name="of an unknown status"),
    Ask(f"GET {METADATA}/{{id}}", (NO_SUCH_ID,)),
    Ask(f"GET {POLICY}", query={"agentId": NO_SUCH_ID}),
    Ask(f"GET {ACTION}", query={"pageSize": "many"}, status=400, name="of no number"),
    Ask(f"GET {NOTE}", (NO_SUCH_ID,)),
    Ask(f"POST {NOTE}", (NO_SUCH_ID,), json={"note": 5}, status=400, name="of a number"),
)
UNKNOWN = (
    Ask(ONE_ACTION, (NO_SUCH_ID,)),
    Ask(ONE_FILE, (NO_SUCH_ID, NO_SUCH_ID)),
    Ask(f"{ONE_FILE}/download", (NO_SUCH_ID, NO_SUCH_ID)),
)
OPEN = (
    # Who may not is told so before anybody looks for the policy, but not before the body is read.
    Ask(f"POST {NOTE}", (NO_SUCH_ID,), json={"note": "x"}),
    Ask(f"GET {ACTION}/state", status=200),
    Ask(f"GET {STATUS}", query={"agent_ids": NO_SUCH_ID}, status=200),
)


@pytest.fixture
def host(kibana_client: KibanaClient) -> dict[str, Any]:
    """A host on which tests may act."""
    return our_host(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-001", source=LIVE, operations=[f"GET {METADATA}"], safety="read"
)
def test_hosts_are_shown_page_by_page(kibana_client: KibanaClient) -> None:
    """The list of hosts says its page, its size and how many there are, and has no more than were asked for."""
    asked = {"pageSize": 1, "hostStatuses": ["healthy", "offline"]}
    page = ok(kibana_client.get(METADATA, query=asked))
    assert page["pageSize"] == 1
    assert len(page["data"]) == min(page["total"], 1)
    beyond = ok(kibana_client.get(METADATA, query={**asked, "page": 1000}))
    assert (beyond["data"], beyond["total"]) == ([], page["total"])


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-002",
    source=SOURCE,
    operations=[f"GET {METADATA}/{{id}}", f"GET {POLICY}", f"GET {STATUS}"],
    safety="read",
)
def test_a_host_is_known(host: dict[str, Any], kibana_client: KibanaClient) -> None:
    """Of an enrolled host one is told its state, how it took its policy, and what waits for it."""
    key = host["agent"]["id"]
    shown = ok(kibana_client.get(f"{METADATA}/{key}"))
    assert shown["metadata"]["agent"]["id"] == key
    assert shown["host_status"] == "healthy"
    assert ok(kibana_client.get(POLICY, query={"agentId": key}))["policy_response"]
    assert kibana_client.get(STATUS, query={"agent_ids": key}).status_code == 200


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-003", source=LIVE, operations=[f"GET {ACTION}/state"], safety="read", tier="smoke"
)
def test_it_is_told_whether_actions_are_encrypted(kibana_client: KibanaClient) -> None:
    """One is told whether actions can be encrypted."""
    state = ok(kibana_client.get(f"{ACTION}/state"))
    assert isinstance(state["data"]["canEncrypt"], bool)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-004", source=LIVE, operations=[f"GET {ACTION}"], safety="read"
)
def test_actions_are_shown_page_by_page(kibana_client: KibanaClient) -> None:
    """Actions are shown page by page; before the first of all there is nothing to show, which is answered 404."""
    answer = kibana_client.get(ACTION, query={"page": 1, "pageSize": 1})
    if answer.status_code == 404:
        assert_refused(answer, 404, "index_not_found")
        return
    page = ok(answer)
    assert part(page, "page", "pageSize") == {"page": 1, "pageSize": 1}
    assert len(page["data"]) == min(page["total"], 1)


@pytest.mark.kibana_requirement("KBN-REQ-ENDPOINT-005", source=LIVE, safety="read")
@pytest.mark.kibana_requires(license="enterprise")
@pytest.mark.parametrize("ask", rows(*ACTIONS))
def test_nothing_is_done_to_an_unknown_host(ask: Ask, kibana_client: KibanaClient) -> None:
    """An action on a host that nobody has is refused with 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-ENDPOINT-006", source=SOURCE, safety="read")
@pytest.mark.parametrize("ask", rows(*BROKEN))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """What does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-007",
    level="SHOULD",  # before the first action of all, 9.4.3 answers 500
    source=LIVE,
    safety="read",
)
@pytest.mark.parametrize("ask", rows(*UNKNOWN))
def test_an_unknown_action_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """An action that was never taken is answered 404, and so are its files."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-ENDPOINT-008", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*ACTIONS, *BROKEN, *UNKNOWN, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody sees hosts, or does anything to them."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-ENDPOINT-009", source=f"{SOURCE}: withEndpointAuthz", safety="read")
@pytest.mark.parametrize("ask", rows(*guarded((*ACTIONS, *OPEN, *BROKEN))))
def test_a_viewer_does_nothing(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer does nothing to hosts, and writes no notes."""
    ask.assert_kept_from(viewer, 403)


@pytest.mark.kibana_requirement("KBN-REQ-ENDPOINT-020", source=LIVE, safety="disruptive")
@pytest.mark.kibana_requires(license="enterprise")
@pytest.mark.parametrize(
    "ask", rows(*(Ask(f"POST {ACTION}/{verb}", status=200) for verb in PARAMETERS if verb != "cancel"))
)
def test_an_action_is_kept(
    ask: Ask,
    host: dict[str, Any],
    kibana_client: KibanaClient,
    eventually: Eventually,
    unique: Callable[[], str],
) -> None:
    """An action on a host is answered with its id, by which it is found, and is listed once."""
    verb, key, why = ask.label.rpartition("/")[2], host["agent"]["id"], unique()
    taken = ok(kibana_client.post(f"{ACTION}/{verb}", json={**told(verb, key), "comment": why}))["data"]
    assert taken["agents"] == [key]
    shown = ok(kibana_client.get(f"{ACTION}/{taken['id']}"))["data"]
    assert part(shown, "id", "command", "agents") == part(taken, "id", "command", "agents")

    def listed() -> bool:
        actions = ok(kibana_client.get(ACTION, query={"pageSize": 100}))["data"]
        return [one["id"] for one in actions if one.get("comment") == why] == [taken["id"]]

    eventually("an action is listed once", listed, within=60)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-021", source=SOURCE, operations=[f"POST {ACTION}/cancel"], safety="disruptive"
)
@pytest.mark.kibana_requires(license="enterprise")
def test_an_action_is_cancelled(host: dict[str, Any], kibana_client: KibanaClient) -> None:
    """An action that is under way is cancelled by its id."""
    key = host["agent"]["id"]
    taken = ok(kibana_client.post(f"{ACTION}/running_procs", json={"endpoint_ids": [key]}))["data"]
    body = {"endpoint_ids": [key], "parameters": {"id": taken["id"]}}
    assert ok(kibana_client.post(f"{ACTION}/cancel", json=body))["data"]["command"] == "cancel"


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-022", source=SOURCE, operations=[f"POST {ACTION}/upload"], safety="disruptive"
)
@pytest.mark.kibana_requires(license="enterprise")
def test_a_file_is_sent_to_a_host(host: dict[str, Any], kibana_client: KibanaClient) -> None:
    """A file that is sent to a host is an action like others."""
    taken = ok(kibana_client.post(f"{ACTION}/upload", files=upload(host["agent"]["id"])))["data"]
    assert part(taken, "command", "agents") == {"command": "upload", "agents": [host["agent"]["id"]]}


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-023",
    source=SOURCE,
    operations=[f"POST {ACTION}/get_file", ONE_FILE, f"{ONE_FILE}/download"],
    safety="disruptive",
)
@pytest.mark.kibana_requires(license="enterprise")
def test_a_file_is_fetched_from_a_host(
    host: dict[str, Any], kibana_client: KibanaClient, eventually: Eventually
) -> None:
    """A file that is fetched from a host is there when the action is done, with its name, and can be downloaded."""
    key = host["agent"]["id"]
    taken = ok(kibana_client.post(f"{ACTION}/get_file", json=told("get_file", key)))["data"]
    path = f"{ACTION}/{taken['id']}/file/{taken['id']}.{key}"
    eventually("a file is there", lambda: kibana_client.get(path).status_code == 200, within=120)
    assert ok(kibana_client.get(path))["data"]["status"] in ("READY", "UPLOADING", "AWAITING_UPLOAD")
    assert kibana_client.get(f"{path}/download").status_code == 200


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-024",
    source=SOURCE,
    operations=[f"POST {NOTE}", f"GET {NOTE}", "POST /api/fleet/package_policies"],
    safety="disruptive",
)
def test_a_note_is_of_one_policy(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A note on the protection updates of a policy is read as it was written, and written anew."""
    note = kibana_resources.protection_updates_note()
    path = f"/api/endpoint/protection_updates_note/{note.id}"
    assert ok(kibana_client.get(path))["note"] == note.sent["note"]
    assert ok(kibana_client.post(path, json={"note": "anew"}))["note"] == "anew"
    assert ok(kibana_client.get(path))["note"] == "anew"
