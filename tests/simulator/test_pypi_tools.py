"""Two more programs from PyPI that nobody here wrote: a library that makes dashboards, and a script that backs up and
restores every space.

They are installed once into the user's cache, apart from everything else. Where PyPI cannot be had, these tests skip.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import platformdirs
import pytest

from tests.simulator.conftest import StandIn

Json = Any
PACKAGES = ("kibana-api==0.0.4", "kibana-backup-simple==1.3.0")
DASHBOARDS = """
import json, sys
from kibana_api import Kibana
from kibana_api.objects import Dashboard, Panel, Visualization

kibana = Kibana(base_url=sys.argv[1], username="elastic", password="changeme")
assert kibana.ping()
assert kibana.space(id="drawn", name="Drawn", color="#000000").create().status_code == 200
assert kibana.space(id="drawn", name="Drawn").create().status_code == 409
assert {"default", "drawn"} <= {space["id"] for space in kibana.space().all().json()}
objects = kibana.object(space_id="drawn")
pattern = objects.create("index-pattern", attribs={"title": "logs-*"}).json()["id"]
chart = Visualization(type="pie", title="Parts", index_pattern_id=pattern, query="a: b").create()
drawn = objects.create("visualization", body=chart).json()["id"]
panel = Panel("panel_0", 48, 12, 0, 2, visualization_id=drawn)
board = Dashboard("Everything", panels=[panel.create()], references=[panel.get_reference()]).create()
made = objects.create("dashboard", body=board)
assert made.status_code == 200, made.text
assert objects.get(made.json()["id"], "dashboard").json()["attributes"]["title"] == "Everything"
found = objects.all(type="visualization").json()
assert (found["total"], found["saved_objects"][0]["references"][0]["id"]) == (1, pattern)
assert objects.all().json()["total"] == 3  # of fourteen types, some of which this release does not know
taken = objects.loads(open(sys.argv[2], "rb"))
assert taken.json()["successCount"] == 1, taken.text
print(json.dumps({"dashboard": made.json()["id"]}))
"""


@pytest.fixture(scope="module")
def tools() -> Path:
    """Return the folder of the installed programs."""
    home = platformdirs.user_cache_path("pytest-kibana") / "clients" / "-".join(PACKAGES)
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as draft:
            command = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-input",
                "--target",
                draft,
                *PACKAGES,
            ]
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
            except subprocess.TimeoutExpired:
                pytest.skip("PyPI did not answer in time")
            if done.returncode:
                pytest.skip(f"the programs could not be installed: {done.stderr[-200:]}")
            shutil.move(draft, home)
            Path(draft).mkdir()
    return home


def run(tools: Path, *command: str) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": str(tools),
        "NO_PROXY": "127.0.0.1",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_dashboards_are_drawn(tools: Path, stand_in: StandIn, tmp_path: Path) -> None:
    client = stand_in()
    file = tmp_path / "more.ndjson"
    file.write_text('{"type":"tag","id":"t","attributes":{"name":"t"},"references":[]}\n')
    said = json.loads(run(tools, "-c", DASHBOARDS, str(client.base_url).rstrip("/"), str(file)))
    assert client.get(f"/s/drawn/api/saved_objects/dashboard/{said['dashboard']}").status_code == 200
    assert client.get("/s/drawn/api/saved_objects/tag/t").status_code == 200


def test_every_space_is_backed_up_and_restored(tools: Path, stand_in: StandIn, tmp_path: Path) -> None:
    def filled(client: httpx.Client) -> list[Json]:
        found = []
        for space in ("default", "one"):
            answer = client.get(
                f"/s/{space}/api/saved_objects/_find", params={"type": ["dashboard", "query"]}
            )
            found.append(
                {o["id"]: (o["attributes"], o["references"]) for o in answer.json()["saved_objects"]}
            )
        return found

    script = str(tools / "bin" / "kibana-backup.py")
    prefix = str(tmp_path / "backup-")
    login = ("--user", "elastic", "--password", "changeme", "--all-spaces", "--backup-file-prefix", prefix)
    source, target = stand_in(), stand_in()
    for client in (source, target):
        assert client.post("/api/spaces/space", json={"id": "one", "name": "One"}).status_code == 200
    for space in ("default", "one"):
        for kind, key in (("dashboard", "d"), ("query", "q")):
            attributes = {"title": f"{kind} of {space}", "description": "Ünï\u2028çødé"}
            path = f"/s/{space}/api/saved_objects/{kind}/{key}-{space}"
            assert source.post(path, json={"attributes": attributes}).status_code == 200
    run(tools, script, "backup", "--kibana-url", str(source.base_url).rstrip("/"), *login)
    run(tools, script, "restore", "--kibana-url", str(target.base_url).rstrip("/"), *login)
    assert filled(target) == filled(source)
    assert all(filled(target))
