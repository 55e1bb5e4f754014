"""Elastic's own ``@elastic/synthetics``, from npm, pushes a project to the stand-in as it does to Kibana.

It is installed once into the user's cache, without its scripts and so without browsers. Where npm or its registry
cannot be had, these tests skip.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import platformdirs
import pytest

from tests.simulator.conftest import StandIn

Json = Any
PACKAGE = "@elastic/synthetics@1.26.3"
CONFIG = """
module.exports = () => ({
  project: { id: 'shop', url: 'http://127.0.0.1', space: '%s' },
  monitor: { schedule: 10, privateLocations: ['here'] },
});
"""
LIGHT = """
heartbeat.monitors:
- type: http
  name: %s
  id: front
  urls: "https://example.com"
  schedule: '@every 10m'
"""
JOURNEY = """
import { journey, step, monitor } from '@elastic/synthetics';
journey('buy', ({ page }) => {
  monitor.use({ id: 'buy' });
  step('open', async () => { await page.goto('https://example.com'); });
});
"""


@pytest.fixture(scope="module")
def modules() -> Path:
    """Return the folder of installed node modules."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    home = platformdirs.user_cache_path("pytest-kibana") / "clients" / PACKAGE.replace("/", "-")
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as draft:
            (Path(draft) / "package.json").write_text("{}")
            command = [
                npm,
                "install",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefer-offline",
                PACKAGE,
            ]
            try:
                done = subprocess.run(
                    command, cwd=draft, capture_output=True, text=True, check=False, timeout=240
                )
            except subprocess.TimeoutExpired:
                pytest.skip(f"{PACKAGE} could not be installed in time")
            if done.returncode:
                pytest.skip(f"{PACKAGE} could not be installed: {done.stderr[-200:]}")
            shutil.move(draft, home)
            Path(draft).mkdir()
    return home / "node_modules"


@dataclass
class Project:
    """A project of monitors, and the tool that pushes it."""

    folder: Path
    modules: Path
    kibana: httpx.Client

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        said = self.kibana.said  # type: ignore[attr-defined]
        command = ["node", str(self.modules / "@elastic" / "synthetics" / "dist" / "cli.js"), *arguments]
        command += ["--url", said["url"], "--auth", said["api_key"]]
        return subprocess.run(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            timeout=120, env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip

    def push(self) -> str:
        done = self.run("push", "--yes")
        assert done.returncode == 0, done.stdout
        return done.stdout

    def monitors(self, space: str = "shop") -> dict[str, Json]:
        listed = self.kibana.get(f"/s/{space}/api/synthetics/monitors").json()["monitors"]
        return {monitor["journey_id"]: monitor for monitor in listed}


@pytest.fixture
def project(modules: Path, tmp_path: Path, published: Callable[[str], Path], stand_in: StandIn) -> Project:
    client = stand_in(contract=str(published("9.3")))
    client.post("/api/spaces/space", json={"id": "shop", "name": "Shop"})
    policy = client.post("/api/fleet/agent_policies", json={"name": "here", "namespace": "default"}).json()
    place = {"label": "here", "agentPolicyId": policy["item"]["id"]}
    assert client.post("/api/synthetics/private_locations", json=place).status_code == 200
    (tmp_path / "package.json").write_text(json.dumps({"name": "shop", "version": "1.0.0"}))
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "synthetics.config.js").write_text(CONFIG % "shop")
    (tmp_path / "light.yml").write_text(LIGHT % "front page")
    (tmp_path / "shop.journey.ts").write_text(JOURNEY)
    return Project(tmp_path, modules, client)


def test_a_project_is_pushed_changed_and_shrunk(project: Project) -> None:
    assert "Added(2) Updated(0) Removed(0) Unchanged(0)" in project.push()
    assert {key: m["type"] for key, m in project.monitors().items()} == {"front": "http", "buy": "browser"}
    assert project.monitors("default") == {}
    assert "Added(0) Updated(0) Removed(0) Unchanged(2)" in project.push()
    (project.folder / "light.yml").write_text(LIGHT % "another name")
    assert "Updated(1)" in project.push()
    front = project.monitors()["front"]
    assert (front["name"], front["revision"]) == ("another name", 2)
    (project.folder / "shop.journey.ts").unlink()
    assert "Removed(1)" in project.push()
    assert set(project.monitors()) == {"front"}


def test_places_are_listed_and_unknown_ones_refused(project: Project) -> None:
    assert "here" in project.run("locations").stdout
    (project.folder / "synthetics.config.js").write_text((CONFIG % "shop").replace("'here'", "'nowhere'"))
    done = project.run("push", "--yes")
    assert done.returncode != 0
    assert 'Invalid private location: "nowhere"' in done.stdout
    assert project.monitors() == {}
