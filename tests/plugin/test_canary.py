"""Known secrets are put everywhere, runs fail in every way, and everything that was said or written is searched."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_kibana import embedded
from pytest_kibana.contract import load
from tests.plugin.conftest import Ran

KEY = base64.b64encode(b"canary-key-id:c4n4ry-Api-Key-Secret").decode()
CONNECTOR = "c4n4ry-Connector-Token"
WRONG = base64.b64encode(b"canary-wrong:c4n4ry-Wrong-Secret").decode()
LOUD = (
    "-vv",
    "-l",
    "--tb=long",
    "-rA",
    "--junitxml=junit.xml",
    "--alluredir=allure-results",
    "--kibana-har=run.har",
)
"""Everything that makes pytest talk."""

FAILING = """
import pytest

BODY = {{"name": "n", "connector_type_id": ".slack", "secrets": {{"webhookUrl": "https://127.0.0.1/{token}"}}}}

def test_its_own_assertion(kibana_client, kibana_session):
    settings = kibana_session.settings
    credentials = kibana_client.credentials
    response = kibana_client.get("/api/status")
    assert response.status_code == 500, response.request.headers

def test_a_broken_answer(kibana_client):
    kibana_client.call("GET /api/spaces/space")

def test_a_refusal_deep_in_the_library(kibana_client):
    kibana_client.post("/api/fleet/setup")

def test_a_resource_that_cannot_be_made(kibana_resources):
    kibana_resources.connector(**BODY, nonsense=True)

def test_printing(kibana_session, kibana_client):
    for name in ("api_key", "password", "bearer_token", "viewer_api_key", "viewer_password"):
        print(name, getattr(kibana_session.settings, name))
    print(kibana_client.credentials, repr(kibana_client), repr(kibana_session.settings))
    print(vars(kibana_client.credentials))
    raise RuntimeError(repr(vars(kibana_client.credentials)))

@pytest.fixture
def broken(kibana_session):
    secret = kibana_session.settings.api_key or kibana_session.settings.password
    yield
    assert kibana_session is None

def test_a_teardown(broken):
    pass

def test_parameters(kibana_client):
    kibana_client.get("/api/saved_objects/_find", query={{"type": "tag", "search": "x"}},
                      headers={{"authorization": "ApiKey {wrong}", "cookie": "sid={token}"}})
    kibana_client.get("/api/nothing?token={token}")
    raise AssertionError
"""

INTERNAL = """
import pytest
seen = []

@pytest.fixture(autouse=True)
def keep(kibana_client):
    seen.append(kibana_client)

def pytest_runtest_logfinish(nodeid):
    settings = seen[0]
    seen[0].post("/api/fleet/setup")
