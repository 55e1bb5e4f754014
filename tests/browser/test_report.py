"""The HTML report, as a person meets it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.unit.report.synthetic import document, finding, header, hostile

from pytest_kibana.checks import CATALOGUE
from pytest_kibana.evidence import Level, RequirementRecord, Verdict
from pytest_kibana.evidence.compare import compare
from pytest_kibana.report.html import render

Open = Callable[..., Any]


def fragment(page: Any) -> dict[str, str]:
    text = page.evaluate("location.hash").removeprefix("#?")
    return {key: values[0] for key, values in parse_qs(text).items()}


# -- the first screen


def test_first_screen_shows_the_verdict_and_the_matrix(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl", operations=40))
    report.shot("first-screen")
    assert "6 new findings" in report.text("#headline")
    for selector in ("#headline", "#matrix-table thead", "#matrix-table tbody tr:nth-child(9)"):
        box = report.page.locator(selector).bounding_box()
        assert box["y"] + box["height"] <= 900, f"{selector} is below the fold"
    assert report.count("#matrix-table tbody tr") == 9
    assert report.count("#matrix-table button.fold[aria-expanded=false]") == 2  # access and input, folded


def test_groups_unfold_into_checks_and_the_url_remembers(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl"))
    report.page.click("button.fold[data-group=access]")
    assert report.count("#matrix-table th.code") == 8
    assert fragment(report.page)["columns"] == "access"
    report.go("#?columns=access")
    assert report.count("#matrix-table th.code") == 8
    report.page.click("#unfold")
    assert report.count("#matrix-table th.code") == 20
    report.page.click("#unfold")
    assert report.count("#matrix-table th.code") == 0


def test_coverage_counts_eligible_operations(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl", operations=9))
    label = report.page.locator("#matrix-table svg.bar").first.get_attribute("aria-label")
    assert label == "2 operations, 1 eligible, 1 tested, 1 seen to succeed"


def test_words_are_explained_as_must_and_should(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl"))
    report.page.click("#meanings > summary")
    said = report.text("#meaning-list")
    assert "broke a MUST" in said
    assert "A SHOULD is broken" in said
    for word in ("passed", "failed", "known", "tolerated", "not applicable", "not run", "error"):
        assert word in report.text("#legend")


# -- drilling down


def test_cell_leads_to_its_findings_and_a_finding_to_its_exchange(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl"))
    report.page.click("#matrix-table button.cell.v-failed >> nth=0")
    assert fragment(report.page) == {"family": "family0", "group": "access"}
    assert report.count("#finding-list details") == 1
    report.page.click("#finding-list summary")
    assert "12345678901234567890" in report.text("#finding-list pre mark")  # digits are not rounded
    assert "MUST" in report.text("#finding-list")
    assert CATALOGUE["KBN-A401"].why in report.text("#finding-list")  # the requirement, in words
    report.shot("finding")
    report.page.click("text=All checks of this operation")
    assert report.count("#operation-list details") == 1
    report.page.click("#operation-list summary")
    assert "KBN-A401" in report.text("#operation-list")
    assert "3 of 3" in report.text("#operation-list table")


def test_finding_has_a_link_of_its_own(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl"), "#?finding=0000000000000007")
    assert report.count("#finding-list details[open]") == 1
    assert report.count("#operation-list details") == 1


def test_place_in_the_request_is_marked_in_the_request(opened: Open, tmp_path: Path) -> None:
    body = json.dumps({"a/b": [{"c": 1}, {"c": [2, {}]}], "d": ""})
    exchange = {
        "request": {"method": "POST", "url": "/x", "headers": [], "body": body},
        "response": {"status": 200, "headers": [], "body": "{}"},
        "milliseconds": 1,
    }
    one = finding("POST /api/family0/x", pointer="/body/a~1b/1/c", exchange=exchange)
    report = opened(document(tmp_path / "r.jsonl", findings=[one]), f"#?finding={one.identity}")
    assert "".join(report.text("#finding-list mark").split()) == "[2,{}]"
    pre = report.page.locator("#finding-list .pair pre").first.inner_text()
    assert json.loads(pre) == json.loads(body)  # set anew, and still the same JSON


@pytest.mark.parametrize("name", ["the curl line", "the lines for the Console", "the command"])
def test_copy_buttons_copy(opened: Open, tmp_path: Path, name: str) -> None:
    report = opened(
        document(tmp_path / "r.jsonl"),
        "#?finding=0000000000000000",
        permissions=["clipboard-read", "clipboard-write"],
    )
    button = report.page.locator(f"button[aria-label='Copy {name}']")
    line = button.locator("xpath=../pre").inner_text()
    button.click()
    report.page.wait_for_selector("button.copy:has-text('Copied')")
    assert report.page.evaluate("navigator.clipboard.readText()") == line


# -- filters


def test_filters_live_in_the_url(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl", operations=40))
    report.page.fill("#q", "thing7/")
    assert fragment(report.page) == {"q": "thing7/"}
    assert report.text("#shown").startswith("1 of ")
    report.page.select_option("#verdict", "known")
    assert "No finding fits" in report.text("#finding-list")
    report.go(report.page.evaluate("location.hash"))
    assert report.page.input_value("#q") == "thing7/"
    assert report.page.input_value("#verdict") == "known"
    report.page.click("#clear")
    assert fragment(report.page) == {}
    assert report.text("#shown") == "15 of 15 findings, 40 of 40 operations"


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("verdict=known", 3),
        ("verdict=failed", 6),
        ("about=contract", 0),
        ("group=input", 0),
        ("check=KBN-A401", 15),
    ],
)
def test_each_filter_narrows(opened: Open, tmp_path: Path, view: str, expected: int) -> None:
    report = opened(document(tmp_path / "r.jsonl", operations=40), f"#?{view}")
    assert report.count("#finding-list details.finding") == expected


def test_sections_are_reached_without_losing_the_view(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl"), "#?verdict=known")
    report.page.click("nav a[href='#untested']")
    assert fragment(report.page) == {"verdict": "known"}
    report.page.click("#untested-list summary >> nth=0")
    report.page.wait_for_selector("#untested-list table")
    assert "DELETE /api/family0/everything" in report.text("#untested-list")
    assert "disruptive: not allowed" in report.text("#untested-list")


# -- who reads it otherwise


def test_keyboard_is_enough(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl"))
    page = report.page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("thing7")
    page.keyboard.press("Escape")
    page.locator("#finding-list summary").first.focus()
    page.keyboard.press("Enter")
    assert report.count("#finding-list details[open]") == 1
    page.wait_for_selector("#finding-list details[open] .actions")  # its inside is made when it has opened
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#finding-list').contains(document.activeElement)")
    page.locator("#matrix-table button.cell[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("family1, input")
    assert page.locator("#matrix-table button.cell[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    assert fragment(page) == {"family": "family1", "group": "input"}
    page.keyboard.press("Shift+Tab")


def test_everything_that_can_be_pressed_has_a_name(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl"), "#?finding=0000000000000000")
    nameless = report.page.evaluate(
        "[...document.querySelectorAll('button,a,input,select,summary')]"
        ".filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).length"
    )
    assert nameless == 0
    heads = report.page.evaluate(
        "[...document.querySelectorAll('th')].filter(e => !e.getAttribute('scope')).length"
    )
    assert heads == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_are_readable(opened: Open, tmp_path: Path, scheme: str) -> None:
    report = opened(document(tmp_path / "r.jsonl"), color_scheme=scheme)
    report.shot(scheme)
    ratios = report.page.evaluate(CONTRAST)
    assert len(ratios) > 10
    assert {name: r for name, r in ratios.items() if r < 4.5} == {}


CONTRAST = """() => {
  const channel = (v) => (v / 255 <= .03928 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4);
  const light = (c) => {
    const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(channel);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$/.test(c)) return c;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  const made = {};
  const texts = 'h1,h2,.headline,.number,.caption,.soft,.tag,.cell,th,dd,dt,summary,label,button,a,output';
  for (const e of document.querySelectorAll(texts)) {
    if (!e.textContent.trim() || !e.getClientRects().length) continue;
    const a = light(getComputedStyle(e).color), b = light(behind(e));
    made[e.tagName + '.' + e.className] = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  }
  return made;
}"""


def test_print_opens_the_findings_and_hides_the_tools(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl", operations=40))
    report.page.emulate_media(media="print")
    report.page.wait_for_selector("#finding-list > details[open] >> nth=14")
    assert not report.page.locator("#filters").is_visible()
    assert report.page.locator("#finding-list .pair pre >> visible=true").count() >= 15
    report.page.emulate_media(media="screen")
    report.page.wait_for_selector("#filters")
    assert report.count("#finding-list > details[open]") == 0


def test_narrow_screens_do_not_scroll_sideways(opened: Open, tmp_path: Path) -> None:
    report = opened(
        document(tmp_path / "r.jsonl"), "#?finding=0000000000000000", viewport={"width": 420, "height": 800}
    )
    report.shot("narrow")
    assert report.page.evaluate("document.documentElement.scrollWidth") <= 420


# -- what it is made of


def test_interrupted_run_says_so(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl", finished=False))
    assert "interrupted" in report.text("#headline")


def test_comparison_is_shown(opened: Open, tmp_path: Path) -> None:
    old = document(tmp_path / "old.jsonl", findings=[finding("GET /api/family0/thing0/{id}", 1)])
    new = document(
        tmp_path / "new.jsonl", operations=10, findings=[finding("GET /api/family1/thing1/{id}", 2)]
    )
    report = opened(new, comparison=compare(old, new))
    said = report.text("#comparison")
    assert "something got worse" in said
    assert "GET /api/family1/thing1/{id}" in said
    assert "thing11" in report.text("#comparison")
    report.shot("comparison")


def test_no_comparison_no_section(opened: Open, tmp_path: Path) -> None:
    assert opened(document(tmp_path / "r.jsonl")).count("#comparison") == 0


def test_requirements_stand_broken_ones_first_and_follow_the_filters(opened: Open, tmp_path: Path) -> None:
    whole = document(tmp_path / "r.jsonl")
    records = [
        RequirementRecord(
            test=f"families/x/test_x.py::test_{n}[{n}]",
            requirement=f"KBN-REQ-X-{n:03}",
            level=Level.MUST,
            verdict=Verdict.FAILED if n == 2 else Verdict.PASSED,
            sentence=f"Promise number {n} holds.",
            families=(f"family{n}",),
            reason="it did not hold" if n == 2 else None,
            calls={"GET /api/x": {"200": 1}},
        )
        for n in range(4)
    ]
    report = opened(replace(whole, records=(*whole.records, *records)))
    rows = report.page.locator("#requirement-list details")
    assert rows.count() == 4
    assert "KBN-REQ-X-002" in rows.first.inner_text()
    assert "[2]" in rows.first.inner_text()
    rows.first.locator("summary").click()
    assert "it did not hold" in rows.first.inner_text()
    assert "3/4" in report.text(".tiles")
    report.page.select_option("#family", "family3")
    assert rows.count() == 1
    report.shot("requirements")


def test_tests_of_one_requirement_are_one_row_that_opens_into_them(opened: Open, tmp_path: Path) -> None:
    whole = document(tmp_path / "r.jsonl")
    records = [
        RequirementRecord(
            test=f"laws/test_laws.py::test_law[{kind}-round trip]",
            requirement="KBN-REQ-LAW-001",
            level=Level.MUST,
            verdict=verdict,
            sentence="What was made reads back.",
            families=(kind,),
            reason=None,
            calls={},
        )
        for kind, verdict in (("space", Verdict.PASSED), ("role", Verdict.FAILED), ("case", Verdict.NOT_RUN))
    ]
    report = opened(replace(whole, records=(*whole.records, *records)))
    rows = report.page.locator("#requirement-list > details")
    assert rows.count() == 1
    assert "1 failed, 1 passed, 1 not run" in rows.first.inner_text()
    rows.first.locator("summary").first.click()
    assert "[role-round trip]" in rows.first.locator("details").first.inner_text()
    assert rows.first.locator("details").count() == 3


def test_operations_that_fail_come_first_and_the_others_by_path(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl", operations=12))
    rows = report.page.locator("#operation-list details").all_inner_texts()
    marks = ["failed" in row for row in rows]
    assert marks == sorted(marks, reverse=True)
    assert any(marks)
    assert not all(marks)


def test_hostile_answers_do_nothing(opened: Open, tmp_path: Path) -> None:
    """Every field that others choose is an attack; the page shows it as text, opened and filtered everywhere."""
    report = opened(hostile(tmp_path / "r.jsonl"))
    page = report.page
    page.click("#unfold")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.wait_for_timeout(100)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("window.pwned") is None
    assert report.count("img, iframe, object, embed, form[action], base, link") == 0
    assert report.count("script") == 2
    assert page.evaluate(
        "[...document.querySelectorAll('a')].every(a => a.getAttribute('href').startsWith('#'))"
    )
    assert page.evaluate("Object.prototype.toString.call({}) + ({}).polluted") == "[object Object]undefined"
    report.shot("hostile")
    for number in range(3):
        report.page.locator("#matrix-table tbody tr").nth(number).locator("button.plain").click()
    assert page.evaluate("window.pwned") is None


def test_policy_forbids_all_but_the_page_itself(opened: Open, tmp_path: Path) -> None:
    report = opened(document(tmp_path / "r.jsonl"))
    refused = report.page.evaluate(
        "() => new Promise(done => {"
        " document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective));"
        " const s = document.createElement('script'); s.textContent = 'window.pwned = 1'; document.body.append(s);"
        " setTimeout(() => done('nothing'), 500); })"
    )
    assert refused.startswith("script-src")
    assert report.page.evaluate("window.pwned") is None
    report.complaints.clear()  # the browser reports the violation that this test provokes


@pytest.mark.parametrize("findings", [86, 2000])
def test_large_runs_open_at_once(opened: Open, tmp_path: Path, findings: int) -> None:
    """600 operations and 20,000 verdicts; structure is asserted, the time is printed."""
    codes = tuple(CATALOGUE)[:34]
    found = [finding(f"GET /api/family{n % 9}/thing{n % 600}/{{id}}", n) for n in range(findings)]
    results = document(tmp_path / "r.jsonl", operations=600, codes=codes, findings=found)
    assert len(results.verdicts) == 20_400
    size = len(render(results).encode())
    report = opened(results)
    timing = report.page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    print(
        f"\n600 operations, 20,400 verdicts, {findings} findings: {size / 1e6:.2f} MB, open after {timing:.0f} ms"
    )
    assert size < 5_000_000
    assert report.text("#shown") == f"{findings} of {findings} findings, 600 of 600 operations"
    assert report.count("#operation-list details") == 150  # the rest on request
    report.page.click("#operation-list > p button")
    assert report.count("#operation-list details") == 300


def test_bodies_beyond_the_budget_are_cut_and_say_so(opened: Open, tmp_path: Path) -> None:
    long = json.dumps({"blob": "x" * 15_000})
    exchange = {
        "request": {"method": "GET", "url": "/", "headers": [], "body": None},
        "response": {"status": 200, "headers": [], "body": long},
        "milliseconds": 1,
    }
    found = [finding("GET /api/family0/x", n, exchange=exchange) for n in range(400)]
    results = document(tmp_path / "r.jsonl", findings=found, head=header())
    assert len(render(results)) < 5_000_000
    report = opened(results, f"#?finding={found[-1].identity}")
    assert "Cut; results.jsonl holds more." in report.text("#finding-list")
