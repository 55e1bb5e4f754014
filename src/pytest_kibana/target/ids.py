"""Which values of a request name objects: the data behind the rule that a generated change touches only its own.

Path parameters always do, but for a few that choose a kind of thing. In queries and bodies the member's name
decides. A name that looks like an id and is none (the id of a *type*, of a column, of something outside
Kibana) is listed here; what is not listed counts as the id of an object, so that a mistake refuses too much
and never too little.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

# Path parameters that choose a kind, a version or a part, and not an object.
PATH_KINDS = frozenset({"type", "entity_type", "pkg_version", "field_name", "resource"})

_LOOKS_LIKE_ID = re.compile(r"(?:^|_)(?:id|ids)$")

# Members that name objects or spaces without looking like ids.
OBJECT_NAMES = frozenset(
    {
        "agents",
        "initial_namespaces",
        "namespaces",
        "spaces",
        "spaces_to_add",
        "spaces_to_remove",
        "target_space",
    }
)

# Members whose value is an object with one member for each object or space that is meant, by its name
# (the bodies of POST /api/security/roles and POST /api/spaces/_resolve_copy_saved_objects_errors).
KEYED_BY_NAME = frozenset({"retries", "roles"})

# Members that look like ids, and name a type, a part of the same document, or something outside Kibana.
NOT_OBJECTS = frozenset(
    {
        "action_type_id",
        "app_id",
        "category_ids",
        "client_id",
        "column_id",
        "connector_type_id",
        "correlation_id",
        "excluded_row_renderer_ids",
        "external_id",
        "feature_id",
        "feature_ids",
        "gcp_project_id",
        "jwt_key_id",
        "locator_id",
        "org_id",
        "rule_type_id",
        "rule_type_ids",
        "tenant_id",
        "trace_id",
        "transaction_id",
    }
)

# Below these a bare ``id`` is a label inside the document: MITRE ATT&CK entries, columns of a timeline,
# formats of fields.
LABELS_BELOW = frozenset(
    {"columns", "field_format", "field_formats", "format", "subtechnique", "tactic", "technique"}
)

# Values that Kibana itself gives a meaning: a case without a connector has the connector ``none``.
NO_OBJECT = frozenset({"", "none"})

# Members that take a filter in place of ids. There an empty text means everything: every agent of the deployment.
FILTERS = frozenset({"agents"})

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Lists are looked into and not passed over, for they may hold members; what was cut off may lack its end.
_MEMBER = re.compile(r'"((?:[^"\\]|\\.){1,80})"\s*:\s*(?:"((?:[^"\\]|\\.)*)|(-?\d+)|\[(?=([^\]]*)))')
_KEYED = re.compile(r'"(retries|roles)"\s*:\s*\{\s*"((?:[^"\\]|\\.)*)"')
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """Return a name in lower case with underscores: ``agentPolicyId`` is ``agent_policy_id``."""
    return _HUMP.sub("_", name).replace("-", "_").replace(".", "_").lower()


@lru_cache(maxsize=4096)
def names_object(name: str) -> bool:
    """Tell whether a query parameter or member of this name holds ids of objects or spaces."""
    name = snake(name)
    return name in OBJECT_NAMES or (bool(_LOOKS_LIKE_ID.search(name)) and name not in NOT_OBJECTS)


def path_names_object(name: str) -> bool:
    """Tell whether a path parameter of this name holds the id of an object."""
    return snake(name) not in PATH_KINDS


def _means_nothing(member: str, value: Any) -> bool:
    """Tell whether a value where an id is expected names no object at all."""
    return value in NO_OBJECT and snake(member) not in FILTERS


def ids_in(
    value: Any, at: str = "", member: str = "", *, inside: bool = False, labelled: int = 0
) -> Iterator[tuple[str, str]]:
    """Yield JSON pointer and text of every id in a JSON value.

    ``member`` is the nearest member's name; ``inside`` is True below one that holds ids; ``labelled`` counts the levels
    for which a bare ``id`` is yet a label.
    """
    if isinstance(value, dict):
        for key, below in value.items():
            if key in KEYED_BY_NAME and isinstance(below, dict):
                yield from ((f"{at}/{key}/{name}", name) for name in below)
            label = key == "id" and labelled > 0
            yield from ids_in(
                below,
                f"{at}/{key}",
                key,
                inside=names_object(key) and not label,
                # Formats of fields stand by the field's name: one level lies between.
                labelled=2 if snake(key) in LABELS_BELOW else labelled - 1,
            )
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from ids_in(one, f"{at}/{n}", member, inside=inside, labelled=labelled)
    elif (
        inside
        and isinstance(value, str | int | float)
        and not isinstance(value, bool)
        and not _means_nothing(member, value)
    ):
        yield at, str(value)


def changed_ids(
    value: Any,
    change: Callable[[str, Any], Any],
    member: str = "",
    *,
    inside: bool = False,
    labelled: int = 0,
) -> Any:
    """Return a copy of a JSON value in which ``change`` has had its way with every id that :func:`ids_in` yields.

    It is called with the nearest member's name and the id, and returns what stands there instead.
    """
    if isinstance(value, dict):
        made = {}
        for key, below in value.items():
            keyed = key in KEYED_BY_NAME and isinstance(below, dict)
            about = "spaces" if key == "retries" else key
            label = key == "id" and labelled > 0
            made[key] = changed_ids(
                {change(about, name): one for name, one in below.items()} if keyed else below,
                change,
                key,
                inside=names_object(key) and not label,
                labelled=2 if snake(key) in LABELS_BELOW else labelled - 1,
            )
        return made
    if isinstance(value, list):
        return [changed_ids(one, change, member, inside=inside, labelled=labelled) for one in value]
    single = isinstance(value, str | int | float) and not isinstance(value, bool)
    return change(member, value) if inside and single and not _means_nothing(member, value) else value


def ids_in_body(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield place and text of every id in a body: JSON, lines of JSON, or anything that holds pieces of JSON.

    A body that is malformed on purpose may still be understood by a lenient server, so it is searched as text.
    """
    try:
        yield from ids_in(json.loads(body))
        return
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    for found in _KEYED.finditer(text):
        yield f"text at {found.start()}, {found[1]}", _unescaped(found[2])
    for found in _MEMBER.finditer(text):
        name, single, number, several = found.groups()
        if not names_object(name):
            continue
        single = number if single is None else single
        for raw in [single] if single is not None else _TEXT.findall(several):
            if not _means_nothing(name, raw):
                yield f"text at {found.start()}, {name}", _unescaped(raw)


def _unescaped(raw: str) -> str:
    try:
        return str(json.loads(f'"{raw}"'))
    except ValueError:
        return raw
