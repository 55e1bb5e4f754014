"""How a stand-in is told what to be: one frozen value, made from flags or by a program."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

License = Literal["basic", "standard", "gold", "platinum", "enterprise", "trial"]
Flavor = Literal["traditional", "serverless"]

LICENSES: tuple[License, ...] = ("basic", "standard", "gold", "platinum", "enterprise", "trial")
NEWEST = "9.4.3"
"""The version claimed when neither the caller nor the contract names one."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that makes one stand-in differ from another.

    Attributes:
        contract: what :func:`pytest_kibana.contract.load` accepts: a file, a URL, ``9.1`` or ``core``.
        beside: more of the same, served together with the first: APIs whose contracts are published apart.
        port: 0 takes a free one. The same holds for ``control_port`` and ``elasticsearch_port``, where None
            means that this door does not exist.
        base_path: ``/kibana`` for a stand-in that answers below that path only (``server.rewriteBasePath``).
        version: what ``/api/status`` claims; None takes the contract's.
        faults: texts ``<fault>@<operation label>``, or ``<fault>@*``.
        quirks: the release whose known deviations are switched on together, such as ``9.4``.
        data_file: where state is read from at start and kept while serving; None keeps it in memory alone.
        boot_seconds: how long every request is answered 503 after the doors open.
        exit_with_parent: stop when standard input ends, which it does when the parent process dies.
        contract_path: directories in which published contracts are looked for.
        oas: whether the contract is given at ``/api/oas`` (``server.oas.enabled``, which is off by default).
        api_key: the encoded API key of the superuser; None makes one up.
        settings: texts ``<name>=<value>`` by the names of ``kibana.yml``, such as ``status.allowAnonymous=true``;
            those of :data:`pytest_kibana.simulator.options.KNOWN`.
        shutdown_seconds: how long answers that are under way may take once the process is told to end
            (``server.shutdownTimeout``); until then everybody else is told so with 503.
    """

    contract: str
    beside: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 0
    base_path: str = ""
    license: License = "trial"
    flavor: Flavor = "traditional"
    version: str | None = None
    faults: tuple[str, ...] = ()
    quirks: str | None = None
    data_file: Path | None = None
    control_port: int | None = None
    elasticsearch_port: int | None = None
    boot_seconds: float = 0.0
    ready_file: Path | None = None
    exit_with_parent: bool = False
    contract_path: tuple[Path, ...] = ()
    api_key: str | None = None
    max_spaces: int = 1000
    oas: bool = False
    quiet: bool = False
    settings: tuple[str, ...] = ()
    shutdown_seconds: float = 30.0
