"""The core contract, set against the published one: the same operations, parameters and bodies, but for corrections.

What counts as a difference, and how a correction explains it, is told in ``differences.py``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.contract.differences import compare

from pytest_kibana.contract import Contract, load


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def core(cache: Path) -> Contract:
    return load("core", cache_dir=cache, overlays=())


@pytest.fixture(scope="module")
def theirs(cache: Path, published: Callable[[str], Path]) -> Contract:
    """As published, without the corrections that this project applies to it."""
    return load(published("9.1"), cache_dir=cache, overlays=())


def test_every_difference_has_a_reason_and_every_reason_a_difference(
    core: Contract, theirs: Contract
) -> None:
    unexplained, stale = compare(core, core.document(), theirs)
    assert [str(d) for d in unexplained] == []
    assert stale == []


def schema_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a component of the document, to be changed."""
    schema: dict[str, Any] = document["components"]["schemas"][name]
    return schema


def drop_a_reason(document: dict[str, Any]) -> None:
    del schema_of(document, "ShortUrl")["properties"]["accessDate"]["x-correction"]


def invent_a_property(document: dict[str, Any]) -> None:
    schema_of(document, "SpaceToWrite")["properties"]["shape"] = {"type": "string"}


def forget_a_property(document: dict[str, Any]) -> None:
    del schema_of(document, "SpaceToWrite")["properties"]["initials"]


def require_more(document: dict[str, Any]) -> None:
    schema_of(document, "SpaceToWrite")["required"].append("color")


def bind_more(document: dict[str, Any]) -> None:
    schema_of(document, "SpaceToWrite")["properties"]["name"]["maxLength"] = 8


def forget_a_parameter(document: dict[str, Any]) -> None:
    document["paths"]["/api/security/role"]["get"]["parameters"].pop()


def demand_a_parameter(document: dict[str, Any]) -> None:
    document["components"]["parameters"]["ReplaceDeprecatedPrivileges"]["required"] = True


CHANGES = [
    (drop_a_reason, "GET /api/short_url/{id} answer 200/accessDate"),
    (invent_a_property, "POST /api/spaces/space body/shape: is not published"),
    (forget_a_property, "POST /api/spaces/space body/initials: is published only"),
    (require_more, "POST /api/spaces/space body: requires"),
    (bind_more, "POST /api/spaces/space body/name: has maxLength 8, published None"),
    (
        forget_a_parameter,
        "GET /api/security/role query parameter replaceDeprecatedPrivileges: is published only",
    ),
    (
        demand_a_parameter,
        "GET /api/security/role query parameter replaceDeprecatedPrivileges: is published as optional",
    ),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
def test_a_difference_without_a_reason_is_told(
    core: Contract, theirs: Contract, change: Callable[[dict[str, Any]], None], expected: str
) -> None:
    document = core.document()
    change(document)
    unexplained, _ = compare(core, document, theirs)
    assert any(str(difference).startswith(expected) for difference in unexplained)


def test_a_reason_without_a_difference_is_told(core: Contract, theirs: Contract) -> None:
    document = core.document()
    document["paths"]["/api/task_manager/_health"]["get"]["x-correction"] = "There is nothing to correct."
    assert compare(core, document, theirs) == ([], ["#/paths//api/task_manager/_health/get"])
