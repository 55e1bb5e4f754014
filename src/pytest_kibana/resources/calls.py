"""Asking: a declared call becomes a request of the client, and its answer a plain value."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_kibana.errors import TargetUnreachable
from pytest_kibana.resources.model import MULTIPART, NOTHING, Call, File
from pytest_kibana.resources.template import Hole, Lookup, at, fill, put

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.contract.model import Operation
    from pytest_kibana.wire import Credentials, KibanaClient

Change = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. ``status`` is None where no answer came, or one that was weather; ``why`` then says more.

    ``body`` is the parsed JSON, or None; ``text`` the body as text; ``sent`` the body that was sent, or None.
    """

    label: str
    status: int | None
    body: Any = None
    text: str = ""
    sent: Any = None
    why: str = ""

    @property
    def ok(self) -> bool:
        """True for a 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def lost(self) -> bool:
        """True where nobody knows what the server did."""
        return self.status is None or self.status >= 500

    def __str__(self) -> str:
        if self.status is None:
            return f"{self.label}: {self.why}"
        return f"{self.label} answered {self.status}: {self.text[:300]}"

    def advice(self, needs: str | None) -> str:
        """Return what to do about a refusal. ``needs`` says what the thing is known to need of a deployment."""
        if needs:
            return f"It {needs}."
        if self.status == 400:
            return f"Look at what was given; `pytest-kibana contract show CONTRACT '{self.label}'` shows what may be."
        return "What the deployment lacks (licence, plugin, privilege) is named by `pytest-kibana doctor`."


class Caller:
    """Sends declared calls.

    Args:
        client: whose gates, listeners and credentials apply. Its requests are marked as those of a factory.
        contract: by which alternatives are chosen; by default the client's.
    """

    def __init__(self, client: "KibanaClient", contract: "Contract | None" = None) -> None:
        from pytest_kibana.wire.exchange import Origin

        self.contract = contract or client.contract
        self.client = client.derive(origin=Origin.FACTORY, contract=self.contract, space=None)

    def known(self, call: Call) -> bool:
        """Tell whether the contract has the operation of the call (True where there is no contract)."""
        return self.contract is None or self.contract.find(call.label) is not None

    def choose(self, calls: Sequence[Call], *, undocumented: bool = False) -> Call | None:
        """Return the first alternative that the contract has, None where it has none.

        With ``undocumented``, the first of all is returned then: what makes or removes a thing may work without
        standing in the contract, and is asked by its path.
        """
        otherwise = calls[0] if undocumented and calls else None
        known = [call for call in calls if self.known(call)]
        forms = [call for call in known if call.label == known[0].label]
        if len(forms) > 1:
            return next((call for call in forms if self.fits(call)), forms[0])
        return known[0] if known else otherwise

    def fits(self, call: Call) -> bool:
        """Tell whether the contract allows the body of a call, whatever its holes will hold."""
        operation = self.contract.find(call.label) if self.contract else None
        if self.contract is None or operation is None:
            return True
        return body_fits(self.contract, operation, call.body, call.media)

    def send(
        self,
        call: Call,
        lookup: Lookup,
        *,
        space: str | None,
        change: Change | None = None,
        headers: Mapping[str, str | None] | None = None,
        credentials: "Credentials | None" = None,
    ) -> Reply:
        """Fill a call's holes and send it.

        Args:
            call: what to ask.
            lookup: says what stands in each hole.
            space: id of the space to ask in; None is the default space.
            change: turns the filled body into the one that is sent.
            headers: beside the standard ones; None leaves one out.
            credentials: of somebody else than the client.

        Returns:
            The reply; a refused or lost answer is one too.

        Raises:
            SafetyRefusal, BudgetExhausted: nothing was sent.
        """
        path = {name: fill(value, lookup) for name, value in call.path.items()}
        query = {name: fill(value, lookup) for name, value in call.query.items()}
        body = fill_body(call.body, lookup)
        if change is not None and body is not NOTHING:
            body = change(body)
        options: dict[str, Any] = {"query": query} | ({"headers": headers} if headers else {})
        client = self.client.derive(space=space, credentials=credentials)
        if call.media == MULTIPART:
            options["files"] = body
        elif body is not NOTHING:
            options |= {"json": body, "media": call.media}
        sent = None if body is NOTHING else body
        operation = self.contract.find(call.label) if self.contract else None
        try:
            if operation is not None:
                names = re.findall(r"\{([^}?*]+)[?*]?\}", operation.path)
                given = dict(zip(names, (path[n] for n in _names(call.route)), strict=False))
                response = client.call(operation.label, path=given, **options)
            else:
                options["query"] = {n: _whole(v) for n, v in query.items()}
                response = client.request(call.method, _address(call.route, path), **options)
        except TargetUnreachable as trouble:
            return Reply(call.label, None, sent=sent, why=trouble.message)
        exchange = response.extensions["kibana_exchange"]
        if exchange.weather is not None:
            return Reply(call.label, None, sent=sent, why=exchange.weather.sentence)
        return Reply(call.label, response.status_code, _json(response), response.text, sent)


def body_fits(contract: "Contract", operation: "Operation", body: Any, media: str) -> bool:
    """Tell whether a contract allows a body with holes; files are not looked into."""
    offered = operation.body.media(media) if operation.body else None
    if offered is None:
        return body is NOTHING
    if offered.schema is None or media == MULTIPART or body is NOTHING:
        return True
    return contract.is_valid(offered.schema, fill(body, _likely))


def _likely(hole: Hole) -> Any:
    return "2026-01-01T00:00:00.000Z" if hole.subject == "now" else "0b8c3c1e-5f0a-4c7e-9d51-000000000000"


def fill_body(body: Any, lookup: Lookup) -> Any:
    """Return a body with its holes filled, those in files included."""
    if isinstance(body, Mapping):
        return {name: fill_body(value, lookup) for name, value in body.items()}
    if isinstance(body, File):
        return replace(
            body,
            filename=fill(body.filename, lookup),
            content=str(fill(body.content.decode(), lookup)).encode(),
        )
    return body if body is NOTHING else fill(body, lookup)


def merged(body: Any, root: str, fields: Mapping[str, Any]) -> Any:
    """Return the body with fields set under the pointer ``root``."""
    if not fields:
        return body
    try:
        under = at(body, root)
    except KeyError:
        under = {}
    return put(body, root, {**under, **fields})


def _names(route: str) -> list[str]:
    return re.findall(r"\{([^}?*]+)[?*]?\}", route)


def _address(route: str, values: Mapping[str, Any]) -> str:
    return re.sub(r"\{([^}?*]+)[?*]?\}", lambda m: quote(str(values[m[1]]), safe=""), route)


def _whole(value: Any) -> Any:
    """Return a list as JSON text: Kibana reads one bare key as text, and a list of one would become that."""
    from json import dumps

    return dumps(value) if isinstance(value, list | dict) else value


def _json(response: Any) -> Any:
    if "json" not in response.headers.get("content-type", ""):
        return None
    try:
        return response.json()
    except ValueError:
        return None
