"""Made-up ids: what a generated change names and nobody owns gets a name of this run, before the gate sees it.

Published examples and generated values name objects that are nobody's, or somebody's: ``"default"``, ``"a"``, a UUID of
the documentation. The gate refuses such a change, and rightly so. A name of this run in its place is as good for
the contract, and can only be an object of ours or no object at all. Where the contract does not take such a name, or
where another value would break another rule, the request stays as it was, and the gate decides.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from pytest_kibana.resources.factory import Factory
from pytest_kibana.target.ids import changed_ids, names_object, path_names_object, snake

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.contract.model import Operation

SPACES = frozenset(
    {"initial_namespaces", "namespaces", "space_ids", "spaces", "spaces_to_add", "spaces_to_remove"}
)
"""Members that name spaces; there the run has one of its own, which exists."""

_QUERY = re.compile(r"""[\s*?,:;()<>"'{}|&]""")

Form = Callable[[str, str], str]
"""Makes the text that takes the place of another: a name of the run, and the text that was there."""


def _kept(name: str, text: str) -> str:
    """The name before what was there, and no longer than that was, so that length and characters still count.

    Some ids may be queries (the agents of Fleet's bulk actions): what could be one is not kept.
    """
    if _QUERY.search(text):
        return name
    whole = f"{name}-{text}"
    return whole[: len(text)] if len(text) > len(name) + 1 else whole


_FORMS: tuple[Form, ...] = (_kept, lambda name, _text: name)


class Inventions:
    """Replaces foreign ids in the requests of one operation.

    Args:
        factory: knows what the run owns, and gives names.
        contract: whose operations are meant.
        other_space: returns the id of another space of the run than the factory's, None where there is none. What is
            sent to a space that does not exist may stay there, so that no space is ever made up.
    """

    def __init__(
        self, factory: Factory, contract: "Contract", other_space: Callable[[], str | None] = lambda: None
    ) -> None:
        self._factory = factory
        self._contract = contract
        self._other_space = other_space

    def into(self, case: Any, operation: "Operation") -> Any:
        """Return the case with names of this run for ids that are not its own, as far as the contract takes them.

        Where one of them names no object, ``invented`` is set: then nobody promised that the request succeeds.
        """
        case, in_path = self._parameters(case, operation, "path", path_names_object)
        case, in_query = self._parameters(case, operation, "query", names_object)
        case, in_body = self._body(case, operation)
        return replace(case, invented=True) if in_path or in_query or in_body else case

    def _parameters(
        self, case: Any, operation: "Operation", location: str, names: Callable[[str], bool]
    ) -> tuple[Any, bool]:
        given: Mapping[str, Any] = getattr(case, location)
        found, invented = dict(given), False
        for parameter in operation.parameters:
            name = parameter.name
            if parameter.location != location or name not in given or not names(name):
                continue
            for one in self._others(name):
                value = one.changed({name: given[name]})[name]
                if value == given[name] or not one.count:
                    break
                if self._broken(parameter.schema, value) == self._broken(parameter.schema, given[name]):
                    found[name], invented = value, invented or one.invented
                    one.keep()
                    break
        return (replace(case, **{location: found}), invented) if found != dict(given) else (case, False)

    def _body(self, case: Any, operation: "Operation") -> tuple[Any, bool]:
        media = operation.body.media(case.media) if operation.body and case.media else None
        if media is None or not isinstance(case.body, dict | list):
            return case, False
        before: frozenset[tuple[str, str]] | None = None
        for one in self._others(""):
            body = one.changed(case.body)
            if not one.count:
                break
            before = self._broken(media.schema, case.body) if before is None else before
            if self._broken(media.schema, body, one.was) == before:
                one.keep()
                return replace(case, body=body), one.invented
        return case, False

    def _broken(
        self, schema: Any, value: Any, was: Callable[[str], str] = lambda step: step
    ) -> frozenset[tuple[str, str]]:
        """Return what a value breaks, by place and keyword: neither more nor less may be broken afterwards.

        ``was`` tells what a step of a place was called before, for members are called after ids too.
        """
        if schema is None:
            return frozenset()
        return frozenset(
            ("/".join(map(was, found.at.split("/"))), found.keyword)
            for found in self._contract.violations(schema, value)
        )

    def _others(self, name: str) -> Iterator["_Others"]:
        """Yield the ways of replacing, those that keep most first."""
        return (_Others(self._factory, form, name, self._other_space) for form in _FORMS)


class _Others:
    """One way of replacing the ids of one value; the same text is replaced by the same text."""

    def __init__(
        self, factory: Factory, form: Form, parameter: str, other_space: Callable[[], str | None]
    ) -> None:
        self._factory = factory
        self._form = form
        self._spaces = iter((lambda: factory.space, other_space))
        self._parameter = parameter
        self._done: dict[tuple[bool, str], str] = {}
        self.count = 0
        self.invented = False

    def changed(self, value: Any) -> Any:
        """Return the value with every foreign id replaced."""
        return changed_ids(value, self._change)

    def keep(self) -> None:
        """Own what was put in."""
        self._factory.own([new for (_, old), new in self._done.items() if new != old])

    def was(self, text: str) -> str:
        """Return what stood where a text stands now."""
        return next((old for (_, old), new in self._done.items() if new == text), text)

    def _change(self, member: str, value: Any) -> Any:
        if isinstance(value, str):
            if value == "*" or self._factory.owns(value):
                return value
            self.count += 1
            about_space = snake(member or self._parameter) in SPACES
            key = (about_space, value)
            if key not in self._done:
                self._done[key] = self._space(value) if about_space else self._name(value)
            return self._done[key]
        self.count += 1
        self.invented = True
        return True  # a number carries no mark; what wants a text is as little pleased with a boolean

    def _space(self, text: str) -> str:
        """Return the id of a space of ours for the first two; what is more stays as it is."""
        space = next(self._spaces, lambda: None)()
        return space or text

    def _name(self, text: str) -> str:
        self.invented = True
        if _is_uuid(text):
            return str(uuid4())
        return self._form(self._factory.mark.unique(), text)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
