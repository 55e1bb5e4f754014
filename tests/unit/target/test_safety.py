"""Nothing above the allowed class is sent, and a generated change names only what this run owns."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wire.conftest import Loopback, loopback  # noqa: F401 - a fixture

from pytest_kibana.errors import OwnershipRefusal, SafetyRefusal, UsageError
from pytest_kibana.target import Owned, SafetyClass, SafetyPolicy, load_facts, read_facts
from pytest_kibana.target.ids import changed_ids, ids_in, ids_in_body, names_object, path_names_object
from pytest_kibana.wire import KibanaClient, Origin, Request

CLASSES = {
    "GET /api/things": "read",
    "GET /api/things/{id}": "read",
    "GET /api/things/_sync": "global",
    "POST /api/things": "space",
    "POST /api/things/_search": "read",
    "PUT /api/things/{id}": "space",
    "DELETE /api/things/{id}": "space",
    "POST /api/objects/{type}/{id}": "space",
    "PUT /api/settings": "global",
    "DELETE /api/agents/{agentId}": "disruptive",
    "POST /api/agents/{agentId}/unenroll": "disruptive",
    "POST /api/spaces/space": "space",
    "DELETE /api/spaces/space/{id}": "space",
}
DEFAULTS = """
[defaults]
safe_methods = ["GET", "HEAD", "OPTIONS"]
safe = "read"
other = "disruptive"
writers = ["*/_draft"]
writer = "disruptive"
"""
FACTS = read_facts(
    DEFAULTS
    + "[things]\n"
    + "".join(f'"{label}" = {{ safety = "{name}", why = "because" }}\n' for label, name in CLASSES.items()),
    "facts",
)
MARK = "kbn-test-run1"
OWN_SPACE = f"{MARK}-space"


def policy(allow: str = "space", *ids: str) -> SafetyPolicy:
    owned = Owned(MARK)
    owned.add(*ids)
    return SafetyPolicy(allow, FACTS, owned)


def generated(method: str, path: str, body: Any = None, **more: Any) -> Request:
    given = {"space": OWN_SPACE, "origin": Origin.GENERATED, **more}
    return Request(method, path, body=None if body is None else json.dumps(body).encode(), **given)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/things", "read"),
        ("GET", "/api/things/x", "read"),
        ("HEAD", "/api/things/x", "read"),
        ("GET", "/api/things/_sync", "global"),
        ("HEAD", "/api/things/_sync", "global"),
        ("POST", "/api/things/_search", "read"),
        ("POST", "/api/things", "space"),
        ("POST", "/s/other/api/things", "space"),
        ("POST", "/api/objects/dashboard/x", "space"),
        ("PUT", "/api/settings", "global"),
        ("DELETE", "/api/agents/1", "disruptive"),
        # What is not known is taken for worse than it may be.
        ("GET", "/api/unknown", "read"),
        ("GET", "/api/unknown/_draft", "disruptive"),
        ("POST", "/api/unknown", "disruptive"),
        ("PUT", "/api/things", "disruptive"),
        ("DELETE", "/api/unknown", "disruptive"),
        ("PURGE", "/api/things", "disruptive"),
        # No spelling of a path hides what it is.
        ("DELETE", "/api/agents/1/", "disruptive"),
        ("DELETE", "/api/%61gents/1", "disruptive"),
        ("DELETE", "/api//agents/1", "disruptive"),
        ("DELETE", "/API/Agents/1", "disruptive"),
        ("DELETE", "/s/x/api/agents/1", "disruptive"),
        ("DELETE", "/api/things/../agents/1", "disruptive"),
        ("DELETE", "/api/things/..%2Fagents%2F1", "disruptive"),
        ("DELETE", "/api/things/%2E%2E%2F..%2Fapi%2Fagents%2F1", "disruptive"),
        ("POST", "/api/things/..%5C..%5Capi%5Cthings", "disruptive"),
    ],
)
def test_the_path_decides_the_class(method: str, path: str, expected: str) -> None:
    assert str(policy().classify(Request(method, path)).safety) == expected


def test_what_a_request_says_of_itself_makes_it_only_stricter() -> None:
    lying = Request("DELETE", "/api/agents/1", operation="GET /api/things")
    assert policy().classify(lying).safety is SafetyClass.DISRUPTIVE
    strict = Request("GET", "/api/things", operation="PUT /api/settings")
    assert policy().classify(strict).safety is SafetyClass.GLOBAL


@pytest.mark.parametrize("allow", list(SafetyClass))
@pytest.mark.parametrize("label", CLASSES)
def test_what_is_above_the_allowed_class_is_refused_and_says_which_flag_allows_it(
    allow: SafetyClass, label: str
) -> None:
    method, _, path = label.partition(" ")
    gate, request = policy(str(allow)), Request(method, path, space=OWN_SPACE)
    needed = SafetyClass.of(CLASSES[label])
    assert gate.allows(label) is (needed <= allow)
    if needed <= allow:
        gate(request)
        return
    with pytest.raises(SafetyRefusal) as caught:
        gate(request)
    assert f"--kibana-allow={needed}" in caught.value.hint
    assert f"of class {needed}" in caught.value.message


def test_a_refusal_is_short_however_long_the_value() -> None:
    with pytest.raises(OwnershipRefusal) as caught:
        policy()(generated("DELETE", "/api/things/" + "a" * 5000))
    assert len(str(caught.value)) < 500


def test_a_class_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError):
        policy("harmless")


@pytest.mark.parametrize(
    "request_",
    [
        generated("DELETE", "/api/things/foreign"),
        generated("DELETE", "/api/things/"),
        generated("PUT", "/api/things/foreign", {}),
        generated("PUT", f"/api/things/{MARK}-1", {}, space="foreign"),
        generated("POST", "/api/things", {}, space=None),
        generated("POST", "/api/things", {}, space="default"),
        generated("POST", "/s/default/api/things", {}, space=None),
        generated("POST", "/api/things", {"id": "foreign"}),
        generated("POST", "/api/things", {"connectorId": "foreign"}),
        generated("POST", "/api/things", {"policy_ids": [f"{MARK}-1", "foreign"]}),
        generated("PUT", f"/api/things/{MARK}%2F..%2Fforeign", {}),
        generated("PUT", f"/api/things/{MARK}%2F%2E%2E%5Cforeign", {}),
        generated("POST", "/api/things", [{"deep": [{"id": "foreign"}]}]),
        generated("POST", "/api/things", {"format": {"a": {"b": {"id": "foreign"}}}}),
        generated("POST", "/api/things", {"columns": [{"caseId": "foreign"}]}),
        generated("POST", "/api/things", {"ids": [{"id": 7}]}),
        generated("POST", "/api/things", {"spaces": ["*"]}),
        generated("POST", "/api/things", {"agents": ""}),  # a filter, and an empty one means every agent
        generated("POST", "/api/things", {"agents": "none"}),
        Request("POST", "/api/things", body=b'{"agents":"",', space=OWN_SPACE, origin=Origin.GENERATED),
        generated("POST", "/api/things", {"namespaces": ["default"]}),
        generated("POST", "/api/things", query=(("id", "foreign"),)),
        generated("POST", "/api/things", query=(("saved_object_ids", '["foreign"]'),)),
        generated("POST", "/api/things", query=(("ids", f"{MARK}-1,foreign"),)),
        generated("POST", "/api/objects/dashboard/foreign"),
        generated("POST", "/api/spaces/space", {"id": "foreign", "name": "n"}, space=None),
        generated("DELETE", "/api/spaces/space/default", space=None),
        Request("POST", "/api/things", body=b'{"id":"foreign",', space=OWN_SPACE, origin=Origin.GENERATED),
        Request(
            "POST", "/api/things", body=b'{"\\u0069d":"foreign"}', space=OWN_SPACE, origin=Origin.GENERATED
        ),
        Request(
            "POST",
            "/api/things",
            body=b'{"a":1}\n{"id":"foreign"}\n',
            space=OWN_SPACE,
            origin=Origin.GENERATED,
        ),
    ],
    ids=lambda r: f"{r.method} {r.path} {r.body!r} {r.query}"[:70],
)
def test_a_generated_change_of_something_foreign_is_refused(request_: Request) -> None:
    with pytest.raises(SafetyRefusal):
        policy()(request_)
    if request_.path != "/api/things/":
        assert policy().foreign_ids(request_)
        with pytest.raises(OwnershipRefusal):
            policy()(request_)


@pytest.mark.parametrize(
    "request_",
    [
        generated("DELETE", f"/api/things/{MARK}-1"),
        generated("DELETE", "/api/things/given-by-server"),
        generated("PUT", f"/api/things/{MARK}-no-such-9f2c", {"name": "anything"}),
        generated("POST", "/api/spaces/space", {"id": f"{MARK}-new", "name": "n"}, space=None),
        generated("DELETE", f"/api/spaces/space/{MARK}-new", space=None),
        generated("POST", f"/api/objects/dashboard/{MARK}-2", {"references": [{"id": "given-by-server"}]}),
        generated(
            "POST", "/api/things", {"rule_type_id": ".es-query", "connector": {"id": "none"}, "id": None}
        ),
        generated(
            "POST", "/api/things", {"threat": [{"tactic": {"id": "TA0001"}}], "columns": [{"id": "host"}]}
        ),
        generated("GET", "/api/things/foreign", space=None),
        generated("POST", "/api/things/_search", {"id": "foreign"}, space=None),
    ],
    ids=lambda r: f"{r.method} {r.path}",
)
def test_what_this_run_owns_and_what_changes_nothing_passes(request_: Request) -> None:
    policy("space", "given-by-server")(request_)


def test_people_may_name_what_they_like() -> None:
    for origin in (Origin.HAND, Origin.FACTORY, Origin.PROBE):
        policy()(Request("DELETE", "/api/things/foreign", origin=origin))


names = st.sampled_from(
    ["id", "ids", "caseId", "agent_ids", "policyIds", "spaces", "namespaces", "agents", "connector_id"]
)


@given(names, st.text(min_size=1, max_size=10), st.lists(st.sampled_from(["a", "items", 0]), max_size=4))
def test_a_foreign_id_is_found_wherever_it_hides(name: str, value: str, place: list[Any]) -> None:
    body: Any = {name: value}
    for step in place:
        body = [body] if step == 0 else {step: body}
    found = list(ids_in_body(json.dumps(body).encode()))
    assert [v for _, v in found] == ([] if value == "none" else [value])


@pytest.mark.parametrize("name", ["roles", "retries"])
def test_members_may_be_named_after_objects(name: str) -> None:
    whole = json.dumps({"a": {name: {"foreign": {"elasticsearch": {}}}}}).encode()
    assert [value for _, value in ids_in_body(whole)] == ["foreign"]
    assert [value for _, value in ids_in_body(whole[:-1])] == ["foreign"], (
        "cut off, and yet understood by some"
    )
    assert not list(ids_in_body(json.dumps({name: ["superuser"]}).encode()))


@pytest.mark.parametrize("name", ["id", "ruleId", "rule_id", "case_ids", "spaces", "savedObjectId", "X-Id"])
def test_names_of_objects(name: str) -> None:
    assert names_object(name)


@pytest.mark.parametrize(
    "name", ["title", "valid", "rule_type_id", "connectorTypeId", "void", "identity", "featureIds"]
)
def test_names_of_other_things(name: str) -> None:
    assert not names_object(name)


def test_path_parameters_name_objects_unless_they_choose_a_kind() -> None:
    assert path_names_object("name")
    assert not path_names_object("entityType")
    assert list(ids_in({"type": "x"})) == []


@given(st.lists(st.sampled_from(["plain", "percent", "slash", "dot", "detour"]), min_size=19, max_size=19))
def test_no_spelling_hides_a_dangerous_read(spelling: list[str]) -> None:
    """An unknown GET counts as harmless, so a dangerous one must be known however it is spelt."""
    path = ""
    for character, how in zip("/api/things/_sync", spelling, strict=False):
        if character == "/":
            path += {"slash": "//", "dot": "/./", "detour": "/x/../", "percent": "%2F"}.get(how, "/")
        else:
            path += f"%{ord(character):02X}" if how == "percent" else character
    assert policy().classify(Request("GET", path)).safety is SafetyClass.GLOBAL


REAL = load_facts()


@pytest.mark.parametrize("label", [label for label, fact in REAL.items() if fact.safety != "read"])
def test_no_operation_that_changes_something_takes_a_foreign_id(label: str) -> None:
    owned = Owned(MARK)
    gate = SafetyPolicy("disruptive", REAL, owned)
    method, _, template = label.partition(" ")
    mine = re.sub(r"\{[^}]*\}", f"{MARK}-mine", template)
    gate(generated(method, mine, {"name": "x", "connector": {"id": "none"}}))
    for body in ({"id": "foreign"}, [{"ids": ["foreign"]}], {"a": {"spaces": ["default"]}}):
        with pytest.raises(OwnershipRefusal):
            gate(generated(method, mine, body))
    with pytest.raises(OwnershipRefusal):
        gate(generated(method, mine, query=(("id", "foreign"),)))
    with pytest.raises(OwnershipRefusal):
        gate(generated(method, mine, space="foreign"))
    for parameter in re.findall(r"\{[^}]*\}", template):
        foreign = re.sub(r"\{[^}]*\}", f"{MARK}-mine", template.replace(parameter, "foreign"))
        if path_names_object(parameter.strip("{}")):
            with pytest.raises(OwnershipRefusal):
                gate(generated(method, foreign))


def test_the_gate_stops_every_client(loopback: Loopback) -> None:  # noqa: F811
    with KibanaClient(loopback.url, gates=(policy("read"),)) as client:
        for sender in (
            client,
            client.in_space("x"),
            client.anonymous(),
            client.derive(origin=Origin.FACTORY),
        ):
            with pytest.raises(SafetyRefusal):
                sender.post("/api/things", json={})
            with pytest.raises(SafetyRefusal):
                sender.send(Request("DELETE", "/api/agents/1"))
        assert loopback.seen == []
        assert client.get("/api/things").status_code == 200


KEYS = st.sampled_from(["id", "caseId", "roles", "retries", "spaces", "technique", "name", "agents", "a"])
DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.sampled_from(["", "none", "x", "y"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_what_is_changed_is_what_counts_as_an_id_and_nothing_else(document: Any) -> None:
    seen: list[Any] = []

    def change(_member: str, value: Any) -> Any:
        seen.append(value)
        return value

    assert changed_ids(document, change) == document
    assert sorted(map(str, seen)) == sorted(value for _, value in ids_in(document))
    changed = changed_ids(document, lambda _member, value: f"ours-{value}")
    assert all(value.startswith("ours-") for _, value in ids_in(changed))
