"""What the suites of families share: strangers, another space, names, and waiting that is written down."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.session import Session
from pytest_kibana.suites.families.asking import Stranger
from pytest_kibana.wire import KibanaClient


class Eventually(Protocol):
    """Waits until something holds; see :func:`eventually`."""

    def __call__(self, what: str, holds: Callable[[], bool], *, within: float = 10.0) -> None:
        """Wait, and fail where it does not come to hold within so many seconds."""


@pytest.fixture
def nobody(kibana_session: Session) -> KibanaClient:
    """A client without credentials, where such a one is refused."""
    target = kibana_session.target
    if target.security_disabled or target.anonymous:
        pytest.skip("needs security, found a deployment that serves anybody")
    return kibana_session.client_for(anonymous=True)


@pytest.fixture
def viewer(kibana_session: Session, kibana_client_factory: Callable[..., KibanaClient]) -> KibanaClient:
    """A client that may read in every space, and nothing else: the one that was given, else one that is made."""
    if kibana_session.target.security_disabled:
        pytest.skip("needs security, found a deployment that serves anybody")
    if kibana_session.viewer_credentials is not None:
        return kibana_client_factory(viewer=True)
    return kibana_client_factory(role={"kibana": [{"base": ["read"], "spaces": ["*"]}]})


@pytest.fixture(params=["nobody", "viewer"])
def stranger(request: pytest.FixtureRequest) -> Stranger:
    """Nobody, and then the viewer: neither may change anything."""
    client = request.getfixturevalue(request.param)
    return Stranger(request.param, client, 401 if request.param == "nobody" else 403)


@pytest.fixture
def elsewhere(kibana_session: Session, kibana_space_args: dict[str, Any]) -> Iterator[Resources]:
    """Factories in another throwaway space than that of ``kibana_resources``."""
    with kibana_session.made_here() as outer:
        space = outer.make("space", **kibana_space_args)
        with kibana_session.made_here(space=space) as factory:
            yield Resources(factory)


@pytest.fixture
def other_space(elsewhere: Resources, kibana_session: Session) -> KibanaClient:
    """A client that speaks to the space of ``elsewhere``, with the run's own credentials."""
    return kibana_session.client.in_space(elsewhere.factory.space)


@pytest.fixture
def here(kibana_space: Handle) -> KibanaClient:
    """A client that speaks to this test's throwaway space, with the run's own credentials."""
    return kibana_space.client


@pytest.fixture
def unique(kibana_session: Session) -> Callable[[], str]:
    """Give names that nothing else has, and that this run's cleaner knows."""
    return kibana_session.mark.unique


@pytest.fixture
def eventually(kibana_session: Session, record_property: Callable[[str, object], None]) -> Eventually:
    """Ask until something holds, up to a deadline; how long it took is written into the report of the test."""
    factory = kibana_session.factory

    def wait(what: str, holds: Callable[[], bool], *, within: float = 10.0) -> None:
        began = time.monotonic()
        held = factory.until(holds, within)
        record_property(f"seconds until {what}", round(time.monotonic() - began, 3))
        assert held, f"not so after {within} s: {what}"

    return wait
