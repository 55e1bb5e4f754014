"""A run in parts comes to what a whole run comes to."""

from collections.abc import Callable
from pathlib import Path

from pytest_kibana.embedded import Embedded
from pytest_kibana.errors import ExitCode
from pytest_kibana.evidence import Results, Verdict, read_results, write_results
from pytest_kibana.evidence.merge import merge
from tests.plugin.conftest import Ran

Run = Callable[..., Ran]
SUITE = (
    "--pyargs",
    "pytest_kibana.suites.contract",
    "-q",
    "--kibana-contract=core",
    "--kibana-allow=disruptive",
)


def broken(results: Results) -> set[tuple[str, str, str]]:
    return {
        (v.item, v.code, v.verdict.value) for v in results.verdicts if v.verdict.rank > Verdict.PASSED.rank
    }


def deselected(results: Results) -> set[str]:
    return {skip.operation for skip in results.skips if skip.kind == "deselected"}


def test_shards_share_the_operations_out_and_merge_to_the_whole(
    run_pytest: Run, stand_in: Embedded, tmp_path: Path
) -> None:
    asked = "--kibana-operations=spaces,short url,roles"
    target = (
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-seed=7",
        asked,
    )
    whole = run_pytest(*SUITE, *target, f"--kibana-report-dir={tmp_path / 'whole'}")
    assert whole.code == ExitCode.CONFORMANT, whole.out[-3000:]
    parts = []
    for number in (1, 2, 3):
        folder = tmp_path / f"part-{number}"
        ran = run_pytest(*SUITE, *target, f"--kibana-shard={number}/3", f"--kibana-report-dir={folder}")
        assert ran.code == ExitCode.CONFORMANT, ran.out[-3000:]
        parts.append(read_results(folder))
    tested = [{v.operation for v in part.verdicts} for part in parts]
    assert not tested[0] & tested[1]
    assert not tested[1] & tested[2]
    merged = merge(parts)
    expected = read_results(tmp_path / "whole")
    assert merged.header.contract == expected.header.contract
    assert {v.item for v in merged.verdicts} == {v.item for v in expected.verdicts}
    assert broken(merged) == broken(expected)
    assert deselected(merged) == deselected(expected), "what is another shard's is nobody's omission"
    write_results(tmp_path / "merged.jsonl", merged.header, merged.records, merged.footer)


def test_tests_of_the_suites_are_shared_out_too_and_balanced_by_how_long_they_took(
    run_pytest: Run, stand_in: Embedded, tmp_path: Path
) -> None:
    target = (
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-contract=core",
    )
    suite = ("--pyargs", "pytest_kibana.suites.families.short_urls", "-q", *target)
    whole = run_pytest(*suite, f"--kibana-report-dir={tmp_path / 'whole'}")
    assert whole.code == ExitCode.CONFORMANT, whole.out[-3000:]
    parts = []
    for number in (1, 2):
        folder = tmp_path / f"part-{number}"
        shard = (f"--kibana-shard={number}/2", f"--kibana-durations={tmp_path / 'whole'}")
        ran = run_pytest(*suite, *shard, f"--kibana-report-dir={folder}")
        assert ran.code == ExitCode.CONFORMANT, ran.out[-3000:]
        parts.append(read_results(folder))
    names = [{r.test for r in part.requirements} for part in parts]
    assert not names[0] & names[1]
    assert all(names)
    expected = {(r.test, r.verdict) for r in read_results(tmp_path / "whole").requirements}
    assert {(r.test, r.verdict) for r in merge(parts).requirements} == expected


def test_a_part_that_is_no_part_is_named(run_pytest: Run) -> None:
    ran = run_pytest(*SUITE, "--kibana-url=embedded", "--kibana-shard=3/2")
    assert ran.code == ExitCode.USAGE
    assert "3/2" in ran.out


def test_a_profile_that_reads_only_sends_nothing_that_writes(run_pytest: Run) -> None:
    ran = run_pytest(
        "--pyargs",
        "pytest_kibana.suites.contract",
        "-q",
        "--kibana-url=embedded",
        "--kibana-profile=smoke",
        "--kibana-operations=spaces,cases",
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out[-3000:]
    assert {v.operation.split(" ")[0] for v in ran.results.verdicts} <= {"GET", "POST"}
    assert "POST /api/cases" not in {v.operation for v in ran.results.verdicts}
    assert any(skip.kind == "safety" for skip in ran.results.skips)
