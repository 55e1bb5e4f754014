"""Bodies of requests: JSON, NDJSON, multipart, forms, text and bytes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlencode

from pytest_kibana.errors import UsageError

NDJSON = frozenset({"application/ndjson", "application/x-ndjson", "application/jsonl"})


@runtime_checkable
class FilePart(Protocol):
    """A file in a multipart body."""

    @property
    def filename(self) -> str:
        """Name that the server is told."""

    @property
    def content(self) -> bytes:
        """The file's bytes."""

    @property
    def content_type(self) -> str:
        """Its media type."""


def encode_body(value: Any, media: str, encoding: Mapping[str, str] | None = None) -> tuple[bytes, str]:
    """Write a body.

    Args:
        value: ``bytes`` pass as they are whatever the media type. Otherwise: for JSON any value; for NDJSON a
            list of values, or text; for multipart a mapping of field name to text, bytes, a file part (``filename``,
            ``content``, ``content_type``, or a tuple of them), an open file, a path, a JSON value, or a list of these;
            for a form a mapping; else text.
        media: the media type, with or without parameters.
        encoding: content type by multipart field.

    Returns:
        The bytes, and the value of the ``content-type`` header.

    Raises:
        UsageError: a multipart or form body is not a mapping.
    """
    name = media.split(";", 1)[0].strip().lower()
    if name == "multipart/form-data" and not isinstance(value, bytes):
        return _multipart(_mapping(value, name), encoding or {})
    if isinstance(value, bytes):
        return value, media
    if name == "application/json" or name.endswith("+json"):
        return json_bytes(value), media
    if name in NDJSON and not isinstance(value, str):
        rows = value if isinstance(value, list | tuple) else [value]
        return b"".join(json_bytes(row) + b"\n" for row in rows), media
    if name == "application/x-www-form-urlencoded" and not isinstance(value, str):
        pairs = [(k, v if isinstance(v, str) else json_bytes(v)) for k, v in _mapping(value, name).items()]
        return urlencode(pairs).encode("ascii"), media
    return value.encode("utf-8", "replace") if isinstance(value, str) else json_bytes(value), media


def json_bytes(value: Any) -> bytes:
    """Return compact JSON in UTF-8. Lone surrogates are escaped, since UTF-8 has no form for them.

    Raises:
        UsageError: JSON has no form for the value.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError) as error:
        raise UsageError(f"a body cannot be written as JSON: {error}", hint="Give plain data.") from None


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(
            f"a body of {name} must be a mapping of field to value, not {type(value).__name__}",
            hint="Give a dict, or bytes that are complete already.",
        )
    return value


def _multipart(fields: Mapping[str, Any], encoding: Mapping[str, str]) -> tuple[bytes, str]:
    parts = [
        _part(name, item, encoding.get(name))
        for name, value in fields.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    # The same parts give the same boundary, so that a request repeats byte for byte.
    boundary = f"pytest-kibana-{hashlib.sha256(b''.join(parts)).hexdigest()[:24]}"
    mark = f"--{boundary}".encode()
    body = b"".join(b"%s\r\n%s\r\n" % (mark, part) for part in parts) + mark + b"--\r\n"
    return body, f"multipart/form-data; boundary={boundary}"


@dataclass(frozen=True, slots=True)
class _File:
    filename: str
    content: bytes
    content_type: str = "application/octet-stream"


def _as_file(value: Any) -> Any:
    """Turn what other clients take for a file into a file part: an open file, a path, a tuple."""
    if isinstance(value, Path):
        return _File(value.name, value.read_bytes())
    if hasattr(value, "read"):
        return _File(Path(str(getattr(value, "name", "file"))).name, _bytes(value.read()))
    if isinstance(value, tuple) and len(value) in (2, 3):
        filename, content, *media = value
        return _File(str(filename), _bytes(content.read() if hasattr(content, "read") else content), *media)
    return value


def _bytes(content: Any) -> bytes:
    return content if isinstance(content, bytes) else str(content).encode("utf-8")


def _part(name: str, value: Any, content_type: str | None) -> bytes:
    value = _as_file(value)
    disposition = f'form-data; name="{_quoted(name)}"'
    if isinstance(value, FilePart):
        disposition += f'; filename="{_quoted(value.filename)}"'
        content, content_type = value.content, content_type or value.content_type
    elif isinstance(value, bytes):
        disposition += f'; filename="{_quoted(name)}"'
        content, content_type = value, content_type or "application/octet-stream"
    elif isinstance(value, str):
        content = value.encode("utf-8", "replace")
    else:
        content = json_bytes(value)
    lines = [f"Content-Disposition: {disposition}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + content


def _quoted(text: str) -> str:
    """Escape a name the way browsers do (WHATWG HTML, multipart form data)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
