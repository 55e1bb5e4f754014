"""``pytest-kibana …``: what can be done besides running pytest. Each command lives in :mod:`.commands`.

Commands are loaded when they are called, so that ``--help`` and completion answer at once.
"""

import importlib
import os
import sys
from difflib import get_close_matches

import click

from pytest_kibana.errors import ExitCode, HarnessError

# By section: name, which is also the module below pytest_kibana.commands, and the line that --help shows.
COMMANDS: dict[str, dict[str, str]] = {
    "A deployment": {
        "run": "Test it: pytest on the suites, with the arguments made.",
        "doctor": "Say what it is, what may be sent, what will be skipped.",
        "sweep": "Remove what earlier runs left behind.",
        "upgrade": "Qualify an upgrade: prepare before it, verify after it.",
    },
    "Results": {
        "report": "Show them; make HTML, JUnit, Markdown, metrics.",
        "verify": "Tell whether a run is complete enough to rely on.",
        "coverage": "Count what the tests of the suites exercise.",
        "compare": "Say what got worse between two runs.",
        "merge": "Unite the results of shards.",
        "accept": "Write entries for a list of known deviations.",
        "ship": "Send them to Elasticsearch, and a dashboard to Kibana.",
    },
    "Contracts and recordings": {
        "contract": "List, fetch, show and diff contracts.",
        "audit": "Judge recorded traffic (HAR, cassettes), offline.",
        "consumer": "What known clients depend on, or a recording shows.",
    },
    "Writing tests": {
        "init": "Write a starter: a test, its configuration, a pipeline.",
        "resources": "List what the factories can make.",
        "explain": "Say what a code, requirement or operation is.",
        "completion": "Teach a shell these commands.",
    },
    "The stand-in": {
        "serve": "Serve a stand-in Kibana.",
        "selftest": "Break it in every way, and tell how much is noticed.",
    },
}


class _Lazy(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for section in COMMANDS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"pytest_kibana.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = get_close_matches(args[0], self.list_commands(ctx), n=2)
        if near and args[0] not in self.list_commands(ctx):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, section in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([*section.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pytest-kibana", prog_name="pytest-kibana")
def app() -> None:
    """Test a real Kibana against the contract that Elastic publishes."""


def main() -> None:
    """Run the command line; a :class:`HarnessError` ends it with its message, its hint and its exit code.

    Click would end with 2 for what cannot be right, which is pytest's number for an interruption.
    """
    try:
        app(prog_name="pytest-kibana", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except HarnessError as error:
        click.echo(f"pytest-kibana: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has seen enough; the interpreter must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.INTERRUPTED)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(ExitCode.INTERRUPTED)
