"""Recorded traffic, judged offline: our own recordings as the run judged them, others by their answers."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from pytest_kibana import embedded
from pytest_kibana.cli import app
from pytest_kibana.commands.auditing import audit
from pytest_kibana.commands.recordings import read_recording
from pytest_kibana.conformance import Conclusion, conclude
from pytest_kibana.contract import load
from pytest_kibana.evidence import Results, read_results
from pytest_kibana.report.har import HarRecorder
from pytest_kibana.session import Session
from pytest_kibana.settings import Settings

SHORT_URL = {
    "accessCount": 0,
    "accessDate": 1700000000000,
    "createDate": 1700000000000,
    "id": "x",
    "locator": {"id": "L", "version": "1", "state": {}},
    "slug": "s",
}


def entry(method: str, path: str, status: int, body: object, **more: Any) -> dict[str, Any]:
    """An entry as a browser writes it."""
    text = body if isinstance(body, str) else json.dumps(body)
    media = more.get("media", "application/json; charset=utf-8")
    headers = {"content-type": media, "kbn-name": "k", "kbn-license-sig": "s"}
    if more.get("stranger"):
        del headers["kbn-name"]
    return {
        "startedDateTime": "2026-01-02T03:04:05.678Z",
        "time": 12.5,
        "request": {
            "method": method,
            "url": f"https://kibana.example{path}",
            "httpVersion": "h2",
            "headers": [{"name": "kbn-xsrf", "value": "x"}],
            "queryString": [],
            "cookies": [],
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "h2",
            "headers": [{"name": k, "value": v} for k, v in headers.items()],
            "content": {"size": len(text), "mimeType": media, "text": text},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
            "cookies": [],
        },
        "cache": {},
        "timings": {},
    }


def har(path: Path, *entries: dict[str, Any]) -> Path:
    log = {"version": "1.2", "creator": {"name": "a browser", "version": "1"}, "entries": list(entries)}
    path.write_text(json.dumps({"log": log}))
    return path


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, ["audit", *(str(a) for a in arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def judged(folder: Path, *recordings: Path, **options: str) -> Results:
    more = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
    run(*recordings, "--contract", "core", "-o", folder, *more)
    return read_results(folder)


FAULTS = "--fault 'response.wrapped@GET /api/short_url/{id}' --fault 'response.null@GET /api/cases/tags'"

STATUS = {
    "version": {"number": "9.1.4", "build_flavor": "traditional"},
    "status": {"overall": {"level": "available"}},
}


def test_browser_recording_is_judged_by_its_answers(tmp_path: Path) -> None:
    recording = har(
        tmp_path / "b.har",
        entry("GET", "/api/status", 200, STATUS),
        entry("GET", "/s/sales/api/short_url/abc", 200, {**SHORT_URL, "id": 7}),
        entry("GET", "/bundles/core.js", 200, "x", media="text/javascript"),
        entry("GET", "/bundles/core.js", 200, "x", media="text/javascript"),
    )
    results = judged(tmp_path / "out", recording)
    broken = [
        f for f in results.findings if f.code == "KBN-R103" and f.operation == "GET /api/short_url/{id}"
    ]
    assert [(f.pointer, f.keyword) for f in broken] == [("/id", "type")]
    assert results.header.target["version"] == "9.1.4"  # the recording says so itself
    unknown = [t for t in results.troubles if t.kind == "unknown path"]
    assert [(t.sentence, t.count) for t in unknown] == [("GET /bundles/core.js", 2)]
    missing = [s for s in results.skips if s.kind == "not recorded"]
    assert len(missing) == sum(c.eligible for c in results.coverage) - 2
    assert results.footer is not None
    assert results.footer.exit_code == 1


def test_success_of_a_recording_counts(tmp_path: Path) -> None:
    results = judged(tmp_path / "out", har(tmp_path / "b.har", entry("GET", "/api/short_url/a", 404, {})))
    assert sum(c.succeeded for c in results.coverage) == 0
    results = judged(
        tmp_path / "ok", har(tmp_path / "b.har", entry("DELETE", "/api/short_url/a", 200, "null"))
    )
    assert sum(c.tested for c in results.coverage) == 1


def test_version_and_base_path_are_taken(tmp_path: Path) -> None:
    recording = har(tmp_path / "b.har", entry("GET", "/kibana/api/status", 200, {}))
    results = judged(tmp_path / "out", recording, base_path="/kibana", target_version="8.19.0")
    assert {v.operation for v in results.verdicts} == {"GET /api/status"}
    assert results.header.target["version"] == "8.19.0"


def test_outage_in_a_recording_is_no_finding(tmp_path: Path) -> None:
    recording = har(
        tmp_path / "b.har",
        entry("GET", "/api/status", 0, ""),
        entry("GET", "/api/spaces/space", 502, "<html>bad gateway", media="text/html", stranger=True),
    )
    results = judged(tmp_path / "out", recording)
    assert not results.verdicts
    assert {t.kind for t in results.troubles} >= {"broken"}


def test_what_was_said_to_others_is_not_kibanas(tmp_path: Path) -> None:
    elsewhere = entry("GET", "/api/spaces/space", 200, "[7]", stranger=True)
    elsewhere["request"]["url"] = "https://cdn.example/api/spaces/space"
    socket = entry("GET", "/socket", 101, "")
    socket["request"]["url"] = "wss://kibana.example/socket"
    recording = har(tmp_path / "b.har", entry("GET", "/api/status", 200, STATUS), elsewhere, socket)
    results = judged(tmp_path / "out", recording)
    assert {v.operation for v in results.verdicts} == {"GET /api/status"}
    others = {t.sentence for t in results.troubles if t.kind == "not Kibana's"}
    assert others == {"https://cdn.example", "wss://kibana.example"}
    assert results.header.target["url"] == "https://kibana.example"


def test_base_path_is_found_where_nobody_said_it(tmp_path: Path) -> None:
    recording = har(
        tmp_path / "b.har",
        entry("GET", "/kibana/s/sales/api/short_url/a", 200, SHORT_URL),
        entry("GET", "/kibana/app/home", 200, "x", media="text/html"),
    )
    results = judged(tmp_path / "out", recording)
    assert {v.operation for v in results.verdicts} == {"GET /api/short_url/{id}"}


def test_a_body_that_the_recorder_left_out_is_not_missing(tmp_path: Path) -> None:
    one = entry("GET", "/api/short_url/a", 200, SHORT_URL)
    del one["response"]["content"]["text"]
    results = judged(tmp_path / "out", har(tmp_path / "b.har", one))
    assert not results.verdicts
    assert [t.sentence for t in results.troubles] == ["the recording does not hold the body of an answer"]


def test_entries_without_times_are_read(tmp_path: Path) -> None:
    one = entry("GET", "/api/status", 200, STATUS)
    del one["time"], one["timings"], one["cache"]
    assert judged(tmp_path / "out", har(tmp_path / "b.har", one)).verdicts


@pytest.mark.parametrize(
    ("name", "head", "said"),
    [
        ("x.har.gz", b"\x1f\x8b\x08", "is compressed"),
        (
            "x.json",
            b'{"info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/"}}',
            "Postman",
        ),
        ("x.json", b'{"_type": "export", "__export_source": "insomnia.desktop.app:v1"}', "Insomnia"),
        ("x.json", b'{"openapi": "3.0.3"}', "is a contract"),
        ("x.yaml", b"openapi: 3.0.3\n", "is a contract"),
        ("x.pcap", b"\xd4\xc3\xb2\xa1", "holds packets"),
        ("x.flows", b"123:7:version;2:20#", "hardump"),
        ("x.yml", b"---\nhttp_interactions:\n", "Ruby"),
        ("results.jsonl", b'{"type":"header","schema":1}', "pytest-kibana report"),
    ],
)
def test_what_people_take_for_a_recording_is_named(tmp_path: Path, name: str, head: bytes, said: str) -> None:
    from pytest_kibana.errors import UsageError

    (tmp_path / name).write_bytes(head)
    with pytest.raises(UsageError, match=said):
        read_recording(tmp_path / name, load("core"))


def test_many_unknown_paths_are_folded(tmp_path: Path) -> None:
    entries = [entry("GET", f"/bundles/{n}.js", 200, "x") for n in range(30)]
    recording = har(tmp_path / "b.har", entry("GET", "/api/status", 200, STATUS), *entries)
    told = run(recording, "--contract", "core").output
    assert told.count("unknown path: GET") == 6
    assert "unknown path: and 24 more (-v lists them)" in told


def test_nothing_of_the_contract_is_not_green(tmp_path: Path) -> None:
    assert run(har(tmp_path / "b.har", entry("GET", "/login", 200, "x")), "--contract", "core").exit_code == 5


def test_cassettes_are_read(tmp_path: Path) -> None:
    interaction = {
        "request": {"method": "GET", "uri": "http://k/api/short_url/abc", "headers": {}, "body": None},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"]},
            "body": {"string": json.dumps({**SHORT_URL, "slug": 7})},
        },
    }
    cassette = tmp_path / "tape.yaml"
    cassette.write_text(yaml.safe_dump({"version": 1, "interactions": [interaction]}))
    results = judged(tmp_path / "out", cassette)
    assert "/slug" in {f.pointer for f in results.findings if f.code == "KBN-R103"}


def test_reports_are_made_too(tmp_path: Path) -> None:
    recording = har(tmp_path / "b.har", entry("GET", "/api/status", 200, STATUS))
    run(recording, "--contract", "core", "-o", tmp_path / "out", "--html", "--junit")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"results.jsonl", "report.html", "junit.xml"}


def test_what_is_no_recording_is_told(tmp_path: Path) -> None:
    from pytest_kibana.errors import UsageError

    (tmp_path / "x.txt").write_text("hello")
    with pytest.raises(UsageError, match="neither HAR nor a cassette"):
        run(tmp_path / "x.txt")
    with pytest.raises(UsageError, match="cannot be read"):
        run(tmp_path / "none.har")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Conclusion, str]:
    """A run against a stand-in that misbehaves, recorded; its conclusion, and its target's version."""
    path = tmp_path_factory.mktemp("live") / "run.har"
    running = embedded.start("core", FAULTS)
    flags = {
        "url": running.url,
        "api_key": running.api_key,
        "contract": "core",
        "seed": "5",
        "budget": "smoke",
    }
    session = Session(Settings.resolve(flag=flags.get, environment={}))
    recorder = HarRecorder(path)
    session.listeners.append(recorder.hear)
    try:
        outcomes = list(session.runner.run())
        concluded = conclude(session.plan, outcomes, deviations=session.deviations)
        version, made_for = session.target.version, session.contract.sha256
    finally:
        session.close()
        running.close()
    assert recorder.write(contract=made_for) > 300
    return path, concluded, version


