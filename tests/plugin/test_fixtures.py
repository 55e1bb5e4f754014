"""What people write with the fixtures, as they would write it."""

from collections.abc import Callable, Iterator

import pytest

from pytest_kibana.embedded import Embedded, start
from pytest_kibana.errors import ExitCode
from tests.plugin.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def against(run_pytest: Run, stand_in: Embedded) -> Callable[..., Ran]:
    """Run a test module against the shared stand-in."""

    def run(text: str, *arguments: str, conftest: str = "") -> Ran:
        assert stand_in.viewer_api_key
        return run_pytest(
            "-q",
            "-rs",
            f"--kibana-url={stand_in.url}",
            "--kibana-contract=core",
            "--kibana-allow=global",
            *arguments,
            files={"test_ours.py": text, "conftest.py": conftest},
            env={"KIBANA_API_KEY": stand_in.api_key, "KIBANA_VIEWER_API_KEY": stand_in.viewer_api_key},
        )

    return run


def test_what_is_made_lives_in_the_space_of_the_test_and_goes_with_it(against: Callable[..., Ran]) -> None:
    ran = against(
        """
        import pytest
        spaces = []

        def test_rule_survives_its_connector(kibana_space, kibana_resources):
            spaces.append(kibana_space.id)
            connector = kibana_resources.connector()
            rule = kibana_resources.rule(actions=[connector.as_action()])
            connector.delete()
            answer = kibana_space.client.call("GET /api/alerting/rule/{id}", path={"id": rule.id})
            assert answer.status_code == 200
            assert answer.json()["id"] == rule.id

        def test_the_space_is_gone(kibana_client):
            assert kibana_client.get(f"/api/spaces/space/{spaces[0]}").status_code == 404
    """.replace("\n        ", "\n")
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out
    assert "2 passed" in ran.out


def test_the_deployment_and_its_contract_are_there_to_ask(against: Callable[..., Ran]) -> None:
    ran = against(
        """
        def test_facts(kibana, kibana_contract, kibana_client):
            assert kibana.version == "9.4.3"
            assert kibana.flavor == "traditional"
            assert kibana.features
            assert kibana.contract is kibana_contract
            assert kibana_client.call("get-status").json()["version"]["number"] == kibana.version
    """.replace("\n        ", "\n")
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out


def test_clients_for_others_are_others(against: Callable[..., Ran]) -> None:
    ran = against(
        """
        CASE = {"title": "x", "description": "x", "tags": [], "owner": "cases", "settings": {"syncAlerts": False},
                "connector": {"id": "none", "name": "none", "type": ".none", "fields": None}}

        def test_viewer(kibana_client_factory, kibana_space):
            viewer = kibana_client_factory(viewer=True, space=kibana_space)
            assert viewer.get("/api/cases/_find").status_code == 200
            assert viewer.post("/api/cases", json=CASE).status_code == 403

        def test_nobody(kibana_client_factory):
            assert kibana_client_factory(anonymous=True).get("/api/cases/_find").status_code == 401

        def test_role(kibana_client_factory):
            kibana_client_factory(role={"kibana": [{"base": ["read"], "spaces": ["*"]}]})
    """.replace("\n        ", "\n")
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out
    assert "2 passed, 1 skipped" in ran.out
    assert "--elasticsearch-url" in ran.out


@pytest.fixture
def with_elasticsearch() -> Iterator[Embedded]:
    running = start("core", "--elasticsearch-port 0")
    yield running
    running.close()


def test_event_loops_have_a_client_too(against: Callable[..., Ran]) -> None:
    ran = against(
        """
        import asyncio

        async def status(client):
            async with client as open_client:
                return (await open_client.get("/api/status")).status_code

        def test_async(kibana_async_client):
            assert asyncio.run(status(kibana_async_client)) == 200
    """.replace("\n        ", "\n")
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out


def test_markers_skip_with_what_was_needed_and_found(against: Callable[..., Ran]) -> None:
    ran = against(
        """
        import pytest

        @pytest.mark.kibana_requires(version=">=99")
        def test_version(kibana): raise AssertionError

        @pytest.mark.kibana_requires(flavor="serverless")
        def test_flavor(kibana): raise AssertionError

        @pytest.mark.kibana_requires(plugin="nothing")
        def test_plugin(kibana): raise AssertionError

        @pytest.mark.kibana_safety("disruptive")
        def test_safety(kibana): raise AssertionError

        @pytest.mark.kibana_operation("GET /api/nothing")
        def test_operation(kibana): raise AssertionError

        @pytest.mark.kibana_tier("thorough")
        def test_tier(kibana): raise AssertionError

        @pytest.mark.kibana_operation("GET /api/status")
        def test_named(kibana_operation): assert kibana_operation.family == "system"
    """.replace("\n        ", "\n")
    )
    assert "1 passed, 6 skipped" in ran.out, ran.out
    for said in (
        "needs version >=99, found 9.4.3",
        "needs flavor serverless, found traditional",
        "needs plugin nothing",
        "needs --kibana-allow disruptive, found global",
        "has no GET /api/nothing",
        "needs --kibana-budget thorough, found standard",
    ):
        assert said in ran.out


@pytest.mark.parametrize(
    ("mark", "named"),
    [
        ('kibana_requires(verison=">=9")', "verison"),
        ('kibana_requires(version="nine")', "nine"),
        ('kibana_safety("careless")', "careless"),
        ("kibana_operation()", "no operation"),
        ('kibana_expect_deviation("KBN-R103")', "reason"),
    ],
)
def test_a_wrong_marker_is_named_with_its_test(against: Callable[..., Ran], mark: str, named: str) -> None:
    ran = against(f"import pytest\n@pytest.mark.{mark}\ndef test_it(kibana): pass\n")
    assert ran.code == ExitCode.USAGE
    assert named in ran.out
    assert "test_ours.py::test_it" in ran.out


def test_data_fixtures_are_there_to_be_overridden(against: Callable[..., Ran]) -> None:
    ran = against(
        """
        def test_described(kibana_space):
            assert kibana_space.read()["description"] == "ours"

        def test_where(kibana_client):
            assert kibana_client.space == "elsewhere"
    """.replace("\n        ", "\n"),
        conftest="""
        import pytest

        @pytest.fixture(scope="session")
        def kibana_space_args():
            return {"description": "ours"}

        @pytest.fixture(scope="session")
        def kibana_client_args():
            return {"space": "elsewhere"}
    """.replace("\n        ", "\n"),
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out


BROKEN = "--kibana-embedded=--fault 'response.wrong_type@GET /api/status'"
ASKS = "def test_ours(kibana_client):\n    assert kibana_client.get('/api/status').status_code == 200\n"


def test_a_broken_promise_seen_by_hand_fails_the_test_and_says_where(run_pytest: Run) -> None:
    ran = run_pytest("-q", "--kibana-url=embedded", BROKEN, files={"test_ours.py": ASKS})
    assert ran.code == ExitCode.FINDINGS
    assert "KBN-R103" in ran.out
    assert "kibana_expect_deviation" in ran.out
    (finding,) = [f for f in ran.results.findings if f.status == "new"]
    assert finding.operation == "GET /api/status"


@pytest.mark.parametrize("mode", ["report", "off"])
def test_what_hand_written_calls_see_may_be_reported_only(run_pytest: Run, mode: str) -> None:
    ran = run_pytest(
        "-q", "--kibana-url=embedded", BROKEN, f"--kibana-check-traffic={mode}", files={"test_ours.py": ASKS}
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out
    assert ("KBN-R103" in ran.out) is (mode == "report")


def test_an_expected_deviation_is_silent(run_pytest: Run) -> None:
    marked = f'import pytest\n@pytest.mark.kibana_expect_deviation("KBN-R103", reason="known here")\n{ASKS}'
    ran = run_pytest("-q", "--kibana-url=embedded", BROKEN, files={"test_ours.py": marked})
    assert ran.code == ExitCode.CONFORMANT, ran.out


def test_all_is_silent_when_all_is_well(run_pytest: Run, stand_in: Embedded) -> None:
    ran = run_pytest(
        "-q",
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-contract=core",
        "--kibana-report-dir=",
        files={"test_ours.py": ASKS},
        env={"KIBANA_REPORT_DIR": ""},
    )
    assert ran.code == ExitCode.CONFORMANT
    assert "kibana" not in ran.out.splitlines()[-1].lower()
    assert not (ran.folder / "reports").exists()
    assert not (ran.folder / "out").exists()
