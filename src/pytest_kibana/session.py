"""One run against one deployment: where settings meet the rooms.

A :class:`Session` is made at once and does nothing; each part (client, target, contract, plan, runner, factory)
is made when it is first asked for, and :meth:`Session.close` undoes what was done. It does not know pytest, so
that the command line and the self-test use the same object.
"""

import itertools
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import EnvironmentTrouble, HarnessError, UsageError
from pytest_kibana.evidence.model import TroubleRecord
from pytest_kibana.settings import EMBEDDED, Settings

if TYPE_CHECKING:
    from pytest_kibana import cases, resources
    from pytest_kibana.cases import Bank, Case, CaseBudget
    from pytest_kibana.conformance import Budget, Limits, Plan, Runner
    from pytest_kibana.contract import Contract, Operation
    from pytest_kibana.embedded import Embedded
    from pytest_kibana.evidence import Deviations, Finding, Header
    from pytest_kibana.resources import Belongings, Factory, Handle, Resolver, RunMark
    from pytest_kibana.target import OperationsTable, SafetyPolicy, Target
    from pytest_kibana.target.identities import Identities
    from pytest_kibana.wire import (
        AsyncKibanaClient,
        Credentials,
        Exchange,
        KibanaClient,
        Redactor,
        Request,
        Timeouts,
    )

LEDGER_SUFFIX = ".ledger.jsonl"


