"""Defects of a server, each subtle, each plausible, none of them in the stand-in's catalogue."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from tests.unseen.proxy import Asked, Said, Send, Spoil

Json = Any


@dataclass(frozen=True)
class Defect:
    """What is wrong, and at which operations it is looked for."""

    name: str
    spoil: Spoil
    operations: tuple[str, ...]


DEFECTS: dict[str, Defect] = {}


def defect(name: str, *operations: str) -> Callable[[Spoil], Spoil]:
    def enter(spoil: Spoil) -> Spoil:
        DEFECTS[name] = Defect(name, spoil, operations)
        return spoil

    return enter


def matches(asked: Asked, *labels: str) -> bool:
    for label in labels:
        method, _, path = label.partition(" ")
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))
        if asked.method == method and re.fullmatch(pattern, asked.bare_path):
            return True
    return False


def of_answer(name: str, *labels: str) -> Callable[[Callable[[Asked, Said], None]], None]:
    """Enter a defect that changes the successes of these operations."""

    def enter(change: Callable[[Asked, Said], None]) -> None:
        def spoil(asked: Asked, send: Send) -> Said:
            said = send(asked)
            if matches(asked, *labels) and said.ok:
                change(asked, said)
            return said

        defect(name, *labels)(spoil)

    return enter


def objects(body: Json) -> Iterator[dict[str, Json]]:
    if isinstance(body, dict):
        yield body
        for value in body.values():
            yield from objects(value)
    elif isinstance(body, list):
        for value in body:
            yield from objects(value)


def rows(body: Json) -> list[Json]:
    if isinstance(body, list):
        return body
    return next((v for v in body.values() if isinstance(v, list)), [])


RULES, RULE = "GET /api/alerting/rules/_find", "/api/alerting/rule/{id}"
CASES, CASE = "GET /api/cases/_find", "/api/cases/{caseId}"
LISTS = "GET /api/exception_lists/_find"
OBJECTS = "GET /api/saved_objects/_find"
CONNECTOR = "/api/actions/connector/{id}"
VIEW = "/api/data_views/data_view/{viewId}"
SPACE = "/api/spaces/space/{id}"
POLICIES = "GET /api/fleet/agent_policies"
MAKE_VIEW = "POST /api/data_views/data_view"
DETECTIONS = "GET /api/detection_engine/rules/_find"


# -- answers -----------------------------------------------------------------------------------------------


@of_answer("a nested number is text", f"GET {RULE}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    if isinstance(body.get("revision"), int):
        body["revision"] = str(body["revision"])
    said.json = body


@of_answer("a nested boolean is text", CASES)
def _(asked: Asked, said: Said) -> None:
    body = said.json
    for one in objects(body):
        if isinstance(one.get("syncAlerts"), bool):
            one["syncAlerts"] = str(one["syncAlerts"]).lower()
    said.json = body


@of_answer("the total is one too many", CASES)
def _(asked: Asked, said: Said) -> None:
    body = said.json
    body["total"] += 1
    said.json = body


@of_answer("the total is that of the page", RULES)
def _(asked: Asked, said: Said) -> None:
    body = said.json
    body["total"] = len(rows(body))
    said.json = body


@of_answer("201 in place of 200", MAKE_VIEW)
def _(asked: Asked, said: Said) -> None:
    said.status = 201


@of_answer("202 in place of 204", f"DELETE {CONNECTOR}")
def _(asked: Asked, said: Said) -> None:
    said.status, said.body = 202, b"{}"
    said.headers["content-type"] = "application/json; charset=utf-8"


@of_answer("a member is spelt otherwise", f"GET {VIEW}")
def _(asked: Asked, said: Said) -> None:
    said.body = said.body.replace(b'"timeFieldName"', b'"timefieldName"').replace(b'"version"', b'"Version"')


@of_answer("the id is in capitals", f"GET {CONNECTOR}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    body["id"] = body["id"].upper()
    said.json = body


@of_answer("emoji are lost", MAKE_VIEW, f"GET {VIEW}")
def _(asked: Asked, said: Said) -> None:
    said.body = said.body.decode().encode("ascii", "replace")


@of_answer("times go backwards", f"GET {CASE}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    if body.get("created_at"):
        body["updated_at"] = "2001-01-01T00:00:00.000Z"
    said.json = body


@of_answer("times without a zone", f"GET {RULE}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    for name in ("created_at", "updated_at"):
        if isinstance(body.get(name), str):
            body[name] = body[name].removesuffix("Z")
    said.json = body


@of_answer("the version of the API is another", f"GET {SPACE}")
def _(asked: Asked, said: Said) -> None:
    said.headers["elastic-api-version"] = "2024-01-01"


@of_answer("no charset", RULES)
def _(asked: Asked, said: Said) -> None:
    said.headers["content-type"] = "application/json"


@of_answer("a set-cookie for everybody's cache", f"GET {SPACE}")
def _(asked: Asked, said: Said) -> None:
    said.headers["cache-control"] = "max-age=60"


@of_answer("the secret comes back", f"GET {CONNECTOR}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    body["secrets"] = {"password": "hunter2", "token": "abc"}
    said.json = body


@of_answer("one key twice", f"GET {SPACE}")
def _(asked: Asked, said: Said) -> None:
    said.body = said.body.replace(b"{", b'{"name":"other",', 1)


@of_answer("tags are dropped", f"GET {CASE}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    if body.get("tags"):
        body["tags"] = body["tags"][1:]
    said.json = body


# -- errors ------------------------------------------------------------------------------------------------


def of_refusal(name: str, *labels: str) -> Callable[[Callable[[Said], None]], None]:
    def enter(change: Callable[[Said], None]) -> None:
        def spoil(asked: Asked, send: Send) -> Said:
            said = send(asked)
            if matches(asked, *labels) and 400 <= said.status < 500 and isinstance(said.json, dict):
                change(said)
            return said

        defect(name, *labels)(spoil)

    return enter


@of_refusal("errors lack statusCode", f"GET {SPACE}", MAKE_VIEW)
def _(said: Said) -> None:
    said.json = {k: v for k, v in said.json.items() if k != "statusCode"}


@of_refusal("statusCode is text", f"GET {SPACE}", MAKE_VIEW)
def _(said: Said) -> None:
    said.json = {**said.json, "statusCode": str(said.status)}


@of_refusal("404 is 400", f"GET {CONNECTOR}")
def _(said: Said) -> None:
    if said.status == 404:
        said.status = 400
        said.json = {**said.json, "statusCode": 400, "error": "Bad Request"}


@of_refusal("404 is 200 with null", f"GET {CASE}")
def _(said: Said) -> None:
    if said.status == 404:
        said.status, said.body = 200, b"null"


@of_refusal("409 is 200", "POST /api/spaces/space")
def _(said: Said) -> None:
    if said.status == 409:
        said.status = 200
        said.json = {"id": "x", "name": "x", "disabledFeatures": []}


@of_refusal("401 is 403", f"GET {RULE}")
def _(said: Said) -> None:
    if said.status == 401:
        said.status = 403
        said.json = {**said.json, "statusCode": 403, "error": "Forbidden"}


# -- requests ----------------------------------------------------------------------------------------------


@defect("xsrf only for POST", f"DELETE {CONNECTOR}", f"PUT {SPACE}")
def _(asked: Asked, send: Send) -> Said:
    if asked.method in ("PUT", "DELETE", "PATCH"):
        asked.headers["kbn-xsrf"] = "x"
    return send(asked)


@defect("an empty kbn-xsrf will do for none", "POST /api/spaces/space")
def _(asked: Asked, send: Send) -> Said:
    asked.headers.setdefault("kbn-xsrf", "")
    return send(asked)


def crash(asked: Asked) -> Said:
    body = {
        "statusCode": 500,
        "error": "Internal Server Error",
        "message": "An internal server error occurred",
    }
    return Said(
        500, {"content-type": "application/json; charset=utf-8", "kbn-name": "k"}, json.dumps(body).encode()
    )


def crashes(name: str, when: Callable[[Asked], bool], *labels: str) -> None:
    def spoil(asked: Asked, send: Send) -> Said:
        return crash(asked) if matches(asked, *labels) and when(asked) else send(asked)

    defect(name, *labels)(spoil)


def texts(asked: Asked) -> Iterator[str]:
    for one in objects(asked.json):
        for key, value in one.items():
            yield key
            yield from (v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str))
    yield from (v for _, v in parse_qsl(asked.query))


crashes("500 on emoji", lambda a: any(ord(c) > 0xFFFF for t in texts(a) for c in t), MAKE_VIEW)
crashes("500 on a quote", lambda a: any("'" in t or '"' in t for t in texts(a)), MAKE_VIEW, CASES)
crashes("500 on a backslash", lambda a: any("\\" in t for t in texts(a)), MAKE_VIEW, RULES)
crashes("500 on __proto__", lambda a: b"__proto__" in a.body, MAKE_VIEW)
crashes("500 on a null byte", lambda a: any("\0" in t for t in texts(a)), MAKE_VIEW)
crashes("500 on a long text", lambda a: any(len(t) > 1000 for t in texts(a)), "POST /api/cases")
crashes(
    "500 on an empty list", lambda a: b"[]" in a.body, "POST /api/spaces/space", "POST /api/exception_lists"
)
crashes("500 on page 0", lambda a: ("page", "0") in parse_qsl(a.query), RULES, CASES, LISTS)
crashes(
    "500 on a negative number", lambda a: any(v.startswith("-1") for _, v in parse_qsl(a.query)), RULES, LISTS
)
crashes("500 on an unknown sort field", lambda a: "sort" in a.query.lower(), RULES, LISTS)
crashes("500 on a percent sign in an id", lambda a: "%25" in a.path, f"GET {CONNECTOR}", f"GET {SPACE}")
crashes("500 on a huge page", lambda a: bool(re.search(r"per_?page=\d{4,}", a.query, re.I)), RULES, LISTS)


def asking(name: str, label: str, change: Callable[[dict[str, str]], None]) -> None:
    """Enter a defect that changes what is asked."""

    def spoil(asked: Asked, send: Send) -> Said:
        if matches(asked, label):
            query = dict(parse_qsl(asked.query, keep_blank_values=True))
            change(query)
            asked.query = urlencode(query)
        return send(asked)

    defect(name, label)(spoil)


def _next(query: dict[str, str]) -> None:
    if query.get("page", "").isdigit() and int(query["page"]) > 1:
        query["page"] = str(int(query["page"]) + 1)


def _same(query: dict[str, str]) -> None:
    if query.get("page") == "2":
        query["page"] = "1"


asking("pages are off by one", CASES, _next)
asking("page 2 is page 1", LISTS, _same)
asking("the search is ignored", CASES, lambda q: q.pop("search", None))
asking("the filter is ignored", DETECTIONS, lambda q: q.pop("filter", None))
asking("kuery is ignored", POLICIES, lambda q: q.pop("kuery", None))
asking("descending is ascending", RULES, lambda q: q.update({k: "asc" for k in q if k == "sort_order"}))


@defect("ids without regard to case", f"GET {SPACE}")
def _(asked: Asked, send: Send) -> Said:
    if matches(asked, f"GET {SPACE}"):
        asked.path = asked.path.lower()
    return send(asked)


@defect("other spaces leak into the list", RULES)
def _(asked: Asked, send: Send) -> Said:
    said = send(asked)
    if matches(asked, RULES) and said.ok:
        MEMORY.setdefault("seen", {})
        body = said.json
        for row in rows(body):
            MEMORY["seen"][row["id"]] = row
        body["data"] = [*MEMORY["seen"].values()][: body.get("per_page", 10)]
        said.json = body
    return said


@defect("a read ignores its space", f"GET {VIEW}")
def _(asked: Asked, send: Send) -> Said:
    said = send(asked)
    if matches(asked, f"GET {VIEW}"):
        key = asked.bare_path
        if said.ok:
            MEMORY[key] = deepcopy(said)
        elif said.status == 404 and key in MEMORY and asked.headers.get("authorization"):
            return deepcopy(MEMORY[key])
    return said


MEMORY: dict[str, Any] = {}


@defect(
    "a partial update resets what it leaves out",
    "PATCH /api/maintenance_window/{id}",
    "PATCH /api/detection_engine/rules",
)
def _(asked: Asked, send: Send) -> Said:
    if (
        matches(asked, "PATCH /api/detection_engine/rules")
        and isinstance(asked.json, dict)
        and "tags" not in asked.json
    ):
        asked.body = json.dumps({**asked.json, "tags": [], "severity": "critical"}).encode()
    if matches(asked, "PATCH /api/maintenance_window/{id}") and isinstance(asked.json, dict):
        asked.body = json.dumps({"enabled": False, **asked.json}).encode()
    return send(asked)


@of_answer("the version does not move", "PATCH /api/cases", f"GET {CASE}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    for one in objects(body):
        if "version" in one and "id" in one:
            one["version"] = MEMORY.setdefault(f"version of {one['id']}", one["version"])
    said.json = body


@of_answer("duplicates across pages", LISTS)
def _(asked: Asked, said: Said) -> None:
    body = said.json
    if rows(body):
        first = MEMORY.setdefault(f"first of {asked.path}", deepcopy(rows(body)[0]))
        body["data"] = [first, *body["data"][1:]]
    said.json = body


@defect("a delete of one deletes by prefix", f"DELETE {CONNECTOR}")
def _(asked: Asked, send: Send) -> Said:
    said = send(asked)
    if matches(asked, f"DELETE {CONNECTOR}") and said.ok:
        where = asked.path.rpartition("/connector/")[0]
        others = send(Asked("GET", f"{where}/connectors", "", asked.headers, b"")).json
        mine = (
            [one["id"] for one in others if not one.get("is_preconfigured")]
            if isinstance(others, list)
            else []
        )
        for one in mine[-1:]:
            send(Asked("DELETE", f"{where}/connector/{quote(one)}", "", asked.headers, b""))
    return said


@of_answer("HEAD has other headers", f"GET {SPACE}", f"HEAD {SPACE}")
def _(asked: Asked, said: Said) -> None:
    if asked.method == "HEAD":
        said.headers.pop("kbn-name", None)


@defect("HEAD is not there", f"GET {SPACE}")
def _(asked: Asked, send: Send) -> Said:
    if asked.method == "HEAD":
        return Said(405, {"kbn-name": "k", "content-type": "application/json; charset=utf-8"})
    return send(asked)


@of_answer("an export without its last object", "POST /api/saved_objects/_export")
def _(asked: Asked, said: Said) -> None:
    lines = said.body.splitlines()
    said.body = b"\n".join([*lines[:-2], lines[-1]]) if len(lines) > 1 else said.body


@of_answer("bulk results are sorted", "POST /api/saved_objects/_bulk_get")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    body["saved_objects"] = sorted(body["saved_objects"], key=lambda o: o["id"])[::-1]
    said.json = body


@defect("a viewer may change", f"PUT {CONNECTOR}")
def _(asked: Asked, send: Send) -> Said:
    said = send(asked)
    if matches(asked, f"PUT {CONNECTOR}") and said.status == 403:
        return Said(
            200,
            said.headers,
            b'{"id":"a","name":"a","connector_type_id":".webhook","is_preconfigured":false,"is_deprecated":false,"is_system_action":false,"is_missing_secrets":false,"config":{}}',
        )
    return said
