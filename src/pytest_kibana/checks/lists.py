"""L: what lists and their pages owe. (Laws read stories; see :mod:`pytest_kibana.checks.laws`.)"""

from collections.abc import Iterator

from pytest_kibana.checks import seen, stories
from pytest_kibana.checks.model import Look, Problem, Step
from pytest_kibana.checks.registry import check
from pytest_kibana.evidence.model import Severity


@check(
    "KBN-L505",
    "what was made is not in the list",
    applies=lambda look: (
        stories.when("list", excused=("eventual",))(look) and seen.succeeded(look) and _whole(look)
    ),
    severity=Severity.NORMAL,
    why="People find things in lists.",
    example="A new data view is not among all data views.",
    source="Elastic's own API tests assert it",
)
def list_has_it(look: Look) -> Iterator[Problem]:
    """A list that shows everything has each object that was made in its space and not deleted."""
    last = stories.last(look)
    missing = stories.living(look, last.space) - set(last.held)
    if missing:
        yield Problem(f"lacks {len(missing)} of the objects that were made", keyword="list")


def _whole(look: Look) -> bool:
    last = stories.last(look)
    return last.page is None or (last.page == 1 and last.total is not None and last.total <= len(last.held))


@check(
    "KBN-L506",
    "what was deleted is in the list",
    applies=lambda look: (
        stories.when("list", excused=("eventual", "keeps deleted"))(look) and seen.succeeded(look)
    ),
    severity=Severity.NORMAL,
    why="A list of things that are gone sends people to errors.",
    example="A deleted tag is still listed.",
    source="Elastic's own API tests assert it",
)
def list_has_no_dead(look: Look) -> Iterator[Problem]:
    """No list of a space has an object that was deleted there."""
    shown = stories.dead(look, stories.last(look).space) & set(stories.last(look).held)
    if shown:
        yield Problem(f"shows {len(shown)} deleted objects", keyword="list")


def _pages(look: Look) -> list[Step]:
    """Return the pages that were read since the last change, the last one included."""
    pages: list[Step] = []
    for step in reversed(look.story):
        if step.action != "list" or step.space != stories.last(look).space:
            break
        if step.page is not None and stories.ok(step):
            pages.append(step)
    return pages


@check(
    "KBN-L507",
    "pages overlap",
    applies=lambda look: stories.when("list")(look) and seen.succeeded(look) and len(_pages(look)) > 1,
    severity=Severity.NORMAL,
    why="A client that walks the pages sees one object twice and another never.",
    example="The last object of page 1 is the first of page 2.",
    source="Elastic's own API tests assert it",
)
def pages_are_disjoint(look: Look) -> Iterator[Problem]:
    """An object stands on one page only. Other users may change the list meanwhile, so only own objects count."""
    own = {s.subject for s in look.story if s.action == "create" and s.subject}
    last = stories.last(look)
    for page in _pages(look)[1:]:
        twice = own & set(page.held) & set(last.held)
        if page.page != last.page and twice:
            yield Problem(f"{len(twice)} objects stand on two pages", keyword="pages")
            return


@check(
    "KBN-L508",
    "pages do not add up",
    applies=lambda look: (
        stories.when("list", excused=("eventual",))(look) and seen.succeeded(look) and _all_pages(look)
    ),
    severity=Severity.NORMAL,
    why="What no page shows, nobody finds.",
    example="total says 5 and the pages hold 4.",
    source="Elastic's own API tests assert it",
)
def pages_are_complete(look: Look) -> Iterator[Problem]:
    """The pages together hold every own object that lives."""
    held = {one for page in _pages(look) for one in page.held}
    missing = stories.living(look, stories.last(look).space) - held
    if missing:
        yield Problem(f"{len(missing)} objects stand on no page", keyword="pages")


def _all_pages(look: Look) -> bool:
    pages, total = _pages(look), stories.last(look).total
    if total is None or len(pages) < 2:
        return False
    numbers = {p.page for p in pages}
    return numbers >= set(range(1, len(numbers) + 1)) and not stories.last(look).held


@check(
    "KBN-L509",
    "a page beyond the end is not empty",
    applies=lambda look: stories.when("list")(look) and seen.succeeded(look) and _beyond(look),
    severity=Severity.MINOR,
    why="A client that walks until a page is empty never ends.",
    example="Page 100 of a list of three shows the first three.",
    source="Elastic's own API tests assert it",
)
def beyond_is_empty(look: Look) -> Iterator[Problem]:
    """A page that begins after the last object holds nothing."""
    if stories.last(look).held:
        yield Problem("holds objects though the list is over", keyword="pages")


def _beyond(look: Look) -> bool:
    last = stories.last(look)
    first = next((p for p in _pages(look) if p.page == 1), None)
    if first is None or last.page is None or last.page < 2 or first.total is None or not first.held:
        return False
    return (last.page - 1) * len(first.held) >= first.total


@check(
    "KBN-L520",
    "a total smaller than what is shown",
    applies=lambda look: (
        stories.when("list")(look) and seen.succeeded(look) and stories.last(look).total is not None
    ),
    severity=Severity.MINOR,
    why="A client that stops at the total stops too early.",
    example="total is 2 and three objects are on the page.",
    source="Elastic's own API tests assert it",
)
def total_is_true(look: Look) -> Iterator[Problem]:
    """``total`` is not below the number of objects on the page."""
    last = stories.last(look)
    if last.total is not None and last.total < len(last.held):
        yield Problem("total is less than the objects on this page", pointer="/total", keyword="total")
