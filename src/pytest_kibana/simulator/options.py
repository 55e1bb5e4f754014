"""What ``kibana.yml`` may say: settings of Kibana's own that change how every request is met, by Kibana's own names.

Only settings whose effect a client can see are known; another name is refused, as Kibana refuses to start with it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from pytest_kibana.errors import UsageError

Json = Any
Check = tuple[type, str]

_FLAG: Check = (bool, "true or false")
_NAMES: Check = (list, 'a list of texts, such as ["a","b"]')
_HEADER: Check = (object, "a text, or null to send none")
RESPONSE_HEADERS = MappingProxyType(
    {
        "server.securityResponseHeaders.strictTransportSecurity": "strict-transport-security",
        "server.securityResponseHeaders.xContentTypeOptions": "x-content-type-options",
        "server.securityResponseHeaders.referrerPolicy": "referrer-policy",
        "server.securityResponseHeaders.permissionsPolicy": "permissions-policy",
        "server.securityResponseHeaders.crossOriginOpenerPolicy": "cross-origin-opener-policy",
    }
)
"""Settings that name the value of a header of every answer (Kibana source, security_response_headers_config.ts)."""

KNOWN: Mapping[str, tuple[Check, Json]] = MappingProxyType(
    {
        "server.compression.enabled": (_FLAG, True),
        "server.excludeRoutes": (_NAMES, []),
        "server.maxPayload": ((int, "a number of bytes"), 1024 * 1024),
        "server.restrictInternalApis": (_FLAG, None),
        "server.xsrf.allowedSchemes": (_NAMES, None),
        "server.xsrf.allowlist": (_NAMES, []),
        "server.xsrf.disableProtection": (_FLAG, False),
        "status.allowAnonymous": (_FLAG, False),
        "xpack.spaces.allowFeatureVisibility": (_FLAG, True),
        "xpack.spaces.allowSolutionVisibility": (_FLAG, True),
        **dict.fromkeys(RESPONSE_HEADERS, (_HEADER, "")),
    }
)
"""Each setting with what it takes and what it is when nobody says (Kibana source, http_config.ts, spaces config.ts).

None says that this differs by release or flavor, and is decided where the setting is asked for.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of one stand-in: what was said, over what is so when nobody says."""

    said: Mapping[str, Json]

    def __getitem__(self, name: str) -> Json:
        """Return the value of a setting."""
        return self.said[name] if name in self.said else KNOWN[name][1]

    def names(self, name: str) -> frozenset[str]:
        """Return a list of texts as a set; none where the setting is not said and has no value of its own."""
        return frozenset(self[name] or ())

    def headers(self) -> dict[str, str | None]:
        """Return the headers that settings change: the value, or None for one that is not sent."""
        return {header: self.said[name] for name, header in RESPONSE_HEADERS.items() if name in self.said}


def read_options(texts: Iterable[str]) -> Options:
    """Return the settings that texts such as ``server.xsrf.disableProtection=true`` say; values are JSON or plain text.

    Raises:
        UsageError: a name is none of a setting that the stand-in knows, or a value is of another kind.
    """
    said: dict[str, Json] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in KNOWN or not equals:
            near = ", ".join(get_close_matches(name, KNOWN, n=3, cutoff=0.4)) or ", ".join(KNOWN)
            raise UsageError(
                f"the stand-in has no setting {name!r}", hint=f"Write name=value. Known: {near}."
            )
        said[name] = _value(name, value)
    return Options(MappingProxyType(said))


def _value(name: str, text: str) -> Json:
    kind, words = KNOWN[name][0]
    try:
        value: Json = json.loads(text)
    except ValueError:
        value = text
    if kind is list and isinstance(value, str):
        value = [value]
    fits = isinstance(value, kind) and (kind is not int or not isinstance(value, bool))
    if kind is object:
        fits = value is None or isinstance(value, str)
    if kind is list and fits:
        fits = all(isinstance(item, str) for item in value)
    if not fits:
        raise UsageError(f"the setting {name} cannot be {text!r}", hint=f"It takes {words}.")
    return value
