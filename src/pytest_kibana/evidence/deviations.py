"""Known deviations: what released Kibana does otherwise than its contract, and what the user lists.

The package's list is ``spec/deviations.toml``, the user's own is a file of the same kind; the head of the
former explains both. A finding that an entry describes is called *known* and does not fail a run. So that no
list outlives its reasons, an entry that was looked for and did not show itself is *stale*, and one whose day
has passed is *expired*; either is a failure of the list.
"""

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from pytest_kibana.errors import UsageError
from pytest_kibana.evidence.model import Finding, Verdict, VerdictRecord

SOURCE: Final = "spec/deviations.toml"
CONFIDENCES: Final = ("observed", "read", "computed", "reported")
FLAVORS: Final = ("traditional", "serverless")

_LABEL: Final = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE) /(?!s/\{)\S+\Z")
_CODE: Final = re.compile(r"KBN-[A-Z]\d{3}\Z")
_IDENTITY: Final = re.compile(r"[0-9a-f]{16}\Z")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)*")
_MINOR: Final = re.compile(r"\d+\.\d+\Z")
_LINK: Final = re.compile(r"https?://\S+\Z")
_SEEN: Final = frozenset({Verdict.PASSED, Verdict.TOLERATED, Verdict.KNOWN, Verdict.FAILED})

_OF_BOTH: Final = {"operations": list, "versions": str, "flavor": str, "link": str, "expires": date}
_OWN: Final = {**_OF_BOTH, "id": str, "identity": str, "reason": str}
_DESCRIBED: Final = {
    **_OF_BOTH,
    "id": str,
    "contract": str,
    "server": str,
    "signs": list,
    "observed": list,
    "when": str,
    "source": str,
    "confidence": str,
}
_NEEDED: Final = {
    "identity": ("identity", "operations", "reason"),
    "id": ("id", "operations", "contract", "server", "signs", "source", "confidence"),
}
_SIGN: Final = frozenset({"codes", "pointer", "keyword", "says"})


@dataclass(frozen=True, slots=True)
class Sign:
    """How a deviation shows in findings. ``pointer``, ``keyword`` and ``says`` (of the sentence) are patterns
    in which ``*`` is any text; None is anything.
    """

    codes: tuple[str, ...]
    pointer: str | None = None
    keyword: str | None = None
    says: str | None = None

    def fits(self, finding: Finding) -> bool:
        """Tell whether a finding is what this sign describes."""
        return finding.code in self.codes and all(
            pattern is None or fnmatchcase(text, _literal(pattern))
            for pattern, text in (
                (self.pointer, finding.pointer),
                (self.keyword, finding.keyword),
                (self.says, finding.sentence),
            )
        )


