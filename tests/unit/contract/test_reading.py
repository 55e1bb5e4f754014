"""JSON and YAML come out as the same data, and whatever is wrong with a file is said with its place."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kibana.contract import load
from pytest_kibana.contract.reading import parse
from pytest_kibana.errors import ContractError, ContractUnavailable

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
# PyYAML writes, and YAML cannot carry, some control characters and lone surrogates; they are not ours to judge.
PLAIN = st.characters(
    min_codepoint=32, max_codepoint=0xD7FF, exclude_characters="\x7f\x85  ﻿", exclude_categories=["Cc"]
)


# PyYAML writes texts such as 1e5 bare, because YAML 1.1 reads them as texts; writers of YAML 1.2 quote them.
TEXT = st.text(PLAIN).filter(lambda text: not re.match(r"[-+]?[0-9.]+[eE]", text))


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        TEXT,
        st.recursive(
            st.none() | st.booleans() | st.integers() | TEXT,
            lambda i: st.lists(i) | st.dictionaries(TEXT, i),
        ),
    )
)
def test_yaml_reads_as_the_json_it_was_written_from(document: dict[str, Any]) -> None:
    """Whatever JSON data a YAML writer writes, reading gives it back: no dates, no octals, no words as booleans."""
    assert (
        parse(yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True).encode(), "x.yaml") == document
    )


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(), TREES))
def test_json_reads_as_json(document: dict[str, Any]) -> None:
    assert parse(json.dumps(document).encode(), "x.json") == json.loads(json.dumps(document))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2023-10-31", "2023-10-31"),
        ("2023-10-31T00:00:00Z", "2023-10-31T00:00:00Z"),
        ("on", "on"),
        ("No", "No"),
        ("yes", "yes"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("0o17", "0o17"),
        ("010", "010"),
        ("1_000", "1_000"),
        ("=", "="),
        ("'1'", "1"),
        ("1", 1),
        ("-3", -3),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        ("true", True),
        ("~", None),
        ("null", None),
        ("", None),
        (".inf", ".inf"),
    ],
)
def test_a_plain_scalar_means_what_json_would_say(written: str, meant: Any) -> None:
    value = parse(f"key: {written}\n".encode(), "x.yaml")["key"]
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize("key", ["200", "on", "null", "1.10", "2023-10-31", "true"])
def test_a_key_is_the_text_that_was_written(key: str) -> None:
    assert parse(f"{key}: 1\n".encode(), "x.yaml") == {key: 1}


def test_anchors_and_merge_keys_are_understood() -> None:
    text = b"base: &b {a: 1, b: 2}\nderived:\n  <<: *b\n  b: 3\nalias: *b\n"
    assert parse(text, "x.yaml") == {
        "base": {"a": 1, "b": 2},
        "derived": {"a": 1, "b": 3},
        "alias": {"a": 1, "b": 2},
    }


def test_aliases_that_stand_for_too_much_are_refused() -> None:
    """Nine lines of YAML can stand for a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ContractError, match="aliases"):
        parse("\n".join(lines).encode(), "x.yaml")


def test_a_document_that_contains_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "loop.yaml"
    file.write_text(
        "openapi: 3.0.3\npaths: {/api/a: {get: {}}}\n"
        "components: {schemas: {A: &a {properties: {inner: *a}}}}\n"
    )
    with pytest.raises(ContractError, match="an alias stands inside"):
        load(file, cache_dir=tmp_path / "cache")


def test_yaml_may_begin_with_a_brace_where_the_name_says_yaml() -> None:
    assert parse(b"{a: 1}", "x.yaml") == {"a": 1}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b'{"openapi": "3.0.3", "paths"', "line 1, column"),
        (b'{\n "openapi": "3.0.3"\n "paths": {}}', "line 3, column 2"),
        (b'openapi: "3.0.3\npaths: {}\n', "line"),
        (b"openapi: 3.0.3\n\tpaths: {}\n", "line 2, column 1"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[1, 2]", "a list"),
        (b"just a text", "a single value"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(data)
    with pytest.raises(ContractError, match=words) as caught:
        load(file, cache_dir=tmp_path / "cache")
    assert str(file) in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"swagger": "2.0", "paths": {"/a": {}}}, "Swagger 2.0"),
        ({"hello": "world"}, "no `openapi` version"),
        ({"openapi": "4.0.0", "paths": {"/a": {}}}, "openapi: 4.0.0"),
        ({"openapi": "3.0.3"}, "no operations"),
        ({"openapi": "3.0.3", "paths": {}}, "no operations"),
    ],
)
def test_a_document_of_another_kind_is_named(tmp_path: Path, document: dict[str, Any], words: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ContractError, match=words):
        load(file, cache_dir=tmp_path / "cache")


@pytest.mark.parametrize(
    "reference", ["#/components/schemas/Gone", "other.yaml#/Thing", "#/paths/nowhere/0/x"]
)
def test_a_reference_that_leads_nowhere_says_which_and_where(
    tmp_path: Path, build: Any, reference: str
) -> None:
    file = tmp_path / "dangling.json"
    file.write_text(json.dumps(build(schemas={"A": {"properties": {"x": {"$ref": reference}}}})))
    with pytest.raises(ContractError) as caught:
        load(file, cache_dir=tmp_path / "cache")
    assert reference in caught.value.message
    assert "#/components/schemas/A/properties/x" in caught.value.message


def test_a_file_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ContractUnavailable, match=r"nothing\.yaml"):
        load(tmp_path / "nothing.yaml", cache_dir=tmp_path / "cache")
