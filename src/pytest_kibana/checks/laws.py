"""L: what create, read, list, update and delete owe one another.

A law reads a story: steps in the order in which they were taken, the last one under judgement. Traits of the resource
excuse what it is known not to keep:

    ``eventual``          reads and lists lag behind changes
    ``keeps deleted``     a deleted object stays readable
    ``idempotent delete`` deleting twice succeeds twice
    ``agnostic``          the object is seen from every space
    ``own ids``           ids are unique over all spaces
"""

from collections.abc import Iterator, Mapping

from pytest_kibana.checks import seen, stories
from pytest_kibana.checks.model import Look, Problem, Step
from pytest_kibana.checks.registry import check
from pytest_kibana.evidence.model import About, Level, Severity

_VOLATILE = frozenset(
    {
        *("accessCount", "accessDate", "updated_at", "updatedAt", "updated_by", "updatedBy", "last_update"),
        *("version", "_version", "revision", "date", "timestamp", "took", "score", "uptime"),
        *("execution_status", "last_run", "next_run", "monitoring", "running", "status", "metrics", "stats"),
    }
)


@check(
    "KBN-L501",
    "what was made cannot be read",
    applies=lambda look: (
        stories.when("read", excused=("eventual",))(look) and stories.there(look) is not None
    ),
    severity=Severity.CRITICAL,
    why="An id that a server gives away must lead back to the object.",
    example="POST answers 200 with an id, GET of that id answers 404.",
    source="Elastic's own API tests assert it",
)
def made_can_be_read(look: Look) -> Iterator[Problem]:
    """A read of an object that was made and not deleted succeeds."""
    if not seen.succeeded(look):
        yield Problem(f"answers {seen.status(look)} for an object that was made", keyword="read")


@check(
    "KBN-L502",
    "what is read is not what was sent",
    applies=lambda look: (
        stories.when("read", excused=("eventual",))(look)
        and stories.there(look) is not None
        and seen.succeeded(look)
    ),
    severity=Severity.CRITICAL,
    why="What people write must be what people read.",
    example="A case is made with the title A and read with the title B.",
    source="Elastic's own API tests assert it",
)
def read_is_what_was_sent(look: Look) -> Iterator[Problem]:
    """Plain values that were sent at the top of the body stand in the answer under the same name, as last changed.
    Where the answer has no such name nothing is said, since families rename and nest.
    """
    sent = {k: v for k, v in stories.known_values(look).items() if isinstance(v, str | int | bool)}
    body = seen.answer(look).json
    if isinstance(body, Mapping):
        for key, value in sent.items():
            if key in body and isinstance(body[key], str | int | bool) and body[key] != value:
                yield Problem("is not what was sent", pointer=f"/{seen.escape(key)}", keyword="const")


@check(
    "KBN-L503",
    "another id comes back",
    applies=lambda look: (
        stories.when("read")(look) and stories.last(look).subject is not None and seen.succeeded(look)
    ),
    severity=Severity.CRITICAL,
    why="A client that follows the answer works on somebody else's object.",
    example="GET of id a answers an object with id b.",
    source="Elastic's own API tests assert it",
)
def same_id(look: Look) -> Iterator[Problem]:
    """Where the answer has an ``id``, it is the one that was asked for."""
    body = seen.answer(look).json
    if (
        isinstance(body, Mapping)
        and isinstance(body.get("id"), str)
        and body["id"] != stories.last(look).subject
    ):
        yield Problem("is another id than the one asked for", pointer="/id", keyword="const")


def _same_read(look: Look) -> Step | None:
    """Return the read just before of the same object, where nothing was done in between."""
    before = stories.before(look)
    if before and before[-1].action == "read" and stories.ok(before[-1]):
        same = (
            before[-1].subject == stories.last(look).subject and before[-1].space == stories.last(look).space
        )
        return before[-1] if same else None
    return None