@dataclass(frozen=True, slots=True)
class Deviation:
    """One entry of a list.

    Attributes:
        id: its name in reports; the identity where the user's entry has no other.
        operations: labels that it is about.
        reason: what the server does, or why the user accepts it.
        origin: the file that lists it.
        contract: what the contract says; empty in a user's entry.
        signs: how it shows; empty where no check can see it, or where the identity says it.
        identity: the finding that it is, or None where signs describe it.
        versions: PEP 440 specifiers of the versions that it excuses; empty for all.
        flavor: the flavor that it is of alone, or None.
        observed: minor versions for which both server and contract were seen to differ so.
        when: a condition without which it does not show, or None.
        link: where more is said, or None.
        source: where it is known from.
        confidence: ``observed``, ``read``, ``computed`` or ``reported``; empty in a user's entry.
        expires: the last day on which it excuses, or None.
    """

    id: str
    operations: tuple[str, ...]
    reason: str
    origin: str
    contract: str = ""
    signs: tuple[Sign, ...] = ()
    identity: str | None = None
    versions: str = ""
    flavor: str | None = None
    observed: tuple[str, ...] = ()
    when: str | None = None
    link: str | None = None
    source: str = ""
    confidence: str = ""
    expires: date | None = None

    def describes(self, finding: Finding) -> bool:
        """Tell whether a finding is this deviation, on every operation that shows it."""
        if self.identity is not None:
            return finding.identity == self.identity
        if not any(sign.fits(finding) for sign in self.signs):
            return False
        mine = {_shape(label) for label in self.operations}
        return all(_shape(label) in mine for label in finding.operations or (finding.operation,))

    def holds(self, version: str | None, flavor: str | None) -> bool:
        """Tell whether it is listed for a target. An unknown version has no versions' deviations."""
        if self.flavor is not None and flavor is not None and flavor != self.flavor:
            return False
        if not self.versions:
            return True
        number = _number(version)
        return number is not None and SpecifierSet(self.versions).contains(number, prereleases=True)

    def expired(self, today: date) -> bool:
        """Tell whether its last day has passed."""
        return self.expires is not None and today > self.expires

    def newsworthy(self, version: str | None, contract: str | None) -> bool:
        """Tell whether its absence would be news: a user's entry always, another only where server and
        contract were seen to differ so, and without a condition.
        """
        if self.identity is not None:
            return True
        return self.when is None and _minor(version) in self.observed and _minor(contract) in self.observed

    @property
    def codes(self) -> frozenset[str]:
        """Codes of the checks that can see it; empty where an identity hides them."""
        return frozenset(code for sign in self.signs for code in sign.codes)


@dataclass(frozen=True)
class Deviations:
    """Lists of known deviations, and what they are held against.

    ``version``, ``flavor`` and ``contract`` (the contract's minor version, None for one of no version) are
    the run's; ``today`` decides what is expired. :meth:`at` sets them.
    """

    entries: tuple[Deviation, ...] = ()
    version: str | None = None
    flavor: str | None = None
    contract: str | None = None
    today: date = field(default=date.min)

    def at(
        self, *, version: str | None, flavor: str | None, contract: str | None, today: date
    ) -> "Deviations":
        """Return the same lists, held against a target, a contract and a day."""
        return replace(self, version=version, flavor=flavor, contract=contract, today=today)

    @cached_property
    def listed(self) -> tuple[Deviation, ...]:
        """The entries that are for this target and still excuse, the user's first."""
        return tuple(
            e for e in self.entries if e.holds(self.version, self.flavor) and not e.expired(self.today)
        )

    def match(self, finding: Finding) -> Deviation | None:
        """Return the entry that describes a finding, or None."""
        return next((entry for entry in self.listed if entry.describes(finding)), None)

    def mark(self, finding: Finding) -> Finding:
        """Return the finding, called known where an entry describes it."""
        found = self.match(finding)
        return finding if found is None else replace(finding, status="known", deviation=found.id)

    def expired(self, today: date | None = None) -> tuple[Deviation, ...]:
        """Return the entries whose last day has passed; ``today`` is the run's where it is left out."""
        return tuple(entry for entry in self.entries if entry.expired(today or self.today))

    def stale(
        self, tested: Mapping[str, Collection[str]], findings: Iterable[Finding]
    ) -> tuple[Deviation, ...]:
        """Return the entries that were looked for and did not show themselves.

        Args:
            tested: label to the codes of the checks that were made on it; see :func:`what_was_tested`. An operation
                that is not in it was not tested.
            findings: what was found, known or not.
        """
        made: dict[str, set[str]] = defaultdict(set)
        for label, codes in tested.items():
            made[_shape(label)].update(codes)
        found = tuple(findings)
        return tuple(
            entry
            for entry in self.listed
            if entry.newsworthy(self.version, self.contract)
            and _looked_for(entry, made)
            and not any(entry.describes(finding) for finding in found)
        )


