"""Everything that is varied on the base request of an operation, as candidates that still have to be proven."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from pytest_kibana.cases.base import JSON, MULTIPART, Bindings, Ground
from pytest_kibana.cases.breaking import breaks
from pytest_kibana.cases.choosers import Random, Simplest
from pytest_kibana.cases.engine import Engine, Idea
from pytest_kibana.cases.holes import has_holes, laid_over
from pytest_kibana.cases.model import Case, Kind, Recipe
from pytest_kibana.cases.proof import SENT_BY_CLIENT, Promises
from pytest_kibana.cases.refusals import refusals
from pytest_kibana.cases.sites import MISSING, Root, Site, walk
from pytest_kibana.cases.values import Values
from pytest_kibana.cases.variations import Candidate, marked, variations
from pytest_kibana.contract.model import Json, MediaType, Operation, Parameter

MOST_SITES: Final = 320


class Maker(Ground):
    """Varies the base request of one operation.

    Args:
        contract, operation, seed, recipe, bindings, values: see :class:`Ground`.
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
        super().__init__(contract, operation, seed=seed, recipe=recipe, bindings=bindings, values=values)
        self.engine = engine

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
                value = self.body_value(media, Simplest())
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
        yield self.bound(marked(laid_over(value, base.body)))
        yield self.bound(laid_over(value, base.body))

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
            return replace(case, body=self.bound(marked(self.values.make(media.schema.json, chooser))))
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
        return self.wants_body() or bool(self.recipe and self.recipe.has_body)

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
            body = self.bound(marked(laid_over(idea.body, base.body))) if valid else idea.body
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

    def without() -> Case:
        return with_part({k: v for k, v in current.items() if k != name})

    return Root(
        location,
        f"/{name}",
        parameter.schema.json,
        current.get(name, MISSING),
        lambda v: with_part({**current, name: v}),
        without if location != "path" else None,
        parameter.required,
        depth=1,
    )
