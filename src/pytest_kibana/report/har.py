"""Recording a run's traffic into a HAR file: a listener that writes when the run ends."""

import threading
from pathlib import Path

from pytest_kibana.errors import ResultsError
from pytest_kibana.wire import write_har
from pytest_kibana.wire.exchange import Exchange

MADE_FOR = "requests made for the contract with sha256 "
"""How the comment begins that names the contract of a recorded run."""


class HarRecorder:
    """Hears exchanges and keeps them; :meth:`write` makes the file.

    Add :meth:`hear` to a client's listeners. Exchanges are redacted before anybody hears them.

    Args:
        path: the file. A worker of pytest-xdist puts its name before the suffix: ``run.har`` becomes
            ``run.gw0.har``.
        worker: name of this worker, or None.
    """

    def __init__(self, path: Path, *, worker: str | None = None) -> None:
        self.path = path.with_name(f"{path.stem}.{worker}{path.suffix}") if worker else path
        self._heard: list[Exchange] = []
        self._lock = threading.Lock()

    def hear(self, exchange: Exchange) -> None:
        """Keep one exchange."""
        with self._lock:
            self._heard.append(exchange)

    def write(self, *, contract: str | None = None) -> int:
        """Write what was heard so far, oldest first, and return how many exchanges that is.

        Args:
            contract: sha256 of the contract that the requests were made for. Only under that contract does an audit
                take a request for what it was meant to show.

        Raises:
            ResultsError: the file cannot be written.
        """
        with self._lock:
            exchanges = sorted(self._heard, key=lambda e: e.started)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return write_har(exchanges, self.path, comment=f"{MADE_FOR}{contract}" if contract else "")
        except OSError as error:
            raise ResultsError(
                f"{self.path} cannot be written: {error.strerror}", hint="Choose another --kibana-har."
            ) from error
