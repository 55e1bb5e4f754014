"""Where a session and the state of an upgrade check meet: what a check stands on, lent for as long as it lasts."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import UsageError
from pytest_kibana.session import Session, as_case_recipe

if TYPE_CHECKING:
    from pytest_kibana.cases import Case
    from pytest_kibana.contract import Contract
    from pytest_kibana.resources import RunMark
    from pytest_kibana.upgrade import Ground, State

_NAMES_OF_A_PROCESS = 36**3


@contextmanager
def standing(
    session: Session, state: "State", *, begin: bool = False, say: Callable[[str], None] = lambda _line: None
) -> "Iterator[Ground]":
    """Lend what a check of an upgrade stands on, and let go of the ledger afterwards; nothing is removed here.

    Args:
        session: who is at the other end, and what is allowed.
        state: the folder.
        begin: before the upgrade; a new folder is opened by this.
        say: is told what is being done, for people.

    Raises:
        UsageError: the folder was begun with another deployment or contract.
        ResultsError: another process keeps its ledger.
    """
    from pytest_kibana.resources import Belongings, Factory, Ledger
    from pytest_kibana.target import SafetyPolicy
    from pytest_kibana.upgrade import Ground

    _enter(session, state, begin=begin)
    mark = _mark(state)
    owned = Belongings(mark)
    allow = str(state.manifest["allow"])
    client = session.bare_client.derive(
        contract=session.contract,
        gates=(SafetyPolicy(allow, session.facts, owned),),
        patience=session.patience,
    )
    # The ledger of a population lives as long as its state, also when nothing is in it.
    ledger = Ledger(state.ledger, run=mark.run, target=session.target.url)
    factory = Factory(client, ledger=ledger, mark=mark, belongings=owned, allow=allow)
    try:
        yield Ground(
            factory=factory,
            viewer=session.viewer_credentials,
            contract=session.contract,
            target=session.target,
            cases=_cases(session, int(state.manifest["seed"])),
            recipes=session.recipes,
            say=say,
        )
    finally:
        ledger.close()


def _enter(session: Session, state: "State", *, begin: bool) -> None:
    """Write into the manifest who is there, and refuse what does not belong together."""
    target, contract = session.target, session.contract
    processes = int(state.manifest.get("processes", 0)) + 1
    if not begin:
        state.say(processes=processes, contract_after=_described(contract), target_after=target.describe())
        return
    if not state.phase:
        if session.settings.allow == "read":
            raise UsageError(
                "a population cannot be made where only reading is allowed",
                hint="Allow at least --allow space: everything is made in throwaway spaces, and removed after verify.",
            )
        state.keep_contract(contract)
        state.say(
            phase="preparing",
            tool=version_of("pytest-kibana"),
            started=time.time(),
            run="",
            allow=session.settings.allow,
            seed=session.seed,
            target=target.describe(),
            contract=_described(contract),
        )
    elif state.manifest["contract"]["sha256"] != contract.sha256:
        raise UsageError(
            f"{state.folder} was started with another contract ({state.manifest['contract']['source']})",
            hint="Name the same contract to continue, or start with another folder.",
        )
    state.say(processes=processes)


def _described(contract: "Contract") -> dict[str, Any]:
    return {
        "source": contract.source,
        "version": contract.version,
        "flavor": contract.flavor,
        "sha256": contract.sha256,
        "title": contract.title,
    }


def _mark(state: "State") -> "RunMark":
    """Return what gives names; no process of a state gives one that another gave."""
    from pytest_kibana.resources import RunMark

    run = str(state.manifest.get("run") or "")
    mark = RunMark(run=run, kept=True, first=int(state.manifest["processes"]) * _NAMES_OF_A_PROCESS + 1)
    if not run:
        state.say(run=mark.run)
    return mark


def _cases(session: Session, seed: int) -> "Callable[[str], Sequence[Case]]":
    """Return what gives the cases of an operation that makes something."""

    @cache
    def bank() -> Any:
        from pytest_kibana.cases import CaseBudget, open_bank
        from pytest_kibana.resources import RESOURCES, bindings_for

        contract = session.contract
        labels = [
            found.label
            for kind in RESOURCES.values()
            for call in kind.create
            if (found := contract.find(call.label)) is not None
        ]
        recipes: Mapping[str, Any] = {
            label: as_case_recipe(recipe) for label, recipe in session.recipes.items()
        }
        return open_bank(
            contract,
            seed=seed,
            budget=CaseBudget("upgrade", examples=2, boundary=8, random=6, invalid=0),
            recipes=recipes,
            bindings=bindings_for(contract),
            operations=tuple(dict.fromkeys(labels)),
        )

    def cases(label: str) -> "Sequence[Case]":
        found: Sequence[Case] = bank().cases(label) if label in bank() else ()
        return found

    return cases
