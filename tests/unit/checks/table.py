"""For each check an exchange, or a story of several, that breaks its rule, and one that keeps it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytest_kibana.checks import Look
from pytest_kibana.conformance import UNKNOWN_ID
from pytest_kibana.wire.exchange import Intent, Rule, Weather

LIST, MAKE, READ, PUT, DELETE = (
    "GET /api/things",
    "POST /api/things",
    "GET /api/things/{id}",
    "PUT /api/things/{id}",
    "DELETE /api/things/{id}",
)
GOOD = Intent("accepted", "smallest", "c-0")
HTML = "<!doctype html><html>"

Make = Callable[[Any], Look]


def probe(kind: str, identity: str = "main") -> Intent:
    return Intent("refused" if identity != "viewer" else None, kind, "c-0", None, identity)


def bad(location: str, at: str, keyword: str) -> Intent:
    return Intent("refused", "invalid", "c-1", Rule(location, at, keyword, "one rule is broken"))  # type: ignore[arg-type]


def refused(said: str, status: int = 400, phrase: str = "Bad Request"):
    return lambda k, label=LIST, intent=None: k(label, status, k.error(status, phrase, said), intent=intent)


def versions(k: Any, first: str, second: str) -> Look:
    one = k(LIST, 400, k.error(400, "Bad Request", first), intent=probe("unknown version"))
    body = k.error(400, "Bad Request", second) if second else []
    two = k(LIST, 400 if second else 200, body, intent=probe("malformed version"))
    steps = (k.step("probe", one), k.step("probe", two))
    return k.story(*steps)


def made(k: Any, subject: str = "a", **more: Any):
    return k.step("create", k(MAKE, 201, {"id": subject}, headers={"location": "/x"}), subject, **more)


def gone(k: Any, subject: str = "a", **more: Any):
    return k.step("delete", k(DELETE, 204), subject, **more)


def read(k: Any, status: int = 200, body: Any = None, subject: str = "a", action: str = "read", **more: Any):
    body = body if body is not None else ({"id": subject} if status == 200 else k.error(status, "Not Found"))
    return k.step(action, k(READ, status, body), subject, **more)


def listed(k: Any, *held: str, **more: Any):
    return k.step("list", k(LIST, 200, [{"id": h} for h in held]), None, held=held, **more)


def asked(body: Any, **query: str):
    return lambda k: k(LIST, 200, body, query=tuple(query.items()))


def rows(*names: str, **more: Any) -> dict[str, Any]:
    return {"data": [{"id": n, "name": n} for n in names], **more}


def together(*answered: str, sent: tuple[str, ...] = ("a", "b", "c")):
    return lambda k: k(
        "POST /api/things/_bulk", 200, [{"id": n} for n in answered], sent=[{"id": n} for n in sent]
    )


def exported(count: int, *names: str):
    lines = [json.dumps({"id": n}) for n in names] + [json.dumps({"exportedCount": count})]
    return lambda k: k(
        "POST /api/things/_export",
        200,
        text="\n".join(lines) + "\n",
        headers={"content-type": "application/ndjson"},
    )


def echoed(shown: str):
    return lambda k: k(MAKE, 201, {"id": "a", "name": shown}, sent={"name": "A thing"}, intent=GOOD)


def missing(k: Any, status: int, body: Any) -> Look:
    look = k(READ, status, body, intent=probe("unknown object"))
    request = replace(look.exchange.request, path=f"/api/things/{UNKNOWN_ID}")
    return replace(look, exchange=replace(look.exchange, request=request))


OF_THE_RUN = {"KBN-I213"}
"""Checks that no single exchange shows; see tests/unit/conformance."""

# code: (a look that breaks the rule, a look that keeps it)
TABLE: dict[str, tuple[Make, Make]] = {
    "KBN-R101": (lambda k: k(DELETE, 200, {}), lambda k: k(DELETE, 204)),
    "KBN-R102": (
        lambda k: k(LIST, 200, text="a", headers={"content-type": "text/plain"}),
        lambda k: k(LIST, 200, [], headers={"content-type": "application/json"}),
    ),
    "KBN-R103": (lambda k: k(LIST, 200, [{"id": 1}]), lambda k: k(LIST, 200, [{"id": "1"}])),
    "KBN-R104": (lambda k: k(LIST, 404, {"oops": 1}), lambda k: k(LIST, 404, k.error(404, "Not Found"))),
    "KBN-R105": (lambda k: k(LIST, 500, k.error(500, "Internal Server Error")), lambda k: k(MAKE, 501, {})),
    "KBN-R106": (lambda k: k(LIST, 200, [], headers={"kbn-name": None}), lambda k: k(LIST, 200, [])),
    "KBN-R107": (lambda k: k(LIST, 200, [], method="HEAD"), lambda k: k(DELETE, 204)),
    "KBN-R108": (lambda k: k(LIST, 200, [], json_trouble="a key stands twice"), lambda k: k(LIST, 200, [])),
    "KBN-R109": (lambda k: k(LIST, 200, [], truncated=True), lambda k: k(LIST, 200, [])),
    "KBN-R110": (
        lambda k: k(LIST, 200, [], leaked=("/0/secret",)),
        lambda k: k(MAKE, 201, {}, leaked=("/key",)),
    ),
    "KBN-R111": (lambda k: k("GET /api/silent", 200, {"a": 1}), lambda k: k("GET /api/silent", 200, {})),
    "KBN-R112": (lambda k: k(LIST, 200, text=""), lambda k: k(LIST, 200, [])),
    "KBN-R113": (lambda k: k(LIST, 200, text=HTML), lambda k: k(LIST, 200, [])),
    "KBN-R114": (
        lambda k: k(LIST, weather=Weather("broken", "it broke"), settled=True, attempt=3),
        lambda k: k(LIST, 200, []),
    ),
    "KBN-R201": (
        lambda k: k(LIST, 404, k.error(500, "Not Found")),
        lambda k: k(LIST, 404, k.error(404, "Not Found")),
    ),
    "KBN-R202": (
        lambda k: k(LIST, 404, k.error(404, "Bad Request")),
        lambda k: k(LIST, 413, k.error(413, "Payload Too Large")),
    ),
    "KBN-R203": (
        lambda k: k(LIST, 404, k.error(404, "Not Found", " ")),
        lambda k: k(LIST, 404, k.error(404, "Not Found")),
    ),
    "KBN-R204": (
        lambda k: k(LIST, 500, k.error(500, "E", "boom\n    at Object.f (/usr/share/kibana/x.js:10:5)")),
        lambda k: k(LIST, 400, k.error(400, "Bad Request", "look at line (3:4) of your query")),
    ),
    "KBN-R205": (
        lambda k: k(LIST, 404, {"error": {"root_cause": []}, "status": 404}),
        lambda k: k(LIST, 404, k.error(404, "Not Found", attributes={"error": {"root_cause": []}})),
    ),
    "KBN-R206": (
        lambda k: refused("Not Found", 404, "Not Found")(k, intent=GOOD),
        lambda k: refused("Saved object [a/b] not found", 404, "Not Found")(k, intent=GOOD),
    ),
    "KBN-R207": (
        refused("uri [/a] with method [get] is not available with the current configuration"),
        refused("[request query.page]: no"),
    ),
    "KBN-R208": (refused("no", 405, "Method Not Allowed"), lambda k: k(LIST, 200, [])),
    "KBN-R209": (
        lambda k: refused("index_not_found", 404, "Not Found")(k, intent=GOOD),
        lambda k: refused("index_not_found", 404, "Not Found")(
            k, READ, Intent("accepted", "boundary", "c-0")
        ),
    ),
    "KBN-R210": (
        lambda k: k(READ, 200, k.error(404, "Not Found")),
        lambda k: k(READ, 200, {"id": "a"}),
    ),
    "KBN-R301": (
        lambda k: k(MAKE, 201, {"id": "a"}),
        lambda k: k(MAKE, 201, {"id": "a"}, headers={"Location": "/abc"}),
    ),
    "KBN-R302": (
        lambda k: k(MAKE, 201, {"id": "a"}, headers={"location": "/"}),
        lambda k: k(MAKE, 201, {"id": "a"}, headers={"location": "/abc"}),
    ),
    "KBN-R303": (
        lambda k: k(LIST, 200, [], headers={"cache-control": "public, max-age=60"}),
        lambda k: k(LIST, 200, []),
    ),
    "KBN-R305": (
        lambda k: k(DELETE, 204),
        lambda k: k(DELETE, 204, headers={"warning": '299 Kibana-9.1.0 "This endpoint is deprecated"'}),
    ),
    "KBN-R307": (
        lambda k: k(LIST, 304, text=""),
        lambda k: k(LIST, 304, text="", asked={"if-none-match": '"1"'}),
    ),
    "KBN-R315": (
        lambda k: k(LIST, 200, [], headers={"set-cookie": "sid=x; Path=/"}),
        lambda k: k(LIST, 200, [], headers={"set-cookie": "sid=x; Path=/; HttpOnly"}),
    ),
    "KBN-R308": (
        lambda k: k(LIST, 302, text="", headers={"location": "//evil.example/x"}),
        lambda k: k(LIST, 302, text="", headers={"location": "http://k.example/login"}),
    ),
    "KBN-R309": (
        lambda k: k(LIST, 200, [{"id": "a", "created_at": "yesterday"}]),
        lambda k: k(LIST, 200, [{"id": "a", "created_at": "2026-11-23T10:00:00.000Z"}]),
    ),
    "KBN-R310": (
        lambda k: k(
            READ, 200, {"created_at": "2026-11-23T10:00:00.000Z", "updated_at": "2026-11-22T10:00:00.000Z"}
        ),
        lambda k: k(
            READ, 200, {"created_at": "2026-11-23T10:00:00.000Z", "updated_at": "2026-11-23T10:00:00.000Z"}
        ),
    ),
    "KBN-R311": (
        lambda k: k(LIST, 200, [], elapsed=30, usual=0.04),
        lambda k: k(LIST, 200, [], elapsed=4.9, usual=0.01),
    ),
    "KBN-R312": (
        lambda k: k(LIST, 200, [], extra=(("Content-Type", "text/html"),)),
        lambda k: k(LIST, 200, [], extra=(("set-cookie", "a"), ("set-cookie", "b"))),
    ),
    "KBN-R313": (
        lambda k: k(LIST, 200, [], headers={"content-type": "application/json; charset=latin1"}),
        lambda k: k(LIST, 200, [], headers={"content-type": "application/json"}),
    ),
    "KBN-R401": (asked(rows("a", "b", "a")), asked([{"count": 1}, {"count": 1}])),
    "KBN-R402": (asked(rows("a", "b", total=2), per_page="1"), asked(rows("a", "b", total=2), per_page="2")),
    "KBN-R403": (asked(rows("a", "b", total=1)), asked(rows("a", "b", total=7))),
    "KBN-R404": (asked(rows(page=1, total=0), page="2"), asked(rows(page=2, total=0), page="2")),
    "KBN-R405": (
        asked(rows("b", "a", "c"), sort_field="name", sort_order="asc"),
        asked(rows("a", "B", "c"), sort_field="name", sort_order="asc"),
    ),
    "KBN-R406": (
        asked(rows("a", total=2, per_page=20, page=1)),
        asked(rows("c", total=3, per_page=2, page=2), page="2"),
    ),
    "KBN-R407": (together("a", "c"), together("c", "b", "a")),
    "KBN-R408": (together("a", "c", "b"), together("a", "b", "c")),
    "KBN-R409": (exported(2, "a"), exported(2, "a", "b")),
    "KBN-R410": (lambda k: k(READ, 200, {"id": "b"}), lambda k: k(READ, 200, {"id": "b", "own_id": "a"})),
    "KBN-R411": (echoed("Another thing"), echoed(" A thing ")),
    "KBN-R314": (
        lambda k: k(
            LIST,
            200,
            [],
            headers={"access-control-allow-origin": "*", "access-control-allow-credentials": "true"},
        ),
        lambda k: k(LIST, 200, [], headers={"access-control-allow-origin": "*"}),
    ),
    "KBN-P310": (
        lambda k: missing(k, 400, k.error(400, "Bad Request")),
        lambda k: missing(k, 404, k.error(404, "Not Found")),
    ),
    "KBN-P301": (
        lambda k: k(MAKE, 201, {"id": "a"}, intent=probe("no xsrf")),
        lambda k: refused("Request must contain a kbn-xsrf header.")(k, MAKE, probe("no xsrf")),
    ),
    "KBN-P302": (
        lambda k: refused("Saved object [a/b] not found", 404, "Not Found")(k, DELETE, probe("no xsrf")),
        lambda k: refused("Request must contain a kbn-xsrf header.")(k, MAKE, probe("no xsrf")),
    ),
    "KBN-P303": (
        lambda k: versions(k, 'No version "2019-01-01" available', ""),
        lambda k: versions(k, 'No version "2019-01-01" available', "Invalid version. Received 1"),
    ),
    "KBN-P304": (
        lambda k: refused('No version "x"')(k, intent=probe("unknown version")),
        lambda k: refused('No version "x". Available versions are: [2023-10-31]')(
            k, intent=probe("unknown version")
        ),
    ),
    "KBN-P305": (
        lambda k: refused("Invalid version.", 404, "Not Found")(k, intent=probe("malformed version")),
        lambda k: refused("Invalid version.")(k, intent=probe("malformed version")),
    ),
    "KBN-P306": (
        lambda k: k(LIST, 405, text="", method="HEAD", intent=probe("head")),
        lambda k: k(LIST, 200, text="", method="HEAD", intent=probe("head")),
    ),
    "KBN-P307": (
        lambda k: k(LIST, 200, [], headers={"content-encoding": "gzip"}, intent=probe("plain encoding")),
        lambda k: k(LIST, 200, [], intent=probe("plain encoding")),
    ),
    "KBN-P308": (
        lambda k: refused('No version "2023-10-31" available')(k, intent=GOOD),
        lambda k: k(LIST, 200, [], intent=GOOD),
    ),
    "KBN-P309": (
        lambda k: k("GET /api/fleet/things", 200, [], intent=probe("unknown version")),
        lambda k: refused('No version "2019-01-01" available')(
            k, "GET /api/fleet/things", probe("unknown version")
        ),
    ),
    "KBN-A401": (
        lambda k: k(LIST, 200, [], intent=probe("anonymous", "anonymous")),
        lambda k: refused("Unauthorized", 401, "Unauthorized")(k, intent=probe("anonymous", "anonymous")),
    ),
    "KBN-A402": (
        lambda k: k(LIST, 200, [], intent=probe("wrong key", "wrong key")),
        lambda k: refused("Unauthorized", 401, "Unauthorized")(k, intent=probe("wrong key", "wrong key")),
    ),
    "KBN-A410": (
        lambda k: k(LIST, 200, [], intent=probe("revoked key", "revoked key")),
        lambda k: k(LIST, 401, k.error(401, "Unauthorized"), intent=probe("revoked key", "revoked key")),
    ),
    "KBN-A403": (
        lambda k: refused("no such thing", 404, "Not Found")(k, intent=probe("anonymous", "anonymous")),
        lambda k: refused("Unauthorized", 401, "Unauthorized")(k, intent=probe("anonymous", "anonymous")),
    ),
    "KBN-A404": (
        lambda k: refused("Unauthorized", 401, "Unauthorized")(k, intent=GOOD),
        lambda k: refused("Forbidden", 403, "Forbidden")(k, intent=GOOD),
    ),
    "KBN-A405": (
        lambda k: k(MAKE, 201, {"id": "a"}, intent=probe("viewer", "viewer")),
        lambda k: refused("no", 403, "Forbidden")(k, MAKE, probe("viewer", "viewer")),
    ),
    "KBN-A406": (
        lambda k: refused("no", 401, "Unauthorized")(k, MAKE, probe("viewer", "viewer")),
        lambda k: refused("no", 403, "Forbidden")(k, MAKE, probe("viewer", "viewer")),
    ),
    "KBN-A407": (
        lambda k: k(READ, 403, {"id": "a", "tags": []}, intent=probe("viewer", "viewer")),
        lambda k: refused("no", 403, "Forbidden")(k, READ, probe("viewer", "viewer")),
    ),
    "KBN-A408": (
        lambda k: k("GET /api/status", 200, {"version": {}}, intent=probe("anonymous", "anonymous")),
        lambda k: k("GET /api/status", 200, {"status": {}}, intent=probe("anonymous", "anonymous")),
    ),
    "KBN-A409": (
        lambda k: refused("Forbidden", 403, "Forbidden")(k, intent=probe("viewer", "viewer")),
        lambda k: refused("API [GET /api/x] is unauthorized for user", 403, "Forbidden")(
            k, intent=probe("viewer", "viewer")
        ),
    ),
    "KBN-I201": (
        lambda k: k(MAKE, 201, {"id": "a"}, intent=bad("body", "/id", "type")),
        lambda k: refused("[request body.id]: no")(k, MAKE, bad("body", "/id", "type")),
    ),
    "KBN-I202": (
        lambda k: refused("[request body.id]: no")(k, MAKE, GOOD),
        lambda k: refused("not found", 404, "Not Found")(k, MAKE, GOOD),
    ),
    "KBN-I203": (
        lambda k: k(MAKE, 201, {"id": "a"}, intent=bad("body", "/stranger", "additionalProperties")),
        lambda k: refused("[request body.stranger]: no")(
            k, MAKE, bad("body", "/stranger", "additionalProperties")
        ),
    ),
    "KBN-I204": (
        lambda k: k(
            MAKE, 201, {"x": [{"stranger": 1}]}, intent=bad("body", "/stranger", "additionalProperties")
        ),
        lambda k: k(MAKE, 201, {"id": "a"}, intent=bad("body", "/stranger", "additionalProperties")),
    ),
    "KBN-I205": (
        lambda k: k(MAKE, 201, {"id": "a"}, intent=bad("body", "/at", "format")),
        lambda k: refused("[request body.at]: no")(k, MAKE, bad("body", "/at", "format")),
    ),
    "KBN-I206": (
        lambda k: k(MAKE, 302, text="", intent=bad("body", "/id", "type")),
        lambda k: refused("no")(k, MAKE, bad("body", "/id", "type")),
    ),
    "KBN-I207": (
        lambda k: refused("[request query.page]: no")(k, MAKE, bad("body", "/id", "type")),
        lambda k: refused("[request body.id]: no")(k, MAKE, bad("body", "/id", "type")),
    ),
    "KBN-I208": (
        lambda k: k(MAKE, 201, {"id": "a"}, intent=bad("body", "", "malformed")),
        lambda k: refused("Invalid request payload JSON format")(k, MAKE, bad("body", "", "malformed")),
    ),
    "KBN-I209": (
        lambda k: k(MAKE, 201, {"id": "a"}, intent=bad("media type", "", "media type")),
        lambda k: refused("no", 415, "Unsupported Media Type")(k, MAKE, bad("media type", "", "media type")),
    ),
    "KBN-I210": (
        lambda k: k(MAKE, 201, {"id": "a"}, intent=bad("body", "", "too large")),
        lambda k: refused("no", 413, "Payload Too Large")(k, MAKE, bad("body", "", "too large")),
    ),
    "KBN-I211": (
        lambda k: k(
            LIST,
            400,
            text="<p>no <script>x</script>",
            headers={"content-type": "text/html"},
            query=(("q", "<script>x</script>"),),
        ),
        lambda k: k(LIST, 400, k.error(400, "Bad Request", "no <script>"), query=(("q", "<script>"),)),
    ),
    "KBN-I214": (
        lambda k: refused("Agent [x] not found", 404, "Not Found")(k, MAKE, bad("body", "/id", "type")),
        lambda k: refused("[request body.id]: no")(k, MAKE, bad("body", "/id", "type")),
    ),
    "KBN-I212": (
        lambda k: refused("x_content_parse_exception: no")(k, MAKE, bad("body", "/id", "type")),
        lambda k: refused("[request body.id]: no")(k, MAKE, bad("body", "/id", "type")),
    ),
    "KBN-L501": (lambda k: k.story(made(k), read(k, 404)), lambda k: k.story(made(k), read(k))),
    "KBN-L502": (
        lambda k: k.story(made(k, sent={"name": "n"}), read(k, body={"id": "a", "name": "m"})),
        lambda k: k.story(made(k, sent={"name": "n"}), read(k, body={"id": "a", "name": "n", "more": 1})),
    ),
    "KBN-L503": (lambda k: k.story(made(k), read(k, body={"id": "b"})), lambda k: k.story(made(k), read(k))),
    "KBN-L504": (
        lambda k: k.story(made(k), read(k, body={"tags": []}), read(k, body={"tags": ["x"]})),
        lambda k: k.story(made(k), read(k, body={"updated_at": "1"}), read(k, body={"updated_at": "2"})),
    ),
    "KBN-L505": (lambda k: k.story(made(k), listed(k)), lambda k: k.story(made(k), listed(k, "a", "z"))),
    "KBN-L506": (
        lambda k: k.story(made(k), gone(k), listed(k, "a")),
        lambda k: k.story(made(k), gone(k), listed(k)),
    ),
    "KBN-L507": (
        lambda k: k.story(made(k), listed(k, "a", page=1, total=2), listed(k, "a", page=2, total=2)),
        lambda k: k.story(made(k), listed(k, "a", page=1, total=2), listed(k, "b", page=2, total=2)),
    ),
    "KBN-L508": (
        lambda k: k.story(
            made(k),
            made(k, "b"),
            listed(k, "a", page=1, total=2),
            listed(k, page=2, total=2),
        ),
        lambda k: k.story(
            made(k),
            made(k, "b"),
            listed(k, "a", "b", page=1, total=2),
            listed(k, page=2, total=2),
        ),
    ),
    "KBN-L509": (
        lambda k: k.story(made(k), listed(k, "a", page=1, total=1), listed(k, "z", page=9, total=1)),
        lambda k: k.story(made(k), listed(k, "a", page=1, total=1), listed(k, page=9, total=1)),
    ),
    "KBN-L510": (
        lambda k: k.story(made(k), k.step("create again", k(MAKE, 201, {"id": "a"}))),
        lambda k: k.story(made(k), k.step("create again", k(MAKE, 409, k.error(409, "Conflict")))),
    ),
    "KBN-L511": (
        lambda k: k.story(made(k), k.step("create again", k(MAKE, 400, k.error(400, "Bad Request")))),
        lambda k: k.story(made(k), k.step("create again", k(MAKE, 409, k.error(409, "Conflict")))),
    ),
    "KBN-L512": (
        lambda k: k.story(read(k, 200, action="read unknown")),
        lambda k: k.story(read(k, 404, action="read unknown")),
    ),
    "KBN-L513": (
        lambda k: k.story(made(k), gone(k), read(k)),
        lambda k: k.story(made(k), gone(k), read(k, 404)),
    ),
    "KBN-L514": (
        lambda k: k.story(made(k), gone(k), gone(k)),
        lambda k: k.story(made(k), gone(k), k.step("delete", k(DELETE, 404, k.error(404, "Not Found")))),
    ),
    "KBN-L515": (
        lambda k: k.story(made(k), k.step("stale update", k(PUT, 200, {"id": "a"}))),
        lambda k: k.story(made(k), k.step("stale update", k(PUT, 409, k.error(409, "Conflict")))),
    ),
    "KBN-L516": (
        lambda k: k.story(
            made(k, sent={"name": "n"}),
            k.step("refused change", k(PUT, 400, k.error(400, "Bad Request")), sent={"name": "m"}),
            read(k, body={"id": "a", "name": "m"}),
        ),
        lambda k: k.story(
            made(k, sent={"name": "n"}),
            k.step("refused change", k(PUT, 400, k.error(400, "Bad Request")), sent={"name": "m"}),
            read(k, body={"id": "a", "name": "n"}),
        ),
    ),
    "KBN-L517": (
        lambda k: k.story(made(k, space="one"), read(k, space="two")),
        lambda k: k.story(made(k, space="one"), made(k, space="two"), read(k, space="two")),
    ),
    "KBN-L518": (
        lambda k: k.story(
            made(k, space="one"), made(k, space="two"), gone(k, space="one"), read(k, 404, space="two")
        ),
        lambda k: k.story(
            made(k, space="one"), made(k, space="two"), gone(k, space="one"), read(k, space="two")
        ),
    ),
    "KBN-L519": (
        lambda k: k.story(
            k.step("update", k(PUT, 200, {"id": "a"})),
            k.step("update again", k(PUT, 400, k.error(400, "Bad Request"))),
        ),
        lambda k: k.story(
            k.step("update", k(PUT, 200, {"id": "a"})), k.step("update again", k(PUT, 200, {"id": "a"}))
        ),
    ),
    "KBN-L520": (
        lambda k: k.story(listed(k, "a", "b", page=1, total=1)),
        lambda k: k.story(listed(k, "a", "b", page=1, total=2)),
    ),
}
