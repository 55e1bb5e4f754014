"""What the stand-in says: replies, and the error envelopes in which Kibana refuses.

The envelope of the platform is hapi's (Kibana source, ``response_adapter.ts``): ``statusCode``, ``error`` and
``message``, sometimes ``attributes``. Handlers of the Security solution answer ``message`` and ``status_code``
instead (Kibana source, ``detection_engine/routes/utils.ts``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal

Json = Any
JSON_UTF8: Final = "application/json; charset=utf-8"
NDJSON: Final = "application/ndjson"


class _Nothing:
    """The body of an answer without a body."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()


@dataclass(slots=True)
class Reply:
    """An answer. ``body`` is JSON to be, or bytes as they are, or :data:`NOTHING`.

    ``exact`` keeps the engine from fitting the body to the contract's schema: for answers in which Kibana is
    known to ignore its contract, and for those of the platform itself.
    """

    body: Json = NOTHING
    status: int = 200
    media: str = JSON_UTF8
    headers: dict[str, str] = field(default_factory=dict)
    exact: bool = False
    public: bool = True  # carries elastic-api-version where the route is a public one


class Refusal(Exception):
    """Raised anywhere below the engine to end a request with an error envelope.

    ``family`` picks the shape: ``platform`` (hapi's), ``siem`` (the Security solution's), or ``auto``, which
    means what the contract documents for the operation and status, the platform's where it is silent.
    """

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        attributes: Mapping[str, Json] | None = None,
        family: Literal["platform", "siem", "auto"] = "auto",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.message = HTTPStatus(status).phrase if message is None else message
        self.attributes = attributes
        self.family = family
        self.headers = dict(headers or {})
        super().__init__(f"{status} {self.message}")


def envelope(status: int, message: str, attributes: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """Return hapi's error body."""
    body: dict[str, Json] = {"statusCode": status, "error": phrase(status), "message": message}
    if attributes is not None:
        body["attributes"] = dict(attributes)
    return body


def siem_envelope(status: int, message: str) -> dict[str, Json]:
    """Return the error body of handlers of the Security solution."""
    return {"message": message, "status_code": status}


def phrase(status: int) -> str:
    """Return the reason phrase as hapi spells it."""
    return "Request Entity Too Large" if status == 413 else HTTPStatus(status).phrase
