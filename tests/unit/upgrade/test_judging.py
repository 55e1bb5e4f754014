"""What is said of an object after an upgrade, and what must never be said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.contract import load
from pytest_kibana.errors import ExitCode
from pytest_kibana.resources import RESOURCES
from pytest_kibana.upgrade import Judge, Judged, Outcome, Remark, Report
from pytest_kibana.upgrade.codes import CODES
from pytest_kibana.upgrade.judging import MOVED_BY_UPGRADES
from pytest_kibana.upgrade.promises import Promises
from pytest_kibana.upgrade.state import Member, Population, Sight

READ = "GET /api/actions/connector/{id}"
ID = "kbn-test-0000000zaaa-1"
MEMBER = Member(
    "connector/a/full", "connector", "full", "a", "kbn-test-0000000zaaa-0", ID, {"id": ID}, "name", 1,
    {"name": "name", "config": {"n": 1}},
)  # fmt: skip
BODY = {"id": ID, "name": "name", "config": {"n": 1}, "is_deprecated": False, "count": 3}
SEEN = Sight(
    MEMBER.key, READ, 200, BODY, listed=1, found={"search": 1},
    access={"nobody": 401, "viewer": 200, "elsewhere": 404, "default": 404, "viewer changes": 403},
)  # fmt: skip


@pytest.fixture(scope="module")
def promises() -> Promises:
    core = load("core")
    return Promises(core, core)


def judged(promises: Promises, after: Sight | None, *, before: Sight = SEEN, **population: Any) -> Judged:
    known = Population(members={MEMBER.key: MEMBER}, sights={MEMBER.key: before}, **population)
    return Judge(known, promises).judge(MEMBER, after)


def codes(one: Judged) -> set[str]:
    return {remark.code for remark in one.remarks if remark.fails}


def test_what_is_seen_as_before_is_kept(promises: Promises) -> None:
    assert judged(promises, SEEN).outcome is Outcome.KEPT


@pytest.mark.parametrize("status", [None])
def test_no_answer_is_no_loss(promises: Promises, status: int | None) -> None:
    one = judged(promises, replace(SEEN, status=status, body=None, note="no connection"))
    assert one.outcome is None
    assert one.unknown == "no connection"
    assert judged(promises, None).outcome is None


def test_what_was_not_seen_before_is_not_judged(promises: Promises) -> None:
    gone = replace(SEEN, status=404, body=None, listed=0)
    unseen = replace(SEEN, status=None, listed=None, found={}, access={})
    assert judged(promises, gone, before=unseen).outcome is None


def test_what_moved_before_the_upgrade_may_move_after_it(promises: Promises) -> None:
    after = replace(SEEN, body={**BODY, "count": 4})
    assert codes(judged(promises, after)) == {"KBN-U207"}
    assert judged(promises, after, volatile={"connector": ("/count",)}).outcome is Outcome.KEPT


def test_what_a_declaration_calls_volatile_may_move(promises: Promises) -> None:
    assert judged(promises, replace(SEEN, body={**BODY, "referenced_by_count": 3})).outcome is Outcome.KEPT


def test_an_addition_harms_nobody(promises: Promises) -> None:
    one = judged(promises, replace(SEEN, body={**BODY, "fresh": True}))
    assert one.outcome is Outcome.DECLARED
    assert not codes(one)


def test_items_that_nobody_wrote_may_become_more(promises: Promises) -> None:
    before = replace(SEEN, body={**BODY, "features": ["a"], "namespaces": ["s"]})
    more = replace(SEEN, body={**BODY, "features": ["a", "b"], "namespaces": ["s"]})
    elsewhere = replace(SEEN, body={**BODY, "features": ["a"], "namespaces": ["s", "t"]})
    assert not codes(judged(promises, more, before=before))
    assert codes(judged(promises, elsewhere, before=before)) == {"KBN-U505"}


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (replace(SEEN, status=404, body=None, listed=0), "KBN-U101"),
        (replace(SEEN, status=404, body=None, listed=0, taken_for="other"), "KBN-U102"),
        (replace(SEEN, status=404, body=None, listed=1), "KBN-U103"),
        (replace(SEEN, status=500, body=None), "KBN-U103"),
        (replace(SEEN, status=403, body=None), "KBN-U504"),
        (replace(SEEN, status=404, body=None, listed=0, access={"elsewhere": 200}), "KBN-U507"),
        (replace(SEEN, body={**BODY, "config": {}}), "KBN-U201"),
        (replace(SEEN, body={**BODY, "config": {"n": 2}}), "KBN-U202"),
        (replace(SEEN, body={**BODY, "config": {"n": "1"}}), "KBN-U203"),
        (replace(SEEN, body={**BODY, "is_deprecated": True}), "KBN-U209"),
        (replace(SEEN, body={**BODY, "secrets": {"password": "x"}}), "KBN-U210"),
        (replace(SEEN, listed=0), "KBN-U401"),
        (replace(SEEN, listed=2), "KBN-U402"),
        (replace(SEEN, found={"search": 0}), "KBN-U403"),
        (replace(SEEN, access={**SEEN.access, "elsewhere": 200}), "KBN-U501"),
        (replace(SEEN, access={**SEEN.access, "nobody": 200}), "KBN-U502"),
        (replace(SEEN, access={**SEEN.access, "viewer changes": 200}), "KBN-U503"),
        (replace(SEEN, access={**SEEN.access, "viewer": 403}), "KBN-U504"),
    ],
)
def test_each_harm_has_its_code(promises: Promises, after: Sight, code: str) -> None:
    assert codes(judged(promises, after)) == {code}


@pytest.mark.parametrize(
    "sight", [replace(SEEN, listed=0), replace(SEEN, found={}), replace(SEEN, access={})]
)
def test_what_did_not_hold_before_is_not_demanded(promises: Promises, sight: Sight) -> None:
    assert judged(promises, replace(sight, listed=0, found={"search": 0}), before=sight).outcome in (
        Outcome.KEPT,
        Outcome.BROKEN if sight.listed else Outcome.KEPT,
    )


def test_what_was_sent_is_missed_also_where_the_answer_has_another_shape(promises: Promises) -> None:
    moved = replace(SEEN, body={"data": {"one": BODY}})
    lost = replace(SEEN, body={"data": {"one": {**BODY, "config": {}}}})
    assert not any(r.at == "/config/n" for r in judged(promises, moved).remarks)
    assert any(r.code == "KBN-U201" and r.at == "/config/n" for r in judged(promises, lost).remarks)


def test_a_kind_that_is_served_no_more_is_not_lost_object_by_object(promises: Promises) -> None:
    known = Population(members={MEMBER.key: MEMBER}, sights={MEMBER.key: SEEN})
    after = replace(SEEN, status=404, body=None, listed=None, access={})
    one = Judge(known, promises, {"connector": False}).judge(MEMBER, after)
    assert codes(one) == {"KBN-U104"}
    assert one.outcome is Outcome.BROKEN


def report(*judged: Judged, **more: Any) -> Report:
    return Report({}, {"version": "9.1.0"}, {MEMBER.key: MEMBER}, judged, **more)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (report(Judged(MEMBER.key)), ExitCode.CONFORMANT),
        (report(Judged(MEMBER.key, (Remark("KBN-U101", MEMBER.key, "gone"),))), ExitCode.FINDINGS),
        (
            report(Judged(MEMBER.key, (Remark("KBN-U801", MEMBER.key, "x", declared="y"),))),
            ExitCode.CONFORMANT,
        ),
        (report(Judged(MEMBER.key, unknown="no connection")), ExitCode.INCOMPLETE),
        (report(Judged(MEMBER.key, unknown="it was not seen before the upgrade")), ExitCode.NOTHING_CHECKED),
        (report(Judged(MEMBER.key), left=("space x",)), ExitCode.LEFTOVERS),
        (report(Judged(MEMBER.key), worse=True), ExitCode.FINDINGS),
        (report(), ExitCode.NOTHING_CHECKED),
    ],
)
def test_a_report_says_how_the_process_ends(made: Report, code: ExitCode) -> None:
    assert made.exit_code() is code


def test_what_is_declared_fails_where_the_letter_counts() -> None:
    made = report(Judged(MEMBER.key, (Remark("KBN-U801", MEMBER.key, "x", declared="y"),)))
    assert made.exit_code(strict=True) is ExitCode.FINDINGS


def test_a_page_shows_hostile_answers_as_text() -> None:
    hostile = "<script>alert(1)</script>\x1b[31m"
    made = report(Judged(MEMBER.key, (Remark("KBN-U101", MEMBER.key, hostile),)))
    assert "<script>" not in made.page()
    assert "\x1b" not in made.text(verbose=True)


def test_what_upgrades_move_is_known_of_resources_that_there_are() -> None:
    assert set(MOVED_BY_UPGRADES) <= set(RESOURCES)


def test_every_code_says_what_it_means() -> None:
    for code in CODES.values():
        assert code.title
        assert code.why.endswith(".")


def test_the_table_counts_every_object_once() -> None:
    table = report(Judged(MEMBER.key)).to_json()["table"]
    assert sum(table.values()) == 1


def test_reports_are_saved(tmp_path: Path) -> None:
    from pytest_kibana.upgrade import State, save

    with State(tmp_path) as state:
        save(report(Judged(MEMBER.key)), state)
    assert {"report.json", "report.txt", "report.html"} <= {p.name for p in tmp_path.iterdir()}
