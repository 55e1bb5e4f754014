"""What releases after 9.4 add. Sources: names and parameters of the newest contracts, documentation of managed
integrations, observed on 9.4.3 (agentless policies on a stack of one's own)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
MANAGED, AGENTLESS = "/api/fleet/managed_integrations", "/api/fleet/agentless_policies"
BODY: dict[str, Json] = {
    "name": "clouds",
    "package": {"name": "udp", "version": "2.1.0"},
    "namespace": "here",
}


@pytest.fixture(scope="module")
def own(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stack of one's own."""
    return stand_in(contract=str(published("9.3")), version="9.5.0")


@pytest.fixture(scope="module")
def project(published: Callable[[str], Path], stand_in: StandIn) -> Iterator[httpx.Client]:
    """A serverless project."""
    client = stand_in(contract=str(published("9.3")), version="9.5.0", flavor="serverless")
    said = client.said  # type: ignore[attr-defined]
    with httpx.Client(base_url=said["url"], headers={"authorization": f"ApiKey {said['api_key']}"}) as keyed:
        yield keyed


class TestManagedIntegrations:
    def test_they_live_and_die_where_elastic_runs_them(self, project: httpx.Client) -> None:
        item = project.post(MANAGED, json=BODY).json()["item"]
        one = f"{MANAGED}/{item['id']}"
        assert (item["name"], item["namespace"], item["revision"]) == ("clouds", "here", 1)
        assert project.post(MANAGED, json=BODY).status_code == 409
        replaced = project.put(one, json={"name": "new", "package": BODY["package"]}).json()["item"]
        assert (replaced["name"], replaced["namespace"], replaced["revision"]) == ("new", "default", 2)
        assert project.put(one, json={**BODY, "package": {"name": "tcp", "version": "1"}}).status_code == 400
        assert [row["id"] for row in project.get(MANAGED, params={"kuery": "name: new"}).json()["items"]] == [
            item["id"]
        ]
        assert project.get(f"{AGENTLESS}/{item['id']}").json()["item"]["name"] == "new"
        rows = project.post(f"{MANAGED}/upgrade/dryrun", json={"policyIds": [item["id"], "none"]}).json()
        assert [row["hasErrors"] for row in rows] == [False, True]
        assert project.delete(one).json() == {"id": item["id"]}
        assert project.get(one).status_code == 404

    def test_elsewhere_none_is_made(self, own: httpx.Client) -> None:
        answer = own.post(MANAGED, json=BODY)
        assert (answer.status_code, "serverless and cloud" in answer.json()["message"]) == (400, True)
        assert own.get(MANAGED).json()["items"] == []
        assert own.get(f"{MANAGED}/none").status_code == 404

    @pytest.mark.parametrize("left", ["name", "package"])
    def test_what_lacks_something_is_refused(self, project: httpx.Client, left: str) -> None:
        assert project.post(MANAGED, json={k: v for k, v in BODY.items() if k != left}).status_code == 400


class TestSmallThings:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/api/cases/templates", 200), ("GET", "/api/cases/templates/none", 404),
            ("GET", "/api/cases/fields", 200), ("GET", "/api/cases/none/fields", 404),
            ("POST", "/api/alerting/rule/none/alert/a/_snooze", 404),
            ("GET", "/api/security/entity_store/resolution/rules", 200),
            ("PUT", "/api/security/entity_store/resolution/rules/none/enable", 404),
            ("GET", "/api/risk_score/history", 200), ("POST", "/api/security_solution/initialize", 400),
        ],
    )  # fmt: skip
    def test_lists_are_empty_and_things_unknown(
        self, own: httpx.Client, method: str, path: str, status: int
    ) -> None:
        assert own.request(method, path, json={} if method != "GET" else None).status_code == status

    def test_setting_up_makes_what_it_names(self, own: httpx.Client) -> None:
        assert own.get("/api/lists/index").status_code == 404
        assert (
            own.post("/api/security_solution/initialize", json={"flows": ["create-list-indices"]}).status_code
            == 200
        )
        assert own.get("/api/lists/index").status_code == 200

    def test_they_are_unknown_to_releases_before(
        self, published: Callable[[str], Path], stand_in: StandIn
    ) -> None:
        older = stand_in(contract=str(published("9.3")))
        for path in (MANAGED, "/api/risk_score/history"):
            assert older.get(path).json()["message"] == "Not Found"
