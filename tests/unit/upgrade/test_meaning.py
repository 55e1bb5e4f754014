"""Two readings of one object say the same, or where they do not, and in which way."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.upgrade.meaning import Way, changes, core, damaged, masked, missing, secrets, volatile

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def ways(before: Any, after: Any, ignored: tuple[str, ...] = ()) -> dict[str, Way]:
    return {change.at: change.way for change in changes(before, after, ignored)}


@given(JSON)
def test_what_did_not_change_is_no_change(value: Any) -> None:
    assert not list(changes(value, value))
    assert not list(missing(value, value))
    assert volatile(value, value) == ()


@given(JSON, JSON)
def test_what_two_readings_disagree_on_is_covered_by_what_they_are_told_to_ignore(one: Any, two: Any) -> None:
    found = [change.at for change in changes(one, two)]
    assert not list(changes(one, two, found))


@given(JSON, JSON)
def test_differences_are_seen_from_both_sides(one: Any, two: Any) -> None:
    assert bool(list(changes(one, two))) == bool(list(changes(two, one)))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {}, {"/a": Way.GONE}),
        ({}, {"a": 1}, {"/a": Way.ADDED}),
        ({"a": 1}, {"a": 2}, {"/a": Way.VALUE}),
        ({"a": 1}, {"a": 1.0}, {}),
        ({"a": 1}, {"a": "1"}, {"/a": Way.TYPE}),
        ({"a": False}, {"a": True}, {"/a": Way.FLAG}),
        ({"a": False}, {"a": 0}, {"/a": Way.TYPE}),
        ({"a": None}, {}, {}),
        ({"a": []}, {}, {}),
        ({"tags": ["x", "y"]}, {"tags": ["y", "x"]}, {}),
        ({"tags": ["x", "y"]}, {"tags": []}, {"/tags": Way.ITEMS}),
        ({"tags": ["x"]}, {"tags": ["y", "x"]}, {"/tags": Way.MORE}),
        ({"tags": ["x"]}, {"tags": ["y", "z"]}, {"/tags": Way.ITEMS}),
        ({"acts": [{"n": 1}, {"n": 2}]}, {"acts": [{"n": 2}, {"n": 1}]}, {"/acts": Way.ORDER}),
        ({"acts": [{"n": 1}, {"n": 2}]}, {"acts": [{"n": 1}, {"n": 3}]}, {"/acts/1/n": Way.VALUE}),
        ({"t": "2026-01-01T00:00:00.000Z"}, {"t": "2026-01-01T01:00:00+01:00"}, {}),
        (
            {"created_at": "2026-01-01T00:00:00Z"},
            {"created_at": "2026-02-01T00:00:00Z"},
            {"/created_at": Way.TIME},
        ),
        ({"updated_at": "2026-01-01T00:00:00Z"}, {"updated_at": "2026-02-01T00:00:00Z"}, {}),
        ({"a/b": 1}, {"a/b": 2}, {"/a~1b": Way.VALUE}),
    ],
)
def test_each_way_has_its_name(before: Any, after: Any, found: dict[str, Way]) -> None:
    assert ways(before, after) == found


def test_what_is_to_be_ignored_is_ignored_with_everything_below() -> None:
    before = {"rows": [{"x": {"y": 1}}, {"x": {"y": 2}}]}
    after = {"rows": [{"x": {"y": 3}}, {"x": {"y": 4}}]}
    assert ways(before, after, ("/rows/*/x",)) == {}


@pytest.mark.parametrize("text", ["Größe", "東京 by night", "🦊 and more"])
def test_a_wrong_encoding_is_told_from_another_text(text: str) -> None:
    assert damaged(text, text.encode().decode("latin-1"))
    assert damaged(text, text.encode("ascii", "replace").decode())
    assert not damaged(text, text)
    assert not damaged("one text", "another text")


def test_a_cut_text_is_damaged() -> None:
    assert ways({"d": "a long description of it"}, {"d": "a long"}) == {"/d": Way.TEXT}


def test_secrets_are_found_by_what_they_are_called() -> None:
    assert list(secrets({"config": {"password": "x"}, "secrets": {}, "rows": [{"api_key": "k"}]})) == [
        "/config/password",
        "/rows/0/api_key",
    ]


def test_a_secret_is_kept_as_its_mark() -> None:
    reading = {"api_key": "very-secret", "rows": [{"secrets": {"user": "somebody"}, "name": "api_key"}]}
    kept = masked(reading)
    assert "very-secret" not in str(kept)
    assert "somebody" not in str(kept)
    assert kept["rows"][0]["name"] == "api_key"
    assert masked(reading) == kept
    assert masked({"api_key": "another"}) != masked({"api_key": "one"})
    assert list(secrets(kept)) == list(secrets(reading))


@given(JSON)
def test_what_holds_no_secret_stays_as_it_is(value: Any) -> None:
    assert masked(value) == value


def test_an_object_is_found_wherever_it_stands() -> None:
    assert core({"data": {"one": {"id": "x", "a": 1}}}, "x") == "/data/one"
    assert core({"id": "x"}, "x") == ""
    assert core({"id": "y"}, "x") is None


def test_a_secret_need_not_be_shown() -> None:
    assert list(missing({"name": "a", "secrets": {"p": "x"}}, {"name": "a"})) == []
    assert list(missing({"name": "a", "tags": ["x"]}, {"name": "a"})) == ["/tags"]
