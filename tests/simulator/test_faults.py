"""Faults: each can be switched on by name, shows where it says it does, and only there."""

from collections.abc import Iterator

import httpx
import pytest

from pytest_kibana.contract import load
from pytest_kibana.errors import UsageError
from pytest_kibana.simulator.config import Config
from pytest_kibana.simulator.faults import CATALOGUE, applicable
from pytest_kibana.simulator.faults.model import Bench
from pytest_kibana.simulator.server import serve
from tests.simulator.conftest import StandIn

GENERIC = sorted(name for name, fault in CATALOGUE.items() if fault.group != "field")


@pytest.fixture(scope="module")
def steered(stand_in: StandIn) -> httpx.Client:
    return stand_in(control_port=0)


@pytest.fixture
def switch(steered: httpx.Client) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=steered.said["control_url"]) as control:  # type: ignore[attr-defined]
        yield control
        control.request("DELETE", "/faults", json={})
        control.post("/reset")


def on(switch: httpx.Client, *faults: str) -> None:
    answer = switch.post("/faults", json={"faults": list(faults)})
    assert answer.status_code == 200, answer.text


def test_the_catalogue_says_what_breaks_and_who_must_notice() -> None:
    assert len(GENERIC) >= 60
    for name, fault in CATALOGUE.items():
        assert name.count(".") == 1
        assert fault.breaks.endswith(".")
        assert fault.noticed_by


def test_every_fault_can_show_somewhere_in_core_or_is_a_field_fault() -> None:
    contract = load("core")
    bench = Bench(contract)
    silent = [
        n for n in GENERIC if not any(CATALOGUE[n].applies(o, bench) for o in contract.operations.values())
    ]
    # Core has no internal operation, and leaves the objects of answers open.
    assert set(silent) <= {"protocol.internal_exposed", "response.extra_property"}


def test_an_operation_knows_its_faults() -> None:
    contract = load("core")
    known = applicable(contract, contract.operation("GET /api/spaces/space/{id}"))
    assert {"response.drop_required", "access.anonymous_accepted", "laws.read_differs"} <= set(known)
    assert not {"protocol.xsrf_ignored", "laws.create_lost", "field.short_url_epoch"} & set(known)


def test_an_unknown_fault_is_refused_with_a_guess() -> None:
    with (
        pytest.raises(UsageError, match="no fault") as caught,
        serve(Config("core", faults=("response.drop_requird@*",))),
    ):
        pass
    assert "response.drop_required" in caught.value.hint


def test_a_fault_shows_at_its_operation_and_nowhere_else(steered: httpx.Client, switch: httpx.Client) -> None:
    on(switch, "response.drop_required@GET /api/spaces/space/{id}")
    assert "id" not in steered.get("/api/spaces/space/default").json()
    assert all("id" in space for space in steered.get("/api/spaces/space").json())
    assert switch.get("/faults").json()["faults"] == ["response.drop_required@GET /api/spaces/space/{}"]
    switch.request("DELETE", "/faults", json={})
    assert "id" in steered.get("/api/spaces/space/default").json()


@pytest.mark.parametrize("name", [n for n in GENERIC if n.startswith("response.")])
def test_a_fault_of_answers_breaks_the_contract(
    name: str, steered: httpx.Client, switch: httpx.Client
) -> None:
    contract = load("core")
    bench = Bench(contract)
    reads = ("GET /api/spaces/space/{id}", "GET /api/status", "GET /api/features", "GET /api/saved_objects/_find",
             "DELETE /api/security/role/{name}", "GET /api/task_manager/_health")  # fmt: skip
    label = next((r for r in reads if CATALOGUE[name].applies(contract.operation(r), bench)), None)
    if label is None or name == "response.stale":
        pytest.skip("shows at other operations")
    steered.put("/api/security/role/gone", json={"elasticsearch": {}})
    steered.post("/api/saved_objects/tag", json={"attributes": {"name": "t"}})
    on(switch, f"{name}@{label}")
    operation = contract.operation(label)
    path = label.split()[1].replace("{id}", "default").replace("{name}", "gone")
    answer = steered.request(operation.method, path, params={"type": "tag"} if "_find" in path else {})
    response = operation.response(answer.status_code)
    exact = response is not None and response.status == str(answer.status_code)
    media = (
        response.media(answer.headers.get("content-type", "").split(";")[0]) if response is not None else None
    )
    try:
        kept = exact and media is not None and not contract.violations(media.schema, answer.json())  # type: ignore[arg-type]
    except ValueError:
        kept = False
    assert not kept


