"""Bodies as unknown clients send them: forms in every spelling, compressed, in pieces, on demand; and paths in odd
encodings. Sources: RFC 7578 and 2046, RFC 9110, hapi's subtext (``content-encoding``, ``Invalid multipart payload
format``) and call (paths that cannot be decoded).
"""

import base64
import gzip
import json
import socket
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kibana.simulator.forms import Upload, parts_of
from pytest_kibana.simulator.replies import Refusal
from tests.simulator.conftest import StandIn

Json = Any
SPACES = "/api/spaces/space"
IMPORT = "/api/saved_objects/_import?overwrite=true"
LINE = b'{"type":"tag","id":"odd","attributes":{"name":"n"},"references":[]}'
BOUNDARY = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789'()+_,-./:=? ", min_size=1, max_size=70).filter(
    lambda text: text[-1] != " "
)


def form(boundary: str, *parts: tuple[str, bytes], end: str = "\r\n", closed: bool = True) -> bytes:
    start, line = b"--" + boundary.encode(), end.encode()
    pieces = [
        start + line + head.replace("\n", end).encode() + line * 2 + content + line for head, content in parts
    ]
    return b"".join(pieces) + (b"--" + boundary.encode() + b"--" if closed else b"")


def spelled(boundary: str) -> str:
    return f'multipart/form-data; boundary="{boundary}"'


FILE = (
    'Content-Disposition: form-data; name="file"; filename="export.ndjson"\nContent-Type: application/ndjson'
)
SPELLINGS = {
    "as browsers do": ("----WebKitFormBoundaryAbC", FILE),
    "names in lower case": ("x", FILE.lower()),
    "bare names": ("x", "content-disposition: form-data; name=file; filename=export.ndjson"),
    "an encoded file name": (
        "x",
        "Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%C3%A4.ndjson",
    ),
    "other parameters first": ("x", 'Content-Disposition: form-data; filename="e.ndjson"; name="file"'),
    "more headers": ("x", f"X-Other: 1\n{FILE}\nContent-Length: {len(LINE)}"),
    "a boundary of many signs": ("a'()+_,-./:=?b c", FILE),
    "seventy signs": ("b" * 70, FILE),
}


