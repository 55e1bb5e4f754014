"""No output of a run holds a secret of the run, whatever was asked for."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_kibana import embedded
from pytest_kibana.cli import app
from pytest_kibana.report.har import HarRecorder
from pytest_kibana.session import Session
from pytest_kibana.settings import Settings

CANARIES = {
    "KIBANA_PASSWORD": "canary-password-4711",
    "KIBANA_VIEWER_PASSWORD": "canary-viewer-4712",
    "KIBANA_BEARER_TOKEN": "canary-bearer-4713",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[bytes, ...]]:
    """Everything that a run and the commands after it wrote or said, and the secrets that they knew."""
    out = tmp_path_factory.mktemp("secrets")
    running = embedded.start("core", "--fault 'response.wrapped@GET /api/short_url/{id}'")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_", "GITHUB_"))}
    environment = {
        **clean,
        **CANARIES,
        "KIBANA_URL": running.url,
        "KIBANA_API_KEY": running.api_key,
        "KIBANA_VIEWER_API_KEY": running.viewer_api_key or "",
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(out / "step.md"),
    }
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v"),
                *("--pyargs", "pytest_kibana.suites.contract", "--kibana-contract", "core"),
                *("--kibana-budget", "smoke", "--kibana-report-dir", str(out / "run")),
                *("--kibana-report", "html,junit,markdown,metrics", "--junitxml", str(out / "pytest.xml")),
                *("--kibana-har", str(out / "flag.har"), "--alluredir", str(out / "allure")),
            ],
            cwd=out,
            env=environment,
            capture_output=True,
            timeout=300,
            check=False,
        )
        (out / "terminal.txt").write_bytes(done.stdout + done.stderr)
        assert done.returncode == 1, done.stdout.decode()[-2000:]
        record(running, out / "own.har")
    finally:
        running.close()
    for command in ("report", "verify", "accept"):
        said = CliRunner().invoke(app, [command, str(out / "run")]).output
        (out / f"{command}.txt").write_text(said)
    return out, secrets(running)


def record(running: embedded.Embedded, path: Path) -> None:
    flags = {"url": running.url, "api_key": running.api_key, "contract": "core", "budget": "smoke"}
    flags["operations"] = "short url"
    session = Session(Settings.resolve(flag=flags.get, environment={}))
    recorder = HarRecorder(path)
    session.listeners.append(recorder.hear)
    try:
        list(session.runner.run())
    finally:
        session.close()
    assert recorder.write() > 0


def secrets(running: embedded.Embedded) -> tuple[bytes, ...]:
    """The secrets, as they are written, decoded, and as they travel."""
    found = list(CANARIES.values())
    for key in (running.api_key, running.viewer_api_key):
        if key:
            found.append(key)
            found.append(base64.b64decode(key).decode().partition(":")[2])
    return tuple(text.encode() for text in found if text)


def test_no_secret_in_any_output(folder: tuple[Path, tuple[bytes, ...]]) -> None:
    out, known = folder
    assert len(known) >= 5
    written = [file for file in out.rglob("*") if file.is_file()]
    names = {file.name for file in written}
    assert names >= {"results.jsonl", "report.html", "junit.xml", "summary.md", "metrics.txt", "own.har"}
    leaks = [(file.name, secret) for file in written for secret in known if secret in file.read_bytes()]
    assert leaks == []


def test_curl_lines_name_the_credential(folder: tuple[Path, tuple[bytes, ...]]) -> None:
    out, _ = folder
    assert "$KIBANA_API_KEY" in (out / "terminal.txt").read_text()
    assert "$KIBANA_API_KEY" in (out / "run" / "report.html").read_text()


def test_recorder_names_its_worker(tmp_path: Path) -> None:
    assert HarRecorder(tmp_path / "run.har", worker="gw0").path == tmp_path / "run.gw0.har"
    recorder = HarRecorder(tmp_path / "deep" / "run.har")
    assert recorder.write() == 0
    assert recorder.path.is_file()
