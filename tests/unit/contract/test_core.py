"""The core contract keeps the promises that it makes about itself: complete, valid, free of other people's words."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_kibana.contract import Contract, load

FOLDER = Path(__file__).resolve().parents[3] / "spec" / "core"
FAMILIES = {
    "system": 2,
    "spaces": 10,
    "roles": 6,
    "saved objects": 16,
    "data views": 15,
    "connectors": 7,
    "alerting": 16,
    "cases": 22,
    "short url": 4,
    "maintenance-window": 6,
    "task manager": 1,
    "upgrade": 1,
}
# Kibana answers these without credentials and before it could be overloaded.
OPEN_TO_ALL = {"GET /api/status"}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return load("core", cache_dir=tmp_path_factory.mktemp("cache"))


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every operation of an OpenAPI document as it is written, by label."""
    for path, item in document["paths"].items():
        for method, node in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield f"{method.upper()} {path}", node


def media_of(contract: Contract) -> Iterator[tuple[str, Any]]:
    """Yield every representation, with the name of its place."""
    for label, operation in contract.operations.items():
        for media in operation.body.content if operation.body else ():
            yield f"{label} body", media
        for response in operation.responses:
            for media in response.content:
                yield f"{label} {response.status}", media


def nodes(value: Any, pointer: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of a document that is not inside an example, with its pointer."""
    if isinstance(value, dict):
        yield pointer, value
        for key, inner in value.items():
            if key not in ("example", "examples", "default", "enum"):
                yield from nodes(inner, f"{pointer}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from nodes(inner, f"{pointer}/{number}")


def test_every_family_is_there_and_there_are_at_least_95_operations(core: Contract) -> None:
    assert {family: len(labels) for family, labels in core.families.items()} == FAMILIES
    assert len(core.operations) >= 95


def test_the_core_contract_has_no_defect(core: Contract) -> None:
    assert core.defects == ()


def test_every_operation_says_how_it_succeeds_and_how_it_fails(core: Contract) -> None:
    lacking = []
    for label, operation in core.operations.items():
        statuses = {response.status for response in operation.responses}
        if not operation.success:
            lacking.append(f"{label}: success")
        wanted = {"400"} if label in OPEN_TO_ALL else {"401", "403", "429"}
        if operation.unsafe or operation.parameters:
            wanted.add("400")
        if operation.body:
            wanted.add("413")
        lacking += [f"{label}: {status}" for status in sorted(wanted - statuses)]
        for response in operation.responses:
            if response.status >= "300" and not (response.content and response.content[0].schema):
                lacking.append(f"{label}: schema of {response.status}")
    assert lacking == []


def test_client_errors_are_the_platform_envelope(core: Contract) -> None:
    other = [
        f"{label} {response.status}"
        for label, operation in core.operations.items()
        for response in operation.responses
        if response.status[:1] == "4"
        for media in response.content
        if not media.schema or media.schema.component != "PlatformError"
    ]
    assert other == []


def test_every_representation_has_an_example(core: Contract) -> None:
    assert [place for place, media in media_of(core) if not media.examples] == []


def test_every_example_is_valid(core: Contract) -> None:
    wrong = [
        (place, example.name, core.violations(media.schema, example.value))
        for place, media in media_of(core)
        for example in media.examples
        if media.schema and not core.is_valid(media.schema, example.value)
    ]
    assert wrong == []


def test_an_example_that_is_not_valid_would_be_noticed(core: Contract) -> None:
    """The test above must be able to fail: each example, robbed of a required member, breaks its schema."""
    schema = core.operation("POST /api/spaces/space").body.content[0].schema  # type: ignore[union-attr]
    assert core.is_valid(schema, {"id": "a", "name": "a"})
    assert not core.is_valid(schema, {"id": "a"})
    assert not core.is_valid(schema, {"id": "A", "name": "a"})


def test_every_unsafe_operation_asks_for_the_xsrf_header_and_no_safe_one_does(core: Contract) -> None:
    for label, operation in core.operations.items():
        asks = any(p.name == "kbn-xsrf" and p.required for p in operation.parameters_in("header"))
        assert asks == operation.unsafe, label


def test_everything_is_said_in_a_few_words_of_prose(core: Contract) -> None:
    document = core.document()
    silent = [
        f"{label}: {key}"
        for label, node in operations_of(document)
        for key in ("summary", "description")
        if not node.get(key)
    ]
    for kind in ("parameters", "responses"):
        silent += [
            f"{kind} {name}"
            for name, node in document["components"][kind].items()
            if not node.get("description")
        ]
    silent += [
        pointer
        for pointer, node in nodes(document)
        if isinstance(node.get("in"), str) and "schema" in node and not node.get("description")
    ]
    assert silent == []


def test_every_component_is_used(core: Contract) -> None:
    document = core.document()
    text = json.dumps(document)
    unused = [
        f"{kind}/{name}"
        for kind in ("parameters", "schemas", "responses")
        for name in document["components"][kind]
        if f'"#/components/{kind}/{name}"' not in text
    ]
    assert unused == []


def test_keywords_are_those_of_openapi_3_0(core: Contract) -> None:
    """Where prose with a comma stands unquoted in a flow mapping, YAML makes keys of it; nobody would see."""
    known = re.compile(r"^(\$ref|x-(state|correction)|[a-z][A-Za-z]*)$")
    odd = [
        f"{pointer}: {key}"
        for pointer, node in nodes(core.document()["components"]["schemas"])
        if not pointer.rsplit("/", 1)[-1].endswith("roperties")
        for key in node
        if pointer.count("/") > 1 and not known.match(key)
    ]
    nullable = [p for p, n in nodes(core.document()) if n.get("nullable") is True and "type" not in n]
    assert (odd, nullable) == ([], [])


def test_each_file_is_an_openapi_document_of_its_own() -> None:
    files = sorted(FOLDER.glob("*.yaml"))
    assert len(files) == len(FAMILIES) + 1
    for file in files:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        assert document["openapi"] == "3.0.3", file.name
        assert document["info"]["title"], file.name
        assert document["info"]["version"] == "1", file.name
        families = {tag for _, node in operations_of(document) for tag in node["tags"]}
        assert families == {t["name"] for t in document.get("tags", [])}, file.name


@pytest.mark.parametrize("version", ["8.18", "9.1", "9.3"])
def test_the_words_are_ours(published: Callable[[str], Path], version: str) -> None:
    """No sentence of 60 characters or more of a published contract stands in the core contract."""
    theirs: set[str] = set()
    for _, node in nodes(json.loads(published(version).read_text(encoding="utf-8"))):
        for key in ("description", "summary"):
            if isinstance(node.get(key), str):
                for sentence in re.split(r"(?<=[.!?])\s+|\n+", node[key]):
                    flat = " ".join(sentence.split())
                    if len(flat) >= 60:
                        theirs.add(flat)
    assert theirs
    for file in sorted(FOLDER.glob("*.yaml")):
        ours = " ".join(file.read_text(encoding="utf-8").split())
        assert [sentence for sentence in theirs if sentence in ours] == [], file.name
