"""Consumers select, gate and report; a diff is about them, and a probe says which changes are real."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pytest_kibana.contract import load
from pytest_kibana.embedded import Embedded
from pytest_kibana.errors import ExitCode
from pytest_kibana.target.consumers import consumers, load_consumer
from tests.plugin.conftest import SUITE, Command, Ran

MINE = """
title = "ours"
source = "a test"
operations = ["GET /api/spaces/space/{any_name}", "GET /api/gone"]
"""


@pytest.mark.parametrize("consumer", consumers(), ids=lambda one: one.name)
def test_shipped_consumers_name_operations_that_exist(consumer, published) -> None:
    assert consumer.missing(load(published("9.3"))) == ()
    assert consumer.source


def test_a_run_is_about_the_consumer_alone(run_pytest: Callable[..., Ran], stand_in: Embedded) -> None:
    ran = run_pytest(
        *SUITE,
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-contract=core",
        "--kibana-consumer=mine.toml",
        files={"mine.toml": MINE},
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out
    assert {v.operation for v in ran.results.verdicts} == {"GET /api/spaces/space/{id}"}
    assert [t.sentence for t in ran.results.troubles] == [
        "ours depends on GET /api/gone, which the contract does not have"
    ]


def test_reports_and_gates_narrow_to_a_consumer(
    run_pytest: Callable[..., Ran],
    stand_in: Embedded,
    command: Command,
    tmp_path: Path,
) -> None:
    ran = run_pytest(
        *SUITE,
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-contract=core",
        "--kibana-operations=spaces",
        files={"mine.toml": MINE},
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out
    said = command("verify", "out", "--profile", "smoke", "--consumer", "mine.toml")
    assert "1 of 1 eligible operations tested" in said.stdout, said.stdout + said.stderr
    assert "1 of 1 eligible operations tested" in command("report", "out", "--consumer", "mine.toml").stdout
    assert command("compare", "out", "out", "--consumer", "mine.toml").returncode == 0


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("operations = []", "empty"),
        ('operations = ["nonsense"]', "not a label"),
        ('operation = ["GET /api/status"]', "operation is not known"),
        ("operations = [", "not TOML"),
    ],
)
def test_a_file_that_cannot_be_right_says_where(tmp_path: Path, text: str, trouble: str) -> None:
    from pytest_kibana.errors import UsageError

    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=trouble) as raised:
        load_consumer(str(file))
    assert str(file) in raised.value.message


def test_a_recording_shows_what_a_client_depends_on(
    run_pytest: Callable[..., Ran],
    stand_in: Embedded,
    command: Command,
    tmp_path: Path,
) -> None:
    test = "def test_one(kibana_client, kibana_space):\n    kibana_client.get('/api/status')\n"
    ran = run_pytest(
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-contract=core",
        "--kibana-har=one.har",
        files={"test_one.py": test},
    )
    assert ran.code == 0, ran.out
    done = command("consumer", "derive", "one.har", "--contract", "core", "-o", "mine.toml")
    assert done.returncode == 0, done.stderr
    found = load_consumer(str(tmp_path / "mine.toml"))
    assert {"GET /api/status", "POST /api/spaces/space", "DELETE /api/spaces/space/{id}"} <= set(
        found.operations
    )


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A contract that promises what the stand-in does not have: a route, a parameter, and a member of an answer."""
    document = load("core").document()
    answer = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}}
    document["paths"]["/api/gone"] = {"get": {"operationId": "gone", "responses": answer}}
    file = tmp_path / "old.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


def test_a_probe_says_which_changes_are_real(command: Command, old: Path, stand_in: Embedded) -> None:
    done = command("contract", "diff", str(old), "core", "--probe", stand_in.url, "--format", "json")
    assert done.returncode == ExitCode.FINDINGS, done.stderr
    probes = {change["operation"]: change["probe"] for change in json.loads(done.stdout)["changes"]}
    assert probes == {"GET /api/gone": "real: the route is not known"}
    refused = command(
        "contract",
        "diff",
        str(old),
        "core",
        "--probe",
        stand_in.url,
        "--format",
        "json",
        KIBANA_API_KEY="d3Jvbmc6a2V5",
    )
    assert "real: " not in refused.stdout


def test_a_diff_is_a_page_without_script(command: Command, old: Path) -> None:
    done = command("contract", "diff", str(old), "core", "--format", "html")
    assert "<script" not in done.stdout
    assert "GET /api/gone" in done.stdout
    ours = command("contract", "diff", str(old), "core", "--consumer", "terraform")
    assert ours.returncode == ExitCode.CONFORMANT
    assert "/api/gone" not in ours.stdout
