"""Defects as releases bring them: what worked in the last one, and is a little otherwise in this one."""

import gzip
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.unseen.defects import (
    CASE,
    CASES,
    CONNECTOR,
    LISTS,
    MAKE_VIEW,
    MEMORY,
    RULE,
    RULES,
    SPACE,
    VIEW,
    asking,
    crash,
    crashes,
    defect,
    matches,
    objects,
    of_answer,
    of_refusal,
)
from tests.unseen.proxy import Asked, Said, Send

OBJECT = "/api/saved_objects/{type}/{id}"

UNPROMISED = {
    "no charset": "JSON is UTF-8 by its own rules (RFC 8259, 8.1), and some families of Kibana name no charset",
    "an error names an index": "Kibana quotes Elasticsearch in messages, and no contract says that it must not",
}
"""Defects against which nothing is promised, and why: no finding may come of them that fails a run."""


# -- answers -----------------------------------------------------------------------------------------------


@of_answer("enumerated values are in capitals", f"GET {CASE}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    for name in ("status", "severity"):
        if isinstance(body.get(name), str):
            body[name] = body[name].upper()
    said.json = body


@of_answer("times lose their milliseconds", f"GET {RULE}")
def _(asked: Asked, said: Said) -> None:
    said.body = re.sub(rb"(\d\d:\d\d:\d\d)\.\d+Z", rb"\1Z", said.body)


@of_answer("times are seconds since 1970", f"GET {VIEW}", f"GET {CASE}")
def _(asked: Asked, said: Said) -> None:
    said.body = re.sub(rb'"\d{4}-\d\d-\d\dT[\d:.]+Z"', b"1767225600", said.body)


@of_answer("the id changes between create and read", f"GET {VIEW}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    body["data_view"]["id"] += "-v2"
    said.json = body


@of_answer("the total is text", CASES)
def _(asked: Asked, said: Said) -> None:
    body = said.json
    body["total"] = str(body["total"])
    said.json = body


@of_answer("page 2 is sorted the other way", RULES)
def _(asked: Asked, said: Said) -> None:
    body = said.json
    if dict(parse_qsl(asked.query)).get("page") == "2":
        body["data"] = body["data"][::-1]
    said.json = body


@of_answer("200 with a body in place of 204", f"DELETE {RULE}")
def _(asked: Asked, said: Said) -> None:
    said.status, said.body = 200, b'{"deleted":true}'
    said.headers["content-type"] = "application/json; charset=utf-8"


@of_answer("what is null is left out", f"GET {CASE}")
def _(asked: Asked, said: Said) -> None:
    said.json = {name: value for name, value in said.json.items() if value is not None}


@of_answer("an empty list is null", f"GET {CASE}")
def _(asked: Asked, said: Said) -> None:
    said.json = {name: None if value == [] else value for name, value in said.json.items()}


@of_answer("a change is shown only by the answer to it", f"PUT {CONNECTOR}", f"GET {CONNECTOR}")
def _(asked: Asked, said: Said) -> None:
    body = said.json
    first = MEMORY.setdefault(f"name of {body['id']}", body["name"] if asked.method == "GET" else None)
    if asked.method == "GET" and first is not None:
        said.json = {**body, "name": first}


# -- headers -----------------------------------------------------------------------------------------------


@of_answer("every origin may act with credentials", RULES)
def _(asked: Asked, said: Said) -> None:
    said.headers["access-control-allow-origin"] = "*"
    said.headers["access-control-allow-credentials"] = "true"


@of_answer("scripts can read the session's cookie", f"GET {SPACE}")
def _(asked: Asked, said: Said) -> None:
    said.headers["set-cookie"] = "sid=Fe26.2**0123456789abcdef; Path=/"


@of_answer("nobody is told of the end", f"GET {OBJECT}")
def _(asked: Asked, said: Said) -> None:
    said.headers.pop("warning", None)


@of_answer("two media types", RULES)
def _(asked: Asked, said: Said) -> None:
    said.more.append(("content-type", "text/plain"))


@of_answer("the length is that of the characters", MAKE_VIEW, f"GET {VIEW}")
def _(asked: Asked, said: Said) -> None:
    said.length = len(said.body.decode("utf-8", "replace"))


@of_answer("the length is too large", f"GET {SPACE}")
def _(asked: Asked, said: Said) -> None:
    said.length = len(said.body) + 9


@of_answer("compressed for everybody", RULES)
def _(asked: Asked, said: Said) -> None:
    said.headers["content-encoding"] = "gzip"
    said.body = gzip.compress(said.body)


@of_answer("304 to a question without a condition", f"GET {SPACE}")
def _(asked: Asked, said: Said) -> None:
    said.status, said.body = 304, b""
    said.headers.pop("content-type", None)


# -- errors ------------------------------------------------------------------------------------------------


@of_refusal("an error names an index", f"GET {CONNECTOR}")
def _(said: Said) -> None:
    said.json = {**said.json, "message": f"{said.json['message']} in [.kibana_alerting_cases_9.1.0_001]"}


@of_refusal("a stack stands among the attributes", f"GET {CONNECTOR}", MAKE_VIEW)
def _(said: Said) -> None:
    where = "/usr/share/kibana/node_modules/@kbn/actions-plugin/server/routes/get.js:52:17"
    stack = f"Error: not found\n    at ActionsClient.get ({where})\n    at async handler ({where})"
    said.json = {**said.json, "attributes": {"cause": {"stack": stack}}}


@of_refusal("the phrase is in capitals", f"GET {CONNECTOR}")
def _(said: Said) -> None:
    said.json = {**said.json, "error": str(said.json.get("error", "")).upper().replace(" ", "_")}


@defect("a refused viewer is shown the object", f"GET {CONNECTOR}", f"PUT {CONNECTOR}")
def _(asked: Asked, send: Send) -> Said:
    said = send(asked)
    if matches(asked, f"PUT {CONNECTOR}") and said.status == 403:
        shown = {
            "id": "a",
            "name": "a",
            "connector_type_id": ".index",
            "config": {},
            "is_preconfigured": False,
        }
        said.json = {**shown, "is_deprecated": False, "is_system_action": False, "is_missing_secrets": False}
    return said


# -- requests ----------------------------------------------------------------------------------------------


def _last(asked: Asked) -> str:
    return asked.path.rpartition("/")[2]


crashes("500 on a very long id", lambda a: len(_last(a)) > 512, f"GET {CONNECTOR}", f"GET {SPACE}")
crashes("500 on letters in an id", lambda a: "%D" in a.path or "%C" in a.path, f"GET {CONNECTOR}")
crashes("500 on a page far away", lambda a: bool(re.search(r"\bpage=\d{3,}", a.query)), RULES)


def _at_most_two(query: dict[str, str]) -> None:
    for name in ("per_page", "perPage"):
        if query.get(name, "").isdigit() and int(query[name]) > 2:
            query[name] = "2"


def _first_of_many(query: dict[str, str]) -> None:
    if query.get("page", "").isdigit() and int(query["page"]) > 2:
        query["page"] = "1"


asking("a page is never longer than two", RULES, _at_most_two)
asking("beyond the end it begins anew", LISTS, _first_of_many)


def _everywhere(*labels: str) -> Any:
    def spoil(asked: Asked, send: Send) -> Said:
        if matches(asked, *labels):
            asked.path = asked.bare_path
        return send(asked)

    return spoil


defect("one read forgets the space", f"GET {RULE}")(_everywhere(f"GET {RULE}"))
defect("one create forgets the space", "POST /api/exception_lists")(_everywhere("POST /api/exception_lists"))


@defect("a delete of what is gone is a success", f"DELETE {RULE}")
def _(asked: Asked, send: Send) -> Said:
    said = send(asked)
    if matches(asked, f"DELETE {RULE}") and said.status == 404:
        return Said(204, {"kbn-name": "k", "elastic-api-version": "2023-10-31"})
    return said


@defect("a stranger's HEAD is answered", f"GET {SPACE}")
def _(asked: Asked, send: Send) -> Said:
    said = send(asked)
    if asked.method == "HEAD" and matches(asked, f"HEAD {SPACE}") and said.status == 401:
        return Said(200, {**said.headers, "elastic-api-version": "2023-10-31"})
    return said


@defect("a text of digits becomes a number", "POST /api/cases")
def _(asked: Asked, send: Send) -> Said:
    said = send(asked)
    if matches(asked, "POST /api/cases") and said.ok:
        body = said.json
        for one in objects(body):
            for name, value in one.items():
                if isinstance(value, str) and value.isdigit():
                    one[name] = int(value)
        said.json = body
    return said


@defect("a filter that is wrong finds everything", RULES)
def _(asked: Asked, send: Send) -> Said:
    said = send(asked)
    if matches(asked, RULES) and said.status == 400:
        kept = [
            (k, v) for k, v in parse_qsl(asked.query) if k not in ("filter", "sort_order", "page", "per_page")
        ]
        return send(Asked("GET", asked.path, urlencode(kept), asked.headers, b""))
    return said


@defect("the second of two fails", "POST /api/cases")
def _(asked: Asked, send: Send) -> Said:
    MEMORY["asked"] = MEMORY.get("asked", 0) + matches(asked, "POST /api/cases")
    return crash(asked) if matches(asked, "POST /api/cases") and MEMORY["asked"] % 2 == 0 else send(asked)
