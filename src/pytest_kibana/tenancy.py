"""The second part of a session: who may send what, and what is made.

Every client passes the safety gate; every factory has a ledger of its own.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kibana.connection import Connection, path_of
from pytest_kibana.errors import EnvironmentTrouble, HarnessError, IdentityUnavailable, UsageError
from pytest_kibana.evidence.model import TroubleRecord
from pytest_kibana.settings import Settings

if TYPE_CHECKING:
    from pytest_kibana.conformance import Budget, Limits
    from pytest_kibana.resources import Belongings, Factory, Handle, RunMark
    from pytest_kibana.target import SafetyPolicy
    from pytest_kibana.target.identities import Identities
    from pytest_kibana.wire import (
        AsyncKibanaClient,
        Credentials,
        KibanaClient,
        Request,
        Timeouts,
    )


class Tenancy(Connection):
    """What this run may do on the target, and what it owns there."""

    def __init__(
        self,
        settings: Settings,
        *,
        worker: str | None = None,
        progress: Callable[[str], None] = lambda _line: None,
    ) -> None:
        super().__init__(settings, worker=worker, progress=progress)
        self.troubles: list[TroubleRecord] = []
        self._ledgers = itertools.count(1)
        self._spaces_ran_out = False

    @cached_property
    def limits(self) -> "Limits":
        """The budget, read."""
        from pytest_kibana.conformance import limits

        return limits(self.settings.budget)

    @cached_property
    def budget(self) -> "Budget":
        """Counts what a run sends, and refuses what is over."""
        from pytest_kibana.conformance import Budget

        return Budget(self.limits)

    @cached_property
    def client(self) -> "KibanaClient":
        """The privileged client, behind the safety gate and the budget."""
        from pytest_kibana.wire import Origin

        return self.bare_client.derive(
            contract=self.contract,
            origin=Origin.HAND,
            gates=(self.safety, self.budget),
            patience=self.patience,
        )

    @cached_property
    def safety(self) -> "SafetyPolicy":
        """The gate that no request can go round."""
        from pytest_kibana.target import SafetyPolicy

        return SafetyPolicy(self.settings.allow, self.facts, self.owned)

    @cached_property
    def mark(self) -> "RunMark":
        """The names that this process gives; by them everything that it made can be found again."""
        from pytest_kibana.resources import RunMark

        return RunMark()

    @cached_property
    def owned(self) -> "Belongings":
        """The ids that this process may change by generated requests."""
        from pytest_kibana.resources import Belongings

        return Belongings(self.mark)

    def new_factory(self, *, space: "Handle | str | None" = None) -> "Factory":
        """Return a factory with a ledger of its own; whoever asks for it cleans up.

        Its requests pass the safety gate, and do not count for the budget: what was made must go whatever is left.
        """
        from pytest_kibana.resources import Factory, Ledger
        from pytest_kibana.resources.ledger import SUFFIX

        name = f"{self.mark.run}-{next(self._ledgers)}{SUFFIX}"
        ledger = Ledger(self.ledger_folder / name, run=self.mark.run, target=self.target.url)
        client = self.bare_client.derive(contract=self.contract, gates=(self.safety,), patience=self.patience)
        return Factory(
            client,
            ledger=ledger,
            mark=self.mark,
            space=space,
            belongings=self.owned,
            allow=self.settings.allow,
        )

    @cached_property
    def ledger_folder(self) -> Path:
        """Where the ledgers of this user's runs are kept."""
        import platformdirs

        return path_of(self.settings.ledger_dir) or platformdirs.user_state_path("pytest-kibana") / "ledgers"

    def left_by_others(self) -> list[str]:
        """Return a line that offers to sweep, where runs that died may have left something on this target."""
        from pytest_kibana.resources import left_behind

        count = len(left_behind(self.ledger_folder, self.target.url))
        if not count:
            return []
        return [f"{count} objects of runs that died may be left here: `pytest-kibana sweep` removes them"]

    @cached_property
    def factory(self) -> "Factory":
        """The factory of the whole run: what generated requests need is made by it, in the scratch space."""
        factory = self.new_factory()
        self._closing.append(factory.ledger.close)
        self._closing.append(factory.cleanup)
        return factory

    @cached_property
    def scratch_space(self) -> str | None:
        """The throwaway space that generated requests speak to; None where only reading is allowed.

        Where none can be made, the run goes on with reading alone: what changes something has nowhere to go.
        """
        if self.settings.allow == "read":
            return None
        try:
            return self.factory.make("space").id
        except EnvironmentTrouble as error:
            self.safety.allow = type(self.safety.allow).READ
            self.factory.allow = type(self.factory.allow).READ
            self._spaces_ran_out = getattr(error, "status", None) == HTTPStatus.BAD_REQUEST
            self.troubles.append(
                TroubleRecord(
                    "no throwaway space",
                    f"only what reads was tested, because no space could be made: {error.message}",
                    time.time(),
                )
            )
            return None

    @property
    def limited(self) -> bool:
        """Whether nobody knows what these credentials should be allowed: they made no space.

        Who is told that there are too many spaces might have made one: privileges are looked at before
        (Kibana source, secure_spaces_client_wrapper.ts).
        """
        return self.scratch_space is None and not self._spaces_ran_out

    @cached_property
    def administers(self) -> bool:
        """Whether these credentials were seen to administer Kibana: they lack none of its privileges then.

        They made a space, for which one must have all in every space (Kibana source, spaces feature), and may look at
        roles, for which one must have a privilege on Elasticsearch's security.
        """
        if self.scratch_space is None:
            return False
        try:
            return self.bare_client.get("/api/security/role").status_code == HTTPStatus.OK
        except HarnessError:
            return False  # nobody answered: what is not known excuses

    @contextmanager
    def made_here(self, *, space: "Handle | str | None" = None) -> "Iterator[Factory]":
        """Lend a factory, and remove what it made when the block ends."""
        factory = self.new_factory(space=space)
        try:
            yield factory
        finally:
            try:
                factory.cleanup()
            finally:
                factory.ledger.close()

    def patience(self, request: "Request") -> "Timeouts | None":
        """Give a request the time that its operation is known to need, where that is more than the usual."""
        from pytest_kibana.wire import Timeouts

        needed = self.facts.of(request.operation).timeout if request.operation else None
        if needed is None or needed <= self.settings.timeout:
            return None
        return Timeouts(read=needed, total=2 * needed)

    @cached_property
    def identities(self) -> "Identities":
        """Mints least-privilege identities.

        Raises:
            IdentityUnavailable: no Elasticsearch was named.
        """
        from pytest_kibana.target.identities import Identities
        from pytest_kibana.wire import KibanaClient

        url = self.elasticsearch_url
        if not url:
            raise IdentityUnavailable(
                "a client for a role needs an identity, which only Elasticsearch can create",
                hint="Give --elasticsearch-url, and a user rather than an API key; or use viewer=True "
                "with --kibana-viewer-api-key.",
            )
        client = KibanaClient(url, self.bare_client.credentials, redactor=self.redactor)
        identities = Identities(client, self.mark.prefix)
        self._closing.append(identities.close)
        return identities

    @property
    def elasticsearch_url(self) -> str | None:
        """Where Elasticsearch is, if anybody said; the embedded stand-in may have a small one."""
        mine = self.stand_in.elasticsearch_url if self.stand_in else None
        return self.settings.elasticsearch_url or mine

    def revoked_credentials(self) -> "Credentials | None":
        """Make an API key for this run, and revoke it at once; None where no Elasticsearch makes one."""
        if not self.elasticsearch_url or self.target.security_disabled:
            return None
        try:
            return self.identities.revoked()
        except EnvironmentTrouble as error:
            self.troubles.append(TroubleRecord("no revoked key", error.message, time.time()))
            return None

    def client_for(
        self,
        *,
        role: "Mapping[str, Any] | None" = None,
        credentials: "Credentials | None" = None,
        anonymous: bool = False,
        viewer: bool = False,
        space: "Handle | str | None" = None,
    ) -> "KibanaClient":
        """Return a client for somebody else: exactly one of the first four says who.

        Raises:
            UsageError: none or several were given.
            IdentityUnavailable: what is needed for it is not there.
        """
        from pytest_kibana.wire import Anonymous

        if sum((role is not None, credentials is not None, anonymous, viewer)) != 1:
            raise UsageError(
                "a client is for one identity", hint="Give one of role, credentials, anonymous and viewer."
            )
        who = credentials
        if anonymous:
            who = Anonymous()
        elif viewer:
            who = self.viewer_credentials
            if who is None:
                raise IdentityUnavailable("there is no viewer", hint="Give --kibana-viewer-api-key.")
        elif role is not None:
            who = self.identities.mint(role)
        return self.client.derive(credentials=who, space=space)

    def async_client(self) -> "AsyncKibanaClient":
        """Return the privileged client's twin for event loops, behind the same gates."""
        from pytest_kibana.wire import AsyncKibanaClient, Origin

        return AsyncKibanaClient(
            self.bare_client.endpoint,
            self.bare_client.credentials,
            contract=self.contract,
            listeners=(self._heard,),
            gates=(self.safety, self.budget),
            origin=Origin.HAND,
            redactor=self.redactor,
            patience=self.patience,
        )
