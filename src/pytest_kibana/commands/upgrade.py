"""``pytest-kibana upgrade …``: fill a population before an upgrade, and judge it afterwards."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_kibana.commands.options import settings_from, settings_options
from pytest_kibana.errors import ExitCode, HarnessError, ResultsError
from pytest_kibana.settings import env_of

if TYPE_CHECKING:
    from pytest_kibana.session import Session
    from pytest_kibana.upgrade import Ground, Report, State

FOLDER = click.Path(path_type=Path, file_okay=False)


def _state_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--state",
        "folder",
        type=FOLDER,
        required=True,
        metavar="DIR",
        help="folder that outlives the upgrade",
    )(command)


@click.group("upgrade")
def command() -> None:
    """Qualify an upgrade: prepare before it, verify after it."""


@command.command("prepare", short_help="Create a population, and record its answers.")
@settings_options("target", "credentials", "contract")
@click.option(
    "--allow", metavar="CLASS", help="highest safety class that may be sent: space (default), global, …"
)
@click.option("--seed", metavar="N", help="seed of what Hypothesis makes")
@_state_option
@click.option(
    "--generated",
    default=2,
    show_default=True,
    metavar="N",
    help="objects of each kind that Hypothesis makes",
)
@click.option(
    "--resources", "only", multiple=True, metavar="NAME", help="only this resource; may be repeated"
)
@click.option(
    "--run-profile",
    default="smoke",
    show_default=True,
    metavar="NAME",
    help="profile of the run before the upgrade",
)
@click.option("--no-run", is_flag=True, help="leave out the run whose results are compared afterwards")
def prepare_command(
    *, folder: Path, generated: int, only: tuple[str, ...], run_profile: str, no_run: bool, **given: Any
) -> None:
    """Create a population that stays, and record how everything in it is seen.

    After an interruption the same command resumes where it stopped.
    """
    from pytest_kibana.upgrade import State, prepare, settle

    with State(folder) as state, _lent(state, given, begin=True) as (session, ground):
        done = prepare(state, ground, generated=generated, only=only)
        if not no_run:
            _run(state, state.before, session, given, run_profile)
        settle(state, ground)
    click.echo(f"{done.members} objects of {done.resources} resources, {done.files} exports, in {folder}")
    for what, why in done.skips.items():
        click.echo(f"  not made: {what}: {' '.join(why.split())[:160]}")
    click.echo(f"upgrade now, then: pytest-kibana upgrade verify --url … --state {folder}")
    sys.exit(ExitCode.CONFORMANT if done.members else ExitCode.NOTHING_CHECKED)


@command.command("verify", short_help="Judge the population after the upgrade.")
@settings_options("target", "credentials", "contract")
@_state_option
@click.option("--keep", is_flag=True, help="change and remove nothing, so that it can be verified once more")
@click.option("--again", is_flag=True, help="look at everything anew, whatever an earlier verify saw")
@click.option(
    "--no-run", is_flag=True, help="leave out the run whose results are compared with those of before"
)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
@click.option("-v", "--verbose", is_flag=True, help="leave nothing out")
def verify_command(
    *, folder: Path, keep: bool, again: bool, no_run: bool, as_json: bool, verbose: bool, **given: Any
) -> None:
    """Judge the population after the upgrade: kept, changed as declared, broken for clients, or lost.

    Ends with 1 where anything is lost, or broken and not declared by the new contract (--strict: or declared).
    """
    from pytest_kibana.upgrade import State, save, verify

    with State.existing(folder) as state, _lent(state, given) as (session, ground):
        report = verify(state, ground, keep=keep, again=again)
        if not no_run and (state.before / "results.jsonl").is_file():
            profile = str(state.manifest.get("run_profile", "smoke"))
            report = _compared(state, report, session, given, profile)
        save(report, state)
        strict = session.settings.strict
    import json

    click.echo(json.dumps(report.to_json(), indent=1) if as_json else report.text(verbose=verbose))
    sys.exit(report.exit_code(strict=strict))


@command.command("abort")
@settings_options("target", "credentials", "contract")
@_state_option
def abort_command(folder: Path, **given: Any) -> None:
    """Remove the population without judging it."""
    from pytest_kibana.upgrade import State, abort

    with State.existing(folder) as state, _lent(state, given) as (_, ground):
        count = len(ground.factory.ledger.entries)
        left = abort(state, ground)
    for line in left:
        click.echo(f"left {line}")
    click.echo(f"{count - len(left)} of {count} removed")
    sys.exit(ExitCode.LEFTOVERS if left else ExitCode.CONFORMANT)


@contextmanager
def _lent(
    state: "State", given: dict[str, Any], *, begin: bool = False
) -> "Iterator[tuple[Session, Ground]]":
    """Lend a session, and what a check of an upgrade stands on."""
    from pytest_kibana.session import Session
    from pytest_kibana.upkeep import standing

    known = {} if begin and not state.phase else {"allow": state.manifest["allow"]}
    session = Session(settings_from({**given, **known}))
    try:
        with standing(session, state, begin=begin, say=lambda line: click.echo(line, err=True)) as ground:
            yield session, ground
    finally:
        session.close()


def _run(state: "State", folder: Path, session: "Session", given: dict[str, Any], profile: str) -> None:
    """Run the suite of the contract, and keep its results in the state."""
    if (folder / "results.jsonl").is_file() and state.phase == "preparing":
        with suppress(ResultsError):
            if not _results(folder).interrupted:
                return
    from pytest_kibana.commands.run import flags, secrets

    arguments = [
        *flags({**given, "url": session.target.url}),
        f"--kibana-profile={profile}",
        f"--kibana-report-dir={folder}",
        f"--kibana-seed={state.manifest['seed']}",
    ]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--pyargs",
        "pytest_kibana.suites.contract",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    state.say(run_profile=profile)
    environment = {**os.environ, **secrets(given)}
    if session.stand_in is not None:
        environment[env_of("api_key")] = session.stand_in.api_key
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [*command, "--no-header", "--no-summary", *arguments, "--kibana-report-overwrite"],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode not in (0, 1, ExitCode.NOTHING_CHECKED):
        click.echo(f"the run did not come to its end (exit code {done.returncode}); see {folder}", err=True)


def _results(folder: Path) -> Any:
    from pytest_kibana.evidence import read_results

    return read_results(folder / "results.jsonl")


def _compared(
    state: "State", report: "Report", session: "Session", given: dict[str, Any], profile: str
) -> "Report":
    """Run the suite again, and set its results against those of before."""
    from dataclasses import replace

    from pytest_kibana.evidence import About
    from pytest_kibana.evidence.compare import compare

    _run(state, state.after, session, given, profile)
    try:
        comparison = compare(_results(state.before), _results(state.after))
    except HarnessError as trouble:
        return replace(report, conformance=f"not compared: {trouble.message}")
    # What only the new contract has was not promised before, and what it is itself to blame for is not the upgrade's.
    tested = {verdict.operation for verdict in comparison.old.verdicts}
    fresh = [
        f for f in (*comparison.added, *comparison.graver) if f.status == "new" and f.operation in tested
    ]
    fresh = [finding for finding in fresh if finding.about is not About.CONTRACT]
    gone = [label for label in comparison.no_longer_tested if session.contract.find(label) is None]
    counts = {
        "findings that are new or graver, at operations of both runs": [
            f"{f.code} {f.operation} {f.pointer} {f.sentence}" for f in fresh
        ],
        "findings that are fixed": [f"{f.code} {f.operation}" for f in comparison.fixed],
        "operations no longer tested": [o for o in comparison.no_longer_tested if o not in gone],
        "operations that the new contract no longer has": gone,
        "operations whose success is no longer seen": list(comparison.lost_success),
    }
    lines = [
        f"{len(rows)} {title}" + "".join(f"\n  {row[:160]}" for row in rows[:5])
        for title, rows in counts.items()
    ]
    return replace(report, conformance="\n".join(lines), worse=bool(fresh))
