"""Ideas from Schemathesis: the only module that imports it, and only when it is asked.

Its coverage phase finds edges that our own generator may not think of, at about 40 cases a second; ours makes
thousands. So it is a second source, for thorough runs, and its ideas pass the same proof as ours.

Schemathesis 4.32 is pinned to the patch level: ``iter_coverage_cases``, ``GenerationSession`` and ``NOT_SET`` are not
documented as public, and tests of this module watch each of them. Nothing global is registered, since that
would leak into the tests of people who use Schemathesis themselves.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pytest_kibana.contract.model import Operation

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Idea:
    """A request that the engine thought of. ``valid`` is what the engine believes."""

    valid: bool
    scenario: str
    sentence: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    has_body: bool = False
    media: str | None = None


class Engine:
    """Schemathesis over one contract.

    Args:
        document: returns the published document, a new copy at each call: the engine changes what it is given.
    """

    def __init__(self, document: Callable[[], dict[str, Any]]) -> None:
        self._document = document

    @cached_property
    def _schema(self) -> Any:
        import schemathesis

        # Without a config of its own it would look for schemathesis.toml in the folders above.
        return schemathesis.openapi.from_dict(self._document(), config=schemathesis.Config())

    def ideas(self, operation: Operation) -> tuple[tuple[Idea, ...], str | None]:
        """Return the ideas for an operation, one for each scenario, location and parameter, and why there are none.

        Whatever the engine raises becomes the reason: a contract that it cannot read is no trouble of ours.
        """
        found: list[Idea] = []
        try:
            found.extend(self._coverage(operation))
        except Exception as why:  # noqa: BLE001 - third-party code over other people's schemas
            return tuple(found), f"{type(why).__name__}: {str(why).splitlines()[0][:160] if str(why) else ''}"
        return tuple(found), None

    def _operation(self, operation: Operation) -> Any:
        return self._schema[operation.published_path or operation.path][operation.method]

    def _coverage(self, operation: Operation) -> Iterator[Idea]:
        from schemathesis import GenerationMode
        from schemathesis.generation.coverage import GenerationSession

        theirs = self._operation(operation)
        cases = self._schema.iter_coverage_cases(
            theirs,
            generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
            generation_config=self._schema.config.generation_for(operation=theirs),
            session=GenerationSession(),  # a used one remembers, and the second enumeration differs
        )
        seen: set[tuple[str, ...]] = set()
        for case in cases:
            phase = case.meta.phase.data
            place = (
                str(phase.scenario),
                str(phase.parameter_location),
                str(phase.parameter),
                str(phase.location),
            )
            if place in seen or case.method.upper() != operation.method or len(seen) >= _MOST:
                continue
            seen.add(place)
            valid = case.meta.generation.mode is GenerationMode.POSITIVE
            idea = _idea(case, valid, str(phase.scenario), str(phase.description or phase.scenario))
            if _is_json([idea.query, idea.headers, idea.body]):
                yield idea

    def strategy(self, operation: Operation) -> "SearchStrategy[Idea]":
        """Return a Hypothesis strategy of valid requests.

        Raises:
            Exception: of whatever kind Schemathesis raises for a schema that it cannot read.
        """
        from schemathesis import GenerationMode

        strategy: SearchStrategy[Any] = self._operation(operation).as_strategy(
            generation_mode=GenerationMode.POSITIVE
        )
        return strategy.map(lambda case: _idea(case, True, "random", "valid and random"))


def _is_json(value: Any) -> bool:
    """Tell whether a value is plain JSON: the engine has types of its own for bytes and raw text."""
    if isinstance(value, Mapping):
        return all(type(k) is str and _is_json(v) for k, v in value.items())
    if isinstance(value, list):
        return all(_is_json(v) for v in value)
    return value is None or type(value) in (str, int, float, bool)


def _idea(case: Any, valid: bool, scenario: str, sentence: str) -> Idea:
    from schemathesis.core import NOT_SET

    has_body = case.body is not NOT_SET
    return Idea(
        valid,
        scenario,
        f"{sentence[:1].lower()}{sentence[1:]}",
        dict(case.path_parameters or {}),
        dict(case.query or {}),
        dict(case.headers or {}),
        case.body if has_body else None,
        has_body,
        case.media_type if has_body else None,
    )