"""


@dataclass(frozen=True)
class Canary:
    """A stand-in whose secrets are known, and all of them."""

    server: embedded.Embedded
    said: dict[str, Any]
    state: Path

    def secrets(self) -> list[str]:
        """Return every secret that must be nowhere, in the forms in which they travel."""
        known = [
            KEY,
            "c4n4ry-Api-Key-Secret",
            WRONG,
            "c4n4ry-Wrong-Secret",
            CONNECTOR,
            str(self.said["bearer"]),
        ]
        for key in (str(self.server.viewer_api_key),):
            known += [key, base64.b64decode(key).decode().partition(":")[2]]
        known += [base64.b64encode(b"elastic:changeme").decode(), '"changeme"', "'changeme'", " changeme"]
        return known

    def sessions(self) -> list[str]:
        """Return the cookies that were given out; ends the server."""
        self.server.close()
        rows = json.loads(self.state.read_text())["records"]
        kinds = {row["place"][0] for row in rows}
        assert "security_user" in kinds
        return [row["record"]["id"] for row in rows if {"token", "session"} & {*row["place"][0].split("_")}]


@pytest.fixture
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    state = tmp_path_factory.mktemp("canary") / "state.json"
    faults = "--fault 'response.wrong_type@GET /api/spaces/space'"
    running = embedded.start("core", f"--api-key {KEY} --data {state} {faults}")
    said = json.loads((running.folder / "ready.json").read_text())
    yield Canary(running, said, state)
    running.close()


def _leaks(ran: Ran, secrets: list[str]) -> dict[str, list[str]]:
    """Return where each secret stands: in what was said, and in every file that the run wrote."""
    places = {"output": ran.out}
    for path in ran.folder.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            places[str(path.relative_to(ran.folder))] = path.read_bytes().decode("utf-8", "replace")
    found: dict[str, list[str]] = {}
    for name, text in places.items():
        for secret in secrets:
            if secret in text:
                at = text.index(secret)
                found.setdefault(name, []).append(text[max(0, at - 120) : at + len(secret) + 20])
    return found


WAYS = {
    "api key": lambda said: {"KIBANA_API_KEY": KEY},
    "password": lambda said: {"KIBANA_USERNAME": "elastic", "KIBANA_PASSWORD": "changeme"},
    "login": lambda said: {
        "KIBANA_USERNAME": "elastic",
        "KIBANA_PASSWORD": "changeme",
        "KIBANA_LOGIN": "basic/basic",
    },
    "bearer": lambda said: {"KIBANA_BEARER_TOKEN": said["bearer"]},
}


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_in_anything_that_failing_tests_leave(
    run_pytest: Callable[..., Ran], canary: Canary, way: str
) -> None:
    ran = run_pytest(
        *(*LOUD, f"--kibana-url={canary.server.url}", "--kibana-contract=core"),
        files={"test_ours.py": FAILING.format(token=CONNECTOR, wrong=WRONG)},
        env={
            **WAYS[way](canary.said),
            "KIBANA_VIEWER_API_KEY": str(canary.server.viewer_api_key),
            "KIBANA_LEDGER_DIR": str(canary.state.parent / "ledgers"),
        },
    )
    assert ran.code == 1, ran.out[-3000:]
    assert "KBN-R103" in ran.out
    assert (ran.folder / "junit.xml").is_file()
    assert list((ran.folder / "allure-results").iterdir())
    assert (ran.folder / "out" / "results.jsonl").is_file()
    written = [s for s in canary.secrets() if s not in (CONNECTOR, WRONG)]
    # Two of them stand in the test's own source, which a traceback quotes; what the library says of them does not.
    assert _leaks(ran, written) == {}
    sessions = canary.sessions()
    assert bool(sessions) or way != "login"
    assert _leaks(ran, sessions) == {}
    for name in ("out/results.jsonl", "out/report.html", "run.har"):
        if (ran.folder / name).is_file():
            text = (ran.folder / name).read_text()
            assert CONNECTOR not in text, name
            assert WRONG not in text, name


@pytest.mark.parametrize("style", [(), ("--fulltrace",)])
def test_no_secret_is_in_an_internal_error(
    run_pytest: Callable[..., Ran], canary: Canary, style: tuple[str, ...]
) -> None:
    ran = run_pytest(
        *("-l", "-vv", *style, f"--kibana-url={canary.server.url}", "--kibana-contract=core"),
        files={"test_ours.py": "def test_ours(): pass\n", "conftest.py": INTERNAL},
        env={"KIBANA_API_KEY": KEY},
    )
    assert "INTERNALERROR" in ran.out, ran.out[-3000:]
    assert _leaks(ran, canary.secrets()) == {}


def test_no_secret_is_in_what_refused_credentials_leave(
    run_pytest: Callable[..., Ran], canary: Canary
) -> None:
    for credentials in (
        {"KIBANA_API_KEY": WRONG},
        {"KIBANA_USERNAME": "elastic", "KIBANA_PASSWORD": CONNECTOR},
    ):
        ran = run_pytest(
            *(*LOUD, "--fulltrace", f"--kibana-url={canary.server.url}", "--kibana-contract=core"),
            files={"test_ours.py": "def test_ours(kibana): pass\n"},
            env=credentials,
        )
        assert ran.code == 6, ran.out
        assert _leaks(ran, canary.secrets()) == {}
    in_url = canary.server.url.replace("//", f"//elastic:{CONNECTOR}@")
    ran = run_pytest(
        *(*LOUD, f"--kibana-url={in_url}"), files={"test_ours.py": "def test_ours(kibana): assert 0\n"}
    )
    assert _leaks(ran, canary.secrets()) == {}


def test_no_secret_is_in_what_the_suites_and_doctor_leave(
    run_pytest: Callable[..., Ran], canary: Canary
) -> None:
    environment = {"KIBANA_API_KEY": KEY, "KIBANA_VIEWER_API_KEY": str(canary.server.viewer_api_key)}
    ran = run_pytest(
        *("--pyargs", "pytest_kibana.suites.contract", *LOUD, f"--kibana-url={canary.server.url}"),
        *(
            "--kibana-contract=core",
            "--kibana-operations=spaces,connectors",
            "--kibana-report=html,junit,markdown",
        ),
        "--kibana-allow=global",
        env=environment,
    )
    assert ran.code == 1, ran.out[-3000:]
    assert _leaks(ran, canary.secrets()) == {}
    clean = {k: v for k, v in os.environ.items() if not k.startswith("KIBANA_")}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pytest_kibana.cli import main; main()",
            "doctor",
            f"--url={canary.server.url}",
        ],
        env={**clean, **environment, "KIBANA_CONTRACT": "core", "KIBANA_BEARER_TOKEN": CONNECTOR},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not [s for s in canary.secrets() if s in done.stdout + done.stderr]


REQUIREMENTS = """
import pytest

