"""The first part of a session: who is at the other end, and what was promised.

Nothing is done until it is asked for, and :meth:`Connection.close` undoes what was done.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kibana.errors import HarnessError, UsageError
from pytest_kibana.settings import EMBEDDED, Settings

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.embedded import Embedded
    from pytest_kibana.target import OperationsTable, Target
    from pytest_kibana.wire import (
        Credentials,
        Exchange,
        KibanaClient,
        Redactor,
    )


class Connection:
    """A target and its contract.

    Args:
        settings: what the run was told.
        worker: name of this worker, where several share the run.
        progress: is told what takes long (a download), for people.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        worker: str | None = None,
        progress: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.settings = settings
        self.worker = worker
        self.progress = progress
        self.listeners: list[Callable[[Exchange], None]] = []
        self._closing: list[Callable[[], object]] = []

    # -- who is at the other end

    @property
    def opened(self) -> bool:
        """True once the target was asked for; a run that never needed one leaves no trace."""
        return "target" in self.__dict__

    @cached_property
    def stand_in(self) -> "Embedded | None":
        """The embedded stand-in, started where the URL says so; None for any other target."""
        if self.settings.url != EMBEDDED:
            return None
        from pytest_kibana import embedded

        started = embedded.start(self.settings.contract, self.settings.embedded)
        self._closing.append(started.close)
        return started

    @cached_property
    def redactor(self) -> "Redactor":
        """Knows every secret of the run, and takes it out of whatever is kept."""
        from pytest_kibana.wire import Redactor

        redactor = Redactor()
        redactor.register(*self.settings.secrets())
        for credentials in (self._credentials(), self.viewer_credentials):
            if credentials is not None:
                redactor.register(*credentials.secrets())
        return redactor

    @cached_property
    def bare_client(self) -> "KibanaClient":
        """The client that all others are derived from: it has no gates yet, and only asks who is there."""
        from pytest_kibana.wire import KibanaClient, Origin, Timeouts, read_endpoint

        settings = self.settings
        if not settings.configured:
            raise UsageError(
                "no Kibana was named",
                hint="Give --kibana-url https://… (or KIBANA_URL, or --kibana-cloud-id); "
                "--kibana-url embedded tries the stand-in.",
            )
        endpoint, in_url = read_endpoint(
            self.stand_in.url if self.stand_in else settings.url,
            cloud_id=settings.cloud_id,
            verify=not settings.insecure,
            ca_file=path_of(settings.ca_file),
            client_certificate=path_of(settings.client_cert),
            client_key=path_of(settings.client_key),
            timeouts=Timeouts(read=settings.timeout, total=2 * settings.timeout),
            connections=settings.concurrency + 8,
        )
        client = KibanaClient(
            endpoint,
            self._credentials() or in_url,
            listeners=(self._heard,),
            origin=Origin.PROBE,
            redactor=self.redactor,
        )
        self._closing.append(client.close)
        return client

    def _credentials(self) -> "Credentials | None":
        from pytest_kibana import wire

        settings = self.settings
        if settings.api_key:
            return wire.ApiKey(settings.api_key)
        if settings.bearer_token:
            return wire.Bearer(settings.bearer_token)
        if settings.username:
            if settings.password is None:
                raise UsageError(
                    f"the user {settings.username} is given without a password",
                    hint="Give --kibana-password, or better KIBANA_PASSWORD.",
                )
            if settings.login:
                kind, _, name = settings.login.partition("/")
                return wire.Session(settings.username, settings.password, kind, name or kind)
            return wire.Basic(settings.username, settings.password)
        if self.stand_in:
            return wire.ApiKey(self.stand_in.api_key)
        return None

    @cached_property
    def viewer_credentials(self) -> "Credentials | None":
        """Credentials of somebody who may only read, where they were given."""
        from pytest_kibana import wire

        settings = self.settings
        if settings.viewer_api_key:
            return wire.ApiKey(settings.viewer_api_key)
        if settings.viewer_username:
            return wire.Basic(settings.viewer_username, settings.viewer_password or "")
        if self.stand_in and self.stand_in.viewer_api_key:
            return wire.ApiKey(self.stand_in.viewer_api_key)
        return None

    def _heard(self, exchange: "Exchange") -> None:
        for listener in self.listeners:
            listener(exchange)

    @cached_property
    def target(self) -> "Target":
        """What is known of the deployment. Raises an :class:`EnvironmentTrouble` where it cannot be tested."""
        from pytest_kibana.target import probe

        return probe(self.bare_client, wait=self.settings.wait)

    # -- what was promised

    @cached_property
    def contract_source(self) -> str:
        """What ``--kibana-contract`` comes to: ``auto`` asks the target for its version and flavor."""
        source = self.settings.contract
        if source != "auto":
            return source
        if self.stand_in:
            return "core"
        from pytest_kibana.contract import choose

        if not self.target.version:
            raise UsageError(
                "the target does not say its version, so no contract can be chosen",
                hint="Name one: --kibana-contract 9.1, core, a file or a URL.",
            )
        return choose(self.target.version, self.target.flavor)

    @cached_property
    def contract(self) -> "Contract":
        """The contract that the target is held to."""
        from pytest_kibana.contract import load, load_bytes

        if self.contract_source == "deployment":
            return load_bytes(self._contract_of_deployment(), name="deployment", flavor=self.target.flavor)
        return load(
            self.contract_source, progress=self._download_progress, lock=path_of(self.settings.contract_lock)
        )

    def _download_progress(self, url: str, done: int, total: int | None) -> None:
        share = f" of {total / 1e6:.1f}" if total else ""
        self.progress(f"downloading {url}: {done / 1e6:.1f}{share} MB")

    def _contract_of_deployment(self) -> bytes:
        response = self.bare_client.get("/api/oas", query={"access": "public"})
        if response.status_code != 200:
            raise UsageError(
                f"the deployment does not give its contract: GET /api/oas answers {response.status_code}",
                hint="Set server.oas.enabled: true in its kibana.yml, or name a published contract.",
            )
        return bytes(response.content)

    @cached_property
    def facts(self) -> "OperationsTable":
        """What is known of operations beyond their contract."""
        from pytest_kibana.target import load_facts

        return load_facts()

    def close(self) -> None:
        """Undo everything, newest first. What fails does not keep the rest from being undone.

        Raises:
            HarnessError: the first thing that failed.
        """
        failed: HarnessError | None = None
        while self._closing:
            try:
                self._closing.pop()()
            except HarnessError as error:
                failed = failed or error
        if failed is not None:
            raise failed


def path_of(text: str | None) -> Path | None:
    """Return the path that a setting names, with ``~`` resolved; None for none."""
    return Path(text).expanduser() if text else None
