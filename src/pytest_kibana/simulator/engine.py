"""A request's way through the stand-in, in the order in which Kibana checks (Kibana source, ``http_server.ts``).

Base path and space prefix are stripped, the route is looked up, then the stages below run one after another;
the first that objects decides the answer. What reaches the end is answered by a family module, by the generic
verbs of a resource, or by the contract's own example.
"""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import partial
from typing import Any
from urllib.parse import quote

from pytest_kibana.simulator import generic, pages
from pytest_kibana.simulator.authorization import check as check_privileges
from pytest_kibana.simulator.families import After, Before, Family, Handler, load_families
from pytest_kibana.simulator.faults import Faults
from pytest_kibana.simulator.intake import Intake, parse_query, read_payload
from pytest_kibana.simulator.inventory import RESOURCES, Resource
from pytest_kibana.simulator.replies import JSON_UTF8, NOTHING, Refusal, Reply, envelope, siem_envelope
from pytest_kibana.simulator.routing import (
    LARGE,
    MAX_PAYLOAD,
    OPTIONAL_TAILS,
    SPACE,
    UNVERSIONED,
    Route,
    anonymous,
    well_encoded,
)
from pytest_kibana.simulator.wording import got, internal_text
from pytest_kibana.simulator.world import Call, World

Json = Any
PUBLIC_VERSION = "2023-10-31"
"""The only public version of Kibana's API."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MARKER = "x-elastic-internal-origin"
_CLOSING = "Kibana is shutting down and not accepting new incoming requests"
SIEM = (
    "/api/detection_engine",
    "/api/lists",
    "/api/exception_lists",
    "/api/exceptions",
    "/api/endpoint_list",
    "/api/asset_criticality",
    "/api/entity_store",
    "/api/entity_analytics",
    "/api/risk_score",
    "/api/timeline",
    "/api/note",
    "/api/pinned_event",
)
"""Paths whose handlers refuse in the envelope of the Security solution."""
_STRIPPING = (*SIEM, "/api/security_ai_assistant")
"""Paths where Zod drops members of a body that its schema does not name (Kibana source, kbn-zod-helpers)."""
_EXCESS = ("/api/observability/slos",)
"""Paths that refuse them, closed schema or not (seen on 9.4.3). Others do so too, where contracts lack members."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


# -- stages: each looks at the call and raises a Refusal, or lets it pass ------------------------------------


def authenticate(call: Call) -> None:
    """401 for nobody and for wrong credentials; routes that are open take both for nobody."""
    identities = call.world.identities
    try:
        found = identities.recognise(call.headers.get("authorization"), call.headers.get("cookie"))
    except Refusal:
        if not call.route.open:
            raise
        found = None
    if found is None and not call.route.open:
        raise Refusal(401, family="platform")
    if found is not None:
        call.identity = found


def read_body(call: Call) -> None:
    """413, 415, and 400 for what is no JSON. What a route without a body is sent is not parsed but for its size."""
    if call.method in ("GET", "HEAD"):
        return
    try:
        call.body, call.present = read_payload(call.raw, call.headers, call.route)
    except Refusal as refusal:
        if refusal.status == 413 or call.operation is None or call.operation.body is not None:
            raise


def demand_xsrf(call: Call) -> None:
    """400 for an unsafe call without ``kbn-xsrf`` or ``kbn-version``, where the route and the settings ask for it."""
    if (
        call.method in _SAFE
        or not call.route.xsrf
        or "kbn-xsrf" in call.headers
        or "kbn-version" in call.headers
    ):
        return
    options = call.world.options
    if options["server.xsrf.disableProtection"] or call.route.template in options["server.xsrf.allowlist"]:
        return
    schemes = options["server.xsrf.allowedSchemes"]
    if schemes is None:  # what it is when nobody says differs by flavor (elastic/kibana#270870)
        schemes = ("apikey", "bearer") if call.world.serverless else ()
    # A browser sends a cookie, and Basic, by itself; so these are never waived.
    if call.identity.kind not in schemes or call.identity.kind not in ("apikey", "bearer"):
        raise Refusal(400, "Request must contain a kbn-xsrf header.", family="platform")


