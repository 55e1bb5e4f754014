"""What is written reads back; what others recorded becomes exchanges, redacted."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import UsageError
from pytest_kibana.wire import (
    Answer,
    Context,
    Exchange,
    Intent,
    Origin,
    Redactor,
    Request,
    Rule,
    Weather,
    parse_json,
    read_cassette,
    read_har,
    write_har,
)

KBN = (("content-type", "application/json; charset=utf-8"), ("kbn-name", "x"))


def answer(body: bytes, status: int = 200, **more: Any) -> Answer:
    parsed = parse_json(body)
    return Answer(status, KBN, body, parsed.value, parsed.is_json, parsed.trouble, **more)


EXCHANGES = [
    Exchange("1-1", Request("GET", "/api/x"), "http://k/api/x", 1.5, 0.25, answer(b'{"a": [1, 2]}')),
    Exchange(
        "1-2",
        Request(
            "POST",
            "/api/x/a%2Fb",
            query=(("q", "a b"), ("q", "ü")),
            headers=(("content-type", "application/octet-stream"),),
            body=b"\x00\xff",
            space="ab",
            operation="POST /api/x/{id}",
            origin=Origin.GENERATED,
            intent=Intent("refused", "invalid", "case-1", Rule("body", "/a", "type", "a is a number")),
            path_parameters={"id": "a/b"},
        ),
        "http://k/base/s/ab/api/x/a%2Fb?q=a%20b",
        1795462485.123,
        0.001,
        answer(b"\x1f\x8b\xff", 400, truncated=True, http_version="HTTP/2"),
        attempt=2,
        leaked=("/a",),
    ),
    Exchange("1-3", Request("GET", "/"), "http://k/", 2.0, 3.0, None, Weather("timeout", "too slow")),
    Exchange(
        "1-4", Request("GET", "/"), "http://k/", 2.0, 3.0, answer(b"not", 503), Weather("not ready", "boots")
    ),
    Exchange("1-5", Request("PUT", "/", body=b""), "http://k/", 2.0, 3.0, answer(b'{"a":1,"a":2}')),
]


def test_our_own_har_reads_back_to_the_same_exchanges(tmp_path: Path) -> None:
    assert write_har(EXCHANGES, tmp_path / "run.har") == len(EXCHANGES)
    assert list(read_har(tmp_path / "run.har")) == EXCHANGES


@given(st.lists(st.binary(max_size=50), max_size=4), st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_bodies_and_texts_read_back(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes], text: str
) -> None:
    path = tmp_path_factory.mktemp("har") / "run.har"
    written = [
        Exchange(
            str(n),
            Request("POST", "/x", headers=(("x", text),), body=body, intent=Intent(case=text)),
            "http://k/x",
            1.0,
            2.0,
            answer(body),
        )
        for n, body in enumerate(bodies)
    ]
    write_har(written, path)
    assert list(read_har(path)) == written


def test_har_is_har(tmp_path: Path) -> None:
    write_har(EXCHANGES, tmp_path / "run.har")
    log = json.loads((tmp_path / "run.har").read_text())["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "pytest-kibana")
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= entry.keys()
        assert {
            "method",
            "url",
            "httpVersion",
            "cookies",
            "headers",
            "queryString",
            "headersSize",
            "bodySize",
        } <= entry["request"].keys()
        assert {"status", "statusText", "content", "redirectURL", "headersSize"} <= entry["response"].keys()
    assert log["entries"][2]["response"]["status"] == 0
    assert log["entries"][1]["response"]["content"]["encoding"] == "base64"


FOREIGN = {
    "log": {
        "version": "1.2",
        "creator": {"name": "WebInspector", "version": "537.36"},
        "entries": [
            {
                "startedDateTime": "2026-01-02T03:04:05.678Z",
                "time": 12.5,
                "request": {
                    "method": "post",
                    "url": "https://kibana.example/base/s/ab/api/x?q=1",
                    "headers": [
                        {"name": ":authority", "value": "kibana.example"},
                        {"name": "Cookie", "value": "sid=canary-cookie-1"},
                        {"name": "Content-Type", "value": "application/json"},
                        {"name": "Content-Length", "value": "9"},
                    ],
                    "postData": {"mimeType": "application/json", "text": '{"password":"canary-password-1"}'},
                },
                "response": {
                    "status": 200,
                    "httpVersion": "h2",
                    "headers": [{"name": "content-type", "value": "application/json"}],
                    "content": {
                        "encoding": "base64",
                        "text": base64.b64encode(
                            b'{"token":"canary-token-12","known":"canary-known-1"}'
                        ).decode(),
                    },
                },
            },
            {
                "startedDateTime": "2026-01-02T03:04:06Z",
                "time": 1,
                "request": {"method": "GET", "url": "https://kibana.example/base/api/y", "headers": []},
                "response": {"status": 0, "headers": [], "content": {"size": 0}},
            },
        ],
    }
}


def test_a_browsers_har_becomes_exchanges_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "browser.har").write_text(json.dumps(FOREIGN))
    context = Context(base_path="/base", redactor=Redactor(["canary-known-1"]))
    first, second = read_har(tmp_path / "browser.har", context)
    assert (first.request.method, first.request.path, first.request.space) == ("POST", "/api/x", "ab")
    assert first.request.query == (("q", "1"),)
    assert {name for name, _ in first.request.headers} == {"Cookie", "Content-Type"}
    assert first.answer is not None
    assert (first.answer.status, first.elapsed, first.leaked) == (200, 0.0125, ("/known",))
    assert "canary" not in repr(first)
    assert first.answer.json == {"token": "xxxxxx-xxxxx-00", "known": "xxxxxx-xxxxx-0"}
    assert second.answer is None
    assert second.weather is not None


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"log":{"entries":[{}]}}', '{"log":{"entries":[3]}}', '{"log":{"entries":5}}', "\xff"],
)
def test_what_is_no_har_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.har").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"x\.har"):
        read_har(tmp_path / "x.har")
    with pytest.raises(UsageError, match="cannot be read"):
        read_har(tmp_path / "missing.har")


VCRPY = """
interactions:
- request:
    body: '{"password":"canary-password-1"}'
    headers:
      Authorization: [Basic Y2FuYXJ5LXBhc3N3b3Jk]
      Content-Type: [application/json]
    method: POST
    uri: http://localhost:5601/s/ab/api/x?q=1
  response:
    body:
      string: '{"id": "1"}'
    headers:
      content-type: [application/json]
      kbn-name: [x]
    status: {code: 200, message: OK}
