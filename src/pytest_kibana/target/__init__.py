"""Who is at the other end, and what may be sent there."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


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
