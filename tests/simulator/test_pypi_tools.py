"""More programs from PyPI that nobody here wrote: a library that makes dashboards, a script that backs up and restores
every space, a tool that keeps saved objects and Fleet policies in files, and one of Elastic's that moves dashboards and
rules to Kibana.

They are installed once into the user's cache, apart from everything else. Where PyPI cannot be had, these tests skip.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import platformdirs
import pytest

from tests.simulator.conftest import StandIn

Json = Any
PACKAGES = (
    "kibana-api==0.0.4",
    "kibana-backup-simple==1.3.0",
    "elastic-stacker==0.3.3",
    "elastic-observability-migration==1.0.0",
)
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
KEEPER = """
import sys
from pathlib import Path
from elastic_stacker.kibana.agent_policies import AgentPolicyController
from elastic_stacker.kibana.package_policies import PackagePolicyController
from elastic_stacker.kibana.saved_objects import SavedObjectController
from elastic_stacker.utils.client import APIClient

verb, url, folder = sys.argv[1:4]
headers = {"kbn-xsrf": "true", "x-elastic-internal-origin": "stacker"}
client = APIClient(base_url=url, auth=("elastic", "changeme"), headers=headers)
objects = SavedObjectController(client, data_directory=Path(folder))
if verb == "load":
    objects.load()
else:
    objects.dump("dashboard", "index-pattern", "tag")
    AgentPolicyController(client).dump(data_directory=folder)
    PackagePolicyController(client).dump(data_directory=folder)
"""
MOVER = """
import json, sys
from observability_migration.targets.kibana import alerting, serverless

url, key, space, flavor = sys.argv[1:5]
here = {"api_key": key, "space_id": space}
assert serverless.detect_serverless(url, **here) is (flavor == "serverless")
ready = alerting.run_alerting_preflight(url, **here)
assert ready["can_create_es_query_rules"] and ready["can_create_custom_threshold_rules"], ready
assert ".server-log" in ready["enabled_connector_type_ids"]
made = alerting.create_connector(url, connector_type_id=".index", name="audit", config={"index": "audit"}, **here)
params = {"searchType": "esQuery", "esQuery": "{}", "index": ["i"], "timeField": "@timestamp", "size": 1,
          "threshold": [0], "thresholdComparator": ">", "timeWindowSize": 5, "timeWindowUnit": "m"}
action = {"id": made["id"], "group": "query matched", "params": {"documents": [{}]},
          "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None}}
rule = alerting.create_rule(url, rule_type_id=".es-query", name="r", params=params, actions=[action],
                            alert_delay={"active": 2}, **here)
assert rule["enabled"] is False and rule["alert_delay"] == {"active": 2}, rule
assert alerting.enable_rule(url, rule["id"], **here) and alerting.disable_rule(url, rule["id"], **here)
assert alerting.list_rules(url, **here)["total"] == 1
assert alerting.delete_rule(url, rule["id"], **here)
views = serverless.ensure_migration_data_views(url, **here)
assert [view["title"] for view in views] == ["metrics-prometheus-*", "metrics-*", "logs-*"]
again = serverless.ensure_migration_data_views(url, **here)
assert [view["id"] for view in again] == [view["id"] for view in views]
assert serverless.set_default_data_view(url, views[0]["id"], **here)
line = json.dumps({"type": "dashboard", "id": "d", "attributes": {"title": "D"}, "references": []}).encode()
assert serverless.import_saved_objects(url, line, **here)["success"]
assert [one["attributes"]["title"] for one in serverless.list_dashboards(url, **here)] == ["D"]
assert serverless.delete_dashboards(url, ["d"], **here)["cleared"] == ["d"]
assert serverless.list_dashboards(url, **here)[0]["attributes"]["title"] == "[DELETED] d"
assert all(serverless.delete_data_view(url, view["id"], **here) for view in views)
"""


@pytest.fixture(scope="module")
def tools() -> Path:
    """Return the folder of the installed programs."""
    home = platformdirs.user_cache_path("pytest-kibana") / "clients" / "-".join(PACKAGES).replace("==", "-")
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


def test_objects_and_policies_are_kept_in_files(
    tools: Path, published: Callable[[str], Path], stand_in: StandIn, tmp_path: Path
) -> None:
    source, target = (stand_in(contract=str(published("9.3"))) for _ in "ab")
    made = source.post(
        "/api/data_views/data_view", json={"data_view": {"title": "logs-*", "name": "Logs"}}
    ).json()
    lost = [{"type": "index-pattern", "id": "not-there", "name": "lost"}]
    reference = [{"type": "index-pattern", "id": made["data_view"]["id"], "name": "kept"}]
    for key, references in (("whole", reference), ("broken", lost)):
        body = {"attributes": {"title": key}, "references": references}
        assert source.post(f"/api/saved_objects/dashboard/{key}", json=body).status_code == 200
    policy = source.post(
        "/api/fleet/agent_policies", json={"name": "Kept policy", "namespace": "default"}
    ).json()
    package = {"name": "udp", "version": "2.1.0"}
    body = {"name": "Kept package", "policy_ids": [policy["item"]["id"]], "package": package, "inputs": {}}
    assert source.post("/api/fleet/package_policies", json=body).status_code == 200
    run(tools, "-c", KEEPER, "dump", str(source.base_url).rstrip("/"), str(tmp_path))
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    assert {"agent_policies/kept-policy.json", "package_policies/kept-package.json"} <= names
    assert "saved_objects/dashboard/whole-whole.json" in names
    run(tools, "-c", KEEPER, "load", str(target.base_url).rstrip("/"), str(tmp_path))
    for key, references in (("whole", reference), ("broken", lost)):  # what is lost is imported when told so
        shown = target.get(f"/api/saved_objects/dashboard/{key}").json()
        assert (shown["attributes"]["title"], shown["references"]) == (key, references)


@pytest.mark.parametrize("flavor", ["traditional", "serverless"])
@pytest.mark.parametrize("space", ["default", "moved"])
def test_dashboards_and_rules_are_moved(
    tools: Path, published: Callable[[str], Path], stand_in: StandIn, flavor: str, space: str
) -> None:
    client = stand_in(contract=str(published("9.3")), flavor=flavor)
    said = client.said  # type: ignore[attr-defined]
    run(tools, "-c", MOVER, said["url"], said["api_key"], "" if space == "default" else space, flavor)
