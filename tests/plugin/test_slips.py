"""The slips that people make in their own tests: each is told where it was made, with its mend, without our code."""

from collections.abc import Callable

import pytest

from pytest_kibana.embedded import Embedded
from pytest_kibana.errors import ExitCode
from tests.plugin.conftest import Ran, run_in

Run = Callable[..., Ran]

CALLS = """
import pytest

def test_unknown_operation(kibana_client):
    kibana_client.call("GET /api/spaces/spac")

def test_request_for_operation(kibana_client):
    kibana_client.call("GET /api/spaces/space/default")

def test_other_spelling(kibana_client):
    kibana_client.get("/api/spaces/space", params={"include": "x"})

def test_parameter_as_option(kibana_client):
    kibana_client.call("GET /api/spaces/space/{id}", id="default")

def test_unknown_path_parameter(kibana_client):
    kibana_client.call("GET /api/spaces/space/{id}", path={"id": "default", "space": "x"})

def test_two_identities(kibana_client_factory):
    kibana_client_factory(role={"kibana": []}, anonymous=True)

def test_no_identity(kibana_client_factory):
    kibana_client_factory(credentials=("elastic", "changeme"))

def test_unknown_field(kibana_resources):
    kibana_resources.rule(namee="x")

def test_unknown_factory(kibana_resources):
    kibana_resources.data_vew()

def test_no_json(kibana_client):
    kibana_client.post("/api/spaces/space", json={"id": object()})

def test_operation_itself(kibana_client, kibana_contract):
    assert kibana_client.call(kibana_contract.operation("get-spaces-space")).status_code == 200
"""


def at(stand_in: Embedded) -> tuple[str, ...]:
    return f"--kibana-url={stand_in.url}", f"--kibana-api-key={stand_in.api_key}", "--kibana-contract=core"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, stand_in: Embedded) -> Ran:
    folder = tmp_path_factory.mktemp("slips")
    return run_in(folder, "-q", "-rA", *at(stand_in), files={"test_calls.py": CALLS})


@pytest.mark.parametrize(
    ("test", "mend"),
    [
        ("test_unknown_operation", "Did you mean `GET /api/spaces/space`"),
        ("test_request_for_operation", "`GET /api/spaces/space/{id}`, with path={'id': 'default'}"),
        ("test_other_spelling", "query={…}"),
        ("test_parameter_as_option", "path={'id': …}"),
        ("test_unknown_path_parameter", "It has 'id'."),
        ("test_two_identities", "Give one of role"),
        ("test_no_identity", "pytest_kibana.Basic(name, password)"),
        ("test_unknown_field", "pytest-kibana contract show"),
        ("test_unknown_factory", "Did you mean data_view"),
        ("test_no_json", "cannot be written as JSON"),
    ],
)
def test_a_slip_is_told_with_its_mend(told: Ran, test: str, mend: str) -> None:
    assert f"FAILED test_calls.py::{test}" in told.out
    shown = told.out.split(f"_ {test} _", 1)[1].split("\n____", 1)[0]
    assert mend in shown


def test_a_failure_shows_the_test_and_not_our_code(told: Ran) -> None:
    assert "pytest_kibana/" not in told.out


def test_an_operation_may_be_called_by_itself(told: Ran) -> None:
    assert "PASSED test_calls.py::test_operation_itself" in told.out


def test_the_whole_traceback_is_there_on_demand(run_pytest: Run, stand_in: Embedded) -> None:
    ran = run_pytest(
        "-q",
        "--full-trace",
        *at(stand_in),
        files={"test_one.py": "def test_one(kibana_client):\n    kibana_client.get('api/status')\n"},
    )
    assert "wire/friendly.py" in ran.out


def test_a_fixture_that_cannot_give_says_why_alone(run_pytest: Run, stand_in: Embedded) -> None:
    override = (
        "import pytest\n\n"
        "@pytest.fixture(scope='session')\ndef kibana_client_args():\n    return {'spaces': 'a'}\n"
    )
    ran = run_pytest(
        "-q",
        *at(stand_in),
        files={"conftest.py": override, "test_one.py": "def test_one(kibana_client):\n    pass\n"},
    )
    assert "ERROR at setup of test_one" in ran.out
    assert "kibana_client_args gives spaces\n  → It may give credentials and space." in ran.out
    assert "pytest_kibana/" not in ran.out


def test_a_skip_is_shown_where_the_test_is(run_pytest: Run, stand_in: Embedded) -> None:
    ran = run_pytest(
        "-q",
        "-rs",
        *at(stand_in),
        files={"test_one.py": "\ndef test_one(kibana_client_factory):\n    kibana_client_factory(role={})\n"},
    )
    assert "SKIPPED [1] test_one.py:2: a client for a role needs an identity" in ran.out


BROKEN = """
def test_one(kibana_client, kibana_space):
    answer = kibana_client.call("GET /api/spaces/space/{id}", path={"id": kibana_space.id})
    assert "id" in answer.json()
"""


def test_a_failed_assertion_does_not_hide_the_broken_promise(run_pytest: Run) -> None:
    fault = "--fault 'response.drop_required@GET /api/spaces/space/{id}'"
    ran = run_pytest(
        "-q", "--kibana-url=embedded", f"--kibana-embedded={fault}", files={"test_one.py": BROKEN}
    )
    assert "assert 'id' in " in ran.out
    assert "KBN-R103  GET /api/spaces/space/{id}" in ran.out
    assert [finding.code for finding in ran.results.findings] == ["KBN-R103"]


MARKERS = [
    ('kibana_requires("9.1")', "Write it as kibana_requires(*, version=None, license=None"),
    ("kibana_requires(version=9.1)", "version=9.1 is not a version specifier"),
    ('kibana_expect_deviation("R103", reason="x")', "Did you mean KBN-R103"),
    ('kibana_safty("read")', "Did you mean kibana_safety?"),
]


@pytest.mark.parametrize(("marker", "mend"), MARKERS, ids=[marker for marker, _ in MARKERS])
def test_a_wrong_marker_is_told_before_anything_runs(
    run_pytest: Run, stand_in: Embedded, marker: str, mend: str
) -> None:
    text = f"import pytest\n\n\n@pytest.mark.{marker}\ndef test_one(kibana_client): ...\n"
    ran = run_pytest("-q", *at(stand_in), files={"test_one.py": text})
    assert ran.code == ExitCode.USAGE
    assert "ERROR: test_one.py::test_one: " in ran.out
    assert mend in ran.out


def test_a_marker_that_somebody_registered_is_theirs(run_pytest: Run, stand_in: Embedded) -> None:
    text = "import pytest\n\n\n@pytest.mark.kibana_team(1)\ndef test_one(): ...\n"
    ini = "[pytest]\nmarkers =\n    kibana_team(number): who answers for it\n"
    ran = run_pytest("-q", *at(stand_in), files={"test_one.py": text, "pytest.ini": ini})
    assert ran.code == 0


def test_what_ends_a_run_is_told_in_our_name(run_pytest: Run) -> None:
    ran = run_pytest("-q", files={"test_one.py": "def test_one(kibana_client): ...\n"})
    assert ran.code == ExitCode.USAGE
    assert "! kibana: no Kibana was named\n  → Give --kibana-url" in ran.out
