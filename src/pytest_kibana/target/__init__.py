"""Who is at the other end, and what may be sent there."""

from typing import TYPE_CHECKING

from pytest_kibana.lazy import loader

if TYPE_CHECKING:
    from pytest_kibana.target.deployment import LICENSES, Target, probe
    from pytest_kibana.target.operations import OperationFacts, OperationsTable, load_facts, read_facts
    from pytest_kibana.target.safety import (
        FLAG,
        Classified,
        Owned,
        Ownership,
        OwnsNothing,
        SafetyClass,
        SafetyPolicy,
    )

_HOMES = {
    "deployment": ("LICENSES", "Target", "probe"),
    "operations": ("OperationFacts", "OperationsTable", "load_facts", "read_facts"),
    "safety": ("FLAG", "Classified", "Owned", "Ownership", "OwnsNothing", "SafetyClass", "SafetyPolicy"),
}
__getattr__ = loader(__name__, _HOMES)


__all__ = [
    "FLAG",
    "LICENSES",
    "Classified",
    "OperationFacts",
    "OperationsTable",
    "Owned",
    "Ownership",
    "OwnsNothing",
    "SafetyClass",
    "SafetyPolicy",
    "Target",
    "load_facts",
    "probe",
    "read_facts",
]
