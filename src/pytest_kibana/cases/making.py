"""Making the cases of one operation: the base request, and everything that is varied on it."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from pytest_kibana.cases.breaking import BREAKS, breaks
from pytest_kibana.cases.choosers import Chooser, Random, Simplest
from pytest_kibana.cases.engine import Engine, Idea
from pytest_kibana.cases.holes import UNIQUE, has_holes, laid_over
from pytest_kibana.cases.model import Case, CaseBudget, Kind, Made, Recipe, Upload
from pytest_kibana.cases.proof import NDJSON, SENT_BY_CLIENT, Promises, Prover
from pytest_kibana.cases.refusals import PROMISED, doubtful, refusals
from pytest_kibana.cases.shapes import Shapes
from pytest_kibana.cases.sites import MISSING, Root, Site, walk
from pytest_kibana.cases.values import Unsatisfiable, Values
from pytest_kibana.cases.variations import SCENARIOS, Candidate, counted, marked, variations
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Json, MediaType, Operation, Parameter
from pytest_kibana.errors import UsageError

Bindings = Mapping[tuple[str, str], Any]
JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
MOST_SITES: Final = 320
_MISSES: Final = 4
_FILES: Final = frozenset({"file", "sourcemap", "attachment"})


class Maker:
    """Makes the cases of one operation.

    Args:
        contract: of which the operation is.
        operation: whose cases are made.
        seed: of everything random and of every selection.
        recipe: what Kibana wants beyond the schema.
        bindings: values by (location, parameter name), usually holes that name objects of the run; a body's are by
            (``body``, member name).
        values: shared by the makers of one contract, so that each schema is read once.
        engine: a second source of ideas.
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
        engine: Engine | None = None,
    ) -> None:
        self.contract = contract
        self.operation = operation
        self.seed = seed
        self.recipe = recipe
        self.bindings = bindings or {}
        self.values = values or Values(Shapes(contract.components))
        self.prover = Prover(contract, operation)
        self.engine = engine
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
            return replace(case, body=self._bound(recipe.body), has_body=True, media=media)
        body = self.operation.body
        if body is None or self.media is None or not (body.required or self._wants_body()):
            return case
        value = self._body_value(self.media, chooser)
        return replace(case, body=value, has_body=True, media=self.media.name)

    def _wants_body(self) -> bool:
        return any(where == "body" for where, _ in self.bindings)

    def _body_value(self, media: MediaType, chooser: Chooser) -> Json:
        if media.schema is None:
            return {} if media.name == JSON else b""
        value = self.values.make(media.schema.json, chooser)
        if media.name == MULTIPART and isinstance(value, dict):
            return {n: self._field(media, n, value.get(n, "")) for n in dict.fromkeys([*value, *self.files])}
        if media.name in NDJSON and isinstance(value, str):
            return "{}\n"
        return self._bound(marked(value))

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

    def _bound(self, body: Json) -> Json:
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
            body = self._bound(self.values.make(self.media.schema.json, Simplest()))
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

    # what is varied

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Every place at which the base can be varied."""
        base = self.base
        if base is None:
            return ()
        found: list[Site] = []
        for root in self._roots(base):
            found.extend(walk(self.values, root, most=MOST_SITES))
        return tuple(found)

    def _roots(self, base: Case) -> Iterator[Root]:
        for parameter in self.operation.parameters:
            if parameter.location == "cookie" or parameter.name.lower() in SENT_BY_CLIENT:
                continue
            yield _parameter_root(base, parameter)
        media = self.media
        body = self.operation.body
        if media is None or body is None or media.schema is None or isinstance(base.body, bytes):
            return
        yield Root(
            "body",
            "",
            media.schema.json,
            base.body if base.has_body else MISSING,
            lambda v: replace(base, body=v, has_body=True, media=media.name),
            lambda: replace(base, body=None, has_body=False, media=None),
            body.required,
        )

    def boundary(self) -> Iterator[Candidate]:
        """Yield the deterministic valid variations."""
        for site in self.sites:
            yield from variations(self.values, site)
        yield from self._other_media()
        yield from self._ideas(valid=True)

    def _other_media(self) -> Iterator[Candidate]:
        base, body = self.base, self.operation.body
        if base is None or body is None:
            return
        for media in body.content:
            if self.media is None or media.name == self.media.name:
                continue

            def make(media: MediaType = media) -> Case:
                value = self._body_value(media, Simplest())
                return replace(base, body=value, has_body=True, media=media.name)

            yield Candidate("other media type", "body", "", 0, f"the body is {media.name}", make)

    # examples

    def examples(self) -> Iterator[Case]:
        """Yield the published examples that the contract itself allows, with names and ids of the run in them."""
        base = self.base
        if base is None:
            return
        for media in self.operation.body.content if self.operation.body else ():
            for example in media.examples:
                value = example.value
                if media.name == MULTIPART or (media.name != JSON and not isinstance(value, str)):
                    continue
                for body in self._owned(value, base):
                    case = replace(
                        base,
                        kind=Kind.EXAMPLE,
                        body=body,
                        has_body=True,
                        media=media.name,
                        description=f"the published example {example.name!r}",
                    )
                    if self.prover.valid(case):
                        yield case
                        break
        yield from self._parameter_examples(base)

    def _owned(self, value: Json, base: Case) -> Iterator[Json]:
        """Yield the example with the run's own names in it; one that cannot take them creates what nobody knows."""
        yield self._bound(marked(laid_over(value, base.body)))
        yield self._bound(laid_over(value, base.body))

    def _parameter_examples(self, base: Case) -> Iterator[Case]:
        query = {
            p.name: p.examples[0].value
            for p in self.operation.parameters_in("query")
            if p.examples and not has_holes(base.query.get(p.name))
        }
        if query:
            case = replace(
                base,
                kind=Kind.EXAMPLE,
                query={**base.query, **query},
                description="the published examples of the query parameters",
            )
            if self.prover.valid(case):
                yield case

    # random

    def random(self) -> Iterator[Candidate]:
        """Yield valid random requests without end."""
        base = self.base
        if base is None or not self.sites:
            return
        for number in range(10_000):
            chooser = Random(f"{self.seed}:{self.operation.label}:{number}")

            def make(chooser: Random = chooser) -> Case:
                return self._random(base, chooser)

            yield Candidate(f"random {number}", "request", "", 0, "valid and random", make)

    def _random(self, base: Case, chooser: Random) -> Case:
        case = self._random_parameters(base, chooser)
        media = self.media
        if media is None or media.schema is None or media.name == MULTIPART or not base.has_body:
            return case
        if not self._fixed:
            return replace(case, body=self._bound(marked(self.values.make(media.schema.json, chooser))))
        # What the run has to know stays; one other place changes.
        places = [s for s in self.sites if s.location == "body" and s.depth and not has_holes(s.value)]
        if not places:
            return case
        site = chooser.pick(places)
        varied = site.wrap(self.values.fill(site.shape, chooser, site.depth, site.at))
        return replace(case, body=laid_over(varied.body, base.body))

    @cached_property
    def _fixed(self) -> bool:
        """True where the body holds what only the run can know, so that most of it has to stay."""
        return self._wants_body() or bool(self.recipe and self.recipe.has_body)

    def _random_parameters(self, base: Case, chooser: Random) -> Case:
        query, headers = dict(base.query), dict(base.headers)
        for parameter in self.operation.parameters:
            kept = {"query": query, "header": headers}.get(parameter.location)
            name = parameter.name
            if kept is None or name.lower() in SENT_BY_CLIENT or has_holes(kept.get(name)):
                continue
            if name in kept or chooser.include(0):
                value = self.values.make(parameter.schema.json, chooser, 2)
                if parameter.location == "query" or _header_safe(value):
                    kept[name] = value
        return replace(base, query=query, headers=headers)

    # invalid

    def invalid(self) -> Iterator[Candidate]:
        """Yield requests that break one rule of the contract, or one of the platform."""
        for site in self.sites:
            for candidate in breaks(self.values, site):
                if site.location != "body" or self._claims(candidate):
                    yield candidate
        base = self.base
        if base is not None:
            yield from refusals(self.operation, base)
        yield from self._ideas(valid=False)

    def _claims(self, candidate: Candidate) -> bool:
        """Tell whether breaking a body can be noticed: read it must be, and as what the schema says.

        No payload is read on GET, and one that is not JSON is handed on as text or as a stream (hapi), so that of a
        multipart form only a missing field is sure to be missed.
        """
        if self.operation.method in ("GET", "HEAD") or self.media is None:
            return False
        if self.media.name == MULTIPART:
            return candidate.scenario == "required" and candidate.at != ""
        return self.media.name == JSON or self.media.name.endswith("+json")

    @cached_property
    def _engine_ideas(self) -> tuple[Idea, ...]:
        if self.engine is None:
            return ()
        found, reason = self.engine.ideas(self.operation)
        if reason:
            self.trouble.append(f"no cases from Schemathesis: {reason}")
        return found

    def _ideas(self, *, valid: bool) -> Iterator[Candidate]:
        """Yield what the engine found, with the path, the names and the references of the base."""
        base = self.base
        if base is None:
            return
        for number, idea in enumerate(i for i in self._engine_ideas if i.valid is valid):
            body = self._bound(marked(laid_over(idea.body, base.body))) if valid else idea.body
            if not idea.has_body:
                body = None
            case = replace(
                base,
                query={
                    **idea.query,
                    **({k: v for k, v in base.query.items() if has_holes(v)} if valid else {}),
                },
                headers={k: v for k, v in idea.headers.items() if k.lower() not in SENT_BY_CLIENT},
                body=body,
                has_body=idea.has_body,
                media=idea.media,
            )

            def make(case: Case = case) -> Case:
                return case

            yield Candidate("engine", "request", str(number), 0, idea.sentence, make)

    # selection

    def make(self, budget: CaseBudget) -> Made:
        """Return the cases of the operation within a budget, in the order in which to send them."""
        base = self.base
        if base is None:
            return Made((), tuple(self.trouble))
        chosen = _Chosen(self)
        chosen.add(base, "smallest")
        for case in _first(self.examples(), budget.examples):
            chosen.add(case, f"{case.description}")
        chosen.select(Kind.BOUNDARY, self._ranked(self.boundary(), SCENARIOS), budget.boundary)
        chosen.select(Kind.RANDOM, self.random(), budget.random)
        found = chosen.select(Kind.INVALID, self._ranked(self.invalid(), BREAKS), budget.invalid)
        if not found:
            # Not every route has versions or refuses unknown keys, so these speak only where nothing else can.
            chosen.select(Kind.INVALID, doubtful(self.operation, base), budget.invalid)
        order = list(Kind)
        return Made(tuple(sorted(chosen.cases, key=lambda c: order.index(c.kind))), tuple(self.trouble))

    def _ranked(self, candidates: Iterable[Candidate], turns: Sequence[str]) -> Iterator[Candidate]:
        """Let the scenarios take turns; within one, shallow places tend to come first, the seed decides."""
        dice = random.Random(f"{self.seed}:{self.operation.label}")  # noqa: S311 - reproducible by design
        groups: dict[str, list[tuple[float, int, Candidate]]] = {}
        repeated: Counter[tuple[str, str, str]] = Counter()
        for number, candidate in enumerate(candidates):
            where = (candidate.scenario, candidate.location, candidate.at)
            weight = candidate.depth + 3 * dice.random() + 3 * repeated[where]
            repeated[where] += 1
            groups.setdefault(candidate.scenario, []).append((weight, number, candidate))
        order = sorted(groups, key=turns.index)
        queues = [[c for _, _, c in sorted(groups[name], key=lambda row: row[:2])] for name in order]
        for turn in range(max(map(len, queues), default=0)):
            for queue in queues:
                if turn < len(queue):
                    yield queue[turn]


