"""What deviations of released Kibana are made of: refusals, leniency, answers that are changed."""

from collections.abc import Callable
from typing import Any

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator.faults.applying import at
from pytest_kibana.simulator.faults.model import Applies, Around, Bench, Fault, Proceed
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.synthesis import MISSING
from pytest_kibana.simulator.world import Call

Json = Any
CRASH = "An internal server error occurred. Check Kibana server logs for details."


def refuses(status: int, message: str = CRASH, when: Callable[[Call], bool] = lambda _: True) -> Around:
    """Refuse what is asked, or part of it; of what only looks, what makes no sense is told first."""

    def around(call: Call, proceed: Proceed) -> Reply:
        if not when(call):
            return proceed()
        refusal = Refusal(status, message)
        if call.method == "GET":
            try:
                proceed()
            except Refusal as first:
                refusal = first if first.status == 400 else refusal
        raise refusal

    return around


def unknown_is(status: int, message: str = CRASH) -> Around:
    """Answer otherwise where the thing is not there."""

    def around(call: Call, proceed: Proceed) -> Reply:
        try:
            return proceed()
        except Refusal as refusal:
            if refusal.status == 404:
                raise Refusal(status, message) from None
            raise

    return around


def exactly(change: Callable[[Call, Reply], Reply]) -> Callable[[Call, Reply], Reply]:
    """Change successes, after they were fitted to the contract."""

    def after(call: Call, reply: Reply) -> Reply:
        return change(call, reply) if reply.status < 300 else reply

    return after


def no_route(call: Call, proceed: Proceed) -> None:
    """Be no route."""
    raise Refusal(404, family="platform")


def plus(**extra: Json) -> Callable[[Call, Reply], Reply]:
    """Answer with members more, or others."""

    def change(_: Call, reply: Reply) -> Reply:
        if isinstance(reply.body, dict):
            reply.body = {**reply.body, **extra}
        return reply

    return change


def ignored(name: str) -> Around:
    """Accept a property and leave it alone."""

    def around(call: Call, proceed: Proceed) -> Reply:
        if isinstance(call.body, dict) and call.world.schemas.valid(_body_schema(call), call.body):
            call.body = {k: v for k, v in call.body.items() if k != name}
        return proceed()

    return around


def optional(*names: str) -> Around:
    """Take a body or query without what the contract requires."""

    def around(call: Call, proceed: Proceed) -> Reply:
        schema, world = _body_schema(call), call.world
        if call.present and schema is not True and not world.schemas.valid(schema, call.body):
            if isinstance(call.body, dict):
                whole = world.synthesiser.fit(schema, call.body)
                spared = {name: whole[name] for name in names if name in whole}
                call.body = {**spared, **call.body}
            if not world.schemas.valid(schema, call.body):
                raise Refusal(400, "[request body]: types that failed validation", family="platform")
        return proceed()

    return around


def partial(call: Call, proceed: Proceed) -> Reply:
    """Take an update without what the contract requires, if what is sent is right; the rest stays as it was."""
    schema, world = _body_schema(call), call.world
    if not isinstance(call.body, dict):
        raise Refusal(400, "[request body]: expected a plain object value", family="platform")
    if schema is not True:
        whole = {**world.synthesiser.fit(schema, call.body), **call.body}
        if not world.schemas.valid(schema, whole):
            raise Refusal(400, "[request body]: types that failed validation", family="platform")
    return proceed()


def _body_schema(call: Call) -> Json:
    media = call.operation.body.media("application/json") if call.operation and call.operation.body else None
    return media.schema.json if media is not None and media.schema is not None else True


def query_has(name: str) -> Callable[[Call], bool]:
    """Tell whether a query has a parameter."""
    return lambda call: f"{name}=" in call.raw_query


def answers(body: Json) -> Applies:
    """Where a success is documented that may be this body."""

    def applies(operation: Operation, bench: Bench) -> bool:
        success = operation.success
        media = success.media("application/json") if success is not None else None
        if media is None:
            return False
        return media.schema is None or bench.schemas.valid(media.schema.json, body)

    return applies


def answers_as(medium: str) -> Applies:
    """Where a success is documented in this medium."""
    return lambda operation, _: operation.success is not None and operation.success.media(medium) is not None


def takes(medium: str) -> Applies:
    """Where a body is documented in this medium."""
    return lambda operation, _: operation.body is not None and operation.body.media(medium) is not None


def deviation(
    name: str,
    breaks: str,
    label: str | tuple[str, ...],
    *,
    what: str = "known deviation",
    unlike: Json = None,
    allowed: Json = None,
    told: Applies | None = None,
    **rest: Any,
) -> Fault:
    """Return a fault that released Kibana is known to have.

    Args:
        name: without its group.
        breaks: what is wrong.
        label: where it shows.
        what: the kind of check that must notice.
        unlike: what an answer has then; where a contract allows it too, it is no deviation.
        allowed: what a refused body has; where a contract forbids it too, it is no deviation.
        told: where the contract, as it was corrected, says so itself, and it is no deviation either.
        rest: of the fault.
    """
    labels = (label,) if isinstance(label, str) else label
    there = at(*labels)

    def applies(operation: Operation, bench: Bench) -> bool:
        if not there(operation, bench):
            return False
        if told is not None and told(operation, bench):
            return False
        if unlike is not None and _fits(bench, operation.success, unlike):
            return False
        return allowed is None or operation.body is None or _fits(bench, operation.body, allowed)

    return Fault(f"field.{name}", breaks, (what,), applies, **rest)


def _fits(bench: Bench, told: Any, members: Json) -> bool:
    """Tell whether what is documented may have these members too."""
    media = told.media("application/json") if told is not None else None
    if media is None or media.schema is None:
        return True
    smallest = bench.synthesiser.fit(media.schema.json, MISSING)
    return not isinstance(smallest, dict) or bench.schemas.valid(media.schema.json, {**smallest, **members})
