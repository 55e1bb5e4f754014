"""One typed object, made from flags, environment, ini file and profile; it knows where each value came from.

Each setting is declared once, as a field of :class:`Settings`. The pytest options, the command line, the
environment variables, the ini keys and the reference page are all made from that declaration.

Precedence: flag, then environment, then ini file (``pytest.ini``, ``pyproject.toml``), then the chosen
profile, then the default.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from pytest_kibana.errors import UsageError

OptionKind = Literal["text", "number", "seconds", "switch", "choice", "list"]
Origin = Literal["flag", "environment", "ini", "profile", "default"]

EMBEDDED = "embedded"
SAFETY_CLASSES = ("read", "space", "global", "disruptive")


@dataclass(frozen=True, slots=True)
class Option:
    """How a setting is given. ``env`` and ini key follow from the name unless said otherwise."""

    kind: OptionKind
    help: str
    env: str | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    group: str = "target"
    metavar: str | None = None

    def parse(self, raw: object, *, name: str, origin: Origin) -> Any:
        """Turn what was written into the setting's type; raises :class:`UsageError` naming the place."""
        if self.kind == "list" and isinstance(raw, list | tuple):
            raw = ",".join(map(str, raw))  # a flag that was given several times
        if not isinstance(raw, str):
            return raw
        return _PARSERS[self.kind](self, raw, f"{_place(name, origin, self)}")


def _place(name: str, origin: Origin, option: Option) -> str:
    return {
        "flag": flag_of(name),
        "environment": option.env or env_of(name),
        "ini": f"ini key {ini_of(name)}",
        "profile": f"profile key {name}",
        "default": name,
    }[origin]


def flag_of(name: str) -> str:
    """Return the pytest flag of a setting: ``report_dir`` is ``--kibana-report-dir``."""
    return "--elasticsearch-url" if name == "elasticsearch_url" else f"--kibana-{name.replace('_', '-')}"


def env_of(name: str) -> str:
    """Return the environment variable of a setting: ``api_key`` is ``KIBANA_API_KEY``."""
    return "ELASTICSEARCH_URL" if name == "elasticsearch_url" else f"KIBANA_{name.upper()}"


def ini_of(name: str) -> str:
    """Return the ini key of a setting."""
    return "elasticsearch_url" if name == "elasticsearch_url" else f"kibana_{name}"


def _switch(_option: Option, raw: str, place: str) -> bool:
    value = raw.strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("", "0", "false", "no", "off"):
        return False
    raise UsageError(f"{place} is {raw!r}, which is neither true nor false", hint="Write true or false.")


def _number(_option: Option, raw: str, place: str) -> int:
    try:
        return int(raw)
    except ValueError:
        raise UsageError(
            f"{place} is {raw!r}, which is not a whole number", hint="Write digits only."
        ) from None


def _seconds(_option: Option, raw: str, place: str) -> float:
    text, factor = raw.strip().lower(), 1.0
    for suffix, seconds in (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)):
        if text.endswith(suffix):
            text, factor = text[: -len(suffix)], seconds
            break
    try:
        return float(text) * factor
    except ValueError:
        raise UsageError(
            f"{place} is {raw!r}, which is not a duration",
            hint="Write seconds, or a number with ms, s, m or h.",
        ) from None


def _choice(option: Option, raw: str, place: str) -> str:
    if raw not in option.choices:
        raise UsageError(
            f"{place} is {raw!r}, which is not one of its values",
            hint=f"Choose one of: {', '.join(option.choices)}.",
        )
    return raw


def _list(_option: Option, raw: str, _place: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.replace("\n", ",").split(",") if part.strip())


_PARSERS: dict[str, Callable[[Option, str, str], Any]] = {
    "text": lambda _option, raw, _place: raw,
    "number": _number,
    "seconds": _seconds,
    "switch": _switch,
    "choice": _choice,
    "list": _list,
}


def _text(help_: str, default: str | None = None, **more: Any) -> Any:
    # A secret is not shown by repr() either: tracebacks with locals print it.
    secret = bool(more.get("secret"))
    return field(default=default, repr=not secret, metadata={"option": Option("text", help_, **more)})


