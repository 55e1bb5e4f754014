"""One self-contained HTML page, made from a results document.

The page loads nothing from anywhere and works from ``file://``. Whatever a deployment answered is data in it,
never markup: the document travels as JSON in a script element of a type that is not run, the page's script
builds text nodes only, and a Content-Security-Policy allows that one script and that one style, by hash.
"""

import base64
import hashlib
import json
import time
from importlib.metadata import version

from jinja2 import Environment, StrictUndefined

from pytest_kibana.evidence.compare import Comparison
from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import Header, Verdict
from pytest_kibana.report.html.assets import asset
from pytest_kibana.report.html.data import page_data
from pytest_kibana.report.terminal import verdict

__all__ = ["page_data", "render"]


def render(results: Results, *, comparison: Comparison | None = None) -> str:
    """Return the page as text.

    Args:
        results: a document, complete or interrupted.
        comparison: the same results set against earlier ones, for a page that shows what changed.
    """
    from markupsafe import Markup

    style, script = asset("page.css"), asset("page.js")
    # The template is ours; autoescape keeps it so for every value that is put into it.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    word = verdict(results)[-1]
    return environment.from_string(asset("page.html.j2")).render(
        title=_title(results.header),
        stand_in=bool(results.header.target.get("stand_in")),
        headline=word.text,
        tone=word.style,
        facts=_facts(results),
        tiles=_tiles(results),
        comparison=comparison is not None,
        certified=bool(results.requirements),
        version=version("pytest-kibana"),
        data=Markup(_embedded(page_data(results, comparison))),  # noqa: S704 - escaped by _embedded
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(data: object) -> str:
    """JSON that cannot end its script element, open a comment, or be read as markup by any parser."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _title(header: Header) -> str:
    return f"Kibana {header.target.get('version') or '(version unknown)'} conformance"


def _facts(results: Results) -> list[tuple[str, str]]:
    header = results.header
    contract, target = header.contract, header.target
    named = str(contract.get("version") or contract.get("source") or "")
    facts = {
        "target": target.get("url"),
        "flavor": target.get("flavor"),
        "licence": target.get("license"),
        "contract": f"{named} (sha256 {str(contract.get('sha256', ''))[:8]}…)",
        "allow": header.settings.get("allow"),
        "budget": header.settings.get("budget"),
        "strict": "yes" if header.settings.get("strict") else None,
        "seed": header.seed,
        "started": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(header.started)),
    }
    return [(name, str(value)) for name, value in facts.items() if value not in (None, "")]


def _tiles(results: Results) -> list[dict[str, str]]:
    coverage = results.coverage
    new = sum(f.status == "new" for f in results.findings)
    known = sum(f.status == "known" for f in results.findings)
    tolerated = sum(f.status == "tolerated" for f in results.findings)
    tested = sum(c.tested for c in coverage)
    eligible = sum(c.eligible for c in coverage)
    operations = sum(c.operations for c in coverage)
    tiles = [
        (new, "new findings", "bad" if new else "good"),
        (known, "known", "warn" if known else ""),
        (tolerated, "tolerated", "warn" if tolerated else ""),
        (f"{tested}/{eligible}", "tested / eligible", "good" if tested == eligible and tested else "warn"),
        (sum(c.succeeded for c in coverage), "success seen", ""),
        (operations - eligible, "not eligible", ""),
    ]
    certified = results.requirements
    if certified:
        held = sum(r.verdict is Verdict.PASSED for r in certified)
        ran = sum(r.verdict is not Verdict.NOT_RUN for r in certified)
        broken = any(r.verdict in (Verdict.FAILED, Verdict.ERROR) for r in certified)
        tiles.append((f"{held}/{ran}", "requirement tests held", "bad" if broken else "good"))
    return [{"number": str(number), "label": label, "tone": tone} for number, label, tone in tiles]
