"""The commands about results, through the public face."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result
from tests.unit.report.synthetic import document, finding, header

from pytest_kibana import embedded
from pytest_kibana.cli import app
from pytest_kibana.errors import EnvironmentTrouble, ResultsError, UsageError
from pytest_kibana.evidence import read_deviations, read_results
from pytest_kibana.report.dashboard import ndjson
from pytest_kibana.report.documents import MAPPINGS, documents


def run(*arguments: object) -> Result:
    """Run a command as the shell would; errors of ours are raised."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return document(tmp_path / "results.jsonl", operations=40).path


# -- report


def test_report_shows_the_summary_and_writes_what_was_asked_for(results: Path, tmp_path: Path) -> None:
    done = run("report", results, "--html", "--junit", "--markdown", "--metrics", "-o", tmp_path / "out")
    assert done.exit_code == 0
    assert "6 new findings" in done.output
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["junit.xml", "metrics.txt", "report.html", "summary.md"]
    assert all(name in done.output for name in names)


def test_report_reads_a_folder_and_writes_beside_the_results(results: Path) -> None:
    assert run("report", results.parent, "--html").exit_code == 0
    assert (results.parent / "report.html").is_file()
    with pytest.raises(ResultsError, match="exists"):
        run("report", results.parent, "--html")
    assert run("report", results.parent, "--html", "--overwrite").exit_code == 0


def test_report_compares(results: Path, tmp_path: Path) -> None:
    old = document(tmp_path / "old" / "results.jsonl", operations=40, findings=[]).path
    done = run("report", results, "--html", "--compare", old.parent, "-q")
    assert "new findings (15)" in done.output
    assert 'id="comparison"' in (results.parent / "report.html").read_text()


