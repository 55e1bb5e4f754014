"""Every setting does what it says, given as a flag and in an ini file; none is without a test."""

import base64
import http.server
import json
import re
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_kibana.embedded import Embedded, start
from pytest_kibana.errors import ExitCode
from pytest_kibana.evidence import Verdict, read_results
from pytest_kibana.settings import declared, env_of, flag_of, ini_of
from tests.plugin.conftest import Ran
from tests.plugin.watching import wayside

Test = Callable[..., None]
OPTIONS = dict(declared())
TRIED: dict[str, set[str]] = {}
"""The tests that try a setting, by the setting's name."""

ELSEWHERE = {"upgrade": "test_upgrade.py", "upgrade_state": "test_upgrade.py"}
"""Settings that need more than one run to be tried, with the file beside this one that does so."""
CONTRACT_SUITE = ("--pyargs", "pytest_kibana.suites.contract")
ASKS = "def test_ours(kibana_client):\n    assert kibana_client.get('/api/status').status_code == 200\n"
MINTS = """
def test_it(kibana_client_factory):
    reader = kibana_client_factory(role={"kibana": [{"base": ["read"], "spaces": ["*"]}]})
    assert reader.get("/api/cases/_find").status_code == 200
    assert reader.post("/api/saved_objects/tag", json={"attributes": {}}).status_code == 403
"""
BROKEN = "--fault 'response.wrong_type@GET /api/status'"


def tries(*names: str) -> Callable[[Test], Test]:
    """Say which settings a test tries; it is held to it."""

    def mark(test: Test) -> Test:
        for name in names:
            TRIED.setdefault(name, set()).add(test.__name__)
        return test

    return mark


def held(name: str, used: set[str]) -> None:
    """Fail a test that says that it tries what it does not give."""
    assert {setting for setting, tests in TRIED.items() if name in tests} <= used


@pytest.fixture(params=["flag", "ini"])
def attempt(
    request: pytest.FixtureRequest, run_pytest: Callable[..., Ran], tmp_path: Path
) -> Iterator[Callable[..., Ran]]:
    """Run a module with settings given in one way. A secret has no ini key; there it comes from the environment."""
    used: set[str] = set()

    def run(settings: dict[str, str], text: str = "", *arguments: str, keep: bool = False) -> Ran:
        used.update(settings)
        if not keep:
            shutil.rmtree(tmp_path / "out", ignore_errors=True)
        flags, lines, env = list[str](), ["[pytest]"], {"KIBANA_REPORT_DIR": ""}
        for name, value in {"report_dir": str(tmp_path / "out"), **settings}.items():
            if request.param == "flag":
                flags.append(flag_of(name) if OPTIONS[name].kind == "switch" else f"{flag_of(name)}={value}")
            elif OPTIONS[name].secret:
                env[env_of(name)] = value
            else:
                lines.append(f"{ini_of(name)} = {value}")
        files = {"pytest.ini": "\n".join(lines), "test_ours.py": text}
        modules = ["test_ours.py"] if text else []
        return run_pytest(
            "-c", "pytest.ini", "--rootdir=.", "-rA", *flags, *arguments, *modules, files=files, env=env
        )

    yield run
    held(request.function.__name__, used)


@pytest.fixture
def target(stand_in: Embedded) -> dict[str, str]:
    """Settings that name the shared stand-in."""
    return {"url": stand_in.url, "api_key": stand_in.api_key, "contract": "core"}


def passed(ran: Ran, *tests: str) -> None:
    assert ran.code == ExitCode.CONFORMANT, ran.out[-4000:]
    for test in tests:
        assert f"PASSED test_ours.py::{test}" in ran.out, ran.out[-4000:]


STATUS = {"get": {"operationId": "get-status", "responses": {"200": {"description": "fine"}}}}


