"""Whether a new contract declares a change, and whether clients of the old one can live with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.contract import Contract, load_bytes
from pytest_kibana.upgrade.meaning import Change, Way
from pytest_kibana.upgrade.promises import Promises

READ = "GET /api/thing/{id}"


def contract(
    tmp_path: Path, name: str, thing: dict[str, Any], request: dict[str, Any] | None = None
) -> Contract:
    answer = {"200": {"description": "", "content": {"application/json": {"schema": thing}}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths: dict[str, Any] = {"/api/thing/{id}": {"get": {"parameters": [parameter], "responses": answer}}}
    if request is not None:
        body = {"content": {"application/json": {"schema": request}}}
        paths["/api/thing"] = {"post": {"requestBody": body, "responses": answer}}
    document = {"openapi": "3.0.3", "info": {"title": name, "version": "1"}, "paths": paths}
    return load_bytes(json.dumps(document).encode(), name=name, cache_dir=tmp_path)


def thing(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def test_a_member_that_the_new_contract_no_longer_names_is_declared_gone(tmp_path: Path) -> None:
    promises = Promises(
        contract(tmp_path, "old", thing({"a": TEXT, "b": TEXT})),
        contract(tmp_path, "new", thing({"a": TEXT})),
    )
    gone = Change("/b", Way.GONE, "x")
    assert promises.excuse(READ, gone, answer={"a": "x"})
    assert not promises.excuse(READ, Change("/a", Way.GONE, "x"), answer={"b": "x"})


def test_a_member_that_no_contract_names_is_not_declared_gone(tmp_path: Path) -> None:
    promises = Promises(
        contract(tmp_path, "old", thing({"a": TEXT})), contract(tmp_path, "new", thing({"a": NUMBER}))
    )
    assert not promises.excuse(READ, Change("/z", Way.GONE, "x"), answer={"a": 1})


def test_a_value_that_the_new_contract_forbids_is_declared_changed(tmp_path: Path) -> None:
    promises = Promises(
        contract(tmp_path, "old", thing({"a": NUMBER})), contract(tmp_path, "new", thing({"a": TEXT}))
    )
    assert promises.excuse(READ, Change("/a", Way.TYPE, 5, "5"), answer={"a": "5"})
    assert promises.broken_for_clients(READ, {"a": 5}, {"a": "5"})
    assert promises.new_allows(READ, {"a": "5"})
    assert promises.no_longer_described(READ, {"a": 5})


def test_the_same_contract_excuses_nothing(tmp_path: Path) -> None:
    one = contract(tmp_path, "same", thing({"a": NUMBER}))
    promises = Promises(one, one)
    assert not promises.excuse(READ, Change("/a", Way.TYPE, 5, "5"), answer={"a": "5"})
    assert promises.broken_for_clients(READ, {"a": 5}, {"a": "5"})


def test_a_new_answer_is_held_to_the_new_contract_too(tmp_path: Path) -> None:
    old = contract(tmp_path, "old", thing({"a": NUMBER}))
    new = contract(tmp_path, "new", thing({"a": NUMBER, "b": TEXT}, required=["b"]))
    assert Promises(old, new).unpromised(READ, {"a": 1}, {"a": 1})
    assert not Promises(old, new).unpromised(READ, {"a": 1}, {"a": 1, "b": "x"})
    assert not Promises(old, new).unpromised(READ, {"a": "x"}, {"a": "x", "b": "x"})


def test_what_broke_before_is_not_the_upgrades_doing(tmp_path: Path) -> None:
    promises = Promises(
        contract(tmp_path, "old", thing({"a": NUMBER})), contract(tmp_path, "new", thing({"a": TEXT}))
    )
    assert not promises.broken_for_clients(READ, {"a": "x"}, {"a": "y"})


@pytest.mark.parametrize("default", [7, 8])
def test_another_default_is_declared_where_the_new_contract_says_that_one(
    tmp_path: Path, default: int
) -> None:
    old = contract(tmp_path, "old", thing({"a": NUMBER}), thing({"a": {**NUMBER, "default": 1}}))
    new = contract(tmp_path, "new", thing({"a": NUMBER}), thing({"a": {**NUMBER, "default": default}}))
    excuse = Promises(old, new).excuse(
        READ, Change("/a", Way.VALUE, 1, 7), answer={"a": 7}, made_by="POST /api/thing"
    )
    assert bool(excuse) is (default == 7)


def test_an_operation_that_is_gone_is_removed(tmp_path: Path) -> None:
    old = contract(tmp_path, "old", thing({}), thing({}))
    new = contract(tmp_path, "new", thing({}))
    assert Promises(old, new).removed("POST /api/thing")
    assert not Promises(old, new).removed(READ)
    assert not Promises(new, old).removed("POST /api/thing")


def test_an_old_request_that_the_new_contract_refuses_is_named(tmp_path: Path) -> None:
    old = contract(tmp_path, "old", thing({}), thing({"a": TEXT}))
    new = contract(tmp_path, "new", thing({}), thing({"a": TEXT, "b": TEXT}, required=["b"]))
    assert Promises(old, new).refused_now("POST /api/thing", {"a": "x"})
    assert not Promises(old, new).refused_now("POST /api/thing", {"a": "x", "b": "y"})
