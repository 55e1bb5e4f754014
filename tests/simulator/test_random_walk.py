"""Any sequence of valid requests, in two spaces and by two users, ends in documented answers and never in a 5xx.

The contract alone judges. Requests are made of it too: smallest ones, sensible ones, and ones that Hypothesis fills
with whatever else the schema allows. The stand-in is asked in this process, and begins every walk as it was at first.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pytest_kibana.contract import Contract, Operation, load
from pytest_kibana.simulator.app import App
from pytest_kibana.simulator.config import Config
from pytest_kibana.simulator.inventory import Resource
from pytest_kibana.simulator.server import build
from pytest_kibana.simulator.synthesis import MISSING
from tests.simulator.walked import HEADERS, REFUSED
from tests.simulator.walking import Walk

Json = Any
USERS = {"elastic": "changeme", "walker": "walks-alone"}
SPACES = ("default", "walked")
QUICK = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=300, stateful_step_count=60, derandomize=False)
WORDS = (
    "", "a", "Ünï çødé", "x y", "it's \"quoted\" \\", "<b>&amp;</b>", "0", "null", "a" * 300, "日本語", "../..", "%2F",
)  # fmt: skip


class Broken(AssertionError):
    """An answer that the contract does not allow."""


@dataclass
class Doors:
    """An HTTP client, as far as a walk needs one, that asks an application in this process and judges its answers."""

    app: App
    contract: Contract
    space: str = "default"
    user: str = "elastic"
    successes: int = 0
    seen: list[str] = field(default_factory=list)

    def request(self, method: str, url: str, **sent: Json) -> httpx.Response:
        if self.space != "default" and not url.startswith("/s/"):
            url = f"/s/{self.space}{url}"
        password = USERS[self.user]
        token = base64.b64encode(f"{self.user}:{password}".encode()).decode()
        headers = {**sent.pop("headers"), "authorization": f"Basic {token}"}
        request = httpx.Request(method, f"http://stand-in{url}", headers=headers, **sent)
        request.read()
        answer = ask(self.app, request)
        self.judge(request, answer)
        return answer

    def post(self, url: str, **sent: Json) -> httpx.Response:
        return self.request("POST", url, headers={**HEADERS, **sent.pop("headers", {})}, **sent)

    def judge(self, request: httpx.Request, answer: httpx.Response) -> None:
        path = request.url.raw_path.decode().partition("?")[0]
        found = self.app.world.router.find(request.method, path.removeprefix(f"/s/{self.space}"))
        found = found or self.app.world.router.find(request.method, path)
        operation = found[0].operation if found else None
        wrong = None if operation is None else shortcoming(self.contract, operation, answer)
        self.successes += answer.status_code < 300
        self.seen.append(
            f"{self.user} {request.method} {request.url.raw_path.decode()} -> {answer.status_code}"
        )
        if wrong:
            raise Broken(
                f"{operation.label if operation else path}: {wrong}\n"
                f"  asked {request.method} {request.url} as {self.user}: {request.content[:600]!r}\n"
                f"  answered {answer.status_code}: {answer.text[:600]}\n  after "
                + "; ".join(self.seen[-8:-1])
            )


def ask(app: App, request: httpx.Request) -> httpx.Response:
    """Put a request to an ASGI application that never waits."""
    sent: list[Json] = []

    async def receive() -> Json:
        return {"type": "http.request", "body": request.content, "more_body": False}

    async def send(message: Json) -> None:
        sent.append(message)

    raw, _, query = request.url.raw_path.partition(b"?")
    scope = {
        "type": "http", "method": request.method, "raw_path": raw, "path": raw.decode(), "query_string": query,
        "headers": [(k.lower(), v) for k, v in request.headers.raw],
    }  # fmt: skip
    turn = app(scope, receive, send)
    try:
        turn.send(None)  # type: ignore[attr-defined]
    except StopIteration:
        start, *bodies = sent
        content = b"".join(part.get("body", b"") for part in bodies)
        return httpx.Response(start["status"], headers=start["headers"], content=content, request=request)
    raise AssertionError("the stand-in waited for something")


def shortcoming(contract: Contract, operation: Operation, answer: httpx.Response) -> str | None:
    """Return what the contract has against an answer, None where it allows it."""
    status = answer.status_code
    if status >= 500:
        return f"{status} for a valid request"
    response = operation.response(status)
    if response is None:
        if status < 300 and operation.responses:
            return f"{status} is not documented"
        return None if status < 300 or enveloped(answer) else f"{status} has no envelope"
    media = response.media("application/json")
    if media is None or media.schema is None or status == 204 or (status >= 400 and enveloped(answer)):
        return None
    if "attachment" in answer.headers.get("content-disposition", ""):
        return None  # a file; contracts describe other answers of the same operation
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return f"{status} is {answer.headers.get('content-type')} and not JSON"
    broken = contract.violations(media.schema, answer.json())
    return f"{status} at {broken[0].at}: {broken[0].sentence}" if broken else None


def enveloped(answer: httpx.Response) -> bool:
    """Tell whether an answer is the refusal of the platform or of the Security solution: any operation's may be."""
    body = answer.json() if answer.content else None
    return isinstance(body, dict) and body.keys() - {"attributes"} in (
        {"statusCode", "error", "message"},
        {"status_code", "message"},
    )


