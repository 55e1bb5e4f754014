"""Recipes: what an operation needs, beside keeping its schema, before Kibana can accept it.

A schema cannot say that a comment needs a case, that a name must be new, that a window must lie in the future. The
declarations of resources say it for everything that makes, reads, lists, changes or removes them; for all other
operations ``spec/recipes/*.yaml`` does, and there wins:

    POST /api/alerting/rule/{rule_id}/alert/{alert_id}/_mute:
      why: an alert that never fired is unknown, unless the check is switched off
      path: {rule_id: "${rule.id}", alert_id: "${unique}"}
      query: {validate_alerts_existence: false}

Members: ``path``, ``query``, ``headers``, ``body``, ``media``, ``files`` (multipart: field to ``filename``,
``content``, ``content_type``), ``consumes`` (resources that a success takes away), ``needs``
(resources that must be there without being named), ``why``. A list of such mappings gives forms for different versions;
the first whose body the contract allows is taken.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import UsageError
from pytest_kibana.resources.calls import body_fits, fill_body, merged
from pytest_kibana.resources.catalogue import NAMES, RESOURCES
from pytest_kibana.resources.model import JSON, MULTIPART, NOTHING, Call, File, Kind, Resource
from pytest_kibana.resources.template import Hole, at, demand_known, fill, holes, value_at

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.contract.model import Operation

_MEMBERS = frozenset({"path", "query", "headers", "body", "media", "files", "consumes", "needs", "why"})
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one operation needs. All values may hold holes (:mod:`pytest_kibana.resources.template`).

    ``path`` and ``query`` give values to parameters by the names that the contract uses; ``body`` is a whole body,
    where ``has_body`` is True. ``consumes`` names the resources that a success takes away, so that each request needs
    one of its own. ``creates`` names the resource that a success makes, ``needs`` those that must be there without
    being named in the request, ``without`` those that must not be there yet, ``wishes`` those without which an answer
    says little: what a list lists. ``choices`` says which path parameters choose one of few things of which there is
    one each: a hole for each parameter. ``pins`` are pointers into the body and what may stand there alone.
    """

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    has_body: bool = False
    media: str | None = None
    consumes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    creates: str | None = None
    pins: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


def recipes_for(contract: "Contract") -> dict[str, Recipe]:
    """Return the recipes of a contract's operations by label."""
    found: dict[str, Recipe] = {}
    for kind in RESOURCES.values():
        for call, recipe in _declared(kind):
            operation = contract.find(call.label)
            if operation is not None and operation.label not in found:
                found[operation.label] = _renamed(recipe, call.label, operation)
    for label, forms in written().items():
        operation = contract.find(label)
        if operation is not None:
            declared = found.get(operation.label, Recipe())
            chosen = _renamed(_allowed(contract, operation, forms), label, operation)
            found[operation.label] = _with_role(chosen, declared)
    for label, operation in contract.operations.items():
        choices = _by_path(operation.path, _choosing_paths())
        if choices:
            found[label] = replace(found.get(label, Recipe()), choices=choices)
    return found


def bindings_for(contract: "Contract") -> dict[str, dict[tuple[str, str], str]]:
    """Return, by label, which parameter takes which resource's id, for parameters that no recipe names.

    The keys are location and name of a parameter, the values holes. A parameter is bound where the operation's path
    begins with the path of one object: what comes below an object is about it.
    """
    known = recipes_for(contract)
    found: dict[str, dict[tuple[str, str], str]] = {}
    for label, operation in contract.operations.items():
        recipe = known.get(label, Recipe())
        bound = {
            ("path", name): hole
            for name, hole in _by_path(operation.path, _object_paths()).items()
            if name not in recipe.path and recipe.creates is None
        }
        if bound:
            found[label] = bound
    return found


# -- what declarations say


