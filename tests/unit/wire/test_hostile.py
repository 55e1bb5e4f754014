"""Whatever a server sends is bounded in bytes and in time, is told apart, and crashes nothing."""

import asyncio
import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wire.conftest import Loopback, Say

from pytest_kibana.wire import (
    AsyncKibanaClient,
    Exchange,
    KibanaClient,
    Limits,
    Request,
    RetryPolicy,
    Timeouts,
    parse_json,
    read_endpoint,
)
from pytest_kibana.wire.reading import BodyReader

LIMIT = 100_000
QUICK = Timeouts(connect=2, read=0.3, total=0.6)


def sync_ask(url: str) -> Exchange:
    endpoint, _ = read_endpoint(url, timeouts=QUICK)
    with KibanaClient(endpoint, limits=Limits(body=LIMIT), retry=RetryPolicy(attempts=1)) as client:
        return client.send(Request("GET", "/api/x"))


def async_ask(url: str) -> Exchange:
    async def run() -> Exchange:
        endpoint, _ = read_endpoint(url, timeouts=QUICK)
        async with AsyncKibanaClient(
            endpoint, limits=Limits(body=LIMIT), retry=RetryPolicy(attempts=1)
        ) as client:
            return await client.send(Request("GET", "/api/x"))

    return asyncio.run(run())


@pytest.fixture(params=[sync_ask, async_ask], ids=["threads", "event loop"])
def ask(request: pytest.FixtureRequest, loopback: Loopback) -> Callable[[Any], Exchange]:
    def with_script(script: Any) -> Exchange:
        loopback.default = script
        began = time.monotonic()
        exchange: Exchange = request.param(loopback.url)
        assert time.monotonic() - began < 5
        return exchange

    return with_script


def head(handler: BaseHTTPRequestHandler, *lines: str) -> None:
    handler.close_connection = True
    handler.wfile.write(
        ("HTTP/1.1 200 OK\r\nkbn-name: x\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode()
    )
    handler.wfile.flush()


def flood(handler: BaseHTTPRequestHandler, piece: bytes, times: int, pause: float = 0) -> None:
    for _ in range(times):
        handler.wfile.write(piece)
        handler.wfile.flush()
        if pause:
            time.sleep(pause)


JSON_TYPE = "content-type: application/json"


def test_a_hundred_megabytes_are_cut(ask: Callable[[Any], Exchange]) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        head(handler, JSON_TYPE, "content-length: 104857600")
        flood(handler, b"x" * 65536, 1600)

    answer = ask(script).answer
    assert answer is not None
    assert (answer.truncated, len(answer.body), answer.is_json) == (True, LIMIT, False)
    assert answer.json_trouble == f"cut after {LIMIT} bytes"


def test_an_endless_stream_is_cut(ask: Callable[[Any], Exchange]) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        head(handler, "transfer-encoding: chunked", "content-type: text/event-stream")
        flood(handler, b"400\r\n" + b"y" * 1024 + b"\r\n", 100_000)

    answer = ask(script).answer
    assert answer is not None
    assert (answer.truncated, len(answer.body)) == (True, LIMIT)


def test_a_gzip_bomb_is_cut(ask: Callable[[Any], Exchange]) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    tracemalloc.start()
    answer = ask(Say(bomb, headers=headers)).answer
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer is not None
    assert (answer.truncated, len(answer.body)) == (True, LIMIT)
    assert peak < 20_000_000


def test_a_slow_drip_ends(ask: Callable[[Any], Exchange]) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        head(handler, JSON_TYPE, "content-length: 1000")
        flood(handler, b" ", 30, pause=0.1)

    exchange = ask(script)
    assert exchange.weather is not None
    assert exchange.weather.kind == "timeout"
    assert exchange.elapsed < 2


def test_a_slow_drip_of_headers_ends(ask: Callable[[Any], Exchange]) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        flood(handler, b"x: y\r\n", 30, pause=0.1)

    exchange = ask(script)
    assert exchange.weather is not None
    assert exchange.weather.kind == "timeout"
    assert exchange.elapsed < 2


def test_silence_ends(ask: Callable[[Any], Exchange]) -> None:
    exchange = ask(lambda handler: time.sleep(1))
    assert exchange.weather is not None
    assert exchange.weather.kind == "timeout"


@pytest.mark.parametrize(
    "flooding", [b"x-flood: " + b"y" * 200_000 + b"\r\n", b"".join(b"x-%d: y\r\n" % n for n in range(20_000))]
)
def test_a_flood_of_headers_is_an_outage(ask: Callable[[Any], Exchange], flooding: bytes) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + flooding + b"content-length: 0\r\n\r\n")

    exchange = ask(script)
    assert exchange.weather is not None
    assert exchange.weather.kind == "broken"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\x00" * 1000,
    ],
)
def test_what_is_not_http_is_an_outage(ask: Callable[[Any], Exchange], said: bytes) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(said)

    exchange = ask(script)
    assert exchange.answer is None
    assert exchange.weather is not None
    assert exchange.weather.kind == "broken"