def what_was_tested(verdicts: Iterable[VerdictRecord]) -> dict[str, set[str]]:
    """Return what was tested, as :meth:`Deviations.stale` wants it.

    An operation counts where a success of it was seen: only then is it known that nothing stood in the way of
    a deviation.
    """
    codes: dict[str, set[str]] = defaultdict(set)
    succeeded: set[str] = set()
    for record in verdicts:
        if record.success:
            succeeded.add(record.operation)
        if record.verdict in _SEEN:
            codes[record.operation].add(record.code)
    return {label: codes[label] for label in succeeded}


def load_deviations(own: str | Path | None = None) -> Deviations:
    """Return the package's list, and the user's before it.

    Args:
        own: the user's file, or None.

    Raises:
        UsageError: the file is not there, or an entry cannot be right; it names the entry.
    """
    if own is None:
        return Deviations(_shipped())
    path = Path(own)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the list of deviations {path} cannot be read: {error}",
            hint="Give --kibana-deviations a file that exists; `pytest-kibana accept` writes one.",
        ) from error
    return Deviations((*read_deviations(text, str(path)), *_shipped()))


@lru_cache(maxsize=1)
def _shipped() -> tuple[Deviation, ...]:
    text = files("pytest_kibana").joinpath("spec", "deviations.toml").read_text("utf-8")
    return read_deviations(text, SOURCE)


def read_deviations(text: str, source: str) -> tuple[Deviation, ...]:
    """Read a list of deviations.

    Args:
        text: TOML, as the head of ``spec/deviations.toml`` explains it.
        source: what to call it in errors.

    Raises:
        UsageError: not TOML, or an entry that cannot be right.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is not TOML: {error}", hint="Correct the line that it names.") from error
    tables = document.pop("deviation", [])
    if document or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise _wrong(
            source, f"has {', '.join(document) or 'deviation'}, and only [[deviation]] means something"
        )
    entries = tuple(_entry(table, number, source) for number, table in enumerate(tables, 1))
    seen: dict[str, int] = {}
    for number, entry in enumerate(entries, 1):
        for name in {entry.id, entry.identity or entry.id}:
            if name in seen:
                raise _wrong(f"{source}, entry {number}", f"has the name {name!r}, as entry {seen[name]} has")
            seen[name] = number
    return entries


def draft(findings: Iterable[Finding]) -> str:
    """Return entries for a user's own list, as TOML. The reasons are left empty: the reader asks for them."""
    return "\n".join(line for finding in findings for line in _draft(finding))


def _draft(finding: Finding) -> Iterator[str]:
    yield "[[deviation]]"
    what = f"{finding.pointer} {finding.sentence}".strip()
    yield f"# {finding.code} {_comment(finding.title)}: {_comment(what)}"
    yield f"identity = {_quoted(finding.identity)}"
    operations = finding.operations or (finding.operation,)
    yield f"operations = [{', '.join(map(_quoted, operations))}]"
    yield 'reason = ""  # why this is accepted'
    yield '# link = "https://"'
    yield '# versions = ">=9.1,<9.2"'
    yield "# expires = 2030-01-31"
    yield ""


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _quoted(text: str) -> str:
    # A TOML basic string is written as JSON writes one, but for DEL.
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")


def _looked_for(entry: Deviation, made: Mapping[str, Collection[str]]) -> bool:
    codes = entry.codes
    return all(
        (shape := _shape(label)) in made and (not codes or not codes.isdisjoint(made[shape]))
        for label in entry.operations
    )


