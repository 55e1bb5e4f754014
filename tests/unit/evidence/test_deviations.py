"""Known deviations excuse what they describe and nothing more, and no list outlives its reasons."""

import json
import re
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.checks import CATALOGUE
from pytest_kibana.errors import UsageError
from pytest_kibana.evidence.deviations import (
    Deviation,
    Deviations,
    Sign,
    draft,
    load_deviations,
    read_deviations,
    what_was_tested,
)
from pytest_kibana.evidence.model import About, Finding, Level, Severity, Verdict, VerdictRecord
from pytest_kibana.target.operations import load_facts

TODAY = date(2026, 11, 23)
SHORT_URL = ("POST /api/short_url", "GET /api/short_url/{id}", "GET /api/short_url/_slug/{slug}")

OWN = """
[[deviation]]
identity = "0f3c5a7d9b1e2468"
operations = ["GET /api/cats/{id}"]
reason = "The proxy before our Kibana adds a header"
link = "https://issues.example/123"
versions = ">=9.1,<9.3"
expires = 2027-01-31
"""


def finding(**known: Any) -> Finding:
    """Return a finding with the given members and plausible others."""
    facts: dict[str, Any] = {
        "identity": "a" * 16,
        "code": "KBN-R103",
        "title": "response body violates its schema",
        "sentence": "accessDate is a number",
        "operation": "GET /api/short_url/{id}",
        "about": About.DEPLOYMENT,
        "level": Level.MUST,
        "severity": Severity.CRITICAL,
        "pointer": "/accessDate",
        "keyword": "type",
    }
    return Finding(**facts | known)


def at(lists: Deviations, version: str | None = "9.4.3", **known: Any) -> Deviations:
    """Hold lists against a target."""
    scene: dict[str, Any] = {"version": version, "flavor": "traditional", "contract": "9.4", "today": TODAY}
    return lists.at(**scene | known)


def own(text: str = OWN) -> Deviations:
    """Return a user's list alone."""
    return Deviations(read_deviations(text, "mine.toml"))


@pytest.fixture(scope="module")
def shipped() -> Deviations:
    """The package's list, held against 9.4.3."""
    return at(load_deviations())


# ---- the package's list


def test_the_list_is_whole(shipped: Deviations) -> None:
    """Every entry has words, a source and existing checks; its operations are known."""
    assert len(shipped.entries) >= 56
    for entry in shipped.entries:
        assert re.fullmatch(r"D-\d+[a-z]?", entry.id)
        assert entry.contract, entry.id
        assert entry.source, entry.id
        assert entry.versions, entry.id
        assert entry.codes <= set(CATALOGUE), entry.id
        unknown = [label for label in entry.operations if not load_facts().of(label).explicit]
        assert unknown in ([], ["GET /api/licensing/info"]), entry.id


def test_no_entry_excuses_everything(shipped: Deviations) -> None:
    """A violated schema is only excused at a place, and a refusal or a failure only with its status."""
    for entry in shipped.entries:
        for sign in entry.signs:
            if "KBN-R103" in sign.codes:
                assert sign.pointer is not None or sign.keyword is not None, entry.id
            if {"KBN-I202", "KBN-R105", "KBN-R101", "KBN-R102"} & set(sign.codes):
                assert sign.keyword is not None, entry.id


def test_absence_is_news_only_without_a_condition(shipped: Deviations) -> None:
    """What shows under a condition alone says nothing by staying away."""
    assert any(entry.observed for entry in shipped.entries)
    assert all(entry.when is None and entry.signs for entry in shipped.entries if entry.observed)


def test_the_contract_says_what_the_list_says_it_says(published: Callable[[str], Path]) -> None:
    """Spot checks against the contract of 9.1, for entries that rest on it."""
    paths = json.loads(published("9.1").read_text("utf-8"))["paths"]
    assert "delete" in paths["/api/synthetics/params/_bulk_delete"]
    assert "post" not in paths["/api/synthetics/params/_bulk_delete"]
    page = paths["/api/alerting/rules/_find"]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    assert page["additionalProperties"] is False
    assert "page" not in page["properties"]
    assert (
        "application/ndjson"
        in paths["/api/detection_engine/signals/assignees"]["post"]["responses"]["200"]["content"]
    )


