"""Each rule fails where it is broken and passes where it is kept; the catalogue says what it must."""

import re
from pathlib import Path

import pytest
from tests.unit.checks.table import GOOD, LIST, MAKE, OF_THE_RUN, READ, TABLE, bad, probe, refused

from pytest_kibana.checks import CATALOGUE, Look, judge
from pytest_kibana.checks.explain import catalogue, explain, reference
from pytest_kibana.errors import UsageError
from pytest_kibana.evidence.model import About, Verdict
from pytest_kibana.wire.exchange import Intent, Weather

ROOT = Path(__file__).parents[3]


def verdict_of(code: str, look: Look) -> Verdict:
    ((_, verdict, _),) = judge(look, [code])
    return verdict


def test_every_check_is_in_the_table():
    assert set(TABLE) | OF_THE_RUN == set(CATALOGUE)
    assert len(CATALOGUE) >= 45


@pytest.mark.parametrize("code", sorted(TABLE))
def test_a_broken_rule_is_noticed(looks, code):
    assert verdict_of(code, TABLE[code][0](looks)) in (Verdict.FAILED, Verdict.TOLERATED)


@pytest.mark.parametrize("code", sorted(TABLE))
def test_a_kept_rule_is_no_finding(looks, code):
    assert verdict_of(code, TABLE[code][1](looks)) in (Verdict.PASSED, Verdict.NOT_APPLICABLE)


@pytest.mark.parametrize("code", sorted(c for c in TABLE if CATALOGUE[c].level.value == "SHOULD"))
def test_a_broken_should_is_tolerated_unless_strict(looks, code, changed):
    look = TABLE[code][0](looks)
    assert verdict_of(code, look) is Verdict.TOLERATED
    assert verdict_of(code, changed(look, strict=True)) is Verdict.FAILED


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_check_explains_itself(code):
    entry = CATALOGUE[code]
    assert re.fullmatch(r"KBN-[RPAIL]\d{3}", code)
    assert entry.group == code[4]
    assert entry.why.endswith(".")
    assert entry.example.endswith(".")
    assert entry.source
    page = explain(code)
    assert entry.title in page
    assert entry.why in page
    assert code in catalogue()


def test_a_code_may_be_written_short():
    assert explain("r103") == explain("KBN-R103")


def test_an_unknown_code_names_the_nearest():
    with pytest.raises(UsageError, match="KBN-R10"):
        explain("KBN-R1o3")


def test_the_reference_page_is_fresh():
    page = ROOT / "docs" / "reference" / "checks.md"
    assert page.read_text("utf-8") == reference(), "run: python docs/generate.py"


# what decides whom a finding is about


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 429])
def test_what_the_platform_promises_is_no_finding(looks, status):
    look = looks(LIST, status, looks.error(status, "Bad Request"))
    assert verdict_of("KBN-R101", look) is Verdict.PASSED
    assert verdict_of("KBN-R104", look) is Verdict.PASSED


def test_what_the_contract_forgot_is_about_the_contract_unless_strict(looks, changed):
    look = looks(LIST, 409, looks.error(409, "Conflict"))
    ((_, verdict, (problem,)),) = judge(look, ["KBN-R101"])
    assert (verdict, problem.about) == (Verdict.TOLERATED, About.CONTRACT)
    assert verdict_of("KBN-R101", changed(look, strict=True)) is Verdict.FAILED


def test_another_error_body_than_the_documented_one_is_about_the_contract(looks):
    look = looks(LIST, 400, looks.error(400, "Bad Request"))
    ((_, verdict, (problem,)),) = judge(look, ["KBN-R103"])
    assert (verdict, problem.about, problem.pointer) == (Verdict.TOLERATED, About.CONTRACT, "")
    assert verdict_of("KBN-R103", looks(LIST, 400, {"reason": "so"})) is Verdict.PASSED


