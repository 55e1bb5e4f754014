"""Allure: what an outcome tells it while the test runs, and the files that it reads beside its results.

Family, operation and check are Allure's epic, feature and story; findings become attachments, labels and links. Of a
test of the suites they are family, requirement and the sentence that it certifies.
allure-pytest must be at work (``--alluredir``); without it nothing happens here.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from pytest_kibana.evidence.model import (
    Finding,
    Header,
    Level,
    RequirementRecord,
    Severity,
    Verdict,
    VerdictRecord,
)
from pytest_kibana.report.formats import save
from pytest_kibana.report.html.data import GROUPS

CHECKS = "docs/reference/checks.md"
"""Page of the checks in this project; a code in lower case is an anchor of it."""
REQUIREMENTS = "docs/reference/requirements.md"
"""Page of the requirements; the group of one in lower case, its id without the number, is an anchor of it."""
DEVIATIONS = "spec/deviations.toml"
"""List of the known deviations, for those whose entry has no link of its own."""
_OF_OPERATIONS = "contract/test_operations.py"
_SEVERITIES = {Level.MUST: Severity.CRITICAL, Level.SHOULD: Severity.MINOR}
_MOST_EXAMPLES = 20


class _Outcome(Protocol):
    @property
    def operation(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def verdicts(self) -> tuple[VerdictRecord, ...]: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...


def tell(
    outcome: _Outcome,
    *,
    known: Callable[[Finding], Finding] = lambda finding: finding,
    link_of: Callable[[str], str | None] = lambda _deviation: None,
) -> None:
    """Tell Allure of an outcome. Call it while the test is running, before it fails.

    Args:
        outcome: what came of the item.
        known: returns a finding as the lists of known deviations see it.
        link_of: gives the link of a deviation by its id, or None.
    """
    allure: Any = import_module("allure")  # it has no types
    findings = [known(f) for f in outcome.findings]
    allure.dynamic.title(_plain(f"{outcome.operation}: {outcome.group}"))
    allure.dynamic.epic(_plain(outcome.family))
    allure.dynamic.feature(_plain(outcome.operation))
    allure.dynamic.story(*map(_plain, _stories(outcome)))
    allure.dynamic.severity(_severity(findings))
    allure.dynamic.parameter("operation", _plain(outcome.operation))
    allure.dynamic.parameter("checks", outcome.group)
    for code in dict.fromkeys(f.code for f in findings):
        allure.dynamic.tag(code)
        allure.dynamic.link(f"{CHECKS}#{code.lower()}", link_type="link", name=f"requirement {code}")
    for status in dict.fromkeys(f.status for f in findings if f.status != "new"):
        allure.dynamic.tag({"known": "known deviation", "tolerated": "tolerated"}[status])
    for deviation in dict.fromkeys(f.deviation for f in findings if f.deviation):
        allure.dynamic.issue(link_of(deviation) or DEVIATIONS, name=f"known deviation {deviation}")
    if findings:
        allure.dynamic.description(_plain("\n\n".join(map(_described, findings[:_MOST_EXAMPLES]))))
    for finding in findings[:_MOST_EXAMPLES]:
        _attach(allure, finding)


def tell_requirement(record: RequirementRecord) -> None:
    """Tell Allure what a test of the suites certifies. Call it before the test's report is closed."""
    allure: Any = import_module("allure")
    place = record.test.split("/")
    suite = place[1] if place[0] == "families" and len(place) > 2 else place[0].partition(".")[0]
    allure.dynamic.epic(*map(_plain, record.families or (suite,)))
    if not record.test.startswith(_OF_OPERATIONS):  # those have the names of their operations
        allure.dynamic.title(_plain(f"{record.sentence} {record.parameter}".strip()))
        allure.dynamic.description(_plain(record.sentence))
    allure.dynamic.feature(record.requirement)
    allure.dynamic.story(_plain(record.sentence))
    allure.dynamic.severity(_SEVERITIES[record.level].value)
    allure.dynamic.tag(record.level.value)
    page = f"{REQUIREMENTS}#{record.requirement.rpartition('-')[0].lower()}"
    allure.dynamic.link(page, link_type="link", name=f"requirement {record.requirement}")


def keep_quiet(clean: Callable[[str], str]) -> Callable[[], None]:
    """Take secrets out of what Allure writes of tests and fixtures that fail, which it hears before anybody else.

    Args:
        clean: takes secrets out of a text.

    Returns:
        What ends it.
    """
    commons: Any = import_module("allure_commons")

    class Quiet:
        def report_result(self, result: Any) -> None:
            _hush(result, clean)

        def report_container(self, container: Any) -> None:
            for fixture in (*container.befores, *container.afters):
                _hush(fixture, clean)

    for hook in (Quiet.report_result, Quiet.report_container):
        commons.hookimpl(tryfirst=True)(hook)
    quiet = Quiet()
    commons.plugin_manager.register(quiet)

    def end() -> None:
        commons.plugin_manager.unregister(quiet)

    return end


