"""Short URLs: a slug of their own, unique in the space."""

import secrets
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("short url")
_RESOURCE = BY_NAME["short_url"]
_WORDS = (
    "amber",
    "brook",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "islet",
    "jetty",
    "knoll",
    "lagoon",
)


@family.on("POST /api/short_url")
def create(call: Call) -> Reply:
    """Make a short URL."""
    body = dict(call.body or {})
    slug = body.get("slug")
    if slug and any(r.value["slug"] == slug for r in call.table("short_url").values()):
        raise Refusal(409, f'Slug "{slug}" already exists.')
    if not slug:
        human = body.get("humanReadableSlug")
        slug = "-".join(secrets.choice(_WORDS) for _ in range(3)) if human else secrets.token_urlsafe(4)[:5]
    now = call.world.clock.now()
    value: dict[str, Json] = {
        "id": call.world.clock.uuid(),
        "locator": {
            "id": body.get("locatorId"),
            "version": call.world.version,
            "state": body.get("params") or {},
        },
        "accessCount": 0,
        "accessDate": now,
        "createDate": now,
        "slug": slug,
    }
    record = call.world.store.put("short_url", call.space, value["id"], value, by=call.user)
    return Reply(record.value)


@family.on("GET /api/short_url/_slug/{}")
def by_slug(call: Call) -> Reply:
    """Find a short URL by its slug."""
    for record in call.table("short_url").values():
        if record.value["slug"] == call.ids[0]:
            return Reply(record.value)
    raise Refusal(404, f"Saved object [url/{call.ids[0]}] not found")


@family.on("DELETE /api/short_url/{}")
def delete(call: Call) -> Reply:
    """Remove a short URL; the body is null, which the contract's schema may not allow."""
    record = generic.find(call, _RESOURCE)
    generic.remove(call, _RESOURCE, record)
    return Reply(None)
