"""Values made for a schema keep it, and keep as much of the hint as it allows."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kibana.contract import load
from pytest_kibana.simulator.patterns import text_for
from pytest_kibana.simulator.schemas import Schemas
from pytest_kibana.simulator.store import Clock
from pytest_kibana.simulator.synthesis import MISSING, Synthesiser

CORE = load("core")
SCHEMAS = Schemas(CORE)
MAKER = Synthesiser(SCHEMAS, Clock())
BODIES = [
    media.schema.json
    for operation in CORE.operations.values()
    for response in operation.responses
    for media in response.content
    if media.schema is not None and media.name == "application/json"
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("index", range(len(BODIES)))
def test_every_answer_of_core_can_be_made_of_nothing(index: int) -> None:
    assert SCHEMAS.valid(BODIES[index], MAKER.fit(BODIES[index], MISSING))


@settings(max_examples=150, deadline=None)
@given(schema=st.sampled_from(BODIES), hint=JSON)
def test_whatever_the_hint_the_schema_is_kept(schema: Any, hint: Any) -> None:
    assert SCHEMAS.valid(schema, MAKER.fit(schema, hint))


@settings(max_examples=100, deadline=None)
@given(schema=st.sampled_from(BODIES), hint=JSON)
def test_a_value_that_keeps_the_schema_is_left_alone(schema: Any, hint: Any) -> None:
    made = MAKER.fit(schema, hint)
    assert MAKER.fit(schema, made) == made


def test_what_a_closed_schema_forbids_is_dropped_and_what_it_requires_is_filled_in() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "count"],
        "properties": {
            "id": {"type": "string"},
            "count": {"type": "integer", "minimum": 3},
            "name": {"type": "string"},
        },
    }
    assert MAKER.fit(schema, {"id": "x", "name": "n", "secret": 1}) == {"id": "x", "name": "n", "count": 3}


def test_among_alternatives_the_one_that_the_hint_names_is_taken() -> None:
    def arm(kind: str, extra: str) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["type", extra],
            "properties": {"type": {"enum": [kind]}, extra: {"type": "string"}, "note": {"type": "string"}},
        }

    schema = {"anyOf": [arm("query", "query"), arm("eql", "language")]}
    made = MAKER.fit(schema, {"type": "eql", "note": "n"})
    assert (made["type"], made["note"], "language" in made) == ("eql", "n", True)


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree: dict[str, Any] = {"type": "object", "required": ["child"], "properties": {}}
    tree["properties"]["child"] = {"anyOf": [{"$ref": "#/components/schemas/SelfRef"}, {"type": "null"}]}
    maker = Synthesiser(SCHEMAS, Clock())
    assert maker.fit(tree, MISSING) is not None


@pytest.mark.parametrize(
    "pattern",
    ["^[a-z0-9_\\-]+$", "^#[a-zA-Z0-9]{6}$", "[smdh]$", "^\\d{4}-\\d{2}$", "^(a|b)c?$", "^[^/]+$", "x{3,5}"],
)
def test_a_text_for_a_pattern_matches_it(pattern: str) -> None:
    import re

    assert re.search(pattern, text_for(pattern))


def test_times_only_move_forward() -> None:
    clock = Clock()
    times = [clock.now() for _ in range(50)]
    assert times == sorted(set(times))
