"""A stand-in to ask, and what to ask it with."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

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
