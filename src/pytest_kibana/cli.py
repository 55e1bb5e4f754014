"""``pytest-kibana …``: what can be done besides running pytest. Each command lives in :mod:`.commands`.

Commands are loaded when they are called, so that ``--help`` and completion answer at once.
"""

import importlib
import sys

import click

from pytest_kibana.errors import ExitCode, HarnessError

# Name, module below pytest_kibana.commands, and the line that --help shows.
COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("run", "run", "Test a deployment: pytest on the suites, with the arguments made."),
    ("serve", "serve", "Serve the stand-in Kibana."),
    ("doctor", "doctor", "Say what was found where, what the target is, and what will be skipped."),
    ("resources", "resources", "List what the factories can make."),
    ("sweep", "sweep", "Remove what earlier runs left behind."),
    ("report", "report", "Show results, and make HTML, JUnit, Markdown and metrics of them."),
    ("verify", "verify", "Judge from results alone whether a run is complete enough to rely on."),
    ("coverage", "coverage", "Count what the tests of the suites exercise, family by family."),
    ("compare", "compare", "Set two results against each other, and say what got worse."),
    ("merge", "merge", "Unite the results of shards."),
    ("accept", "accept", "Write entries for a list of known deviations."),
    ("audit", "audit", "Judge recorded traffic (HAR, cassettes) against a contract, offline."),
    ("ship", "ship", "Send results to Elasticsearch, and a dashboard to Kibana."),
    ("contract", "contract", "Look at contracts: list, fetch, show, diff."),
    ("consumer", "consumer", "Look at what known clients depend on, or learn it from a recording."),
    ("selftest", "selftest", "Break the stand-in in every way it knows, and tell how much is noticed."),
    ("explain", "explain", "Say what a check means, why it is there, and how it fails."),
)


class _Lazy(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = next((module for name, module, _ in COMMANDS if name == cmd_name), None)
        if module is None:
            return None
        command: click.Command = importlib.import_module(f"pytest_kibana.commands.{module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, _, line in COMMANDS])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pytest-kibana", prog_name="pytest-kibana")
def app() -> None:
    """Test a real Kibana against the contract that Elastic publishes."""


def main() -> None:
    """Run the command line; a :class:`HarnessError` ends it with its message, its hint and its exit code."""
    try:
        app(prog_name="pytest-kibana")
    except HarnessError as error:
        click.echo(f"pytest-kibana: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
