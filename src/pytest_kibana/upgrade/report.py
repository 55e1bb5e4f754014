"""What people read after an upgrade: one table, the findings under it, and the same as JSON and as a page.

Kept, changed as declared, broken for clients, lost; beside them what could not be judged, with the reason.
"""

import html
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_kibana.errors import ExitCode
from pytest_kibana.upgrade.codes import CODES, Outcome
from pytest_kibana.upgrade.judging import Judged, Remark
from pytest_kibana.upgrade.state import Member

FORMAT = 1
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Contracts:
    """Both contracts set against what was said before the upgrade.

    Attributes:
        used: how many operations the population used.
        removed: those of them that the new contract no longer has.
        undescribed: by operation, how an answer of before breaks the new contract and did not break the old.
        refused: by operation, how a request that was accepted breaks the new contract and did not break the old.
        unpromised: by operation, how an answer of after breaks the new contract, where that of before kept the old one.
            It is told and closes no gate: whether a deployment keeps its contract is what the runs are for.
    """

    used: int = 0
    removed: tuple[str, ...] = ()
    undescribed: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    unpromised: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a population.

    Attributes:
        manifest: of the state: the deployment and the contract of before.
        now: the deployment of after.
        members, judged: the population, and what became of each.
        exports: findings about exports.
        contracts: both contracts, and what was said before.
        skips: what was not in the population, with the reason.
        kept: True where the population was left as it is, so that changing and removing were not tried.
        left: what could not be removed afterwards.
        conformance: what got worse in the results of the runs before and after, as text; None where there were none.
        worse: whether anything did.
    """

    manifest: Mapping[str, Any]
    now: Mapping[str, Any]
    members: Mapping[str, Member]
    judged: Sequence[Judged]
    exports: Sequence[Remark] = ()
    contracts: Contracts = Contracts()
    skips: Mapping[str, str] = field(default_factory=dict)
    kept: bool = False
    left: Sequence[str] = ()
    conformance: str | None = None
    worse: bool = False

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Everything that is said of objects and exports, the worst first."""
        all_of_them = [*(r for one in self.judged for r in one.remarks), *self.exports]
        return tuple(sorted(all_of_them, key=lambda r: (not r.fails, -r.outcome, r.code, r.key)))

    @property
    def failing(self) -> tuple[Remark, ...]:
        """What closes a gate: lost, or broken and not declared."""
        return tuple(remark for remark in self.remarks if remark.fails)

    @property
    def unknown(self) -> tuple[Judged, ...]:
        """Members of which nothing can be said."""
        return tuple(one for one in self.judged if one.outcome is None)

    def unanswered(self) -> tuple[Judged, ...]:
        """Members that were seen before, and about which the target gives no answer now."""
        silent = "not seen before", "nothing could read"
        return tuple(one for one in self.unknown if not any(word in one.unknown for word in silent))

    def count(self, outcome: Outcome) -> int:
        """Return how many objects came to an outcome."""
        return sum(one.outcome is outcome for one in self.judged)

    def exit_code(self, *, strict: bool = False) -> ExitCode:
        """Return how a process ends with this.

        Args:
            strict: what is broken for clients fails also where the new contract declares it.
        """
        declared = any(r.outcome >= Outcome.BROKEN for r in self.remarks)
        if self.failing or self.worse or (strict and declared):
            return ExitCode.FINDINGS
        if self.left:
            return ExitCode.LEFTOVERS
        if self.unanswered():
            return ExitCode.INCOMPLETE
        judged = len(self.judged) - len(self.unknown)
        return ExitCode.CONFORMANT if judged else ExitCode.NOTHING_CHECKED

    # -- as JSON

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data; docs/reference/upgrade-state.md describes it."""
        return {
            "format": FORMAT,
            "before": {"target": self.manifest.get("target"), "contract": self.manifest.get("contract")},
            "after": {"target": dict(self.now), "contract": self.manifest.get("contract_after")},
            "table": {outcome.words: self.count(outcome) for outcome in Outcome}
            | {"not judged": len(self.unknown)},
            "resources": {
                name: {o.words: counts[o] for o in Outcome} | {"not judged": counts[None]}
                for name, counts in self._by_resource().items()
            },
            "remarks": [
                {
                    "code": r.code,
                    "title": CODES[r.code].title,
                    "outcome": r.outcome.words,
                    "fails": r.fails,
                    "object": r.key,
                    "id": self.members[r.key].id if r.key in self.members else None,
                    "space": self.members[r.key].space if r.key in self.members else None,
                    "at": r.at,
                    "sentence": r.sentence,
                    "declared": r.declared,
                }
                for r in self.remarks
            ],
            "not_judged": {one.key: one.unknown for one in self.unknown},
            "not_made": dict(self.skips),
            "contracts": {
                "operations_used": self.contracts.used,
                "removed": list(self.contracts.removed),
                "answers_no_longer_described": dict(self.contracts.undescribed),
                "requests_no_longer_allowed": dict(self.contracts.refused),
                "answers_not_promised": dict(self.contracts.unpromised),
            },
            "changing_and_removing": "not tried" if self.kept else "tried",
            "left": list(self.left),
            "conformance": self.conformance,
            "worse": self.worse,
        }

    def _by_resource(self) -> dict[str, Counter[Outcome | None]]:
        found: dict[str, Counter[Outcome | None]] = {}
        for one in self.judged:
            found.setdefault(self.members[one.key].resource, Counter())[one.outcome] += 1
        return found

    # -- as text

    def text(self, *, verbose: bool = False) -> str:
        """Return the report for a terminal; ``verbose`` leaves nothing out."""
        return "\n".join(self._lines(verbose))

    def _lines(self, verbose: bool) -> Iterator[str]:
        then, target = self.manifest.get("target") or {}, self.now
        for word, who, contract in (("before", then, "contract"), ("after", target, "contract_after")):
            version, flavor = who.get("version"), who.get("flavor", "")
            yield f"{word:<7} Kibana {version} {flavor}, contract {_contract(self.manifest, contract)}"
        if target.get("stand_in"):
            yield "        this is a stand-in, not a Kibana"
        yield ""
        yield from self._table()
        yield from self._findings(verbose)
        yield from self._others(verbose)
        yield self.verdict()

    def _table(self) -> Iterator[str]:
        titles = [*(o.words for o in Outcome), "not judged"]
        yield f"{'':<30}" + "".join(f"{title:>20}" for title in titles)
        for name, counts in sorted(self._by_resource().items()):
            cells = [*(counts[o] for o in Outcome), counts[None]]
            yield f"{name:<30}" + "".join(f"{cell or '.':>20}" for cell in cells)
        totals = [*(self.count(o) for o in Outcome), len(self.unknown)]
        yield f"{'all':<30}" + "".join(f"{cell:>20}" for cell in totals)
        yield ""

    def _findings(self, verbose: bool) -> Iterator[str]:
        groups: dict[tuple[str, bool, str], list[Remark]] = {}
        for remark in self.remarks:
            resource = self.members[remark.key].resource if remark.key in self.members else "export"
            groups.setdefault((remark.code, remark.fails, resource), []).append(remark)
        for (code, fails, resource), remarks in groups.items():
            if not fails and remarks[0].outcome < Outcome.BROKEN and not verbose:
                continue
            word = remarks[0].outcome.words if fails else f"{remarks[0].outcome.words}, declared"
            yield f"{code}  {CODES[code].title}  {resource} ({len(remarks)}) [{word}]"
            for remark in remarks if verbose else remarks[:_SHOWN]:
                yield f"    {remark.key}: {_line(remark.sentence)}"
                if remark.declared:
                    yield f"        {remark.declared}"
            if len(remarks) > _SHOWN and not verbose:
                yield f"    … and {len(remarks) - _SHOWN} more"
        if groups:
            yield ""

    def _others(self, verbose: bool) -> Iterator[str]:
        for title, rows in (
            ("not judged", {one.key: one.unknown for one in self.unknown}),
            ("requests of before that the new contract no longer allows", self.contracts.refused),
            ("answers of before that the new contract no longer describes", self.contracts.undescribed),
            (
                "operations in use that the new contract no longer has",
                dict.fromkeys(self.contracts.removed, ""),
            ),
        ):
            if rows:
                yield f"{title} ({len(rows)})"
                for name, why in list(rows.items())[: None if verbose else _SHOWN]:
                    yield f"    {name}" + (f": {_line(why)}" if why else "")
                if len(rows) > _SHOWN and not verbose:
                    yield f"    … and {len(rows) - _SHOWN} more"
        if self.conformance is not None:
            yield "conformance before and after"
            yield from (f"    {line}" for line in self.conformance.splitlines())
        if self.kept:
            yield "the population was kept: changing and removing it was not tried"
        for line in self.left:
            yield f"left: {line}"

    def verdict(self) -> str:
        """Return the last line."""
        counts = ", ".join(f"{self.count(o)} {o.words}" for o in Outcome)
        if self.failing:
            return f"{len(self.failing)} findings: {counts}"
        if self.worse:
            return f"nothing of the population was harmed ({counts}), but conformance got worse"
        if self.unanswered():
            return f"incomplete: {len(self.unanswered())} objects could not be looked at ({counts})"
        return f"nothing was lost: {counts}"

    # -- as a page

    def page(self) -> str:
        """Return the report as one HTML page that loads nothing."""
        lines = html.escape(self.text(verbose=True))
        rows = "".join(
            f"<tr class={'bad' if r.fails else 'fine'}><td>{r.code}<td>{html.escape(CODES[r.code].title)}<td>"
            f"{html.escape(r.key)}<td>{html.escape(r.sentence)}<td>{html.escape(r.declared or '')}"
            for r in self.remarks
        )
        title = html.escape(self.verdict())
        return _PAGE.format(title=title, rows=rows, lines=lines)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }} td, th {{ border: 1px solid #8884; padding: .3rem .6rem;
text-align: left; overflow-wrap: anywhere; vertical-align: top }} .bad td:first-child {{ border-left: 4px solid #c33 }}
.fine td:first-child {{ border-left: 4px solid #999 }} pre {{ overflow-x: auto }}
</style></head><body><h1>{title}</h1>
<table><thead><tr><th>code<th>what<th>object<th>seen<th>declared</thead><tbody>{rows}</tbody></table>
<h2>The whole report</h2><pre>{lines}</pre></body></html>
"""


def _contract(manifest: Mapping[str, Any], name: str) -> str:
    said = manifest.get(name) or {}
    return f"{said.get('version') or said.get('source')} (sha256 {str(said.get('sha256', ''))[:8]}…)"


def _line(text: str) -> str:
    """Return a text as one printable line: what a deployment answered must not steer a terminal."""
    one = " ".join(text.split())
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in one)[:240]


def save(report: Report, folder: Any) -> None:
    """Write ``report.json``, ``report.txt`` and ``report.html`` into the state."""
    folder.write("report.json", json.dumps(report.to_json(), indent=1, ensure_ascii=False) + "\n")
    folder.write("report.txt", report.text(verbose=True) + "\n")
    folder.write("report.html", report.page())
