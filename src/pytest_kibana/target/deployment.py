"""Finding out, once and before the first test, who is at the other end.

Everything rests on ``GET /api/status``. It answers without authentication too, but then without ``version``:
that is how refused credentials show (Kibana source, status.ts). Four things can stand in the way, and each
has an error of its own: nothing answers, the credentials are refused, Kibana is not ready, or it is not
Kibana.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from packaging.version import InvalidVersion, Version

from pytest_kibana.errors import (
    CredentialsRefused,
    EnvironmentTrouble,
    NotKibana,
    SafetyRefusal,
    TargetNotReady,
    TargetUnreachable,
)
from pytest_kibana.wire.client import KibanaClient
from pytest_kibana.wire.credentials import Anonymous, ApiKey, Credentials
from pytest_kibana.wire.exchange import Answer, Exchange, Intent, Origin, Request
from pytest_kibana.wire.flow import RetryPolicy
from pytest_kibana.wire.weather import STATUS_PATH

LICENSES = ("basic", "standard", "gold", "platinum", "enterprise", "trial")
READY_LEVELS = frozenset({"available", "degraded"})
_STAND_IN = re.compile(r"\bstand-?in\b|simulator", re.IGNORECASE)
_JSON_BODY = (("content-type", "application/json"),)
_NOBODY = ApiKey.of("nobody", "not-a-key-of-anyone")


@dataclass(frozen=True, slots=True)
class Target:
    """The deployment, as it was when the run began.

    Attributes:
        url: where it was reached.
        name: ``server.name``; the header ``kbn-name`` carries it too.
        version: such as ``9.1.4``, never with ``-SNAPSHOT``: see ``snapshot``.
        flavor: ``traditional`` or ``serverless``.
        level: overall health: ``available``, ``degraded``, ``unavailable`` or ``critical``.
        plugins: id to level.
        license: the highest tier that was seen enabled, or None where nothing showed it. A trial looks like
            ``enterprise``: there is no public licence API.
        anonymous: whether a request without credentials is served, or None where that was not learned.
        security_disabled: whether even wrong credentials are served: then 401 and 403 cannot be tested.
        xsrf_exempt: whether these credentials need no ``kbn-xsrf`` (``server.xsrf.allowedSchemes``,
            elastic/kibana#270870), or None where that was not learned.
        stand_in: True where the target says of itself that it is a stand-in. It is reported, and never acted
            upon.
        cloud: True where headers of Elastic Cloud's proxy were seen.
    """

    url: str
    name: str
    version: str
    flavor: str = "traditional"
    build_hash: str | None = None
    build_number: int | None = None
    snapshot: bool = False
    uuid: str | None = None
    level: str = "available"
    plugins: Mapping[str, str] = field(default_factory=dict)
    license: str | None = None
    anonymous: bool | None = None
    security_disabled: bool | None = None
    xsrf_exempt: bool | None = None
    stand_in: bool = False
    cloud: bool = False

    @property
    def release(self) -> Version:
        """The version, comparable. A serverless version says little: compare flavors there."""
        return Version(self.version)

    @property
    def serverless(self) -> bool:
        """True for the serverless flavor."""
        return self.flavor == "serverless"

    def has_plugin(self, name: str) -> bool:
        """Tell whether a plugin runs, by its id (``securitySolution``), compared without case."""
        return name.lower() in {p.lower() for p in self.plugins}

    def licensed(self, tier: str) -> bool | None:
        """Tell whether the licence includes a tier, or None where the licence is not known."""
        if self.license is None or tier not in LICENSES:
            return None
        return _rank(self.license) >= _rank(tier)

    def describe(self) -> dict[str, Any]:
        """Return what a report says of the target, as JSON."""
        return {
            "url": self.url,
            "name": self.name,
            "version": self.version,
            "flavor": self.flavor,
            "build_hash": self.build_hash,
            "build_number": self.build_number,
            "snapshot": self.snapshot,
            "level": self.level,
            "plugins": sorted(self.plugins),
            "license": self.license,
            "anonymous": self.anonymous,
            "security_disabled": self.security_disabled,
            "xsrf_exempt": self.xsrf_exempt,
            "stand_in": self.stand_in,
            "cloud": self.cloud,
        }


def probe(client: KibanaClient, *, wait: float = 0.0, poll: float = 2.0) -> Target:
    """Ask the deployment who it is.

    Args:
        client: speaks to it; its gates and listeners see the probes.
        wait: seconds to wait for readiness, asking every ``poll`` seconds, before giving up.
        poll: seconds between two questions.

    Raises:
        TargetUnreachable: nothing answered.
        CredentialsRefused: the status has no version, or something answered 401.
        TargetNotReady: Kibana is starting, unavailable or overloaded, or a proxy says that it is away.
        NotKibana: what answers has no status document.
    """
    prober = client.derive(origin=Origin.PROBE, space=None, retry=RetryPolicy(attempts=1))
    clock = client.clock
    deadline = clock.monotonic() + wait
    while True:
        try:
            document, answer = _status(prober)
            break
        except (TargetNotReady, TargetUnreachable):
            left = deadline - clock.monotonic()
            if left <= 0:
                raise
            clock.sleep(min(poll, left))
    return _target(client.derive(origin=Origin.PROBE, space=None), document, answer)


def _status(client: KibanaClient) -> tuple[dict[str, Any], Answer]:
    exchange = client.send(_request("GET", STATUS_PATH))
    answer = exchange.answer
    if exchange.weather is not None or answer is None:
        raise _weather_trouble(exchange, client)
    document = answer.json if isinstance(answer.json, dict) else {}
    overall = _at(document, "status", "overall")
    level = _at(overall, "level") or _at(overall, "state")
    if not isinstance(level, str):
        raise _no_document(answer, client)
    if answer.status == 503 or level not in READY_LEVELS | {"green", "yellow"}:
        raise TargetNotReady(
            f"{client.endpoint.url} answers that it is {level}: {_at(overall, 'summary') or 'no reason given'}",
            hint="Look at the server's log and at Elasticsearch, or wait for it with --kibana-wait.",
        )
    if not isinstance(_at(document, "version", "number"), str):
        raise _refused(client.endpoint.url, client.credentials, "its status document has no version")
    return document, answer


def _weather_trouble(exchange: Exchange, client: KibanaClient) -> EnvironmentTrouble:
    weather = exchange.weather
    sentence = weather.sentence if weather else "there was no answer"
    if exchange.answer is not None:
        return TargetNotReady(
            f"{client.endpoint.url}: {sentence}",
            hint="Wait until Kibana has started; --kibana-wait=SECONDS waits for you.",
        )
    said = sentence.upper()
    hint = "Check the URL and that Kibana runs; --kibana-wait=SECONDS waits for it."
    if "MISMATCH" in said:
        hint = "Write the name in the URL for which the certificate was made."
    elif "CERTIFICATE" in said:
        hint = "Name the authority that signed the certificate with --kibana-ca-file."
    elif "WRONG_VERSION_NUMBER" in said or (weather is not None and weather.kind == "broken"):
        hint = "Check the scheme: http:// to a port that speaks TLS, or the reverse, looks like this."
    if client.endpoint.proxy:
        where = urlsplit(client.endpoint.proxy)
        through = f"{where.scheme}://{where.hostname}" + (f":{where.port}" if where.port else "")
        sentence += f", through the proxy {through} that the environment names"
        hint += " NO_PROXY names hosts that are reached without it."
    return TargetUnreachable(f"{client.endpoint.url}: {sentence}", hint=hint)


def _no_document(answer: Answer, client: KibanaClient) -> EnvironmentTrouble:
    url = client.endpoint.url
    if answer.status in (401, 403):
        return _refused(url, client.credentials, f"it answered HTTP {answer.status}")
    if answer.header("kbn-name") is not None:
        return NotKibana(
            f"{url} is served by Kibana, which has no status document there (HTTP {answer.status})",
            hint="The base path is missing or wrong: it is server.basePath in kibana.yml, and begins every URL.",
        )
    if (answer.header("x-elastic-product") or "").lower() == "elasticsearch":
        return NotKibana(
            f"{url} is Elasticsearch", hint="Give Kibana's own address; its port is 5601 by default."
        )
    what = f"HTTP {answer.status}, {answer.media_type or 'no content type'}"
    if answer.header("location"):
        what += f", redirecting to {answer.header('location')}"
    return NotKibana(
        f"{url} does not answer as Kibana does: no kbn-name and no status document ({what})",
        hint="A login page or a proxy in front of Kibana may answer like this. Give the address of Kibana's API.",
    )


def _refused(url: str, credentials: Credentials, why: str) -> CredentialsRefused:
    if isinstance(credentials, Anonymous):
        return CredentialsRefused(
            f"{url} requires credentials, and none were given: {why}",
            hint="Give --kibana-api-key, or --kibana-username and --kibana-password.",
        )
    return CredentialsRefused(
        f"{url} does not accept the credentials, {credentials}: {why}",
        hint="Check that they are for this deployment and have not expired; pytest-kibana doctor shows which are used.",
    )


def _target(client: KibanaClient, document: dict[str, Any], answer: Answer) -> Target:
    version = document["version"]
    number = version["number"].removesuffix("-SNAPSHOT")
    try:
        Version(number)
    except InvalidVersion:
        raise NotKibana(
            f"{client.endpoint.url} says that its version is {version['number']!r}, which is not a version",
            hint="Check that the address is Kibana's.",
        ) from None
    name = str(document.get("name") or answer.header("kbn-name") or "")
    anonymous, disabled = _access(client)
    return Target(
        url=client.endpoint.url,
        name=name,
        version=number,
        flavor=str(version.get("build_flavor") or "traditional"),
        build_hash=version.get("build_hash"),
        build_number=version.get("build_number"),
        snapshot=bool(version.get("build_snapshot")) or number != version["number"],
        uuid=document.get("uuid"),
        level=_level(document),
        plugins=_plugins(document),
        license=_license(client),
        anonymous=anonymous,
        security_disabled=disabled,
        xsrf_exempt=_xsrf_exempt(client),
        stand_in=any(_STAND_IN.search(text) for text in (name, answer.header("kbn-name") or "")),
        cloud=any(answer.header(h) for h in ("x-found-handling-cluster", "x-cloud-request-id")),
    )


def _level(document: Mapping[str, Any]) -> str:
    overall = _at(document, "status", "overall")
    level = _at(overall, "level")
    return level if isinstance(level, str) else {"green": "available", "yellow": "degraded"}[overall["state"]]


def _plugins(document: Mapping[str, Any]) -> dict[str, str]:
    plugins = _at(document, "status", "plugins")
    if isinstance(plugins, dict):
        return {name: str(_at(state, "level") or "unknown") for name, state in sorted(plugins.items())}
    return {}


def _request(method: str, path: str, body: bytes | None = None) -> Request:
    headers = (("accept-encoding", "gzip"), *(_JSON_BODY if body is not None else ()))
    return Request(method, path, headers=headers, body=body, origin=Origin.PROBE, intent=Intent(kind="probe"))


def _ask(client: KibanaClient, method: str, path: str, body: bytes | None = None) -> Answer | None:
    return client.send(_request(method, path, body)).answer


def _license(client: KibanaClient) -> str | None:
    """Derive the licence from what it enables: connector types, then rule types, both public.

    Raises:
        CredentialsRefused: a 401, where the status alone was open to everyone.
    """
    seen: list[tuple[str, bool]] = []
    for path in ("/api/actions/connector_types", "/api/alerting/rule_types"):
        answer = _ask(client, "GET", path)
        if answer is not None and answer.status == 401:
            raise _refused(client.endpoint.url, client.credentials, f"GET {path} answered HTTP 401")
        if answer is not None and answer.status == 200 and isinstance(answer.json, list):
            seen += _tiers(answer.json)
    enabled = [tier for tier, on in seen if on]
    return max(enabled, key=_rank, default=None)


def _tiers(types: Iterable[Any]) -> Iterable[tuple[str, bool]]:
    for kind in types:
        tier, enabled = _at(kind, "minimum_license_required"), _at(kind, "enabled_in_license")
        if tier in LICENSES and isinstance(enabled, bool):
            yield tier, enabled


_GUARDED = ("/api/spaces/space", "/api/features")


def _access(client: KibanaClient) -> tuple[bool | None, bool | None]:
    """Learn whether requests without credentials, and with wrong ones, are served.

    One operation that serves strangers is a defect of it, and not how the deployment is set up: it takes two.
    """
    anonymous = _served(client.anonymous())
    # An anonymous provider serves nobody, yet refuses a key that nobody has; without security both are
    # served.
    return anonymous, _served(client.as_(_NOBODY)) if anonymous else anonymous


def _served(client: KibanaClient) -> bool | None:
    """Tell whether all that are asked serve this client; None where the first says neither."""
    first, *others = _GUARDED
    answer = _ask(client, "GET", first)
    if answer is None or answer.status not in (200, 401, 403):
        return None
    if answer.status != 200:
        return False
    return all((said := _ask(client, "GET", path)) is None or said.status != 401 for path in others)


def _xsrf_exempt(client: KibanaClient) -> bool | None:
    """Ask for something that changes nothing, by POST and without ``kbn-xsrf``."""
    try:
        answer = _ask(client, "POST", "/api/spaces/_get_shareable_references", b'{"objects":[]}')
    except SafetyRefusal:
        return None  # the client's gate knows nothing of this operation, and takes a POST for a change
    if answer is None or answer.status in (401, 404):
        return None
    message = _at(answer.json, "message")
    if answer.status == 400 and isinstance(message, str) and "kbn-xsrf" in message:
        return False
    return True if answer.status in (200, 400, 403) else None


def _rank(tier: str) -> int:
    return min(LICENSES.index(tier), LICENSES.index("enterprise"))


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
