"""The contract room: what was promised. ``load(source) -> Contract``; the values are in ``model``."""

from pytest_kibana.contract.contract import Contract
from pytest_kibana.contract.loading import load
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

__all__ = [
    "Availability",
    "Body",
    "Contract",
    "Defect",
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
    "load",
]
