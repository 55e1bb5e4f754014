"""What is serialised reads back to the same value, the way Kibana reads."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.contract.model import Body, MediaType, Operation, Parameter, Schema
from pytest_kibana.errors import UsageError
from pytest_kibana.wire import Request, build_request
from pytest_kibana.wire.body import encode_body
from pytest_kibana.wire.request import path_text, shapes, target_of

ARRAY = {"type": "array", "items": {"type": "string"}}
EITHER = {"anyOf": [{"type": "string"}, ARRAY]}
OBJECT = {"type": "object"}


def parameter(name: str, location: Any, schema: Any, **more: Any) -> Parameter:
    return Parameter(name, location, required=False, schema=Schema("#/x", schema), **more)


def operation(
    *parameters: Parameter, path: str = "/api/thing", method: str = "GET", **more: Any
) -> Operation:
    return Operation(f"{method} {path}", method, path, "op", "family", parameters=parameters, **more)


def query_of(request: Request) -> dict[str, list[str]]:
    """The query as a server sees it: keys to texts, percent-decoded."""
    return parse_qs(urlsplit(target_of("", request)).query, keep_blank_values=True)


def read_array(texts: list[str]) -> Any:
    """Kibana's arrayOf: several keys are a list, one key is JSON text (observed on 9.4.3)."""
    return json.loads(texts[0]) if len(texts) == 1 else texts


text = st.text(st.characters(codec="utf-8"))


@given(st.lists(text))
def test_arrays_read_back(values: list[str]) -> None:
    request = build_request(operation(parameter("a", "query", ARRAY)), query={"a": values})
    assert read_array(query_of(request)["a"]) == values


@given(st.lists(text, min_size=1))
def test_string_or_array_is_repeated_even_for_one(values: list[str]) -> None:
    request = build_request(operation(parameter("a", "query", EITHER)), query={"a": values})
    assert query_of(request)["a"] == values


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(text, json_values, max_size=4))
def test_objects_travel_as_json(value: Any) -> None:
    request = build_request(operation(parameter("o", "query", OBJECT, json_encoded=True)), query={"o": value})
    assert json.loads(query_of(request)["o"][0]) == value
    request = build_request(operation(parameter("o", "query", OBJECT)), query={"o": value})
    assert json.loads(query_of(request)["o"][0]) == value


@given(st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_scalars_read_back(value: Any) -> None:
    request = build_request(operation(parameter("v", "query", {})), query={"v": value})
    (said,) = query_of(request)["v"]
    assert json.loads(said) == value
    assert said == said.strip()


@given(text.filter(bool))
def test_a_path_parameter_is_one_segment_and_reads_back(value: str) -> None:
    request = build_request(operation(path="/api/thing/{id}/tail"), path={"id": value})
    segments = request.path.split("/")
    assert len(segments) == 5
    assert unquote(segments[3]) == value
    assert request.path.isascii()
    assert segments[3] not in (".", "..")


def test_path_text_encodes_what_would_change_the_path() -> None:
    assert path_text("a/b c?d#e") == "a%2Fb%20c%3Fd%23e"
    assert path_text("..") == "%2E%2E"
    assert path_text(["a", 1]) == "a%2C1"
    assert path_text(True) == "true"


def test_a_missing_path_parameter_is_our_mistake_unless_the_tail_is_optional() -> None:
    with pytest.raises(UsageError, match="'id'"):
        build_request(operation(path="/api/thing/{id}"))
    optional = operation(path="/api/thing/{id}", optional_tail=True)
    assert build_request(optional).path == "/api/thing"
    assert build_request(optional, path={"id": "x"}).path == "/api/thing/x"


def test_separators_of_openapi_hold_where_the_contract_names_them() -> None:
    for style, said in (("form", "a,b"), ("spaceDelimited", "a b"), ("pipeDelimited", "a|b")):
        request = build_request(
            operation(parameter("a", "query", ARRAY, style=style, explode=False)), query={"a": ["a", "b"]}
        )
        assert query_of(request) == {"a": [said]}
    deep = operation(parameter("f", "query", OBJECT, style="deepObject"))
    assert query_of(build_request(deep, query={"f": {"x": 1}})) == {"f[x]": ["1"]}


def test_a_reference_is_followed_to_see_whether_it_is_an_array() -> None:
    op = operation(parameter("a", "query", {"$ref": "#/components/schemas/A"}))
    assert query_of(build_request(op, query={"a": ["x"]})) == {"a": ["x"]}
    followed = build_request(op, query={"a": ["x"]}, resolve=lambda s: ARRAY if "$ref" in s else s)
    assert query_of(followed) == {"a": ['["x"]']}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (ARRAY, {"array"}),
        ({"type": ["array", "null"]}, {"array"}),
        ({"items": {}}, {"array"}),
        ({"type": "string"}, {"scalar"}),
        (EITHER, {"array", "scalar"}),
        ({"allOf": [EITHER, ARRAY]}, {"array"}),
        (True, {"array", "scalar"}),
    ],
)
def test_shapes(schema: Any, expected: set[str]) -> None:
    assert shapes(schema) == expected


def test_null_is_left_unsaid_in_a_query() -> None:
    assert build_request(operation(), query={"a": None, "b": ""}).query == (("b", ""),)


