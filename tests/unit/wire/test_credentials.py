"""Credentials add the right headers and never print their secrets."""

import base64
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import UsageError
from pytest_kibana.wire import Anonymous, ApiKey, Basic, Bearer, Credentials, RawHeader, Session

CANARY = "canary-9f31-secret"
ENCODED = base64.b64encode(f"key-id:{CANARY}".encode()).decode()
KINDS = [
    ApiKey(ENCODED),
    ApiKey.of("key-id", CANARY),
    Basic("someone", CANARY),
    Bearer(CANARY),
    Session("someone", CANARY),
    RawHeader(f"ApiKey {CANARY}"),
    Anonymous(),
]


@pytest.mark.parametrize("credentials", KINDS, ids=lambda c: c.kind)
def test_no_kind_prints_its_secret(credentials: Credentials) -> None:
    for text in (repr(credentials), str(credentials), str(credentials.describe()), f"{credentials!r:>5}"):
        assert CANARY not in text
        assert ENCODED not in text


@pytest.mark.parametrize("credentials", KINDS[:-1], ids=lambda c: c.kind)
def test_every_kind_tells_the_redactor_its_secret(credentials: Credentials) -> None:
    assert any(CANARY in s or s == ENCODED for s in credentials.secrets())


def test_headers_are_what_kibana_reads() -> None:
    assert ApiKey.of("key-id", CANARY).headers() == (("authorization", f"ApiKey {ENCODED}"),)
    assert ApiKey(f"ApiKey {ENCODED}").headers() == ApiKey(ENCODED).headers()
    assert ApiKey(f"key-id:{CANARY}").id == "key-id"
    assert Basic("a", "b:c").headers() == (("authorization", "Basic " + base64.b64encode(b"a:b:c").decode()),)
    assert Bearer("bearer x").headers() == (("authorization", "Bearer x"),)
    assert Anonymous().headers() == ()
    assert RawHeader("x", name="es-secondary-authorization").headers() == (
        ("es-secondary-authorization", "x"),
    )


@pytest.mark.parametrize("value", ["", "not base64 at all", base64.b64encode(b"no-colon").decode()])
def test_a_key_that_is_not_one_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        ApiKey(value)
    assert not value or value not in str(caught.value)


def test_a_user_name_with_a_colon_cannot_be_meant() -> None:
    with pytest.raises(UsageError):
        Basic("a:b", "c")


@given(st.text(min_size=1).filter(lambda s: ":" not in s), st.text())
def test_basic_decodes_to_what_was_given(user: str, password: str) -> None:
    try:
        (_, value), *_ = Basic(user, password).headers()
    except UnicodeEncodeError:
        return
    assert base64.b64decode(value.removeprefix("Basic ")).decode() == f"{user}:{password}"


def test_equal_credentials_are_one_and_survive_a_worker_boundary() -> None:
    assert pickle.loads(pickle.dumps(Basic("a", "b"))) == Basic("a", "b")
    assert len({Basic("a", "b"), Basic("a", "b")}) == 1