class TestForms:
    @pytest.mark.parametrize(("boundary", "head"), SPELLINGS.values(), ids=SPELLINGS)
    @pytest.mark.parametrize("end", ["\r\n", "\n"], ids=["crlf", "lf"])
    def test_a_file_arrives_however_it_is_spelled(
        self, kibana: httpx.Client, boundary: str, head: str, end: str
    ) -> None:
        content = form(boundary, (head, LINE), end=end)
        answer = kibana.post(IMPORT, content=content, headers={"content-type": spelled(boundary)})
        assert (answer.status_code, answer.json()["successCount"]) == (200, 1), answer.text

    def test_text_around_the_parts_is_for_nobody(self, kibana: httpx.Client) -> None:
        content = b"This is a form.\r\n" + form("x", (FILE, LINE)) + b"\r\nThat was it.\r\n--x\r\n"
        answer = kibana.post(IMPORT, content=content, headers={"content-type": spelled("x")})
        assert answer.json()["successCount"] == 1

    @pytest.mark.parametrize("boundary", ["x", "--x"])
    def test_a_boundary_inside_of_a_content_is_content(self, kibana: httpx.Client, boundary: str) -> None:
        line = LINE.replace(b'"n"', b'"a --x-- b --x"')
        answer = kibana.post(
            IMPORT, content=form(boundary, (FILE, line)), headers={"content-type": spelled(boundary)}
        )
        assert answer.json()["successCount"] == 1
        assert kibana.get("/api/saved_objects/tag/odd").json()["attributes"]["name"] == "a --x-- b --x"

    def test_ends_of_lines_inside_of_texts_end_no_line(self, kibana: httpx.Client) -> None:
        name = "one\u2028two\x85three"
        line = json.dumps({**json.loads(LINE), "attributes": {"name": name}}, ensure_ascii=False).encode()
        files = {"file": ("e.ndjson", b"\xef\xbb\xbf" + line + b"\r\n\r\n")}
        assert kibana.post(IMPORT, files=files).json()["successCount"] == 1
        assert kibana.get("/api/saved_objects/tag/odd").json()["attributes"]["name"] == name

    def test_contents_may_travel_in_base64(self) -> None:
        head = f"{FILE}\nContent-Transfer-Encoding: base64"
        found = parts_of(form("x", (head, base64.encodebytes(LINE))), spelled("x"))
        assert found["file"] == Upload("export.ndjson", LINE, "application/ndjson")

    def test_a_name_that_is_repeated_has_every_value(self) -> None:
        parts = [
            ('content-disposition: form-data; name="platform"', system) for system in (b"linux", b"macos")
        ]
        assert parts_of(form("x", *parts), spelled("x")) == {"platform": ["linux", "macos"]}

    @pytest.mark.parametrize(
        ("content", "declared"),
        [(form("x", (FILE, LINE)), "multipart/form-data"), (form("x", (FILE, LINE), closed=False), spelled("x")),
         (form("x", (FILE, LINE)), spelled("y")), (b"file=x", spelled("x"))],
        ids=["no boundary", "no end", "another boundary", "no form"],
    )  # fmt: skip
    def test_what_is_no_form_is_refused(self, kibana: httpx.Client, content: bytes, declared: str) -> None:
        answer = kibana.post(IMPORT, content=content, headers={"content-type": declared})
        assert (answer.status_code, "multipart" in answer.json()["message"]) == (400, True)

    def test_a_file_that_is_only_text_is_none(self, kibana: httpx.Client) -> None:
        content = form("x", ('content-disposition: form-data; name="file"', LINE))
        answer = kibana.post(IMPORT, content=content, headers={"content-type": spelled("x")})
        assert (answer.status_code, "[request body.file]" in answer.json()["message"]) == (400, True)

    @given(BOUNDARY, st.binary(max_size=200), st.text("abc\u00e4 .;=", min_size=1, max_size=20))
    @settings(max_examples=200, deadline=None)
    def test_any_content_arrives_as_it_was(self, boundary: str, content: bytes, name: str) -> None:
        if b"\n--" + boundary.encode() in b"\n" + content:
            return
        head = f'content-disposition: form-data; name="file"; filename="{name.strip() or "x"}"'
        found = parts_of(form(boundary, (head, content)), spelled(boundary))
        assert found["file"].content == content

    @given(st.binary(max_size=300))
    @settings(max_examples=200, deadline=None)
    def test_any_bytes_are_a_form_or_are_refused(self, raw: bytes) -> None:
        with suppress(Refusal):
            parts_of(b"--x\r\n" + raw + b"\r\n--x--", spelled("x"))


class TestCompressed:
    BODY = b'{"elasticsearch":{}}'
    ROLE = "/api/security/role/packed"

    @pytest.mark.parametrize(
        ("encoding", "content"),
        [("gzip", gzip.compress(BODY)), ("GZIP", gzip.compress(BODY)), ("deflate", zlib.compress(BODY))],
        ids=["gzip", "capitals", "deflate"],  # what gzip makes has the time in it
    )  # fmt: skip
    def test_a_body_may_be(self, kibana: httpx.Client, encoding: str, content: bytes) -> None:
        headers = {"content-encoding": encoding, "content-type": "application/json"}
        assert kibana.put(self.ROLE, content=content, headers=headers).status_code == 204

    @pytest.mark.parametrize("content", [b"no gzip", gzip.compress(BODY)[:-12]], ids=["none", "half of one"])
    def test_what_is_not_says_so(self, kibana: httpx.Client, content: bytes) -> None:
        headers = {"content-encoding": "gzip", "content-type": "application/json"}
        answer = kibana.put(self.ROLE, content=content, headers=headers)
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid compressed payload")

    def test_a_bomb_is_too_large(self, kibana: httpx.Client) -> None:
        headers = {"content-encoding": "gzip", "content-type": "application/json"}
        answer = kibana.put(self.ROLE, content=gzip.compress(b" " * 50_000_000), headers=headers)
        assert answer.status_code == 413