# ---- which finding is known


def test_a_described_finding_is_known_by_the_entrys_name(shipped: Deviations) -> None:
    """It keeps everything else."""
    marked = shipped.mark(finding())
    assert (marked.status, marked.deviation) == ("known", "D-20")
    assert marked.sentence == finding().sentence


@pytest.mark.parametrize(
    "other",
    [
        {"pointer": "/id"},
        {"keyword": "required"},
        {"code": "KBN-R105"},
        {"operation": "GET /api/cases/{caseId}"},
        {"operations": ("GET /api/short_url/{id}", "GET /api/cases/{caseId}")},
    ],
)
def test_anything_else_stays_new(shipped: Deviations, other: dict[str, Any]) -> None:
    """Another place, rule, code or operation is another defect; so is one that shows elsewhere too."""
    assert shipped.mark(finding(**other)) == finding(**other)


def test_names_of_parameters_and_spaces_do_not_matter(shipped: Deviations) -> None:
    """Contracts spell one operation in several ways."""
    assert shipped.match(finding(operation="GET /s/{spaceId}/api/short_url/{urlId}")) is not None
    assert shipped.match(finding(operations=SHORT_URL)) is not None


def test_what_is_said_tells_one_refusal_from_another(shipped: Deviations) -> None:
    """Only the refusal that is known is excused."""
    refused = {
        "code": "KBN-I202",
        "operation": "POST /api/alerting/rule/{id}",
        "pointer": "",
        "keyword": "400",
    }
    known = "answers 400 to a request that the contract allows: [request body.params.size]: expected a number"
    assert shipped.match(finding(**refused, sentence=known)) is not None
    assert shipped.match(finding(**refused, sentence="answers 400: [request body.name]: too long")) is None


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("9.1.0", True),
        ("9.2.9-SNAPSHOT", True),
        ("9.0.9", False),
        ("9.3.0", False),
        (None, False),
        ("?", False),
    ],
)
def test_versions_limit_an_entry(version: str | None, known: bool) -> None:
    """Outside of them, and where the version is not known, nothing is excused."""
    found = at(own(), version).match(finding(identity="0f3c5a7d9b1e2468"))
    assert (found is not None) is known


def test_a_flavor_limits_an_entry() -> None:
    """What serverless does is no excuse for the traditional build."""
    lists = own(OWN.replace("expires", 'flavor = "serverless"\nexpires'))
    mine = finding(identity="0f3c5a7d9b1e2468")
    assert at(lists, "9.2.0", flavor="serverless").match(mine)
    assert not at(lists, "9.2.0", flavor="traditional").match(mine)


def test_the_users_list_comes_first(tmp_path: Path) -> None:
    """Where both know a finding, the user's reason is shown."""
    path = tmp_path / "mine.toml"
    path.write_text(
        OWN.replace("GET /api/cats/{id}", SHORT_URL[1]).replace('versions = ">=9.1,<9.3"\n', ""), "utf-8"
    )
    lists = at(load_deviations(path))
    assert len(lists.entries) == len(load_deviations().entries) + 1
    assert lists.mark(finding(identity="0f3c5a7d9b1e2468")).deviation == "0f3c5a7d9b1e2468"


@given(
    st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.sampled_from(sorted(load_facts()))
)
def test_nothing_unlisted_is_excused(pointer: str, keyword: str, sentence: str, operation: str) -> None:
    """Law: an unlisted operation's finding is never known; marking is idempotent."""
    lists = at(load_deviations())
    one = finding(pointer=pointer, keyword=keyword, sentence=sentence, operation=operation)
    marked = lists.mark(one)
    assert lists.mark(marked) == marked
    if all(operation not in entry.operations for entry in lists.entries):
        assert marked == one


