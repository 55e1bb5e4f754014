"""Hypothesis strategies for people who write their own tests.

>>> from hypothesis import given                                             # doctest: +SKIP
>>> @given(body=request_bodies(contract, "POST /api/spaces/space"))          # doctest: +SKIP
... def test_a_space_is_what_was_asked_for(body): ...

They ask the same generator as the conformance run (:mod:`pytest_kibana.cases.values`), which here draws every
choice from Hypothesis, so that failing examples shrink. Values hold no placeholders.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final, TypeVar

from hypothesis import reject
from hypothesis import strategies as st

from pytest_kibana.cases.choosers import ALPHABET
from pytest_kibana.cases.holes import stood_in
from pytest_kibana.cases.making import Maker
from pytest_kibana.cases.model import Case, Kind, Recipe
from pytest_kibana.cases.proof import SENT_BY_CLIENT
from pytest_kibana.cases.values import Unsatisfiable
from pytest_kibana.cases.variations import Candidate
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Json, Operation, Parameter
from pytest_kibana.errors import ContractError

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]
_LETTERS: Final = "".join(dict.fromkeys(ALPHABET))
_MOST_BREAKS: Final = 400


@cache
def _integers(low: int, high: int, simplest: int = 0) -> st.SearchStrategy[int]:
    plain = st.integers(low, high)
    return st.one_of(st.just(simplest), plain) if low <= 0 <= high and simplest != 0 else plain


@cache
def _texts(low: int, high: int) -> st.SearchStrategy[str]:
    return st.text(_LETTERS, min_size=low, max_size=high)


class Drawn:
    """Lets Hypothesis decide."""

    def __init__(self, draw: Draw, depth: int = 6) -> None:
        self._draw = draw
        self.depth = depth

    def integer(self, low: int, high: int, simplest: int) -> int:
        """Draw a number; it shrinks towards the plainest."""
        return int(self._draw(_integers(low, high, simplest)))

    def pick(self, options: Sequence[T]) -> T:
        """Draw an option; it shrinks towards the first."""
        if len(options) == 1:
            return options[0]
        return options[self._draw(_integers(0, len(options) - 1))]

    def include(self, depth: int) -> bool:
        """Draw whether something optional is there; it shrinks towards leaving it out."""
        return depth < self.depth and bool(self._draw(_integers(0, 1 + depth)) == 1 + depth)

    def hint(self) -> bool:
        """Draw whether to take a published value."""
        return bool(self._draw(_integers(0, 3)) == 3)

    def text(self, low: int, high: int) -> str:
        """Draw text in several scripts."""
        return str(self._draw(_texts(low, min(high, max(low, 40)))))


def request_bodies(contract: Contract, operation: Operation | str) -> st.SearchStrategy[Json]:
    """Return a strategy of JSON bodies that the contract allows for the operation.

    Raises:
        ContractError: the contract has no such operation, it takes no JSON body, or no body can satisfy it.
    """
    maker = _maker(contract, operation)
    media = maker.media
    if (
        media is None
        or media.schema is None
        or not (media.name == "application/json" or "+json" in media.name)
    ):
        raise ContractError(
            f"{maker.operation.label} has no JSON body with a schema",
            hint="Use the strategy requests(…), which works for every operation.",
        )
    _base(maker)
    schema = media.schema

    @st.composite
    def bodies(draw: Draw) -> Json:
        return _made(partial(maker.values.make, schema.json, Drawn(draw)))

    return bodies().filter(lambda body: contract.is_valid(schema, body))


def requests(
    contract: Contract, operation: Operation | str, *, recipe: Recipe | None = None
) -> st.SearchStrategy[Case]:
    """Return a strategy of whole requests that the contract allows, as :class:`Case` without an id.

    Path parameters are what ``recipe`` says, or a name of the form that a run uses.

    Raises:
        ContractError: the contract has no such operation, or no request can satisfy it.
    """
    maker = _maker(contract, operation, recipe)
    base = _base(maker)
    media = maker.media

    @st.composite
    def cases(draw: Draw) -> Case:
        chooser = Drawn(draw)
        parts: dict[str, dict[str, Any]] = {"query": dict(base.query), "header": dict(base.headers)}
        for parameter in _variable(maker.operation):
            part = parts[parameter.location]
            if parameter.name in part or chooser.include(0):
                part[parameter.name] = _made(partial(maker.values.make, parameter.schema.json, chooser, 2))
        body = base.body
        if base.has_body and media and media.schema and media.name == "application/json" and recipe is None:
            body = _made(partial(maker.values.make, media.schema.json, chooser))
        return replace(base, kind=Kind.RANDOM, query=parts["query"], headers=parts["header"], body=body)

    return cases().filter(maker.prover.valid)


def invalid_requests(
    contract: Contract, operation: Operation | str, *, recipe: Recipe | None = None
) -> st.SearchStrategy[Case]:
    """Return a strategy of requests each of which breaks the one rule that its ``rule`` names.

    Raises:
        ContractError: the contract has no such operation, or nothing of it can be broken with certainty.
    """
    maker = _maker(contract, operation, recipe)
    _base(maker)
    proven = [
        case for candidate in list(maker.invalid())[:_MOST_BREAKS] if (case := _proven(maker, candidate))
    ]
    if not proven:
        raise ContractError(
            f"{maker.operation.label} has no input that could be proven invalid",
            hint="Only malformed requests of the platform apply to it: credentials, kbn-xsrf, version.",
        )
    return st.sampled_from(proven)


def _maker(contract: Contract, operation: Operation | str, recipe: Recipe | None = None) -> Maker:
    found = contract.operation(operation) if isinstance(operation, str) else operation
    return Maker(contract, found, seed=0, recipe=recipe)


def _base(maker: Maker) -> Case:
    base = maker.base
    if base is None:
        raise ContractError(
            f"no request satisfies {maker.operation.label}: {'; '.join(maker.trouble)}",
            hint="This is a defect of the contract; give a recipe, or leave the operation out.",
        )
    return _plain(base)


def _plain(case: Case) -> Case:
    """Return the case with names in place of placeholders."""
    return replace(
        case,
        path=stood_in(case.path),
        query=stood_in(case.query),
        headers=stood_in(case.headers),
        body=stood_in(case.body),
    )


def _variable(operation: Operation) -> tuple[Parameter, ...]:
    return tuple(
        p
        for p in operation.parameters
        if p.location == "query" or (p.location == "header" and p.name.lower() not in SENT_BY_CLIENT)
    )


def _made(make: Callable[[], T]) -> T:
    try:
        return make()
    except Unsatisfiable:
        # This choice of alternatives leads nowhere; the base shows that another one does.
        reject()


def _proven(maker: Maker, candidate: Candidate) -> Case | None:
    if candidate.rule is None:
        return None
    try:
        case = _plain(replace(candidate.make(), kind=Kind.INVALID, description=candidate.sentence))
    except Unsatisfiable:
        return None
    rule = maker.prover.broken_rule(case, candidate.rule, loose=candidate.loose)
    return replace(case, rule=rule) if rule else None
