"""The shapes in which families of Kibana page their lists."""

from typing import Any

from pytest_kibana.resources.model import Call, Listing


def security_page(call: Call, **more: Any) -> Listing:
    """Security solution: asks ``page`` and ``per_page``, answers ``{data, page, perPage, total}``."""
    shape: dict[str, Any] = {
        "items": "/data",
        "page": "page",
        "per_page": "per_page",
        "total": "/total",
        "page_at": "/page",
        "per_page_at": "/perPage",
    }
    return Listing(call, **(shape | more))


def fleet_page(call: Call, **more: Any) -> Listing:
    """Fleet: asks ``page`` and ``perPage``, answers ``{items, total, page, perPage}``."""
    shape: dict[str, Any] = {
        "items": "/items",
        "page": "page",
        "per_page": "perPage",
        "total": "/total",
        "page_at": "/page",
        "per_page_at": "/perPage",
    }
    return Listing(call, **(shape | more))
