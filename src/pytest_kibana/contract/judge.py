"""Judging values: which rule of a schema is broken, where, in one sentence that does not repeat the value.

jsonschema-rs does the judging; one registry per contract holds its components. Most answers are valid, so a validator
first answers yes or no; only a no pays for the search for the deepest meaningful place.
"""

import re
import threading
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from pytest_kibana.contract.explain import explain
from pytest_kibana.contract.model import JsonSchema, Schema, Violation

_BASE = "kibana:contract"
_KEPT = 8192
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_FORMATS = {"uuid": lambda text: _UUID.fullmatch(text) is not None}
"""Formats that draft 7 does not know. The other formats that a contract is held to are draft 7's own."""


class Judge:
    """Validators of one contract, built when first needed.

    Args:
        components: every component, translated.
    """

    def __init__(self, components: Mapping[str, JsonSchema]) -> None:
        self._components = components
        self._registry: jsonschema_rs.Registry | None = None
        self._validators: dict[int, tuple[JsonSchema, Any]] = {}
        self._lock = threading.Lock()

    def is_valid(self, schema: Schema, value: Any) -> bool:
        """Tell whether the value keeps the schema."""
        return bool(self.validator(schema.json).is_valid(value))

    def violations(self, schema: Schema, value: Any) -> tuple[Violation, ...]:
        """Return every way in which the value breaks the schema; see :class:`Violation`."""
        validator = self.validator(schema.json)
        if validator.is_valid(value):
            return ()
        found: dict[tuple[str, str, str], Violation] = {}
        for error in validator.iter_errors(value):
            for violation in explain(error, schema.pointer, value):
                found.setdefault((violation.at, violation.keyword, violation.sentence), violation)
        mistyped = {(v.at, v.schema_at, v.component) for v in found.values() if v.keyword == "type"}
        return tuple(
            v
            for v in found.values()
            # A value of the wrong type is none of the listed ones either; that is one defect and not two.
            if v.keyword not in ("enum", "const") or (v.at, v.schema_at, v.component) not in mistyped
        )

    def validator(self, json_schema: JsonSchema) -> Any:
        """Return the validator of a schema whose references name components."""
        kept = self._validators.get(id(json_schema))
        if kept is not None and kept[0] is json_schema:
            return kept[1]
        with self._lock:
            if self._registry is None:
                self._registry = registry_of(self._components)
            made = jsonschema_rs.Draft7Validator(
                absolute(json_schema),
                registry=self._registry,
                validate_formats=True,
                formats=_FORMATS,
                offline=True,
            )
            if len(self._validators) >= _KEPT:
                self._validators.pop(next(iter(self._validators)))
            self._validators[id(json_schema)] = (json_schema, made)
        return made


def registry_of(components: Mapping[str, JsonSchema]) -> jsonschema_rs.Registry:
    """Return a registry in which the references that :func:`absolute` makes are found."""
    document = {"components": {"schemas": dict(components)}}
    return jsonschema_rs.Registry([(_BASE, document)], draft=jsonschema_rs.Draft7)


def absolute(schema: Any) -> Any:
    """Return a copy of a schema whose references name the registry's document instead of their own."""
    if isinstance(schema, dict):
        return {
            key: f"{_BASE}{value}" if key == "$ref" and isinstance(value, str) else absolute(value)
            for key, value in schema.items()
        }
    return [absolute(item) for item in schema] if isinstance(schema, list) else schema
