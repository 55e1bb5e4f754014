"""Of defects that no catalogue names, a sample that nobody may overlook. ``python -m tests.unseen`` tries them all."""

import pytest

from tests.unseen.__main__ import tried
from tests.unseen.regressions import UNPROMISED

SAMPLE = (
    "errors lack statusCode",
    "404 is 400",
    "xsrf only for POST",
    "500 on a null byte",
    "500 on a percent sign in an id",
    "a read ignores its space",
    "a delete of one deletes by prefix",
    "ids without regard to case",
    "a stranger's HEAD is answered",
    "500 on a very long id",
)
FREE = ("an error names an index",)


@pytest.fixture(scope="module")
def noticed() -> dict[str, tuple[str, ...]]:
    return tried("core", [*SAMPLE, *FREE])


@pytest.mark.parametrize("name", SAMPLE)
def test_a_defect_that_nobody_wrote_a_check_for_is_noticed(
    name: str, noticed: dict[str, tuple[str, ...]]
) -> None:
    assert noticed[name]


@pytest.mark.parametrize("name", FREE)
def test_what_nothing_promises_against_is_no_finding(name: str, noticed: dict[str, tuple[str, ...]]) -> None:
    assert name in UNPROMISED
    assert not noticed[name]