def tag(name, **more):
    return pytest.mark.kibana_requirement(f"KBN-REQ-LOUD-{name}", source="a test", **more)

def said(session, client):
    return f"{session.settings.api_key} {client.credentials.secrets()} ApiKey {session.settings.api_key}"

@tag("001")
def test_broken(kibana_session, kibana_client):
    kibana_client.get("/api/status")
    assert kibana_client.get("/api/features").status_code == 418, said(kibana_session, kibana_client)

@tag("002", level="SHOULD")
def test_wished(kibana_session, kibana_client):
    assert not said(kibana_session, kibana_client)

@tag("003")
def test_expected(kibana_session, kibana_client):
    pytest.xfail(said(kibana_session, kibana_client))

@tag("004")
def test_skipped(kibana_session, kibana_client):
    pytest.skip(said(kibana_session, kibana_client))

@pytest.fixture
def broken(kibana_session, kibana_client):
    raise RuntimeError(said(kibana_session, kibana_client))

@tag("005")
def test_error(broken):
    pass

@pytest.fixture
def littering(kibana_session, kibana_client):
    yield
    raise RuntimeError(said(kibana_session, kibana_client))

def test_teardown(littering):
    pass
"""
RULES = """
from pytest_kibana.suites.conftest import pytest_runtest_call, pytest_runtest_setup
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_no_secret_is_in_what_requirements_say(
    run_pytest: Callable[..., Ran], canary: Canary, workers: tuple[str, ...]
) -> None:
    """Why one failed, was tolerated, expected or not run, and whom it called, in results and reports alike."""
    ran = run_pytest(
        *(*LOUD, *workers, f"--kibana-url={canary.server.url}", "--kibana-contract=core"),
        "--kibana-report=html,junit,markdown,metrics",
        files={"conftest.py": RULES, "test_them.py": REQUIREMENTS},
        env={"KIBANA_API_KEY": KEY, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "step.md"},
    )
    assert ran.code == 1, ran.out[-3000:]
    said = {record.requirement[-3:]: record for record in ran.results.requirements}
    verdicts = {name: record.verdict.value for name, record in said.items()}
    assert verdicts == {
        "001": "failed",
        "002": "tolerated",
        "003": "tolerated",
        "004": "not run",
        "005": "error",
    }
    assert said["001"].calls["GET /api/status"] == {"200": 1}
    assert all(said[name].reason for name in ("001", "002", "003", "004", "005"))
    for secret in canary.secrets():
        for path in (ran.folder / "out").iterdir():
            assert secret not in path.read_text(), path.name
    assert "KBN-REQ-LOUD-001" in (ran.folder / "step.md").read_text().replace("\\", "")
    assert _leaks(ran, canary.secrets()) == {}


