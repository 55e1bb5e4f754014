"""Taking secrets out of what was said, before anything keeps it.

Two rules meet here. *Known secrets*, the credentials in use and whatever is registered later, are replaced
wherever they
stand: URL, headers, bodies, keys of objects, as they are, percent-encoded, JSON-escaped or inside base64.
    *Sensitive places*, headers and members whose names say that they hold a secret, are replaced whatever
    they hold.

A replacement keeps type and length, and the kind of each character (``a1-B`` becomes ``x0-X``), so that what
was redacted can still be judged against its schema.
"""

import re
import threading
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from pytest_kibana.wire.body import NDJSON, json_bytes
from pytest_kibana.wire.exchange import Answer, Exchange, Headers, Request
from pytest_kibana.wire.needles import (
    SENSITIVE_HEADERS,
    SHORT,
    Needles,
    is_strong,
    mask,
    mask_number,
    needles_for,
    sensitive_key,
)
from pytest_kibana.wire.reading import is_json_type, parse_json

_HEADERS_WITH_URLS = frozenset({"location", "referer"})
_LOOSE = re.compile(
    rb"""(?P<before>["']?(?P<name>[A-Za-z][\w.-]{2,40})["']?\s*[:=]\s*["']?)(?P<value>(?:[^"'\\\s&,;{}\[\]]+|\\.)+)"""
)
_MULTIPART_FIELD = re.compile(
    rb'(?P<before>name="(?P<name>[^"]{1,60})"[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)(?P<value>.*?)(?=\r\n--)',
    re.DOTALL,
)