def _declared(kind: Resource) -> Iterator[tuple[Call, Recipe]]:
    """Yield every call of a declaration as a recipe."""
    # Nothing in a request about a thing of which there is one names it, and so nothing would make it.
    needs = (kind.name,) if kind.kind in (Kind.ENGINE, Kind.SETTING) and kind.makeable else ()
    # Whether it is there already when a request makes it must not depend on what was sent before.
    there, without = ((), needs) if kind.refuses_again else (needs, ())
    for call in kind.create:
        making = _at_create(kind)
        yield (
            call,
            _recipe(
                call,
                making,
                creates=kind.name,
                needs=(*kind.requires, *there),
                without=without,
                pins=_pins(kind, call, making),
            ),
        )
    about = _about(kind)
    for call in kind.read:
        yield call, _recipe(call, about, needs=needs)
    wishes = (kind.name,) if kind.makeable else ()
    for listing in kind.listing:
        yield listing.call, _recipe(listing.call, about, wishes=wishes)
    for call in kind.update:
        yield (
            call,
            _recipe(call, about, body=_update_body(kind, call), needs=needs, pins=_pins(kind, call, about)),
        )
    for call in kind.delete:
        yield call, _recipe(call, about, consumes=(kind.name,), needs=needs, pins=_pins(kind, call, about))


def _pins(kind: Resource, call: Call, lookup: Any) -> dict[str, Any]:
    """Return what may stand in a body alone; a text only where the call itself names the object there."""
    return {
        call.root + pointer: fill(value, lookup)
        for pointer, value in kind.pins.items()
        if not isinstance(value, str) or value_at(call.body, pointer) is not None
    }


def _recipe(call: Call, lookup: Any, *, body: Any = _ABSENT, **more: Any) -> Recipe:
    body = call.body if body is _ABSENT else body
    return Recipe(
        path={n: fill(v, lookup) for n, v in call.path.items()},
        query={n: fill(v, lookup) for n, v in call.query.items()},
        body=None if body is NOTHING else fill_body(body, lookup),
        has_body=body is not NOTHING,
        media=call.media if body is not NOTHING else None,
        **more,
    )


def _at_create(kind: Resource) -> Any:
    """Return the lookup for a call that makes an object: ``self`` means the templates of its keys."""

    def lookup(hole: Hole) -> Any:
        if hole.subject == "self" and hole.part is not None and hole.part in kind.keys:
            return kind.keys[hole.part]
        return str(hole)

    return lookup


def _about(kind: Resource) -> Any:
    """Return the lookup for a call about an object: ``self`` means one of the run's objects of that kind."""

    def lookup(hole: Hole) -> Any:
        if hole.subject != "self":
            return str(hole)
        fixed = kind.keys.get(hole.part or "")
        if fixed is not None and not holes(fixed):
            return fixed  # the same for every object, and one of few values that the contract allows
        return str(Hole(kind.name, hole.part, hole.pointer, hole.shift))

    return lookup


def _update_body(kind: Resource, call: Call) -> Any:
    if call.body is NOTHING:
        return NOTHING
    body = call.body
    if call.semantics == "full" and kind.create:
        first = next((c for c in kind.create if c.root == call.root), kind.create[0])
        if isinstance(first.body, Mapping):
            create = at(first.body, first.root)
            kept = {k: v for k, v in create.items() if k not in kind.create_only}
            body = merged(body, call.root, {**kept, **at(body, call.root)})
    return merged(body, call.root, kind.change)


# -- what the files say


@cache
def written() -> Mapping[str, tuple[Recipe, ...]]:
    """Return the recipes of ``spec/recipes`` by label, each with its forms.

    Raises:
        UsageError: a file says something that nobody understands.
    """
    found: dict[str, tuple[Recipe, ...]] = {}
    for label, forms, where in _documents():
        if label in found:
            raise UsageError(f"{where}: {label} has a recipe already", hint="Keep one of them.")
        listed = forms if isinstance(forms, list) else [forms]
        found[label] = tuple(_read(form or {}, f"{where}, {label}") for form in listed)
    return found


def _documents() -> Iterator[tuple[str, Any, str]]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    folder = files("pytest_kibana").joinpath("spec", "recipes")
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".yaml"):
            document = yaml.load(entry.read_text("utf-8"), Loader=loader) or {}  # noqa: S506 - a safe loader
            for label, forms in document.items():
                yield label, forms, entry.name


