"""The markers, each a function whose signature is its grammar.

``@pytest.mark.kibana_requires(version=">=9.1")`` is read by calling :func:`kibana_requires` with the marker's
arguments: what the function does not accept, the marker does not accept, and the error says so and where.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pytest
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from pytest_kibana.errors import UsageError
from pytest_kibana.settings import SAFETY_CLASSES

LICENSES = ("basic", "standard", "gold", "platinum", "enterprise", "trial")
FLAVORS = ("traditional", "serverless")
TIERS = ("smoke", "standard", "thorough")
LEVELS = ("MUST", "SHOULD")


@dataclass(frozen=True, slots=True)
class Requires:
    """What a test needs of the deployment."""

    version: SpecifierSet | None = None
    license: str | None = None
    flavor: str | None = None
    plugin: str | None = None


def kibana_requires(
    *,
    version: str | None = None,
    license: str | None = None,
    flavor: str | None = None,
    plugin: str | None = None,
) -> Requires:
    """Skip unless the deployment has this version (a specifier), licence or better, flavor and plugin."""
    try:
        wanted = SpecifierSet(version) if version else None
    except (InvalidSpecifier, TypeError):
        raise UsageError(
            f"version={version!r} is not a version specifier", hint='Write it like version=">=9.1,<10".'
        ) from None
    _one_of("license", license, LICENSES)
    _one_of("flavor", flavor, FLAVORS)
    return Requires(wanted, license, flavor, plugin)


def kibana_safety(safety: str, /) -> str:
    """Say which safety class the test needs; it is skipped where ``--kibana-allow`` is lower."""
    return _one_of("safety class", safety, SAFETY_CLASSES) or ""


def kibana_operation(*operations: str) -> tuple[str, ...]:
    """Name the operations that the test exercises; it is skipped where the contract has none of them."""
    if not operations:
        raise UsageError("no operation is named", hint='Write kibana_operation("POST /api/spaces/space").')
    return operations


def kibana_tier(tier: str, /) -> str:
    """Say in which runs the test belongs: smoke, standard or thorough."""
    return _one_of("tier", tier, TIERS) or ""


@dataclass(frozen=True, slots=True)
class ExpectedDeviation:
    """A broken rule that one test expects of its own calls."""

    code: str
    reason: str
    operation: str | None = None


def kibana_expect_deviation(code: str, /, *, reason: str, operation: str | None = None) -> ExpectedDeviation:
    """Do not fail this test for the rule ``code`` (of one operation, or of any): the reason says why."""
    if not reason.strip():
        raise UsageError("reason is empty", hint="Say why the deviation is expected.")
    from pytest_kibana.checks import described

    if code not in described():
        near = get_close_matches(f"KBN-{code.removeprefix('KBN-')}", described(), n=3)
        raise UsageError(
            f"there is no check {code!r}",
            hint=f"Did you mean {', '.join(near)}?" if near else "`pytest-kibana explain` lists them.",
        )
    return ExpectedDeviation(code, reason, operation)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a test of the suites certifies; the requirement catalogue is made from these."""

    id: str
    level: str
    source: str
    operations: tuple[str, ...] = ()
    since: str | None = None
    tier: str = "standard"
    safety: str = "space"


def kibana_requirement(
    id: str,
    /,
    *,
    level: str = "MUST",
    source: str,
    operations: tuple[str, ...] | list[str] | str = (),
    since: str | None = None,
    tier: str = "standard",
    safety: str = "space",
) -> Requirement:
    """Tag a test of the suites with the requirement that it certifies."""
    _one_of("level", level, LEVELS)
    _one_of("tier", tier, TIERS)
    _one_of("safety", safety, SAFETY_CLASSES)
    labels = (operations,) if isinstance(operations, str) else tuple(operations)
    return Requirement(id, level, source, labels, since, tier, safety)


def _one_of(what: str, value: str | None, values: tuple[str, ...]) -> str | None:
    if value is not None and value not in values:
        raise UsageError(f"{what} {value!r} is not known", hint=f"Choose one of: {', '.join(values)}.")
    return value


GRAMMAR: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        kibana_requires,
        kibana_safety,
        kibana_operation,
        kibana_tier,
        kibana_expect_deviation,
        kibana_requirement,
    )
}


def grammar(name: str) -> str:
    """Return how a marker is written, such as ``kibana_tier(tier)``."""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(GRAMMAR[name]).parameters.values()
    ]
    return name + str(inspect.Signature(parameters)).replace(", /", "").replace("(/, ", "(")


def lines() -> Iterator[str]:
    """Yield one line per marker for ``pytest --markers``."""
    for name, function in GRAMMAR.items():
        yield f"{grammar(name)}: {(function.__doc__ or '').strip()}"


def validate(item: pytest.Item, registered: Iterable[str]) -> None:
    """Read every marker of a test that is one of ours, or looks like one.

    Args:
        item: the test.
        registered: the lines of ``pytest --markers``; what somebody else registered is theirs.

    Raises:
        UsageError: a marker is not known, or its arguments do not fit its grammar; names the test.
    """
    for mark in item.iter_markers():
        if not mark.name.startswith("kibana_"):
            continue
        if mark.name in GRAMMAR:
            read(item, mark.name)
        elif not any(line.split(":")[0].split("(")[0].strip() == mark.name for line in registered):
            near = get_close_matches(mark.name, GRAMMAR, n=1)
            raise UsageError(
                f"{item.nodeid}: there is no marker {mark.name}",
                hint=f"Did you mean {near[0]}?" if near else f"There are {', '.join(GRAMMAR)}.",
            )


def read(item: pytest.Item, name: str) -> list[Any]:
    """Return the values of every marker of that name on a test, the closest first.

    Raises:
        UsageError: the marker's arguments do not fit its grammar; names the test and the signature.
    """
    function = GRAMMAR[name]
    values = []
    for mark in item.iter_markers(name):
        try:
            values.append(function(*mark.args, **mark.kwargs))
        except TypeError as error:
            raise UsageError(
                f"{item.nodeid}: @pytest.mark.{name}: {error}", hint=f"Write it as {grammar(name)}."
            ) from None
        except UsageError as error:
            raise UsageError(
                f"{item.nodeid}: @pytest.mark.{name}: {error.message}", hint=error.hint
            ) from None
    return values


def unmet(
    requires: Requires, *, version: str | None, license: str | None, flavor: str, plugins: set[str]
) -> str | None:
    """Return what was needed and what was found, or None where the deployment has all of it.

    Serverless follows Kibana's main branch and its version number says nothing (Kibana source, status.ts), so
    a version is not required of it; nor is a licence, which it does not have. What is unknown counts as had:
    the test finds out.
    """
    if requires.flavor and requires.flavor != flavor:
        return f"needs flavor {requires.flavor}, found {flavor}"
    if requires.plugin and plugins and requires.plugin not in plugins:
        return f"needs plugin {requires.plugin}, found {len(plugins)} others"
    if flavor == "serverless":
        return None
    if requires.version and version and not requires.version.contains(Version(version), prereleases=True):
        return f"needs version {requires.version}, found {version}"
    if requires.license and license and LICENSES.index(license) < LICENSES.index(requires.license):
        return f"needs licence {requires.license}, found {license}"
    return None
