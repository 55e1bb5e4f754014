"""The core contract is one OpenAPI document written as several files, one for each family; here they become one."""

from collections.abc import Iterable
from typing import Any

from pytest_kibana.errors import ContractError

_NAMED = ("schemas", "parameters", "responses", "examples", "requestBodies", "headers", "securitySchemes")


def merge(parts: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Merge OpenAPI documents into one.

    Args:
        parts: the name of each file and its document; the first that has an ``info`` gives it to the whole.

    Raises:
        ContractError: two files define the same name or the same operation.
    """
    whole: dict[str, Any] = {"openapi": "3.0.3", "info": {}, "tags": [], "paths": {}, "components": {}}
    owners: dict[tuple[str, ...], str] = {}

    def put(place: dict[str, Any], key: str, value: Any, name: str, *path: str) -> None:
        first = owners.setdefault((*path, key), name)
        if key in place and first != name:
            raise ContractError(
                f"{name} defines {'/'.join((*path, key))}, which {first} defines already",
                hint="Give each thing one home; what several files need goes into _shared.yaml.",
            )
        place[key] = value

    for name, document in parts:
        whole["info"] = whole["info"] or document.get("info", {})
        whole["tags"] += document.get("tags", [])
        for path, item in (document.get("paths") or {}).items():
            for method, operation in item.items():
                put(whole["paths"].setdefault(path, {}), method, operation, name, "paths", path)
        for kind in _NAMED:
            for key, value in ((document.get("components") or {}).get(kind) or {}).items():
                put(whole["components"].setdefault(kind, {}), key, value, name, "components", kind)
        if "security" in document:
            whole.setdefault("security", document["security"])
    return whole
