"""A known secret survives in no field of an exchange, whichever way it entered; what holds none is untouched."""

import base64
import json
import pickle
from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.wire import Answer, Exchange, Intent, Redactor, Request, Rule, Weather, parse_json
from pytest_kibana.wire.needles import mask, sensitive_key

CANARY = "cAnary-7f3/K+9e~Ω"
PLAIN = "canary0123456789"
JSON_HEADERS = (("content-type", "application/json; charset=utf-8"),)


def answer_of(value: Any, **more: Any) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    parsed = parse_json(body)
    return Answer(200, JSON_HEADERS, body, parsed.value, parsed.is_json, parsed.trouble, **more)


def exchange_of(**more: Any) -> Exchange:
    given = {
        "request": Request("GET", "/api/x"),
        "url": "http://k/api/x",
        "answer": answer_of({"a": 1}),
        **more,
    }
    return Exchange("1", started=1.0, elapsed=0.1, **given)


def strings_in(value: Any) -> list[str]:
    """Every text and bytes anywhere in a value."""
    if isinstance(value, bytes):
        return [value.decode("utf-8", "replace")]
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        return [s for f in fields(value) for s in strings_in(getattr(value, f.name))]
    if isinstance(value, dict):
        return [s for pair in value.items() for item in pair for s in strings_in(item)]
    if isinstance(value, list | tuple):
        return [s for item in value for s in strings_in(item)]
    return []


def assert_gone(exchange: Exchange, *secrets: str) -> None:
    text = "\0".join(strings_in(exchange))
    for secret in secrets:
        assert secret not in text


FORMS = [
    CANARY,
    quote(CANARY, safe=""),
    json.dumps(CANARY)[1:-1],
    base64.b64encode(f"id:{CANARY}".encode()).decode(),
    base64.b64encode(f"ab:{CANARY}:cd".encode()).decode(),
    base64.b64encode(CANARY.encode()).decode(),
]


def places(said: str) -> list[Exchange]:
    """An exchange for every place in which a text can stand."""
    request = Request("POST", "/api/x")
    rule = Rule("body", f"/{said}", "type", f"sent {said}")
    return [
        exchange_of(url=f"http://k/api/{said}?x={said}"),
        exchange_of(request=Request("POST", f"/api/{said}")),
        exchange_of(request=Request("POST", "/x", query=(("q", said), (said, "q")))),
        exchange_of(request=Request("POST", "/x", headers=(("x-any", said), (f"x-{said}", "1")))),
        exchange_of(request=Request("POST", "/x", body=said.encode())),
        exchange_of(
            request=Request("POST", "/x", body=json.dumps({"a": said}).encode(), headers=JSON_HEADERS)
        ),
        exchange_of(request=Request("POST", "/x", body=f'{{"a":"{said}'.encode(), headers=JSON_HEADERS)),
        exchange_of(request=Request("POST", "/x", path_parameters={"id": said}, space=said)),
        exchange_of(request=Request("POST", "/x", intent=Intent(rule=rule, case=said))),
        exchange_of(answer=answer_of({"a": [{"b": f"x {said} y"}]})),
        exchange_of(answer=answer_of({said: 1})),
        exchange_of(answer=answer_of(said)),
        exchange_of(answer=answer_of(json.dumps({"a": said})[:-1].encode())),
        exchange_of(answer=Answer(200, (("content-type", "text/html"),), f"<p>{said}</p>".encode())),
        exchange_of(
            answer=Answer(302, (("location", f"/login?next={said}"), ("set-cookie", f"sid={said}; Path=/")))
        ),
        exchange_of(answer=answer_of({"a": 1}), request=request, weather=Weather("broken", f"at {said}")),
        exchange_of(answer=Answer(200, JSON_HEADERS, b"", json_trouble=f"the key {said!r} stands twice")),
    ]


