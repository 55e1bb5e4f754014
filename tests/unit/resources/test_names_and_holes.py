"""Names tell their run and its age; holes are filled and nothing else is touched."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import UsageError
from pytest_kibana.resources import RunMark, trace
from pytest_kibana.resources.template import at, demand_known, fill, holes, places, put, renamed, subjects
from pytest_kibana.resources.values import Values

TIMES = st.integers(min_value=0, max_value=36**7 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(TIMES)
def test_a_name_tells_when_its_run_began(began: int) -> None:
    mark = RunMark(clock=lambda: float(began))
    name = mark.unique()
    for text in (name, f"host:{name}", RunMark.word(name), f"arn:aws/{name}", f"{name}-*", f"logs.{name}"):
        seen = trace(text)
        assert seen is not None
        assert (seen.run, seen.began) == (mark.run, began)
        assert seen.age(began + 60) == 60


@given(st.integers(min_value=1, max_value=300))
def test_names_are_new_each_time_and_fit_every_id_grammar(count: int) -> None:
    mark = RunMark()
    names = [mark.unique() for _ in range(count)]
    assert len(set(names)) == count
    for name in names:
        assert re.fullmatch(r"[a-z][a-z0-9-]{7,35}", name)  # spaces, connectors, SLOs, workflows


def test_two_marks_never_give_the_same_name() -> None:
    first, second = RunMark(clock=lambda: 5.0), RunMark(clock=lambda: 5.0)
    assert first.run != second.run


@pytest.mark.parametrize(
    "text", ["", "kbn-test-", "my-kbn-test-case", "kbn-test-abc-1", "KBN-TEST-0000000aaaa-1"]
)
def test_other_peoples_names_have_no_trace(text: str) -> None:
    assert trace(text) is None


@given(JSON)
def test_text_without_holes_is_left_alone(value: Any) -> None:
    if not holes(value):
        assert fill(value, lambda hole: pytest.fail(f"{hole} was seen")) == value


def test_a_hole_that_is_the_whole_text_keeps_its_type() -> None:
    def lookup(_hole: object) -> Any:
        return [1]

    assert fill({"a": "${case:/version}", "b": "x${case.id}y"}, lookup) == {"a": [1], "b": "x[1]y"}


def test_keys_of_objects_have_holes_too() -> None:
    assert fill({"${space.id}": 1}, lambda _: "s") == {"s": 1}
    assert subjects({"${space.id}": ["${case.id}", "${unique}"]}) == ("space", "case")


@given(JSON, st.text(max_size=3))
def test_what_is_put_at_a_pointer_stands_there(value: Any, name: str) -> None:
    pointer = f"/{name.replace('~', '~0').replace('/', '~1')}"
    if isinstance(value, list):
        return
    assert at(put(value, pointer, 7), pointer) == 7


def test_places_and_renaming() -> None:
    template = {"a": [{"b/c": "${self.id}"}], "d": "${unique}"}
    assert list(places(template)) == [("/a/0/b~1c", "${self.id}"), ("/d", "${unique}")]
    assert renamed(template, {"self": "case"})["a"][0]["b/c"] == "${case.id}"


def test_a_hole_about_nothing_is_refused_with_its_place() -> None:
    with pytest.raises(UsageError, match=r"rules\.yaml: \$\{casse\.id\} is not the name of a resource"):
        demand_known("${casse.id}", frozenset({"case"}), "rules.yaml")


def test_times_are_shifted_and_written_as_kibana_writes_them() -> None:
    values = Values("n", None, lambda: 0.0, pytest.fail)
    assert fill("${now}", values) == "1970-01-01T00:00:00.000Z"
    assert fill("${now+2d}", values) == "1970-01-03T00:00:00.000Z"
    assert fill("${now-90s}", values) == "1969-12-31T23:58:30.000Z"
    assert fill("${unique.b}/${unique.word}/${space}", values) == "n-b/n/default"
    assert fill("${uuid}", values) == fill("${uuid}", values)
