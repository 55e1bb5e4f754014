"""The commands beside pytest: each says what it found, and changes only what it was asked to change."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from pytest_kibana.embedded import Embedded
from pytest_kibana.errors import ExitCode
from pytest_kibana.resources import RESOURCES
from tests.plugin.conftest import Command


def test_doctor_says_what_was_found_where_what_the_target_is_and_what_will_be_skipped(
    command: Command,
) -> None:
    done = command("doctor", "--allow", "space")
    assert done.returncode == ExitCode.CONFORMANT, done.stderr
    said = re.sub(r" +", " ", done.stdout)
    for line in (
        "api-key [redacted] (from the environment)",
        "allow space (from the flag)",
        "version 9.4.3",
        "real no: it says of itself that it is a stand-in",
        "viewer none: checks of too few privileges are skipped",
        "list roles may",
    ):
        assert line in said, f"{line}\n{said}"
    assert re.search(r"operations \d+", said)
    assert re.search(r"\d+ safety: .*--kibana-allow", said)


def test_doctor_says_what_few_privileges_may_not_do(command: Command, stand_in: Embedded) -> None:
    done = command("doctor", KIBANA_API_KEY=str(stand_in.viewer_api_key))
    assert done.returncode == ExitCode.CONFORMANT, done.stderr
    assert re.search(r"list roles +may not \(HTTP 403\)", done.stdout)


def test_doctor_ends_like_a_run_where_the_target_cannot_be_tested(command: Command) -> None:
    done = command("doctor", KIBANA_URL="http://127.0.0.1:9")
    assert done.returncode == ExitCode.ENVIRONMENT
    assert "127.0.0.1:9" in done.stderr
    assert command("doctor", KIBANA_URL="").returncode == ExitCode.USAGE


def test_resources_are_listed_by_family_with_what_each_needs(command: Command) -> None:
    listed = command("resources").stdout
    assert all(re.search(rf"^  {name}\b", listed, re.MULTILINE) for name in RESOURCES)
    some = command("resources", "case", "role").stdout
    assert re.findall(r"^  (\w+)", some, re.MULTILINE) == ["case", "role"]
    (case,) = json.loads(command("resources", "case", "--json").stdout)
    assert (case["scope"], case["safety"], case["lacking"]) == ("space", "space", None)
    comment = command("resources", "case_comment").stdout
    assert "needs case" in comment
    agent = command("resources", "fleet_agent_action").stdout
    assert "acts on an enrolled agent" in agent
    (row,) = json.loads(command("resources", "--json", "fleet_agent_action").stdout)
    assert row["needs"].startswith("acts on an enrolled agent")


def test_a_sweep_of_a_clean_deployment_removes_nothing(command: Command) -> None:
    done = command("sweep", "--older-than", "0s")
    assert done.returncode == ExitCode.CONFORMANT, done.stderr
    assert done.stdout.splitlines()[-1].startswith("0 removed")
    wrong = command("sweep", "--older-than", "yesterday")
    assert wrong.returncode == ExitCode.USAGE
    assert "yesterday" in wrong.stderr


def test_contracts_are_listed_and_shown(command: Command) -> None:
    assert "9.1" in command("contract", "list").stdout.split()
    shown = command("contract", "show", "core")
    assert re.search(r"^  spaces +\d+ operations", shown.stdout, re.MULTILINE)
    one = command("contract", "show", "core", "post-spaces-space")
    assert one.stdout.startswith("POST /api/spaces/space")
    assert "answer  200" in one.stdout
    wrong = command("contract", "show", "core", "POST /api/spaces/spaec")
    assert wrong.returncode == ExitCode.USAGE
    assert "POST /api/spaces/space" in wrong.stderr


def test_contracts_are_compared_by_what_breaks_a_client(
    command: Command, published: Callable[[str], Path], tmp_path: Path
) -> None:
    same = command("contract", "diff", "core", "core")
    assert same.returncode == ExitCode.CONFORMANT, same.stderr
    target = tmp_path / "diff.json"
    done = command(
        *("contract", "diff", str(published("9.1")), str(published("9.3"))),
        *("--format", "json", "--output", str(target)),
    )
    assert done.returncode == ExitCode.FINDINGS
    assert json.loads(target.read_text())


def test_a_check_is_explained_by_its_code(command: Command) -> None:
    assert "KBN-R103" in command("explain").stdout
    one = command("explain", "KBN-R103").stdout
    assert "response body violates its schema" in one
    wrong = command("explain", "KBN-R999")
    assert wrong.returncode == ExitCode.USAGE
    assert "KBN-R" in wrong.stderr


def test_serve_lists_its_own_flags(command: Command) -> None:
    done = command("serve", "--help")
    assert done.returncode == 0
    assert "--contract" in done.stdout
    assert "--fault" in done.stdout


def test_run_is_pytest_with_the_arguments_made(command: Command, tmp_path: Path) -> None:
    done = command(
        *("run", "--url", "embedded", "--operations", "task manager", "--report-dir", str(tmp_path / "out")),
        *("--", "-q", "-p", "no:cacheprovider"),
        KIBANA_URL="",
        KIBANA_API_KEY="",
    )
    assert done.returncode == ExitCode.CONFORMANT, done.stdout + done.stderr
    assert (tmp_path / "out" / "results.jsonl").is_file()


def test_help_names_every_command(command: Command) -> None:
    said = command("--help").stdout
    assert {"run", "serve", "doctor", "resources", "sweep", "contract", "explain"} <= set(said.split())
    assert command("--version").stdout.startswith("pytest-kibana")


def test_doctor_reads_the_ini_file_that_pytest_reads(command: Command, tmp_path: Path) -> None:
    """Options for other plugins and a broken ``conftest.py`` beside it are not its business."""
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = -n 2 -q\nkibana_allow = read\nkibana_seed = 7\n"
    )
    (tmp_path / "conftest.py").write_text("raise RuntimeError")
    said = command("doctor", "--seed", "8").stdout
    assert re.search(r"allow +read +\(from the ini\)", said)
    assert re.search(r"seed +8 +\(from the flag\)", said)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    done = command("doctor")
    assert done.returncode == ExitCode.USAGE
    assert "--nonsense" in done.stderr
    assert "pytest cannot read its settings in this folder" in done.stderr


def test_doctor_names_variables_that_nothing_reads(command: Command) -> None:
    told = command("doctor", KIBANA_ALOW="read", KIBANA_CONTRACT_PATH="/nowhere").stdout
    assert "KIBANA_ALOW is not a setting: did you mean KIBANA_ALLOW?" in told
    assert "KIBANA_CONTRACT_PATH is not" not in told


def test_a_user_without_a_password_is_told(command: Command) -> None:
    done = command("doctor", KIBANA_API_KEY="", KIBANA_USERNAME="elastic")
    assert done.returncode == ExitCode.USAGE
    assert "the user elastic is given without a password\n  → Give --kibana-password" in done.stderr
