"""What stands in the way is said once, clearly, before the first test, and is never a finding."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pytest_kibana.embedded import Embedded, start
from pytest_kibana.errors import ExitCode
from pytest_kibana.evidence.model import HARNESS, Verdict
from tests.plugin.conftest import Ran

SUITE = ("--pyargs", "pytest_kibana.suites.contract", "-q", "--kibana-contract=core")
Run = Callable[..., Ran]


@contextmanager
def serving(status: int, headers: dict[str, str], body: bytes) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            del args

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_nothing_listens(run_pytest: Run) -> None:
    ran = run_pytest(*SUITE, "--kibana-url=http://127.0.0.1:9")
    assert ran.code == ExitCode.ENVIRONMENT
    assert "127.0.0.1:9" in ran.out
    assert "→" in ran.out


def test_credentials_are_refused(run_pytest: Run, stand_in: Embedded) -> None:
    ran = run_pytest(*SUITE, f"--kibana-url={stand_in.url}", "--kibana-api-key=bm9ib2R5Ondyb25n")
    assert ran.code == ExitCode.ENVIRONMENT
    assert "version" in ran.out
    assert "bm9ib2R5Ondyb25n" not in ran.out


def test_kibana_is_still_starting(run_pytest: Run) -> None:
    booting = start("core", "--boot-seconds 600")
    try:
        ran = run_pytest(*SUITE, f"--kibana-url={booting.url}", f"--kibana-api-key={booting.api_key}")
    finally:
        booting.close()
    assert ran.code == ExitCode.ENVIRONMENT
    assert "--kibana-wait" in ran.out


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {"content-type": "text/html"}, b"<html>Welcome to nginx!</html>"),
        (200, {"content-type": "application/json", "x-elastic-product": "Elasticsearch"}, b'{"name":"es"}'),
        (404, {"content-type": "text/plain"}, b"not found"),
    ],
)
def test_it_is_not_kibana(run_pytest: Run, status: int, headers: dict[str, str], body: bytes) -> None:
    with serving(status, headers, body) as url:
        ran = run_pytest(*SUITE, f"--kibana-url={url}")
    assert ran.code == ExitCode.ENVIRONMENT
    assert "Kibana" in ran.out


def test_no_kibana_is_named(run_pytest: Run) -> None:
    ran = run_pytest(*SUITE[:-1])
    assert ran.code == ExitCode.USAGE
    assert "--kibana-url" in ran.out


def test_a_wrong_flag_is_named(run_pytest: Run) -> None:
    ran = run_pytest(*SUITE, "--kibana-url=embedded", "--kibana-allow=everything")
    assert ran.code == ExitCode.USAGE
    assert "--kibana-allow" in ran.out
    assert "disruptive" in ran.out


def test_a_selection_that_matches_nothing_is_named(run_pytest: Run) -> None:
    ran = run_pytest(*SUITE, "--kibana-url=embedded", "--kibana-operations=spaecs")
    assert ran.code == ExitCode.USAGE
    assert "spaces" in ran.out


def test_a_contract_that_is_not_there_is_named(run_pytest: Run) -> None:
    ran = run_pytest(*SUITE[:-1], "--kibana-url=http://127.0.0.1:9", "--kibana-contract=./missing.json")
    assert ran.code in (ExitCode.USAGE, ExitCode.ENVIRONMENT)
    assert "missing.json" in ran.out or "127.0.0.1:9" in ran.out


BROKEN = """
import pytest
from pytest_kibana.conformance import runner

honest = runner.judge

def judge(look, groups):
    if look.operation.label == "GET /api/spaces/space" and "input" not in groups:
        raise LookupError(f"lost at {look.exchange.request.method} with bm90LW91ci1rZXk6YzRuNHJ5LWluLWEtYnVn")
    return honest(look, groups)

