"""What a test asks for by name.

Those that end in a noun of Kibana (``kibana_client``, ``kibana_space``) do things; those that end in ``_args`` are
data, there to be overridden in a ``conftest.py``. A worker of pytest-xdist has a session of its own, so
"session" in a fixture's scope means "worker" there, as in Kibana's own Scout.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from pytest_kibana.conformance import Outcome
    from pytest_kibana.contract import Contract, Operation
    from pytest_kibana.resources import Handle, Resources
    from pytest_kibana.run import Run
    from pytest_kibana.session import Deployment, Session
    from pytest_kibana.wire import AsyncKibanaClient, Credentials, KibanaClient

__all__ = [
    "kibana",
    "kibana_async_client",
    "kibana_client",
    "kibana_client_args",
    "kibana_client_factory",
    "kibana_contract",
    "kibana_item",
    "kibana_operation",
    "kibana_resources",
    "kibana_session",
    "kibana_space",
    "kibana_space_args",
    "kibana_space_factory",
    "kibana_worker_space",
]


class ClientFactory(Protocol):
    """Makes a client for somebody; see :func:`kibana_client_factory`."""

    def __call__(
        self,
        *,
        role: Mapping[str, Any] | None = None,
        credentials: "Credentials | None" = None,
        anonymous: bool = False,
        viewer: bool = False,
        space: "Handle | str | None" = None,
    ) -> "KibanaClient": ...


class SpaceFactory(Protocol):
    """Makes a throwaway space; see :func:`kibana_space_factory`."""

    def __call__(self, **body: Any) -> "Handle": ...


def _run(config: pytest.Config) -> "Run":
    from pytest_kibana.plugin import run_of

    return run_of(config)


@pytest.fixture(scope="session")
def kibana_session(pytestconfig: pytest.Config) -> "Session":
    """The run itself, opened: everything else comes from it. For extensions; tests ask for the others."""
    return _run(pytestconfig).open()


@pytest.fixture(scope="session")
def kibana(kibana_session: "Session") -> "Deployment":
    """The deployment: ``url``, ``version``, ``flavor``, ``license``, ``plugins``, ``features``, ``contract``."""
    return kibana_session.deployment


@pytest.fixture(scope="session")
def kibana_contract(kibana_session: "Session") -> "Contract":
    """The contract that the deployment is held to."""
    return kibana_session.contract


@pytest.fixture
def kibana_operation(request: pytest.FixtureRequest, kibana_contract: "Contract") -> "Operation":
    """The operation that the test's ``kibana_operation`` marker names first."""
    from pytest_kibana.markers import read

    named = [label for labels in read(request.node, "kibana_operation") for label in labels]
    if not named:
        pytest.fail('the test has no marker: @pytest.mark.kibana_operation("POST /api/…")', pytrace=False)
    return kibana_contract.operation(named[0])


@pytest.fixture(scope="session")
def kibana_client_args() -> dict[str, Any]:
    """Override to give ``kibana_client`` other ``credentials`` or a ``space``; empty by default."""
    return {}


@pytest.fixture(scope="session")
def kibana_client(kibana_session: "Session", kibana_client_args: dict[str, Any]) -> "KibanaClient":
    """A client with the run's own credentials. Every call is recorded and held to the contract."""
    return kibana_session.client.derive(**_checked(kibana_client_args))


@pytest.fixture(scope="session")
def kibana_client_factory(kibana_session: "Session") -> ClientFactory:
    """Make clients for others: for a role, for given credentials, for nobody, for the viewer, in a space.

    ``kibana_client_factory(role={"kibana": [{"base": ["read"], "spaces": ["default"]}]})`` makes an identity that may
    do exactly that. It needs ``--elasticsearch-url``, where the identity is created, and is removed at the end.
    A test that asks for an identity that is not available is skipped, and says what it needed.
    """
    from pytest_kibana.errors import IdentityUnavailable

    def make(
        *,
        role: Mapping[str, Any] | None = None,
        credentials: "Credentials | None" = None,
        anonymous: bool = False,
        viewer: bool = False,
        space: "Handle | str | None" = None,
    ) -> "KibanaClient":
        try:
            return kibana_session.client_for(
                role=role, credentials=credentials, anonymous=anonymous, viewer=viewer, space=space
            )
        except IdentityUnavailable as error:
            pytest.skip(f"{error.message}. {error.hint}")

    return make


@pytest.fixture
def kibana_async_client(kibana_session: "Session", kibana_client_args: dict[str, Any]) -> "AsyncKibanaClient":
    """The twin of ``kibana_client`` for event loops: ``async with kibana_async_client as client``."""
    return kibana_session.async_client().derive(**_checked(kibana_client_args))


def _checked(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = ", ".join(sorted(arguments.keys() - {"credentials", "space"}))
    if unknown:
        from pytest_kibana.errors import UsageError

        raise UsageError(
            f"the fixture kibana_client_args gives {unknown}", hint="It may give credentials and space."
        )
    return arguments


@pytest.fixture(scope="session")
def kibana_space_args() -> dict[str, Any]:
    """Override to give every throwaway space more members, such as ``{"solution": "security"}``; empty by default."""
    return {}


@pytest.fixture
def kibana_space_factory(
    kibana_session: "Session", kibana_space_args: dict[str, Any]
) -> Iterator[SpaceFactory]:
    """Make throwaway spaces; all are removed after the test, with everything in them."""
    with kibana_session.made_here() as factory:

        def make(**body: Any) -> "Handle":
            return factory.make("space", **{**kibana_space_args, **body})

        yield make


@pytest.fixture
def kibana_space(kibana_space_factory: SpaceFactory) -> "Handle":
    """A throwaway space for this test: ``.id``, and ``.client``, which speaks to it."""
    return kibana_space_factory()


@pytest.fixture(scope="session")
def kibana_worker_space(kibana_session: "Session", kibana_space_args: dict[str, Any]) -> "Iterator[Handle]":
    """A throwaway space for all tests of this worker."""
    with kibana_session.made_here() as factory:
        yield factory.make("space", **kibana_space_args)


@pytest.fixture
def kibana_resources(kibana_session: "Session", kibana_space: "Handle") -> "Iterator[Resources]":
    """Factories for everything that can be created and deleted, in the throwaway space of this test.

    ``kibana_resources.connector()`` makes a connector and returns its handle; `pytest-kibana resources` lists them.
    """
    from pytest_kibana.resources import Resources

    with kibana_session.made_here(space=kibana_space) as factory:
        yield Resources(factory)


@pytest.fixture
def kibana_item(request: pytest.FixtureRequest) -> "Outcome":
    """What came of one item of the plan; ``suites/contract`` has one test for each."""
    return _run(request.config).outcome_of(request.node, request.param)
