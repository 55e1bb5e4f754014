"""Hypothesis strategies for your own property tests: bodies and whole requests that an operation's contract allows,
and requests that it does not.

    from hypothesis import given
    from pytest_kibana import strategies

    @given(body=strategies.request_bodies("POST /api/spaces/space"))
    def test_a_space_is_what_was_asked_for(kibana_resources, body): ...

They can be written at the top of a module, before anything is known of the run: the contract is looked up when the
first example is drawn, and is the one that the run holds its target to (``--kibana-contract``). Failing
examples shrink. Values come from schemas alone; ids in them are of the form that a run uses, and name nothing that
exists.
"""

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from pytest_kibana.cases import Case

__all__ = ["invalid_requests", "request_bodies", "requests"]


def request_bodies(operation: str) -> st.SearchStrategy[Any]:
    """Return a strategy of JSON bodies that the contract allows for an operation.

    Args:
        operation: its label (``POST /api/spaces/space``) or its operationId.

    Drawing raises :class:`~pytest_kibana.errors.UsageError` outside of a run, and
    :class:`~pytest_kibana.errors.ContractError` where the contract has no such operation, where it takes no JSON body,
    or where nothing can satisfy it.
    """
    return st.deferred(lambda: _made("request_bodies", operation))


def requests(operation: str) -> "st.SearchStrategy[Case]":
    """Return a strategy of whole requests that the contract allows: ``path``, ``query``, ``headers``, ``body``.

    ``client.call(case.operation, **case.options)`` sends one. Drawing raises as for :func:`request_bodies`.
    """
    return st.deferred(lambda: _made("requests", operation))


def invalid_requests(operation: str) -> "st.SearchStrategy[Case]":
    """Return a strategy of requests each of which breaks one rule of the contract, which its ``rule`` names.

    Each is proven invalid as the server will see it. Drawing raises as for :func:`request_bodies`, also where nothing
    of the operation can be broken with certainty.
    """
    return st.deferred(lambda: _made("invalid_requests", operation))


def _made(kind: str, operation: str) -> st.SearchStrategy[Any]:
    from pytest_kibana.cases import strategies
    from pytest_kibana.plugin import contract_under_way

    made: st.SearchStrategy[Any] = getattr(strategies, kind)(contract_under_way(), operation)
    return made
