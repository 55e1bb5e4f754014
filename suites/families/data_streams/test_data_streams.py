"""Data streams: those that agents write, and those that packages know."""

from typing import Any

import pytest

from pytest_kibana.suites.families.asking import assert_refused, ok
from pytest_kibana.suites.families.sources import CONTRACT, LIVE
from pytest_kibana.wire import KibanaClient

OURS, KNOWN = "/api/fleet/data_streams", "/api/fleet/epm/data_streams"


@pytest.mark.kibana_requirement(
    "KBN-REQ-DSTR-003", source=LIVE, operations=[f"GET {OURS}"], safety="read", tier="smoke"
)
def test_streams_are_named_by_their_parts(kibana_client: KibanaClient) -> None:
    """A data stream that agents write has a type, a data set and a namespace, and its index is called so."""
    wrong = [
        one
        for one in ok(kibana_client.get(OURS))["data_streams"]
        if one["type"] and one["index"] != f"{one['type']}-{one['dataset']}-{one['namespace']}"
    ]
    assert wrong == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-DSTR-004", source=LIVE, operations=[f"GET {KNOWN}"], safety="read", tier="smoke"
)
@pytest.mark.parametrize("kind", ["logs", "metrics"])
def test_streams_of_one_type(kibana_client: KibanaClient, kind: str) -> None:
    """Asked for data streams of one type, the list has some of all, of that type, and each once."""
    every_one = [one["name"] for one in ok(kibana_client.get(KNOWN))["items"]]
    wanted = [one["name"] for one in ok(kibana_client.get(KNOWN, query={"type": kind}))["items"]]
    assert len(wanted) == len(set(wanted))
    assert set(wanted) <= set(every_one)
    assert [name for name in wanted if not name.startswith(f"{kind}-")] == []


@pytest.mark.kibana_requirement("KBN-REQ-DSTR-005", source=LIVE, operations=[f"GET {KNOWN}"], safety="read")
def test_order_and_search(kibana_client: KibanaClient) -> None:
    """Data streams come in the order that is asked for, and nothing is found by a name that nothing has."""
    up, down = (
        [one["name"] for one in ok(kibana_client.get(KNOWN, query={"sortOrder": order}))["items"]]
        for order in ("asc", "desc")
    )
    assert down == up[::-1]
    assert ok(kibana_client.get(KNOWN, query={"datasetQuery": "no-such-dataset-ever"}))["items"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-DSTR-006", source=CONTRACT, operations=[f"GET {KNOWN}"], safety="read"
)
@pytest.mark.parametrize(
    "query",
    [{"type": "poems"}, {"sortOrder": "sideways"}, {"uncategorisedOnly": "perhaps"}],
    ids=lambda query: next(iter(query)),
)
def test_a_question_without_sense_is_refused(kibana_client: KibanaClient, query: dict[str, Any]) -> None:
    """A type or an unknown order, and what is not a boolean, are refused with 400."""
    assert_refused(kibana_client.get(KNOWN, query=query), 400)