class Redactor:
    """Knows the secrets of this run and removes them. Safe to share between threads.

    Args:
        secrets: known at the start; :meth:`register` adds those that come later.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._secrets: tuple[str, ...] = ()
        self._needles = Needles()
        self.register(*secrets)

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets)} secrets)"

    def __reduce__(self) -> tuple[object, ...]:
        # Pickling would write the secrets out.
        raise TypeError("a Redactor holds secrets and cannot be pickled")

    def register(self, *secrets: str) -> None:
        """Add secrets. Fewer than four characters are too few to look for, and are covered by their places alone."""
        with self._lock:
            fresh = [s for s in dict.fromkeys(secrets) if len(s) >= SHORT and s not in self._secrets]
            if not fresh:
                return
            self._secrets = (*self._secrets, *fresh)
            self._needles = needles_for(self._secrets)

    def text(self, text: str) -> str:
        """Return a text without the known secrets."""
        return self._needles.clean(text)

    def value(self, value: Any) -> Any:
        """Return a JSON value without known secrets and without what stands in sensitive places."""
        return _Cleaning(self._needles).value(value)

    def headers(self, headers: Headers) -> Headers:
        """Return headers without secrets; ``authorization`` keeps its scheme."""
        return _clean_headers(headers, self._needles)

    def url(self, url: str) -> str:
        """Return a URL without secrets: user and password, sensitive parameters, known secrets anywhere."""
        return _clean_url(url, self._needles)

    def exchange(self, exchange: Exchange, names: Collection[str] | None = None) -> Exchange:
        """Return the exchange without secrets; ``leaked`` tells where in the answer a known one stood.

        ``names`` are those of all members of the answer, where its reader collected them: they tell at once
        whether the answer has sensitive places. Otherwise the answer is read again.

        The very same exchange comes back where there is nothing to take out, which is most of the time.
        """
        said = _secrets_in_request(exchange.request)
        needles = needles_for((*self._secrets, *said)) if said else self._needles
        return _clean_exchange(exchange, needles, frozenset(said), names)


class _Cleaning:
    """One walk through a JSON value; remembers where known secrets stood, and what stood in sensitive places."""

    def __init__(self, needles: Needles, said: frozenset[str] = frozenset()) -> None:
        self._needles = needles
        self._said = said
        self.leaked: list[str] = []
        self.found: list[str] = []

    def value(self, value: Any, at: str = "", *, sensitive: bool = False) -> Any:
        if isinstance(value, str):
            return self._string(value, at, sensitive)
        if isinstance(value, dict):
            return {
                self._needles.clean(k): self.value(
                    v,
                    f"{at}/{k.replace('~', '~0').replace('/', '~1')}",
                    sensitive=sensitive or sensitive_key(k),
                )
                for k, v in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(v, f"{at}/{n}", sensitive=sensitive) for n, v in enumerate(value)]
        if sensitive and isinstance(value, int | float) and not isinstance(value, bool):
            return mask_number(value)
        return value

    def _string(self, text: str, at: str, sensitive: bool) -> str:
        cleaned = self._needles.clean(text)
        if cleaned != text and not (sensitive and text in self._said):
            self.leaked.append(self._needles.clean(at))
        if sensitive and text:
            self.found.append(text)
            return mask(text)
        return cleaned


def _clean_exchange(
    exchange: Exchange, needles: Needles, said: frozenset[str], names: Collection[str] | None
) -> Exchange:
    request = _clean_request(exchange.request, needles)
    url = _clean_url(exchange.url, needles)
    answer, leaked = exchange.answer, exchange.leaked
    if answer is not None:
        answer, leaked = _clean_answer(answer, needles, said, names)
    weather = exchange.weather
    if weather is not None and needles.in_text(weather.sentence):
        weather = replace(weather, sentence=needles.clean(weather.sentence))
    unchanged = request is exchange.request and answer is exchange.answer and weather is exchange.weather
    if unchanged and url == exchange.url and not leaked:
        return exchange
    return replace(exchange, request=request, url=url, answer=answer, weather=weather, leaked=leaked)


def _clean_request(request: Request, needles: Needles) -> Request:
    headers = _clean_headers(request.headers, needles)
    query = tuple(
        (needles.clean(k), mask(v) if sensitive_key(k) else needles.clean(v)) for k, v in request.query
    )
    body = request.body
    if body:
        media = _header(request.headers, "content-type")
        body = _clean_body(body, media, needles)
    intent, rule = request.intent, request.intent.rule
    if rule is not None and needles.in_text(f"{rule.sentence}\0{rule.at}"):
        rule = replace(rule, sentence=needles.clean(rule.sentence), at=needles.clean(rule.at))
    if rule is not intent.rule or (intent.case and needles.in_text(intent.case)):
        intent = replace(intent, rule=rule, case=needles.clean(intent.case) if intent.case else intent.case)
    words = "\0".join(
        (
            request.method,
            request.path,
            request.space or "",
            *request.path_parameters,
            *request.path_parameters.values(),
        )
    )
    if needles.in_text(words):
        return replace(
            request,
            method=needles.clean(request.method),
            path=needles.clean(request.path),
            space=needles.clean(request.space) if request.space else request.space,
            path_parameters={needles.clean(k): needles.clean(v) for k, v in request.path_parameters.items()},
            headers=headers,
            query=query,
            body=body,
            intent=intent,
        )
    if (
        headers == request.headers
        and query == request.query
        and body is request.body
        and intent is request.intent
    ):
        return request
    return replace(request, headers=headers, query=query, body=body, intent=intent)


def _clean_answer(
    answer: Answer, needles: Needles, said: frozenset[str], names: Collection[str] | None
) -> tuple[Answer, tuple[str, ...]]:
    headers = _clean_headers(answer.headers, needles)
    trouble = needles.clean(answer.json_trouble) if answer.json_trouble else answer.json_trouble
    body, value = answer.body, answer.json
    leaked: tuple[str, ...] = ()
    if answer.is_json:
        if names is None:
            names = parse_json(body).names
        if _suspicious(body, names, needles):
            cleaning = _Cleaning(needles, said)
            cleaned = cleaning.value(value)
            leaked = tuple(cleaning.leaked)
            if cleaned != value:
                body, value = json_bytes(cleaned), cleaned
    elif body:
        known = needles.in_bytes(body)
        body = _clean_body(body, answer.media_type, needles)
        leaked = ("",) if known and needles.clean_bytes(answer.body) != answer.body else ()
    if body is answer.body and trouble == answer.json_trouble and headers == answer.headers:
        return answer, leaked
    return replace(answer, headers=headers, body=body, json=value, json_trouble=trouble), leaked


def _suspicious(body: bytes, names: Collection[str], needles: Needles) -> bool:
    """Tell, cheaply, whether a JSON body may hold anything that has to go."""
    # Escapes can hide a secret from a search of bytes; only the walk sees through them.
    return b"\\u" in body or b"\\/" in body or needles.in_bytes(body) or any(map(sensitive_key, names))


def _clean_body(body: bytes, media_type: str | None, needles: Needles) -> bytes:
    name = (media_type or "").split(";", 1)[0].strip().lower()
    if is_json_type(name):
        return _clean_json(body, needles)
    if name in NDJSON:
        return b"\n".join(_clean_json(line, needles) if line.strip() else line for line in body.split(b"\n"))
    if name == "multipart/form-data":
        body = _MULTIPART_FIELD.sub(_mask_field, body)
        return needles.clean_bytes(body)
    return _clean_loosely(body, needles)


def _clean_json(body: bytes, needles: Needles) -> bytes:
    parsed = parse_json(body)
    if not parsed.is_json:
        return _clean_loosely(body, needles)
    if not _suspicious(body, parsed.names, needles):
        return body
    cleaned = _Cleaning(needles).value(parsed.value)
    return body if cleaned == parsed.value else json_bytes(cleaned)


def _clean_loosely(body: bytes, needles: Needles) -> bytes:
    """Clean what cannot be parsed: damaged JSON, a cut answer, forms, pages."""
    return needles.clean_bytes(_LOOSE.sub(_mask_field, body))


def _mask_field(found: re.Match[bytes]) -> bytes:
    if not sensitive_key(found["name"].decode("utf-8", "replace")):
        return found.group()
    value = found["value"]
    return found["before"] + (mask(value.decode("ascii")).encode() if value.isascii() else b"*" * len(value))


def _secrets_in_request(request: Request) -> tuple[str, ...]:
    """Return the strong strings that a request carries in sensitive places and nowhere else."""
    found = [v for k, v in request.query if sensitive_key(k)]
    body = request.body
    if body and b'"' in body:
        parsed = parse_json(body)
        if any(map(sensitive_key, parsed.names)):
            cleaning = _Cleaning(Needles())
            cleaning.value(parsed.value)
            found += cleaning.found
    text = (body or b"").decode("utf-8", "replace")
    return tuple(dict.fromkeys(s for s in found if is_strong(s) and text.count(s) <= found.count(s)))


def _clean_headers(headers: Headers, needles: Needles) -> Headers:
    text = "\0".join(part for header in headers for part in header)
    if not needles.in_text(text) and not any(_needs_care(name) for name, _ in headers):
        return headers
    return tuple((needles.clean(name), _header_value(name, value, needles)) for name, value in headers)


@lru_cache(maxsize=1024)
def _needs_care(name: str) -> bool:
    lowered = name.lower()
    return lowered in SENSITIVE_HEADERS or lowered in _HEADERS_WITH_URLS or sensitive_key(lowered)


def _header_value(name: str, value: str, needles: Needles) -> str:
    lowered = name.lower()
    if lowered in ("set-cookie", "cookie"):
        return needles.clean(_mask_cookies(value, first_only=lowered == "set-cookie"))
    if lowered in SENSITIVE_HEADERS or sensitive_key(lowered):
        scheme, space, rest = value.partition(" ")
        return needles.clean(f"{scheme}{space}{mask(rest)}" if rest else mask(value))
    if lowered in _HEADERS_WITH_URLS:
        return _clean_url(value, needles)
    return needles.clean(value)


def _mask_cookies(value: str, *, first_only: bool) -> str:
    pieces = value.split(";")
    return ";".join(
        f"{name}={mask(rest)}" if equals and (n == 0 or not first_only) else piece
        for n, piece in enumerate(pieces)
        for name, equals, rest in [piece.partition("=")]
    )


_USERINFO = re.compile(r"(?<=://)[^/?#@]+@")
_PARAMETER = re.compile(r"(?P<before>[?&](?P<name>[^=&#]+)=)(?P<value>[^&#]*)")


def _clean_url(url: str, needles: Needles) -> str:
    if "@" in url:
        url = _USERINFO.sub("", url)
    if "?" in url:
        url = _PARAMETER.sub(
            lambda m: (
                m["before"] + (mask(m["value"]) if sensitive_key(unquote_plus(m["name"])) else m["value"])
            ),
            url,
        )
    return needles.clean(url)


def _header(headers: Headers, wanted: str) -> str | None:
    return next((v for k, v in headers if k.lower() == wanted), None)
