"""What Fleet does that its contract cannot tell: archives that are none, agents that act, and their files."""

import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pytest_kibana.simulator.archives import BadArchive, opened
from pytest_kibana.simulator.store import Clock
from tests.simulator.conftest import StandIn

MANIFEST = "{format_version: 3.0.0, name: tiny, version: 1.0.0, title: T, description: d, owner: {github: o}}"
UPLOAD = "/api/fleet/epm/packages"
AGENTS = "/api/fleet/agents"


def zipped(**files: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


def tarred(**files: str) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return target.getvalue()


GOOD = {"tiny-1.0.0/manifest.yml": MANIFEST, "tiny-1.0.0/docs/README.md": "x"}
BAD = {
    "nothing": b"",
    "neither zip nor gzip": b"uploaded",
    "zip by its first bytes": b"PK\x03\x04 and then nothing",
    "gzip by its first bytes": b"\x1f\x8b and then nothing",
    "gzip of no tar": gzip.compress(b"no tar"),
    "no manifest": zipped(**{"tiny-1.0.0/docs/README.md": "x"}),
    "two folders": zipped(**GOOD, **{"other-1.0.0/manifest.yml": MANIFEST}),
    "another name": zipped(**{"huge-1.0.0/manifest.yml": MANIFEST}),
    "a manifest that lacks": zipped(**{"tiny-1.0.0/manifest.yml": "{name: tiny, version: 1.0.0}"}),
    "a manifest that is a list": zipped(**{"tiny-1.0.0/manifest.yml": "[1]"}),
    "a manifest that is no YAML": zipped(**{"tiny-1.0.0/manifest.yml": "{"}),
}


class TestArchives:
    @pytest.mark.parametrize("pack", [zipped, tarred])
    def test_a_package_is_read(self, pack: Callable[..., bytes]) -> None:
        package = opened(pack(**GOOD))
        assert (package.name, package.version, package.title, package.type) == (
            "tiny",
            "1.0.0",
            "T",
            "integration",
        )

    @pytest.mark.parametrize("content", BAD.values(), ids=BAD)
    def test_what_is_none_is_refused(self, content: bytes) -> None:
        with pytest.raises(BadArchive):
            opened(content)

    @pytest.fixture
    def fleet(self, published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
        return stand_in(contract=str(published("9.1")))

    @pytest.mark.parametrize("content", BAD.values(), ids=BAD)
    def test_a_refused_archive_leaves_nothing(self, fleet: httpx.Client, content: bytes) -> None:
        before = fleet.get(f"{UPLOAD}/installed").json()
        answer = fleet.post(UPLOAD, content=content, headers={"content-type": "application/zip"})
        assert answer.status_code in (400, 415), answer.text
        assert fleet.get(f"{UPLOAD}/installed").json() == before

    def test_an_uploaded_package_lives_and_dies(self, fleet: httpx.Client) -> None:
        made = fleet.post(UPLOAD, content=zipped(**GOOD), headers={"content-type": "application/zip"})
        assert made.json()["_meta"] == {"install_source": "upload", "name": "tiny"}
        assert fleet.get(f"{UPLOAD}/tiny/1.0.0").json()["item"]["status"] == "installed"
        assert fleet.delete(f"{UPLOAD}/tiny/1.0.0").status_code == 200
        assert fleet.get(f"{UPLOAD}/tiny/1.0.0").status_code == 404

    def test_uploads_in_quick_succession_are_told_how_long_to_wait(
        self, published: Callable[[str], Path], stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = stand_in(contract=str(published("9.3")))
        sent = {"content": zipped(**GOOD), "headers": {"content-type": "application/zip"}}
        assert client.post(UPLOAD, **sent).status_code == 200  # type: ignore[arg-type]
        refused = client.post(UPLOAD, **sent)  # type: ignore[arg-type]
        assert (refused.status_code, refused.json()["error"]) == (429, "Too Many Requests")
        told = re.search(r"wait (\d+)s", refused.json()["message"])
        assert told
        now = Clock.millis
        monkeypatch.setattr(Clock, "millis", lambda clock: now(clock) + 1000 * int(told[1]))
        assert client.post(UPLOAD, **sent).status_code == 200  # type: ignore[arg-type]


class TestAgents:
    @pytest.fixture
    def fleet(self, published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
        return stand_in(contract=str(published("9.3")))

    @pytest.fixture
    def agent(self, fleet: httpx.Client) -> str:
        return str(fleet.get(AGENTS).json()["items"][0]["id"])

    def test_agents_are_offered_to_tests(self, fleet: httpx.Client) -> None:
        offered = fleet.get(AGENTS, params={"kuery": 'fleet-agents.tags:"pytest-kibana"'}).json()
        assert offered["total"] == fleet.get(AGENTS).json()["total"] >= 2

    def test_an_action_is_seen_and_called_off(self, fleet: httpx.Client, agent: str) -> None:
        action = {"type": "SETTINGS", "data": {"log_level": "debug"}}
        made = fleet.post(f"{AGENTS}/{agent}/actions", json={"action": action}).json()["item"]
        assert (made["type"], made["agents"]) == ("SETTINGS", [agent])
        assert fleet.post(AGENTS, json={"actionIds": [made["id"]]}).json()["items"] == [agent]
        off = fleet.post(f"{AGENTS}/actions/{made['id']}/cancel").json()["item"]
        assert (off["type"], off["data"]) == ("CANCEL", {"target_id": made["id"]})
        row = fleet.get(f"{AGENTS}/action_status").json()["items"][0]
        assert (row["actionId"], row["status"]) == (made["id"], "CANCELLED")

    def test_an_agent_leaves(self, fleet: httpx.Client, agent: str) -> None:
        assert fleet.post(f"{AGENTS}/{agent}/unenroll", json={"revoke": True}).status_code == 200
        assert agent not in [one["id"] for one in fleet.get(AGENTS).json()["items"]]
        assert agent in [
            one["id"] for one in fleet.get(AGENTS, params={"showInactive": "true"}).json()["items"]
        ]
        counts = fleet.get("/api/fleet/agent_status").json()["results"]
        assert (counts["all"], counts["active"], counts["unenrolled"]) == (6, 5, 1)

    def test_files_come_and_go(self, fleet: httpx.Client, agent: str) -> None:
        fleet.post(f"{AGENTS}/{agent}/request_diagnostics", json={})
        [file] = fleet.get(f"{AGENTS}/{agent}/uploads").json()["items"]
        assert fleet.get(file["filePath"]).status_code == 200
        assert fleet.get(f"{AGENTS}/files/{file['id']}/other.zip").status_code == 404
        assert fleet.delete(f"{AGENTS}/files/{file['id']}").json() == {"id": file["id"], "deleted": True}
        assert fleet.delete(f"{AGENTS}/files/{file['id']}").status_code == 404

    def test_no_agent_is_brought_beyond_its_kibana(self, fleet: httpx.Client, agent: str) -> None:
        for path, body in ((f"{agent}/upgrade", {}), ("bulk_upgrade", {"agents": [agent]})):
            answer = fleet.post(f"{AGENTS}/{path}", json={**body, "version": "99.0.0"})
            assert "higher than the installed" in answer.json()["message"]

    def test_an_output_of_this_cluster_has_no_remote_status(self, fleet: httpx.Client) -> None:
        path = "/api/fleet/remote_synced_integrations/{}/remote_status"
        assert fleet.get(path.format("fleet-default-output")).status_code == 400
        assert fleet.get(path.format("none")).status_code == 404