@pytest.mark.parametrize("text", ["", "not json\n", '{"type":"verdict"}\n'])
def test_damaged_results_are_told_with_a_hint(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.jsonl").write_text(text)
    done = subprocess.run(
        [str(Path(sys.executable).parent / "pytest-kibana"), "report", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4
    assert "pytest-kibana: " in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_colours_where_nobody_looks(results: Path) -> None:
    assert "\x1b[" not in run("report", results).output


# -- verify, compare, merge, accept


def test_verify_closes_the_gate_for_findings_and_for_an_incomplete_run(tmp_path: Path) -> None:
    failing = document(tmp_path / "failing" / "results.jsonl", operations=40).path
    cut = document(tmp_path / "cut" / "results.jsonl", operations=3, findings=[], finished=False).path
    assert run("verify", failing, "--profile", "smoke").exit_code == 1
    assert run("verify", cut, "--profile", "smoke").exit_code == 7
    said = json.loads(run("verify", failing, "--profile", "standard", "--json").output)
    assert said["certified"] is False
    with pytest.raises(UsageError, match="profile"):
        run("verify", failing, "--profile", "nonsense")


def test_compare_says_what_got_worse(results: Path, tmp_path: Path) -> None:
    old = document(tmp_path / "old" / "results.jsonl", operations=40, findings=[]).path
    worse = run("compare", old, results, "--html", tmp_path / "c.html")
    assert worse.exit_code == 1
    assert "worse" in worse.output
    assert (tmp_path / "c.html").is_file()
    assert run("compare", results, results).exit_code == 0
    assert json.loads(run("compare", results, old, "--json").output)["worse"] is False


def test_merge_unites_shards(tmp_path: Path) -> None:
    one = document(tmp_path / "1" / "results.jsonl", operations=3)
    two = document(tmp_path / "2" / "results.jsonl", operations=12)
    done = run("merge", one.path, two.path, "-o", tmp_path / "all")
    assert done.exit_code == 0
    merged = read_results(tmp_path / "all")
    assert {v.operation for v in merged.verdicts} == {v.operation for v in two.verdicts}
    other = document(
        tmp_path / "3" / "results.jsonl", head=header(contract={"source": "x", "sha256": "b" * 64})
    )
    with pytest.raises(ResultsError, match="different"):
        run("merge", one.path, other.path, "-o", tmp_path / "x")


def test_accept_writes_entries_that_ask_for_a_reason(results: Path, tmp_path: Path) -> None:
    printed = run("accept", results).output
    assert printed.count("[[deviation]]") == 6  # only what is new
    file = tmp_path / "mine.toml"
    assert "6 entries added" in run("accept", results, "-o", file).output
    assert "0 entries added" in run("accept", results, "-o", file).output
    assert file.read_text().count("[[deviation]]") == 6
    with pytest.raises(UsageError):
        read_deviations(file.read_text(), "mine.toml")  # no reasons yet
    filled = file.read_text().replace('reason = ""', 'reason = "agreed"')
    assert len(read_deviations(filled, "mine.toml")) == 6


def test_accept_narrows(results: Path) -> None:
    one = run("accept", results, "--operation", "GET /api/family7/thing7/{id}").output
    assert one.count("[[deviation]]") == 1
    nothing = run("accept", results, "--code", "KBN-R105")
    assert nothing.stdout == ""
    assert nothing.stderr == "no new finding: there is nothing to accept\n"


# -- ship


class Store(ThreadingHTTPServer):
    """An Elasticsearch and a Kibana, as far as shipping needs them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.documents: dict[str, Any] = {}
        self.errors = False
        self.imported = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Store

    def do_PUT(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self.path)
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        path = url.path
        if path == "/api/console/proxy":
            path = parse_qs(url.query)["path"][0]
        if path == "/_bulk":
            self._answer(200, self._bulk(body))
        elif path.endswith("/_import"):
            self.server.imported = body
            self._answer(200, {"success": True, "successCount": body.count(b'"coreMigrationVersion"')})
        else:
            self._answer(200, {"acknowledged": True})

    def _bulk(self, body: bytes) -> dict[str, Any]:
        lines = [json.loads(line) for line in body.splitlines()]
        for action, document_ in zip(lines[::2], lines[1::2], strict=True):
            self.server.documents[action["index"]["_id"]] = document_
        return {"errors": self.server.errors, "items": lines[::2]}

    def _answer(self, status: int, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def store() -> Iterator[Store]:
    server = Store()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_ship_sends_documents_once(results: Path, store: Store) -> None:
    done = run("ship", results, "--elasticsearch", store.url, "--api-key", "abc:def")
    assert done.exit_code == 0
    expected = dict(documents(read_results(results)))
    assert set(store.documents) == set(expected)
    assert len(expected) == 1 + 9 + 15
    kinds = [d["kind"] for d in store.documents.values()]
    assert [kinds.count(k) for k in ("run", "family", "finding")] == [1, 9, 15]
    run("ship", results, "--elasticsearch", store.url, "--api-key", "abc:def")
    assert set(store.documents) == set(expected)  # the same again changes nothing
    assert store.asked[0][:2] == ("PUT", "/kibana-conformance")
    assert json.loads(store.asked[0][3])["mappings"] == MAPPINGS
    assert any(k.lower() == "authorization" for k in store.asked[0][2])


def test_ship_through_kibana_brings_the_dashboard(results: Path, store: Store) -> None:
    done = run("ship", results, "--kibana", store.url, "--space", "marketing")
    assert done.exit_code == 0
    assert "25 documents" in done.output
    assert "6 saved objects" in done.output
    assert any(
        "/s/marketing/api/saved_objects/_import?overwrite=true" in path for _, path, _, _ in store.asked
    )
    assert all({k.lower() for k in headers} >= {"kbn-xsrf"} for _, _, headers, _ in store.asked)
    assert b'"Kibana conformance"' in store.imported


def test_ship_tells_what_was_refused(results: Path, store: Store) -> None:
    store.errors = True
    with pytest.raises(EnvironmentTrouble, match="could not be shipped"):
        run("ship", results, "--elasticsearch", store.url)


def test_ship_needs_a_place(results: Path) -> None:
    with pytest.raises(UsageError, match="place"):
        run("ship", results)


def test_dashboard_refers_only_to_what_it_brings(tmp_path: Path) -> None:
    run("ship", "--dashboard", tmp_path / "d.ndjson")
    objects = [json.loads(line) for line in (tmp_path / "d.ndjson").read_text().splitlines()]
    assert (tmp_path / "d.ndjson").read_text() == ndjson()
    there = {(o["type"], o["id"]) for o in objects}
    assert all((r["type"], r["id"]) in there for o in objects for r in o["references"])
    fields = {c["sourceField"] for o in objects for c in columns(o)} - {"___records___", "@timestamp"}
    assert all(mapped(field) for field in fields), fields
    for one in objects:
        for made in layers(one):
            assert set(made["columnOrder"]) == set(made["columns"])
    (dashboard,) = [o for o in objects if o["type"] == "dashboard"]
    panels = json.loads(dashboard["attributes"]["panelsJSON"])
    named = {r["name"] for r in dashboard["references"]}
    assert {f"{p['panelIndex']}:{p['panelRefName']}" for p in panels} == named


def layers(one: dict[str, Any]) -> list[dict[str, Any]]:
    if one["type"] != "lens":
        return []
    return list(one["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values())


def columns(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [column for layer in layers(one) for column in layer["columns"].values()]


def mapped(field: str) -> bool:
    place: Any = MAPPINGS
    for part in field.split("."):
        place = place.get("properties", {}).get(part)
        if place is None:
            return False
    return "type" in place


def test_every_document_has_only_mapped_members(tmp_path: Path) -> None:
    """What is not mapped can be neither searched nor counted; only lists of words and numbers are sent."""
    found = [finding("GET /api/family0/x", component="Thing", deviation="D-1", status="known")]
    for _, one in documents(document(tmp_path / "r.jsonl", findings=found)):
        for field in flat(one):
            assert mapped(field), field


def flat(value: dict[str, Any], before: str = "") -> Iterator[str]:
    for key, member in value.items():
        if isinstance(member, dict):
            yield from flat(member, f"{before}{key}.")
        else:
            yield before + key


# -- the list of commands


def test_every_command_explains_itself() -> None:
    listed = run("--help").output
    for name in ("report", "verify", "merge", "compare", "accept", "audit", "ship"):
        assert f"  {name} " in listed
        assert run(name, "--help").exit_code == 0


def test_dashboard_is_imported_by_what_speaks_kibanas_contract(results: Path) -> None:
    """Documents go to a store of our own, the dashboard to a stand-in that imports saved objects."""
    running = embedded.start("core")
    store_ = Store()
    thread = threading.Thread(target=store_.serve_forever, daemon=True)
    thread.start()
    try:
        done = run(
            *("ship", results, "--elasticsearch", store_.url, "--elasticsearch-api-key", "a:b"),
            *("--kibana", running.url, "--api-key", running.api_key),
        )
    finally:
        running.close()
        store_.shutdown()
        store_.server_close()
        thread.join()
    assert done.exit_code == 0
    assert "6 saved objects" in done.output
