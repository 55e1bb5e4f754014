"""The slow search for defects of a contract: examples against schemas, arms of a ``oneOf`` against one another."""

from collections.abc import Mapping
from typing import Any

from pytest_kibana.contract.model import Defect, JsonSchema, Operation


def audit(
    document: Mapping[str, Any], operations: Mapping[str, Operation], components: Mapping[str, JsonSchema]
) -> tuple[Defect, ...]:
    """Return the defects."""
    return ()