@pytest.mark.parametrize("said", FORMS)
def test_a_known_secret_survives_nowhere(said: str) -> None:
    redactor = Redactor([CANARY])
    for exchange in places(said):
        assert_gone(redactor.exchange(exchange), CANARY, said)


@given(
    secret=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=8, max_size=40),
    before=st.text(max_size=5),
    after=st.text(max_size=5),
    place=st.integers(0, 16),
)
def test_any_secret_survives_nowhere(secret: str, before: str, after: str, place: int) -> None:
    marked = f"{secret}{PLAIN}"
    try:
        f"{before}{marked}{after}".encode()
    except UnicodeEncodeError:
        return
    redactor = Redactor([marked])
    assert_gone(redactor.exchange(places(f"{before}{marked}{after}")[place]), marked)
    body = base64.b64encode(f"{before}{marked}{after}".encode()).decode()
    cleaned = redactor.exchange(exchange_of(answer=answer_of({"k": body})))
    assert marked.encode() not in base64.b64decode(cleaned.answer.json["k"] + "===", validate=False)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "api_key",
        "apiKey",
        "encoded",
        "token",
        "access_token",
        "service-token",
        "Authorization",
        "clientSecret",
    ],
)
def test_sensitive_members_are_masked_whatever_they_hold(name: str) -> None:
    value = "unknown-Value-99"
    sent = exchange_of(
        request=Request(
            "POST",
            "/x",
            query=((name, value),),
            headers=JSON_HEADERS,
            body=json.dumps({"in": {name: value}}).encode(),
        ),
        url=f"http://k/x?{name}={value}",
        answer=answer_of({"out": [{name: value}]}),
    )
    cleaned = Redactor().exchange(sent)
    assert_gone(cleaned, value)
    assert cleaned.answer.json == {"out": [{name: "xxxxxxx-Xxxxx-00"}]}
    assert json.loads(cleaned.answer.body) == cleaned.answer.json


def test_everything_below_secrets_is_masked_and_keeps_its_type() -> None:
    value = {
        "secrets": {
            "user": "someone",
            "headers": ["a-b"],
            "port": 8080,
            "ratio": 1.5,
            "on": True,
            "none": None,
        }
    }
    cleaned = Redactor().exchange(exchange_of(answer=answer_of(value))).answer.json
    assert cleaned == {
        "secrets": {
            "user": "xxxxxxx",
            "headers": ["x-x"],
            "port": 1000,
            "ratio": 1.0,
            "on": True,
            "none": None,
        }
    }


def test_a_sensitive_name_hidden_by_escapes_is_seen() -> None:
    body = b'{"pass\\u0077ord":"open-sesame-1"}'
    assert_gone(Redactor().exchange(exchange_of(answer=answer_of(body))), "open-sesame-1")


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/x-www-form-urlencoded", b"user=a&password=open-sesame-1&x=1"),
        ("application/x-ndjson", b'{"a":1}\n{"password":"open-sesame-1"}\n'),
        ("application/json", b'{"a":1,"password":"open-sesame-1"'),
        ("text/plain", b"api_key: open-sesame-1"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nopen-sesame-1\r\n--b--\r\n',
        ),
    ],
)
def test_sensitive_fields_of_every_kind_of_body(media: str, body: bytes) -> None:
    for sent in (
        exchange_of(request=Request("POST", "/x", headers=(("content-type", media),), body=body)),
        exchange_of(answer=Answer(200, (("content-type", media),), body)),
    ):
        cleaned = Redactor().exchange(sent)
        assert_gone(cleaned, "open-sesame-1")
        kept = cleaned.request.body if sent.request.body else cleaned.answer.body
        assert len(kept) == len(body)


