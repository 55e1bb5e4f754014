"""Who may do what: from an operation to the privilege it needs, and from roles to those somebody has.

A contract's "Required authorization" line names API privileges. Where it is silent, the family and the kind of
call decide: what only looks needs ``read``, everything else ``all``.
"""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import parse_qs

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator.replies import Refusal
from pytest_kibana.simulator.world import Call

CLUSTER = {
    "/api/security/role": ("manage_security",),
    "/api/security/roles": ("manage_security",),
    "/api/security/session": ("manage_security",),
    "/api/logstash": ("manage_logstash_pipelines",),
    "/api/encrypted_saved_objects": ("all",),
    "/api/upgrade_assistant": ("manage", "monitor"),
}
"""Paths whose authorization Kibana leaves to Elasticsearch, with the cluster privileges that open them."""

FREE = frozenset(
    {
        "POST /api/core/capabilities",
        "GET /api/status",
        "GET /api/features",
        "GET /api/task_manager/_health",
        "GET /api/stats",
        "GET /api/fleet/check-permissions",
        "GET /internal/security/me",
        "GET /internal/security/session",
        "GET /internal/spaces/_active_space",
    }
)
"""What everybody may ask who is known."""

GLOBAL_ADMIN = ("POST /api/spaces/space", "PUT /api/spaces/space/{}", "DELETE /api/spaces/space/{}")
"""What needs the base privilege ``all`` in every space."""

_SAVED = "/api/saved_objects"
SAVED_OBJECT_ACTIONS = {
    f"POST {_SAVED}/{{}}": "create",
    f"POST {_SAVED}/{{}}/{{}}": "create",
    f"GET {_SAVED}/{{}}/{{}}": "get",
    f"GET {_SAVED}/resolve/{{}}/{{}}": "get",
    f"PUT {_SAVED}/{{}}/{{}}": "update",
    f"DELETE {_SAVED}/{{}}/{{}}": "delete",
    f"GET {_SAVED}/_find": "find",
    f"POST {_SAVED}/_bulk_create": "bulk_create",
    f"POST {_SAVED}/_bulk_get": "bulk_get",
    f"POST {_SAVED}/_bulk_resolve": "bulk_get",
    f"PUT {_SAVED}/_bulk_update": "bulk_update",
    f"POST {_SAVED}/_bulk_update": "bulk_update",
    f"POST {_SAVED}/_bulk_delete": "bulk_delete",
}
"""What an operation on saved objects is called where it is refused (Kibana source, saved_object_test_utils.ts)."""

TYPES = {
    "tag": ("savedObjectsTagging",),
    "dashboard": ("dashboard*",),
    "visualization": ("visualize*", "dashboard*"),
    "lens": ("visualize*", "dashboard*"),
    "search": ("discover*", "dashboard*"),
    "query": ("savedQueryManagement", "discover*", "dashboard*"),
    "map": ("maps*", "dashboard*"),
    "canvas-workpad": ("canvas",),
    "graph-workspace": ("graph",),
    "index-pattern": ("indexPatterns", "discover*", "dashboard*", "visualize*"),
    "url": ("discover*", "dashboard*", "visualize*"),
    "slo": ("slo",),
}
"""Which features of a role speak for which types of saved objects, beside the management of all of them."""
_ALL_TYPES = ("savedObjectsManagement",)

BARE = ("_import", "_resolve_import_errors", "_copy_saved_objects", "_resolve_copy_saved_objects_errors",
        "_update_objects_spaces")  # fmt: skip
"""Last segments of paths that are refused with no more than the word (Kibana source, spaces suites)."""

OWNERS = {
    "cases": "generalCases*",
    "observability": "observabilityCases*",
    "securitySolution": "securitySolutionCases*",
}
"""Which feature speaks for the cases of which owner."""
_CASE_VERBS = {"POST": "create", "GET": "access", "PATCH": "update", "DELETE": "delete"}

