"""Every operation of the contract, by group of checks: one test each, made from the plan."""

import pytest

from pytest_kibana.conformance import Outcome


@pytest.mark.kibana_requirement(
    "KBN-REQ-OPS-001", source="the contract, and spec/platform.yaml", tier="smoke", safety="read"
)
def test_operation(kibana_item: Outcome) -> None:
    """What was sent was answered as the contract and the platform promise."""
    if kibana_item.failed:
        pytest.fail(kibana_item.message(), pytrace=False)
    if kibana_item.reason:
        pytest.skip(kibana_item.reason)