def _opt(kind: OptionKind, default: Any, help_: str, **more: Any) -> Any:
    return field(default=default, metadata={"option": Option(kind, help_, **more)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a run can be told. Make one with :meth:`resolve`."""

    # -- target
    url: str | None = _text(
        "URL of the Kibana to test, with its base path; `embedded` starts the stand-in", metavar="URL"
    )
    cloud_id: str | None = _text("Elastic Cloud ID, in place of the URL", metavar="ID")
    elasticsearch_url: str | None = _text(
        "URL of its Elasticsearch; allows minting least-privilege identities", metavar="URL"
    )
    ca_file: str | None = _text("file with the certificate authorities to trust", metavar="FILE")
    insecure: bool = _opt("switch", False, "do not verify the server's certificate")
    client_cert: str | None = _text("file with a client certificate (PEM)", metavar="FILE")
    client_key: str | None = _text("file with its private key (PEM)", metavar="FILE")
    timeout: float = _opt(
        "seconds", 60.0, "seconds to wait for an answer, unless its family needs longer", metavar="SECONDS"
    )
    wait: float = _opt(
        "seconds", 0.0, "seconds to wait for the target to become ready before the run", metavar="SECONDS"
    )
    weather_deadline: float = _opt(
        "seconds", 180.0, "seconds to wait for a target that went away during the run", metavar="SECONDS"
    )
    embedded: str | None = _text(
        "arguments for the embedded stand-in, as for `pytest-kibana serve`", metavar="ARGS"
    )
    # -- credentials
    api_key: str | None = _text(
        "API key: the encoded form, or id:key", secret=True, group="credentials", metavar="KEY"
    )
    username: str | None = _text("user name", group="credentials", metavar="NAME")
    password: str | None = _text("password", secret=True, group="credentials")
    bearer_token: str | None = _text(
        "bearer or service token", secret=True, group="credentials", metavar="TOKEN"
    )
    login: str | None = _text(
        "log in through this provider (such as basic/basic or basic/cloud-basic) and use the session cookie",
        group="credentials",
        metavar="TYPE/NAME",
    )
    viewer_api_key: str | None = _text(
        "API key of somebody who may only read", secret=True, group="credentials", metavar="KEY"
    )
    viewer_username: str | None = _text(
        "name of a user who may only read", group="credentials", metavar="NAME"
    )
    viewer_password: str | None = _text("password of that user", secret=True, group="credentials")
    # -- contract
    contract: str = _opt(
        "text",
        "auto",
        "contract to hold the target to: auto, core, deployment, a version, a file or a URL",
        group="contract",
        metavar="SOURCE",
    )
    strict: bool = _opt(
        "switch",
        False,
        "insist on the letter of the contract, and fail on broken SHOULD rules",
        group="contract",
    )
    contract_lock: str | None = _text(
        "file that pins downloaded contracts by sha256", group="contract", metavar="FILE"
    )
    deviations: str | None = _text("file with your own known deviations", group="contract", metavar="FILE")
    check_traffic: str = _opt(
        "choice",
        "fail",
        "what a broken promise in a hand-written call does: fail the test, report it, or off",
        choices=("fail", "report", "off"),
        group="contract",
    )
    # -- run
    allow: str = _opt(
        "choice",
        "space",
        "highest safety class that may be sent (disruptive for the embedded stand-in)",
        choices=SAFETY_CLASSES,
        group="run",
    )
    operations: tuple[str, ...] = _opt(
        "list",
        (),
        "only these operations: labels, operationIds, families or globs, separated by commas",
        group="run",
        metavar="LIST",
    )
    consumer: str | None = _text(
        "only what this client depends on: terraform, elastic-package, fleet-agents, or a file of your own",
        group="run",
        metavar="NAME",
    )
    plan: bool = _opt("switch", False, "print the plan and send nothing", group="run")
    budget: str = _opt(
        "text",
        "standard",
        "smoke, standard, thorough, or limits such as requests=5000,seconds=300,per-operation=20",
        group="run",
        metavar="BUDGET",
    )
    seed: int | None = _opt("number", None, "seed of everything random", group="run", metavar="N")
    case: str | None = _text("send this one case again", group="run", metavar="ID")
    concurrency: int = _opt("number", 8, "requests in flight per worker", group="run", metavar="N")
    ledger_dir: str | None = _text(
        "folder in which runs record what they create; the user's state folder by default",
        group="run",
        metavar="DIR",
    )
    shard: str | None = _text("run this part of the whole, such as 2/5", group="run", metavar="K/N")
    durations: str | None = _text(
        "results of an earlier run, so that shards take about as long as one another",
        group="run",
        metavar="RESULTS",
    )
    profile: str | None = _text("named set of settings", group="run", metavar="NAME")
    # -- reports
    report_dir: str | None = _text("folder for results and reports", group="report", metavar="DIR")
    report_overwrite: bool = _opt("switch", False, "overwrite what is in the report folder", group="report")
    report: tuple[str, ...] = _opt(
        "list",
        ("html",),
        "reports to write beside results.jsonl: html, junit, metrics, markdown",
        group="report",
        metavar="LIST",
    )
    har: str | None = _text("record the run's traffic into this HAR file", group="report", metavar="FILE")
    # -- upgrade
    upgrade: str | None = _opt(
        "choice",
        None,
        "run the suite of an upgrade: prepare before it, verify after it",
        choices=("prepare", "verify"),
        group="upgrade",
    )
    upgrade_state: str | None = _text(
        "folder that outlives the upgrade, in which its population is recorded",
        group="upgrade",
        metavar="DIR",
    )
    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def resolve(
        cls,
        *,
        flag: Callable[[str], object],
        environment: Mapping[str, str] | None = None,
        ini: Callable[[str], object] = lambda _name: None,
        profile: Callable[[str], Mapping[str, object]] = lambda _name: {},
    ) -> "Settings":
        """Make the settings of a run.

        Args:
            flag: gives what was written for a setting's name on the command line, or None.
            environment: the process environment by default.
            ini: gives what the ini file says for a setting's name, or None.
            profile: gives the values of a profile by setting name; asked where one is named.

        Raises:
            UsageError: a value that cannot be read, naming the flag, variable or key.
        """
        env = os.environ if environment is None else environment
        chosen = flag("profile") or env.get(env_of("profile")) or ini("profile")
        named = profile(str(chosen)) if chosen else {}
        values: dict[str, Any] = {}
        origins: dict[str, Origin] = {}
        for name, option in declared():
            sources: tuple[tuple[Origin, object], ...] = (
                ("flag", flag(name)),
                ("environment", env.get(option.env or env_of(name)) or None),
                ("ini", ini(name) or None),
                ("profile", named.get(name)),
            )
            origin, raw = next(((o, r) for o, r in sources if r is not None), ("default", None))
            origins[name] = origin
            if raw is not None:
                values[name] = option.parse(raw, name=name, origin=origin)
        if values.get("url") == EMBEDDED and origins["allow"] == "default":
            values["allow"] = SAFETY_CLASSES[-1]  # it is the run's own, and ends with it
        return cls(**values, origins=origins)

    @property
    def configured(self) -> bool:
        """True where a target was named."""
        return bool(self.url or self.cloud_id)

    def redacted(self) -> dict[str, Any]:
        """Return the settings for a report: values by name, secrets replaced, with no default left out."""
        return {
            name: "[redacted]" if option.secret and getattr(self, name) else _plain(getattr(self, name))
            for name, option in declared()
        }

    def secrets(self) -> tuple[str, ...]:
        """Return every secret value that was given, for the redactor."""
        return tuple(value for name, option in declared() if option.secret and (value := getattr(self, name)))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def declared() -> Iterator[tuple[str, Option]]:
    """Yield each setting's name and declaration, in the order of the reference page."""
    for item in fields(Settings):
        if "option" in item.metadata:
            yield item.name, item.metadata["option"]
