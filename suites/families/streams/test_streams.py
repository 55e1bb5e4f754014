"""Streams: forked, read, written back as they were read, and who may do so."""

from typing import Any

import pytest

from pytest_kibana.resources import File, Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.sources import AUTHENTICATION, CONTRACT, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/streams", "/api/streams/{}"
LIST = f"GET {ALL}"
READ, REPLACE, REMOVE = (f"{m} {ALL}/{{name}}" for m in ("GET", "PUT", "DELETE"))
FORK = f"POST {ALL}/{{name}}/_fork"
INTAKE, TAKE_IN = (f"{m} {ALL}/{{name}}/_ingest" for m in ("GET", "PUT"))
GROUP, REGROUP = (f"{m} {ALL}/{{name}}/_group" for m in ("GET", "PUT"))
EXPORT, IMPORT = (f"POST {ALL}/{{name}}/content/{word}" for word in ("export", "import"))
EVENTS = f"GET {ALL}/{{name}}/significant_events"
PREVIEW, GENERATE = (f"POST {ALL}/{{name}}/significant_events/_{word}" for word in ("preview", "generate"))
ENABLE, DISABLE, RESYNC = (f"POST {ALL}/_{word}" for word in ("enable", "disable", "resync"))
GONE = f"kbn-test-{NO_SUCH_ID}"
WHEN = {"from": "2001-01-01T00:00:00.000Z", "to": "2001-01-02T00:00:00.000Z", "bucketSize": "1h"}
WITHHELD = (400, 403, 404, 422)
"""What parts of streams answer that are switched off: they are off by default (observed on 9.4.3)."""

UNKNOWN = (Ask(READ, (GONE,)), Ask(REMOVE, (GONE,)), Ask(INTAKE, (GONE,)))
SENSELESS = (
    Ask(REPLACE, (GONE,), json={"stream": "x"}, status=400, name="that is text"),
    Ask(FORK, (GONE,), json={}, status=400, name="without a name"),
    Ask(TAKE_IN, (GONE,), json={}, status=400, name="of nothing"),
    Ask(REGROUP, (GONE,), json={}, status=(400, 403, 404), name="of nothing"),
    Ask(EXPORT, (GONE,), json={}, status=(400, 403, 404), name="of nothing"),
    Ask(IMPORT, (GONE,), files={"include": "x"}, status=(400, 403, 404), name="of nothing"),
    Ask(EVENTS, (GONE,), status=400, name="of no time"),
    Ask(PREVIEW, (GONE,), json={}, status=400, name="of no time"),
    Ask(GENERATE, (GONE,), json={}, status=400, name="of no time", reads=True),
)
SWITCHES = tuple(Ask(label) for label in (ENABLE, DISABLE, RESYNC))
"""Asked by nobody who might be heard: switching off deletes the data of every wired stream."""


def writable(shown: dict[str, Any]) -> dict[str, Any]:
    """Return what is written back of a stream that was read: without its name and the times of its parts."""
    stream = {k: v for k, v in shown["stream"].items() if k not in ("name", "updated_at")}
    hanging: dict[str, Any] = {k: shown[k] for k in ("dashboards", "queries", "rules") if k in shown}
    return {"stream": {**stream, "ingest": intake_of(stream["ingest"])}, **hanging}


def intake_of(ingest: dict[str, Any]) -> dict[str, Any]:
    """Return an intake without the time of its processing, which is refused on write (observed on 9.4.3)."""
    processing = ingest["processing"]
    if isinstance(processing, dict):
        processing = {k: v for k, v in processing.items() if k != "updated_at"}
    return {**ingest, "processing": processing}


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-001", source=LIVE, operations=[LIST], safety="read", tier="smoke"
)
def test_streams_are_listed(kibana_client: KibanaClient) -> None:
    """The list has streams, each by a name of its own."""
    names = [one["name"] for one in ok(kibana_client.get(ALL))["streams"]]
    assert len(set(names)) == len(names)


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-002", source=LIVE, operations=[FORK, LIST, READ], safety="disruptive", tier="smoke"
)
def test_a_fork_is_a_stream(stream: Handle, kibana_client: KibanaClient) -> None:
    """A fork is listed and read by its name, and its parent leads to it."""
    assert stream.id in [one["name"] for one in ok(kibana_client.get(ALL))["streams"]]
    assert ok(kibana_client.get(ONE.format(stream.id)))["stream"]["name"] == stream.id
    parent = stream.id.rpartition(".")[0]
    routing = ok(kibana_client.get(ONE.format(parent)))["stream"]["ingest"]["wired"]["routing"]
    assert [one["destination"] for one in routing if one["destination"] == stream.id] == [stream.id]