class _Chosen:
    """Collects proven, different cases and gives them their ids."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._seen: set[object] = set()
        self._rules: dict[tuple[str, str, str], set[str]] = {}
        self._ids: set[str] = set()
        self.cases: list[Case] = []

    def select(self, kind: Kind, candidates: Iterable[Candidate], wanted: int) -> int:
        """Add proven cases until there are enough, or the candidates give out; return how many were added."""
        found = misses = 0
        for candidate in candidates:
            if found >= wanted or (kind is Kind.RANDOM and misses > _MISSES * wanted):
                break
            case = self._proven(kind, candidate)
            if (
                case
                and self._new_rule(case, candidate)
                and self.add(case, f"{candidate.scenario}|{candidate.location}|{candidate.at}")
            ):
                found += 1
            else:
                misses += 1
        return found

    def _new_rule(self, case: Case, candidate: Candidate) -> bool:
        """Tell whether no case yet breaks this rule at this place, in this way; the engine's way is any way."""
        if case.rule is None:
            return True
        key = (case.rule.location, case.rule.at, case.rule.keyword)
        ways = self._rules.setdefault(key, set())
        known = bool(ways) if candidate.scenario == "engine" else candidate.scenario in ways
        ways.add(candidate.scenario)
        return not known

    def _proven(self, kind: Kind, candidate: Candidate) -> Case | None:
        try:
            case = replace(candidate.make(), kind=kind, description=candidate.sentence)
        except Unsatisfiable:
            return None
        prover = self._maker.prover
        if candidate.rule is None and kind is Kind.INVALID:
            found = prover.sole_rule(case)
            return replace(case, rule=found, description=found.sentence) if found else None
        if candidate.rule is None:
            return case if prover.valid(case) else None
        if candidate.rule.keyword in PROMISED:
            return replace(case, rule=candidate.rule)
        rule = prover.broken_rule(case, candidate.rule, loose=candidate.loose)
        return replace(case, rule=rule) if rule else None

    def add(self, case: Case, varied: str) -> bool:
        """Add a case unless the same request is there already; tell whether it was added."""
        try:
            request = self._maker.prover.request(case)
        except UsageError:
            return False
        same = (request.path, request.query, request.headers, request.body)
        if same in self._seen:
            return False
        self._seen.add(same)
        seed = f"|{self._maker.seed}" if case.kind is Kind.RANDOM else ""
        counter = 0
        while True:
            text = f"{case.operation}|{case.kind}|{varied}|{counter}{seed}"
            name = f"{case.kind.value}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"
            if name not in self._ids:
                break
            counter += 1
        self._ids.add(name)
        self.cases.append(replace(case, id=name))
        return True