def _read(form: Mapping[str, Any], where: str) -> Recipe:
    unknown = set(form) - _MEMBERS
    if unknown:
        raise UsageError(
            f"{where}: unknown: {', '.join(sorted(unknown))}", hint=f"The known ones are {sorted(_MEMBERS)}."
        )
    body, has_body, media = form.get("body"), "body" in form, form.get("media")
    parts = form.get("files", {})
    if parts:
        files_of = {
            name: File(
                part["filename"],
                part["content"].encode(),
                part.get("content_type", "application/octet-stream"),
            )
            for name, part in parts.items()
        }
        body, has_body, media = {**(body or {}), **files_of}, True, media or MULTIPART
    recipe = Recipe(
        path=form.get("path", {}),
        query=form.get("query", {}),
        headers=form.get("headers", {}),
        body=body,
        has_body=has_body,
        media=media,
        consumes=tuple(form.get("consumes", ())),
        needs=tuple(form.get("needs", ())),
        why=form.get("why", ""),
    )
    demand_known([recipe.path, recipe.query, _texts(recipe.body)], NAMES, where)
    return recipe


def _texts(body: Any) -> Any:
    if isinstance(body, Mapping):
        return [(v.filename, v.content.decode()) if isinstance(v, File) else [k, v] for k, v in body.items()]
    return body


def _allowed(contract: "Contract", operation: "Operation", forms: tuple[Recipe, ...]) -> Recipe:
    """Return the first form whose body the contract allows, else the first."""
    for form in forms if len(forms) > 1 else ():
        if body_fits(contract, operation, form.body if form.has_body else NOTHING, form.media or JSON):
            return form
    return forms[0]


def _with_role(recipe: Recipe, declared: Recipe) -> Recipe:
    return replace(
        recipe,
        consumes=recipe.consumes or declared.consumes,
        needs=recipe.needs or declared.needs,
        without=declared.without,
        wishes=declared.wishes,
        creates=recipe.creates or declared.creates,
        pins={**declared.pins, **recipe.pins},
    )


# -- names and places


def _renamed(recipe: Recipe, label: str, operation: "Operation") -> Recipe:
    """Return the recipe with path parameters called as the contract calls them; positions count."""
    names = dict(zip(_parameters(label), _parameters(operation.path), strict=True))
    return replace(recipe, path={names.get(n, n): v for n, v in recipe.path.items()})


def _parameters(text: str) -> list[str]:
    return re.findall(r"\{([^}?*]+)[?*]?\}", text)


def _shape(path: str) -> tuple[str, ...]:
    return tuple(re.sub(r"\{[^}]*\}", "{}", segment) for segment in path.strip("/").split("/"))


@cache
def _object_paths() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return the paths of single objects, as shapes, with the holes of their parameters in order."""
    return _paths_of(RESOURCES.values(), _about)


@cache
def _choosing_paths() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return the same of things of which there is one, or one of each kind: there the parameters choose."""
    singles = [kind for kind in RESOURCES.values() if kind.kind is Kind.ENGINE]
    return _paths_of(singles, lambda kind: lambda hole: str(Hole(kind.name, hole.part)))


def _paths_of(
    kinds: Iterable[Resource], lookup: Callable[[Resource], Any]
) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for kind in kinds:
        about = lookup(kind)
        for call in (*kind.read, *kind.update, *kind.delete):
            names = _parameters(call.route)
            if not names or "${self.id}" not in map(str, call.path.values()):
                continue
            last = call.route.index("{" + names[-1])
            prefix = call.route[: call.route.index("}", last) + 1]
            found.setdefault(_shape(prefix), tuple(str(fill(call.path[n], about)) for n in names))
    return found


def _by_path(path: str, known: Mapping[tuple[str, ...], tuple[str, ...]]) -> dict[str, str]:
    shape, names = _shape(path), _parameters(path)
    for length in range(len(shape), 0, -1):
        holes = known.get(shape[:length])
        if holes:
            return dict(zip(names, holes, strict=False))
    return {}