class Session:
    """One run.

    Args:
        settings: what the run was told.
        run: the run's part of every name that it gives; workers of one run share it.
        worker: name of this worker, where several share the run.
        progress: is told what takes long (a download), for people.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        run: str | None = None,
        worker: str | None = None,
        progress: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.settings = settings
        self.run = run
        self.worker = worker
        self.progress = progress
        self.started = time.time()
        self.seed = random.SystemRandom().randrange(2**31) if settings.seed is None else settings.seed
        self.listeners: list[Callable[[Exchange], None]] = []
        self.troubles: list[TroubleRecord] = []
        self._closing: list[Callable[[], object]] = []
        self._ledgers = itertools.count(1)

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
            ca_file=_path(settings.ca_file),
            client_certificate=_path(settings.client_cert),
            client_key=_path(settings.client_key),
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
            if settings.login:
                kind, _, name = settings.login.partition("/")
                return wire.Session(settings.username, settings.password or "", kind, name or kind)
            return wire.Basic(settings.username, settings.password or "")
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
            self.contract_source, progress=self._download_progress, lock=_path(self.settings.contract_lock)
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

    # -- what will be sent

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
    def plan(self) -> "Plan":
        """Every operation of the contract, with its items or with the reason why not."""
        from pytest_kibana.conformance import plan

        # A plan that is only printed sends nothing, so nothing is known of the target then.
        target = None if self.settings.plan and self.settings.contract != "auto" else self.target
        return plan(
            self.contract,
            target,
            self.facts.of,
            allow=self.settings.allow,
            selection=self._selection(),
            limits=self.limits,
        )

    def _selection(self) -> tuple[str, ...]:
        """The operations that are asked for; of a shard, those whose turn it is."""
        from pytest_kibana.conformance import select

        asked, shard = self.settings.operations, self.settings.shard
        if not shard:
            return asked
        number, _, of = shard.partition("/")
        if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
            raise UsageError(
                f"--kibana-shard {shard!r} is no part of a whole",
                hint="Write it like 2/5: the second part of five.",
            )
        chosen = select(self.contract, asked)
        in_order = [label for label in self.contract.operations if label in chosen]
        mine = in_order[int(number) - 1 :: int(of)]
        if not mine:
            raise UsageError(
                f"shard {shard} of {len(in_order)} operations is empty",
                hint="Take fewer shards than operations.",
            )
        return tuple(mine)

    # -- who may send what

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

        name = f"{self.mark.run}-{next(self._ledgers)}{LEDGER_SUFFIX}"
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

        return _path(self.settings.ledger_dir) or platformdirs.user_state_path("pytest-kibana") / "ledgers"

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
            self.troubles.append(
                TroubleRecord(
                    "no throwaway space",
                    f"only what reads was tested, because no space could be made: {error.message}",
                    time.time(),
                )
            )
            return None

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
            UsageError: no Elasticsearch was named.
        """
        from pytest_kibana.target.identities import Identities
        from pytest_kibana.wire import KibanaClient

        if not self.settings.elasticsearch_url:
            raise UsageError(
                "a client for a role needs an identity, which only Elasticsearch can mint",
                hint="Give --elasticsearch-url, and a user rather than an API key; or use viewer=True "
                "with --kibana-viewer-api-key.",
            )
        client = KibanaClient(
            self.settings.elasticsearch_url, self.bare_client.credentials, redactor=self.redactor
        )
        identities = Identities(client, self.mark.prefix)
        self._closing.append(identities.close)
        return identities

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
            UsageError: none or several were given, or what is needed for it is not there.
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
                raise UsageError("there is no viewer", hint="Give --kibana-viewer-api-key.")
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

    # -- the run of a plan

    @cached_property
    def recipes(self) -> "Mapping[str, resources.Recipe]":
        """What operations need beside what their schemas say."""
        from pytest_kibana.resources import recipes_for

        return recipes_for(self.contract)

    @cached_property
    def bank(self) -> "Bank":
        """The cases of this contract and seed; made once, and kept in the cache."""
        from pytest_kibana.cases import open_bank
        from pytest_kibana.resources import bindings_for

        recipes = {label: _as_case_recipe(recipe) for label, recipe in self.recipes.items()}
        return open_bank(
            self.contract,
            seed=self.seed,
            budget=self._case_budget(),
            recipes=recipes,
            bindings=bindings_for(self.contract),
            operations=self.plan.eligible,
        )

    def _case_budget(self) -> "CaseBudget":
        from pytest_kibana.cases import BUDGETS, CaseBudget

        named = next((word for word in BUDGETS if word in self.settings.budget.split(",")), None)
        return BUDGETS[named] if named else CaseBudget.of_size(self.limits.per_operation)

    @cached_property
    def resolver(self) -> "Resolver":
        """Puts ids of objects of this run into cases, and keeps track of what cases make."""
        from pytest_kibana.resources import Resolver

        self.factory.space = self.scratch_space
        resolver = Resolver(self.factory, self.contract, self.recipes)
        self.listeners.append(resolver.heard)
        return resolver

    @cached_property
    def runner(self) -> "Runner":
        """Works the plan off."""
        runner = self._runner_of(self.plan, self.resolver, self.scratch_space)
        self._closing.append(runner.close)
        return runner

    @contextmanager
    def lend_runner(self, plan: "Plan", factory: "Factory") -> "Iterator[Runner]":
        """Lend a runner for another plan of the same contract; it is stopped when the block ends.

        Args:
            plan: what it may be asked for.
            factory: makes its scratch space and objects. They are not removed here: whoever made it cleans up.
        """
        from pytest_kibana.resources import Resolver

        factory.space = factory.make("space").id
        resolver = Resolver(factory, self.contract, self.recipes)
        self.listeners.append(resolver.heard)
        try:
            with self._runner_of(plan, resolver, factory.space) as runner:
                yield runner
        finally:
            self.listeners.remove(resolver.heard)

    def _runner_of(self, plan: "Plan", resolver: "Resolver", space: str | None) -> "Runner":
        from pytest_kibana.conformance import Circumstances, Runner
        from pytest_kibana.wire import ApiKey, RetryPolicy

        settings = self.settings
        # The runner repeats by itself, after it has looked at the target once for all workers.
        client = self.client.derive(retry=RetryPolicy(attempts=1))
        senders = {
            "main": client,
            "anonymous": client.anonymous(),
            "wrong key": client.as_(ApiKey.of("nobody", "not-a-key-of-anyone")),
        }
        if self.viewer_credentials:
            senders["viewer"] = client.as_(self.viewer_credentials)
        return Runner(
            plan,
            senders=senders,
            source=_Source(self.bank),
            resolver=resolver,
            budget=self.budget,
            circumstances=Circumstances(
                strict=settings.strict,
                flavor=self.target.flavor,
                version=self.target.version,
                xsrf=self.target.xsrf_exempt is not True,
                secured=not self.target.security_disabled,
                strangers=bool(self.target.anonymous),
                space=space,
                only_case=settings.case,
            ),
            concurrency=settings.concurrency,
            weather_deadline=settings.weather_deadline,
        )

    @cached_property
    def deviations(self) -> "Deviations":
        """The lists of known deviations, the package's and the user's, held against this target and contract.

        Raises a :class:`UsageError` where the user's list cannot be read.
        """
        from pytest_kibana.evidence import load_deviations

        return load_deviations(self.settings.deviations).at(
            version=self.target.version,
            flavor=self.target.flavor,
            contract=self.contract.version,
            today=datetime.now(UTC).date(),
        )

    def known(self, finding: "Finding") -> "Finding":
        """Return the finding as the lists of known deviations see it."""
        return self.deviations.mark(finding)

    def header(self) -> "Header":
        """Return the first line of the results."""
        from pytest_kibana.checks import CATALOGUE
        from pytest_kibana.evidence import SCHEMA_VERSION, Header

        return Header(
            schema=SCHEMA_VERSION,
            tool={
                "name": "pytest-kibana",
                "version": version_of("pytest-kibana"),
                "checks": {
                    code: {
                        "title": c.title,
                        "level": c.level.value,
                        "severity": c.severity.value,
                        "why": c.why,
                    }
                    for code, c in CATALOGUE.items()
                },
            },
            contract={
                "source": self.contract_source,
                "version": self.contract.version,
                "sha256": self.contract.sha256,
                "title": self.contract.title,
            },
            target=self.target.describe(),
            settings=self.settings.redacted(),
            seed=self.seed,
            plan=self.plan.summary(),
            started=self.started,
        )

    @cached_property
    def deployment(self) -> "Deployment":
        """The deployment, as tests see it."""
        return Deployment(self)

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


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _as_case_recipe(recipe: "resources.Recipe") -> "cases.Recipe":
    """Hand a recipe of the resources to the cases; the two rooms do not know one another."""
    from pytest_kibana import cases, resources

    body = recipe.body
    if isinstance(body, Mapping):
        body = {
            name: cases.Upload(part.filename, part.content, part.content_type)
            if isinstance(part, resources.File)
            else part
            for name, part in body.items()
        }
    return cases.Recipe(recipe.path, recipe.query, recipe.headers, body, recipe.has_body, recipe.media)


