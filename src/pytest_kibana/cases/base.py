"""The base request of an operation: the smallest that is valid, or what a recipe says."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from pytest_kibana.cases.choosers import Chooser, Simplest
from pytest_kibana.cases.holes import UNIQUE
from pytest_kibana.cases.model import Case, Kind, Recipe, Upload
from pytest_kibana.cases.proof import NDJSON, SENT_BY_CLIENT, Promises, Prover
from pytest_kibana.cases.shapes import Shapes
from pytest_kibana.cases.values import Unsatisfiable, Values
from pytest_kibana.cases.variations import counted, marked
from pytest_kibana.contract.model import Json, MediaType, Operation, Parameter

Bindings = Mapping[tuple[str, str], Any]
JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
_FILES: Final = frozenset({"file", "sourcemap", "attachment"})


class Ground:
    """What the cases of one operation stand on: its base request, and how bodies and ids come about.

    Args:
        contract: of which the operation is.
        operation: whose cases are made.
        seed: of everything random and of every selection.
        recipe: what Kibana wants beyond the schema.
        bindings: values by (location, parameter name), usually holes that name objects of the run; a body's are by
            (``body``, member name).
        values: shared by the makers of one contract, so that each schema is read once.
    """

    def __init__(
        self,
        contract: Promises,
        operation: Operation,
        *,
        seed: int,
        recipe: Recipe | None = None,
        bindings: Bindings | None = None,
        values: Values | None = None,
    ) -> None:
        self.contract = contract
        self.operation = operation
        self.seed = seed
        self.recipe = recipe
        self.bindings = bindings or {}
        self.values = values or Values(Shapes(contract.components))
        self.prover = Prover(contract, operation)
        self.trouble: list[str] = []

    # the base

    @cached_property
    def base(self) -> Case | None:
        """The smallest valid request, or None where there is none; then ``trouble`` says why."""
        for recipe in (self.recipe, None):
            try:
                case = self._assembled(recipe)
            except Unsatisfiable as why:
                self.trouble.append(f"no valid request can be made: {why}")
                continue
            if self.prover.valid(case):
                return case
            plain = self._without_marks(case)
            if recipe is None and self.prover.valid(plain):
                return plain
            faults = ", ".join(
                f"{f.location} {f.name or '(whole)'}: {f.keyword}" for f in self.prover.faults(case)
            )
            which = "the recipe's request" if recipe else "the smallest request"
            self.trouble.append(f"{which} is not valid by the contract ({faults})")
            if self.recipe is None:
                break
        return None

    def _assembled(self, recipe: Recipe | None) -> Case:
        chooser = Simplest()
        recipe = recipe or Recipe()
        path = {p.name: self._path_value(p, recipe, chooser) for p in self.operation.parameters_in("path")}
        query = {
            p.name: self._said(p, chooser)
            for p in self.operation.parameters_in("query")
            if p.required and p.name not in recipe.query
        }
        query |= dict(recipe.query) | {n: v for (where, n), v in self.bindings.items() if where == "query"}
        headers = {
            p.name: self.values.make(p.schema.json, chooser, at=f"/{p.name}")
            for p in self.operation.parameters_in("header")
            if p.required and p.name.lower() not in SENT_BY_CLIENT
        }
        case = Case(
            "",
            self.operation.label,
            Kind.SMALLEST,
            path,
            query,
            {**headers, **recipe.headers},
            description="the smallest request that the contract allows",
        )
        return self._with_body(case, recipe, chooser)

    def _said(self, parameter: Parameter, chooser: Chooser) -> Json:
        """Return a value that leaves a trace in the query: an empty list may leave none."""
        value = self.values.make(parameter.schema.json, chooser, at=f"/{parameter.name}")
        if value != []:
            return value
        shapes = self.values.shapes
        arrays = [v for v in shapes.variants(shapes.of(parameter.schema.json)) if "array" in v.types]
        return self.values.fill(counted(arrays[0], 1), chooser) if arrays else value

    def _with_body(self, case: Case, recipe: Recipe, chooser: Chooser) -> Case:
        if recipe.has_body:
            media = recipe.media or (self.media.name if self.media else JSON)
            return replace(case, body=self.bound(recipe.body), has_body=True, media=media)
        body = self.operation.body
        if body is None or self.media is None or not (body.required or self.wants_body()):
            return case
        value = self.body_value(self.media, chooser)
        return replace(case, body=value, has_body=True, media=self.media.name)

    def wants_body(self) -> bool:
        """Tell whether something is bound to a member of the body."""
        return any(where == "body" for where, _ in self.bindings)

    def body_value(self, media: MediaType, chooser: Chooser) -> Json:
        """Return a body of a media type, with the run's own names in it.

        Raises:
            Unsatisfiable: nothing satisfies its schema.
        """
        if media.schema is None:
            return {} if media.name == JSON else b""
        value = self.values.make(media.schema.json, chooser)
        if media.name == MULTIPART and isinstance(value, dict):
            return {n: self._field(media, n, value.get(n, "")) for n in dict.fromkeys([*value, *self.files])}
        if media.name in NDJSON and isinstance(value, str):
            return "{}\n"
        return self.bound(marked(value))

    def _field(self, media: MediaType, name: str, item: Json) -> Json:
        """Make a multipart field a file where the contract, or its name, says that it is one."""
        if name in self.files or media.encoding.get(name, "").startswith("application/octet"):
            return Upload(f"{name}.ndjson", b"{}\n", media.encoding.get(name, "application/x-ndjson"))
        return item

    @cached_property
    def files(self) -> frozenset[str]:
        """Names of the multipart fields that are files: by their usual names, or because nothing is said of them."""
        media = self.operation.body.media(MULTIPART) if self.operation.body else None
        if media is None or media.schema is None:
            return frozenset()
        shape = self.values.shapes.of(media.schema.json)
        return frozenset(n for n, s in shape.properties.items() if n in _FILES or s in (True, {}))

    def bound(self, body: Json) -> Json:
        """Return a body with its bound members in it."""
        given = {name: value for (where, name), value in self.bindings.items() if where == "body"}
        return {**body, **given} if given and isinstance(body, dict) else body

    def _path_value(self, parameter: Parameter, recipe: Recipe, chooser: Chooser) -> Json:
        for source in (self.bindings.get(("path", parameter.name)), recipe.path.get(parameter.name)):
            if source is not None:
                return source
        shape = self.values.shapes.of(parameter.schema.json)
        simple = all(v.enum is None and not v.format for v in self.values.shapes.variants(shape))
        if simple and "string" in shape.types and (shape.max_length is None or shape.max_length >= 32):
            return UNIQUE
        value = self.values.make(parameter.schema.json, chooser, at=f"/{parameter.name}")
        return value if value not in ("", ".", "..") else "a"

    def _without_marks(self, case: Case) -> Case:
        """Return the base without invented names, for schemas that do not allow them."""
        body = case.body
        if self.media and self.media.schema and case.has_body and self.media.name != MULTIPART:
            body = self.bound(self.values.make(self.media.schema.json, Simplest()))
        path = {
            p.name: self.bindings.get(("path", p.name)) or self.values.make(p.schema.json, Simplest())
            for p in self.operation.parameters_in("path")
        }
        return replace(case, path=path, body=body)

    @cached_property
    def media(self) -> MediaType | None:
        """The media type that bodies have: the recipe's, or JSON, or the first."""
        body = self.operation.body
        if body is None or not body.content:
            return None
        wanted = (self.recipe.media if self.recipe and self.recipe.has_body else None) or JSON
        return body.media(wanted) or body.content[0]