def test_markup_is_in_values_keys_and_refusals(steered: httpx.Client, switch: httpx.Client) -> None:
    on(switch, "response.markup@GET /api/spaces/space/{id}")
    body = steered.get("/api/spaces/space/default").json()
    assert "onerror=" in body["id"] + body["name"]
    assert any("onerror=" in key for key in body)
    refused = steered.get("/api/spaces/space/nowhere")
    assert refused.status_code == refused.json()["statusCode"] == 404
    assert "window.pwned" in refused.json()["message"]


class TestProtocol:
    def test_xsrf_ignored(self, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, "protocol.xsrf_ignored@PUT /api/security/role/{name}")
        with httpx.Client(base_url=steered.base_url, auth=("elastic", "changeme")) as bare:
            assert bare.put("/api/security/role/x", json={"elasticsearch": {}}).status_code == 204

    def test_xsrf_refused_yet_done(self, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, "protocol.xsrf_refused_yet_done@PUT /api/security/role/{name}")
        with httpx.Client(base_url=steered.base_url, auth=("elastic", "changeme")) as bare:
            assert bare.put("/api/security/role/sneaked", json={"elasticsearch": {}}).status_code == 400
        assert steered.get("/api/security/role/sneaked").status_code == 200

    def test_own_envelope(self, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, "protocol.own_envelope@GET /api/spaces/space/{id}")
        assert "statusCode" not in steered.get("/api/spaces/space/none").json()

    def test_no_name(self, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, "protocol.no_name@GET /api/spaces/space")
        assert "kbn-name" not in steered.get("/api/spaces/space").headers


class TestAccess:
    def test_anonymous_accepted(self, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, "access.anonymous_accepted@GET /api/spaces/space")
        assert httpx.get(f"{steered.base_url}/api/spaces/space").status_code == 200

    def test_privileges_ignored(self, steered: httpx.Client, switch: httpx.Client) -> None:
        viewer = ("viewer", "changeme")
        assert (
            steered.post("/api/spaces/space", json={"id": "v", "name": "v"}, auth=viewer).status_code == 403
        )
        on(switch, "access.privileges_ignored@POST /api/spaces/space")
        assert (
            steered.post("/api/spaces/space", json={"id": "v", "name": "v"}, auth=viewer).status_code == 200
        )

    def test_other_space_readable(self, steered: httpx.Client, switch: httpx.Client) -> None:
        steered.post("/api/spaces/space", json={"id": "away", "name": "away"})
        made = steered.post("/s/away/api/short_url", json={"locatorId": "L", "params": {}}).json()["id"]
        assert steered.get(f"/api/short_url/{made}").status_code == 404
        on(switch, "access.other_space_readable@GET /api/short_url/{id}")
        assert steered.get(f"/api/short_url/{made}").status_code == 200


