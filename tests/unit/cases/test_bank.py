"""The bank: made once, read lazily, never trusted when damaged, never found under other circumstances."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.cases import Bank, Case, CaseBudget, Kind, Recipe, Upload, make_cases, open_bank
from pytest_kibana.cases import bank as bank_module
from pytest_kibana.cases.coding import decode, decode_case, encode, encode_case
from pytest_kibana.contract import Contract
from pytest_kibana.wire.exchange import Rule

SMALL = CaseBudget("small", 1, 5, 2, 5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(max_size=5_000),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text() | st.sampled_from(["$bytes", "$squeezed", "$upload", "$object"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


def opened(contract: Contract, folder: Path, **more: object) -> Bank:
    return open_bank(contract, **{"seed": 3, "budget": SMALL, "cache_dir": folder, **more})  # type: ignore[arg-type]


@given(JSON)
def test_every_value_survives_coding(value: object) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


def test_a_case_survives_coding_whole() -> None:
    case = Case(
        "invalid-1",
        "POST /api/x",
        Kind.INVALID,
        {"id": "${x.id}"},
        {"q": [1, None]},
        {"h": "v"},
        {"file": Upload("a.ndjson", b"\x00\xff", "application/x-ndjson"), "n": 1.0},
        True,
        "multipart/form-data",
        Rule("body", "/file", "required", "why"),
        "what",
    )
    assert decode_case("POST /api/x", json.loads(json.dumps(encode_case(case)))) == case
    null = dataclasses.replace(case, body=None, rule=None)
    assert decode_case("POST /api/x", encode_case(null)) == null
    nothing = dataclasses.replace(null, has_body=False, media=None)
    assert decode_case("POST /api/x", encode_case(nothing)) == nothing


def test_long_bytes_take_little_room() -> None:
    assert len(json.dumps(encode(b"x" * 1_048_577))) < 3_000


def test_a_bank_holds_what_would_be_made(contract: Contract, tmp_path: Path) -> None:
    bank = opened(contract, tmp_path)
    assert bank.labels == tuple(contract.operations)
    for label in contract.operations:
        assert bank.made(label) == make_cases(contract, label, seed=3, budget=SMALL)


def test_a_second_opening_reads_and_makes_nothing(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(contract, tmp_path)
    monkeypatch.setattr(bank_module, "lines", lambda _: pytest.fail("cases were made again"))
    second = opened(contract, tmp_path)
    assert second.path == first.path
    assert second.cases("POST /api/things") == first.cases("POST /api/things")


@pytest.mark.parametrize(
    "more",
    [
        {"seed": 4},
        {"budget": CaseBudget("small", 1, 5, 2, 6)},
        {
            "recipes": {
                "POST /api/things": Recipe(
                    body={"name": "x", "amount": 2, "owner": {"uid": "u"}}, has_body=True
                )
            }
        },
        {"bindings": {"GET /api/things/{id}": {("path", "id"): "${thing.id}"}}},
        {"operations": ["GET /api/things"]},
    ],
    ids=lambda more: next(iter(more)),
)
def test_other_circumstances_have_another_bank(
    contract: Contract, tmp_path: Path, more: dict[str, object]
) -> None:
    assert opened(contract, tmp_path).path != opened(contract, tmp_path, **more).path


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "garbage"])
def test_a_damaged_bank_is_made_anew(contract: Contract, tmp_path: Path, damage: str) -> None:
    path = opened(contract, tmp_path).path
    assert path is not None
    whole = path.read_bytes()
    broken = {
        "cut": whole[: len(whole) // 2],
        "flip": whole.replace(b'"amount"', b'"AMOUNT"', 1),
        "empty": b"",
        "garbage": b"\x00" * 300,
    }[damage]
    path.write_bytes(broken)
    assert opened(contract, tmp_path).cases("POST /api/things")
    assert path.read_bytes() == whole


def test_processes_make_what_one_makes(contract: Contract, tmp_path: Path) -> None:
    one = opened(contract, tmp_path / "one", processes=1)
    two = opened(contract, tmp_path / "two", processes=2)
    assert one.path is not None
    assert two.path is not None
    assert one.path.read_bytes() == two.path.read_bytes()


def test_a_case_is_found_by_its_id(contract: Contract, tmp_path: Path) -> None:
    bank = opened(contract, tmp_path)
    for case in bank.cases("POST /api/things"):
        assert bank.find(case.id) == case
    assert bank.find("no-such-case") is None
    assert bank.find('"') is None


def test_a_cache_that_cannot_be_written_is_done_without(contract: Contract, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    bank = opened(contract, tmp_path / "file")
    assert bank.path is None
    assert bank.cases("POST /api/things")


def test_old_banks_are_forgotten(contract: Contract, tmp_path: Path) -> None:
    for seed in range(28):
        opened(contract, tmp_path, seed=seed, operations=["GET /api/status"])
    assert len(list((tmp_path / "cases").glob("*.jsonl"))) == 24


def test_an_operation_that_is_not_in_the_bank_is_a_key_error(contract: Contract, tmp_path: Path) -> None:
    bank = opened(contract, tmp_path, operations=["GET /api/things"])
    assert "GET /api/status" not in bank
    assert len(bank) == 1
    with pytest.raises(KeyError):
        bank.cases("GET /api/status")