def test_indices_are_folded_so_that_one_defect_in_a_list_is_one_problem(looks):
    ((_, _, problems),) = judge(
        looks(LIST, 200, [{"id": "a", "tags": [1, 2]}, {"id": "b", "tags": [3]}]), ["KBN-R103"]
    )
    assert [p.pointer for p in problems] == ["/*/tags/*"]
    assert problems[0].component == "Thing"


def test_a_path_that_only_begins_like_a_question_is_a_change(looks):
    def by_a_viewer(label):
        return verdict_of("KBN-A405", looks(label, 200, {}, intent=probe("viewer", "viewer")))

    assert by_a_viewer("POST /api/things/_resolve_errors") is Verdict.TOLERATED
    assert by_a_viewer("POST /api/things/_export") is Verdict.PASSED


def test_an_undocumented_redirect_is_told(looks):
    look = looks(LIST, 302, text="", headers={"location": "/login"})
    assert verdict_of("KBN-R307", look) is Verdict.TOLERATED


FLEET = "GET /api/fleet/things"


def test_a_handler_that_misses_an_object_shows_that_the_version_was_not_looked_at(looks):
    missing = refused("Agent [x] not found", 404, "Not Found")
    assert verdict_of("KBN-P309", missing(looks, FLEET, probe("unknown version"))) is Verdict.TOLERATED
    router = refused("Not Found", 404, "Not Found")
    assert verdict_of("KBN-P309", router(looks, FLEET, probe("unknown version"))) is Verdict.PASSED


def test_only_a_handler_lets_invalid_input_so_far(looks):
    unknown = refused("Not Found", 404, "Not Found")(looks, MAKE, bad("body", "/id", "type"))
    assert verdict_of("KBN-I214", unknown) is Verdict.PASSED
    of_path = refused("Agent [x] not found", 404, "Not Found")(looks, READ, bad("path", "/id", "minLength"))
    assert verdict_of("KBN-I214", of_path) is Verdict.NOT_APPLICABLE


def test_no_cache_may_keep_an_error(looks):
    def said(value):
        return looks(READ, 404, looks.error(404, "Not Found", "gone"), headers={"cache-control": value})

    assert verdict_of("KBN-R303", said("public, max-age=3600")) is Verdict.TOLERATED
    assert {verdict_of("KBN-R303", said(value)) for value in ("no-cache", "private", "max-age=0", None)} == {
        Verdict.PASSED
    }


def test_a_handler_names_the_version_that_misses_an_object(looks):
    def said(text):
        return looks(READ, 404, looks.error(404, "Not Found", text), headers={"elastic-api-version": None})

    assert verdict_of("KBN-R303", said("Saved object [thing/a] not found")) is Verdict.TOLERATED
    assert verdict_of("KBN-R303", said("Not Found")) is Verdict.PASSED


def test_weather_is_never_judged(looks, changed):
    look = looks(LIST, weather=Weather("unreachable", "nobody there"))
    assert judge(look) == ()


def test_a_proxy_that_answers_is_not_the_deployment(looks):
    look = looks(LIST, 502, text="bad gateway", headers={"kbn-name": None, "content-type": "text/html"})
    assert Verdict.FAILED not in {verdict for _, verdict, _ in judge(look, ["responses"])}


def test_a_clean_answer_breaks_no_rule_at_all(looks):
    for look in (
        looks(LIST, 200, [{"id": "a", "tags": ["x"]}], intent=GOOD),
        looks(MAKE, 201, {"id": "a"}, headers={"location": "/api/things/a"}, intent=GOOD),
        looks(
            READ,
            404,
            looks.error(404, "Not Found", "Saved object [thing/a] not found"),
            intent=Intent("accepted", "boundary", "c-0"),
        ),
    ):
        judged = judge(look)
        assert {verdict for _, verdict, _ in judged} <= {Verdict.PASSED, Verdict.NOT_APPLICABLE}, [
            (c.code, p) for c, _, p in judged if p
        ]
        assert len(judged) == len(CATALOGUE)
