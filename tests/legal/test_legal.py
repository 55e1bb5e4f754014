"""A legal deployment makes no finding, no failed test and no error, however unusual it is."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kibana.contract import load
from tests.legal import manners
from tests.legal.__main__ import told
from tests.legal.deployments import DEPLOYMENTS, Deployment

BY_NAME = {one.name: one for one in DEPLOYMENTS}


def _sample(name: str, tests: str, **more: object) -> "pytest.param":  # type: ignore[valid-type]
    one = dataclasses.replace(BY_NAME[name], serves="core", **more)  # type: ignore[arg-type]
    return pytest.param(one, tests, id=name)


@pytest.mark.parametrize(
    ("deployment", "tests"),
    [
        _sample("behind a gateway with weather", "short_url or test_law and space"),
        _sample(
            "behind everything at once",
            "data_views or test_law and connector",
            manner=lambda: manners.stacked(
                manners.headers,
                manners.compressing,
                manners.closing,
                manners.disordered,
                manners.newer(load("core")),
            ),
        ),
        _sample("busy neighbours", "test_law and role or test_spaces"),
        _sample("viewer only", "test_headers or short_url"),
    ],
)
def test_nothing_is_said_of_what_is_legal(deployment: Deployment, tests: str, tmp_path: Path) -> None:
    said = told(deployment, tmp_path, ["-k", tests])
    assert said.alarms == (), f"{said}\n{(tmp_path / 'said.txt').read_text()[-6000:]}"


@pytest.mark.parametrize(
    ("arguments", "operation", "tests"),
    [
        pytest.param("", ("POST", "/api/data_views/data_view"), "test_data_views", id="making"),
        pytest.param("--max-spaces 1", ("GET", "/api/spaces/space"), "test_spaces", id="no room for spaces"),
    ],
)
def test_a_wrong_refusal_is_told_of_who_may_do_everything(
    arguments: str, operation: tuple[str, str], tests: str, tmp_path: Path
) -> None:
    """Nobody is excused for want of privileges who was seen to administer the deployment."""
    refusing = Deployment("refusing", arguments, serves="core", manner=lambda: manners.forbidding(*operation))
    said = told(refusing, tmp_path, ["-k", tests])
    assert any(tests in alarm for alarm in said.alarms), str(said)


OTHERWISE = {
    "8.18 held to 9.1": "the contract is of another release, and what differs is told",
    "9.3 held to 9.1": "the contract is of another release, and what differs is told",
    "9.1 held to 9.3": "the contract is of another release, and what differs is told",
    "behind an index that refreshes late": "lists are expected to show at once what was made",
}
"""Deployments of which something is said, and why."""


@pytest.mark.proof
@pytest.mark.parametrize(
    "deployment",
    [
        pytest.param(
            one,
            id=one.name,
            marks=[pytest.mark.xfail(reason=OTHERWISE[one.name])] if one.name in OTHERWISE else [],
        )
        for one in DEPLOYMENTS
    ],
)
def test_nothing_is_said_of_any(
    deployment: Deployment, tmp_path: Path, published: Callable[[str], Path]
) -> None:
    for name in {deployment.serves, deployment.held_to or deployment.serves} - {"core", "auto", "deployment"}:
        published(name)  # skips where there is none
    said = told(deployment, tmp_path, ["-n", "2"])
    assert said.alarms == (), str(said)
