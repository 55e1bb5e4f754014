"""What the suites of Fleet's many families share: a table of what can be asked, and who may ask it.

Each family states its operations once, each with a well-formed request that names only what does not exist. From these
tables come the tests of access and of unknown ids (``test_fleet``), each at the safety class of its operation.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Privileges
from pytest_kibana.resources import Entry, Factory, Resources
from pytest_kibana.resources.catalogue import resource
from pytest_kibana.resources.model import Scope
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE, PRIVILEGES
from pytest_kibana.target.operations import load_facts
from pytest_kibana.wire import KibanaClient

OFFERED = "pytest-kibana"
"""The tag of agents that their owner gave to tests: a throwaway agent each, which may be told anything."""
_PARAMETER = re.compile(r"\{(\w+)\??\}")


@dataclass(frozen=True)
class Ask:
    """A well-formed request for one operation.

    Attributes:
        label: the operation, as contracts name it.
        body: JSON body; None for none.
        path: values of path parameters; those that are left out get an id that nothing has.
        query: values of query parameters.
        unknown: what one who may ask is told, because nothing has the ids in it: a status, or several where releases
            differ; None where that is no trouble.
        words: what the message of that refusal says.
        content: body of another kind than JSON, said to be of the media type ``media``.
    """

    label: str
    body: Any = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    unknown: int | tuple[int, ...] | None = None
    words: tuple[str, ...] = ()
    content: bytes | None = None
    media: str = "application/json"

    @property
    def safety(self) -> str:
        """The safety class of the operation."""
        return load_facts().of(self.label).safety

    def of(self, body: Any = None, **path: str) -> "Ask":
        """Return the same request about things that are there."""
        return replace(self, path={**self.path, **path}, body=self.body if body is None else body)

    def send(self, client: KibanaClient) -> httpx.Response:
        """Ask it."""
        method, _, template = self.label.partition(" ")
        route = _PARAMETER.sub(lambda found: self.path.get(found[1], NO_SUCH_ID), template)
        if self.content is not None:
            return client.request(method, route, query=self.query, content=self.content, media=self.media)
        if self.body is not None:
            return client.request(method, route, query=self.query, json=self.body)
        return client.request(method, route, query=self.query)

    def assert_refused(self, client: KibanaClient, status: int, *words: str) -> None:
        """Ask it, and hold the answer to be this refusal."""
        assert_refused(self.send(client), status, *words)

    def assert_unknown(self, client: KibanaClient) -> None:
        """Ask it, and hold the answer to be that there is no such thing."""
        answer = self.send(client)
        statuses = self.unknown if isinstance(self.unknown, tuple) else (self.unknown,)
        told = f"{self.label} was answered {answer.status_code}: {answer.text[:300]}; promised is one of {statuses}"
        assert answer.status_code in statuses, told
        assert_refused(answer, answer.status_code, *self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One requirement, stated as data: for tests that many families share.

    Attributes:
        id: ``KBN-REQ-…``.
        sentence: what is promised, as the catalogue of requirements shows it.
        source: where it is known from.
        level: MUST or SHOULD.
        tier: the smallest budget with which it is tested.
        license: the licence without which it is not tested.
    """

    id: str
    sentence: str
    source: str
    level: str = "MUST"
    tier: str = "standard"
    license: str | None = None

    def marks(self, safety: str, operations: Sequence[str] = ()) -> list[pytest.MarkDecorator]:
        """Return the markers of a test that certifies it."""
        requirement = pytest.mark.kibana_requirement(
            self.id,
            level=self.level,
            source=self.source,
            operations=operations,
            tier=self.tier,
            safety=safety,
        )
        return [requirement, *([pytest.mark.kibana_requires(license=self.license)] if self.license else [])]


def for_nobody(id: str, sentence: str) -> Promise:
    """Return what is promised about requests without credentials."""
    return Promise(id=id, sentence=sentence, source=AUTHENTICATION, tier="smoke")


def for_changes(id: str, sentence: str) -> Promise:
    """Return what is promised about a viewer's requests that would change something."""
    return Promise(id=id, sentence=sentence, source=PRIVILEGES, tier="smoke")


def for_reads(id: str, sentence: str, level: str = "SHOULD", **more: str) -> Promise:
    """Return what is promised about a viewer's requests that change nothing."""
    return Promise(id=id, sentence=sentence, source=PRIVILEGES, level=level, **more)