def compare_release(call: Call) -> None:
    """400 for a browser of another release."""
    got = call.headers.get("kbn-version")
    expected = call.world.version
    if got is not None and got != expected:
        text = (
            "Browser client is out of date, please refresh the page "
            f'("kbn-version" header was "{got}" but should be "{expected}")'
        )
        raise Refusal(400, text, attributes={"expected": expected, "got": got}, family="platform")


def fence_internal(call: Call) -> None:
    """400 for an internal route without the marker."""
    if not call.route.internal or _MARKER in call.headers:
        return
    fenced = call.world.options["server.restrictInternalApis"]
    if fenced is False or (fenced is None and not call.world.at_least("9.0") and not call.world.serverless):
        return
    marker = parse_query(call.raw_query).get("elasticInternalOrigin", ["false"])[0]
    if marker == "false":
        raise Refusal(400, internal_text(call.method, call.path), family="platform")


def negotiate_version(call: Call) -> None:
    """400 for a version that does not exist; routes on the plain router do not look."""
    if not call.route.versioned:
        return
    if "apiVersion" in parse_query(call.raw_query):
        text = (
            'Use of query parameter "apiVersion" is not allowed. Please specify the API version using the '
            '"elastic-api-version" header.'
        )
        raise Refusal(400, text, family="platform")
    asked = call.headers.get("elastic-api-version")
    if asked is None or asked == PUBLIC_VERSION:
        return
    if not _DATE.fullmatch(asked):
        text = f'Invalid version. Received "{asked}", expected a valid date string formatted as YYYY-MM-DD.'
    else:
        text = (
            f'No version "{asked}" available for [{call.method.lower()}] [{call.route.template}]. '
            f"Available versions are: [{PUBLIC_VERSION}]"
        )
    raise Refusal(400, text, family="platform")


Stage = Callable[[Call], None]
STAGES: tuple[tuple[str, Stage], ...] = (
    ("authentication", authenticate),
    ("payload", read_body),
    ("xsrf", demand_xsrf),
    ("release", compare_release),
    ("internal", fence_internal),
    ("privileges", check_privileges),
    ("version", negotiate_version),
)


