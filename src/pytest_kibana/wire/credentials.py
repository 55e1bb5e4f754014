"""Who we say we are: every way of authenticating to Kibana, as frozen values that never print their secrets.

Each kind gives the headers it adds, the strings that must never be seen (for the redactor), and a description
with a hint that is safe to show. ``Session`` alone cannot give its headers by itself: it is exchanged for a
cookie by a login request (Kibana source, security/server/routes/authentication/common.ts).
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import ClassVar

from pytest_kibana.errors import UsageError
from pytest_kibana.wire.exchange import Headers

_HINT_LENGTH = 4


@dataclass(frozen=True)
class Credentials:
    """Base of the kinds. Adds nothing by itself; see the subclasses."""

    kind: ClassVar[str] = "none"

    def headers(self) -> Headers:
        """Return the headers that carry these credentials."""
        return ()

    def secrets(self) -> tuple[str, ...]:
        """Return every string that must not appear in anything that is kept or shown."""
        return ()

    def hint(self) -> str:
        """Return something that helps people to recognise these credentials and is no secret."""
        return ""

    def describe(self) -> dict[str, str]:
        """Return ``kind`` and ``hint``, fit for reports."""
        return {"kind": self.kind, "hint": self.hint()}

    def __str__(self) -> str:
        hint = self.hint()
        return f"{self.kind} ({hint})" if hint else self.kind


@dataclass(frozen=True)
class Anonymous(Credentials):
    """No credentials at all."""

    kind: ClassVar[str] = "anonymous"


@dataclass(frozen=True)
class ApiKey(Credentials):
    """An Elasticsearch API key.

    Args:
        encoded: the ready base64 form of ``id:api_key`` that Elasticsearch and Kibana call ``encoded``. A
            value of the form ``id:key`` is encoded here; a leading ``ApiKey`` is dropped.

    Raises:
        UsageError: the value is empty or is not base64 of ``id:key``.
    """

    kind: ClassVar[str] = "api key"
    encoded: str = field(repr=False)

    def __post_init__(self) -> None:
        value = self.encoded.strip()
        if value[:7].lower() == "apikey ":
            value = value[7:].strip()
        if ":" in value:
            value = _b64(value)
        if not self._decode(value):
            raise UsageError(
                "the API key is not in the encoded form (base64 of id:api_key)",
                hint="Copy the value that Kibana shows as “Encoded”, or give id and key as id:key.",
            )
        object.__setattr__(self, "encoded", value)

    @classmethod
    def of(cls, id: str, key: str) -> "ApiKey":
        """Return the credentials for an API key given as its id and its secret part."""
        return cls(f"{id}:{key}")

    @staticmethod
    def _decode(value: str) -> tuple[str, str] | None:
        try:
            text = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return None
        name, colon, key = text.partition(":")
        return (name, key) if colon and name and key else None

    @property
    def id(self) -> str:
        """The id of the key, which is not a secret."""
        decoded = self._decode(self.encoded)
        return decoded[0] if decoded else ""

    def headers(self) -> Headers:
        """Return the ``authorization`` header."""
        return (("authorization", f"ApiKey {self.encoded}"),)

    def secrets(self) -> tuple[str, ...]:
        """Return the encoded form, the decoded one, and the secret part."""
        decoded = self._decode(self.encoded)
        return (self.encoded, *((":".join(decoded), decoded[1]) if decoded else ()))

    def hint(self) -> str:
        """Return the id of the key."""
        return f"id {self.id}"


@dataclass(frozen=True)
class Basic(Credentials):
    """User name and password."""

    kind: ClassVar[str] = "basic"
    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.username or ":" in self.username:
            raise UsageError(
                "a user name may not be empty or hold a colon", hint="Give user name and password separately."
            )

    def headers(self) -> Headers:
        """Return the ``authorization`` header."""
        return (("authorization", f"Basic {_b64(f'{self.username}:{self.password}')}"),)

    def secrets(self) -> tuple[str, ...]:
        """Return the password and the encoded pair."""
        return (self.password, _b64(f"{self.username}:{self.password}"))

    def hint(self) -> str:
        """Return the user name."""
        return f"user {self.username}"


@dataclass(frozen=True)
class Bearer(Credentials):
    """A bearer token: an access token, a JWT, or an Elasticsearch service account token."""

    kind: ClassVar[str] = "bearer"
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        value = self.token.strip()
        if value[:7].lower() == "bearer ":
            value = value[7:].strip()
        if not value:
            raise UsageError("the bearer token is empty", hint="Give the token as it was issued.")
        object.__setattr__(self, "token", value)

    def headers(self) -> Headers:
        """Return the ``authorization`` header."""
        return (("authorization", f"Bearer {self.token}"),)

    def secrets(self) -> tuple[str, ...]:
        """Return the token."""
        return (self.token,)

    def hint(self) -> str:
        """Return how long the token is; nothing in a token is fit to be shown."""
        return f"{len(self.token)} characters"


@dataclass(frozen=True)
class Session(Credentials):
    """A session cookie, got by logging in with user name and password.

    ``provider_type`` is ``basic`` or ``token``; only these two accept a password. ``provider`` is the name of the
    login provider: ``basic`` by default, ``cloud-basic`` on Elastic Cloud.
    """

    kind: ClassVar[str] = "session"
    username: str
    password: str = field(repr=False)
    provider_type: str = "basic"
    provider: str = "basic"

    LOGIN_PATH: ClassVar[str] = "/internal/security/login"

    def login_body(self, current_url: str) -> dict[str, object]:
        """Return the body of the login request; ``current_url`` is any URL of the deployment."""
        return {
            "providerType": self.provider_type,
            "providerName": self.provider,
            "currentURL": current_url,
            "params": {"username": self.username, "password": self.password},
        }

    def secrets(self) -> tuple[str, ...]:
        """Return the password; the cookie is a secret too, and is added when it is got."""
        return (self.password,)

    def hint(self) -> str:
        """Return user name and provider."""
        return f"user {self.username} by provider {self.provider}"


@dataclass(frozen=True)
class RawHeader(Credentials):
    """Any header at all, for showing that wrong credentials are refused."""

    kind: ClassVar[str] = "raw header"
    value: str = field(repr=False)
    name: str = "authorization"

    def headers(self) -> Headers:
        """Return the header as it was given."""
        return ((self.name, self.value),)

    def secrets(self) -> tuple[str, ...]:
        """Return the value without its scheme: a wrong key may be a right one elsewhere."""
        return (self.value.rpartition(" ")[2],)

    def hint(self) -> str:
        """Return the name of the header."""
        return self.name


def _b64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