@contextmanager
def serving(body: bytes, port: int = 0) -> Iterator[str]:
    """Serve one document; yields its URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            del args

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/contract.json"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# -- who and what


@tries("url", "api_key", "viewer_api_key", "contract", "allow", "ledger_dir", "har", "report", "report_dir")
def test_a_run_against_a_target(attempt: Callable[..., Ran], stand_in: Embedded, tmp_path: Path) -> None:
    ledgers = tmp_path / "ledgers"
    ran = attempt(
        {
            "url": stand_in.url,
            "api_key": stand_in.api_key,
            "viewer_api_key": str(stand_in.viewer_api_key),
            "contract": "core",
            "allow": "global",
            "ledger_dir": str(ledgers),
            "har": str(tmp_path / "traffic.har"),
            "report": "junit,markdown",
            "report_dir": str(tmp_path / "elsewhere"),
        },
        f"""
from pathlib import Path

def test_url(kibana): assert kibana.url == {stand_in.url!r}
def test_api_key(kibana_client): assert kibana_client.get("/api/spaces/space").status_code == 200
def test_viewer_api_key(kibana_client_factory):
    viewer = kibana_client_factory(viewer=True)
    assert viewer.get("/api/spaces/space").status_code == 200
    assert viewer.post("/api/saved_objects/tag", json={{"attributes": {{}}}}).status_code == 403
def test_contract(kibana_contract): assert kibana_contract.source == "core"
def test_allow(kibana_client): assert kibana_client.delete("/api/security/role/nobody-has-it").status_code == 404
def test_ledger_dir(kibana_resources):
    kibana_resources.role()
    assert list(Path({str(ledgers)!r}).iterdir())
