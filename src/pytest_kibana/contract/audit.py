"""The slow search for defects of a contract: examples against schemas, arms of a ``oneOf`` against one another.

It is run when somebody first asks for the defects of a contract, and its result is kept in the cache.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
from jsonschema_rs import canonical

from pytest_kibana.contract.compiler import METHODS, is_json
from pytest_kibana.contract.judge import Judge, absolute, registry_of
from pytest_kibana.contract.model import Defect, Example, JsonSchema, Operation, Schema
from pytest_kibana.contract.pointers import COMPONENTS, child, look_up
from pytest_kibana.contract.translate import Translator

_INNER_MAPS = ("properties", "patternProperties")
_INNER_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_INNER = ("items", "additionalProperties", "not", "propertyNames", "contains")


def audit(
    document: Mapping[str, Any], operations: Mapping[str, Operation], components: Mapping[str, JsonSchema]
) -> tuple[Defect, ...]:
    """Return the defects that take time to find.

    Args:
        document: as published, corrections applied.
        operations: of the compiled contract.
        components: of the compiled contract.
    """
    judge = Judge(components)
    found = [*_published_examples(operations, judge)]
    owners = {operation.pointer: operation.label for operation in operations.values()}
    translate = Translator(lambda reference, _: look_up(document, reference), _silent)
    arms = _Arms(components)
    for pointer, node in raw_schemas(document):
        label = owners.get("/".join(pointer.split("/")[:4])) if pointer.startswith("#/paths/") else None
        if "example" in node and not _fits(
            judge, translate.schema(_without_example(node), pointer), node["example"]
        ):
            found.append(
                Defect(
                    "example-invalid",
                    f"{pointer}/example",
                    "is an example that its own schema refuses",
                    label,
                )
            )
        alternatives = node.get("oneOf")
        if isinstance(alternatives, list) and len(alternatives) > 1:
            place = f"{pointer}/oneOf"
            dead = arms.dead([translate.schema(arm, f"{place}/{n}") for n, arm in enumerate(alternatives)])
            if dead:
                found.append(Defect("one-of-overlap", place, _overlap(dead, len(alternatives)), label))
    return tuple(found)


def _silent(*_: str) -> None:
    """Defects of translation were recorded when the contract was compiled."""


def _without_example(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "example"}


def _fits(judge: Judge, schema: JsonSchema, value: Any) -> bool:
    return judge.is_valid(Schema("", schema), value)


def _overlap(dead: list[int], count: int) -> str:
    listed = ", ".join(str(number) for number in dead)
    which = f"arm {listed}" if len(dead) == 1 else f"arms {listed}"
    return (
        f"is a `oneOf` of {count} arms in which whatever fits {which} fits another arm too; read as `anyOf`"
    )


def _published_examples(operations: Mapping[str, Operation], judge: Judge) -> Iterator[Defect]:
    for label, operation in operations.items():
        for what, schema, example in _examples(operation):
            violations = judge.violations(schema, example.value)
            if violations:
                first = violations[0]
                at = f"at `{first.at}` " if first.at else ""
                sentence = f"is an example of a {what} that its own schema refuses: {at}it {first.sentence}"
                yield Defect("example-invalid", example.pointer, sentence, label)


def _examples(operation: Operation) -> Iterator[tuple[str, Schema, Example]]:
    for parameter in operation.parameters:
        for example in parameter.examples:
            yield "parameter", parameter.schema, example
    bodies = [("request", media) for media in (operation.body.content if operation.body else ())]
    bodies += [("response", media) for response in operation.responses for media in response.content]
    for what, media in bodies:
        if media.schema and is_json(media.name):
            for example in media.examples:
                yield what, media.schema, example


class _Arms:
    """Asks which arms of a ``oneOf`` can never be the only one that fits."""

    def __init__(self, components: Mapping[str, JsonSchema]) -> None:
        self._registry = registry_of(components)

    def dead(self, arms: list[JsonSchema]) -> list[int]:
        """Return the numbers of the arms all of whose values another arm allows too."""
        try:
            forms = [
                jsonschema_rs.canonicalize(
                    absolute(arm), draft=jsonschema_rs.Draft7, registry=self._registry, offline=True
                )
                for arm in arms
            ]
        except ValueError:  # beyond the canonical form: nothing is proven
            return []
        return [
            number
            for number, form in enumerate(forms)
            if any(_covers(other, form) for n, other in enumerate(forms) if n != number)
        ]


def _covers(large: jsonschema_rs.CanonicalSchema, small: jsonschema_rs.CanonicalSchema) -> bool:
    try:
        return large.covers(small) == canonical.Containment.YES
    except ValueError:
        return False


def raw_schemas(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema object of a document, inner ones too, with its pointer."""
    components = document.get("components") or {}
    for name, node in (components.get("schemas") or {}).items():
        yield from _schemas_in(node, child(COMPONENTS[:-1], str(name)))
    for kind, entries in components.items():
        if kind not in ("schemas", "examples"):
            yield from _roots(entries, child("#/components", str(kind)))
    for path, item in (document.get("paths") or {}).items():
        if isinstance(item, dict):
            for key in (*METHODS, "parameters"):
                yield from _roots(item.get(key), child(child("#/paths", str(path)), key))


def _roots(node: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Find the members called ``schema`` of parameters, media types and headers."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "schema" and isinstance(value, dict):
                yield from _schemas_in(value, f"{pointer}/schema")
            elif key not in ("example", "examples"):
                yield from _roots(value, child(pointer, str(key)))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _roots(value, f"{pointer}/{number}")


def _schemas_in(node: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(node, dict):
        return
    yield pointer, node
    for key, value in node.items():
        place = f"{pointer}/{key}"
        if key in _INNER and isinstance(value, dict):
            yield from _schemas_in(value, place)
        elif key in _INNER_LISTS and isinstance(value, list):
            for number, inner in enumerate(value):
                yield from _schemas_in(inner, f"{place}/{number}")
        elif key in _INNER_MAPS and isinstance(value, dict):
            for name, inner in value.items():
                yield from _schemas_in(inner, child(place, str(name)))
