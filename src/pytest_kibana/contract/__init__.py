"""The contract room: what was promised. ``load(source) -> Contract``; the values are in ``model``."""

from pytest_kibana.contract.contract import Contract
from pytest_kibana.contract.kinds import KINDS, DefectKind
from pytest_kibana.contract.loading import load, load_bytes
from pytest_kibana.contract.model import (
    Availability,
    Body,
    Defect,
    Example,
    JsonSchema,
    Match,
    Maturity,
    MediaType,
    Operation,
    Parameter,
    Privileges,
    Response,
    ResponseHeader,
    Schema,
    Violation,
)
from pytest_kibana.contract.published import choose, versions

__all__ = [
    "KINDS",
    "Availability",
    "Body",
    "Contract",
    "Defect",
    "DefectKind",
    "Example",
    "JsonSchema",
    "Match",
    "Maturity",
    "MediaType",
    "Operation",
    "Parameter",
    "Privileges",
    "Response",
    "ResponseHeader",
    "Schema",
    "Violation",
    "choose",
    "load",
    "load_bytes",
    "versions",
]
