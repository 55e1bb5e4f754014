"""The example project of the tutorial does what its page says, run as its readers would run it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.embedded import Embedded, start
from tests.plugin.conftest import Ran

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "example"
pytestmark = pytest.mark.skipif(not EXAMPLE.is_dir(), reason="the documentation is not beside the tests")


@pytest.fixture(scope="module")
def kibana_with_elasticsearch() -> Iterator[Embedded]:
    running = start("core", "--elasticsearch-port 0")
    yield running
    running.close()


@pytest.fixture(scope="module")
def environment(kibana_with_elasticsearch: Embedded) -> dict[str, str]:
    running = kibana_with_elasticsearch
    said: dict[str, Any] = json.loads((running.folder / "ready.json").read_text())
    return {
        "KIBANA_URL": running.url,
        "KIBANA_USERNAME": said["username"],
        "KIBANA_PASSWORD": said["password"],
        "KIBANA_VIEWER_API_KEY": str(running.viewer_api_key),
        "ELASTICSEARCH_URL": said["elasticsearch_url"],
    }


def test_every_test_of_the_example_does_what_the_page_says(
    environment: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("__pycache__"))
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rs"],
        cwd=tmp_path / "example",
        env={**clean, **environment, "KIBANA_LEDGER_DIR": str(tmp_path / "ledgers")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed, 2 skipped" in done.stdout, done.stdout
    assert "needs flavor serverless, found traditional" in done.stdout
    assert "needs --kibana-allow disruptive, found global" in done.stdout
    assert not list((tmp_path / "ledgers").iterdir())


def test_strategies_say_what_is_missing_outside_of_a_run(run_pytest: Callable[..., Ran]) -> None:
    ran = run_pytest(
        "-q",
        files={
            "test_ours.py": "from hypothesis import given\nfrom pytest_kibana import strategies\n"
            "@given(strategies.request_bodies('POST /api/spaces/space'))\ndef test_ours(body): pass\n"
        },
    )
    assert ran.code == 1
    assert "no Kibana was named" in ran.out
    assert "--kibana-url" in ran.out


@pytest.mark.parametrize("kind", ["request_bodies", "requests", "invalid_requests"])
def test_an_operation_that_the_contract_lacks_is_named_at_draw_time(
    run_pytest: Callable[..., Ran], stand_in: Embedded, kind: str
) -> None:
    ran = run_pytest(
        "-q",
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-contract=core",
        files={
            "test_ours.py": "from hypothesis import given\nfrom pytest_kibana import strategies\n"
            f"@given(strategies.{kind}('POST /api/spaces/spaec'))\ndef test_ours(made): pass\n"
        },
    )
    assert ran.code == 1, ran.out
    assert "POST /api/spaces/space" in ran.out, "the nearest is named"


LIGHT = """
import sys, pytest_kibana
assert not {m.split(".")[0] for m in sys.modules} & {"httpx", "hypothesis", "schemathesis", "yaml", "pytest"}
assert [m for m in sys.modules if m.startswith("pytest_kibana.")] == []
for name in pytest_kibana.__all__:
    assert getattr(pytest_kibana, name) is not None
assert set(pytest_kibana.__all__) <= set(dir(pytest_kibana))
try:
    pytest_kibana.nothing
except AttributeError as error:
    assert "nothing" in str(error)
"""


def test_importing_the_package_costs_nothing_and_offers_the_public_names() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=60)
