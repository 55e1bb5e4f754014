"""The main job: pytest with a URL and a contract, and what it leaves behind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kibana.errors import ExitCode
from tests.plugin.conftest import Ran

SUITE = ("--pyargs", "pytest_kibana.suites.contract", "-q")
Run = Callable[..., Ran]


def test_every_core_operation_is_tested_and_succeeds_without_findings(run_pytest: Run) -> None:
    ran = run_pytest(
        *SUITE, "--kibana-url", "embedded", "--kibana-contract", "core", "--kibana-allow", "disruptive"
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out[-5000:]
    results = ran.results
    assert results.footer is not None
    counts = results.footer.counts
    assert counts["operations"] >= 95
    assert counts["tested"] == counts["eligible"] == counts["operations"]
    assert counts["succeeded"] == counts["operations"]
    assert counts["new"] == 0


def test_every_operation_of_a_published_contract_is_tested_or_listed_with_its_reason(
    run_pytest: Run, published: Callable[[str], Path]
) -> None:
    ran = run_pytest(*SUITE, "--kibana-url", "embedded", "--kibana-contract", str(published("9.1")))
    results = ran.results
    assert results.footer is not None
    tested = {record.operation for record in results.verdicts}
    listed = {skip.operation for skip in results.skips if skip.group is None}
    assert len(tested | listed) == 454
    assert not tested & listed
    assert all(skip.reason for skip in results.skips)
    findings = [f for f in results.findings if f.status == "new"]
    assert {f.about.value for f in findings} <= {"contract"}
    assert any(f.about.value == "contract" for f in results.findings), (
        "the defects of the contract are reported"
    )


def test_one_broken_response_is_one_finding_at_its_place(run_pytest: Run) -> None:
    label = "GET /api/spaces/space/{id}"
    ran = run_pytest(
        *SUITE,
        "--kibana-url=embedded",
        f"--kibana-embedded=--fault 'response.drop_required@{label}'",
        "--kibana-operations=spaces",
    )
    assert ran.code == ExitCode.FINDINGS, ran.out[-3000:]
    findings = [f for f in ran.results.findings if f.status == "new"]
    assert len(findings) == 1
    (finding,) = findings
    assert finding.code == "KBN-R103"
    assert finding.operation == label
    assert finding.keyword == "required"
    assert finding.curl
    assert "$KIBANA_API_KEY" in finding.curl
    assert "KBN-R103" in ran.out


def test_the_plan_is_printed_and_nothing_is_sent(run_pytest: Run) -> None:
    # Nothing listens on port 9: a plan that sent anything could not end well.
    ran = run_pytest(*SUITE, "--kibana-url=http://127.0.0.1:9", "--kibana-contract=core", "--kibana-plan")
    assert ran.code in (ExitCode.CONFORMANT, ExitCode.NOTHING_CHECKED), ran.out
    assert "GET /api/status" in ran.out
    assert "eligible" in ran.out
    assert not (ran.folder / "out").exists()


def test_operations_are_selected_by_family_id_and_glob(run_pytest: Run, stand_in) -> None:  # type: ignore[no-untyped-def]
    ran = run_pytest(
        *SUITE,
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-contract=core",
        "--kibana-operations=spaces,get-status,GET /api/actions/connector*",
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out[-3000:]
    families = {row.family for row in ran.results.coverage}
    assert families == {"spaces", "system", "connectors"}


def test_items_are_named_after_operation_and_group(run_pytest: Run) -> None:
    ran = run_pytest(
        "--pyargs",
        "pytest_kibana.suites",
        "--collect-only",
        "-k",
        "test_operation",
        "-q",
        "--kibana-url=embedded",
        "--kibana-operations=spaces",
    )
    assert "contract/test_operations.py::test_operation[POST /api/spaces/space-responses]" in ran.out


@pytest.mark.parametrize("parts", [["-n", "2"]])
def test_workers_of_xdist_come_to_the_same_verdicts(run_pytest: Run, parts: list[str]) -> None:
    ran = run_pytest(*SUITE, "--kibana-url=embedded", "--kibana-operations=spaces,roles,short url", *parts)
    assert ran.code == ExitCode.CONFORMANT, ran.out[-3000:]
    footer = ran.results.footer
    assert footer is not None
    assert footer.counts["tested"] == footer.counts["eligible"]
    assert footer.counts["new"] == 0


def test_where_no_space_can_be_made_what_reads_is_tested(run_pytest: Run) -> None:
    ran = run_pytest(
        *SUITE,
        "--kibana-url=embedded",
        "--kibana-embedded=--max-spaces 1",
        "--kibana-operations=cases,GET /api/status",
    )
    results = ran.results
    tested = {v.operation for v in results.verdicts if v.verdict.value != "not run"}
    assert "GET /api/status" in tested
    assert "POST /api/cases" not in tested
    assert any(trouble.kind == "no throwaway space" for trouble in results.troubles), ran.out[-2000:]
    assert not [f for f in results.findings if f.status == "new"]
