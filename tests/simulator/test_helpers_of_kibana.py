"""Internal routes that Kibana's own test tools use beside the API: settings, sessions, the space (Kibana source)."""

import httpx

from tests.simulator.conftest import XSRF

MARKED = {**XSRF, "x-elastic-internal-origin": "test"}
SETTINGS = "/internal/kibana/settings"


def test_settings_are_of_a_space_and_taken_back(kibana: httpx.Client) -> None:
    said = kibana.post(SETTINGS, json={"changes": {"workflows:ui:enabled": True}}, headers=MARKED).json()
    assert said["settings"]["workflows:ui:enabled"] == {"userValue": True}
    there = kibana.get(f"/s/elsewhere{SETTINGS}", headers=MARKED).json()["settings"]
    assert "workflows:ui:enabled" not in there
    one = kibana.post(f"{SETTINGS}/dateFormat:tz", json={"value": "UTC"}, headers=MARKED).json()
    assert one["settings"]["dateFormat:tz"] == {"userValue": "UTC"}
    kibana.delete(f"{SETTINGS}/dateFormat:tz", headers=MARKED)
    kibana.post(SETTINGS, json={"changes": {"workflows:ui:enabled": None}}, headers=MARKED)
    assert set(kibana.get(SETTINGS, headers=MARKED).json()["settings"]) == {"buildNum"}


def test_global_settings_are_the_same_everywhere(kibana: httpx.Client) -> None:
    path = "/internal/kibana/global_settings"
    kibana.post(path, json={"changes": {"hideAnnouncements": True}}, headers=MARKED)
    assert "hideAnnouncements" in kibana.get(f"/s/elsewhere{path}", headers=MARKED).json()["settings"]
    assert "hideAnnouncements" not in kibana.get(SETTINGS, headers=MARKED).json()["settings"]


def test_they_are_internal_and_for_those_who_may(kibana: httpx.Client) -> None:
    assert "exists but is not available" in kibana.get(SETTINGS).json()["message"]
    viewer = ("viewer", "changeme")
    assert kibana.get(SETTINGS, headers=MARKED, auth=viewer).status_code == 200
    refused = kibana.post(SETTINGS, json={"changes": {}}, headers=MARKED, auth=viewer)
    assert refused.status_code == 403


def test_a_helper_learns_where_it_is(kibana: httpx.Client, nobody: httpx.Client) -> None:
    assert kibana.get("/internal/spaces/_active_space", headers=MARKED).json()["id"] == "default"
    assert kibana.get("/s/none/internal/spaces/_active_space", headers=MARKED).status_code == 404
    state = nobody.get("/internal/security/login_state", headers=MARKED).json()
    assert state["selector"]["providers"][0]["type"] == "basic"


def test_a_session_tells_its_end(kibana: httpx.Client, nobody: httpx.Client) -> None:
    assert kibana.get("/internal/security/session", headers=MARKED).status_code == 204
    body = {"providerType": "basic", "providerName": "basic", "currentURL": "/",
            "params": {"username": "elastic", "password": "changeme"}}  # fmt: skip
    nobody.post("/internal/security/login", json=body, headers=MARKED)
    said = nobody.get("/internal/security/session", headers=MARKED).json()
    assert said["provider"] == {"type": "basic", "name": "basic"}
