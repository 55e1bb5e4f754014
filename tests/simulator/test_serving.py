"""Starting and stopping: the ready file, the banner, the parent's death, and state that survives."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pytest_kibana.errors import UsageError
from pytest_kibana.simulator.config import Config
from pytest_kibana.simulator.server import build, serve
from tests.simulator.conftest import XSRF


def wait_for(path: Path) -> dict[str, str]:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, "the stand-in did not get ready"
        time.sleep(0.01)
    said: dict[str, str] = json.loads(path.read_text())
    return said


def test_a_process_says_when_it_is_ready_and_goes_with_its_parent(tmp_path: Path) -> None:
    ready, log = tmp_path / "ready.json", tmp_path / "log"
    command = [
        sys.executable,
        "-m",
        "pytest_kibana.simulator",
        "--ready-file",
        str(ready),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--exit-with-parent"], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT
        )
        said = wait_for(ready)
        assert said["contract"] == "core"  # unless another is named
        key = {"authorization": f"ApiKey {said['api_key']}"}
        assert httpx.get(f"{said['url']}/api/spaces/space", headers=key).status_code == 200
        assert process.stdin is not None
        process.stdin.close()  # what the operating system does when the parent dies
        assert process.wait(10) == 0
    assert "stand-in, not a Kibana" in log.read_text()


def test_state_survives_when_it_was_given_a_file(tmp_path: Path) -> None:
    config = Config("core", data_file=tmp_path / "state.json", quiet=True)
    with serve(config) as said, httpx.Client(auth=("elastic", "changeme"), headers=XSRF) as client:
        key = said["api_key"]
        client.post(f"{said['url']}/api/spaces/space", json={"id": "kept", "name": "Kept"})
        client.post(f"{said['url']}/s/kept/api/saved_objects/tag/t", json={"attributes": {"name": "t"}})
    with serve(config) as said, httpx.Client(headers={"authorization": f"ApiKey {key}"}) as client:
        assert client.get(f"{said['url']}/api/spaces/space/kept").json()["name"] == "Kept"
        assert client.get(f"{said['url']}/s/kept/api/saved_objects/tag/t").json()["attributes"] == {
            "name": "t"
        }


KEEPING = ("--port", "0", "--api-key", "c3VwZXI6bm90LXNlY3JldC1oZXJl", "--quiet")


@contextmanager
def killed(folder: Path, *arguments: str) -> Iterator[httpx.Client]:
    """Serve with a data file; the process is killed when the block ends, and has no time for a last word."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest_kibana.simulator", "--contract", "core", *KEEPING]
    command += ["--data", str(folder / "state.json"), "--ready-file", str(ready), *arguments]
    process = subprocess.Popen(command)
    try:
        said = wait_for(ready)
        headers = {**XSRF, "authorization": f"ApiKey {said['api_key']}"}
        with httpx.Client(base_url=said["url"], headers=headers) as client:
            yield client
    finally:
        process.kill()
        process.wait(10)


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    with killed(tmp_path) as client:
        for name in ("a", "b", "c"):
            assert client.post("/api/spaces/space", json={"id": name, "name": name}).status_code == 200
        assert client.put("/api/spaces/space/b", json={"id": "b", "name": "B"}).status_code == 200
        assert client.delete("/api/spaces/space/c").status_code == 204
        before = client.get("/api/spaces/space").json()
    with killed(tmp_path) as client:  # a second life adds to the first
        assert client.get("/api/spaces/space").json() == before
        assert client.post("/api/spaces/space", json={"id": "d", "name": "D"}).status_code == 200
        before = client.get("/api/spaces/space").json()
    with (tmp_path / "state.json.journal").open("ab") as journal:
        journal.write(b'{"sequence":99,"rows":[{"place":["space","*","e"],"rec')  # died while it wrote
    with killed(tmp_path) as client:
        assert client.get("/api/spaces/space").json() == before
        assert {space["id"] for space in before} == {"default", "a", "b", "d"}


