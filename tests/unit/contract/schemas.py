"""Schemas in a few words, and what a diff says of them."""

from typing import Any

from pytest_kibana.contract.diff import Diff


def told(found: Diff) -> set[tuple[str, str, str]]:
    return {(change.at, change.code, change.severity.name) for change in found.changes}


def obj(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
        **more,
    }


TEXT, NUMBER = {"type": "string"}, {"type": "number"}
