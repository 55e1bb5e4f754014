"""No generated change gets past the gate with something foreign in it, whatever the operation."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.contract import Contract, load
from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import ExitCode, OwnershipRefusal, SafetyRefusal
from pytest_kibana.resources import Belongings, RunMark
from pytest_kibana.target import SafetyPolicy, load_facts
from pytest_kibana.target.ids import path_names_object
from pytest_kibana.wire import Anonymous, ApiKey, KibanaClient, Origin, Request
from tests.plugin.conftest import Ran
from tests.plugin.watching import Wayside, wayside

FOREIGN = "somebody-elses"
# Names of members and parameters that hold ids, as this test understands them: broader than what the harness knows.
ID = re.compile(r"(^|_)ids?$|[a-z]Ids?$|^(spaces|namespaces|agents)$")
# Those that name a type, a place in the same document, or something outside of Kibana.
NO_OBJECT = re.compile(
    r"(type|app|category|client|column|correlation|external|feature|gcp_project|key|locator|org|tenant|trace"
    r"|transaction|renderer)_?ids?$",
    re.IGNORECASE,
)


def _holds_ids(name: str) -> bool:
    return bool(ID.search(name)) and not NO_OBJECT.search(name)


def _places(
    contract: Contract, schema: Any, path: tuple[str, ...] = (), depth: int = 0
) -> Iterator[tuple[str, ...]]:
    """Yield the place of every member of a body that holds ids, down to six levels; ``*`` is an item of a list."""
    schema = contract.resolve(schema) if isinstance(schema, dict) else {}
    if depth > 6:
        return
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _places(contract, branch, path, depth + 1)
    if isinstance(schema.get("items"), dict):
        yield from _places(contract, schema["items"], (*path, "*"), depth + 1)
    for name, member in schema.get("properties", {}).items():
        if _holds_ids(name) and not _is_label(path, name):
            yield (*path, name)
        yield from _places(contract, member, (*path, name), depth + 1)


def _is_label(path: tuple[str, ...], name: str) -> bool:
    """Tell whether a bare id is a label inside the document: of an ATT&CK entry, a column, a format."""
    near = {re.sub(r"[-_]", "", step).lower() for step in path[-3:]}
    return name == "id" and bool(
        near & {"technique", "subtechnique", "tactic", "columns", "format", "fieldformat", "fieldformats"}
    )


def _body(place: tuple[str, ...], value: Any) -> Any:
    for step in reversed(place):
        value = [value] if step == "*" else {step: value}
    return value


def _attempts(contract: Contract, operation: Operation, mine: str) -> Iterator[Request]:
    """Yield requests each of which has one foreign thing in it, and is otherwise all ours."""
    names = re.findall(r"\{([^}]*)\}", operation.path)
    owned = re.sub(r"\{[^}]*\}", mine, operation.path)
    common: dict[str, Any] = {"operation": operation.label, "origin": Origin.GENERATED}
    json_type = (("content-type", "application/json"),)
    for name in names:
        if path_names_object(name.strip("?*")):
            for value in (FOREIGN, f"{mine},{FOREIGN}", f"{mine}*"):
                path = re.sub(r"\{[^}]*\}", mine, operation.path.replace(f"{{{name}}}", value))
                yield Request(operation.method, path, space=mine, **common)
    for parameter in operation.parameters:
        if parameter.location == "query" and _holds_ids(parameter.name):
            for value in (FOREIGN, f"{mine},{FOREIGN}", json.dumps([mine, FOREIGN])):
                query = ((parameter.name, value),)
                yield Request(operation.method, owned, space=mine, query=query, **common)
    if operation.body is not None:
        for media in operation.body.content:
            for place in dict.fromkeys(_places(contract, media.schema.json if media.schema else {})):
                for value in (FOREIGN, [FOREIGN], [mine, FOREIGN], f"{mine},{FOREIGN}", f"{mine}-*"):
                    body = json.dumps(_body(place, value)).encode()
                    for said in (body, body[:-1]):
                        yield Request(
                            operation.method, owned, space=mine, body=said, headers=json_type, **common
                        )
    if operation.space_aware:
        yield Request(operation.method, owned, space=FOREIGN, **common)


@pytest.fixture
def listening() -> Iterator[Wayside]:
    with wayside(None) as place:
        yield place


@pytest.mark.parametrize("source", ["core", "9.1"])
def test_no_generated_change_of_any_operation_reaches_what_is_foreign(
    source: str, listening: Wayside, published: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    contract = load(source if source == "core" else published(source))
    facts, mark = load_facts(), RunMark()
    policy = SafetyPolicy("disruptive", facts, Belongings(mark))
    changing = [o for o in contract.operations.values() if facts.of(o.label).safety != "read"]
    got_past: list[str] = []
    tried = 0
    with KibanaClient(listening.url, Anonymous(), gates=(policy,)) as client:
        for operation in changing:
            for request in _attempts(contract, operation, mark.unique()):
                tried += 1
                try:
                    client.send(request)
                except OwnershipRefusal:
                    continue
                got_past.append(f"{operation.label}: {request.path} {request.query} {request.body!r}")
    with capsys.disabled():
        print(
            f"\n{source}: {tried} requests of {len(changing)} changing operations, {len(got_past)} got past the gate"
        )
    assert not got_past, "\n".join(got_past[:40])
    assert listening.said == []


@pytest.mark.parametrize("allow", ["read", "space", "global"])
def test_a_refused_request_never_leaves_and_names_class_and_flag(listening: Wayside, allow: str) -> None:
    classes = ("read", "space", "global", "disruptive")
    policy = SafetyPolicy(allow, load_facts(), Belongings(RunMark()))
    refused = 0
    with KibanaClient(listening.url, ApiKey("a:b"), gates=(policy,)) as client:
        for label, fact in load_facts().items():
            if classes.index(fact.safety) <= classes.index(allow):
                continue
            method, _, path = label.partition(" ")
            for origin in Origin:
                with pytest.raises(SafetyRefusal) as refusal:
                    client.send(Request(method, re.sub(r"\{[^}]*\}", "x", path), origin=origin))
                assert fact.safety in refusal.value.message
                assert f"--kibana-allow={fact.safety}" in refusal.value.hint
            refused += 1
    assert refused > 50
    assert listening.said == []


def test_what_was_not_allowed_stands_in_the_plan_with_its_reason(run_pytest: Callable[..., Ran]) -> None:
    ran = run_pytest(
        *(
            "--pyargs",
            "pytest_kibana.suites.contract",
            "-q",
            "--kibana-url=embedded",
            "--kibana-contract=core",
        ),
        *("--kibana-allow=read", "--kibana-operations=roles"),
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out[-3000:]
    skips = {skip.operation: skip.reason for skip in ran.results.skips if skip.group is None}
    assert "--kibana-allow" in skips["PUT /api/security/role/{name}"]
    assert "global" in skips["PUT /api/security/role/{name}"]
    assert "GET /api/security/role" not in skips


def test_a_test_that_asks_for_too_much_is_told_the_flag(run_pytest: Callable[..., Ran]) -> None:
    ran = run_pytest(
        "-q",
        "--kibana-url=embedded",
        "--kibana-allow=space",
        files={
            "test_ours.py": "def test_ours(kibana_client):\n    kibana_client.delete('/api/security/role/x')\n"
        },
    )
    assert ran.code == ExitCode.FINDINGS
    assert "SafetyRefusal" in ran.out
    assert "--kibana-allow=global" in ran.out