def test_headers_keep_what_is_no_secret() -> None:
    redactor = Redactor()
    assert redactor.headers((("Authorization", "ApiKey abcD=="),)) == (("Authorization", "ApiKey xxxX=="),)
    assert redactor.headers((("set-cookie", "sid=abc1; Path=/; HttpOnly"),)) == (
        ("set-cookie", "sid=xxx0; Path=/; HttpOnly"),
    )
    assert redactor.headers((("cookie", "a=b; c=d"),)) == (("cookie", "a=x; c=x"),)
    assert redactor.url("https://u:p@k/x?token=abc&y=1") == "https://k/x?token=xxx&y=1"


names = st.text(st.characters(codec="utf-8"), max_size=8).filter(lambda s: not sensitive_key(s))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8"), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=15,
)


@given(values)
def test_what_holds_no_secret_is_untouched(value: Any) -> None:
    before = exchange_of(answer=answer_of(value))
    after = Redactor([PLAIN]).exchange(before)
    assert after == before
    assert after.answer.body == before.answer.body


@given(st.dictionaries(st.sampled_from(["password", "token", "a", "secrets"]), values, min_size=1))
def test_types_and_lengths_are_kept(value: Any) -> None:
    def shape(v: Any) -> Any:
        if isinstance(v, dict):
            return {k: shape(m) for k, m in v.items()}
        if isinstance(v, list):
            return [shape(m) for m in v]
        return (type(v), len(v)) if isinstance(v, str) else type(v)

    assert shape(Redactor().exchange(exchange_of(answer=answer_of(value))).answer.json) == shape(value)


@given(st.text(min_size=1))
def test_a_mask_is_another_text_of_the_same_length(text: str) -> None:
    if set(text) <= {"*"}:
        return
    assert mask(text) != text
    assert len(mask(text)) == len(text)


def test_leaks_are_told_by_pointer() -> None:
    cleaned = Redactor([PLAIN]).exchange(
        exchange_of(answer=answer_of({"a/b": [{"m": f"key {PLAIN}"}], "ok": 1}))
    )
    assert cleaned.leaked == ("/a~1b/0/m",)
    text = Answer(200, (("content-type", "text/plain"),), f"oops {PLAIN}".encode())
    assert Redactor([PLAIN]).exchange(exchange_of(answer=text)).leaked == ("",)
    assert Redactor([PLAIN]).exchange(exchange_of()).leaked == ()


def test_a_secret_that_the_request_carried_and_the_answer_repeats_is_a_leak_outside_its_place() -> None:
    def leaked(sent: Any, answered: Any) -> tuple[str, ...]:
        request = Request("POST", "/x", headers=JSON_HEADERS, body=json.dumps(sent).encode())
        cleaned = Redactor().exchange(exchange_of(request=request, answer=answer_of(answered)))
        assert_gone(cleaned, "sesame-12345") if leaks else None
        return cleaned.leaked

    leaks = True
    assert leaked({"secrets": {"x": "sesame-12345"}}, {"message": "bad sesame-12345"}) == ("/message",)
    assert leaked({"password": "sesame-12345"}, {"password": "sesame-12345"}) == ()
    leaks = False
    assert leaked({"password": "sesame-12345", "name": "sesame-12345"}, {"name": "sesame-12345"}) == ()


def test_short_or_common_secrets_do_not_shred_answers() -> None:
    redactor = Redactor(["elastic", "abc", "word"])
    before = exchange_of(answer=answer_of({"name": "elastic", "abc": "swordfish"}))
    assert redactor.exchange(before) == before
    assert redactor.exchange(exchange_of(answer=answer_of({"m": "the word"}))).answer.json == {
        "m": "the xxxx"
    }


def test_secrets_can_be_registered_later_from_many_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    redactor = Redactor()
    secrets = [f"secret-number-{n}-x" for n in range(100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(redactor.register, secrets))
    assert_gone(redactor.exchange(exchange_of(answer=answer_of(secrets))), *secrets)


def test_a_redactor_is_neither_printed_nor_pickled() -> None:
    redactor = Redactor([PLAIN])
    assert PLAIN not in repr(redactor)
    with pytest.raises(TypeError):
        pickle.dumps(redactor)