def test_the_standard_headers_and_how_to_leave_them_out() -> None:
    post = operation(method="POST")
    assert dict(build_request(post, body={}).headers) == {
        "accept-encoding": "gzip",
        "kbn-xsrf": "pytest-kibana",
        "elastic-api-version": "2023-10-31",
        "content-type": "application/json",
    }
    without = build_request(post, body={}, headers={"kbn-xsrf": None, "Content-Type": "text/plain"})
    assert "kbn-xsrf" not in dict(without.headers)
    assert dict(without.headers)["content-type"] == "text/plain"
    assert build_request(post, defaults=False).headers == ()
    assert "kbn-xsrf" not in dict(build_request(operation()).headers)


def test_header_and_cookie_parameters() -> None:
    op = operation(parameter("x-n", "header", {}), parameter("c", "cookie", {}))
    request = build_request(op, headers={"x-n": [1, True], "c": "a b"}, defaults=False)
    assert request.headers == (("x-n", "1,true"), ("cookie", "c=a%20b"))
    with pytest.raises(UsageError, match="line break"):
        build_request(op, headers={"x-n": "a\r\nevil: 1"})


def test_null_is_a_body_when_it_is_said_to_be_one() -> None:
    assert build_request(operation(method="POST")).body is None
    assert build_request(operation(method="POST"), body=None, has_body=True).body == b"null"


def test_the_media_type_is_the_operations_first_json_one() -> None:
    body = Body(True, (MediaType("multipart/form-data"), MediaType("application/merge-patch+json")))
    request = build_request(operation(method="PATCH", body=body), body={"a": 1})
    assert dict(request.headers)["content-type"] == "application/merge-patch+json"


@dataclass(frozen=True)
class File:
    filename: str
    content: bytes
    content_type: str = "application/ndjson"


def test_multipart_reads_back_and_repeats_byte_for_byte() -> None:
    import email.parser
    import email.policy

    fields = {
        "file": File('a"b.ndjson', b'{"x":1}\r\n--x\r\n'),
        "overwrite": True,
        "note": "ü",
        "many": ["a", "b"],
    }
    op = operation(
        method="POST", body=Body(True, (MediaType("multipart/form-data", encoding={"note": "text/plain"}),))
    )
    request = build_request(op, body=fields)
    assert request == build_request(op, body=fields)
    head = b"content-type: " + dict(request.headers)["content-type"].encode() + b"\r\n\r\n"
    parts = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body).get_payload()
    read = [(p.get_param("name", header="content-disposition"), p.get_payload(decode=True)) for p in parts]
    assert read == [
        ("file", b'{"x":1}\r\n--x\r\n'),
        ("overwrite", b"true"),
        ("note", "ü".encode()),
        ("many", b"a"),
        ("many", b"b"),
    ]
    assert parts[0].get_filename() == "a%22b.ndjson"
    assert parts[0].get_content_type() == "application/ndjson"
    assert parts[2].get_content_type() == "text/plain"


def test_other_bodies() -> None:
    def said(body: Any, media: str) -> bytes | None:
        return build_request(operation(method="POST"), body=body, media=media).body

    assert said([{"a": 1}, {"b": 2}], "application/x-ndjson") == b'{"a":1}\n{"b":2}\n'
    assert said("a,b\n1,2", "text/csv") == b"a,b\n1,2"
    assert said(b"\x00\xff", "application/gzip") == b"\x00\xff"
    assert said({"a": "b c", "d": 1}, "application/x-www-form-urlencoded") == b"a=b+c&d=1"
    assert said("{broken", "application/json") == b'"{broken"'
    assert said(b"{broken", "application/json") == b"{broken"
    assert said("\ud800", "application/json") == b'"\\ud800"'
    with pytest.raises(UsageError):
        said([1], "multipart/form-data")


@given(json_values)
def test_json_bodies_read_back(value: Any) -> None:
    request = build_request(operation(method="PUT"), body=value, has_body=True)
    assert json.loads(request.body) == value


def test_the_space_stands_between_base_path_and_path() -> None:
    request = build_request(operation(), space="ab", query={"q": "a b&c"})
    assert target_of("/base", request) == "/base/s/ab/api/thing?q=a%20b%26c"


UPLOADS = [
    ("a tuple", lambda _path: ("x.ndjson", b"{}"), "application/octet-stream"),
    ("a tuple with its type", lambda _path: ("x.ndjson", "{}", "application/ndjson"), "application/ndjson"),
    ("a path", lambda path: path, "application/octet-stream"),
    ("an open file", lambda path: path.open("rb"), "application/octet-stream"),
]


@pytest.mark.parametrize(("_what", "upload", "media"), UPLOADS, ids=[what for what, *_ in UPLOADS])
def test_files_may_be_given_as_other_clients_take_them(
    tmp_path: Path, _what: str, upload: Callable[[Path], Any], media: str
) -> None:
    (tmp_path / "x.ndjson").write_bytes(b"{}")
    given = upload(tmp_path / "x.ndjson")
    body, _ = encode_body({"file": given}, "multipart/form-data")
    assert b'name="file"; filename="x.ndjson"\r\nContent-Type: ' + media.encode() + b"\r\n\r\n{}\r\n" in body
    getattr(given, "close", lambda: None)()