class Engine:
    """Answers calls. It keeps no state but the world's, and runs one call at a time."""

    def __init__(self, world: World, families: list[Family] | None = None) -> None:
        self.world = world
        self.intake = Intake(world.schemas, world.synthesiser)
        self.faults = Faults(world)
        self._handlers: dict[str, Handler] = {}
        self._befores: list[tuple[str, Before]] = []
        self._afters: list[tuple[str, After]] = []
        self._below = _item_paths(world)
        self._excluded = world.options.names("server.excludeRoutes")
        self._verbs = {
            label: (resource, role)
            for resource in reversed(RESOURCES)
            for label, role in reversed([*resource.roles()])
        }
        for family in load_families() if families is None else families:
            self._take(family)
        for route in world.router.routes.values():
            if route.limit == MAX_PAYLOAD:
                route.limit = world.options["server.maxPayload"]

    def _take(self, family: Family) -> None:
        for extra in family.extras:
            due = extra.since is None or self.world.at_least(extra.since)
            if due and (extra.beside is None or extra.beside in self.world.router.routes):
                method, _, path = extra.label.partition(" ")
                self.world.router.add(
                    Route(
                        method,
                        path,
                        None,
                        internal=extra.internal,
                        versioned=not (extra.internal or path.startswith(UNVERSIONED)),
                        open=extra.open,
                        xsrf=extra.xsrf,
                        media=frozenset({extra.media}),
                        array=extra.array,
                        limit=LARGE.get(anonymous(path), MAX_PAYLOAD),
                    )
                )
        self._handlers.update(family.handlers)
        self._befores += family.befores
        self._afters += family.afters
        for start in family.starts:
            start(self.world)

    # -- one call ----------------------------------------------------------------------------------------

    def answer(self, call: Call) -> Reply:
        """Return the reply to a call whose base path has been stripped; ``call.path`` is still percent-encoded."""
        stage = ""
        try:
            shown = self._route(call)
            if shown is not None:
                return shown
            proceed = partial(self._handle, call)
            replaced = self.faults.stages(call, proceed)
            for stage, check in STAGES:
                run = replaced.get(stage, check)
                if run is not None:
                    run(call)
            stage = "handler"
            return self._handle(call)
        except Refusal as refusal:
            reply = refused(call, refusal)
            reply.public = stage == "handler"
            return self.faults.answered(call, reply)

    def _route(self, call: Call) -> Reply | None:
        """Find the route of a call; return the answer where it is for a page."""
        prefixed = SPACE.match(call.path)
        if prefixed:
            call.space = prefixed[1]
            call.path = call.path[prefixed.end() :] or "/"
        if call.late:
            raise Refusal(503, _CLOSING, family="platform")
        if not well_encoded(call.path):
            raise Refusal(400, family="platform")
        found = self.world.router.find("GET" if call.method == "HEAD" else call.method, call.path)
        if found is None:
            return self._unknown(call)
        if found[0].template in self._excluded:
            raise Refusal(404, family="platform")
        call.route, call.ids = found
        return None

    def _unknown(self, call: Call) -> Reply:
        """Refuse a path without a route. GETs meet an authenticated catch-all first (Kibana source, core_app.ts)."""
        if call.method in ("GET", "HEAD"):
            shown = pages.open_page(call)
            if shown is None:
                authenticate_stranger(call)
                shown = pages.page(call)
            if shown is not None:
                return shown
            if call.path.endswith("/") and call.path != "/":
                place = f"{self.world.config.base_path}/{quote(call.path.strip('/'), safe='')}"
                raise Refusal(302, "", headers={"location": place})
        raise Refusal(404, family="platform")

    def _handle(self, call: Call) -> Reply:
        reply = self._conform(call, self.faults.wrapped(call, partial(self._respond, call))())
        return self.faults.answered(call, reply)

    def _respond(self, call: Call) -> Reply:
        operation = call.operation
        if operation is None:
            fits = isinstance(call.body, dict | bytes) or (call.route.array and isinstance(call.body, list))
            if call.body is not None and not fits:
                text = f"[request body]: expected a plain object value, but found [{got(call.body)}] instead."
                raise Refusal(400, text, family="platform")
            call.query = {k: v[0] if len(v) == 1 else v for k, v in parse_query(call.raw_query).items()}
        elif not self.faults.unchecked(call):
            raw = parse_query(call.raw_query) if call.raw_query else {}
            call.query = self.intake.parameters(operation, call.ids, raw, call.headers)
            call.body = self.intake.body(operation, call.body, call.present, call.media)
            if call.path.startswith(_STRIPPING):
                call.body = generic.only_known(call, call.body)
            elif call.path.startswith(_EXCESS):
                generic.demand_known(call, call.body, words="Excess keys are not allowed: ")
        else:
            call.query = {k: v[0] if len(v) == 1 else v for k, v in parse_query(call.raw_query).items()}
        before, handler, after = self._plan(call.route)
        for look in before:
            look(call)
        reply = handler(call)
        for change in after:
            reply = change(call, reply)
        if operation is not None and operation.deprecated:
            warning = f'299 Kibana-{self.world.version} "This endpoint is deprecated"'
            reply.headers.setdefault("warning", warning)
        return reply

    def _plan(self, route: Route) -> tuple[list[Before], Handler, list[After]]:
        plan = route.cache.get("plan")
        if plan is None:
            label = self._called(route)
            befores = [hook for pattern, hook in self._befores if _fits(label, pattern)]
            afters = [hook for pattern, hook in self._afters if _fits(label, pattern)]
            below = self._parent_check(route)
            plan = route.cache["plan"] = ([*below, *befores], self._handler(label), afters)
        found: tuple[list[Before], Handler, list[After]] = plan
        return found

    def _called(self, route: Route) -> str:
        """Return the label that families know a route by: a newer contract may list a form without its last segment."""
        longer = f"{route.label}/{{}}"
        known = route.label in self._handlers or route.label in self._verbs
        return longer if longer in OPTIONAL_TAILS and not known else route.label

    def _handler(self, label: str) -> Handler:
        own = self._handlers.get(label)
        if own is not None:
            return own
        if label in self._verbs:
            resource, role = self._verbs[label]
            verb = generic.VERBS[role]

            def run(call: Call) -> Reply:
                return verb(call, resource)

            return run
        return generic.canned

    def _parent_check(self, route: Route) -> list[Before]:
        """Return the check that the item exists, for operations below an item's path that are nobody's own."""
        label, path = route.label, anonymous(route.template)
        if label in self._verbs or label in self._handlers:
            return []
        for item, resource in self._below:
            if path.startswith(item + "/"):
                depth = item.count("{}")

                def look(call: Call, resource: Resource = resource, depth: int = depth) -> None:
                    generic.attached(call, resource, depth)

                return [look]
        return []

    # -- answers as the contract documents them ------------------------------------------------------------

    def _conform(self, call: Call, reply: Reply) -> Reply:
        """Give a success the status, media type and shape that the contract documents."""
        operation = call.operation
        if operation is None or reply.exact or reply.status >= 300:
            return reply
        response = operation.response(reply.status)
        if response is None or response.status == "default":
            response = operation.success
            if response is None:
                return reply
            if response.status.isdigit():
                reply.status = int(response.status)
        if reply.status == 204:
            reply.body = NOTHING
            return reply
        media = response.content[0] if response.content else None
        if media is None or isinstance(reply.body, bytes):
            return reply
        if media.schema is not None and not media.schema.vacuous:
            body = {} if reply.body is NOTHING else reply.body
            reply.body = self.world.synthesiser.fit(media.schema.json, body)
        elif reply.body is NOTHING:
            reply.body = {}
        if not media.name.endswith("json") or media.name == "application/ndjson":
            reply.media = media.name
        return reply