@check(
    "KBN-L504",
    "two reads differ",
    applies=lambda look: stories.when("read")(look) and seen.succeeded(look) and _same_read(look) is not None,
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A read that changes something, or answers at random, cannot be relied on.",
    example="The second GET has other tags than the first.",
    source="RFC 9110, 9.2.1",
)
def reads_agree(look: Look) -> Iterator[Problem]:
    """Two reads with nothing between them agree in their top members, but for those that time changes."""
    other = _same_read(look)
    assert other is not None
    assert other.exchange.answer is not None
    first, second = other.exchange.answer.json, seen.answer(look).json
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in sorted({*first, *second} - _VOLATILE, key=str):
            if first.get(key) != second.get(key):
                yield Problem(
                    "differs between two reads", pointer=f"/{seen.escape(str(key))}", keyword="const"
                )


@check(
    "KBN-L510",
    "the same id twice",
    applies=lambda look: stories.when("create again")(look) and stories.there(look) is not None,
    severity=Severity.CRITICAL,
    why="Who makes a new object must not overwrite another's.",
    example="A second create with the same id answers 200.",
    source="Elastic's own API tests assert it",
)
def id_is_unique(look: Look) -> Iterator[Problem]:
    """A create with an id that is taken in this space does not succeed."""
    if seen.succeeded(look):
        yield Problem(f"answers {seen.status(look)} to an id that is taken", keyword="409")


@check(
    "KBN-L511",
    "a conflict is called something else",
    applies=lambda look: stories.when("create again", "stale update")(look) and seen.refused(look),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="Only 409 tells a client to read again and decide.",
    example="An id that is taken answers 400.",
    source="RFC 9110, 15.5.10",
)
def conflict_is_409(look: Look) -> Iterator[Problem]:
    """A conflict is 409."""
    if seen.status(look) not in (409, 412):
        yield Problem(f"answers {seen.status(look)} to a conflict", keyword=str(seen.status(look)))


@check(
    "KBN-L512",
    "an unknown id is not 404",
    applies=stories.when("read unknown"),
    severity=Severity.NORMAL,
    why="A client must be able to tell a thing that is not there from a thing that is broken.",
    example="GET of an id that nothing has answers 200 with an empty object.",
    source="Elastic's own API tests assert it",
)
def unknown_is_404(look: Look) -> Iterator[Problem]:
    """A read of an id that nothing has answers 404. 400 may be right for an id of another form: undecided. 5xx is
    another rule.
    """
    status = seen.status(look)
    if status != 404 and status < 500 and status not in (401, 403):
        yield Problem(
            f"answers {status} to an id that nothing has",
            keyword=str(status),
            about=About.UNDECIDED if status >= 400 else About.DEPLOYMENT,
        )


@check(
    "KBN-L513",
    "what was deleted can be read",
    applies=lambda look: (
        stories.when("read", excused=("eventual", "keeps deleted"))(look) and stories.deleted(look)
    ),
    severity=Severity.CRITICAL,
    why="People delete what must not be there.",
    example="GET after DELETE answers 200.",
    source="Elastic's own API tests assert it",
)
def deleted_is_gone(look: Look) -> Iterator[Problem]:
    """A read of a deleted object does not succeed."""
    if seen.succeeded(look):
        yield Problem("is still there after it was deleted", keyword="404")


@check(
    "KBN-L514",
    "deleted twice",
    applies=lambda look: (
        stories.when("delete", excused=("eventual", "idempotent delete"))(look) and stories.deleted(look)
    ),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A second success hides that somebody else was faster.",
    example="The second DELETE answers 204.",
    source="Elastic's own API tests assert it",
)
def second_delete_is_404(look: Look) -> Iterator[Problem]:
    """A second delete answers 404."""
    if seen.succeeded(look):
        yield Problem("deletes what is deleted", keyword="404")


@check(
    "KBN-L515",
    "a stale change is accepted",
    applies=stories.when("stale update"),
    severity=Severity.CRITICAL,
    why="Two people who edit the same thing lose one's work without notice.",
    example="PATCH with an old version answers 200.",
    source="Elastic's own API tests assert it",
)
def stale_is_refused(look: Look) -> Iterator[Problem]:
    """A change that names an old version does not succeed."""
    if seen.succeeded(look):
        yield Problem("accepts a change of an old version", keyword="409")


