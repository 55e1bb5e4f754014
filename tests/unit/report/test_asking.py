"""What people ask the command line by hand: an answer that fits a terminal, or the name that was meant."""

import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from pytest_kibana.cli import app
from pytest_kibana.errors import ExitCode, UsageError


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("KBN-R103", "response body violates its schema"),
        ("r103", "KBN-R103"),
        ("KBN-U604", "After an upgrade"),
        ("kbn-req-law-001", "laws.test_laws::test_law"),
        ("D-20", "known deviation"),
        ("post-spaces-space", "POST /api/spaces/space  (post-spaces-space)"),
        ("GET /api/spaces/space/{anything}", "safety   read"),
        ("POST /api/fleet/agents/{agentId}/upgrade", "safety   disruptive"),
    ],
)
def test_every_kind_of_name_is_explained_within_80_columns(name: str, said: str) -> None:
    told = run("explain", name).output
    assert said in told
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("KBN-R199", "Did you mean KBN-R1"),
        ("KBN-REQ-LAW-0011", "Did you mean KBN-REQ-LAW-011"),
        ("nonsense", "an operation"),
    ],
)
def test_what_nothing_is_called_is_told(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        run("explain", name)


def test_resources_fit_a_terminal_and_unknown_ones_are_told() -> None:
    told = run("resources").output
    assert max(map(len, told.splitlines())) <= 80
    assert "rule_snooze_schedule" in run("resources", "alerting").output
    with pytest.raises(UsageError, match="Did you mean space"):
        run("resources", "rule", "spac")


def test_a_contract_shows_a_family_and_what_may_be_sent() -> None:
    assert "POST /api/spaces/space" in run("contract", "show", "core", "spaces").output.splitlines()
    shown = run("contract", "show", "core", "POST /api/alerting/rule/{id}").output
    assert "rule_type_id  string  required" in shown
    assert '"onActionGroupChange" | "onActiveAlert"' in shown


def test_every_short_help_is_whole() -> None:
    for group in ((), ("contract",), ("consumer",), ("upgrade",)):
        assert "..." not in run(*group, "--help").output.replace("ARGS]...", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reprot",), "Did you mean report?"),
        (("report",), "Missing argument"),
        (("init", "--ci", "nope"), "is not one of"),
        (("serve", "--port", "x"), "invalid int value"),
    ],
)
def test_what_cannot_be_right_ends_with_the_code_for_it(arguments: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from pytest_kibana.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitCode.USAGE
    assert said in done.stderr


def test_who_reads_only_the_beginning_sees_no_traceback() -> None:
    line = f"{sys.executable} -c 'from pytest_kibana.cli import main; main()' resources --json | head -1"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.stdout == "[\n"
    assert not done.stderr
