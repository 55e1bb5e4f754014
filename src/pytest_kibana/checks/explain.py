"""What a check means, for people: one page per code, and the catalogue of all."""

import difflib

from pytest_kibana.checks.model import GROUP_LETTERS, Check
from pytest_kibana.checks.registry import entered
from pytest_kibana.errors import UsageError


def explain(code: str) -> str:
    """Return the page of one check; ``r103`` and ``R103`` mean ``KBN-R103``.

    Raises:
        UsageError: no such check, with the nearest codes.
    """
    wanted = code.strip().upper()
    wanted = wanted if wanted.startswith("KBN-") else f"KBN-{wanted}"
    known = entered()
    found = known.get(wanted)
    if found is None:
        near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
        raise UsageError(
            f"there is no check {code}",
            hint=f"Did you mean {', '.join(near)}?" if near else "`pytest-kibana explain` lists all checks.",
        )
    return "\n".join(_page(found))


def _page(entry: Check) -> list[str]:
    lines = [
        f"{entry.code}  {entry.title}",
        "",
        f"  group     {_group(entry)}",
        f"  level     {entry.level.value}",
        f"  severity  {entry.severity.value}",
        "",
        f"Rule     {_rule(entry)}",
        f"Why      {entry.why}",
        f"Example  {entry.example}",
    ]
    if entry.source:
        lines.append(f"Source   {entry.source}")
    lines += ["", _consequence(entry)]
    return lines


def catalogue() -> str:
    """Return one line per check: code, level, title."""
    return "\n".join(f"{c.code}  {c.level.value:6}  {c.title}" for c in entered().values())


def reference() -> str:
    """Return the reference page of all checks, in Markdown (``docs/reference/checks.md``)."""
    known = entered()
    lines = [
        "# Checks",
        "",
        "<!-- made by `python -m pytest_kibana.checks.explain`; do not edit -->",
        "",
        f"{len(known)} rules. A broken MUST of the deployment fails; everything else that is broken is",
        "*tolerated*: reported, and not counted as a failure unless the run is strict.",
    ]
    for name, letter in GROUP_LETTERS.items():
        members = [c for c in known.values() if c.group == letter]
        lines += ["", f"## {name.capitalize()} ({letter})", ""]
        for entry in members:
            lines += [
                f"### {entry.code}: {entry.title}",
                "",
                f"{entry.level.value}, {entry.severity.value}. {_rule(entry)}",
                "",
                f"- Why: {entry.why}",
                f"- Example: {entry.example}",
                *([f"- Source: {entry.source}"] if entry.source else []),
                "",
            ]
        if lines[-1] == "":
            lines.pop()
    return "\n".join(lines) + "\n"


def _group(entry: Check) -> str:
    return next(name for name, letter in GROUP_LETTERS.items() if letter == entry.group)


def _rule(entry: Check) -> str:
    return " ".join((entry.look.__doc__ or entry.title).split())


def _consequence(entry: Check) -> str:
    if entry.level.value == "MUST":
        return "A deployment that breaks it fails. What is about the contract, or undecided, is tolerated."
    return "A deployment that breaks it is tolerated; a strict run fails."


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference())
