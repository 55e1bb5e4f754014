"""The contracts that Elastic publishes open without help, defects and all. (Skipped where there is no copy.)"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_kibana.contract import Contract, Example, Maturity, Schema, load

VERSIONS = ["8.18", "9.1", "9.3", "9.4-dashboards", "9.4-workflows"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def contract(published: Any, cache: Path) -> Any:
    return lambda version: load(published(version), cache_dir=cache)


def schemas(contract: Contract) -> Iterator[tuple[str, Schema]]:
    for label, operation in contract.operations.items():
        for parameter in operation.parameters:
            yield label, parameter.schema
        media = [*(operation.body.content if operation.body else ())]
        media += [m for response in operation.responses for m in response.content]
        yield from ((label, m.schema) for m in media if m.schema)


def examples(contract: Contract) -> Iterator[tuple[Schema, Example]]:
    for operation in contract.operations.values():
        yield from ((p.schema, example) for p in operation.parameters for example in p.examples)
        media = [*(operation.body.content if operation.body else ())]
        media += [m for response in operation.responses for m in response.content]
        yield from ((m.schema, example) for m in media if m.schema for example in m.examples)


@pytest.mark.parametrize(
    ("version", "operations", "components"),
    [
        ("8.18", 340, 903),
        ("9.1", 454, 907),
        ("9.3", 519, 1050),
        ("9.4-dashboards", 5, 169),
        ("9.4-workflows", 12, 16),
    ],
)
def test_every_operation_of_a_published_contract_can_be_used(
    contract: Any, version: str, operations: int, components: int
) -> None:
    found = contract(version)
    assert (len(found.operations), len(found.components)) == (operations, components)
    assert found.version == version.partition("-")[0]
    for label, schema in schemas(found):
        found.is_valid(schema, {}), found.violations(schema, [None])
        assert not label.startswith("/s/")
    for label, operation in found.operations.items():
        assert operation.family
        concrete = operation.path.replace("{", "").replace("}", "")
        match = found.match(operation.method, f"/s/sales{concrete}")
        assert match is not None
        assert match.space == "sales"
        assert (
            found.find(operation.published_path and f"{operation.method} {operation.published_path}")
            is operation
        )
        assert found.find(operation.operation_id).method == operation.method, label


def test_what_is_known_of_the_published_defects_is_found(contract: Any) -> None:
    """Those that are left once our overlays have corrected what they know of."""
    kinds = {v: Counter(defect.kind for defect in contract(v).defects) for v in ("8.18", "9.1", "9.3")}
    assert [kinds[v]["one-of-overlap"] for v in kinds] == [18, 46, 18]
    assert [kinds[v]["no-responses"] for v in kinds] == [9, 9, 10]
    assert [kinds[v]["media-type-misspelt"] for v in kinds] == [7, 10, 0]
    assert [kinds[v]["get-with-body"] for v in kinds] == [1, 8, 9]
    assert [kinds[v]["path-parameter-optional"] for v in kinds] == [3, 7, 6]
    assert [kinds[v]["no-tag"] for v in kinds] == [2, 2, 4]
    assert [kinds[v]["unknown-type"] for v in kinds] == [1, 1, 0]
    assert [kinds[v]["clashing-templates"] for v in kinds] == [0, 0, 1]
    assert [kinds[v]["all-of-closed"] for v in kinds] == [0, 3, 3]
    unsatisfiable = {d.operation for d in contract("9.3").defects if d.kind == "unsatisfiable"}
    assert unsatisfiable == {"PUT /api/streams/{name}", "PUT /api/streams/{name}/_ingest"}


def test_facts_of_operations_are_read(contract: Any) -> None:
    nine_three = contract("9.3")
    operations = nine_three.operations.values()
    assert sum(operation.privileges is not None for operation in operations) == 172
    assert sum(operation.privileges.mode == "any" for operation in operations if operation.privileges) == 32
    assert sum(operation.availability.since is not None for operation in operations) == 57
    assert sum(operation.availability.maturity is Maturity.PREVIEW for operation in operations) >= 79
    assert [o.label for o in operations if o.internal] == ["GET /internal/observability/slos/_definitions"]
    assert not nine_three.operation("GET /api/spaces/space").space_aware
    assert nine_three.operation("GET /api/data_views").space_aware
    nine_one = contract("9.1")
    shared = [(o, nine_three.find(o.label)) for o in nine_one.operations.values() if nine_three.find(o.label)]
    assert [o.label for o, newer in shared if o.space_aware != newer.space_aware] == []


@pytest.mark.parametrize("version", ["8.18", "9.1"])
def test_both_validators_agree_on_every_published_example(contract: Any, version: str) -> None:
    """A second opinion: the reference implementation in Python says the same of each example, formats aside."""
    found = contract(version)
    components = {"components": {"schemas": dict(found.components)}}
    disagreements, seen = [], 0
    for schema, example in examples(found):
        seen += 1
        if schema.vacuous:
            continue
        # What this one says of formats depends on what is installed beside it, so they are left out of the question.
        ours = [v for v in found.violations(schema, example.value) if v.keyword != "format"]
        root = {"allOf": [schema.json], **components}
        if jsonschema.Draft7Validator(root).is_valid(example.value) == bool(ours):
            disagreements.append(example.pointer)
    assert seen > 400
    assert disagreements == []


def broken(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the value with one thing in it left out, retyped or added, at each of a few places."""
    if isinstance(value, dict):
        yield {**value, "undeclared_property": 1}
        for name, inner in list(value.items())[:4]:
            yield {key: member for key, member in value.items() if key != name}
            yield {**value, name: 7 if isinstance(inner, str | dict | list) else {"wrong": True}}
            if depth < 2:
                yield from ({**value, name: other} for other in list(broken(inner, depth + 1))[:3])
    elif isinstance(value, list):
        yield [*value, {"wrong": None}]
        yield from ([*value[1:], other] for other in (list(broken(value[0], depth + 1))[:3] if value else ()))


def test_both_validators_agree_on_examples_that_were_broken(contract: Any) -> None:
    found = contract("9.1")
    components = {"components": {"schemas": dict(found.components)}}
    disagreements, seen = [], Counter[bool]()
    for schema, example in list(examples(found))[::4]:
        second = jsonschema.Draft7Validator({"allOf": [schema.json], **components})
        for value in list(broken(example.value))[:12]:
            ours = [v for v in found.violations(schema, value) if v.keyword != "format"]
            seen[bool(ours)] += 1
            if second.is_valid(value) == bool(ours):
                disagreements.append((example.pointer, value))
    assert disagreements == []
    assert min(seen[True], seen[False]) > 100


def test_a_warm_contract_opens_in_milliseconds(contract: Any) -> None:
    """The bound is wide because machines are shared; ``benchmarks/opening.py`` measures."""
    contract("9.1")
    took = []
    for _ in range(7):
        start = time.perf_counter()
        assert len(contract("9.1").operations) == 454
        took.append(time.perf_counter() - start)
    assert min(took) < 0.05
