"""From a validator's error to a :class:`Violation`: the deepest meaningful place, in our own words.

Where a value fits no arm of an ``anyOf``, "fits no arm" helps nobody. The arm that was most likely meant is chosen (its
telling fields agree, its type agrees, it has the fewest errors), and what is said is what breaks inside that arm.

Places in schemas leave out the combining keywords and the numbers of their arms: a regenerated contract orders arms
anew and wraps a schema in an ``allOf`` without meaning anything by it, and a finding must keep its identity.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_kibana.contract.model import Violation
from pytest_kibana.contract.pointers import join

_COMBINING = ("anyOf", "allOf", "oneOf")
_NAMED = ("properties", "patternProperties")
_LISTED = 6
_TYPE_NAMES = ((bool, "a boolean"), (str, "text"), (int, "a number"), (float, "a number"), (list, "an array"))

# The validator's names of errors that are not the keyword's own.
_KEYWORDS = {
    "falseSchema": "not",
    "oneOfMultipleValid": "oneOf",
    "oneOfNotValid": "oneOf",
}


def explain(error: Any, pointer: str, value: Any) -> list[Violation]:
    """Return the violations behind one error of jsonschema-rs.

    Args:
        error: a ``ValidationError`` of a schema whose components stand at ``/components/schemas`` of its registry.
        pointer: where the schema stands in the document; used where no component is nearer.
        value: the whole value that was judged.
    """
    kind = error.kind.name
    if kind in ("anyOf", "oneOfNotValid"):
        return _closest(error, pointer, value)
    if kind == "additionalProperties" or (
        kind == "falseSchema" and _last(error) == "additionalProperties" and _last_is_keyword(error)
    ):
        return _unexpected(error, pointer, value)
    return [_violation(error, pointer, _keyword(error), _sentence(error))]


def _closest(error: Any, pointer: str, value: Any) -> list[Violation]:
    base = len(error.instance_path)
    arms = [list(arm) for arm in error.kind.context]
    arms = [arm for arm in arms if arm]
    if not arms:
        return [_violation(error, pointer, "anyOf", "fits none of the forms that the contract allows")]
    if all(_wrong_type(arm, base) for arm in arms):
        types = list(dict.fromkeys(t for arm in arms for e in arm if _is_type(e, base) for t in e.kind.types))
        return [_violation(error, pointer, "type", _type_sentence(error.instance, types))]
    if all(len(arm) == 1 and arm[0].kind.name in ("enum", "const", "type") for arm in arms) and all(
        len(arm[0].instance_path) == base for arm in arms
    ):
        return [_violation(error, pointer, "enum", "is none of the values that the contract lists")]
    best = min(arms, key=lambda arm: _distance(arm, base))
    return [violation for inner in best for violation in explain(inner, pointer, value)]


def _distance(arm: list[Any], base: int) -> tuple[int, int, int, int]:
    """Order arms: the type of the whole, then fields that tell arms apart, then how many errors, then how deep."""
    telling = sum(
        error.kind.name in ("enum", "const") and len(error.instance_path) == base + 1 for error in arm
    )
    unexpected = sum(len(getattr(error.kind, "unexpected", ())) for error in arm)
    depth = max(len(error.instance_path) for error in arm)
    return (int(_wrong_type(arm, base)), telling, len(arm) + unexpected, -depth)


def _wrong_type(arm: Iterable[Any], base: int) -> bool:
    return any(_is_type(error, base) for error in arm)


def _is_type(error: Any, base: int) -> bool:
    return error.kind.name == "type" and len(error.instance_path) == base


def _unexpected(error: Any, pointer: str, value: Any) -> list[Violation]:
    """Name each unexpected property; the validator names none where the schema declares none at all."""
    here = value
    for token in error.instance_path:
        here = here[token]
    names: list[str] = getattr(error.kind, "unexpected", None) or list(here)
    return [
        _violation(
            error,
            pointer,
            "additionalProperties",
            f"has the property `{name}`, which the contract does not allow",
        )
        for name in names
    ]


def _violation(error: Any, pointer: str, keyword: str, sentence: str) -> Violation:
    component, place = _place(
        list(error.schema_path), drop_last=error.kind.name != "falseSchema" or _last_is_keyword(error)
    )
    schema_at = place if component else pointer + place
    return Violation(join(error.instance_path), keyword, sentence, component, schema_at)


def _place(path: list[Any], *, drop_last: bool) -> tuple[str | None, str]:
    """Return the nearest component and the place inside it, without combining keywords."""
    if drop_last and path:
        path = path[:-1]
    component = None
    if path[:2] == ["components", "schemas"] and len(path) > 2:
        component, path = str(path[2]), path[3:]
    kept: list[str | int] = []
    at = 0
    while at < len(path):
        token = path[at]
        if token in _COMBINING and at + 1 < len(path) and isinstance(path[at + 1], int):
            at += 2
        elif token in _NAMED and at + 1 < len(path):
            kept += path[at : at + 2]
            at += 2
        else:
            kept.append(token)
            at += 1
    return component, join(kept)


def _last(error: Any) -> Any:
    return error.schema_path[-1] if error.schema_path else None


def _last_is_keyword(error: Any) -> bool:
    path = error.schema_path
    return len(path) < 2 or path[-2] not in _NAMED


def _keyword(error: Any) -> str:
    return _KEYWORDS.get(error.kind.name, str(error.kind.name))


def _sentence(error: Any) -> str:
    say = _SENTENCES.get(error.kind.name)
    return say(error.kind, error) if say else f"breaks the rule `{_keyword(error)}` of the contract"


def _type_sentence(value: Any, types: Iterable[str]) -> str:
    return f"is {_type_name(value)}, the contract says {_either(types)}"


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    return next((name for kind, name in _TYPE_NAMES if isinstance(value, kind)), "an object")


def _either(words: Iterable[str]) -> str:
    listed = sorted(words, key=lambda word: word == "null")
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"


def _options(values: Iterable[Any]) -> str:
    shown = [f"`{value}`" if not isinstance(value, dict | list) else "an object" for value in values]
    if len(shown) > _LISTED:
        return f"is none of the {len(shown)} values that the contract lists"
    return (
        f"is not {_either(shown)}, which is all that the contract lists"
        if shown
        else "is not allowed to be anything"
    )


def _times(count: Any, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


_SENTENCES: Mapping[str, Callable[[Any, Any], str]] = {
    "type": lambda kind, error: _type_sentence(error.instance, kind.types),
    "required": lambda kind, _: f"lacks the required property `{kind.property}`",
    "enum": lambda kind, _: _options(kind.options),
    "const": lambda kind, _: _options([kind.expected_value]),
    "format": lambda kind, _: f"is no {kind.format}, which is the format that the contract says",
    "pattern": lambda kind, _: f"does not match the contract's pattern `{kind.pattern}`",
    "minimum": lambda kind, _: f"is less than {kind.limit}, the contract's minimum",
    "maximum": lambda kind, _: f"is more than {kind.limit}, the contract's maximum",
    "exclusiveMinimum": lambda kind, _: f"is not more than {kind.limit}, as the contract demands",
    "exclusiveMaximum": lambda kind, _: f"is not less than {kind.limit}, as the contract demands",
    "multipleOf": lambda kind, _: f"is no multiple of {kind.multiple_of}",
    "minLength": lambda kind, _: f"is shorter than the contract's {_times(kind.limit, 'character')}",
    "maxLength": lambda kind, _: f"is longer than the contract's {_times(kind.limit, 'character')}",
    "minItems": lambda kind, _: f"has fewer than the contract's {_times(kind.limit, 'item')}",
    "maxItems": lambda kind, _: f"has more than the contract's {_times(kind.limit, 'item')}",
    "uniqueItems": lambda *_: "holds an item twice, the contract says that each is unique",
    "minProperties": lambda kind, _: f"has fewer than the contract's {_times(kind.limit, 'property')}",
    "maxProperties": lambda kind, _: f"has more than the contract's {_times(kind.limit, 'property')}",
    "falseSchema": lambda *_: "is present, and the contract allows nothing here",
    "not": lambda *_: "is of a form that the contract forbids",
    "propertyNames": lambda *_: "has a property whose name the contract does not allow",
    "additionalItems": lambda kind, _: (
        f"has more than {_times(kind.limit, 'item')}, which the contract does not allow"
    ),
    "contains": lambda *_: "holds no item of the form that the contract demands",
}