FEATURES = (
    ("/api/actions*", ("actions",)),
    (
        "/api/alerting*",
        ("stackAlerts", "rulesSettings", "logs", "infrastructure", "apm", "uptime", "slo", "siem*"),
    ),
    ("/api/maintenance_window*", ("maintenanceWindow",)),
    ("/api/cases*", ("generalCases*", "observabilityCases*", "securitySolutionCases*", "cases")),
    ("/api/data_views*", ("indexPatterns", "savedObjectsManagement")),
    ("/api/saved_objects*", ("savedObjectsManagement", "dashboard*", "discover*", "visualize*")),
    ("/api/spaces/_*", ("savedObjectsManagement",)),
    ("/api/dashboards*", ("dashboard*",)),
    ("/api/visualizations*", ("visualize*",)),
    ("/api/links*", ("dashboard*",)),
    ("/api/markdowns*", ("dashboard*",)),
    ("/api/tags*", ("savedObjectsTagging",)),
    ("/api/short_url*", ("discover*", "dashboard*", "visualize*")),
    ("/api/fleet/epm*", ("fleet", "fleetv2", "integrations")),
    ("/api/fleet/package_policies*", ("fleet", "fleetv2", "integrations")),
    ("/api/fleet*", ("fleetv2", "fleet")),
    ("/api/observability/slos*", ("slo",)),
    ("/api/synthetics*", ("uptime",)),
    ("/api/uptime*", ("uptime",)),
    ("/api/apm*", ("apm",)),
    ("/api/streams*", ("streams",)),
    ("/api/osquery*", ("osquery",)),
    ("/api/timeline*", ("siem*", "securitySolutionTimeline")),
    ("/api/note*", ("siem*", "securitySolutionNotes")),
    ("/api/pinned_event*", ("siem*", "securitySolutionTimeline")),
    ("/api/agent_builder*", ("onechat", "agentBuilder")),
    ("/api/workflows*", ("workflowsManagement",)),
    ("/api/observability_ai_assistant*", ("observabilityAIAssistant",)),
    ("/api/security_ai_assistant*", ("securitySolutionAssistant",)),
    ("/api/attack_discovery*", ("securitySolutionAttackDiscovery",)),
    ("/api/ml*", ("ml",)),
    ("/internal/kibana/*", ("advancedSettings",)),
    ("/api/*", ("siem*",)),
)
"""Which features of a role speak for which paths; the first pattern that fits counts."""

_LOOKS = re.compile(
    r"/(_?find|_?search|_?query|_bulk_get|_bulk_resolve|_export|_get_shareable_references|_mget|_?preview|dryrun"
    r"|suggestions|health_check)$"
)
_WRITING_GETS = frozenset({"/api/ml/saved_objects/sync"})
"""What may change something though it is a GET (Kibana source, ml/server/routes/saved_objects.ts)."""
_READS = re.compile(r"(^|[-_])(read|view|get)([-_]|$)")


def check(call: Call) -> None:
    """Let the call pass, or refuse it with 403 in Kibana's words.

    Raises:
        Refusal: the identity lacks the privilege.
    """
    who, label = call.identity, call.label
    if who.superuser or label in FREE or call.route.open:
        return
    path = call.path
    for prefix, privileges in CLUSTER.items():
        if path.startswith(prefix):
            if who.may_manage(*privileges):
                return
            raise _refusal(call)
    if path.startswith("/api/spaces/space"):
        _spaces(call)
        return
    level = "read" if looks(call) else "all"
    if call.label in SAVED_OBJECT_ACTIONS:
        _types(call, level)
    elif not granted(call, level, _wanted(call)):
        raise _refusal(call)
    if path.startswith("/api/cases"):
        _owners(call, level)


def granted(call: Call, level: str, wanted: Sequence[str]) -> bool:
    """Tell whether ``read`` or ``all`` of one of the features is given in the call's space, or of everything."""
    return call.identity.superuser or any(
        grant.covers(call.space) and _gives(grant.base, grant.features, level, wanted)
        for grant in call.identity.grants
    )


def _wanted(call: Call) -> Sequence[str]:
    return next((names for pattern, names in FEATURES if fnmatchcase(call.path, pattern)), ())


def may_use_type(call: Call, kind: str, level: str = "read") -> bool:
    """Tell whether the identity has a privilege of a type of saved objects."""
    return granted(call, level, (*TYPES.get(kind, ()), *_ALL_TYPES))


