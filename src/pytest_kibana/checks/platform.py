"""What the platform promises without a contract saying so: ``spec/platform.yaml``, read as data.

Statuses that any operation may answer, the shapes of errors by family, and headers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final, Literal, get_args

import jsonschema_rs
import yaml
from packaging.version import Version

from pytest_kibana.errors import UsageError
from pytest_kibana.evidence.model import Level

SOURCE: Final = "spec/platform.yaml"
Answers = Literal["all", "body", "error", "missing object", "success"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One look that Kibana takes at a request, and the statuses with which it may refuse there."""

    stage: str
    statuses: frozenset[int]
    sentence: str


@dataclass(frozen=True, slots=True)
class PromisedStatus:
    """A status that any operation may answer. ``phrases`` are what ``error`` may say with it."""

    status: int
    phrases: tuple[str, ...]
    sentence: str
    source: str


@dataclass(frozen=True)
class Envelope:
    """A shape of errors, and where it occurs.

    Attributes:
        name: ``platform``, ``detections``, ``fleet``, ``rpc``, ``status document`` or ``not ready``.
        schema: JSON Schema, draft 7, of the body.
        families: patterns of the families that use it.
        operations: labels that it is limited to; empty for all of the families.
        statuses: statuses that it is limited to; empty for all.
        media: media types that it travels as.
        sentence: when it is used.
        source: where that is known from.
    """

    name: str
    schema: Mapping[str, Any] = field(repr=False)
    families: tuple[str, ...]
    operations: tuple[str, ...] = ()
    statuses: frozenset[int] = frozenset()
    media: tuple[str, ...] = ("application/json",)
    sentence: str = ""
    source: str = ""

    def fits(self, body: Any) -> bool:
        """Tell whether a body (a JSON value, or a text where it is none) has this shape."""
        return bool(self._validator.is_valid(body))

    def occurs(self, family: str | None, status: int | None, label: str | None) -> bool:
        """Tell whether an operation may answer with it. None means that nothing is known."""
        return (
            (not self.statuses or status is None or status in self.statuses)
            and (not self.operations or label is None or _nameless(label) in self._shapes)
            and (family is None or _among(family, self.families))
        )

    @cached_property
    def _validator(self) -> Any:
        return jsonschema_rs.Draft7Validator(dict(self.schema))

    @cached_property
    def _shapes(self) -> frozenset[str]:
        return frozenset(map(_nameless, self.operations))


