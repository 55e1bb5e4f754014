"""Advanced settings, and what pages ask of the server before anything else: internal routes that test tools use.

Kibana's own test clients (``kbn-test``, Scout, Cypress tasks) call these; no contract lists them.
"""

from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("settings")
_PATHS = {"/internal/kibana/settings": False, "/internal/kibana/global_settings": True}
"""Where settings are kept, and whether those of every space are meant."""


def _kept(call: Call) -> dict[str, Json]:
    everywhere = "/global_settings" in call.path
    space = "*" if everywhere else call.space
    table = call.world.store.table("setting", space)
    record = table.get("-") or call.world.store.put("setting", space, "-", {}, by=call.user)
    values: dict[str, Json] = record.value
    return values


def _shown(call: Call) -> Reply:
    build = {"buildNum": {"userValue": 90000}}
    return Reply({"settings": {**build, **{k: {"userValue": v} for k, v in _kept(call).items()}}})


def _change(call: Call, changes: Json) -> Reply:
    """Keep values; null takes one back."""
    if not isinstance(changes, dict):
        text = "[request body.changes]: expected value of type [object] but got [undefined]"
        raise Refusal(400, text, family="platform")
    kept = _kept(call)
    kept.update(changes)
    for name in [name for name, value in kept.items() if value is None]:
        del kept[name]
    return _shown(call)


@family.route(*(f"GET {path}" for path in _PATHS), internal=True)
def read(call: Call) -> Reply:
    """Show the settings that somebody changed."""
    return _shown(call)


@family.route(*(f"POST {path}" for path in _PATHS), internal=True)
def write(call: Call) -> Reply:
    """Change settings."""
    return _change(call, (call.body or {}).get("changes") if isinstance(call.body, dict) else None)


@family.route(*(f"POST {path}/{{}}" for path in _PATHS), internal=True)
def write_one(call: Call) -> Reply:
    """Change one setting."""
    body = call.body if isinstance(call.body, dict) else {}
    if "value" not in body:
        text = "[request body.value]: expected at least one defined value but got [undefined]"
        raise Refusal(400, text, family="platform")
    return _change(call, {call.ids[0]: body["value"]})


@family.route(*(f"DELETE {path}/{{}}" for path in _PATHS), internal=True)
def forget(call: Call) -> Reply:
    """Take one setting back."""
    return _change(call, {call.ids[0]: None})


@family.route("GET /internal/spaces/_active_space", internal=True)
def active_space(call: Call) -> Reply:
    """Show the space that the path names."""
    record = call.world.store.table("space").get(call.space)
    if record is None:
        raise Refusal(404, family="platform")
    return Reply(record.value)


@family.route("GET /internal/security/login_state", internal=True, open=True)
def login_state(call: Call) -> Reply:
    """Tell how one logs in: by name and password, but for serverless."""
    basic = {"type": "basic", "name": "basic", "usesLoginForm": True, "showInSelector": True}
    providers = [] if call.world.serverless else [basic]
    enabled = not call.world.serverless
    selector = {"enabled": False, "providers": providers}
    return Reply({"layout": "form", "allowLogin": True, "requiresSecureConnection": False, "showLogin": enabled,
                  "selector": selector})  # fmt: skip


@family.route("GET /internal/security/session", internal=True)
def session(call: Call) -> Reply:
    """Tell how long the session lasts; 204 for those who have none."""
    if call.identity.kind != "session":
        return Reply(NOTHING, status=204)
    provider = {"type": "basic", "name": "basic"}
    return Reply({"expiresInMs": 28_800_000, "canBeExtended": True, "provider": provider})
