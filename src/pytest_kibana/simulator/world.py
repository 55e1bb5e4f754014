"""The stand-in's world: the contract, the state, and the one request that is being answered."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator.config import NEWEST, Config
from pytest_kibana.simulator.identities import ANONYMOUS, Identities, Identity
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.journal import Journal
from pytest_kibana.simulator.options import read_options
from pytest_kibana.simulator.routing import NOWHERE, Route, Router, numbers, router_of
from pytest_kibana.simulator.schemas import Schemas
from pytest_kibana.simulator.store import EVERYWHERE, Clock, Record, Store, Table
from pytest_kibana.simulator.synthesis import Synthesiser

Json = Any
NAME = "kibana-stand-in"
"""What ``kbn-name`` and the status document say: nobody shall take this for a Kibana."""
_TIERS = {"basic": 0, "standard": 1, "gold": 2, "platinum": 3, "enterprise": 4, "trial": 4}


class World:
    """Everything that outlives a request."""

    def __init__(self, config: Config, contract: Contract) -> None:
        self.config = config
        self.options = read_options(config.settings)
        self.closing = False
        self.ready_at = 0.0  # on the monotonic clock; until then Kibana is starting
        self.contract = contract
        self.clock = Clock()
        self.store = Store(self.clock)
        self._journal = Journal(self.store, config.data_file) if config.data_file is not None else None
        self.schemas = Schemas(contract)
        self.synthesiser = Synthesiser(self.schemas, self.clock)
        self.router: Router = router_of(contract, config.version)
        self.identities = Identities(self.store, api_key=config.api_key, basic=config.flavor == "traditional")
        self.version = config.version or _version_of(contract)
        seal = f"{config.license}:{self.contract.sha256}".encode()
        self.cache: dict[tuple[str, str], Json] = {}
        self.license_signature = hashlib.sha256(seal).hexdigest()

    @property
    def serverless(self) -> bool:
        """Whether this plays a serverless project."""
        return self.config.flavor == "serverless"

    def licensed(self, tier: str) -> bool:
        """Tell whether the licence is at least of a tier."""
        return _TIERS[self.config.license] >= _TIERS[tier]

    def at_least(self, version: str) -> bool:
        """Tell whether this plays a release at or after a version such as ``9.1``."""
        return numbers(self.version) >= numbers(version)

    def upgraded(self) -> bool:
        """Tell whether what is kept was kept by an older release; from now on it is of this one."""
        table = self.store.table("release", EVERYWHERE)
        earlier = table["release"].value["version"] if "release" in table else self.version
        table["release"] = Record("release", {"version": self.version})
        return numbers(earlier) < numbers(self.version)

    def open(self) -> None:
        """Begin to keep the state on disk, where a data file was named."""
        if self._journal is not None:
            self._journal.open()

    def keep(self, method: str) -> None:
        """Put on the disk what a request with this method changed; call it before its answer leaves."""
        if self._journal is not None:
            self._journal.keep(changing=method not in ("GET", "HEAD", "OPTIONS"))

    def close(self) -> None:
        """Write the state to the data file, where one was named."""
        if self._journal is not None:
            self._journal.close()


def _version_of(contract: Contract) -> str:
    found = contract.version
    if not found or not found[:1].isdigit():
        return NEWEST
    return found if found.count(".") > 1 else f"{found}.0"


@dataclass(slots=True)
class Call:
    """One request, as far as it has been read.

    ``ids`` are the path's parameters in order; ``query`` holds values as the contract types them; ``body`` is the
    parsed body (None without one), multipart fields by name with files as ``Upload``.
    """

    world: World
    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    raw: bytes
    space: str = "default"
    route: Route = field(default_factory=lambda: NOWHERE)
    ids: tuple[str, ...] = ()
    query: dict[str, Json] = field(default_factory=dict)
    body: Json = None
    present: bool = False
    identity: Identity = ANONYMOUS
    slack: frozenset[str] = frozenset()  # checks that a fault leaves out
    late: bool = False  # came when Kibana was shutting down already

    @property
    def label(self) -> str:
        """The route's label without parameter names."""
        return self.route.label

    @property
    def operation(self) -> Operation | None:
        """The operation of the contract, None for routes beside it."""
        return self.route.operation

    @property
    def user(self) -> str:
        """Who asks, by name."""
        return self.identity.username

    @property
    def media(self) -> str:
        """The body's type/subtype."""
        return self.headers.get("content-type", "application/json").split(";")[0].strip().lower()

    def table(self, kind: str, space: str | None = None) -> Table:
        """Return the table of a kind of thing in the call's space, or in another."""
        resource = BY_NAME.get(kind)
        everywhere = resource is not None and resource.everywhere
        return self.world.store.table(kind, EVERYWHERE if everywhere else space or self.space)

    def space_of(self, kind: str) -> str:
        """Return the space under which a kind of thing is kept for this call."""
        resource = BY_NAME.get(kind)
        return EVERYWHERE if resource is not None and resource.everywhere else self.space