def test_audit_of_our_recording_equals_the_run(live: tuple[Path, Conclusion, str]) -> None:
    path, concluded, version = live
    contract = load("core")
    audited = audit({path: read_recording(path, contract)}, contract, source="core", target_version=version)
    mine = {f.identity: f for f in audited.conclusion.findings if f.exchange}
    theirs = {f.identity: f for f in concluded.findings if f.exchange}
    assert {f.code for f in theirs.values()}, "the stand-in was told to misbehave"
    assert set(theirs) <= set(mine)
    # What factories said is recorded as well, and judged: it may show more, never less.
    extra = {name: mine[name] for name in set(mine) - set(theirs)}
    assert all(f.case is None for f in extra.values())


def test_under_another_contract_nothing_is_claimed_of_requests(
    live: tuple[Path, Conclusion, str], published: Callable[[str], Path]
) -> None:
    """What one contract forbids another may allow: only answers are judged, and no request is called invalid."""
    path, _, version = live
    contract = load(published("9.1"))
    audited = audit({path: read_recording(path, contract)}, contract, source="9.1", target_version=version)
    assert audited.conclusion.requests > 100
    assert {v.item.rsplit("-", 1)[-1] for v in audited.conclusion.verdicts} == {"recorded"}
    assert {f.code[:5] for f in audited.conclusion.findings} <= {"KBN-R", "KBN-C"}


def test_recording_holds_no_secret(live: tuple[Path, Conclusion, str]) -> None:
    text = live[0].read_text()
    assert "ApiKey" not in text.replace("Authorization: ApiKey $KIBANA_API_KEY", "")


def test_thousand_exchanges_take_no_time(live: tuple[Path, Conclusion, str]) -> None:
    contract = load("core")
    exchanges = read_recording(live[0], contract)
    thousand = [replace(e, id=str(n)) for n in range(4) for e in exchanges][:1000]
    begun = time.perf_counter()
    audit({live[0]: thousand}, contract, source="core", target_version="9.4.3")
    took = time.perf_counter() - begun
    print(f"\naudit of {len(thousand)} exchanges: {took:.2f} s")
    assert took < 10