def _types(call: Call, level: str) -> None:
    """Refuse saved objects of which one type is forbidden; looking for several finds those of the others."""
    types = _saved_object_types(call)
    forbidden = [kind for kind in types if not may_use_type(call, kind, level)]
    spoilt = len(forbidden) == len(types) if call.label.endswith("/_find") else bool(forbidden)
    if spoilt:
        action = SAVED_OBJECT_ACTIONS[call.label]
        raise Refusal(403, f"Unable to {action} {','.join(forbidden)}", family="platform")


def _owners(call: Call, level: str) -> None:
    """Refuse cases of an owner whose feature is not given."""
    body = call.body if isinstance(call.body, dict) else {}
    owners = {str(body["owner"])} if isinstance(body.get("owner"), str) else set()
    ids = [str(row.get("id")) for row in body.get("cases") or () if isinstance(row, dict)]
    for key in (*ids, *call.ids[:1]):
        record = call.table("case").get(key)
        if record is not None:
            owners.add(str(record.value.get("owner")))
    for owner in sorted(owners & OWNERS.keys()):
        if not granted(call, level, (OWNERS[owner], "cases")):
            verb = _CASE_VERBS.get(call.method, "update")
            raise Refusal(403, f'Unauthorized to {verb} case with owners: "{owner}"', family="platform")


def looks(call: Call) -> bool:
    """Tell whether a call only looks: by its declared privileges, else by its method and path."""
    return only_looks(call.operation, call.method, call.path)


def only_looks(operation: Operation | None, method: str, path: str) -> bool:
    """Tell the same of an operation that is called with a method at a path."""
    if operation is not None and operation.privileges is not None:
        privileges = operation.privileges
        judged = [bool(_READS.search(name)) for name in privileges.names]
        return any(judged) if privileges.mode == "any" else all(judged)
    return (method in ("GET", "HEAD") and path not in _WRITING_GETS) or (
        method == "POST" and bool(_LOOKS.search(path))
    )


def _gives(
    base: frozenset[str],
    features: tuple[tuple[str, frozenset[str]], ...],
    level: str,
    wanted: Sequence[str],
) -> bool:
    if "all" in base or (level == "read" and "read" in base):
        return True
    enough = {"all", "minimal_all"} | ({"read", "minimal_read"} if level == "read" else set())
    return any(
        given & enough for name, given in features if any(fnmatchcase(name, pattern) for pattern in wanted)
    )


def _spaces(call: Call) -> None:
    """Spaces: managing needs everything everywhere, reading needs anything in that space."""
    if call.label in GLOBAL_ADMIN:
        verb = {"POST": "create", "PUT": "update", "DELETE": "delete"}[call.method]
        if not any("all" in grant.base and "*" in grant.spaces for grant in call.identity.grants):
            raise Refusal(403, f"Unauthorized to {verb} spaces", family="platform")
    elif call.ids and not may_enter(call, call.ids[0]):
        raise Refusal(403, f"Unauthorized to get {call.ids[0]} space", family="platform")


def may_enter(call: Call, space: str) -> bool:
    """Tell whether the identity has any privilege in a space."""
    who = call.identity
    return who.superuser or any(g.covers(space) and (g.base or g.features) for g in who.grants)


def _saved_object_types(call: Call) -> list[str]:
    """Return the types that a call on saved objects names, each once and in order."""
    if call.ids:
        return [call.ids[0]]
    rows = call.body if isinstance(call.body, list) else []
    named = [str(row.get("type")) for row in rows if isinstance(row, dict)]
    found = parse_qs(call.raw_query).get("type", [])
    return sorted({*named, *found})


def _refusal(call: Call) -> Refusal:
    if call.path.endswith(BARE):
        return Refusal(403, family="platform")
    operation = call.operation
    names = operation.privileges.names if operation is not None and operation.privileges is not None else ()
    url = call.path + (f"?{call.raw_query}" if call.raw_query else "")
    text = f"API [{call.method} {url}] is unauthorized for user"
    if names:
        text += f", this action is granted by the Kibana privileges [{','.join(names)}]"
    return Refusal(403, text, family="platform")
