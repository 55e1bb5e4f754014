"""``--kibana-url embedded``: the stand-in as a process of its own, for as long as the run lasts.

A process, not a thread: the stand-in must not share an interpreter lock, a module or a bug with what tests
it, and it can be killed. It is reached over HTTP on the loopback interface like any other Kibana.
"""

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pytest_kibana.errors import TargetUnreachable

START_DEADLINE = 60.0


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running stand-in: where it listens, the API keys that it printed, and where it is steered, and its
    Elasticsearch is, if asked for.
    """

    url: str
    api_key: str
    viewer_api_key: str | None
    process: "subprocess.Popen[bytes]"
    folder: Path
    control_url: str | None = None
    elasticsearch_url: str | None = None

    def close(self) -> None:
        """End the process, wait for it and remove what it wrote; calling it twice is fine."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        if self.process.stdin:
            self.process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(contract: str, arguments: str | None = None) -> Embedded:
    """Start a stand-in that serves the contract, and wait until it listens.

    Args:
        contract: a source as for ``--kibana-contract``; ``auto`` means the core contract.
        arguments: more arguments for the stand-in, as one shell-like string.

    Raises:
        TargetUnreachable: it ended, or did not listen in time; the message carries its last output.
    """
    folder = Path(tempfile.mkdtemp(prefix="kibana-stand-in-"))
    ready, log = folder / "ready.json", folder / "log.txt"
    source = "core" if contract in ("auto", "deployment") else contract
    command = [sys.executable, "-m", "pytest_kibana.simulator", "--contract", source, "--port", "0"]
    command += ["--ready-file", str(ready), "--exit-with-parent", *shlex.split(arguments or "")]
    if contract == "deployment":
        command.append("--oas")
    with log.open("wb") as out:
        # The pipe's other end closes when this process dies, however it dies: then the stand-in ends too.
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    said = _wait_for(ready, process, log)
    return Embedded(
        said["url"],
        said["api_key"],
        said.get("viewer_api_key"),
        process,
        folder,
        said.get("control_url"),
        said.get("elasticsearch_url"),
    )


def _wait_for(ready: Path, process: "subprocess.Popen[bytes]", log: Path) -> dict[str, str]:
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        if ready.is_file():
            said: dict[str, str] = json.loads(ready.read_text())
            return said
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    process.wait(10)
    if process.stdin:
        process.stdin.close()
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    shutil.rmtree(log.parent, ignore_errors=True)
    raise TargetUnreachable(
        f"the embedded stand-in did not start (exit code {process.returncode}):\n{tail}",
        hint="Start it by itself to see why: pytest-kibana serve --contract …",
    )
