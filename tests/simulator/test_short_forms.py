"""Newer contracts list operations that older ones could only hint at: without their last segment (observed on 9.4.3).

The contract here is our own: it lists both forms, in both orders, and says nothing else of them.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
CONNECTOR, RULE, PACKAGE = "/api/actions/connector", "/api/alerting/rule", "/api/fleet/epm/packages/{pkgName}"
SHORT: dict[str, str] = {CONNECTOR: "post", RULE: "post", PACKAGE: "get put post delete"}
LONG = {
    f"{CONNECTOR}/{{id}}": "post get delete",
    f"{RULE}/{{id}}": "post get",
    f"{PACKAGE}/{{pkgVersion}}": "get put post delete",
}


def operations(paths: dict[str, str]) -> dict[str, Json]:
    anything = {"content": {"application/json": {"schema": {"type": "object"}}}}
    answers = {"200": {"description": "OK", **anything}}

    def one(method: str) -> Json:
        return {"responses": answers, **({"requestBody": anything} if method in ("post", "put") else {})}

    return {path: {method: one(method) for method in methods.split()} for path, methods in paths.items()}


@pytest.fixture(scope="module", params=["short first", "long first"])
def newest(
    request: pytest.FixtureRequest, stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> httpx.Client:
    paths = (SHORT, LONG) if request.param == "short first" else (LONG, SHORT)
    contract: Path = tmp_path_factory.mktemp("contract") / "both.json"
    info = {"title": "Both forms", "version": "9.4.3"}
    whole = {**operations(paths[0]), **operations(paths[1])}
    contract.write_text(json.dumps({"openapi": "3.0.3", "info": info, "paths": whole}))
    return stand_in(contract=str(contract))


def test_both_forms_make_the_same_things(newest: httpx.Client) -> None:
    body = {"name": "x", "connector_type_id": ".server-log"}
    for path in (CONNECTOR, f"{CONNECTOR}/mine"):
        made = newest.post(path, json=body)
        assert made.status_code == 200, made.text
        assert newest.get(f"{CONNECTOR}/{made.json()['id']}").json()["name"] == "x"
    assert newest.post(CONNECTOR, json={**body, "connector_type_id": ".nothing"}).status_code == 400
    rule = {"name": "r", "rule_type_id": ".index-threshold", "consumer": "alerts", "params": {},
            "schedule": {"interval": "1m"}, "enabled": False}  # fmt: skip
    for path in (RULE, f"{RULE}/mine"):
        made = newest.post(path, json=rule)
        assert newest.get(f"{RULE}/{made.json()['id']}").json()["name"] == "r"


def test_packages_are_known_by_their_name_alone(newest: httpx.Client) -> None:
    path = "/api/fleet/epm/packages"
    assert newest.get(f"{path}/none").status_code == 404
    assert newest.get(f"{path}/tcp").json()["item"]["status"] == "not_installed"
    assert newest.post(f"{path}/tcp", json={"force": True}).status_code == 200
    assert newest.get(f"{path}/tcp").json()["item"]["status"] == "installed"
    changed = newest.put(f"{path}/tcp", json={"keepPoliciesUpToDate": True})
    assert changed.json()["item"]["keepPoliciesUpToDate"] is True
    assert newest.delete(f"{path}/tcp").status_code == 200
    assert newest.get(f"{path}/tcp/2.1.0").json()["item"]["status"] == "not_installed"