@given(st.text("[]?*!ab/", max_size=8))
def test_only_the_star_is_a_wildcard(text: str) -> None:
    """Law: a pattern fits itself, whatever brackets it holds."""
    assert Sign(("KBN-R103",), says=text).fits(finding(sentence=text))
    assert Sign(("KBN-R103",), says="*").fits(finding(sentence=text))
    if "*" not in text:
        assert not Sign(("KBN-R103",), says=text).fits(finding(sentence=text + "c"))


# ---- lists that have outlived their reasons


def entry(**known: Any) -> Deviation:
    """Return an entry whose absence is news."""
    facts: dict[str, Any] = {
        "id": "X-1",
        "operations": ("GET /api/short_url/{id}",),
        "reason": "gives numbers",
        "origin": "mine.toml",
        "signs": (Sign(("KBN-R103",), "/accessDate", "type"),),
        "versions": ">=9.4,<9.5",
        "observed": ("9.4",),
    }
    return Deviation(**facts | known)


TESTED = {"GET /api/short_url/{urlId}": {"KBN-R103", "KBN-R101"}}


def test_an_entry_that_was_looked_for_and_is_gone_is_stale() -> None:
    """And one that shows itself is not."""
    lists = at(Deviations((entry(),)))
    assert lists.stale(TESTED, []) == (entry(),)
    assert lists.stale(TESTED, [finding(status="known", deviation="X-1")]) == ()
    assert lists.stale(TESTED, [finding(pointer="/other")]) == (entry(),)


@pytest.mark.parametrize(
    ("known", "scene", "tested"),
    [
        ({}, {}, {}),
        ({}, {}, {"GET /api/short_url/{id}": {"KBN-R101"}}),
        ({"operations": SHORT_URL}, {}, TESTED),
        ({"when": "the moon is full"}, {}, TESTED),
        ({"observed": ()}, {}, TESTED),
        ({}, {"contract": None}, TESTED),
        ({}, {"contract": "9.5"}, TESTED),
        ({}, {"version": "9.5.0"}, TESTED),
        ({}, {"version": None}, TESTED),
        ({"expires": date(2020, 1, 1)}, {}, TESTED),
    ],
)
def test_an_entry_that_was_not_looked_for_is_not_stale(
    known: dict[str, Any], scene: dict[str, Any], tested: dict[str, set[str]]
) -> None:
    """Not tested, not by its check, not on all operations, under a condition, or for another version or contract."""
    assert at(Deviations((entry(**known),)), **{"version": "9.4.3"} | scene).stale(tested, []) == ()


def test_a_users_entry_that_is_gone_is_stale_under_any_contract() -> None:
    """Whoever lists a finding wants to hear when it is mended."""
    lists = at(own(), "9.2.0", contract=None)
    tested = {"GET /api/cats/{id}": {"KBN-R301"}}
    assert [e.id for e in lists.stale(tested, [])] == ["0f3c5a7d9b1e2468"]
    assert lists.stale(tested, [finding(identity="0f3c5a7d9b1e2468")]) == ()
    assert lists.stale({}, []) == ()


def test_an_operation_counts_as_tested_where_a_success_was_seen() -> None:
    """A check that was not made counts for nothing."""
    records = [
        VerdictRecord("i", "GET /api/a", "f", "KBN-R103", Verdict.PASSED, success=True),
        VerdictRecord("i", "GET /api/a", "f", "KBN-R101", Verdict.FAILED),
        VerdictRecord("i", "GET /api/a", "f", "KBN-R102", Verdict.NOT_APPLICABLE),
        VerdictRecord("i", "GET /api/b", "f", "KBN-R103", Verdict.PASSED),
    ]
    assert what_was_tested(records) == {"GET /api/a": {"KBN-R103", "KBN-R101"}}


def test_an_expired_entry_excuses_nothing_and_is_told() -> None:
    """Its last day is still a day."""
    mine = finding(identity="0f3c5a7d9b1e2468")
    last = at(own(), "9.2.0", today=date(2027, 1, 31))
    after = at(own(), "9.2.0", today=date(2027, 2, 1))
    assert last.match(mine)
    assert last.expired() == ()
    assert after.match(mine) is None
    assert after.expired() == own().entries
    assert own().expired(date(2027, 2, 1)) == own().entries