class TestWire:
    @pytest.fixture
    def wire(self, kibana: httpx.Client) -> Iterator[socket.socket]:
        address = httpx.URL(str(kibana.base_url))
        with socket.create_connection((address.host, address.port or 80), timeout=10) as connection:
            yield connection

    def head(self, method: str, path: str, *more: str) -> bytes:
        token = base64.b64encode(b"elastic:changeme").decode()
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: any",
            f"Authorization: Basic {token}",
            "kbn-xsrf: 1",
            *more,
            "",
            "",
        ]
        return "\r\n".join(lines).encode()

    def read(self, wire: socket.socket, until: bytes, count: int = 1) -> bytes:
        found = b""
        while found.count(until) < count:
            more = wire.recv(65536)
            assert more, found
            found += more
        return found

    def test_requests_that_do_not_wait_for_answers_are_answered_in_order(self, wire: socket.socket) -> None:
        paths = ("/api/saved_objects/tag/first", "/api/saved_objects/tag/second", "/api/nothing")
        wire.sendall(b"".join(self.head("GET", path) for path in paths))
        found = self.read(wire, b'"statusCode":404', 3)
        assert found.index(b"first") < found.index(b"second") < found.index(b'"message":"Not Found"')

    def test_a_body_may_come_in_chunks(self, wire: socket.socket) -> None:
        body = b'{"elasticsearch":{}}'
        wire.sendall(
            self.head(
                "PUT",
                "/api/security/role/chunked",
                "Content-Type: application/json",
                "Transfer-Encoding: chunked",
            )
        )
        for at in range(0, len(body), 7):
            piece = body[at : at + 7]
            wire.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        wire.sendall(b"0\r\n\r\n")
        assert self.read(wire, b"\r\n\r\n").startswith(b"HTTP/1.1 204")

    def test_who_waits_to_be_told_to_go_on_is_told(self, wire: socket.socket) -> None:
        body = b'{"elasticsearch":{}}'
        more = ("Content-Type: application/json", f"Content-Length: {len(body)}", "Expect: 100-continue")
        wire.sendall(self.head("PUT", "/api/security/role/patient", *more))
        assert self.read(wire, b"\r\n\r\n").startswith(b"HTTP/1.1 100 Continue")
        wire.sendall(body)
        assert self.read(wire, b"\r\n\r\n").startswith(b"HTTP/1.1 204")

    def test_an_old_protocol_is_answered_and_the_connection_closed(self, wire: socket.socket) -> None:
        wire.sendall(self.head("GET", "/api/status").replace(b"HTTP/1.1", b"HTTP/1.0"))
        found = b""
        while more := wire.recv(65536):
            found += more
        assert found.startswith(b"HTTP/1.1 200")


class TestPaths:
    @pytest.mark.parametrize(
        "key", ["a/b", "日本語 x", "a+b", "100%", "a?b#c", "..", "é", "\N{SNOWMAN}", 'a"b', "a&b=c;d"]
    )
    def test_any_id_that_is_encoded_is_itself(self, kibana: httpx.Client, key: str) -> None:
        path = f"/api/saved_objects/tag/{''.join(f'%{byte:02X}' for byte in key.encode())}"
        made = kibana.post(path, json={"attributes": {"name": "x"}})
        assert (made.status_code, made.json()["id"]) == (200, key)
        assert kibana.get(path.lower()).json()["id"] == key
        assert kibana.delete(path).status_code == 200

    @pytest.mark.parametrize("path", ["%", "%zz", "a%2", "%ff", "%E6%97"])
    def test_a_path_that_cannot_be_decoded_is_refused_before_anybody_is_asked_who_they_are(
        self, kibana: httpx.Client, path: str
    ) -> None:
        address = httpx.URL(str(kibana.base_url))
        with socket.create_connection((address.host, address.port or 80), timeout=10) as wire:
            wire.sendall(f"GET /api/saved_objects/tag/{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            found = wire.recv(65536)
            while not found.endswith(b"}"):
                found += wire.recv(65536)
        assert found.startswith(b"HTTP/1.1 400")
        assert found.endswith(b'{"statusCode":400,"error":"Bad Request","message":"Bad Request"}')


class TestEmpty:
    """A content type promises no body: clients of many makers send it always."""

    @pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8", None])
    def test_an_empty_body_is_none_whatever_its_type_says(self, stand_in: StandIn, media: str | None) -> None:
        client = stand_in()
        assert client.post(SPACES, json={"id": "empty", "name": "Empty"}).status_code == 200
        headers = {"content-type": media} if media else {}
        assert client.get(f"{SPACES}/empty", headers=headers).status_code == 200
        assert client.delete(f"{SPACES}/empty", headers=headers).status_code == 204
        refused = client.post(SPACES, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (400, "Bad Request")

    @pytest.mark.parametrize(
        "media", ["APPLICATION/JSON", "application/json;charset=UTF-8", "application/vnd.x+json"]
    )
    def test_json_goes_by_several_names(self, kibana: httpx.Client, media: str) -> None:
        answer = kibana.put(
            "/api/security/role/named", content=b'{"elasticsearch":{}}', headers={"content-type": media}
        )
        assert answer.status_code == 204