class TestLaws:
    def test_delete_keeps(self, steered: httpx.Client, switch: httpx.Client) -> None:
        steered.post("/api/spaces/space", json={"id": "stays", "name": "stays"})
        on(switch, "laws.delete_keeps@DELETE /api/spaces/space/{id}")
        assert steered.delete("/api/spaces/space/stays").status_code == 204
        assert steered.get("/api/spaces/space/stays").status_code == 200

    def test_update_lost_and_update_resets(self, steered: httpx.Client, switch: httpx.Client) -> None:
        body = {"id": "up", "name": "up", "description": "d", "color": "#aabbcc"}
        steered.post("/api/spaces/space", json=body)
        on(switch, "laws.update_lost@PUT /api/spaces/space/{id}")
        assert steered.put("/api/spaces/space/up", json={"id": "up", "name": "new"}).json()["name"] == "new"
        assert steered.get("/api/spaces/space/up").json()["name"] == "up"
        switch.request("DELETE", "/faults", json={})
        on(switch, "laws.update_resets@PUT /api/spaces/space/{id}")
        steered.put("/api/spaces/space/up", json={"id": "up", "name": "new"})
        assert steered.get("/api/spaces/space/up").json() != {**body, "name": "new", "disabledFeatures": []}

    def test_lists_forget_and_repeat(self, steered: httpx.Client, switch: httpx.Client) -> None:
        steered.post("/api/spaces/space", json={"id": "second", "name": "second"})
        on(switch, "laws.list_forgets@GET /api/spaces/space")
        assert [s["id"] for s in steered.get("/api/spaces/space").json()] == ["default"]
        switch.request("DELETE", "/faults", json={})
        on(switch, "laws.list_repeats@GET /api/spaces/space")
        assert [s["id"] for s in steered.get("/api/spaces/space").json()] == ["default", "default", "second"]

    def test_pages_are_ignored(self, steered: httpx.Client, switch: httpx.Client) -> None:
        for name in ("a", "b"):
            steered.post(f"/api/saved_objects/tag/{name}", json={"attributes": {"name": name}})
        on(switch, "laws.page_ignored@GET /api/saved_objects/_find")
        pages = [
            steered.get("/api/saved_objects/_find", params={"type": "tag", "per_page": 1, "page": n}).json()
            for n in (1, 2)
        ]
        assert pages[0]["saved_objects"] == pages[1]["saved_objects"]

    def test_a_stale_version_is_accepted(self, steered: httpx.Client, switch: httpx.Client) -> None:
        made = steered.post("/api/saved_objects/tag/v", json={"attributes": {"name": "v"}}).json()
        steered.put("/api/saved_objects/tag/v", json={"attributes": {"name": "w"}})
        stale = {"attributes": {"name": "x"}, "version": made["version"]}
        assert steered.put("/api/saved_objects/tag/v", json=stale).status_code == 409
        on(switch, "laws.version_unchecked@PUT /api/saved_objects/{type}/{id}")
        assert steered.put("/api/saved_objects/tag/v", json=stale).status_code == 200


class TestInput:
    def test_invalid_accepted(self, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, "input.invalid_accepted@PUT /api/security/role/{name}")
        assert (
            steered.put("/api/security/role/bad", json={"elasticsearch": {"cluster": 5}}).status_code == 204
        )

    def test_unknown_key_accepted(self, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, "input.unknown_key_accepted@PUT /api/security/role/{name}")
        assert steered.put("/api/security/role/odd", json={"elasticsearch": {}, "odd": 1}).status_code == 204

    def test_unicode_500(self, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, "input.unicode_500@POST /api/spaces/space")
        assert steered.post("/api/spaces/space", json={"id": "u", "name": "ü"}).status_code == 500


class TestWeather:
    @pytest.mark.parametrize("name", ["weather.cut", "weather.half"])
    def test_the_connection_breaks(self, name: str, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, f"{name}@GET /api/spaces/space")
        with pytest.raises(httpx.TransportError):
            steered.get("/api/spaces/space")
        assert steered.get("/api/status").status_code == 200

    def test_a_restart_takes_the_whole_server_down(self, steered: httpx.Client, switch: httpx.Client) -> None:
        on(switch, "weather.restart@GET /api/spaces/space")
        with pytest.raises(httpx.TransportError):
            steered.get("/api/spaces/space")
        assert steered.get("/api/status").text == "Kibana server is not ready yet"
        switch.post("/boot", json={"seconds": 0})
        assert steered.get("/api/spaces/space").status_code == 200

    def test_a_restart_can_be_played(self, steered: httpx.Client, switch: httpx.Client) -> None:
        switch.post("/boot", json={"seconds": 0.2})
        assert steered.get("/api/status").status_code == 503

    def test_a_proxy_answers_without_kibanas_name(self, stand_in: StandIn) -> None:
        client = stand_in(faults=("weather.proxy_error@GET /api/features",))
        answer = client.get("/api/features")
        assert answer.status_code == 502
        assert "kbn-name" not in answer.headers


def test_quirks_switch_on_every_known_deviation(stand_in: StandIn) -> None:
    client = stand_in(quirks="9.4")
    made = client.post("/api/short_url", json={"locatorId": "L", "params": {}}).json()
    assert isinstance(made["createDate"], int)
    gone = client.delete(f"/api/short_url/{made['id']}")
    assert (gone.status_code, gone.content) == (200, b"null")