# ---- reading


def test_an_own_entry_is_read_whole() -> None:
    """Everything that the file says is in the entry."""
    (one,) = own().entries
    assert (one.id, one.identity, one.origin) == ("0f3c5a7d9b1e2468", "0f3c5a7d9b1e2468", "mine.toml")
    assert one.operations == ("GET /api/cats/{id}",)
    assert (one.link, one.expires) == ("https://issues.example/123", date(2027, 1, 31))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0f3c5a7d9b1e2468", "0f3c", "16 hexadecimal digits"),
        ("The proxy before our Kibana adds a header", "", "gives no reason"),
        ("The proxy before our Kibana adds a header", "  ", "gives no reason"),
        ("https://issues.example/123", "javascript:alert(1)", "no http address"),
        (">=9.1,<9.3", "9.1 or so", "no specifiers"),
        ("expires = 2027-01-31", 'expires = "soon"', "no day"),
        ("expires = 2027-01-31", "expires = 2027-01-31T00:00:00Z", "no day"),
        ("expires", "expiry", "expiry"),
        ('operations = ["GET /api/cats/{id}"]', "", "lacks operations"),
        ('["GET /api/cats/{id}"]', "[]", "names no operation"),
        ('["GET /api/cats/{id}"]', '"GET /api/cats/{id}"', "no list"),
        ("GET /api/cats", "CATCH /api/cats", "not a label"),
        ("[[deviation]]", "[[deviations]]", "only [[deviation]]"),
        ("[[deviation]]", "[[deviation", "not TOML"),
        ("expires = 2027-01-31", 'flavor = "vanilla"', "vanilla"),
    ],
)
def test_a_wrong_entry_is_named(old: str, new: str, said: str) -> None:
    """One clear error with the file, the entry and what is wrong."""
    assert old in OWN
    with pytest.raises(UsageError) as caught:
        read_deviations(OWN.replace(old, new), "mine.toml")
    assert said in caught.value.message
    assert caught.value.message.startswith("mine.toml")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("sign", "said"),
    [
        ("{ codes = [] }", "without codes"),
        ('{ codes = ["R103"] }', "not a code"),
        ('{ pointer = "/a" }', "a sign has codes"),
        ('{ codes = ["KBN-R103"], status = 400 }', "a sign has codes"),
        ('{ codes = ["KBN-R103"], keyword = 400 }', "patterns are texts"),
        ('"KBN-R103"', "a sign has codes"),
    ],
)
def test_a_wrong_sign_is_named(sign: str, said: str) -> None:
    """A sign that could excuse by mistake is refused."""
    text = f"""
    [[deviation]]
    id = "X-1"
    operations = ["GET /api/cats"]
    contract = "a cat"
    server = "gives a dog"
    signs = [{sign}]
    source = "seen"
    confidence = "observed"
    """
    with pytest.raises(UsageError) as caught:
        read_deviations(text, "mine.toml")
    assert said in caught.value.message


def test_two_entries_of_one_name_are_refused() -> None:
    """One name is one entry."""
    with pytest.raises(UsageError, match="entry 1 has"):
        read_deviations(OWN + OWN, "mine.toml")


def test_a_missing_file_is_the_users_trouble(tmp_path: Path) -> None:
    """It names the file."""
    with pytest.raises(UsageError, match="none"):
        load_deviations(tmp_path / "none.toml")


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_draft_wants_nothing_but_reasons(title: str, sentence: str) -> None:
    """Law: whatever a finding says, its draft is TOML that is read once its reason is written."""
    one = finding(title=title, sentence=sentence, operations=SHORT_URL)
    text = draft([one])
    assert tomllib.loads(text)["deviation"][0]["identity"] == one.identity
    with pytest.raises(UsageError, match="gives no reason"):
        read_deviations(text, "mine.toml")
    (read,) = read_deviations(text.replace('reason = ""', 'reason = "accepted"'), "mine.toml")
    assert read.describes(one)
    assert read.operations == SHORT_URL
