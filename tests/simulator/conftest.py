"""A stand-in to ask, and what to ask it with."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from pytest_kibana.simulator.config import Config
from pytest_kibana.simulator.server import serve

sys.path.insert(0, str(Path(__file__).parent))

XSRF = {"kbn-xsrf": "true"}
StandIn = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    """Start a stand-in with some settings; returns a client that is the superuser and sends kbn-xsrf."""
    with ExitStack() as stack:

        def start(**settings: object) -> httpx.Client:
            said = stack.enter_context(serve(Config(**{"contract": "core", "quiet": True, **settings})))  # type: ignore[arg-type]
            client = stack.enter_context(
                httpx.Client(base_url=said["url"], auth=("elastic", "changeme"), headers=XSRF, timeout=20)
            )
            client.said = said  # type: ignore[attr-defined]
            return client

        yield start


@pytest.fixture(scope="module")
def kibana(stand_in: StandIn) -> httpx.Client:
    """The client of a stand-in that plays core, shared by the tests of a module."""
    return stand_in()


@pytest.fixture
def nobody(kibana: httpx.Client) -> Iterator[httpx.Client]:
    """A client without credentials and without kbn-xsrf."""
    with httpx.Client(base_url=kibana.base_url, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def independent(request: pytest.FixtureRequest) -> Iterator[object]:
    """A client of kibana-py before a stand-in that does what 9.4 is known to do otherwise than its contracts say.

    ``ORDINARY_WORK_CONTRACT`` names a published contract other than 9.3 with what 9.4 publishes apart;
    ``ORDINARY_WORK_URL`` names another server to do the work against, which is how benchmarks compare mocks.
    """
    kibana_py = pytest.importorskip("kibana", reason="kibana-py is not installed")
    url = os.environ.get("ORDINARY_WORK_URL")
    if url is None:
        published, start = request.getfixturevalue("published"), request.getfixturevalue("stand_in")
        version = os.environ.get("ORDINARY_WORK_CONTRACT", "9.3")
        also = tuple(str(published(name)) for name in ("9.4-dashboards", "9.4-workflows"))
        settings = {"beside": also, "version": "9.4.3"} if version == "9.3" else {}
        url = start(contract=str(published(version)), quirks="9.4", **settings).said["url"]
    with kibana_py.Kibana(
        url, basic_auth=("elastic", "changeme"), max_retries=0, request_timeout=20
    ) as client:
        yield client


@pytest.fixture
def name() -> str:
    """A name that nothing else has."""
    return f"ordinary-{uuid4().hex[:10]}"


@pytest.fixture
def policy(independent: Any, name: str) -> Iterator[str]:
    """An agent policy that goes away."""
    policies = independent.fleet_policies
    made = policies.create_agent_policy(name=f"{name}-home", namespace="default").body["item"]["id"]
    yield made
    policies.delete_agent_policy(agent_policy_id=made, force=True)