def _entry(table: Mapping[str, Any], number: int, source: str) -> Deviation:
    name = table.get("id") or table.get("identity")
    place = f"{source}, entry {number}" + (f" ({name})" if isinstance(name, str) else "")
    own = "identity" in table
    kinds = _OWN if own else _DESCRIBED
    if strangers := sorted(set(table) - set(kinds)):
        raise _wrong(place, f"has {', '.join(strangers)}, and only {', '.join(sorted(kinds))} mean something")
    if missing := [key for key in _NEEDED["identity" if own else "id"] if key not in table]:
        raise _wrong(place, f"lacks {', '.join(missing)}")
    for key, value in table.items():
        if (
            not isinstance(value, kinds[key])
            or isinstance(value, datetime)
            or (value == "" and key != "reason")
        ):
            raise _wrong(place, f"has {key} = {value!r}, which is {_expected(kinds[key])}")
    return _checked(
        Deviation(
            id=table.get("id") or table["identity"],
            operations=_strings(table["operations"], _LABEL, "a label", f"{place}: operations"),
            reason=table["reason"] if own else table["server"],
            origin=source,
            contract=table.get("contract", ""),
            signs=tuple(_sign(sign, f"{place}: signs") for sign in table.get("signs", ())),
            identity=table.get("identity"),
            versions=table.get("versions", ""),
            flavor=table.get("flavor"),
            observed=_strings(table.get("observed", []), _MINOR, "a minor version", f"{place}: observed"),
            when=table.get("when"),
            link=table.get("link"),
            source=table.get("source", ""),
            confidence=table.get("confidence", ""),
            expires=table.get("expires"),
        ),
        place,
    )


def _checked(entry: Deviation, place: str) -> Deviation:
    if not entry.operations:
        raise _wrong(place, "names no operation")
    if entry.identity is not None and not _IDENTITY.match(entry.identity):
        raise _wrong(place, f"has the identity {entry.identity!r}, and one has 16 hexadecimal digits")
    if not entry.reason.strip():
        raise _wrong(place, "gives no reason")
    if entry.flavor is not None and entry.flavor not in FLAVORS:
        raise _wrong(place, f"has the flavor {entry.flavor!r}, which is none of {', '.join(FLAVORS)}")
    if entry.identity is None and entry.confidence not in CONFIDENCES:
        raise _wrong(
            place, f"has the confidence {entry.confidence!r}, which is none of {', '.join(CONFIDENCES)}"
        )
    if entry.link is not None and not _LINK.match(entry.link):
        raise _wrong(place, f"has the link {entry.link!r}, which is no http address")
    try:
        SpecifierSet(entry.versions)
    except InvalidSpecifier as error:
        raise _wrong(
            place, f"has versions = {entry.versions!r}, which are no specifiers such as >=9.1,<9.3"
        ) from error
    return entry


def _sign(table: Any, place: str) -> Sign:
    if not isinstance(table, dict) or "codes" not in table or set(table) - _SIGN:
        raise _wrong(place, f"has {table!r}, and a sign has codes, and may have pointer, keyword and says")
    patterns = {key: value for key, value in table.items() if key != "codes"}
    if not all(isinstance(value, str) for value in patterns.values()):
        raise _wrong(place, f"has {patterns!r}, and patterns are texts")
    codes = _strings(table["codes"], _CODE, "a code such as KBN-R103", place)
    if not codes:
        raise _wrong(place, "has a sign without codes")
    return Sign(codes, **patterns)


def _strings(value: Any, pattern: re.Pattern[str], what: str, place: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _wrong(place, f"has {value!r}, which is no list")
    for one in value:
        if not isinstance(one, str) or not pattern.match(one):
            raise _wrong(place, f"has {one!r}, which is not {what}")
    return tuple(value)


def _expected(kind: type) -> str:
    return {str: "no text", list: "no list", date: "no day such as 2027-01-31"}[kind]


def _wrong(place: str, what: str) -> UsageError:
    return UsageError(f"{place} {what}", hint=f"The head of {SOURCE} says what an entry may hold.")


def _shape(label: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", re.sub(r"/s/\{[^}/]*\}(?=/)", "", label, count=1))


def _literal(pattern: str) -> str:
    # Only the star is a wildcard: pointers and messages are full of brackets and question marks.
    return pattern.replace("[", "[[]").replace("?", "[?]")


def _number(version: str | None) -> Version | None:
    found = _NUMBER.match(version or "")
    return Version(found[0]) if found else None


def _minor(version: str | None) -> str | None:
    number = _number(version)
    return f"{number.major}.{number.minor}" if number else None