def test_reading_costs_what_it_costs_without_a_file(tmp_path: Path) -> None:
    def seconds(config: Config) -> float:
        app = build(config)
        key = app.world.identities.api_key
        scope = {"type": "http", "method": "GET", "raw_path": b"/api/spaces/space", "query_string": b""}
        scope["headers"] = [(b"authorization", f"ApiKey {key}".encode())]

        async def ask() -> None:
            async def receive() -> dict[str, object]:
                return {"type": "http.request"}

            async def send(_message: object) -> None:
                return

            for _ in range(300):
                await app(dict(scope), receive, send)

        started = time.process_time()
        asyncio.run(ask())
        return time.process_time() - started

    plain, kept = Config("core", quiet=True), Config("core", data_file=tmp_path / "state.json", quiet=True)
    assert min(seconds(kept) for _ in range(3)) < 1.5 * min(seconds(plain) for _ in range(3)) + 0.02


def test_a_damaged_data_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("[]")
    with (
        pytest.raises(UsageError, match="does not hold the state"),
        serve(Config("core", data_file=tmp_path / "state.json")),
    ):
        pass


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    with serve(Config("core", quiet=True)) as said:
        port = int(said["url"].rpartition(":")[2])
        command = [sys.executable, "-m", "pytest_kibana.simulator", "--contract", "core", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 4
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """A stand-in as a process, where it listens, and what to say to be its superuser."""
    ready = tmp_path / "ready.json"
    command = [
        sys.executable,
        "-m",
        "pytest_kibana.simulator",
        "--contract",
        "core",
        "--ready-file",
        str(ready),
    ]
    running = subprocess.Popen([*command, "--quiet", "--shutdown-seconds", "20"])
    said = wait_for(ready)
    yield running, said["url"], f"ApiKey {said['api_key']}"
    running.kill()
    running.wait(10)


def under_way(url: str, key: str, body: bytes) -> socket.socket:
    """Begin to put a role whose body is still to come; returns when the server waits for it."""
    address = httpx.URL(url)
    connection = socket.create_connection((address.host, address.port or 80), timeout=20)
    head = f"PUT /api/security/role/late HTTP/1.1\r\nhost: x\r\nauthorization: {key}\r\nkbn-xsrf: 1\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\nexpect: 100-continue\r\n\r\n"
    connection.sendall(head.encode())
    assert b"100 Continue" in connection.recv(4096)
    return connection


def test_who_comes_while_it_shuts_down_is_told_so_and_who_is_inside_is_served(
    process: tuple[subprocess.Popen[bytes], str, str],
) -> None:
    running, url, key = process
    body = b'{"elasticsearch":{}}'
    with httpx.Client(base_url=url) as late, under_way(url, key, body) as inside:
        assert late.get("/api/status").status_code == 200
        running.terminate()
        deadline = time.monotonic() + 10
        while (answer := late.get("/api/status")).status_code == 200:  # a signal takes its time
            assert time.monotonic() < deadline
        assert (answer.status_code, answer.headers["content-type"]) == (
            503,
            "application/json; charset=utf-8",
        )
        assert answer.json() == {
            "statusCode": 503,
            "error": "Service Unavailable",
            "message": "Kibana is shutting down and not accepting new incoming requests",
        }
        for path in ("/api/nothing_here", "/s/any/api/spaces/space"):  # before route and credentials
            assert late.get(path).status_code == 503
        assert running.poll() is None
        inside.sendall(body)
        assert inside.recv(4096).startswith(b"HTTP/1.1 204")
    assert running.wait(10) == 0


def test_a_second_signal_waits_for_nobody(process: tuple[subprocess.Popen[bytes], str, str]) -> None:
    running, url, key = process
    with under_way(url, key, b"{}"), httpx.Client(base_url=url) as late:
        running.terminate()
        deadline = time.monotonic() + 10
        while late.get("/api/status").status_code == 200:
            assert time.monotonic() < deadline
        running.terminate()
        assert running.wait(10) == 0


def test_a_signal_closes_every_door(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [
        sys.executable,
        "-m",
        "pytest_kibana.simulator",
        "--contract",
        "core",
        "--ready-file",
        str(ready),
        "--quiet",
    ]
    process = subprocess.Popen([*command, "--control-port", "0", "--elasticsearch-port", "0"])
    said = wait_for(ready)
    assert {"control_url", "elasticsearch_url"} <= said.keys()
    process.terminate()
    process.wait(10)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{said['control_url']}/faults")