def _refused_before(look: Look) -> Step | None:
    """Return the refused change just before this read or list, if any."""
    before = stories.before(look)
    return before[-1] if before and before[-1].action == "refused change" else None


@check(
    "KBN-L516",
    "a refused change has an effect",
    applies=lambda look: (
        stories.when("read", "list")(look)
        and seen.succeeded(look)
        and (r := _refused_before(look)) is not None
        and not stories.ok(r)
    ),
    severity=Severity.BLOCKER,
    why="A refusal that works all the same protects nobody.",
    example="A POST without kbn-xsrf answers 400, and the object is there.",
    source="Elastic's own API tests assert it",
)
def refusal_has_no_effect(look: Look) -> Iterator[Problem]:
    """What a refused request wanted to make is not there, and what it wanted to change is unchanged."""
    refused, last = _refused_before(look), stories.last(look)
    assert refused is not None
    if last.action == "list":
        if refused.subject in last.held and refused.subject not in stories.living(look, last.space):
            yield Problem("shows what a refused request wanted to make", keyword="effect")
        return
    if refused.subject != last.subject or not isinstance(refused.sent, Mapping):
        return
    body = seen.answer(look).json
    known = stories.known_values(look)
    for key, value in refused.sent.items():
        if isinstance(body, Mapping) and key in known and known[key] != value and body.get(key) == value:
            yield Problem(
                "has the value of a refused change", pointer=f"/{seen.escape(key)}", keyword="effect"
            )


@check(
    "KBN-L517",
    "seen from another space",
    applies=lambda look: (
        stories.when("read", "list", excused=("agnostic",))(look)
        and seen.succeeded(look)
        and bool(stories.foreign(look))
    ),
    severity=Severity.BLOCKER,
    why="Spaces are the walls between teams.",
    example="A case of space a is read through space b.",
    source="Kibana docs, spaces; Elastic's own API tests assert it",
)
def spaces_are_walls(look: Look) -> Iterator[Problem]:
    """An object made in one space is neither read nor listed in another."""
    last, foreign = stories.last(look), stories.foreign(look)
    if last.action == "read" and last.subject in foreign:
        yield Problem("is read through another space", keyword="space")
    if last.action == "list" and foreign & set(last.held):
        yield Problem("lists objects of another space", keyword="space")


@check(
    "KBN-L518",
    "deleted in one space, gone in another",
    applies=lambda look: (
        stories.when("read", excused=("agnostic", "eventual"))(look)
        and stories.there(look) is not None
        and _deleted_elsewhere(look)
    ),
    severity=Severity.BLOCKER,
    why="One team's cleaning must not reach another team's work.",
    example="An object with the same id in another space is gone too.",
    source="Elastic's own API tests assert it",
)
def other_space_keeps_it(look: Look) -> Iterator[Problem]:
    """Deleting an object in one space leaves the one with the same id in another."""
    if seen.status(look) == 404:
        yield Problem("is gone after its namesake in another space was deleted", keyword="space")


def _deleted_elsewhere(look: Look) -> bool:
    last = stories.last(look)
    return any(
        s.action == "delete" and s.subject == last.subject and s.space != last.space
        for s in stories.before(look)
    )


@check(
    "KBN-L519",
    "the same change twice is refused",
    applies=lambda look: (
        stories.when("update again")(look)
        and look.exchange.request.method == "PUT"
        and bool(stories.before(look))
        and stories.ok(stories.before(look)[-1])
    ),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A client that lost the first answer sends a PUT again.",
    example="The second PUT of one body answers 500.",
    source="RFC 9110, 9.2.2",
)
def put_is_idempotent(look: Look) -> Iterator[Problem]:
    """A PUT that succeeded succeeds again. A version in the body may make it a conflict."""
    if not seen.succeeded(look) and seen.status(look) != 409:
        yield Problem(f"answers {seen.status(look)} to the same PUT", keyword="PUT")