- request: {body: null, headers: {}, method: GET, uri: 'http://localhost:5601/api/y'}
  response:
    body: {string: !!binary PACKED}
    headers: {content-type: [application/json], content-encoding: [gzip], kbn-name: [x]}
    status: {code: 404, message: Not Found}
version: 1
""".replace("PACKED", base64.b64encode(gzip.compress(b'{"statusCode": 404}')).decode())

GO_VCR_3 = """
---
version: 2
interactions:
    - id: 0
      request:
        proto: HTTP/1.1
        content_length: 0
        host: 127.0.0.1:5601
        body: ""
        form: {}
        headers:
            Authorization: [ApiKey Y2FuYXJ5LXBhc3N3b3Jk]
        url: https://127.0.0.1:5601/api/status
        method: GET
      response:
        proto: HTTP/2.0
        content_length: -1
        uncompressed: true
        body: '{"name":"kibana"}'
        headers:
            Content-Type: [application/json; charset=utf-8]
            Kbn-Name: [kibana]
        status: 200 OK
        code: 200
        duration: 12.5ms
    - id: 1
      request: {body: "", headers: {}, url: "https://127.0.0.1:5601/api/x", method: ""}
      response: {body: Kibana server is not ready yet, headers: {}, status: 503 x, code: 503, duration: 1m2s}
"""

GO_VCR_1 = """
version: 1
interactions:
- request: {body: '{"a":1}', form: {}, headers: {Kbn-Xsrf: [x]}, url: "http://h:1/api/x", method: PUT}
  response: {body: 'gone', headers: {}, status: 410 Gone, code: 410, duration: 1500000}
"""


def test_vcrpy(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(VCRPY)
    first, second = read_cassette(tmp_path / "c.yaml")
    assert (first.request.method, first.request.path, first.request.space) == ("POST", "/api/x", "ab")
    assert first.request.body == b'{"password":"xxxxxx-xxxxxxxx-0"}'
    assert dict(first.request.headers)["Authorization"].startswith("Basic X")
    assert first.answer is not None
    assert first.answer.json == {"id": "1"}
    assert second.answer is not None
    assert (second.answer.status, second.answer.json) == (404, {"statusCode": 404})
    assert second.weather is None


def test_vcrpy_as_json(tmp_path: Path) -> None:
    packed = base64.b64encode(b'{"a":1}').decode()
    interaction = {
        "request": {"method": "GET", "uri": "http://h/api/x", "body": None, "headers": {}},
        "response": {
            "status": {"code": 200},
            "headers": {"content-type": "application/json"},
            "body": {"base64_string": packed},
        },
    }
    (tmp_path / "c.json").write_text(json.dumps({"version": 1, "interactions": [interaction]}))
    (only,) = read_cassette(tmp_path / "c.json")
    assert only.answer is not None
    assert only.answer.json == {"a": 1}


def test_go_vcr(tmp_path: Path) -> None:
    (tmp_path / "3.yaml").write_text(GO_VCR_3)
    (tmp_path / "1.yaml").write_text(GO_VCR_1)
    first, second = read_cassette(tmp_path / "3.yaml")
    assert first.answer is not None
    assert (first.answer.json, first.answer.http_version, first.elapsed) == (
        {"name": "kibana"},
        "HTTP/2.0",
        0.0125,
    )
    assert first.answer.header("kbn-name") == "kibana"
    assert second.weather is not None
    assert (second.weather.kind, second.elapsed, second.request.method) == ("not ready", 62.0, "GET")
    (only,) = read_cassette(tmp_path / "1.yaml")
    assert only.answer is not None
    assert (only.answer.status, only.elapsed, only.request.body) == (410, 0.0015, b'{"a":1}')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "interactions: 5",
        "interactions: [1]",
        "interactions: [{request: {}, response: {}}]",
        "a: [",
        "!!python/object:os.x {}",
    ],
)
def test_what_is_no_cassette_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(UsageError, match=r"x\.yaml"):
        read_cassette(tmp_path / "x.yaml")
