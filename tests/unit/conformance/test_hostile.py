"""Texts that break servers are put where people read, and nowhere that names an object."""

import json

import pytest

from pytest_kibana.conformance.hostile import NULL, QUOTES, hostile
from pytest_kibana.contract import Contract
from pytest_kibana.wire.exchange import Request


def changes(contract: Contract, label: str) -> dict:
    return dict(hostile(contract.operation(label)))


def made(body: object) -> Request:
    return Request("POST", "/api/things", body=json.dumps(body).encode())


def test_a_body_is_changed_in_what_people_read(contract: Contract) -> None:
    told = changes(contract, "POST /api/things")
    body = {"id": "kbn-test-1", "name": "kbn-test-1", "inner": {"description": "somebody's"}}
    quoted = json.loads(told["quoted text"](made(body)).body or b"")
    assert quoted == {**body, "name": "kbn-test-1" + QUOTES}
    assert json.loads(told["null text"](made(body)).body or b"")["name"].endswith(NULL)


def test_a_body_without_a_name_of_ours_stays_as_it_is(contract: Contract) -> None:
    told = changes(contract, "POST /api/things")
    request = made({"id": "kbn-test-1", "name": "somebody's"})
    assert told["quoted text"](request) == request


@pytest.mark.parametrize("body", [{}, {"name": "a"}])
def test_the_prototype_is_named_first(contract: Contract, body: dict) -> None:
    changed = changes(contract, "POST /api/things")["prototype key"](made(body))
    assert list(json.loads(changed.body or b"")) == ["__proto__", *body]


def test_an_id_is_one_that_nothing_has_and_that_must_be_encoded(contract: Contract) -> None:
    told = changes(contract, "GET /api/things/{id}")
    request = Request("GET", "/api/things/one", path_parameters={"id": "one"})
    assert told["hostile id"](request).path.startswith("/api/things/0bad")
    assert "%25" in told["hostile id"](request).path