def _hush(told: Any, clean: Callable[[str], str]) -> None:
    """Clean what a test, a fixture or a step tells of its end and of its parameters, and its steps."""
    details = told.statusDetails
    if details is not None:
        details.message, details.trace = (text and clean(text) for text in (details.message, details.trace))
    for parameter in told.parameters:
        parameter.value = clean(str(parameter.value))
    for step in told.steps:
        _hush(step, clean)


def _stories(outcome: _Outcome) -> tuple[str, ...]:
    """The checks that were broken; where all held, the group of checks."""
    broken = (Verdict.FAILED, Verdict.KNOWN, Verdict.TOLERATED, Verdict.ERROR)
    codes = sorted({r.code for r in outcome.verdicts if r.verdict in broken})
    titles = {f.code: f.title for f in outcome.findings}
    return tuple(f"{code} {titles.get(code, '')}".strip() for code in codes) or (outcome.group,)


def _severity(findings: Iterable[Finding]) -> str:
    """The gravest of what fails, or else of what was found; an item without findings is normal."""
    order = list(Severity)
    ranked = sorted(findings, key=lambda f: (f.status != "new", order.index(f.severity)))
    return ranked[0].severity.value if ranked else Severity.NORMAL.value


def _described(finding: Finding) -> str:
    note = {"new": "", "known": f" (known deviation {finding.deviation})", "tolerated": " (tolerated)"}
    place = f"`{finding.pointer}` " if finding.pointer else ""
    seen = f", seen {finding.count} times" if finding.count > 1 else ""
    return (
        f"**{finding.code} {finding.title}**{note[finding.status]}: {place}{finding.sentence} "
        f"({finding.level} {finding.severity}, about: {finding.about}{seen})"
    )


def _attach(allure: Any, finding: Finding) -> None:
    name = _plain(f"{finding.code} {finding.pointer}".strip())
    if finding.exchange:
        text = json.dumps(finding.exchange, indent=2, ensure_ascii=True, default=str)
        allure.attach(text, name=f"{name}: exchange", attachment_type=allure.attachment_type.JSON)
    for what, line in (("curl", finding.curl), ("Dev Tools Console", finding.console)):
        if line:
            allure.attach(_plain(line), name=f"{name}: {what}", attachment_type=allure.attachment_type.TEXT)


def _plain(text: str) -> str:
    """Text that can be written as UTF-8, whatever a hostile answer put into it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def write_environment(folder: Path, header: Header) -> None:
    """Write what Allure reads beside its results into their folder.

    Allure 2 finds ``environment.properties`` and ``categories.json`` there by itself. Allure 3 has categories in its
    configuration, ``allurerc.json``, which is given to it: ``allure generate --config FOLDER/allurerc.json FOLDER``.
    """
    save(folder / "environment.properties", _environment(header))
    save(folder / "categories.json", json.dumps(categories(), indent=2) + "\n")
    configuration = {"name": "Kibana conformance", "categories": {"rules": categories()}}
    save(folder / "allurerc.json", json.dumps(configuration, indent=2) + "\n")


def _environment(header: Header) -> str:
    target, contract = header.target, header.contract
    pairs: Mapping[str, object] = {
        "Kibana": target.get("version"),
        "Flavor": target.get("flavor"),
        "Licence": target.get("license"),
        "Stand-in": "yes" if target.get("stand_in") else None,
        "URL": target.get("url"),
        "Contract": contract.get("version") or contract.get("source"),
        "Contract.sha256": contract.get("sha256"),
        "Allow": header.settings.get("allow"),
        "Budget": header.settings.get("budget"),
        "Seed": header.seed,
        "pytest-kibana": header.tool.get("version"),
    }
    return "".join(f"{name}={_property(str(v))}\n" for name, v in pairs.items() if v not in (None, ""))


def _property(text: str) -> str:
    """A value of a Java properties file: one line of ISO 8859-1, whatever was in it."""
    plain = "".join(c if c.isprintable() else " " for c in text).replace("\\", "\\\\")
    return plain.encode("ascii", "backslashreplace").decode("ascii")


def categories() -> list[dict[str, Any]]:
    """Return Allure's categories: the groups of checks, our own failures, and what was not tested."""
    groups = [
        {
            "name": f"{name.capitalize()}: {about}",
            "matchedStatuses": ["failed"],
            "messageRegex": f"[\\s\\S]*KBN-{prefix}\\d[\\s\\S]*",
        }
        for prefix, name, about in GROUPS
    ]
    return [
        {
            "name": "The harness failed (not the deployment)",
            "matchedStatuses": ["failed", "broken"],
            "messageRegex": r"[\s\S]*the harness failed[\s\S]*",
        },
        *groups,
        {"name": "Broken tests", "matchedStatuses": ["broken"]},
        {"name": "Not tested", "matchedStatuses": ["skipped"]},
    ]