def _said(canary: Canary, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands with the key in the environment, in a folder."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("KIBANA_")}
    return subprocess.run(
        [sys.executable, "-c", "from pytest_kibana.cli import main; main()", *arguments],
        cwd=folder,
        env={**clean, "KIBANA_API_KEY": KEY, "KIBANA_LEDGER_DIR": str(folder / "ledgers")},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def _left(done: subprocess.CompletedProcess[str], folder: Path) -> Ran:
    return Ran(done.returncode, done.stdout + done.stderr, folder)


@pytest.mark.parametrize("form", ["markdown", "json", "html"])
def test_no_secret_is_in_a_probed_diff(canary: Canary, tmp_path: Path, form: str) -> None:
    """What a deployment says to a probe may repeat the request; the diff does not."""
    answer = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}}
    document = load("core").document()
    document["paths"]["/api/gone"] = {"get": {"operationId": "gone", "responses": answer}}
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(document))
    url = canary.server.url.replace("//", f"//elastic:{CONNECTOR}@")
    for target in (canary.server.url, url):
        done = _said(
            canary,
            tmp_path,
            *(
                "contract",
                "diff",
                "old.yaml",
                "core",
                "--probe",
                target,
                "--format",
                form,
                "--output",
                "diff",
            ),
        )
        assert _leaks(_left(done, tmp_path), canary.secrets()) == {}
        assert target == url or "/api/gone" in (tmp_path / "diff").read_text()


def test_no_secret_is_in_a_consumer_that_is_derived(canary: Canary, tmp_path: Path) -> None:
    """A recording of somebody else's holds whatever it holds; what is learned of it are labels."""
    place = tmp_path / "recordings"
    place.mkdir()
    entries = [
        {
            "startedDateTime": "2026-01-01T00:00:00Z",
            "time": 1,
            "request": {
                "method": method,
                "url": f"http://elastic:changeme@kibana.example{path}?token={CONNECTOR}&key={KEY}",
                "headers": [{"name": "Authorization", "value": f"ApiKey {KEY}"}],
                "queryString": [{"name": "token", "value": CONNECTOR}],
                "cookies": [],
                "httpVersion": "HTTP/1.1",
                "headersSize": -1,
                "bodySize": -1,
            },
            "response": {
                "status": 200,
                "statusText": "OK",
                "headers": [],
                "cookies": [],
                "content": {"size": 2, "mimeType": "application/json", "text": json.dumps({"key": KEY})},
                "redirectURL": "",
                "httpVersion": "HTTP/1.1",
                "headersSize": -1,
                "bodySize": -1,
            },
            "cache": {},
            "timings": {"send": 0, "wait": 1, "receive": 0},
        }
        for method, path in (("GET", "/api/status"), ("GET", f"/api/spaces/space/{WRONG}"))
    ]
    har = place / "theirs.har"
    har.write_text(
        json.dumps({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": entries}})
    )
    done = _said(canary, tmp_path, "consumer", "derive", str(har), "--contract", "core", "-o", "mine.toml")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "mine.toml").read_text()
    assert "GET /api/spaces/space/{id}" in text
    assert not [s for s in canary.secrets() if s in text + done.stdout + done.stderr]


def test_no_secret_is_in_the_state_of_an_upgrade(canary: Canary, tmp_path: Path) -> None:
    """Prepared, verified and reported: what is kept of secrets is that there were some."""
    target = ("--url", canary.server.url, "--contract", "core", "--state", "state")
    kinds = ("connector", "role", "rule", "saved_object")
    prepare = ("upgrade", "prepare", *target, *(part for kind in kinds for part in ("--resources", kind)))
    done = _said(canary, tmp_path, *prepare, "--allow", "global", "--no-run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _leaks(_left(done, tmp_path), canary.secrets()) == {}
    done = _said(canary, tmp_path, "upgrade", "verify", *target, "--no-run", "-v")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert any(path.is_file() for path in (tmp_path / "state").rglob("*"))
    assert _leaks(_left(done, tmp_path), canary.secrets()) == {}
