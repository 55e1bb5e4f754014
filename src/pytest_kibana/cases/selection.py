"""Choosing: within a budget the scenarios take turns, each candidate is proven, and no request is made twice."""

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pytest_kibana.cases.base import Bindings
from pytest_kibana.cases.breaking import BREAKS
from pytest_kibana.cases.engine import Engine
from pytest_kibana.cases.making import Maker
from pytest_kibana.cases.model import Case, CaseBudget, Kind, Made, Recipe, RecipeLike
from pytest_kibana.cases.proof import Promises
from pytest_kibana.cases.refusals import PROMISED, doubtful
from pytest_kibana.cases.values import Unsatisfiable, Values
from pytest_kibana.cases.variations import SCENARIOS, Candidate
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import UsageError

_MISSES: Final = 4


def cases_for(
    contract: Contract,
    operation: Operation | str,
    *,
    seed: int,
    budget: CaseBudget | None = None,
    bindings: Mapping[str, Bindings] | None = None,
    recipes: Mapping[str, RecipeLike] | None = None,
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
    recipes: Mapping[str, RecipeLike] | None = None,
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
        recipe=Recipe.of(recipes[found.label]) if recipes and found.label in recipes else None,
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
        return choose(maker, budget)
    except UsageError as why:
        return Made((), (f"no request can be written: {why.message}",))


def choose(maker: Maker, budget: CaseBudget) -> Made:
    """Return the cases of the operation within a budget, in the order in which to send them."""
    base = maker.base
    if base is None:
        return Made((), tuple(maker.trouble))
    chosen = _Chosen(maker)
    chosen.add(base, "smallest")
    for case in _first(maker.examples(), budget.examples):
        chosen.add(case, f"{case.description}")
    chosen.select(Kind.BOUNDARY, _ranked(maker, maker.boundary(), SCENARIOS), budget.boundary)
    chosen.select(Kind.RANDOM, maker.random(), budget.random)
    found = chosen.select(Kind.INVALID, _ranked(maker, maker.invalid(), BREAKS), budget.invalid)
    if not found:
        # Not every route has versions or refuses unknown keys, so these speak only where nothing else can.
        chosen.select(Kind.INVALID, doubtful(maker.operation, base), budget.invalid)
    order = list(Kind)
    return Made(tuple(sorted(chosen.cases, key=lambda c: order.index(c.kind))), tuple(maker.trouble))


def _ranked(maker: Maker, candidates: Iterable[Candidate], turns: Sequence[str]) -> Iterator[Candidate]:
    """Let the scenarios take turns, in the body and beside it; within one, shallow places tend to come first, the seed
    decides. A body has many places, behind which a parameter of the query would never come to its turn.
    """
    dice = random.Random(f"{maker.seed}:{maker.operation.label}")  # noqa: S311 - reproducible by design
    groups: dict[tuple[str, bool], list[tuple[float, int, Candidate]]] = {}
    repeated: Counter[tuple[str, str, str]] = Counter()
    for number, candidate in enumerate(candidates):
        where = (candidate.scenario, candidate.location, candidate.at)
        weight = candidate.depth + 3 * dice.random() + 3 * repeated[where]
        repeated[where] += 1
        group = (candidate.scenario, candidate.location == "body")
        groups.setdefault(group, []).append((weight, number, candidate))
    order = sorted(groups, key=lambda group: (turns.index(group[0]), group[1]))
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
