"""Judging values by the contract's schemas, quickly and with enough detail to word a refusal.

The stand-in keeps its own validators: it must not learn from the harness what is right.
"""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from pytest_kibana.contract import Contract

Json = Any
_DOCUMENT = "urn:contract"
_PREFIX = "#/components/schemas/"


class Schemas:
    """The contract's components, and a validator per schema that is built when first asked for."""

    def __init__(self, contract: Contract) -> None:
        self.components = dict(contract.components)
        self._registry = jsonschema_rs.Registry(
            [(_DOCUMENT, {"components": {"schemas": self.components}})], draft=jsonschema_rs.Draft7
        )
        self._validators: dict[int, tuple[Json, jsonschema_rs.Draft7Validator | None]] = {}

    def validator(self, schema: Json) -> jsonschema_rs.Draft7Validator | None:
        """Return the validator of a schema (a part of the contract, not a copy); None where it cannot be built."""
        known = self._validators.get(id(schema))
        if known is None:
            known = self._validators[id(schema)] = (schema, self._build(schema))
        return known[1]

    def _build(self, schema: Json) -> jsonschema_rs.Draft7Validator | None:
        try:
            return jsonschema_rs.Draft7Validator(_absolute(schema), registry=self._registry)
        except (ValueError, jsonschema_rs.ValidationError):
            # A contract may hold a schema that is none (an impossible pattern); such a schema refuses nothing.
            return None

    def valid(self, schema: Json, value: Json) -> bool:
        """Tell whether the value keeps the schema."""
        if schema is True:
            return True
        judge = self.validator(schema)
        if judge is None:
            return True
        try:
            return judge.is_valid(value)
        except (ValueError, OverflowError):
            return False

    def errors(self, schema: Json, value: Json) -> Iterator[jsonschema_rs.ValidationError]:
        """Yield what is wrong with the value."""
        judge = self.validator(schema)
        return iter(()) if judge is None else judge.iter_errors(value)

    def resolve(self, schema: Json) -> Json:
        """Follow references until the schema is not a pure one."""
        for _ in range(32):
            ref = schema.get("$ref") if isinstance(schema, dict) else None
            if not isinstance(ref, str) or not ref.startswith(_PREFIX):
                return schema
            schema = self.components.get(ref.removeprefix(_PREFIX), True)
        return True


def _absolute(node: Json) -> Json:
    """Return a copy whose references name the document that the registry holds."""
    if isinstance(node, dict):
        return {
            key: _DOCUMENT + value
            if key == "$ref" and isinstance(value, str) and value.startswith("#/")
            else _absolute(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    return node