@pytest.mark.parametrize(
    ("body", "trouble", "is_json"),
    [
        (b"[" * 10_000 + b"]" * 10_000, "nested deeper than 128 levels", False),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "nested deeper than 128 levels", False),
        (b'{"a":1,"a":2}', "the key 'a' stands twice in one object", True),
        (b'{"a":NaN}', "NaN is not JSON", False),
        (b'{"a":-Infinity}', "-Infinity is not JSON", False),
        (b'{"a":1e999}', "a number is too large for double precision", True),
        (b'{"a":"\xff"}', "not UTF-8 at byte 6", False),
        (b'\xef\xbb\xbf{"a":1}', "begins with a byte order mark", True),
        (b'{"a":1', "not JSON", False),
        (b'{"a":"\\ud800"}', "a lone surrogate stands in a string", True),
        (b'{"a":' + b"9" * 10_000 + b"}", "a number of 10000 digits", False),
        (b"<html>", "not JSON", False),
    ],
)
def test_json_trouble_is_named(
    ask: Callable[[Any], Exchange], body: bytes, trouble: str, is_json: bool
) -> None:
    answer = ask(Say(body, headers={"content-type": "application/json; charset=utf-8"})).answer
    assert answer is not None
    assert answer.is_json is is_json
    assert answer.json_trouble is not None
    assert answer.json_trouble.startswith(trouble)
    json.dumps(answer.json, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("encoding", "body", "trouble"),
    [
        ("gzip", b"not gzip", "it claims to be compressed, and is damaged"),
        ("gzip", gzip.compress(b'{"a":1}' * 100)[:-9], "it claims to be compressed, and ends too early"),
        ("br", b"\x1b\x00", "its content encoding is 'br', which was not asked for"),
    ],
)
def test_encodings_that_cannot_be_undone(
    ask: Callable[[Any], Exchange], encoding: str, body: bytes, trouble: str
) -> None:
    answer = ask(Say(body, headers={"content-type": "application/json", "content-encoding": encoding})).answer
    assert answer is not None
    assert (answer.is_json, answer.json_trouble) == (False, trouble)


def test_headers_that_are_no_text_do_no_harm(ask: Callable[[Any], Exchange]) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nkbn-name: \xff\xfe\r\nx: \xc3\xbc\r\ncontent-length: 0\r\n\r\n"
        )

    answer = ask(script).answer
    assert answer is not None
    assert (answer.header("kbn-name"), answer.header("x")) == ("ÿþ", "ü")


@given(st.binary(max_size=200))
def test_parsing_never_raises(body: bytes) -> None:
    parsed = parse_json(body)
    assert parsed.is_json or (parsed.value is None and parsed.trouble)


@given(st.text("[]{}:,\"'\\ue0123456789abtrfnslEN-+. \t", max_size=60))
def test_parsing_never_raises_for_what_looks_like_json(text: str) -> None:
    parsed = parse_json(text.encode())
    assert parsed.is_json or (parsed.value is None and parsed.trouble)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(json_values)
def test_good_json_reads_back_without_trouble(value: Any) -> None:
    parsed = parse_json(json.dumps(value).encode())
    assert parsed.is_json
    if parsed.trouble is None:
        assert parsed.value == value
    else:
        assert "surrogate" in parsed.trouble or "digits" in parsed.trouble


def test_depth_is_counted_exactly() -> None:
    assert parse_json(b"[" * 128 + b"]" * 128).is_json
    assert not parse_json(b"[" * 129 + b"]" * 129).is_json
    assert parse_json(b"[" + b"[]," * 5000 + b"[]]").is_json


@given(
    st.binary(max_size=5000),
    st.integers(1, 100),
    st.integers(0, 6000),
    st.sampled_from(["gzip", "deflate", None]),
)
def test_a_body_is_the_same_however_it_is_cut_into_chunks(
    body: bytes, size: int, limit: int, encoding: str | None
) -> None:
    wire = {"gzip": gzip.compress, "deflate": zlib.compress, None: bytes}[encoding](body)
    reader = BodyReader(encoding, limit)
    for at in range(0, len(wire), size):
        if not reader.feed(wire[at : at + size]):
            break
    assert reader.body() == body[:limit]
    assert reader.truncated is (len(body) > limit)
    assert reader.trouble is None


def test_gzip_of_several_members_is_one_body() -> None:
    reader = BodyReader("gzip", 100)
    assert reader.feed(gzip.compress(b"one ") + gzip.compress(b"two"))
    assert reader.body() == b"one two"
