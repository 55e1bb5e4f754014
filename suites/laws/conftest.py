"""Which laws are tried on which resources: all that speak of one whose operations the contract has."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kibana.resources import RESOURCES, Handle, Kind, Resource
from pytest_kibana.suites.laws.bench import Bench
from pytest_kibana.suites.laws.laws import STATUTES, applicable, forms, operations_of
from pytest_kibana.suites.laws.refusals import ways
from pytest_kibana.suites.laws.statutes import of_form

if TYPE_CHECKING:
    from pytest_kibana.session import Session

MACHINE = "KBN-REQ-LAW-030"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each law and resource, where a test asks for a law; one for each resource of the machine."""
    if "kibana_law" not in metafunc.fixturenames and "kibana_kind" not in metafunc.fixturenames:
        return
    from pytest_kibana.plugin import run_of

    contract = run_of(metafunc.config).contract_in_use()

    def has(label: str) -> bool:
        return contract is not None and contract.find(label) is not None

    makeable = [kind for kind in RESOURCES.values() if kind.makeable]
    if "kibana_law" in metafunc.fixturenames:
        tried = [
            (law, form, f"{kind.name}-{law.name}{f' ({name})' if name else ''}")
            for kind in makeable
            for name, form in forms(kind, has)
            for law in applicable(form, has)
            if of_form(law, name)
        ]
        metafunc.parametrize(
            ("kibana_law", "kibana_kind"),
            [
                pytest.param(law, form, id=name, marks=_mark(law.id, law, form, has))
                for law, form, name in tried
            ],
        )
    else:
        whole = STATUTES["delete then read"]
        lives = [kind for kind in makeable if kind.kind is Kind.OBJECT and whole in applicable(kind, has)]
        metafunc.parametrize(
            "kibana_kind",
            [
                pytest.param(kind, id=kind.name, marks=_mark(MACHINE, whole, kind, has, tier="standard"))
                for kind in lives
            ],
        )


def _mark(id_: str, law: Any, kind: Resource, has: Callable[[str], bool], tier: str | None = None) -> Any:
    return pytest.mark.kibana_requirement(
        id_,
        level=law.level,
        source=law.source,
        operations=operations_of(kind, law, has),
        since=kind.shaped_since or kind.since,
        tier=tier or law.tier,
        safety=kind.safety.value,
    )


@pytest.fixture(scope="session")
def law_spaces(
    kibana_session: "Session", kibana_space_args: dict[str, Any]
) -> Iterator[tuple[Handle, Handle]]:
    """Two throwaway spaces for all laws of this worker."""
    with kibana_session.made_here() as factory:
        yield factory.make("space", **kibana_space_args), factory.make("space", **kibana_space_args)


@pytest.fixture
def bench(
    kibana_session: "Session", law_spaces: tuple[Handle, Handle], kibana_kind: Resource
) -> Iterator[Bench]:
    """Where one law is tried on one kind of resource; all that it made is gone afterwards."""
    target = kibana_session.target
    if target.flavor not in kibana_kind.flavors:
        pytest.skip(f"a {kibana_kind.name} needs {' or '.join(kibana_kind.flavors)}, found {target.flavor}")
    if kibana_kind.needs:
        pytest.skip(f"a {kibana_kind.name} {kibana_kind.needs}")
    with ExitStack() as stack:
        here, there = (stack.enter_context(kibana_session.made_here(space=space)) for space in law_spaces)
        yield Bench(kibana_kind, here, there, ways(kibana_session))
