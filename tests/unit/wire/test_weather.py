"""Outages are told from answers, and importing the room costs nothing until it is used."""

import subprocess
import sys
from typing import Any

import httpcore
import pytest

from pytest_kibana import wire
from pytest_kibana.wire.weather import of_answer, of_trouble

NOT_READY = b"Kibana server is not ready yet"


@pytest.mark.parametrize(
    ("status", "kbn_name", "body", "json", "kind"),
    [
        (503, True, NOT_READY, None, "not ready"),
        (503, False, NOT_READY, None, "not ready"),
        (
            503,
            True,
            b"",
            {"message": "Kibana is shutting down and not accepting new incoming requests"},
            "not ready",
        ),
        (
            503,
            True,
            b"",
            {"message": "License information could not be obtained from Elasticsearch."},
            "not ready",
        ),
        (503, True, b"", {"message": "Authentication sub-system is not fully initialized yet."}, "not ready"),
        (503, True, b"", {"message": "no ML node"}, None),
        (503, True, b"", {"status": {"overall": {"level": "critical"}}}, None),
        (503, False, b"<html>", None, "gateway"),
        (502, False, b"", None, "gateway"),
        (502, True, b"", {"message": "the registry is away"}, None),
        (504, False, b"", {"ok": False}, "gateway"),
        (429, True, b"", {"message": "Server is overloaded"}, "overloaded"),
        (429, True, b"", {"message": "wait 5 s"}, None),
        (429, False, b"", None, "overloaded"),
        (500, False, b"", None, None),
        (200, False, NOT_READY, None, None),
        (404, False, b"", None, None),
        (503, True, b"", {"message": 5}, None),
        (503, True, b"", None, "not ready"),
        (429, True, b"", None, "overloaded"),
        (502, True, b"", None, None),
    ],
)
def test_answers(status: int, kbn_name: bool, body: bytes, json: Any, kind: str | None) -> None:
    found = of_answer(status, kbn_name=kbn_name, body=body, json=json)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (httpcore.ConnectError("refused"), "unreachable"),
        (httpcore.ConnectTimeout(), "unreachable"),
        (httpcore.ProxyError("403"), "unreachable"),
        (httpcore.ReadTimeout(), "timeout"),
        (httpcore.PoolTimeout(), "timeout"),
        (httpcore.RemoteProtocolError("not HTTP"), "broken"),
        (httpcore.ReadError(), "broken"),
        (ConnectionResetError(), "broken"),
    ],
)
def test_troubles(trouble: BaseException, kind: str) -> None:
    found = of_trouble(trouble)
    assert found.kind == kind
    assert found.sentence


def test_every_public_name_is_there() -> None:
    assert all(getattr(wire, name) is not None for name in wire.__all__)
    with pytest.raises(AttributeError):
        wire.nonsense  # noqa: B018


def test_values_can_be_had_without_an_http_library() -> None:
    code = "import sys, pytest_kibana.wire.exchange, pytest_kibana.target; print('httpx' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.strip() == "False"