def _first(items: Iterator[Case], count: int) -> Sequence[Case]:
    return [case for case, _ in zip(items, range(count), strict=False)]


def _header_safe(value: Json) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable() and value.strip() == value != ""


def _parameter_root(base: Case, parameter: Parameter) -> Root:
    location = parameter.location
    assert location != "cookie"
    name = parameter.name
    current = base.path if location == "path" else base.query if location == "query" else base.headers

    def with_part(values: Mapping[str, Any]) -> Case:
        if location == "path":
            return replace(base, path=values)
        return replace(base, query=values) if location == "query" else replace(base, headers=values)

    without: Callable[[], Case] | None = None
    if location != "path":
        without = lambda: with_part({k: v for k, v in current.items() if k != name})  # noqa: E731
    return Root(
        location,
        f"/{name}",
        parameter.schema.json,
        current.get(name, MISSING),
        lambda v: with_part({**current, name: v}),
        without,
        parameter.required,
        depth=1,
    )


def cases_for(
    contract: Contract,
    operation: Operation | str,
    *,
    seed: int,
    budget: CaseBudget | None = None,
    bindings: Mapping[str, Bindings] | None = None,
    recipes: Mapping[str, Recipe] | None = None,
) -> tuple[Case, ...]:
    """Return what to send for an operation, in the order in which to send it.

    Args:
        contract: of which the operation is.
        operation: it, or its label or operationId.
        seed: of everything random and of every selection; the same seed makes the same cases anywhere.
        budget: how many of each kind; by default the standard one.
        bindings: by label, values by (location, parameter name): holes that name objects of the run.
        recipes: by label, what Kibana wants beyond the schema.

    Raises:
        ContractError: the contract has no operation of that name.
    """
    return make_cases(contract, operation, seed=seed, budget=budget, bindings=bindings, recipes=recipes).cases


