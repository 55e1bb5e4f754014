"""A diff of two contracts as one self-contained page: no script, no network."""

import json

from jinja2 import Environment, StrictUndefined

from pytest_kibana.contract.diff import Class, Diff
from pytest_kibana.report.html.assets import asset

_TONES = {
    Class.BREAKING: "failed",
    Class.STRICT: "tolerated",
    Class.UNDECIDED: "known",
    Class.ADDITION: "passed",
}
_MOST_SHOWN = 600


def to_html(found: Diff) -> str:
    """Return the page: counts, then each class, operation by operation, with witnesses and what a probe said."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    classes = []
    for severity in Class:
        operations: dict[str, list[dict[str, object]]] = {}
        for change in found.of(severity):
            witness = json.dumps(change.witness, ensure_ascii=False) if change.witnessed else ""
            operations.setdefault(change.operation, []).append(
                {
                    "place": f"{change.where} {change.at}".strip(),
                    "sentence": change.sentence,
                    "code": change.code,
                    "witness": witness if len(witness) <= _MOST_SHOWN else witness[:_MOST_SHOWN] + "…",
                    "reason": change.reason,
                    "probe": change.probe,
                }
            )
        classes.append({"name": severity.value, "tone": _TONES[severity], "operations": operations})
    return environment.from_string(asset("diff.html.j2")).render(
        diff=found,
        classes=classes,
        counts={severity.value: found.counts[severity] for severity in Class},
        style=asset("page.css"),
    )
