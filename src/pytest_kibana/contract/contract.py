"""A compiled contract, open: the operations, the components, and the questions one may ask."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_kibana.contract.model import Defect, JsonSchema, Match, Operation, Schema, Violation
from pytest_kibana.contract.pointers import COMPONENTS
from pytest_kibana.contract.routing import Route, Router, shape
from pytest_kibana.contract.store import Opened
from pytest_kibana.errors import ContractError

if TYPE_CHECKING:
    from pytest_kibana.contract.judge import Judge

_SPACE = re.compile(r"^/s/\{[^}]*\}(?=/)")


class Contract:
    """What was promised. Made by :func:`pytest_kibana.contract.load`; safe to share between threads.

    Attributes:
        sha256: of the bytes that were published (of all the files, for ``core``).
        source: what was asked for, or where it was found: a path, a URL, ``core``.
        version: minor version such as ``9.1``, or None where neither the request nor the file's name says it.
        flavor: ``traditional``, ``serverless``, or None where nothing says it.
        title: of the document.
        operations: by label, in the contract's order.
        components: the named schemas, translated to draft 7.
        overlays: names of the corrections that were applied.
    """

    def __init__(
        self,
        opened: Opened,
        *,
        sha256: str,
        source: str,
        version: str | None,
        flavor: str | None,
        document: Callable[[], dict[str, Any]],
        more_defects: Callable[[], tuple[Defect, ...]],
        overlays: tuple[str, ...] = (),
    ) -> None:
        self.sha256 = sha256
        self.source = source
        self.version = version
        self.flavor = flavor
        self.title = opened.title
        self.operations: Mapping[str, Operation] = opened.operations
        self.components: Mapping[str, JsonSchema] = opened.components
        self.overlays = overlays
        self._opened = opened
        self._document = document
        self._more_defects = more_defects

    def __repr__(self) -> str:
        return f"<Contract {self.source} {len(self.operations)} operations sha256 {self.sha256[:8]}>"

    @cached_property
    def families(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of each family (tag), in the contract's order."""
        found: dict[str, list[str]] = {}
        for row in self._opened.rows:
            found.setdefault(row[4], []).append(row[0])
        return {family: tuple(labels) for family, labels in found.items()}

    @cached_property
    def defects(self) -> tuple[Defect, ...]:
        """What is wrong with the contract itself; :data:`pytest_kibana.contract.KINDS` explains each kind.

        Those that were seen while compiling come first; the rest (examples against schemas, arms against arms) is
        sought when this is first read, and then kept in the cache.
        """
        return (*self._opened.defects(), *self._more_defects())

    def document(self) -> dict[str, Any]:
        """Return the published document, with overlays applied: a new copy at each call, for generators."""
        return self._document()

    # operations

    def find(self, name: str) -> Operation | None:
        """Return the operation of that label or operationId, or None.

        A label may have other parameter names, a method in lower case, or the ``/s/{spaceId}`` prefix.
        """
        label = self._labels.get(name) or self._labels.get(_normal(name))
        return self.operations[label] if label else None

    def operation(self, name: str) -> Operation:
        """Return the operation of that label or operationId.

        Raises:
            ContractError: there is none; the hint names the nearest.
        """
        found = self.find(name)
        if found:
            return found
        method, _, path = name.partition(" ")
        meant_request = self.match(method, path) if path.startswith("/") else None
        if meant_request is not None:
            values = dict(meant_request.path_parameters)
            raise ContractError(
                f"`{name}` is a request, not the name of an operation",
                hint=f"The operation is `{meant_request.operation.label}`, with path={values}.",
            )
        from difflib import get_close_matches

        near = get_close_matches(
            name, [*self.operations, *(row[3] for row in self._opened.rows)], n=3, cutoff=0.5
        )
        meant = "Did you mean " + " or ".join(f"`{label}`" for label in near) + "? " if near else ""
        raise ContractError(
            f"the contract {self.source} has no operation `{name}`",
            hint=f"{meant}An operation is named `METHOD /api/path/{{parameter}}` or by its operationId.",
        )

    @cached_property
    def _labels(self) -> dict[str, str]:
        labels: dict[str, str] = {}
        for label, method, path, operation_id, *_ in self._opened.rows:
            labels.setdefault(f"{method} {shape(path)}", label)
            labels.setdefault(operation_id, label)
        labels.update((label, label) for label in self.operations)
        return labels

    def match(self, method: str, path: str) -> Match | None:
        """Return the operation that a concrete request means, or None.

        Args:
            method: in any case.
            path: percent-encoded, below the base path; it may begin with ``/s/{space}``. A query is ignored.
        """
        found = self._router.find(method, path)
        if found is None:
            return None
        label, values, space = found
        return Match(self.operations[label], values, space)

    def methods(self, path: str) -> frozenset[str]:
        """Return the methods that the contract documents for a concrete path."""
        return self._router.methods(path)

    @cached_property
    def _router(self) -> Router:
        return Router(Route(row[0], row[1], row[2], row[6]) for row in self._opened.rows)

    # schemas

    def resolve(self, json_schema: JsonSchema) -> JsonSchema:
        """Follow references to components until the schema is more than a reference.

        Raises:
            ContractError: a reference names no component.
        """
        for _ in range(64):
            if not isinstance(json_schema, dict) or set(json_schema) != {"$ref"}:
                return json_schema
            name = str(json_schema["$ref"]).removeprefix(COMPONENTS)
            if name not in self.components:
                raise ContractError(
                    f"the contract {self.source} has no component `{name}`",
                    hint="References in schemas are written `#/components/schemas/<name>`.",
                )
            json_schema = self.components[name]
        return json_schema

    def is_valid(self, schema: Schema, value: Any) -> bool:
        """Tell whether the value keeps the schema."""
        return schema.vacuous or self._judge.is_valid(schema, value)

    def violations(self, schema: Schema, value: Any) -> tuple[Violation, ...]:
        """Return every way in which the value breaks the schema; nothing where it keeps it."""
        return () if schema.vacuous else self._judge.violations(schema, value)

    @cached_property
    def _judge(self) -> "Judge":
        from pytest_kibana.contract.judge import Judge

        return Judge(self.components)


def _normal(name: str) -> str:
    method, _, path = name.strip().partition(" ")
    return f"{method.upper()} {shape(_SPACE.sub('', path.strip()))}"