class Wanderer(Walk):
    """A walk whose bodies Hypothesis fills, and which remembers what was made."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.data: Json = None
        self.known: list[tuple[Resource, list[str]]] = []

    def body(self, label: str, schema: Json, known: dict[str, Json], hint: Json) -> Json:
        if schema is None or self.data is None or not self.data.draw(st.booleans()):
            with suppress(KeyError, IndexError, TypeError):  # what it would speak of cannot be had any more
                return super().body(label, schema, known, hint)
            return self.synthesiser.fit(schema, MISSING)
        value = self.synthesiser.fit(schema, self.filled(schema, 0))
        return value if hint is MISSING else self.laid(schema, value, hint)

    def laid(self, schema: Json, value: Json, hint: dict[str, Json]) -> Json:
        over = (
            {**value, **{k: v for k, v in hint.items() if k in value}} if isinstance(value, dict) else value
        )
        return over if self.schemas.valid(schema, over) else value

    def filled(self, schema: Json, depth: int) -> Json:
        """Draw a value in the direction of a schema; what it gets wrong is put right afterwards."""
        flat = self.synthesiser.flat(schema)
        draw = self.data.draw
        if not isinstance(flat, dict) or depth > 4:
            return MISSING if depth > 4 else draw(st.sampled_from((None, "x", 1, {}, [])))
        if flat.get("enum"):
            return draw(st.sampled_from(flat["enum"]))
        for word in ("anyOf", "oneOf"):
            if flat.get(word) and not flat.get("properties"):
                return self.filled(draw(st.sampled_from(flat[word])), depth + 1)
        kind = flat.get("type")
        kind = draw(st.sampled_from(kind)) if isinstance(kind, list) else kind
        if kind == "object" or "properties" in flat:
            return self.object(flat, depth)
        if kind == "array":
            least = int(flat.get("minItems", 0))
            count = draw(st.integers(least, least + 2))
            rows = [self.filled(flat.get("items", True), depth + 1) for _ in range(count)]
            return [row for row in rows if row is not MISSING]
        if kind in ("integer", "number"):
            low, high = flat.get("minimum", 0), flat.get("maximum", 100)
            return draw(st.sampled_from((low, high, low + 1, 5, 1.5 if kind == "number" else 2)))
        if kind == "boolean":
            return draw(st.booleans())
        if kind == "string" and not flat.get("format") and not flat.get("pattern"):
            return draw(st.sampled_from(WORDS))
        return MISSING

    def object(self, flat: Json, depth: int) -> Json:
        required = set(flat.get("required", ()))
        optional = [name for name in flat.get("properties", {}) if name not in required]
        extra = self.data.draw(st.lists(st.sampled_from(optional), max_size=3)) if optional else []
        made = {}
        for name, inner in flat.get("properties", {}).items():
            if name in required or name in extra:
                value = self.filled(inner, depth + 1)
                if value is not MISSING:
                    made[name] = value
        return made

    def step(self, operation: Operation, user: str, data: Json) -> None:
        """Send one request as somebody; what it needs is made by the superuser, and is no matter of chance."""
        try:
            with self.as_superuser():
                label, ids, known = self.prepared(operation)
        except (KeyError, IndexError, TypeError):
            return  # what it needs cannot be had any more: an earlier step took it away
        self.act(label, ids, known, user, data)

    def act(self, label: str, ids: list[str], known: dict[str, Json], user: str, data: Json) -> None:
        self.client.user, self.data = user, data  # type: ignore[attr-defined]
        self.send(self.by_label[label], label, ids, known)

    @contextmanager
    def as_superuser(self) -> Iterator[None]:
        before = self.client.user, self.data  # type: ignore[attr-defined]
        self.client.user, self.data = "elastic", None  # type: ignore[attr-defined]
        try:
            yield
        finally:
            self.client.user, self.data = before  # type: ignore[attr-defined]

    def make(self, resource: Resource, ids: list[str]) -> str | None:
        with self.as_superuser():
            made = super().make(resource, ids)
        if made is not None:
            above = resource.read[0].count("{}") - 1 if resource.read else 0
            self.known.append((resource, [*ids[:above], made]))
        return made


class Machine(RuleBasedStateMachine):
    """What may happen: any operation, and again and again operations on what was made before."""

    contract: Contract
    app: App
    beginning: Json
    operations: list[Operation]

    @initialize()
    def begin(self) -> None:
        self.app.world.store.restore(deepcopy(self.beginning))
        self.app.world.identities.changed()
        self.doors = Doors(self.app, self.contract)
        self.walk = Wanderer(self.contract, self.doors)  # type: ignore[arg-type]

    def somebody(self, data: Json) -> str:
        self.doors.space = data.draw(st.sampled_from(SPACES))
        return str(data.draw(st.sampled_from(("elastic", "elastic", "elastic", "walker"))))

    @rule(data=st.data())
    def anything(self, data: Json) -> None:
        user = self.somebody(data)
        self.walk.step(data.draw(st.sampled_from(self.operations)), user, data)

    @rule(data=st.data())
    def again(self, data: Json) -> None:
        if not self.walk.known:
            return
        user = self.somebody(data)
        resource, ids = data.draw(st.sampled_from(self.walk.known[-20:]))
        labels = [
            label for label, role in resource.roles() if role != "create" and label in self.walk.by_label
        ]
        if not labels:
            return
        label = data.draw(st.sampled_from(labels))
        count = label.count("{}")
        if count <= len(ids):
            facts = dict.fromkeys(resource.keys, ids[-1])
            self.walk.act(label, ids[len(ids) - count :], facts, user, data)


def walk_through(source: str, how: settings, **more: Json) -> None:
    contract = load(source)
    app = build(Config(source, quiet=True, **more))
    identities = app.world.identities
    app.world.store.put("space", "*", "walked", {"id": "walked", "name": "Walked", "disabledFeatures": []})
    role = {"elasticsearch": {}, "kibana": [{"base": ["all"], "spaces": ["walked"]},
                                            {"base": ["read"], "spaces": ["default"]}]}  # fmt: skip
    app.world.store.put("role", "*", "walker", role)
    identities.add_user("walker", USERS["walker"], ["walker"])

    class Here(Machine):
        pass

    Here.contract, Here.app, Here.beginning = contract, app, app.world.store.snapshot()
    Here.operations = [o for o in contract.operations.values() if o.label not in REFUSED]
    run_state_machine_as_test(Here, settings=how)


PUBLISHED = ["8.18", "9.1", "9.3", "9.4-dashboards", "9.4-workflows"]


def test_core() -> None:
    walk_through("core", QUICK)


@pytest.mark.parametrize("version", PUBLISHED)
def test_a_published_contract(version: str, published: Callable[[str], Path]) -> None:
    walk_through(str(published(version)), QUICK)


@pytest.mark.parametrize("fault", ["response.drop_required@*", "input.unicode_500@*"])
def test_it_would_notice(fault: str) -> None:
    with pytest.raises(Broken):
        walk_through("core", settings(QUICK, phases=[Phase.generate]), faults=(fault,))


@pytest.mark.proof
@pytest.mark.parametrize("version", ["core", *PUBLISHED])
def test_for_long(version: str, published: Callable[[str], Path]) -> None:
    walk_through(version if version == "core" else str(published(version)), LONG)
