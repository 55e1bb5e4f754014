"""The stand-in beside Prism, the generic mock, both serving the same contract: how fast, and how useful to a client.

    python benchmarks/beside_prism.py CONTRACT [--prism PATH] [--seconds 3] [--rounds 3]

CONTRACT is a published contract as a JSON or YAML file. Prism is taken from PATH or, without it, fetched by
``npm install @stoplight/prism-cli`` into a folder that goes away. Requests per second are the median of the rounds,
which take turns between the servers; eight connections, each of which waits for its answer. Then kibana-py does its
ordinary work (``tests/simulator/test_independent_*.py``) against either, and the shares of its tests that pass are
printed; a test is a whole story, which a server without memory can hardly get to the end of.
"""

import argparse
import asyncio
import base64
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PATHS = ("/api/status", "/api/spaces/space/default", "/api/cases/_find?perPage=10")
CONNECTIONS = 8
HERE = Path(__file__).parent.parent
CREDENTIALS = base64.b64encode(b"elastic:changeme").decode()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[int]:
    """Run a server for the length of the block; yields its port once it answers.

    Raises:
        RuntimeError: it ended, or did not open its door within two minutes.
    """
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, cwd=HERE) as process:
        try:
            limit = time.monotonic() + 120
            while not _open(port):
                if process.poll() is not None or time.monotonic() > limit:
                    raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()


def _open(port: int) -> bool:
    with socket.socket() as door:
        door.settimeout(1)
        return door.connect_ex(("127.0.0.1", port)) == 0


async def _ask(port: int, path: str, until: float) -> tuple[int, set[int]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
        f"Authorization: Basic {CREDENTIALS}\r\n\r\n"
    ).encode()
    count, statuses = 0, set()
    while time.monotonic() < until:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"(?i)content-length: *(\d+)", head)
        if length is None:
            raise RuntimeError(f"an answer to {path} has no length: {head}")
        await reader.readexactly(int(length[1]))
        statuses.add(int(head.split(" ", 2)[1]))
        count += 1
    writer.close()
    await writer.wait_closed()
    return count, statuses


def rate(port: int, path: str, seconds: float) -> tuple[float, set[int]]:
    """Return requests per second and the statuses that were seen."""

    async def all_connections() -> list[tuple[int, set[int]]]:
        until = time.monotonic() + seconds
        return await asyncio.gather(*(_ask(port, path, until) for _ in range(CONNECTIONS)))

    begun = time.monotonic()
    done = asyncio.run(all_connections())
    return sum(count for count, _ in done) / (time.monotonic() - begun), set().union(*(s for _, s in done))


def work(port: int) -> tuple[int, int]:
    """Return how many tests of the client's ordinary work pass against a server, and how many there are."""
    parts = ("clients", "solutions", "fleet")
    tests = [str(HERE / f"tests/simulator/test_independent_{part}.py") for part in parts]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *tests, "-q", "--tb=no", "-p", "no:cacheprovider"],
        env={**os.environ, "ORDINARY_WORK_URL": f"http://127.0.0.1:{port}"},
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    counts = {kind: int(n) for n, kind in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    return counts.get("passed", 0), sum(counts.values())


def prism_of(given: str | None, folder: Path) -> str:
    """Return where Prism is, fetched if it must be."""
    found = given or shutil.which("prism")
    if found:
        return found
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("neither prism nor npm is installed")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "@stoplight/prism-cli"]
    subprocess.run(command, check=True, capture_output=True)
    return str(folder / "node_modules" / ".bin" / "prism")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("contract", type=Path)
    parser.add_argument("--prism", help="the program; fetched with npm where it is not installed")
    parser.add_argument("--seconds", type=float, default=3.0, help="per path, server and round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    contract = given.contract.resolve()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = {"stand-in": free_port(), "prism": free_port()}
        here = [sys.executable, "-m", "pytest_kibana.simulator", "--contract", str(contract), "--quiet"]
        commands = {
            "stand-in": [*here, "--quirks", "9.4", "--port", str(ports["stand-in"])],
            "prism": [
                prism_of(given.prism, folder),
                *("mock", str(contract), "-p", str(ports["prism"]), "-v", "error"),
            ],
        }
        for name, command in commands.items():
            stack.enter_context(running(command, ports[name], folder / f"{name}.log"))
        rows = {}
        for path in PATHS:
            seen: dict[str, list[tuple[float, set[int]]]] = {name: [] for name in ports}
            for _ in range(given.rounds):
                for name, port in ports.items():
                    seen[name].append(rate(port, path, given.seconds))
            rows[path] = {name: statistics.median(r for r, _ in measured) for name, measured in seen.items()}
            statuses = {name: sorted(set().union(*(s for _, s in m))) for name, m in seen.items()}
            ratio = rows[path]["stand-in"] / rows[path]["prism"]
            print(
                f"GET {path}: stand-in {rows[path]['stand-in']:.0f}/s, prism {rows[path]['prism']:.0f}/s, "
                f"{ratio:.1f} times as many (statuses {json.dumps(statuses)})"
            )
        for name, port in ports.items():
            passed, total = work(port)
            share = f"{passed / total:.0%}" if total else "no tests ran: is kibana-py installed?"
            print(f"ordinary work of kibana-py, {name}: {passed} of {total} tests ({share})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
