"""Starting and stopping: the ready file, the banner, the parent's death, and state that survives."""

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from conftest import XSRF
from pytest_kibana.errors import UsageError
from pytest_kibana.simulator.config import Config
from pytest_kibana.simulator.server import serve


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
        "--contract",
        "core",
        "--ready-file",
        str(ready),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--exit-with-parent"], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT
        )
        said = wait_for(ready)
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
