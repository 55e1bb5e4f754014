"""A stand-in is ready in under a second, and reads 1,500 times a second on one core: its own time, not the clock's."""

import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="the time of another process is told by POSIX alone"
)
READS = 1500


def life(folder: Path, reads: int) -> float:
    """Return the processor time of a stand-in that starts, answers so many reads and stops, in seconds."""
    folder.mkdir()
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "pytest_kibana.simulator", "--contract", "core", "--quiet"]
    before = sum(os.times()[2:4])
    process = subprocess.Popen(
        [*command, "--ready-file", str(ready), "--exit-with-parent"], stdin=subprocess.PIPE
    )
    assert process.stdin is not None
    deadline = time.monotonic() + 30
    while not ready.exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    said = json.loads(ready.read_text())
    url = urlsplit(said["url"])
    wire = http.client.HTTPConnection(str(url.hostname), url.port)
    headers = {"authorization": f"ApiKey {said['api_key']}"}
    for _ in range(reads):
        wire.request("GET", "/api/spaces/space/default", headers=headers)
        answer = wire.getresponse()
        assert (answer.status, len(answer.read()) > 0) == (200, True)
    wire.close()
    process.stdin.close()
    assert process.wait(15) == 0
    return sum(os.times()[2:4]) - before


def test_it_starts_and_reads_in_time(tmp_path: Path) -> None:
    life(tmp_path / "cold", 0)
    start = min(life(tmp_path / f"warm-{n}", 0) for n in range(2))
    reading = life(tmp_path / "reading", READS) - start
    print(
        f"ready after {start:.2f} s of processor time; {READS / max(reading, 0.001):.0f} reads per second of it"
    )
    assert start < 1
    assert reading < 1
