"""Markers: the grammar is the signature, and an unmet need is told with what was found."""

import pytest
from packaging.specifiers import SpecifierSet

from pytest_kibana.errors import UsageError
from pytest_kibana.markers import GRAMMAR, Requires, kibana_requires, kibana_safety, lines, unmet

FOUND = {"version": "9.1.4", "license": "basic", "flavor": "traditional", "plugins": {"fleet"}}


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        (Requires(version=SpecifierSet(">=9.2")), "needs version >=9.2, found 9.1.4"),
        (Requires(license="platinum"), "needs licence platinum, found basic"),
        (Requires(flavor="serverless"), "needs flavor serverless, found traditional"),
        (Requires(plugin="osquery"), "needs plugin osquery, found 1 others"),
        (Requires(version=SpecifierSet(">=9.1"), license="basic", plugin="fleet"), None),
    ],
)
def test_an_unmet_need_says_what_was_needed_and_what_was_found(needs: Requires, said: str | None) -> None:
    assert unmet(needs, **FOUND) == said  # type: ignore[arg-type]


def test_serverless_is_not_gated_by_version_or_licence() -> None:
    needs = Requires(version=SpecifierSet(">=99"), license="enterprise")
    assert unmet(needs, version="9.1.0", license="basic", flavor="serverless", plugins=set()) is None


def test_what_is_unknown_counts_as_had() -> None:
    needs = Requires(version=SpecifierSet(">=9.1"), license="gold", plugin="fleet")
    assert unmet(needs, version=None, license=None, flavor="traditional", plugins=set()) is None


def test_a_value_that_cannot_be_right_is_refused() -> None:
    with pytest.raises(UsageError, match="not a version specifier"):
        kibana_requires(version="nine")
    with pytest.raises(UsageError, match="safety class"):
        kibana_safety("careless")


def test_every_marker_has_a_line_of_help() -> None:
    described = list(lines())
    assert len(described) == len(GRAMMAR)
    assert all(": " in line and line.endswith(".") for line in described)