def authenticate_stranger(call: Call) -> None:
    """401 on the catch-all route; a browser is sent to log in."""
    found = call.world.identities.recognise(call.headers.get("authorization"), call.headers.get("cookie"))
    if found is None:
        raise pages.to_login(call) if pages.is_page(call) else Refusal(401, family="platform")


def refused(call: Call, refusal: Refusal) -> Reply:
    """Return the reply of a refusal, in the envelope of the platform or of the family."""
    status = refusal.status
    if status == 302:
        return Reply(NOTHING, status=302, headers=refusal.headers, exact=True)
    plain = envelope(status, refusal.message, refusal.attributes)
    siem = siem_envelope(status, refusal.message)
    own = refusal.family == "auto" and call.path.startswith(SIEM)
    body: Json = siem if own or refusal.family == "siem" else plain
    if refusal.family == "auto" and call.operation is not None:
        response = call.operation.response(status)
        media = response.content[0] if response is not None and response.content else None
        if media is not None and media.schema is not None:
            valid = call.world.schemas.valid
            shapes = (body, plain, siem)
            known = next((shape for shape in shapes if valid(media.schema.json, shape)), None)
            body = call.world.synthesiser.fit(media.schema.json, plain) if known is None else known
    # The Security solution's is written raw, and so without the charset that hapi adds.
    named = "application/json" if body is siem else JSON_UTF8
    return Reply(body, status=status, media=named, headers=refusal.headers, exact=True)


def _item_paths(world: World) -> list[tuple[str, Resource]]:
    """Return the item paths of things that this contract can make, the longest first."""
    found = []
    for resource in RESOURCES:
        if not any(label in world.router.routes for label in resource.create):
            continue
        for label in resource.read:
            path = label.partition(" ")[2]
            own = path.count("{}") == 1 + bool(
                resource.parent
            )  # a path of two names is its family's business
            if own and path.endswith("/{}") and label in world.router.routes and not resource.upsert:
                found.append((path, resource))
    return sorted(found, key=lambda pair: -len(pair[0]))


def _fits(label: str, pattern: str) -> bool:
    return label == pattern or ("*" in pattern and fnmatchcase(label, pattern))