runner.judge = judge
"""


def test_a_failure_of_our_own_is_told_in_every_report_and_blames_nobody(run_pytest: Run) -> None:
    """It ends with the code of an error of ours where nothing else failed, and no report holds the key it quoted."""
    running = start("core", "--api-key bm90LW91ci1rZXk6YzRuNHJ5LWluLWEtYnVn")
    try:
        ran = run_pytest(
            *(
                *SUITE,
                "--kibana-operations=spaces",
                "--kibana-report=html,junit,markdown,metrics",
                "-p",
                "breaks",
            ),
            f"--kibana-url={running.url}",
            f"--kibana-api-key={running.api_key}",
            files={"breaks.py": BROKEN},
            env={"PYTHONPATH": ".", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "step.md"},
        )
    finally:
        running.close()
    assert ran.code == ExitCode.INTERNAL, ran.out[-3000:]
    results = ran.results
    assert results.footer is not None
    assert results.footer.exit_code == ExitCode.INTERNAL
    assert results.footer.verdict is Verdict.ERROR
    told = [t for t in results.troubles if t.kind == HARNESS]
    assert {t.operation for t in told} == {"GET /api/spaces/space"}
    assert len(told) == results.footer.counts["troubles"] == 3
    assert all("LookupError: lost at" in t.sentence for t in told)
    assert not [f for f in results.findings if f.status == "new"]
    places = {path.name: path.read_text() for path in (ran.folder / "out").iterdir()}
    places |= {"step.md": (ran.folder / "step.md").read_text(), "what was said": ran.out}
    for name, text in places.items():
        assert "bm90LW91ci1rZXk6YzRuNHJ5LWluLWEtYnVn" not in text, name
        assert name == "metrics.txt" or "lost at" in text, name
    assert "kibana_conformance_troubles 3" in places["metrics.txt"]
    assert "kibana_conformance_exit_code 3" in places["metrics.txt"]


@pytest.mark.parametrize(
    ("flag", "place"),
    [("--kibana-report-dir", "file/sub"), ("--kibana-har", "file/x.har"), ("--kibana-har", ".")],
)
def test_where_nothing_can_be_written_is_told_before_anything_runs(
    run_pytest: Run, stand_in: Embedded, flag: str, place: str
) -> None:
    urls = (f"--kibana-url={stand_in.url}", f"--kibana-api-key={stand_in.api_key}", "--kibana-contract=core")
    test = "def test_one(kibana_client):\n    print('it ran')\n"
    ran = run_pytest("-q", "-s", *urls, f"{flag}={place}", files={"test_one.py": test, "file": ""})
    assert ran.code == ExitCode.USAGE
    assert "it ran" not in ran.out
    assert f"kibana: {place} cannot be written: " in ran.out
    assert f"→ Choose another {flag}." in ran.out


def test_a_ledger_that_cannot_be_written_is_told_without_our_code(
    run_pytest: Run, stand_in: Embedded
) -> None:
    urls = (f"--kibana-url={stand_in.url}", f"--kibana-api-key={stand_in.api_key}", "--kibana-contract=core")
    test = "def test_one(kibana_space): ...\n"
    ran = run_pytest("-q", *urls, "--kibana-ledger-dir=file", files={"test_one.py": test, "file": ""})
    assert "the ledger file/" in ran.out
    assert "→ Make room, or choose another --kibana-ledger-dir." in ran.out
    assert "ledger.py" not in ran.out


def test_a_recording_that_a_full_disk_refuses_is_told(run_pytest: Run, stand_in: Embedded) -> None:
    urls = (f"--kibana-url={stand_in.url}", f"--kibana-api-key={stand_in.api_key}", "--kibana-contract=core")
    test = "def test_one(kibana_client): kibana_client.get('/api/status')\n"
    ran = run_pytest("-q", *urls, "--kibana-har=/dev/full", files={"test_one.py": test})
    assert ran.code == ExitCode.USAGE
    assert "/dev/full cannot be written: No space left on device\n  → Choose another --kibana-har." in ran.out


def test_a_named_folder_has_no_link_beside_it(run_pytest: Run, stand_in: Embedded) -> None:
    urls = (f"--kibana-url={stand_in.url}", f"--kibana-api-key={stand_in.api_key}", "--kibana-contract=core")
    test = "def test_one(kibana_client): kibana_client.get('/api/status')\n"
    ran = run_pytest("-q", *urls, files={"test_one.py": test})
    assert (ran.folder / "out" / "results.jsonl").is_file()
    assert not (ran.folder / "latest").exists()


def test_a_wrong_budget_is_told_before_anything_runs(run_pytest: Run, stand_in: Embedded) -> None:
    urls = (f"--kibana-url={stand_in.url}", f"--kibana-api-key={stand_in.api_key}", "--kibana-contract=core")
    tests = "def test_one(kibana_client): ...\ndef test_two(kibana_client): ...\n"
    ran = run_pytest("-q", *urls, "--kibana-budget=quick", files={"test_one.py": tests})
    assert ran.code == ExitCode.USAGE
    assert "kibana: --kibana-budget: 'quick' is not a budget" in ran.out
    assert "passed" not in ran.out


def test_a_case_of_another_seed_is_told(run_pytest: Run, stand_in: Embedded) -> None:
    urls = (f"--kibana-url={stand_in.url}", f"--kibana-api-key={stand_in.api_key}")
    ran = run_pytest(*SUITE, *urls, "--kibana-operations=GET /api/status", "--kibana-case=nope-1")
    assert ran.code == ExitCode.NOTHING_CHECKED
    assert [trouble.kind for trouble in ran.results.troubles] == ["no such case"]
    assert "give --kibana-seed" in ran.results.troubles[0].sentence
