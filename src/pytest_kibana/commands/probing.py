"""``contract diff --probe``: ask a deployment of the new version whether a change of the document is one of Kibana.

Only operations that read are asked, whatever the settings allow, so a probe leaves nothing behind. What it cannot ask
without changing something it says so of, and claims nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_kibana.contract import Contract
from pytest_kibana.contract.diff import Change, Class, Diff
from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import EnvironmentTrouble, HarnessError
from pytest_kibana.session import Session
from pytest_kibana.settings import Settings
from pytest_kibana.wire import Answer, KibanaClient, build_request

NOBODY = "00000000-0000-4000-8000-0000000000ff"
"""An id that nothing has; an operation that reads it is routed, validated and allowed, and finds nothing."""

_PROBED = frozenset({Class.BREAKING, Class.STRICT, Class.UNDECIDED})
_PLAIN: tuple[Any, ...] = ("text", 1, True, [])
_UNKNOWN_ROUTE = ("Not Found", None)


def probed(found: Diff, old: Contract, url: str) -> Diff:
    """Return the diff with what a deployment said to its changes, in each change's ``probe``.

    Args:
        found: the diff.
        old: the contract that clients were written against.
        url: of a deployment of the new version; credentials come from the environment.

    Raises:
        HarnessError: the deployment cannot be asked.
    """
    settings = Settings.resolve(flag={"url": url, "allow": "read", "contract": old.source}.get)
    session = Session(settings)
    try:
        probe = _Probe(session.client, old)
        allowed = session.safety.allows
        changes = tuple(
            replace(change, probe=probe.of(change, allowed=allowed(change.operation)))
            if change.severity in _PROBED
            else change
            for change in found.changes
        )
    finally:
        session.close()
    return replace(found, changes=changes)


class _Probe:
    def __init__(self, client: KibanaClient, old: Contract) -> None:
        self._client = client
        self._old = old

    def of(self, change: Change, *, allowed: bool) -> str:
        """Return one sentence that begins with ``real``, ``not real`` or ``not probed``."""
        operation = self._old.find(change.operation)
        if operation is None:
            return "not probed: the old contract does not have the operation"
        if not allowed or operation.method not in ("GET", "HEAD"):
            return "not probed: it could change something"
        place = change.where.partition(" ")[0]
        ask = {"operation": self._route, "query": self._query, "response": self._answer}.get(place)
        if ask is None or (place == "operation" and change.code != "operation-removed"):
            return "not probed: no harmless request shows it"
        try:
            return ask(change, operation)
        except HarnessError as error:
            return f"not probed: {error.message}"

    def _ask(self, operation: Operation, query: Mapping[str, Any]) -> Answer:
        path = {p.name: NOBODY for p in operation.parameters if p.location == "path"}
        request = build_request(operation, path=path, query=query, resolve=self._old.resolve)
        exchange = self._client.send(request)
        if exchange.answer is None or exchange.weather is not None:
            raise EnvironmentTrouble(
                "the request was not answered", hint="Run it again when the deployment is healthy."
            )
        if exchange.answer.status in (401, 403):
            said = f"the credentials are refused ({exchange.answer.status})"
            raise EnvironmentTrouble(said, hint="Set KIBANA_API_KEY to a key that may read.")
        return exchange.answer

    def _needed(self, operation: Operation) -> dict[str, Any] | None:
        """Return the required query parameters with a value each; None where a value is not obvious."""
        values: dict[str, Any] = {}
        for parameter in operation.parameters:
            if parameter.location == "query" and parameter.required:
                schema = parameter.schema
                values[parameter.name] = next((v for v in _PLAIN if self._old.is_valid(schema, v)), None)
        return None if None in values.values() else values

    def _route(self, _change: Change, operation: Operation) -> str:
        answer = self._ask(operation, self._needed(operation) or {})
        if answer.status == 404 and _is_unknown_route(answer):
            return "real: the route is not known"
        return f"not real: the route still answers ({answer.status})"

    def _query(self, change: Change, operation: Operation) -> str:
        needed = self._needed(operation)
        if needed is None:
            return "not probed: no value for a required parameter is known"
        name = change.where.partition(" ")[2]
        witness = change.witness if isinstance(change.witness, dict) else {name: change.witness}
        asked = {**needed, **witness} if witness else {k: v for k, v in needed.items() if k != name}
        answer = self._ask(operation, asked)
        if answer.status == 400:
            return f"real: such a request is refused ({_said(answer)})"
        return f"not real: such a request is answered {answer.status}"

    def _answer(self, change: Change, operation: Operation) -> str:
        if any(p.location == "path" for p in operation.parameters):
            return "not probed: it needs an object that exists"
        answer = self._ask(operation, self._needed(operation) or {})
        status = change.where.partition(" ")[2]
        if str(answer.status) != status:
            return f"not probed: the answer was {answer.status}, not {status}"
        response = next((r for r in operation.responses if r.status == status), None)
        schema = (
            next((m.schema for m in response.content if m.schema is not None), None) if response else None
        )
        if schema is None or not answer.is_json:
            return "not probed: the old contract has no schema for it"
        broken = self._old.violations(schema, answer.json)
        if broken:
            return f"real: an answer of this deployment breaks the old contract at {broken[0].at or '/'}"
        return "not seen: an answer of this deployment keeps the old contract"


def _is_unknown_route(answer: Answer) -> bool:
    """Tell an unknown route from an unknown object: the router says nothing but the phrase (Kibana source, hapi)."""
    body = answer.json if isinstance(answer.json, dict) else {}
    return body.get("message") in _UNKNOWN_ROUTE


def _said(answer: Answer) -> str:
    body = answer.json if isinstance(answer.json, dict) else {}
    return str(body.get("message", ""))[:160]
