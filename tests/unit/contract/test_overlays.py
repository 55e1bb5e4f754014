"""Corrections are applied where they are meant, are part of what is cached, and never miss in silence."""

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.contract import load, overlays
from pytest_kibana.contract.overlays import read
from pytest_kibana.errors import ContractError


def text(*actions: dict[str, Any], **more: Any) -> bytes:
    return json.dumps(
        {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": actions, **more}
    ).encode()


def applied(document: dict[str, Any], *actions: dict[str, Any]) -> dict[str, Any]:
    return overlays.apply([read(text(*actions), "test")], json.loads(json.dumps(document)))


DOCUMENT = {
    "paths": {
        "/api/a": {
            "get": {"tags": ["x"], "parameters": [{"name": "p", "in": "query"}, {"name": "q", "in": "query"}]}
        },
        "/api/it's": {"get": {"tags": ["y"]}, "post": {"tags": ["y"]}},
    },
    "info": {"title": "one", "deep": {"list": [1, 2], "kept": True}},
}


@pytest.mark.parametrize(
    ("target", "update", "at", "meant"),
    [
        ("$.info", {"title": "two"}, ("info", "title"), "two"),
        ("$.info", {"deep": {"new": 1}}, ("info", "deep"), {"list": [1, 2], "kept": True, "new": 1}),
        ("$.info.deep.list", [3], ("info", "deep", "list"), [1, 2, 3]),
        ("$.info.deep.list", 3, ("info", "deep", "list"), [1, 2, 3]),
        ("$.info.deep.list[1]", 9, ("info", "deep", "list"), [1, 9]),
        ("$['info']['title']", "two", ("info", "title"), "two"),
        ('$.paths["/api/it\'s"].get', {"tags": ["z"]}, ("paths", "/api/it's", "get", "tags"), ["y", "z"]),
        (
            "$.paths['/api/it\\'s'].*",
            {"deprecated": True},
            ("paths", "/api/it's", "post", "deprecated"),
            True,
        ),
        ("$.paths[*].get", {"deprecated": True}, ("paths", "/api/a", "get", "deprecated"), True),
        (
            "$.paths['/api/a'].get.parameters[?(@.name == 'q')]",
            {"required": True},
            ("paths", "/api/a", "get", "parameters", 1, "required"),
            True,
        ),
        (
            "$.paths['/api/a'].get.parameters[?@.name!='q']",
            {"required": True},
            ("paths", "/api/a", "get", "parameters", 0, "required"),
            True,
        ),
    ],
)
def test_an_update_is_merged_at_its_target(target: str, update: Any, at: tuple[Any, ...], meant: Any) -> None:
    here: Any = applied(DOCUMENT, {"target": target, "update": update})
    for key in at:
        here = here[key]
    assert here == meant


def test_a_removal_takes_every_match() -> None:
    action = {"target": "$.paths['/api/a'].get.parameters[?(@.in == 'query')]", "remove": True}
    assert applied(DOCUMENT, action)["paths"]["/api/a"]["get"]["parameters"] == []


def test_actions_follow_one_another() -> None:
    """Removing and setting is how one thing takes another's place."""
    out = applied(
        DOCUMENT,
        {"target": "$.info.deep", "remove": True},
        {"target": "$.info", "update": {"deep": {"fresh": 1}}},
    )
    assert out["info"]["deep"] == {"fresh": 1}


@pytest.mark.parametrize(
    "target", ["paths", "$", "$..get", "$.a[1:2]", "$.a[?(@.b > 1)]", "$.a[?(@.b)]", "$.a b", "$.a[-1]", ""]
)
def test_a_target_that_is_not_understood_is_an_error(target: str) -> None:
    with pytest.raises(ContractError, match="not understood"):
        read(text({"target": target, "remove": True}), "test")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{}", "overlay: 1.0.0"),
        (b'{"overlay": "2.0.0", "actions": [{}]}', "overlay: 1.0.0"),
        (text(), "actions"),
        (text({"target": "$.a", "remove": True}, surprise=1), "surprise"),
        (text({"target": "$.a", "remove": True}, **{"x-versions": "newest"}), "newest"),
        (text({"remove": True}), "no target"),
        (text({"target": "$.a"}), "not understood"),
        (text({"target": "$.a", "remove": True, "update": 1}), "not understood"),
        (text({"target": "$.a", "copy": "$.b", "update": 1}), "copy"),
    ],
)
def test_what_is_no_overlay_is_an_error(data: bytes, words: str) -> None:
    with pytest.raises(ContractError, match=words):
        read(data, "test.json")


@pytest.fixture
def file(tmp_path: Path, build: Any) -> Path:
    path = tmp_path / "kibana-9.1.json"
    path.write_text(json.dumps(build()))
    return path


def overlay_file(tmp_path: Path, name: str, *actions: dict[str, Any], **more: Any) -> Path:
    path = tmp_path / name
    path.write_bytes(text(*actions, **more))
    return path


def test_a_given_overlay_is_applied_and_cached_apart(tmp_path: Path, file: Path) -> None:
    one = overlay_file(tmp_path, "one.json", {"target": "$.info", "update": {"title": "Corrected"}})
    cache = tmp_path / "cache"
    for _ in range(2):
        plain, corrected = (
            load(file, cache_dir=cache, overlays=[]),
            load(file, cache_dir=cache, overlays=[one]),
        )
        assert (plain.title, corrected.title) == ("Small", "Corrected")
        assert (plain.overlays, corrected.overlays) == ((), (str(one),))
        assert corrected.document()["info"]["title"] == "Corrected"
        assert plain.sha256 == corrected.sha256
    one.write_bytes(text({"target": "$.info", "update": {"title": "Again"}}))
    assert load(file, cache_dir=cache, overlays=[one]).title == "Again"


@pytest.mark.parametrize(
    ("meant_for", "applies"),
    [
        ({}, True),
        ({"x-versions": ">=9.1,<9.4"}, True),
        ({"x-versions": "==9.1.*"}, True),
        ({"x-versions": "<9"}, False),
        ({"x-flavors": ["traditional"]}, True),
        ({"x-flavors": ["serverless"]}, False),
    ],
)
def test_an_overlay_is_applied_where_it_is_meant(
    tmp_path: Path, file: Path, meant_for: dict[str, Any], applies: bool
) -> None:
    one = overlay_file(
        tmp_path, "one.json", {"target": "$.info", "update": {"title": "Corrected"}}, **meant_for
    )
    assert (load(file, cache_dir=tmp_path / "cache", overlays=[one]).title == "Corrected") is applies


def test_a_given_target_that_is_not_there_is_an_error(tmp_path: Path, file: Path) -> None:
    one = overlay_file(tmp_path, "one.json", {"target": "$.paths['/api/gone']", "remove": True})
    with pytest.raises(ContractError, match="/api/gone"):
        load(file, cache_dir=tmp_path / "cache", overlays=[one])


def test_the_packages_own_overlays_pass_over_what_is_not_there(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = read(
        text({"target": "$.gone", "remove": True}, {"target": "$.info", "update": {"title": "Ours"}}),
        "own",
        lenient=True,
    )
    monkeypatch.setattr(overlays, "packaged", lambda: (own,))
    assert load(file, cache_dir=tmp_path / "cache").title == "Ours"


def test_the_packages_own_overlays_can_be_read_and_have_evidence() -> None:
    for overlay in overlays.packaged():
        assert overlay.evidence
        assert overlay.versions or overlay.flavors