class _Source:
    """Cases of an operation, by group of checks, out of the bank."""

    def __init__(self, bank: "Bank") -> None:
        self._bank = bank

    def cases(self, operation: "Operation", group: str) -> "Sequence[Case]":
        """Return the valid cases for ``responses``, the invalid ones for ``input``."""
        return tuple(case for case in self._bank.cases(operation.label) if case.valid is (group != "input"))


class Deployment:
    """The deployment under test: what it is, and what it promised."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __repr__(self) -> str:
        return f"Deployment({self.url}, {self.version} {self.flavor})"

    @property
    def target(self) -> "Target":
        """Everything that was learned of it."""
        return self._session.target

    @property
    def url(self) -> str:
        """Where it was reached, with its base path."""
        return self.target.url

    @property
    def version(self) -> str:
        """Such as ``9.1.4``."""
        return self.target.version

    @property
    def flavor(self) -> str:
        """``traditional`` or ``serverless``."""
        return self.target.flavor

    @property
    def license(self) -> str | None:
        """The highest licence tier that was seen enabled, or None."""
        return self.target.license

    @property
    def plugins(self) -> frozenset[str]:
        """Ids of its plugins, as its status calls them."""
        return frozenset(self.target.plugins)

    @property
    def contract(self) -> "Contract":
        """The contract that it is held to."""
        return self._session.contract

    @cached_property
    def features(self) -> tuple[dict[str, Any], ...]:
        """What ``GET /api/features`` lists; needed to write roles."""
        response = self._session.client.get("/api/features")
        response.raise_for_status()
        return tuple(response.json())