def make_cases(
    contract: Contract,
    operation: Operation | str,
    *,
    seed: int,
    budget: CaseBudget | None = None,
    bindings: Mapping[str, Bindings] | None = None,
    recipes: Mapping[str, Recipe] | None = None,
    values: Values | None = None,
) -> Made:
    """Return the cases of :func:`cases_for` together with the reasons why there are not more.

    ``values`` is shared by callers that make the cases of many operations of one contract.
    """
    found = contract.operation(operation) if isinstance(operation, str) else operation
    budget = budget or CaseBudget()
    return made_by(
        contract,
        found,
        seed=seed,
        budget=budget,
        recipe=(recipes or {}).get(found.label),
        bindings=(bindings or {}).get(found.label),
        values=values,
        engine=Engine(contract.document) if budget.engine else None,
    )


def made_by(
    contract: Promises,
    operation: Operation,
    *,
    seed: int,
    budget: CaseBudget,
    recipe: Recipe | None = None,
    bindings: Bindings | None = None,
    values: Values | None = None,
    engine: Engine | None = None,
) -> Made:
    """Return the cases of one operation; :func:`make_cases` for those who hold the pieces."""
    maker = Maker(
        contract, operation, seed=seed, recipe=recipe, bindings=bindings, values=values, engine=engine
    )
    try:
        return maker.make(budget)
    except UsageError as why:
        return Made((), (f"no request can be written: {why.message}",))
