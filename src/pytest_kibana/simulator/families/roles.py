"""Roles, which take effect at once, and what else the security plugin serves: sessions and API keys."""

from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.features import FEATURES
from pytest_kibana.simulator.identities import BUILT_IN_ROLES
from pytest_kibana.simulator.listing import dig, matches, sort_rows, whole
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record, Table
from pytest_kibana.simulator.wording import got
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("roles")
_FEATURES = tuple(key for key, *_ in FEATURES)


def _roles(call: Call) -> Table:
    return call.world.identities.roles


def shown(name: str, definition: Json, *, reserved: bool) -> dict[str, Json]:
    """Return a role as the API shows it."""
    elasticsearch = {"cluster": [], "indices": [], "run_as": [], **(definition.get("elasticsearch") or {})}
    role = {
        "name": name,
        "metadata": {"_reserved": True} if reserved else dict(definition.get("metadata") or {}),
        "transient_metadata": {"enabled": True},
        "elasticsearch": elasticsearch,
        "kibana": [
            {"base": list(entry.get("base") or []), "feature": dict(entry.get("feature") or {}),
             "spaces": list(entry.get("spaces") or ["*"])}
            for entry in definition.get("kibana") or ()
        ],
        "_transform_error": [],
        "_unrecognized_applications": [],
    }  # fmt: skip
    if definition.get("description") is not None:
        role["description"] = definition["description"]
    return role


def _everyone(call: Call) -> list[dict[str, Json]]:
    made = [shown(name, record.value, reserved=False) for name, record in _roles(call).items()]
    built_in = [shown(name, definition, reserved=True) for name, definition in BUILT_IN_ROLES.items()]
    return sorted([*built_in, *made], key=lambda role: str(role["name"]))


def _problems(definition: Json) -> list[str]:
    """Return what Kibana finds wrong with the privileges of a role."""
    found = []
    for entry in definition.get("kibana") or ():
        base, features = entry.get("base") or [], entry.get("feature") or {}
        if base and features:
            found.append("entry may not have both base and feature privileges")
        for name, given in features.items():
            if not any(
                name == key or key.startswith(name.rstrip("0123456789").removesuffix("_v"))
                for key in _FEATURES
            ):
                found.append(f"Feature [{name}] does not exist")
            elif not given:
                found.append(f"Feature [{name}] requires at least one privilege")
            found += [f"Feature [{name}] does not support privilege [{p}]" for p in given if not _known(p)]
    return found


def _known(privilege: Json) -> bool:
    """Tell whether a feature may have a privilege; those of its parts are told by their underscores."""
    return privilege in ("all", "read") or "_" in str(privilege)


def _demand_valid(definition: Json) -> None:
    for index, entry in enumerate(definition.get("kibana") or ()):
        wrong = [b for b in entry.get("base") or () if b not in ("all", "read")]
        if wrong:
            text = f"unknown global privilege [{wrong[0]}], must be one of [all,read]"
            text = f"[request body.kibana.{index}.base]: {text}"
            raise Refusal(400, text, family="platform")
    problems = _problems(definition)
    if problems:
        raise Refusal(
            400, f"Role cannot be updated due to validation errors: {_quoted(problems)}", family="platform"
        )


def _demand_licence(call: Call, definition: Json) -> None:
    """Refuse security of fields and documents below platinum, as Elasticsearch does."""
    indices = (definition.get("elasticsearch") or {}).get("indices") or ()
    guarded = any(entry.get("field_security") or entry.get("query") for entry in indices)
    if guarded and not call.world.licensed("platinum"):
        text = "current license is non-compliant for [field and document level security]"
        raise Refusal(403, f"[security_exception]: {text}", family="platform")


def _quoted(problems: list[str]) -> str:
    return "[" + ",".join(f'"{p}"' for p in problems) + "]"


@family.on("PUT /api/security/role/{}")
def put(call: Call) -> Reply:
    """Make or replace a role."""
    name = call.ids[0]
    if len(name) > 1024:
        text = f"[request params.name]: value has length [{len(name)}] but it must have a maximum length of [1024]."
        raise Refusal(400, text, family="platform")
    if name in BUILT_IN_ROLES:
        raise Refusal(
            400, f"action_request_validation_exception: Role [{name}] is reserved and may not be used."
        )
    if name in _roles(call) and call.query.get("createOnly") in (True, "true"):
        raise Refusal(409, f"Role already exists and cannot be created: {name}", family="platform")
    _demand_valid(call.body or {})
    _demand_licence(call, call.body or {})
    _keep(call, name, call.body or {})
    return Reply(NOTHING, status=204)


def _keep(call: Call, name: str, definition: Json) -> str:
    """Keep a role; return what the bulk answer calls it."""
    known: Record | None = _roles(call).get(name)
    call.world.identities.changed()
    if known is None:
        call.world.store.put("role", "*", name, definition, by=call.user)
        return "created"
    if known.value == definition:
        return "noop"
    known.value = definition
    call.world.store.touch(known, call.user)
    return "updated"


@family.on("GET /api/security/role/{}")
def read(call: Call) -> Reply:
    """Show a role."""
    name = call.ids[0]
    if name in BUILT_IN_ROLES:
        return Reply(shown(name, BUILT_IN_ROLES[name], reserved=True))
    record = _roles(call).get(name)
    if record is None:
        raise Refusal(404, family="platform")
    return Reply(shown(name, record.value, reserved=False))


@family.on("GET /api/security/role")
def list_(call: Call) -> Reply:
    """Show all roles, the reserved ones too."""
    return Reply(_everyone(call))


