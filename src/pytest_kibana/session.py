"""One run against one deployment: where settings meet the rooms.

A :class:`Session` is made at once and does nothing; each part (client, target, contract, plan, runner, factory) is made
when it is first asked for, and :meth:`Session.close` undoes what was done. It does not know pytest, so that the command
line and the self-test use the same object. It stands on :class:`.tenancy.Tenancy` (who may send what) and that on
:class:`.connection.Connection` (who is at the other end).
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import UsageError
from pytest_kibana.settings import Settings
from pytest_kibana.tenancy import Tenancy

if TYPE_CHECKING:
    from pytest_kibana import cases, resources
    from pytest_kibana.cases import Bank, Case, CaseBudget
    from pytest_kibana.conformance import Claims, Plan, Runner
    from pytest_kibana.conformance.plan import Obstacle
    from pytest_kibana.contract import Contract, Operation
    from pytest_kibana.evidence import Deviations, Finding, Header
    from pytest_kibana.resources import Factory, Reach, Resolver
    from pytest_kibana.sharding import Shard
    from pytest_kibana.target import Target


class Session(Tenancy):
    """One run.

    Args:
        settings: what the run was told.
        worker: name of this worker, where several share the run.
        progress: is told what takes long (a download), for people.
        learned: what another process of the run has :attr:`learned`, so that all make the same plan.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        worker: str | None = None,
        progress: Callable[[str], None] = lambda _line: None,
        learned: "Mapping[str, Any] | None" = None,
    ) -> None:
        super().__init__(settings, worker=worker, progress=progress)
        self._learned = learned
        self.started = time.time()
        self.seed = random.SystemRandom().randrange(2**31) if settings.seed is None else settings.seed

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
            available=() if target is None else self.prerequisites,
            obstacle=self._lacking if target is not None else lambda _operation: None,
        )

    def _lacking(self, operation: "Operation") -> "Obstacle | None":
        """Tell what an operation would have to be asked about that neither is there nor may be made."""
        why = self.reach.lacking.get(operation.label)
        return ("prerequisite", why) if why else None

    @cached_property
    def reach(self) -> "Reach":
        """Which operations can be asked about something, where not everything may be made."""
        from pytest_kibana.resources import Reach, bindings_for, reach

        if self._learned is not None:
            return Reach(frozenset(self._learned["borrowers"]), self._learned["lacking"])
        bindings = bindings_for(self.contract)
        return reach(self.contract, self.recipes, bindings, self.factory, self.settings.allow)

    @cached_property
    def prerequisites(self) -> frozenset[str]:
        """What the deployment has of what some operations need and nobody can make over its API.

        Asked only where such operations may be sent at all.
        """
        from pytest_kibana.target import SafetyClass
        from pytest_kibana.target.prerequisites import prerequisites

        if self._learned is not None:
            return frozenset(self._learned["prerequisites"])
        allowed = SafetyClass.of(self.settings.allow)
        needed = (self.facts.of(operation) for operation in self.contract.operations.values())
        asked = any(known.needs and SafetyClass.of(known.safety) <= allowed for known in needed)
        return prerequisites(self.bare_client) if asked else frozenset()

    def _selection(self) -> tuple[str, ...]:
        """The operations that are asked for; of a shard, those whose turn it is."""
        shard, chosen = self.shard, self.chosen
        if shard is None:
            return self.asked
        mine = shard.part([label for label in self.contract.operations if label in chosen], self.durations)
        if not mine:
            raise UsageError(
                f"shard {self.settings.shard} of {len(chosen)} operations is empty",
                hint="Use no more shards than there are operations.",
            )
        return mine

    @property
    def learned(self) -> dict[str, Any]:
        """What the plan depends on and may be another a second later: somebody else works on the deployment too."""
        return {
            "prerequisites": sorted(self.prerequisites),
            "borrowers": sorted(self.reach.borrowers),
            "lacking": dict(self.reach.lacking),
        }

    @cached_property
    def shard(self) -> "Shard | None":
        """The part of the whole that this run is, where it is not all of it."""
        from pytest_kibana.sharding import Shard

        return Shard.read(self.settings.shard) if self.settings.shard else None

    @cached_property
    def durations(self) -> Mapping[str, float]:
        """How long operations and tests took before, where earlier results were named; else nothing."""
        from pytest_kibana.sharding import durations

        return durations(self.settings.durations) if self.settings.durations else {}

    @cached_property
    def chosen(self) -> frozenset[str]:
        """The labels of the operations that are asked for, whichever shard's they are."""
        from pytest_kibana.conformance import select

        return select(self.contract, self.asked)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The operations that were named, or those that a consumer depends on; of both, what is in both.

        What the consumer depends on and the contract lacks cannot be tested, and is told as a trouble.
        """
        from pytest_kibana.conformance import select
        from pytest_kibana.evidence import TroubleRecord
        from pytest_kibana.target.consumers import load_consumer

        asked = self.settings.operations
        if not self.settings.consumer:
            return asked
        consumer = load_consumer(self.settings.consumer)
        within, missing = consumer.within(self.contract), consumer.missing(self.contract)
        if missing:
            said = f"{consumer.title} depends on {', '.join(missing)}, which the contract does not have"
            self.troubles.append(TroubleRecord("consumer", said, time.time(), count=len(missing)))
        chosen = select(self.contract, asked)
        mine = tuple(label for label in within if label in chosen)
        if not mine:
            raise UsageError(
                f"--kibana-consumer {self.settings.consumer}: the contract and --kibana-operations leave nothing of it",
                hint="Leave out --kibana-operations, or use another contract.",
            )
        return mine

    @cached_property
    def recipes(self) -> "Mapping[str, resources.Recipe]":
        """What operations need beside what their schemas say."""
        from pytest_kibana.resources import recipes_for

        return recipes_for(self.contract)

    @cached_property
    def claims(self) -> "Mapping[str, Claims]":
        """What operations need and change of that of which there is one."""
        from pytest_kibana.conformance import Claims
        from pytest_kibana.resources import claims_for

        known = claims_for(self.contract, self.recipes)
        return {label: Claims(claim.needs, claim.changes) for label, claim in known.items()}

    @property
    def contended(self) -> frozenset[str]:
        """Labels of the operations that workers of pytest-xdist would quarrel over."""
        from pytest_kibana.resources import claims_for, contended

        return contended(claims_for(self.contract, self.recipes))

    @cached_property
    def bank(self) -> "Bank":
        """The cases of this contract and seed; made once, and kept in the cache."""
        from pytest_kibana.cases import open_bank
        from pytest_kibana.resources import bindings_for

        recipes = {label: as_case_recipe(recipe) for label, recipe in self.recipes.items()}
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
        from pytest_kibana.conformance import UNKNOWN_ID, Circumstances, Runner
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
        revoked = self.revoked_credentials()
        if revoked is not None:
            senders["revoked key"] = client.as_(revoked)
        self.owned.add(UNKNOWN_ID)  # nothing has it, so whatever is done to it is done to nobody's
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
                makers=frozenset(label for label, recipe in self.recipes.items() if recipe.creates),
                claims=self.claims,
                borrowers=self.reach.borrowers,
            ),
            concurrency=settings.concurrency,
            weather_deadline=settings.weather_deadline,
            clean=self.redactor.text,
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
        from pytest_kibana.checks import described
        from pytest_kibana.evidence import SCHEMA_VERSION, Header

        return Header(
            schema=SCHEMA_VERSION,
            tool={
                "name": "pytest-kibana",
                "version": version_of("pytest-kibana"),
                "checks": described(),
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


def as_case_recipe(recipe: "resources.Recipe") -> "cases.Recipe":
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
