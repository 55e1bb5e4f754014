"""What streams have beside their data. Sources: Kibana source (streams plugin, routes), observed on 9.4.3."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
WHEN = {"from": "2026-01-01T00:00:00.000Z", "to": "2026-01-02T00:00:00.000Z", "bucketSize": "1h"}
ASKED = {"title": "Errors", "kql": {"query": "a: b"}}
EVERYTHING = {"name": "pack", "version": "1.0.0", "description": "d", "include": {"objects": {"all": {}}}}


@pytest.fixture(scope="module")
def streams(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    return stand_in(contract=str(published("9.3")), version="9.4.3")


@pytest.fixture
def stream(streams: httpx.Client, request: pytest.FixtureRequest) -> str:
    name = f"logs.otel.{request.node.name.lower()[:40].rstrip('_[')}"
    body = {"stream": {"name": name}, "where": {"never": {}}}
    made = streams.post("/api/streams/logs.otel/_fork", json=body)
    assert made.status_code == 200, made.text
    return f"/api/streams/{name}"


class TestKinds:
    def test_a_group_is_made_by_its_members_and_reads_so(self, streams: httpx.Client) -> None:
        group = {"members": ["a", "b"], "metadata": {"team": "x"}, "tags": ["t"]}
        path = "/api/streams/grouped/_group"
        assert streams.get(path).status_code == 404
        assert streams.put(path, json={"group": group}).json()["result"] == "created"
        assert streams.put(path, json={"group": group}).json()["result"] == "noop"
        assert streams.get(path).json() == {"group": group}
        assert streams.get("/api/streams/grouped").json()["stream"]["group"] == group
        assert streams.get("/api/streams/grouped/_ingest").status_code == 400

    def test_a_stream_that_takes_data_in_is_no_group_and_no_query(
        self, streams: httpx.Client, stream: str
    ) -> None:
        group = {"members": [], "metadata": {}, "tags": []}
        assert streams.get(f"{stream}/_group").status_code == 400
        assert streams.put(f"{stream}/_group", json={"group": group}).status_code == 400
        assert streams.get(f"{stream}/_query").status_code == 400

    def test_a_query_is_kept(self, streams: httpx.Client) -> None:
        path = "/api/streams/asked/_query"
        assert streams.put(path, json={}).status_code == 400
        assert streams.put(path, json={"query": {"esql": "FROM logs"}}).json()["result"] == "created"
        assert streams.put(path, json={"query": {"esql": "FROM x"}}).json()["result"] == "updated"
        assert streams.get(path).json()["query"] == {"esql": "FROM x"}


class TestAttachments:
    def test_they_are_tied_listed_by_kind_and_untied(self, streams: httpx.Client, stream: str) -> None:
        path = f"{stream}/attachments"
        for kind in ("dashboard", "rule", "rule"):  # twice is fine
            assert streams.put(f"{path}/{kind}/one").json() == {"acknowledged": True}
        assert len(streams.get(path).json()["attachments"]) == 2
        found = streams.get(path, params={"attachmentTypes": ["rule", "slo"]}).json()["attachments"]
        assert [(one["id"], one["type"]) for one in found] == [("one", "rule")]
        assert streams.delete(f"{path}/rule/one").status_code == 200
        assert streams.delete(f"{path}/rule/one").status_code == 404
        assert [one["type"] for one in streams.get(path).json()["attachments"]] == ["dashboard"]

    def test_many_at_once(self, streams: httpx.Client, stream: str) -> None:
        steps: Json = [
            {"index": {"id": "a", "type": "slo"}},
            {"index": {"id": "b", "type": "slo"}},
            {"delete": {"id": "a", "type": "slo"}},
        ]
        assert streams.post(f"{stream}/attachments/_bulk", json={"operations": steps}).status_code == 200
        assert [one["id"] for one in streams.get(f"{stream}/attachments").json()["attachments"]] == ["b"]
        assert streams.post(f"{stream}/attachments/_bulk", json={"operations": "all"}).status_code == 400

    def test_they_are_of_one_space(self, streams: httpx.Client, stream: str) -> None:
        assert streams.put(f"/s/elsewhere{stream}/attachments/rule/r").status_code == 200
        assert streams.get(f"{stream}/attachments").json()["attachments"] == []

    def test_no_other_kind_and_no_stream_that_is_not_there(self, streams: httpx.Client, stream: str) -> None:
        assert streams.put(f"{stream}/attachments/guess/x").status_code == 400
        assert streams.put("/api/streams/nowhere/attachments/rule/x").status_code == 404

    def test_they_came_with_9_4(self, published: Callable[[str], Path], stand_in: StandIn) -> None:
        older = stand_in(contract=str(published("9.3")), version="9.3.0")
        assert older.get("/api/streams/logs/attachments").json()["message"] == "Not Found"


class TestEvents:
    def test_each_query_is_shown_with_what_it_found(self, streams: httpx.Client, stream: str) -> None:
        assert streams.get(f"{stream}/significant_events", params=WHEN).json()["significant_events"] == []
        assert streams.put(f"{stream}/queries/errors", json=ASKED).status_code == 200
        (shown,) = streams.get(f"{stream}/significant_events", params=WHEN).json()["significant_events"]
        assert (shown["id"], shown["title"], shown["occurrences"]) == ("errors", "Errors", [])
        assert streams.get(f"{stream}/significant_events").status_code == 400
        assert streams.get("/api/streams/nowhere/significant_events", params=WHEN).status_code == 404

    def test_a_query_is_tried_before_it_is_kept(self, streams: httpx.Client, stream: str) -> None:
        body = {"query": {"kql": {"query": "a: b"}}}
        answer = streams.post(f"{stream}/significant_events/_preview", params=WHEN, json=body)
        assert answer.json()["kql"] == {"query": "a: b"}
        assert streams.get(f"{stream}/queries").json() == {"queries": []}

    def test_a_model_is_asked_through_a_connector_that_is_there(
        self, streams: httpx.Client, stream: str
    ) -> None:
        when = {"from": WHEN["from"], "to": WHEN["to"]}
        path = f"{stream}/significant_events/_generate"
        assert streams.post(path, params={**when, "connectorId": "none"}, json={}).status_code == 404
        made = streams.post(
            "/api/actions/connector", json={"name": "m", "connector_type_id": ".server-log"}
        ).json()
        answer = streams.post(path, params={**when, "connectorId": made["id"]}, json={})
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.text.startswith("data: ")


class TestContents:
    def test_what_is_exported_is_imported_elsewhere(self, streams: httpx.Client, stream: str) -> None:
        for key in ("one", "two"):
            assert streams.put(f"{stream}/queries/{key}", json={**ASKED, "title": key}).status_code == 200
        pack = streams.post(f"{stream}/content/export", json=EVERYTHING)
        assert pack.headers["content-type"] == "application/zip"
        assert 'filename="pack-1.0.0.zip"' in pack.headers["content-disposition"]
        assert zipfile.ZipFile(io.BytesIO(pack.content)).testzip() is None
        target = f"{stream}.copy"
        body = {"stream": {"name": target.rpartition("/")[2]}, "where": {"never": {}}}
        streams.post(f"{stream}/_fork", json=body)
        files = {"content": ("pack.zip", pack.content, "application/zip")}
        taken = streams.post(
            f"{target}/content/import", data={"include": '{"objects":{"all":{}}}'}, files=files
        )
        assert taken.status_code == 200, taken.text
        assert sorted(q["id"] for q in streams.get(f"{target}/queries").json()["queries"]) == ["one", "two"]

    def test_a_file_that_is_no_pack_is_refused(self, streams: httpx.Client, stream: str) -> None:
        files = {"content": ("x.zip", b"PK nothing", "application/zip")}
        answer = streams.post(f"{stream}/content/import", data={"include": "{}"}, files=files)
        assert answer.status_code == 400