@dataclass(frozen=True, slots=True)
class PromisedHeader:
    """A header that answers carry.

    Attributes:
        name: in lower case.
        level: MUST or SHOULD.
        answers: which carry it: ``all``, ``body``, ``error`` (with a body), ``missing object`` (a 404 by a handler) or
            ``success``.
        pattern: a regular expression that its value matches somewhere, or None for any value.
        optional: True where it may be left out, and is only not to have another value.
        since: the first version that sends it, or None.
        public: True where only public routes send it.
        statuses: statuses that it is limited to; empty for all.
        exempt: statuses that need not carry it.
        sentence: what it is for.
        source: where that is known from.
    """

    name: str
    level: Level
    answers: Answers
    pattern: str | None = None
    optional: bool = False
    since: str | None = None
    public: bool = False
    statuses: frozenset[int] = frozenset()
    exempt: frozenset[int] = frozenset()
    sentence: str = ""
    source: str = ""

    def applies(
        self, *, status: int, version: str | None, public: bool, has_body: bool, missing: bool = False
    ) -> bool:
        """Tell whether an answer owes the header. An unknown version owes nothing that began with one."""
        if (
            status in self.exempt
            or (self.statuses and status not in self.statuses)
            or (self.public and not public)
        ):
            return False
        if self.since and (version is None or Version(version).release < Version(self.since).release):
            return False
        return {
            "all": True,
            "body": has_body,
            "error": status >= HTTPStatus.BAD_REQUEST and has_body,
            "missing object": missing,
            "success": HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES,
        }[self.answers]

    def kept_by(self, value: str | None) -> bool:
        """Tell whether a value (None: the header is not there) keeps the promise."""
        if value is None:
            return self.optional
        return self.pattern is None or re.search(self.pattern, value, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that ``spec/platform.yaml`` says.

    Attributes:
        order: the looks that Kibana takes at a request, first to last.
        statuses: status to what is promised of it.
        envelopes: every shape of errors; the first that fits gives an error its name.
        open_to_nobody: labels of operations that answer without credentials.
        bare_not_found: patterns of families whose missing objects look like missing routes.
        versioned: beginnings of paths whose routes are known to negotiate versions.
    """

    order: tuple[Stage, ...]
    statuses: Mapping[int, PromisedStatus]
    envelopes: tuple[Envelope, ...]
    open_to_nobody: tuple[str, ...]
    bare_not_found: tuple[str, ...]
    versioned: tuple[str, ...]
    _headers: tuple[PromisedHeader, ...] = field(repr=False)
    _phrases: Mapping[int, tuple[str, ...]] = field(repr=False)

    def promised(self, status: int) -> bool:
        """Tell whether any operation may answer this status."""
        return status in self.statuses

    def phrases(self, status: int) -> tuple[str, ...]:
        """Return what ``error`` may say with a status; empty where the status has no phrase."""
        known = self.statuses.get(status)
        if known or status in self._phrases:
            return known.phrases if known else self._phrases[status]
        try:
            return (HTTPStatus(status).phrase,)
        except ValueError:
            return ()

    def envelope(
        self, family: str | None = None, status: int | None = None, label: str | None = None
    ) -> tuple[Envelope, ...]:
        """Return the shapes that an error of an operation may have, likeliest first.

        Args:
            family: the operation's family; None for an operation that the contract does not have.
            status: the answer's status, or None for any.
            label: the operation, or None for any of the family.
        """
        return tuple(found for found in self.envelopes if found.occurs(family, status, label))

    def named(self, body: Any) -> Envelope | None:
        """Return the first shape of all that fits a body, or None."""
        return next((found for found in self.envelopes if found.fits(body)), None)

    def headers(
        self,
        *,
        status: int,
        version: str | None = None,
        public: bool = True,
        has_body: bool = True,
        missing: bool = False,
    ) -> tuple[PromisedHeader, ...]:
        """Return the headers that an answer owes.

        Args:
            status: the answer's.
            version: the target's, such as ``9.1.4``; None where it is not known.
            public: whether the operation is of the public API.
            has_body: whether the answer has one.
            missing: whether a handler says with it that an object is missing.
        """
        facts: dict[str, Any] = {
            "status": status,
            "version": version,
            "public": public,
            "has_body": has_body,
            "missing": missing,
        }
        return tuple(header for header in self._headers if header.applies(**facts))

    def negotiates(self, path: str) -> bool:
        """Tell whether a route is known to stand on the versioned router."""
        return any(path == part or path.startswith(f"{part}/") for part in self.versioned)

    def answers_bare_not_found(self, family: str) -> bool:
        """Tell whether a missing object of the family looks like a missing route."""
        return _among(family, self.bare_not_found)


@lru_cache(maxsize=1)
def load_platform() -> Platform:
    """Return what the package's ``spec/platform.yaml`` says. Read once.

    Raises:
        UsageError: the file cannot be right.
    """
    text = files("pytest_kibana").joinpath("spec", "platform.yaml").read_text("utf-8")
    return read_platform(text, SOURCE)


def read_platform(text: str, source: str) -> Platform:
    """Read a statement of the platform's promises.

    Args:
        text: YAML, as ``spec/platform.yaml`` shows it.
        source: what to call it in errors.

    Raises:
        UsageError: not YAML, a part is missing or unknown, or a schema is none.
    """
    try:
        said = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
        return _platform(said)
    except (yaml.YAMLError, re.error, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{source} cannot be read: {type(error).__name__}: {error}",
            hint="It is part of the package: install it again, or correct the part that is named.",
        ) from error


def _platform(said: Mapping[str, Any]) -> Platform:
    if said["version"] != 1:
        raise ValueError(f"version {said['version']} is not known")
    return Platform(
        order=tuple(Stage(s["stage"], frozenset(s["statuses"]), s["sentence"]) for s in said["order"]),
        statuses={
            int(status): PromisedStatus(int(status), tuple(s["phrases"]), s["sentence"], s["source"])
            for status, s in said["statuses"].items()
        },
        envelopes=tuple(map(_envelope, said["envelopes"])),
        open_to_nobody=tuple(said["open_to_nobody"]["operations"]),
        bare_not_found=tuple(said["bare_not_found"]["families"]),
        versioned=tuple(said["versioned"]["paths"]),
        _headers=tuple(map(_header, said["headers"])),
        _phrases={int(status): tuple(words) for status, words in said["phrases"].items()},
    )


def _envelope(said: Mapping[str, Any]) -> Envelope:
    many: dict[str, Any] = {
        key: tuple(said[key]) for key in ("families", "operations", "media") if key in said
    }
    rest: dict[str, Any] = {key: said[key] for key in said if key not in many and key != "statuses"}
    envelope = Envelope(**rest, **many, statuses=frozenset(said.get("statuses", ())))
    envelope.fits(None)  # a schema that is none is found now, not at the first error
    return envelope


def _header(said: Mapping[str, Any]) -> PromisedHeader:
    rest = {key: said[key] for key in said if key not in ("level", "statuses", "except")}
    if said["answers"] not in get_args(Answers):
        raise ValueError(f"{said['name']} is on {said['answers']!r} answers")
    re.compile(said.get("pattern", ""))
    return PromisedHeader(
        **rest,
        level=Level(said["level"]),
        statuses=frozenset(said.get("statuses", ())),
        exempt=frozenset(said.get("except", ())),
    )


def _among(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)


def _nameless(label: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", label)
