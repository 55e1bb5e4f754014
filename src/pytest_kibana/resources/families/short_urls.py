"""Short URLs."""

from pytest_kibana.resources.model import Call, Resource, item

SHORT_URL = Resource(
    name="short_url",
    family="short url",
    summary="A short URL to the list of dashboards, with a slug of its own.",
    create=(
        Call(
            "POST /api/short_url",
            body={
                "locatorId": "LEGACY_SHORT_URL_LOCATOR",
                "params": {"url": "/app/dashboards"},
                "slug": "${unique}",
            },
        ),
    ),
    read=(item("GET /api/short_url/{id}"),),
    delete=(item("DELETE /api/short_url/{id}"),),
    refuses_again=409,
    shown_at={"locatorId": "/locator/id", "params": "/locator/state"},
    volatile=("/accessDate", "/accessCount"),
    source="observed live; a slug is unique in its space",
)

RESOURCES = (SHORT_URL,)
