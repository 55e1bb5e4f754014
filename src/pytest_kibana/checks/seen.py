"""What an answer shows: small questions that many checks ask."""

from collections.abc import Iterator
from typing import Any

from pytest_kibana.checks.model import Look
from pytest_kibana.contract.model import MediaType, Response
from pytest_kibana.wire.exchange import Answer

NDJSON = frozenset({"application/ndjson", "application/x-ndjson", "application/jsonl"})
BODYLESS = frozenset({204, 304})


def answer(look: Look) -> Answer:
    """Return the answer; a check asks only after :func:`answered`."""
    assert look.exchange.answer is not None
    return look.exchange.answer


def answered(look: Look) -> bool:
    """Tell whether there is an answer at all."""
    return look.exchange.answer is not None


def status(look: Look) -> int:
    """Return the HTTP status."""
    return answer(look).status


def succeeded(look: Look) -> bool:
    """Tell whether the answer is a 2xx."""
    return answered(look) and 200 <= status(look) < 300


def refused(look: Look) -> bool:
    """Tell whether the answer is a 4xx."""
    return answered(look) and 400 <= status(look) < 500


def from_kibana(look: Look) -> bool:
    """Tell whether Kibana itself answered: a proxy's page has no ``kbn-name``."""
    return answered(look) and answer(look).header("kbn-name") is not None


def head(look: Look) -> bool:
    """Tell whether the request was a HEAD, whose answer has headers alone."""
    return look.exchange.request.method == "HEAD"


def documented(look: Look) -> Response | None:
    """Return what the contract documents for this status of this operation, or None."""
    return look.operation.response(status(look)) if look.operation and answered(look) else None


def representation(response: Response, media_type: str | None) -> MediaType | None:
    """Return the documented representation that a media type is, with wildcards and NDJSON's three names."""
    if media_type is None:
        return None
    for media in response.content:
        if media.name == media_type or (media.name in NDJSON and media_type in NDJSON):
            return media
    major = media_type.split("/", 1)[0]
    return next((m for m in response.content if m.name in ("*/*", f"{major}/*")), None)


def text(look: Look) -> str:
    """Return the first 20,000 characters of the body, undecodable bytes replaced."""
    return answer(look).body[:20_000].decode("utf-8", "replace")


def message(look: Look) -> str | None:
    """Return the ``message`` of an error body where there is one and it is text."""
    body = answer(look).json
    found = body.get("message") if isinstance(body, dict) else None
    return found if isinstance(found, str) else None


def object_missing(look: Look) -> bool:
    """Tell whether a handler said that an object is missing: the router's own 404 says ``Not Found`` and no more."""
    return answered(look) and status(look) == 404 and message(look) not in (None, "", "Not Found")


def walk(value: Any, *, limit: int = 5_000) -> Iterator[tuple[str, str, Any]]:
    """Yield (pointer, key, value) for members at any depth, indices folded to ``*``; at most ``limit`` of them."""
    waiting: list[tuple[str, Any]] = [("", value)]
    count = 0
    while waiting and count < limit:
        at, here = waiting.pop()
        if isinstance(here, dict):
            for key, member in here.items():
                count += 1
                pointer = f"{at}/{escape(str(key))}"
                yield pointer, str(key), member
                waiting.append((pointer, member))
        elif isinstance(here, list):
            waiting.extend((f"{at}/*", member) for member in here[:50])


def escape(token: str) -> str:
    """Escape one reference token of a JSON pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


def fold(pointer: str) -> str:
    """Replace array indices in a JSON pointer by ``*``, so that one defect in a list is one defect."""
    return "/".join("*" if token.isdigit() else token for token in pointer.split("/"))