@pytest.mark.kibana_requirement("KBN-REQ-STREAMS-003", source=LIVE, operations=[FORK], safety="disruptive")
def test_a_name_is_taken_once(stream: Handle, kibana_client: KibanaClient) -> None:
    """A second fork of one name is a conflict; one off a stream that does not exist is not found, or makes no sense."""
    parent = stream.id.rpartition(".")[0]
    assert_refused(kibana_client.post(f"{ONE.format(parent)}/_fork", json=stream.sent), 409)
    orphan = {**stream.sent, "stream": {"name": f"{GONE}.child"}}
    answer = kibana_client.post(f"{ONE.format(GONE)}/_fork", json=orphan)
    assert answer.status_code in (400, 404), answer.text


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-004", source="observed on 9.4.3", operations=[REPLACE, READ], safety="disruptive"
)
def test_what_is_read_can_be_written_back(stream: Handle, kibana_client: KibanaClient) -> None:
    """A stream that is written back with another description is acknowledged, and reads so; the rest stays."""
    before = ok(kibana_client.get(ONE.format(stream.id)))
    body = writable(before)
    body["stream"]["description"] = "changed by a test"
    answer = ok(kibana_client.put(ONE.format(stream.id), json=body))
    assert answer["acknowledged"] is True
    assert answer["result"] in ("created", "updated", "noop")
    after = ok(kibana_client.get(ONE.format(stream.id)))
    assert after["stream"]["description"] == "changed by a test"
    assert part(after["stream"]["ingest"], "lifecycle", "wired") == part(
        before["stream"]["ingest"], "lifecycle", "wired"
    )


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-005", source="observed on 9.4.3", operations=[INTAKE, TAKE_IN], safety="disruptive"
)
def test_an_intake_can_be_written_back(stream: Handle, kibana_client: KibanaClient) -> None:
    """How a stream takes data in is read by itself, and written back as it was read."""
    path = f"{ONE.format(stream.id)}/_ingest"
    before = intake_of(ok(kibana_client.get(path))["ingest"])
    assert ok(kibana_client.put(path, json={"ingest": before}))["acknowledged"] is True
    assert intake_of(ok(kibana_client.get(path))["ingest"]) == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-006", source=LIVE, operations=[REMOVE, READ], safety="disruptive"
)
def test_a_fork_goes(stream: Handle, kibana_client: KibanaClient) -> None:
    """A deleted fork is read and listed no more."""
    assert ok(kibana_client.delete(ONE.format(stream.id)))["acknowledged"] is True
    assert_refused(kibana_client.get(ONE.format(stream.id)), 404)
    assert stream.id not in [one["name"] for one in ok(kibana_client.get(ALL))["streams"]]


