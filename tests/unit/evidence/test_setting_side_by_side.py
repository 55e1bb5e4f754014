"""Merging, comparing and verifying results."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import ExitCode, ResultsError, UsageError
from pytest_kibana.evidence.compare import compare
from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.merge import merge
from pytest_kibana.evidence.model import Verdict
from pytest_kibana.evidence.verify import verify


@pytest.fixture
def results(make):
    def build(*records, footer="usual", path="r.jsonl", **header):
        end = make.footer() if footer == "usual" else footer
        return Results(Path(path), make.header(**header), records, end)

    return build


# merge


def test_shards_become_one(results, make):
    one = results(make.verdict("GET /api/a"), make.skip("GET /api/b", "deselected"), make.coverage("a"))
    two = results(
        make.verdict("GET /api/b"), make.finding("f2", "GET /api/b"), make.coverage("b", tested=0), seed=8
    )
    whole = merge([one, two])
    assert {v.operation for v in whole.verdicts} == {"GET /api/a", "GET /api/b"}
    assert {row.family: row.tested for row in whole.coverage} == {"a": 1, "b": 1}
    assert whole.footer.requests == 4


def test_what_one_shard_leaves_to_another_was_selected(results, make):
    one = results(
        make.verdict("GET /api/a"),
        make.skip("GET /api/b", "deselected"),
        make.skip("GET /api/c", "deselected"),
    )
    two = results(
        make.skip("GET /api/a", "deselected"),
        make.skip("GET /api/b", "safety"),
        make.skip("GET /api/c", "deselected"),
    )
    assert {(s.operation, s.kind) for s in merge([one, two]).skips} == {
        ("GET /api/b", "safety"),
        ("GET /api/c", "deselected"),
    }


def test_merging_is_idempotent_and_does_not_care_for_order(results, make):
    one = results(make.verdict("GET /api/a"), make.finding(count=2), make.coverage())
    two = results(make.verdict("GET /api/b"), make.finding(count=3, operations=("GET /api/b",)), seed=8)
    whole = merge([one, two])
    assert merge([one]) == one
    assert merge([one, one]) == one
    assert merge([whole, one]) == whole
    assert merge([whole, whole]) == whole
    flipped = merge([two, one])
    assert (flipped.records, flipped.footer, flipped.header) == (whole.records, whole.footer, whole.header)
    assert whole.findings[0].count == 5
    assert whole.findings[0].operations == ("GET /api/a", "GET /api/b")


def test_what_was_merged_twice_is_not_counted_twice(results, make):
    one, two, three = (results(make.verdict(f"GET /api/{n}"), seed=n) for n in range(3))
    with pytest.raises(ResultsError, match="another part holds too"):
        merge([merge([one, two]), merge([two, three])])


@pytest.mark.parametrize(
    "other",
    [{"contract": {"sha256": "b"}}, {"target": {"version": "9.2.0", "uuid": "u", "flavor": "traditional"}}],
)
def test_results_of_others_are_refused(results, make, other):
    with pytest.raises(ResultsError, match="of different"):
        merge([results(make.verdict()), results(make.verdict(), **other)])


def test_an_interrupted_part_interrupts_the_whole(results, make):
    assert merge([results(make.verdict()), results(make.verdict(), footer=None, seed=2)]).interrupted


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(Verdict)), min_size=2, max_size=6))
def test_merging_verdicts_only_raises(make_module, parts):
    make = make_module
    documents = [
        Results(Path("r"), make.header(seed=n), (make.verdict(f"GET /api/{op}", verdict=v),), make.footer())
        for n, (op, v) in enumerate(parts)
    ]
    whole = merge(documents)
    for op, verdict in parts:
        held = next(v for v in whole.verdicts if v.operation == f"GET /api/{op}")
        assert held.verdict.rank >= verdict.rank


@pytest.fixture(scope="session")
def make_module(make):
    return make


# compare


def test_what_got_worse_better_and_out_of_sight(results, make):
    old = results(
        make.verdict("GET /api/a"),
        make.verdict("GET /api/b"),
        make.verdict("GET /api/c"),
        make.finding("stays", "GET /api/a"),
        make.finding("fixed", "GET /api/a"),
        make.finding("unseen", "GET /api/c"),
        make.finding("graver", "GET /api/b", status="tolerated"),
    )
    new = results(
        make.verdict("GET /api/a"),
        make.verdict("GET /api/b", success=False),
        make.verdict("GET /api/d"),
        make.finding("stays", "GET /api/a"),
        make.finding("added", "GET /api/d"),
        make.finding("graver", "GET /api/b", status="new"),
    )
    said = compare(old, new)
    names = {
        k: [f.identity for f in getattr(said, k)] for k in ("added", "graver", "fixed", "unseen", "unchanged")
    }
    assert names == {
        "added": ["added"],
        "graver": ["graver"],
        "fixed": ["fixed"],
        "unseen": ["unseen"],
        "unchanged": ["stays"],
    }
    assert said.no_longer_tested == ("GET /api/c",)
    assert said.newly_tested == ("GET /api/d",)
    assert said.lost_success == ("GET /api/b",)
    assert said.worse
    assert "worse" in said.text()
    assert said.to_json()["findings"]["new"][0]["identity"] == "added"


def test_the_same_again_is_not_worse(results, make):
    one = results(make.verdict(), make.finding())
    assert not compare(one, one).worse
    assert not compare(one, results(make.verdict())).worse
    assert compare(results(make.verdict()), one).worse


def test_tolerated_findings_are_shown_and_close_no_gate(results, make):
    said = compare(results(make.verdict()), results(make.verdict(), make.finding(status="tolerated")))
    assert len(said.added) == 1
    assert not said.worse


def test_requirements_that_broke_were_mended_or_lost_their_outcome(results, make):
    held, broke, idle = Verdict.PASSED, Verdict.FAILED, Verdict.NOT_RUN
    old = results(
        make.verdict(), *(make.requirement(*one) for one in (("a", held), ("b", broke), ("c", held)))
    )
    new = results(
        make.verdict(), *(make.requirement(*one) for one in (("a", broke), ("b", held), ("c", idle)))
    )
    said = compare(old, new)
    names = [[r.requirement for r in some] for some in (said.broken, said.mended, said.no_longer_certified)]
    assert names == [["a"], ["b"], ["c"]]
    assert said.worse
    assert said.to_json()["requirements"]["broken"][0]["requirement"] == "a"
    assert not compare(old, old).worse
    assert not compare(old, results(make.verdict(), make.requirement("d"), *old.requirements)).worse


def test_a_merged_requirement_is_the_one_that_ran_and_the_worse_of_two(results, make):
    shards = [
        results(
            make.verdict(), make.requirement("a", Verdict.NOT_RUN), make.requirement("b", Verdict.FAILED)
        ),
        results(make.verdict(), make.requirement("a", Verdict.PASSED), make.requirement("b"), seed=8),
    ]
    whole = merge(shards)
    assert {r.requirement: r.verdict for r in whole.requirements} == {
        "a": Verdict.PASSED,
        "b": Verdict.FAILED,
    }
    assert (whole.footer.counts["requirements"], whole.footer.counts["broken"]) == (2, 1)


# verify


def complete(results, make, **header):
    verdicts = [make.verdict(group=g) for g in ("responses", "protocol", "access", "input")]
    return results(*verdicts, make.coverage(), make.skip("GET /api/z", "licence"), **header)


def test_a_complete_run_is_certified(results, make):
    said = verify(complete(results, make))
    assert said.certified
    assert any(r.kind == "not eligible" for r in said.remarks)
    assert "release: complete" in said.text()


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        (lambda r, m: r(*r_records(r, m), footer=None), "interrupted", ExitCode.INCOMPLETE),
        (lambda r, m: r(*r_records(r, m), m.finding()), "findings", ExitCode.FINDINGS),
        (
            lambda r, m: r(*r_records(r, m), m.skip("GET /api/q", "weather", group="input")),
            "not run",
            ExitCode.INCOMPLETE,
        ),
        (
            lambda r, m: r(*r_records(r, m), m.skip("GET /api/q", "deselected")),
            "deselected",
            ExitCode.INCOMPLETE,
        ),
        (lambda r, m: r(*r_records(r, m), m.coverage("b", tested=0)), "coverage", ExitCode.INCOMPLETE),
        (lambda r, m: r(*r_records(r, m)[:3], m.coverage()), "group", ExitCode.INCOMPLETE),
        (lambda r, m: r(m.coverage()), "empty", ExitCode.INCOMPLETE),
        (
            lambda r, m: r(*r_records(r, m), target={"version": "9.1.4", "stand_in": True}),
            "stand-in",
            ExitCode.INCOMPLETE,
        ),
        (
            lambda r, m: r(*r_records(r, m), m.trouble(kind="stale deviation", sentence="D-1")),
            "deviations",
            ExitCode.FINDINGS,
        ),
        (
            lambda r, m: r(*r_records(r, m), footer=m.footer(verdict=Verdict.ERROR)),
            "error",
            ExitCode.INCOMPLETE,
        ),
    ],
)
def test_each_gap_closes_the_gate(results, make, change, kind, code):
    said = verify(change(results, make))
    assert said.exit_code is code
    assert kind in {r.kind for r in said.remarks if r.gravity != "remark"}
    assert said.to_json()["certified"] is False


def r_records(results, make):
    return complete(results, make).records


def test_a_smoke_run_asks_for_less(results, make):
    said = verify(results(make.verdict(), make.coverage(), target={"stand_in": True}), "smoke")
    assert said.certified


def test_an_unknown_profile_names_those_there_are(results, make):
    with pytest.raises(UsageError, match="smoke, standard, release"):
        verify(results(make.verdict()), "gold")


def test_a_release_needs_an_outcome_of_every_requirement(results, make):
    one = complete(results, make)
    assert verify(one, requirements=["KBN-REQ-A-001"]).exit_code is ExitCode.INCOMPLETE
    held = results(*one.records, make.requirement("KBN-REQ-A-001"))
    assert verify(held, requirements=["KBN-REQ-A-001"]).certified
    assert verify(held, "smoke", requirements=["KBN-REQ-A-001", "KBN-REQ-B-001"]).certified


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.FAILED, ExitCode.FINDINGS),
        (Verdict.ERROR, ExitCode.INCOMPLETE),
        (Verdict.TOLERATED, ExitCode.CONFORMANT),
        (Verdict.NOT_RUN, ExitCode.CONFORMANT),
    ],
)
def test_a_broken_requirement_closes_the_gate(results, make, verdict, code):
    one = results(*complete(results, make).records, make.requirement(verdict=verdict, reason="why"))
    assert verify(one, "standard").exit_code is code
