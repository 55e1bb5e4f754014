"""What counts as a secret: known texts in every form in which they can stand, and names of places that hold secrets."""

import base64
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, quote_plus

SENSITIVE_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "es-secondary-authorization",
        "es-client-authentication",
        "x-api-key",
        "x-auth-token",
    }
)

# Names of members, without case and separators. Whatever strings stand at or below them are secrets.
SENSITIVE_KEYS = frozenset(
    [
        "apikey",
        "encodedapikey",
        "encoded",
        "accesstoken",
        "refreshtoken",
        "authorization",
        "authtoken",
        "bearertoken",
        "clientsecret",
        "clientauthentication",
        "cookie",
        "credentials",
        "passphrase",
        "password",
        "currentpassword",
        "newpassword",
        "privatekey",
        "proxyauthorization",
        "secret",
        "secretkey",
        "secretaccesskey",
        "secrets",
        "secrettoken",
        "secretheaders",
        "servicetoken",
        "sessiontoken",
        "setcookie",
        "token",
        "uninstalltoken",
    ]
)

_COMMON_WORDS = frozenset(
    {
        "elastic",
        "kibana",
        "password",
        "default",
        "admin",
        "test",
        "user",
        "viewer",
        "editor",
        "true",
        "false",
        "null",
    }
)
SHORT, _STRONG = 4, 8
_SEPARATORS = re.compile(r"[-_.\s]")


@lru_cache(maxsize=4096)
def sensitive_key(name: str) -> bool:
    """Tell whether a member, query parameter or form field of this name holds a secret."""
    return _SEPARATORS.sub("", name).lower() in SENSITIVE_KEYS


def mask(text: str) -> str:
    """Return another text of the same length and of the same kinds of characters."""
    masked = "".join(_mask_character(c) for c in text)
    return masked if masked != text else "*" * len(text)


def mask_number(number: int | float) -> int | float:
    """Return another number of the same type, sign and count of digits before the point."""
    if number == 0:
        return number
    size = 10 ** (len(str(abs(int(number)))) - 1)
    return type(number)(size if number > 0 else -size)


def _mask_character(c: str) -> str:
    if c.isdecimal():
        return "0"
    if c.isalpha():
        return "X" if c.isupper() else "x"
    return c if c in "-_.=+/: " else "*"


@dataclass(frozen=True, slots=True, repr=False)
class Needles:
    """Every form in which the known secrets could stand, longest first, as one pattern.

    ``texts`` and ``raw`` are the few forms that are part of all the others: where none of these stands, none
    stands.
    """

    texts: tuple[str, ...] = ()
    raw: tuple[bytes, ...] = ()
    pattern: re.Pattern[str] | None = None
    raw_pattern: re.Pattern[bytes] | None = None

    def in_text(self, text: str) -> bool:
        """Tell whether a secret may stand in a text."""
        return any(needle in text for needle in self.texts)

    def in_bytes(self, body: bytes) -> bool:
        """Tell whether a secret may stand in a body."""
        return any(needle in body for needle in self.raw)

    def clean(self, text: str) -> str:
        """Return the text with every secret masked."""
        if self.pattern is None or not self.in_text(text):
            return text
        return self.pattern.sub(lambda m: mask(m.group()), text)

    def clean_bytes(self, body: bytes) -> bytes:
        """Return the body with every secret masked."""
        if self.raw_pattern is None or not self.in_bytes(body):
            return body
        return self.raw_pattern.sub(lambda m: mask(m.group().decode("utf-8")).encode("utf-8"), body)


def needles_for(secrets: tuple[str, ...]) -> Needles:
    """Return what to look for so that none of the secrets is missed."""
    strong = {form for secret in secrets if is_strong(secret) for form in _forms(secret)}
    weak = {secret for secret in secrets if not is_strong(secret) and secret.lower() not in _COMMON_WORDS}
    texts = tuple(sorted(strong | weak, key=lambda s: (-len(s), s)))
    if not texts:
        return Needles()
    # A weak secret is replaced as a whole word alone: "test" must not shred every "latest".
    branches = [
        re.escape(t) if t in strong else rf"(?<![A-Za-z0-9]){re.escape(t)}(?![A-Za-z0-9])" for t in texts
    ]
    pattern = "|".join(branches)
    least = tuple(t for t in texts if not any(other in t for other in texts if other != t))
    return Needles(least, tuple(t.encode() for t in least), re.compile(pattern), re.compile(pattern.encode()))


def is_strong(secret: str) -> bool:
    """Tell whether a text is so unlikely by chance that it may be replaced inside other texts."""
    return len(secret) >= _STRONG and secret.lower() not in _COMMON_WORDS


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "replace")
    forms = {
        secret,
        quote(secret, safe="", errors="replace"),
        quote(secret, safe="/", errors="replace"),
        quote_plus(secret, errors="replace"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }
    # Inside base64 the secret may begin at any of three offsets; the characters that its neighbours touch are
    # left out.
    for offset in range(3):
        padded = base64.b64encode(b"\0" * offset + raw).decode("ascii").rstrip("=")
        whole = (offset + len(raw)) % 3 == 0
        core = padded[(0, 2, 3)[offset] : len(padded) if whole else len(padded) - 1]
        if len(core) >= _STRONG:
            forms |= {core, core.replace("+", "-").replace("/", "_"), quote(core, safe="")}
    return {f for f in forms if len(f) >= SHORT}