@pytest.mark.kibana_requirement("KBN-REQ-STREAMS-007", source=LIVE, operations=[REMOVE], safety="disruptive")
def test_a_root_stays(stream: Handle, kibana_client: KibanaClient) -> None:
    """The root of wired streams cannot be deleted by its name: 400."""
    root = stream.id.rpartition(".")[0]
    assert_refused(kibana_client.delete(ONE.format(root)), 400)
    assert ok(kibana_client.get(ONE.format(root)))["stream"]["name"] == root


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-008",
    level="SHOULD",
    source="Kibana contract of 9.3",
    operations=[GROUP],
    safety="disruptive",
)
def test_a_fork_is_no_group(stream: Handle, kibana_client: KibanaClient) -> None:
    """A stream that is no group has none to read or write: whatever the answer, it is no error of the server."""
    path = f"{ONE.format(stream.id)}/_group"
    for answer in (
        kibana_client.get(path),
        kibana_client.put(path, json={"group": {"members": [], "metadata": {}, "tags": []}}),
        kibana_client.put(path, json={"group": {"members": []}}),
    ):
        assert answer.status_code in (200, *WITHHELD), answer.text


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-009", level="SHOULD", source=CONTRACT, operations=[EVENTS], safety="disruptive"
)
def test_a_stream_without_data_has_no_events(stream: Handle, kibana_client: KibanaClient) -> None:
    """A stream that nothing was sent to has no significant events, where they are switched on."""
    answer = kibana_client.get(f"{ONE.format(stream.id)}/significant_events", query=WHEN)
    if answer.status_code in WITHHELD:
        pytest.skip(f"needs significant events, found {answer.status_code}: {answer.text[:200]}")
    found = ok(answer)
    assert not (found.get("significant_events") if isinstance(found, dict) else found)


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-010", level="SHOULD", source=CONTRACT, operations=[PREVIEW], safety="disruptive"
)
def test_a_query_is_tried(stream: Handle, kibana_client: KibanaClient) -> None:
    """A query is tried before it is kept, where significant events are switched on; it is never an error."""
    path = f"{ONE.format(stream.id)}/significant_events/_preview"
    answer = kibana_client.post(path, query=WHEN, json={"query": {"kql": {"query": "a: b"}}})
    assert answer.status_code in (200, *WITHHELD), answer.text


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-011",
    level="SHOULD",
    source=CONTRACT,
    operations=[GENERATE],
    safety="disruptive",
)
def test_nothing_is_made_up_without_a_model(stream: Handle, kibana_client: KibanaClient) -> None:
    """Queries are made up by a model; by way of a connector that does not exist, nobody is asked."""
    query = {**WHEN, "connectorId": NO_SUCH_ID}
    path = f"{ONE.format(stream.id)}/significant_events/_generate"
    answer = kibana_client.post(path, query={k: query[k] for k in ("from", "to", "connectorId")}, json={})
    # The answer may be a stream of events, inside of which the trouble is told.
    assert answer.status_code in (200, *WITHHELD), answer.text


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-012",
    level="SHOULD",
    source=CONTRACT,
    operations=[EXPORT, IMPORT],
    safety="disruptive",
)
def test_what_is_exported_can_be_imported(stream: Handle, kibana_client: KibanaClient) -> None:
    """What hangs on a stream is exported as a file, which can be imported again, where that is switched on."""
    path = f"{ONE.format(stream.id)}/content"
    everything: dict[str, Any] = {"objects": {"all": {}}}
    told: dict[str, Any] = {"name": "kbn-test", "version": "1.0.0", "description": "made by a test"}
    answer = kibana_client.post(f"{path}/export", json={**told, "include": everything})
    if answer.status_code == 400:  # of older contracts
        older = {**told, "replaced_patterns": [], "include": {"all": {}}}
        answer = kibana_client.post(f"{path}/export", json=older)
    if answer.status_code in WITHHELD:
        pytest.skip(f"needs content packs, found {answer.status_code}: {answer.text[:200]}")
    assert answer.status_code == 200, answer.text
    form = {
        "include": '{"objects":{"all":{}}}',
        "content": File("kbn-test-1.0.0.zip", answer.content or b"PK", "application/zip"),
    }
    answer = kibana_client.post(f"{path}/import", files=form)
    assert answer.status_code in (200, *WITHHELD), answer.text


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-013",
    level="SHOULD",
    source="Kibana source, streams client",
    operations=[ENABLE, RESYNC],
    safety="disruptive",
)
def test_enabling_twice_changes_nothing(stream: Handle, kibana_client: KibanaClient) -> None:
    """Streams that are on stay on; bringing them up to date is acknowledged."""
    assert stream.exists()  # so they are on
    assert ok(kibana_client.post(f"{ALL}/_enable"))["result"] == "noop"
    assert ok(kibana_client.post(f"{ALL}/_resync"))["acknowledged"] is True
    assert stream.exists()


@pytest.mark.kibana_requirement("KBN-REQ-STREAMS-014", source=LIVE, safety="read")
@pytest.mark.parametrize("ask", rows(*UNKNOWN, *SENSELESS))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """A stream that does not exist is answered 404; a body or a query that lacks what it needs, 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-STREAMS-015", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize(
    "ask", rows(*once((Ask(LIST), *UNKNOWN, *SENSELESS, *SWITCHES, Ask(GROUP, (GONE,)))))
)
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody reads, changes or switches streams."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-STREAMS-016", source="Kibana source, streams feature", safety="read")
@pytest.mark.parametrize("ask", rows(*guarded((*UNKNOWN, *SENSELESS, *SWITCHES))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer makes, changes, switches and deletes no stream."""
    ask.assert_kept_from(viewer, 403)