""",
    )
    passed(
        ran,
        "test_url",
        "test_api_key",
        "test_viewer_api_key",
        "test_contract",
        "test_allow",
        "test_ledger_dir",
    )
    folder = tmp_path / "elsewhere"
    assert {p.name for p in folder.iterdir()} == {"results.jsonl", "junit.xml", "summary.md"}
    assert json.loads((tmp_path / "traffic.har").read_text())["log"]["entries"]
    assert not list(ledgers.iterdir())


@tries("username", "password", "bearer_token", "viewer_username", "viewer_password")
def test_who_speaks(attempt: Callable[..., Ran], stand_in: Embedded) -> None:
    as_viewer = (
        "def test_it(kibana_client_factory): kibana_client_factory(viewer=True).get('/api/spaces/space')\n"
    )
    user = {"username": "elastic", "password": "changeme"}
    viewer = {"viewer_username": "viewer", "viewer_password": "changeme"}
    for who, text, said in (
        (user, ASKS, "Basic ZWxhc3RpYzpjaGFuZ2VtZQ=="),
        ({"bearer_token": "canary-token"}, ASKS, "Bearer canary-token"),
        ({**user, **viewer}, as_viewer, "Basic dmlld2VyOmNoYW5nZW1l"),
    ):
        with wayside(stand_in.url) as place:
            ran = attempt({"url": place.url, "contract": "core", **who}, text)
        assert said in {s.headers.get("authorization") for s in place.said}, ran.out[-3000:]
        assert "canary-token" not in ran.out


@tries("login")
def test_logging_in(attempt: Callable[..., Ran], stand_in: Embedded) -> None:
    who = {"username": "elastic", "password": "changeme", "login": "basic/basic"}
    with wayside(stand_in.url) as place:
        passed(attempt({"url": place.url, "contract": "core", **who}, ASKS), "test_ours")
    assert any(s.method == "POST" and s.path == "/internal/security/login" for s in place.said)
    assert any("cookie" in s.headers and "authorization" not in s.headers for s in place.said)


@tries("cloud_id")
def test_a_cloud_id_names_the_url(attempt: Callable[..., Ran]) -> None:
    cloud_id = "mine:" + base64.b64encode(b"localhost:9$es$kb").decode()
    ran = attempt({"cloud_id": cloud_id, "contract": "core", "api_key": "a:b"}, ASKS)
    assert ran.code == ExitCode.ENVIRONMENT
    assert "https://kb.localhost:9" in ran.out


@tries("elasticsearch_url")
def test_identities_are_minted_where_elasticsearch_is_named(attempt: Callable[..., Ran]) -> None:
    running = start("core", "--elasticsearch-port 0")
    try:
        said = json.loads((running.folder / "ready.json").read_text())
        who = {"url": running.url, "username": "elastic", "password": "changeme", "contract": "core"}
        passed(attempt({**who, "elasticsearch_url": said["elasticsearch_url"]}, MINTS), "test_it")
        assert "SKIPPED" in attempt(who, MINTS).out
    finally:
        running.close()


# -- the way there


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key: ``own.pem`` and ``own.key``."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("tls")
    new = (
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    )
    names = ("-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(
        ["openssl", *new, "-keyout", "own.key", "-out", "own.pem", *names],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder


@tries("ca_file", "insecure")
def test_certificates_are_trusted_as_told(
    attempt: Callable[..., Ran], stand_in: Embedded, certificates: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "own.pem", certificates / "own.key")
    with wayside(stand_in.url, tls=context) as place:
        target = {"url": place.url, "api_key": stand_in.api_key, "contract": "core"}
        untold = attempt(target, ASKS)
        assert untold.code == ExitCode.ENVIRONMENT
        assert "certificate" in untold.out
        passed(attempt({**target, "ca_file": str(certificates / "own.pem")}, ASKS), "test_ours")
        passed(attempt({**target, "insecure": "true"}, ASKS), "test_ours")


@tries("client_cert", "client_key")
def test_a_client_certificate_is_shown(
    attempt: Callable[..., Ran], stand_in: Embedded, certificates: Path
) -> None:
    own = str(certificates / "own.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, certificates / "own.key")
    context.load_verify_locations(own)
    context.verify_mode = ssl.CERT_REQUIRED
    with wayside(stand_in.url, tls=context) as place:
        target = {"url": place.url, "api_key": stand_in.api_key, "contract": "core", "ca_file": own}
        shown = {"client_cert": own, "client_key": str(certificates / "own.key")}
        passed(attempt({**target, **shown}, ASKS), "test_ours")


@tries("timeout", "concurrency")
def test_no_more_requests_at_once_and_no_more_patience_than_told(
    attempt: Callable[..., Ran], target: dict[str, str]
) -> None:
    under_way, most = 0, 0
    lock = threading.Lock()
    with wayside(target["url"]) as place:

        def begins(said: object) -> None:
            nonlocal under_way, most
            with lock:
                under_way += 1
                most = max(most, under_way)
            time.sleep(1.5 if getattr(said, "path", "") == "/api/features" else 0.01)

        def ends(_said: object) -> bool:
            nonlocal under_way
            with lock:
                under_way -= 1
            return False

        place.passed, place.swallow = begins, ends
        told = {**target, "url": place.url, "concurrency": "1", "operations": "spaces"}
        ran = attempt(told, "", *CONTRACT_SUITE)
        assert ran.code == ExitCode.CONFORMANT, ran.out[-3000:]
        assert most == 1
        ran = attempt(
            {**target, "url": place.url, "timeout": "500ms"},
            "import pytest\nfrom pytest_kibana.errors import TargetUnreachable\n"
            "def test_it(kibana_client):\n"
            "    with pytest.raises(TargetUnreachable, match='in time'): kibana_client.get('/api/features')\n",
        )
        passed(ran, "test_it")


@tries("wait")
def test_a_target_that_is_starting_is_waited_for(attempt: Callable[..., Ran]) -> None:
    booting = start("core", "--boot-seconds 4")
    try:
        told = {"url": booting.url, "api_key": booting.api_key, "contract": "core", "wait": "30s"}
        passed(attempt(told, ASKS), "test_ours")
    finally:
        booting.close()


@tries("weather_deadline")
def test_a_target_that_went_away_is_waited_for_as_long_as_told(
    attempt: Callable[..., Ran], target: dict[str, str]
) -> None:
    with wayside(target["url"]) as place:
        heard = 0

        def gone(_said: object) -> bool:
            nonlocal heard
            heard += 1
            return heard > 60

        place.swallow = gone
        told = {**target, "url": place.url, "operations": "spaces", "weather_deadline": "1s"}
        began = time.monotonic()
        ran = attempt(told, "", *CONTRACT_SUITE)
        assert time.monotonic() - began < 90
    assert ran.code in (ExitCode.INCOMPLETE, ExitCode.LEFTOVERS), ran.out[-3000:]
    assert "went away" in ran.out


# -- what is tested, and how


@tries("operations", "seed", "budget", "shard", "case")
def test_what_is_sent(attempt: Callable[..., Ran], target: dict[str, str]) -> None:
    told = {**target, "operations": "GET /api/status,get-spaces-space", "seed": "77"}
    whole = attempt(told, "", *CONTRACT_SUITE)
    assert whole.code == ExitCode.CONFORMANT, whole.out[-3000:]
    results = whole.results
    both = {"GET /api/status", "GET /api/spaces/space"}
    assert {v.operation for v in results.verdicts} == both
    assert results.header.seed == 77
    halves = []
    for part in ("1/2", "2/2"):
        halves.append(
            {v.operation for v in attempt({**told, "shard": part}, "", *CONTRACT_SUITE).results.verdicts}
        )
    assert halves[0] | halves[1] == both
    assert not halves[0] & halves[1]
    attempt({**told, "budget": "requests=3"}, "", *CONTRACT_SUITE)
    few = read_results(whole.folder / "out" / "results.jsonl")
    assert any(skip.kind == "budget" for skip in few.skips)
    named = attempt(
        told,
        "def test_it(kibana_session): print('case', kibana_session.bank.cases('GET /api/spaces/space')[0].id)\n",
    )
    case = named.out.partition("case ")[2].split()[0]
    one = attempt({**told, "case": case}, "", *CONTRACT_SUITE, "-k", "GET and spaces and responses").results
    counts = [sum(v.counts.values()) for v in one.verdicts if v.verdict is not Verdict.NOT_RUN]
    assert set(counts) == {1}


@tries("plan")
def test_the_plan_alone(attempt: Callable[..., Ran], target: dict[str, str]) -> None:
    with wayside(target["url"]) as place:
        ran = attempt({**target, "url": place.url, "plan": "true"}, "", *CONTRACT_SUITE)
    assert "GET /api/status" in ran.out
    assert "passed" not in ran.out
    assert {s.method for s in place.said} <= {"GET", "HEAD"}


@tries("profile")
def test_a_profile_brings_its_settings(attempt: Callable[..., Ran], target: dict[str, str]) -> None:
    ran = attempt(
        {**target, "profile": "smoke"},
        "import pytest\nfrom pytest_kibana.errors import SafetyRefusal\n"
        "def test_it(kibana_client):\n"
        "    with pytest.raises(SafetyRefusal): kibana_client.post('/api/spaces/space', json={})\n",
    )
    passed(ran, "test_it")


@tries("embedded", "check_traffic", "deviations")
def test_what_becomes_of_a_broken_promise(attempt: Callable[..., Ran], tmp_path: Path) -> None:
    broken = {"url": "embedded", "embedded": BROKEN}
    reported = attempt({**broken, "check_traffic": "report"}, ASKS)
    passed(reported, "test_ours")
    (found,) = [f for f in reported.results.findings if f.status == "new"]
    assert found.code == "KBN-R103"
    mine = tmp_path / "mine.toml"
    mine.write_text(
        f'[[deviation]]\nidentity = "{found.identity}"\noperations = ["GET /api/status"]\n'
        'reason = "It is so here"\nlink = "https://issues.example/1"\n'
    )
    passed(attempt({**broken, "deviations": str(mine)}, ASKS), "test_ours")
    assert attempt(broken, ASKS).code == ExitCode.FINDINGS


@tries("strict")
def test_strict_fails_what_is_tolerated_otherwise(
    attempt: Callable[..., Ran], target: dict[str, str]
) -> None:
    told = {**target, "operations": "GET /api/status", "seed": "7"}
    assert attempt(told, "", *CONTRACT_SUITE).code == ExitCode.CONFORMANT
    assert attempt({**told, "strict": "true"}, "", *CONTRACT_SUITE).code == ExitCode.FINDINGS


@tries("report_overwrite")
def test_results_are_overwritten_only_where_that_is_wanted(
    attempt: Callable[..., Ran], target: dict[str, str]
) -> None:
    told = {**target, "operations": "GET /api/status"}
    assert attempt(told, "", *CONTRACT_SUITE).code == ExitCode.CONFORMANT
    kept = attempt(told, "", *CONTRACT_SUITE, keep=True)
    assert kept.code not in (ExitCode.CONFORMANT, ExitCode.INTERNAL)
    assert "--kibana-report-overwrite" in kept.out
    assert "Traceback" not in kept.out
    over = attempt({**told, "report_overwrite": "true"}, "", *CONTRACT_SUITE, keep=True)
    assert over.code == ExitCode.CONFORMANT


@tries("contract_lock")
def test_a_download_is_pinned(attempt: Callable[..., Ran], stand_in: Embedded, tmp_path: Path) -> None:
    contract = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "9.4"},
        "paths": {"/api/status": STATUS},
    }
    lock = tmp_path / "contracts.lock"
    with serving(json.dumps(contract).encode()) as url:
        told = {"url": stand_in.url, "api_key": stand_in.api_key, "contract": url, "contract_lock": str(lock)}
        passed(attempt(told, ASKS), "test_ours")
    assert url in lock.read_text()
    contract["info"] = {"title": "another", "version": "9.4"}
    lock.write_text(re.sub(r"[0-9a-f]{64}", "0" * 64, lock.read_text()))
    with serving(json.dumps(contract).encode(), port=int(url.split(":")[2].split("/")[0])) as again:
        assert again == url
        assert attempt({**told, "report_overwrite": "true"}, ASKS).code != ExitCode.CONFORMANT


@tries("consumer", "durations")
def test_parts_of_the_whole(attempt: Callable[..., Ran], target: dict[str, str], tmp_path: Path) -> None:
    whole = attempt({**target, "plan": "true"}, "", *CONTRACT_SUITE).out
    part = attempt({**target, "plan": "true", "consumer": "terraform"}, "", *CONTRACT_SUITE).out
    assert "GET /api/spaces/space/{id}" in part
    assert len(part.splitlines()) < len(whole.splitlines())
    told = {**target, "operations": "GET /api/status,get-spaces-space"}
    first = attempt(told, "", *CONTRACT_SUITE).results
    (tmp_path / "out").rename(tmp_path / "before")
    halves = []
    for shard in ("1/2", "2/2"):
        durations = str(tmp_path / "before" / "results.jsonl")
        ran = attempt({**told, "shard": shard, "durations": durations}, "", *CONTRACT_SUITE)
        halves.append({v.item for v in ran.results.verdicts})
    assert halves[0] | halves[1] == {v.item for v in first.verdicts}
    assert not halves[0] & halves[1]


def test_no_setting_is_without_a_test() -> None:
    """Flags, ini keys and variables are all made from one declaration; so is this list."""
    assert OPTIONS.keys() - TRIED.keys() - ELSEWHERE.keys() == set(), (
        "write a test for each of these, and say so with @tries"
    )
    assert (TRIED.keys() | ELSEWHERE.keys()) - OPTIONS.keys() == set(), "these are no settings any more"
    for name, file in ELSEWHERE.items():
        assert flag_of(name) in Path(__file__).with_name(file).read_text()


def test_a_test_is_held_to_what_it_says() -> None:
    with pytest.raises(AssertionError):
        held("test_who_speaks", {"username"})