def for_unknown(id: str, sentence: str) -> Promise:
    """Return what is promised about ids that nothing has."""
    return Promise(id=id, sentence=sentence, source=LIVE)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask what of one family.

    Attributes:
        family: its tag, as its folder is called.
        asks: its requests.
        nobody: what is promised about all of them, sent without credentials.
        changes: about those that change something, sent by a viewer; None where there are none.
        reads: about those that change nothing, sent by a viewer; None where there are none.
        unknown: about those that state what becomes of an unknown id; None where there are none.
    """

    family: str
    asks: tuple[Ask, ...]
    nobody: Promise
    changes: Promise | None = None
    reads: Promise | None = None
    unknown: Promise | None = None


def every(asks: Iterable[Ask]) -> pytest.MarkDecorator:
    """Run a test once for each request: where the contract has its operation, and its safety class is allowed."""
    return pytest.mark.parametrize("ask", [param(ask) for ask in asks])


def param(ask: Ask, *values: Any, family: str = "", marks: Sequence[pytest.MarkDecorator] = ()) -> Any:
    """Return one request as a parameter of a test, before further values.

    The test is skipped where the contract does not have the operation, or its safety class is not allowed.
    """
    own = (pytest.mark.kibana_operation(ask.label), pytest.mark.kibana_safety(ask.safety))
    what = ",".join(f"{k}={v}" for k, v in ask.query.items())
    name = f"{ask.label}?{what}" if what else ask.label
    return pytest.param(ask, *values, id=f"{family}-{name}" if family else name, marks=(*own, *marks))


def assert_changes_nothing(ask: Ask, viewer: KibanaClient, contract: Contract) -> None:
    """Hold that somebody who may only read is refused a change."""
    operation = contract.operation(ask.label)
    if operation.privileges is not None and readers_have(operation.privileges):
        pytest.skip(f"needs an operation for which reading is not enough, found {operation.privileges.names}")
    ask.assert_refused(viewer, 403)


def assert_reads_what_is_granted(ask: Ask, viewer: KibanaClient, contract: Contract) -> None:
    """Hold that somebody who may read is served exactly where the contract says that reading is enough."""
    operation = contract.operation(ask.label)
    if operation.privileges is None:
        pytest.skip("needs the privileges of the operation, found a contract that does not name them")
    if not readers_have(operation.privileges):
        ask.assert_refused(viewer, 403)
        return
    answer = ask.send(viewer)
    told = f"{ask.label} was answered {answer.status_code} to a viewer: {answer.text[:200]}"
    assert answer.status_code not in (401, 403), told


def readers_have(privileges: Privileges) -> bool:
    """Tell whether privileges for reading suffice."""
    held = [name.endswith("-read") for name in privileges.names]
    return any(held) if privileges.mode == "any" else all(held)


class Intent(str):
    """The name of something that a test is about to make by a call of its own; it is written down already."""

    _factory: Factory
    _entry: Entry

    def became(self, answer: httpx.Response) -> httpx.Response:
        """Write down what came of it, and return the answer: nothing of a refusal, else the id that it was given."""
        ledger, kind = self._factory.ledger, resource(self._entry.resource)
        if 400 <= answer.status_code < 500:
            ledger.gone(self._entry)
        elif answer.status_code < 300:
            found = self._entry.keys.get("id") or kind.id_in(answer.json())
            self._factory.adopt(ledger.made(self._entry, found))
        return answer


def intended(resources: Resources, kind: str, **keys: str) -> Intent:
    """Write down that a test is about to make something by a call of its own, so that it is gone afterwards.

    Args:
        resources: the factories of the test; they clean up.
        kind: the resource.
        keys: what addresses it beside an id that the server gives. ``id`` where the client chooses it.

    Returns:
        The name to give it, by which it is found; tell it what it became.
    """
    factory = resources.factory
    name = Intent(keys.get("id") or factory.mark.unique())
    where = factory.space if resource(kind).scope is Scope.SPACE else None
    name._factory = factory
    name._entry = factory.ledger.intend(kind, space=where, unique=str(name), keys=keys)
    factory.adopt(name._entry)
    return name


def need_space_awareness(client: KibanaClient) -> None:
    """Skip where Fleet keeps its policies for all spaces together, as it does in deployments that were not migrated."""
    answer = client.get("/api/fleet/agents/setup")
    if answer.status_code != 200 or not answer.json().get("is_space_awareness_enabled"):
        pytest.skip(f"needs a Fleet that knows spaces, found {answer.text[:160]}")


def names(items: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the names of objects."""
    return {str(item.get("name")) for item in items}


def listed_ids(items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of objects, in their order."""
    return [str(item["id"]) for item in items]


def offered_agents(client: KibanaClient, at_least: int = 1) -> list[dict[str, Any]]:
    """Return the agents that their owner gave to tests by a tag, in the order of their ids.

    The test is skipped where there are fewer than ``at_least``.
    """
    answer = client.get(
        "/api/fleet/agents", query={"kuery": f'fleet-agents.tags:"{OFFERED}"', "perPage": 100}
    )
    items = answer.json()["items"] if answer.status_code == 200 else []
    if len(items) < at_least:
        pytest.skip(f"needs {at_least} enrolled agents with the tag {OFFERED}, found {len(items)}")
    return sorted(items, key=lambda agent: str(agent["id"]))


def offered_agent(client: KibanaClient, number: int) -> dict[str, Any]:
    """Return one of those agents. Tests that change an agent ask for different numbers, so that they do not meet
    where there are enough agents and tests run side by side.
    """
    agents = offered_agents(client)
    return agents[number % len(agents)]
