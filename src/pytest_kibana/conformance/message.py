"""What a failed item prints: each finding with its rule, its place, the exchange, and how to see it again."""

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_kibana.evidence.model import Finding

if TYPE_CHECKING:
    from pytest_kibana.conformance.outcome import Outcome

_MOST_SHOWN = 10
_MOST_BODY = 600


def message(outcome: "Outcome", *, width: int = 100) -> str:
    """Return the text of a failed item; findings that are only tolerated or known are counted, not shown."""
    shown = [f for f in outcome.findings if f.status == "new"]
    rest = len(outcome.findings) - len(shown)
    blocks = [describe(f, width=width) for f in shown[:_MOST_SHOWN]]
    if len(shown) > _MOST_SHOWN:
        blocks.append(f"… and {len(shown) - _MOST_SHOWN} more findings, all in the report")
    if rest:
        blocks.append(f"({rest} more tolerated or known, in the report)")
    if outcome.error:
        blocks.insert(0, f"the harness failed: {outcome.error}")
    return "\n\n".join(blocks)


def describe(finding: Finding, *, width: int = 100) -> str:
    """Return one finding for people, with its exchange and a line to send it again."""
    times = f"; seen {finding.count} times" if finding.count > 1 else ""
    place = f"{finding.pointer}: " if finding.pointer else ""
    lines = [
        f"{finding.code}  {finding.operation}  {finding.title}",
        *textwrap.wrap(
            f"{place}{finding.sentence}{times}", width, initial_indent="  ", subsequent_indent="  "
        ),
    ]
    if finding.component:
        lines.append(f"  in component {finding.component}, rule {finding.keyword}")
    elif finding.keyword:
        lines.append(f"  rule {finding.keyword}")
    if finding.about.value != "deployment":
        lines.append(f"  about: {finding.about.value}")
    if len(finding.operations) > 1:
        lines.append(f"  also in {len(finding.operations) - 1} other operations")
    if finding.exchange:
        lines += ["", *_exchange(finding.exchange)]
    if finding.curl:
        lines += ["", f"  {finding.curl}"]
    if finding.console:
        lines += ["  Console: " + finding.console.split("\n", 1)[0]]
    if finding.case:
        lines.append(f"  again: --kibana-case={finding.case}, with contract and seed of this run")
    lines.append(f"  what it means: pytest-kibana explain {finding.code}")
    return "\n".join(lines)


def _exchange(exchange: Mapping[str, Any]) -> list[str]:
    request, response = exchange["request"], exchange["response"]
    lines = [f"  > {request['method']} {request['url']}"]
    if request["body"]:
        lines.append(f"  > {_excerpt(request['body'])}")
    if response is None:
        return [*lines, "  < no answer"]
    kind = next((value for name, value in response["headers"] if name.lower() == "content-type"), "")
    lines.append(f"  < {response['status']} {kind}  ({exchange['milliseconds']:g} ms)")
    if response["body"]:
        lines.append(f"  < {_excerpt(response['body'])}")
    return lines


def _excerpt(body: str) -> str:
    # Control characters of a hostile answer must not reach a terminal.
    clean = "".join(c if c.isprintable() else " " for c in body[: _MOST_BODY + 1])
    return clean if len(clean) <= _MOST_BODY else clean[:_MOST_BODY] + "…"