@family.on("DELETE /api/security/role/{}")
def delete(call: Call) -> Reply:
    """Remove a role."""
    if _roles(call).pop(call.ids[0], None) is None:
        raise Refusal(404, family="platform")
    call.world.identities.changed()
    return Reply(NOTHING, status=204)


@family.on("POST /api/security/role/_query")
def query(call: Call) -> Reply:
    """Show roles that fit, sorted and paged."""
    body = call.body or {}
    rows = _everyone(call)
    if (body.get("filters") or {}).get("showReservedRoles") is False:
        rows = [row for row in rows if not row["metadata"].get("_reserved")]
    if body.get("query"):
        rows = [row for row in rows if matches(row["name"], str(body["query"]))]
    sort = body.get("sort") or {}
    if sort.get("field"):
        rows = sort_rows(rows, sort["field"], sort.get("direction", "asc"))
    start, size = whole(body.get("from"), 0), whole(body.get("size"), 25)
    part = rows[start : start + size]
    return Reply({"roles": part, "count": len(part), "total": len(rows)})


@family.on("POST /api/security/roles")
def bulk(call: Call) -> Reply:
    """Make or replace roles; a bad one spoils only itself."""
    answer: dict[str, Json] = {}
    roles = call.body.get("roles") if isinstance(call.body, dict) else None
    if not isinstance(roles, dict):
        text = f"[request body.roles]: expected a plain object value, but found [{got(roles)}] instead."
        raise Refusal(400, text, family="platform")
    for name, definition in roles.items():
        if not isinstance(definition, dict):  # as one published contract has it
            text = f"[request body.roles.{name}]: expected a plain object value, but found [{got(definition)}] instead."
            raise Refusal(400, text, family="platform")
        problems = _problems(definition)
        if problems or name in BUILT_IN_ROLES:
            reason = "; ".join(problems) or f"Role [{name}] is reserved and may not be used."
            errors = answer.setdefault("errors", {})
            errors[name] = {"type": "action_request_validation_exception", "reason": reason}
        else:
            answer.setdefault(_keep(call, name, definition), []).append(name)
    return Reply(answer)


# -- sessions and keys -------------------------------------------------------------------------------------


@family.route("POST /internal/security/login", internal=True, open=True)
def login(call: Call) -> Reply:
    """Open a session by user name and password; the cookie is called ``sid``."""
    body = call.body if isinstance(call.body, dict) else {}
    for name in ("providerType", "providerName", "currentURL"):
        if not isinstance(body.get(name), str):
            text = f"[request body.{name}]: expected value of type [string] but got [undefined]"
            raise Refusal(400, text, family="platform")
    params = body.get("params") or {}
    if params and body["providerType"] not in ("basic", "token"):
        raise Refusal(400, "[request body.params]: a value wasn't expected to be present", family="platform")
    identities = call.world.identities
    user = identities.users.get(str(params.get("username")))
    wrong = user is None or user.value["password"] != params.get("password")
    if wrong or body["providerType"] not in ("basic", "token") or call.world.serverless:
        raise Refusal(401, family="platform")
    sid = identities.add_token(str(params["username"]))
    cookie = f"sid={sid}; HttpOnly; Path={call.world.config.base_path or '/'}"
    return Reply({"location": body["currentURL"]}, headers={"set-cookie": cookie})


@family.route("GET /api/security/logout", open=True)
def logout(call: Call) -> Reply:
    """Needs a browser, which can follow where it is sent."""
    if "text/html" in call.headers.get("accept", ""):
        place = f"{call.world.config.base_path}/security/logged_out"
        return Reply(NOTHING, status=302, headers={"location": place}, exact=True)
    raise Refusal(400, "Client should be able to process redirect response.", family="platform")


@family.route("GET /internal/security/me", internal=True)
def me(call: Call) -> Reply:
    """Who is asking."""
    return Reply({"username": call.user, "enabled": True, "authentication_type": call.identity.kind})


@family.on("POST /api/security/session/_invalidate")
def invalidate(call: Call) -> Reply:
    """End sessions: all, or those of a provider and user."""
    body = call.body or {}
    if body.get("match") == "query" and not isinstance(body.get("query"), dict):
        text = "[request body.query]: expected at least one defined value but got [undefined]"
        raise Refusal(400, text, family="platform")
    wanted = dig(body, "query.username") if body.get("match") == "query" else None
    gone = [
        token
        for token, record in call.world.identities.tokens.items()
        if token != call.world.identities.token and (wanted is None or record.value["user"] == wanted)
    ]
    for token in gone:
        del call.world.identities.tokens[token]
    return Reply({"total": len(gone)})


@family.route("POST /internal/security/api_key", internal=True)
def mint(call: Call) -> Reply:
    """Make an API key, with descriptors of Elasticsearch's roles or of Kibana's."""
    body = call.body or {}
    kibana = body.get("kibana_role_descriptors")
    descriptors = kibana or body.get("role_descriptors")
    return Reply(
        call.world.identities.add_key(
            call.identity, str(body.get("name")), descriptors, kibana=kibana is not None
        )
    )


@family.route("POST /internal/security/api_key/invalidate", internal=True)
def unmint(call: Call) -> Reply:
    """Forget API keys."""
    items = (call.body or {}).get("apiKeys") or ()
    gone = [item for item in items if call.world.identities.revoke(str(item.get("id")))]
    return Reply({"itemsInvalidated": gone, "errors": []})
