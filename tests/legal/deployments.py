"""The unusual and legal deployments: by name, how each is started, reached and left."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from pytest_kibana.contract import load
from pytest_kibana.embedded import Embedded
from tests.legal import manners
from tests.legal.neighbours import busy, settle
from tests.unseen.proxy import Spoil


def superuser(stand_in: Embedded) -> list[str]:
    """Say who everybody expects, and a viewer."""
    keys = [f"--kibana-api-key={stand_in.api_key}"]
    return keys + ([f"--kibana-viewer-api-key={stand_in.viewer_api_key}"] if stand_in.viewer_api_key else [])


def alone(stand_in: Embedded) -> list[str]:
    """Say the superuser, and nobody beside."""
    return [f"--kibana-api-key={stand_in.api_key}"]


def viewer(stand_in: Embedded) -> list[str]:
    """Say nobody who may change anything."""
    return [f"--kibana-api-key={stand_in.viewer_api_key}"]


def basic(_stand_in: Embedded) -> list[str]:
    """Say a name and a password."""
    return ["--kibana-username=elastic", "--kibana-password=changeme"]


def session(_stand_in: Embedded) -> list[str]:
    """Log in like a browser."""
    return [*basic(_stand_in), "--kibana-login=basic/basic"]


def nobody(_stand_in: Embedded) -> list[str]:
    """Say nothing."""
    return []


@dataclass(frozen=True)
class Deployment:
    """One deployment.

    ``serves`` is the contract of the stand-in, ``held_to`` the one that the run takes where that is another;
    ``arguments`` are the stand-in's, ``flags`` those of the run. ``allowed`` are beginnings of what may be said.
    """

    name: str
    arguments: str = ""
    serves: str = "9.1"
    held_to: str | None = None
    flags: tuple[str, ...] = ("--kibana-allow=space",)
    credentials: Callable[[Embedded], list[str]] = superuser
    manner: Callable[[], Spoil] | None = None
    before: Callable[[str, str], object] | None = None
    beside: Callable[[str, str], AbstractContextManager[None]] | None = None
    exit_codes: tuple[int, ...] = ()
    allowed: tuple[str, ...] = field(default=())

    def expected(self, alarm: str) -> bool:
        """Tell whether something may be said of this deployment."""
        return any(alarm.startswith(beginning) for beginning in self.allowed)


WEATHER = ("trouble: gateway", "trouble: overloaded")


def _behind(name: str, manner: Callable[[], Spoil], **more: object) -> Deployment:
    return Deployment(f"behind {name}", manner=manner, **more)  # type: ignore[arg-type]


def _everything() -> Spoil:
    return manners.stacked(
        manners.headers,
        manners.compressing,
        manners.closing,
        manners.disordered,
        manners.newer(load("9.1")),
        manners.skewed(timedelta(minutes=5)),
    )


DEPLOYMENTS: tuple[Deployment, ...] = (
    *(Deployment(f"license {name}", f"--license {name}") for name in ("basic", "gold", "platinum")),
    Deployment("license basic, all allowed", "--license basic", flags=("--kibana-allow=disruptive",)),
    Deployment("serverless", "--flavor serverless"),
    Deployment("serverless, all allowed", "--flavor serverless", flags=("--kibana-allow=disruptive",)),
    Deployment("8.18", "--version 8.18.0", serves="8.18"),
    Deployment("8.18 held to 9.1", "--version 8.18.0", serves="8.18", held_to="9.1"),
    Deployment("9.0", "--version 9.0.0"),
    Deployment("9.2", "--version 9.2.1", serves="9.3"),
    Deployment("9.3 held to 9.1", "--version 9.3.0", serves="9.3", held_to="9.1"),
    Deployment("9.1 held to 9.3", "--version 9.1.0", serves="9.1", held_to="9.3"),
    Deployment("9.5 snapshot", "--version 9.5.0-SNAPSHOT", serves="9.3"),
    Deployment("base path", "--base-path /kbn"),
    Deployment("contract auto", held_to="auto"),
    Deployment("contract of the deployment", "--oas", held_to="deployment"),
    Deployment("core", serves="core"),
    Deployment("9.3", serves="9.3"),
    Deployment("viewer only", credentials=viewer, allowed=("trouble: no throwaway space",)),
    Deployment("viewer only, reading", credentials=viewer, flags=("--kibana-allow=read",)),
    Deployment("anonymous only", credentials=nobody, manner=lambda: manners.anonymous),
    Deployment("basic auth", credentials=basic),
    Deployment("session", credentials=session),
    Deployment("superuser alone", credentials=alone),
    Deployment("reading only", flags=("--kibana-allow=read",)),
    Deployment("elasticsearch", "--elasticsearch-port 0", credentials=basic),
    _behind("a proxy that changes headers", lambda: manners.headers),
    _behind("a gateway with weather", manners.weather, allowed=WEATHER),
    _behind("a slow line", partial(manners.late, 0.03, 0.2), serves="core"),
    _behind("a proxy that closes", lambda: manners.closing),
    _behind("a proxy that compresses", lambda: manners.compressing),
    _behind("another order", lambda: manners.disordered),
    _behind("a newer Kibana", lambda: manners.newer(load("9.1"))),
    _behind("an index that refreshes late", manners.Refreshing),
    _behind("a clock that is ahead", lambda: manners.skewed(timedelta(minutes=5))),
    _behind("a clock that is behind", lambda: manners.skewed(timedelta(minutes=-5))),
    _behind("a limit of the rate", manners.limiting, allowed=WEATHER),
    Deployment("busy neighbours", beside=busy),
    Deployment("busy neighbours, all allowed", beside=busy, flags=("--kibana-allow=disruptive",)),
    Deployment("twelve thousand objects", before=partial(settle, objects=12_000)),
    _behind("everything at once", _everything),
    Deployment("no room for spaces", "--max-spaces 1", allowed=("trouble: no throwaway space",)),
)
