"""Bodies as they travel: forms of several parts as any client may spell them, and compressed bodies (hapi's subtext).

Boundaries may hold anything that the standard allows and stand inside of contents; names may be quoted, escaped, bare
or encoded; lines may end in a bare line feed.
"""

import re
import zlib
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import HTTP
from itertools import pairwise
from typing import Any

from pytest_kibana.simulator.replies import Refusal

Json = Any
_GZIP_OR_ZLIB = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


@dataclass(slots=True)
class Upload:
    """A file of a form."""

    name: str
    content: bytes
    media: str


def inflated(raw: bytes, encoding: str, most: int) -> bytes:
    """Return a body without its compression; an encoding that is none of HTTP's leaves it as it is.

    At most ``most`` bytes and one more are unpacked, so that who is too long is known to be so.

    Raises:
        Refusal: 400, the body is not compressed so.
    """
    bits = _GZIP_OR_ZLIB.get(encoding.strip().lower())
    if bits is None or not raw:
        return raw
    machine = zlib.decompressobj(bits)
    try:
        content = machine.decompress(raw, most + 1)
    except zlib.error:
        raise Refusal(400, "Invalid compressed payload", family="platform") from None
    if not machine.eof and len(content) <= most:
        raise Refusal(400, "Invalid compressed payload", family="platform")
    return content


def parts_of(raw: bytes, declared: str) -> dict[str, Json]:
    """Return the fields of a form by name: texts, and :class:`Upload` for files; a list where a name is repeated.

    Raises:
        Refusal: 400, there is no boundary in the content type, or no end in the body.
    """
    about = Message()
    about["content-type"] = declared
    boundary = about.get_boundary()
    if not boundary:
        raise Refusal(400, "Invalid content-type header: multipart missing boundary", family="platform")
    line = re.compile(
        rb"(?:\A|\r?\n)--" + re.escape(boundary.encode("latin-1", "replace")) + rb"(--)?[ \t]*(?=\r?\n|\Z)"
    )
    cuts = list(line.finditer(raw))
    if not any(cut[1] for cut in cuts):
        raise Refusal(400, "Invalid multipart payload format", family="platform")
    fields: dict[str, Json] = {}
    for cut, following in pairwise(cuts):
        if cut[1]:
            break  # what comes after the end is for nobody
        name, value = _part(re.sub(rb"\A\r?\n", b"", raw[cut.end() : following.start()]))
        if name is not None:
            fields[name] = value if name not in fields else [*_many(fields[name]), value]
    return fields


def _many(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _part(part: bytes) -> tuple[str | None, Json]:
    """Return name and value of one part, the name None where it has none."""
    head, empty, content = (part, b"", b"")
    if found := re.search(rb"(?:\A|\r?\n)\r?\n", part):
        head, empty, content = part[: found.start()], found[0], part[found.end() :]
    if not empty:
        return None, None
    about = BytesHeaderParser(policy=HTTP).parsebytes(head)
    disposition = about["content-disposition"]
    parameters = disposition.params if disposition is not None else {}
    name, file = parameters.get("name"), parameters.get("filename")
    if str(about.get("content-transfer-encoding", "")).lower() in ("base64", "quoted-printable"):
        bearer = Message()
        bearer["content-transfer-encoding"] = str(about["content-transfer-encoding"])
        bearer.set_payload(content.decode("latin-1"))
        content = bytes(bearer.get_payload(decode=True))
    if name is None:
        return None, None
    if file is None:
        return str(name), content.decode("utf-8", "replace")
    media = about.get_content_type() if "content-type" in about else "application/octet-stream"
    return str(name), Upload(str(file), content, media)
