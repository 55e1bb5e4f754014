"""On a deployment that is in use, what only reads is asked about what people have there, and none of it is touched."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_kibana import embedded
from pytest_kibana.contract import load
from pytest_kibana.errors import HarnessError
from pytest_kibana.resources import Factory, Ledger, RunMark
from pytest_kibana.target import load_facts
from pytest_kibana.wire import ApiKey, KibanaClient
from tests.plugin.conftest import Ran
from tests.plugin.watching import everything

THEIRS = (
    "role",
    "apm_agent_configuration",
    "endpoint_exception_item",
    "entity_engine",
    "fleet_enrollment_api_key",
    "fleet_output",
    "fleet_package_policy",
    "fleet_proxy",
    "fleet_server_host",
    "logstash_pipeline",
    "osquery_live_query",
    "protection_updates_note",
    "stream_dashboard_link",
    "stream_query",
    "synthetics_monitor",
)
"""What people have made, none of which this run may make."""

HIDDEN = {
    "GET /api/endpoint/protection_updates_note/{package_policy_id}",
    "GET /api/streams/{name}/dashboards",
    "GET /api/streams/{name}/_group",
}
"""What no list that is asked shows: only some policies have a note, only some streams a dashboard, or are groups."""


@pytest.fixture
def used(published: Callable[[str], Path], tmp_path: Path) -> Iterator[embedded.Embedded]:
    """A deployment that is in use."""
    contract = str(published("9.1"))
    running = embedded.start(contract, "--quiet")
    with KibanaClient(running.url, ApiKey(running.api_key), contract=load(contract)) as client:
        mark = RunMark()
        factory = Factory(client, ledger=Ledger(tmp_path / "theirs.jsonl", run=mark.run), mark=mark)
        for name in THEIRS:
            try:
                factory.make(name)
            except HarnessError as trouble:
                pytest.fail(f"{name}: {trouble}")
        host = {"endpoint_ids": ["7f3c1f4e-0000-4000-8000-000000000001"]}
        client.post("/api/endpoint/action/isolate", json=host).raise_for_status()
        agents = client.get("/api/fleet/agents").json()["items"]
        for agent in agents[:1]:
            client.post(f"/api/fleet/agents/{agent['id']}/request_diagnostics", json={}).raise_for_status()
    yield running
    running.close()


@pytest.mark.proof
def test_all_that_reads_succeeds_on_a_deployment_in_use(
    used: embedded.Embedded,
    published: Callable[[str], Path],
    run_pytest: Callable[..., Ran],
    capsys: pytest.CaptureFixture[str],
) -> None:
    contract = str(published("9.1"))
    before = everything(used.url, used.api_key, contract)
    ran = run_pytest(
        *("--pyargs", "pytest_kibana.suites.contract", "-q", f"--kibana-url={used.url}"),
        *(f"--kibana-api-key={used.api_key}", f"--kibana-contract={contract}", "--kibana-allow=space"),
        *("--kibana-seed=1", "--kibana-ledger-dir=ledgers"),
    )
    results = ran.results
    facts = load_facts()
    lacking = {s.operation: s.reason for s in results.skips if s.group is None and s.kind == "prerequisite"}
    good = {v.operation for v in results.verdicts if v.success}
    eligible = {label for row in results.coverage for label in row.labels} - {
        s.operation for s in results.skips if s.group is None
    }
    classes = {label: str(facts.of(label).safety) for label in eligible}
    with capsys.disabled():
        reading = [label for label, safety in classes.items() if safety == "read"]
        print(
            f"\n{len(good & set(reading))} of {len(reading)} that read and {len(good)} of {len(eligible)} succeed"
        )
        print(f"{len(lacking)} are not tested: {lacking}")
    assert eligible == good
    assert {label for label in lacking if str(facts.of(label).safety) == "read"} <= HIDDEN
    assert everything(used.url, used.api_key, contract) == before
