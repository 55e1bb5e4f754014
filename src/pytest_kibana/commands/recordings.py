"""Which file is a recording, and what of it is Kibana's: browsers and proxies record everybody that was spoken to."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from pytest_kibana.contract import Contract
from pytest_kibana.errors import UsageError
from pytest_kibana.report.har import MADE_FOR
from pytest_kibana.wire import Context, Exchange, Intent, read_cassette, read_har

RECORDED = "recorded"
"""The kind of a request that nobody of ours meant anything by."""

_HAR_INSTEAD = "Record the answers too: as HAR by a browser or a proxy, or a run of ours by --kibana-har."
_OTHERS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"^\x1f\x8b|^PK\x03\x04|^\x28\xb5\x2f\xfd"), "is compressed", "Unpack it first."),
    (
        re.compile(rb"schema\.getpostman\.com"),
        "is a Postman collection, which holds requests and no answers",
        _HAR_INSTEAD,
    ),
    (
        re.compile(rb'"__export_source"'),
        "is an Insomnia export, which holds requests and no answers",
        _HAR_INSTEAD,
    ),
    (
        re.compile(rb"^\s*[{]?\s*\"?(openapi|swagger)\"?\s*:"),
        "is a contract",
        "Give it by --contract, and a recording to judge by it.",
    ),
    (re.compile(rb"^(\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x0a\x0d\x0d\x0a)"), "holds packets", _HAR_INSTEAD),
    (
        re.compile(rb"^\d+:\d+:version;"),
        "is a flow file of mitmproxy",
        "Turn it into HAR: mitmdump -nr FILE --set hardump=FILE.har",
    ),
    (
        re.compile(rb'^\{"type": ?"header"'),
        "holds results already",
        "`pytest-kibana report` shows them.",
    ),
    (
        re.compile(rb"^(---\s+)?http_interactions:", re.MULTILINE),
        "is a cassette of VCR for Ruby",
        "Give a HAR file, or a cassette that vcrpy or go-vcr wrote.",
    ),
)
"""What people take for a recording, by how it begins."""
_BELOW = re.compile(r"^(/.+?)/(?:s/[^/]+/)?(?:api|internal)/")


def read_recording(path: Path, contract: Contract, *, base_path: str = "") -> tuple[Exchange, ...]:
    """Read a HAR file or a cassette; what it is shows in its name, and else in how it begins.

    Args:
        path: the file.
        contract: names the operations.
        base_path: of the recorded Kibana; found in the recording where it is left out.

    Raises:
        UsageError: it is neither, or cannot be read.
    """
    exchanges = _read(path, contract, base_path)
    said, _ = of_kibana(exchanges)
    if base_path or any(exchange.request.operation for exchange in said):
        return exchanges
    found = _base_path(said)
    return _read(path, contract, found) if found else exchanges


def _read(path: Path, contract: Contract, base_path: str) -> tuple[Exchange, ...]:
    context = Context(base_path=base_path.rstrip("/"), contract=contract)
    head = _head(path)
    for begins, what, hint in _OTHERS:
        if begins.search(head):
            raise UsageError(f"{path} {what}", hint=hint)
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml") or (suffix != ".har" and b'"log"' not in head):
        return read_cassette(path, context)
    exchanges = read_har(path, context)
    if f"{MADE_FOR}{contract.sha256}".encode() in head:
        return exchanges
    return tuple(_unclaimed(exchange) for exchange in exchanges)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="Check the path.") from None


def _unclaimed(exchange: Exchange) -> Exchange:
    return replace(exchange, request=replace(exchange.request, intent=Intent(kind=RECORDED)))


def _base_path(exchanges: Sequence[Exchange]) -> str:
    """Return what stands before most paths of an API, where nothing of a recording is in the contract without it."""
    before = Counter(found[1] for e in exchanges if (found := _BELOW.match(e.request.path)))
    return before.most_common(1)[0][0] if before else ""


def of_kibana(exchanges: Sequence[Exchange]) -> tuple[tuple[Exchange, ...], Mapping[str, int]]:
    """Return what was said to Kibana, and how much to each other place.

    Kibana names itself in every answer (``kbn-name``). Where nobody does, as in a cassette that keeps few headers,
    everything is taken for Kibana's. What is no HTTP (sockets, data that was in the page) is nobody's.
    """
    named = {_place(e) for e in exchanges if e.answer is not None and e.answer.header("kbn-name") is not None}
    kept, others = [], Counter[str]()
    for exchange in exchanges:
        place = _place(exchange)
        if place.startswith(("http://", "https://")) and (not named or place in named):
            kept.append(exchange)
        else:
            others[place] += 1
    return tuple(kept), others


def _place(exchange: Exchange) -> str:
    parts = urlsplit(exchange.url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def most_spoken_to(exchanges: Sequence[Exchange]) -> str:
    """Return the place that most of a recording was spoken to; empty where there is nothing in it."""
    places = Counter(map(_place, exchanges))
    return places.most_common(1)[0][0] if places else ""
