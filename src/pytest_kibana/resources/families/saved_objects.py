"""Saved objects through their own API. It is deprecated, works everywhere, and is internal on Serverless."""

from pytest_kibana.resources.model import Call, Listing, Many, Resource, item, within

SAVED_OBJECT = Resource(
    name="saved_object",
    many=Many(
        "POST /api/saved_objects/_bulk_get",
        each={"type": "${self.type}", "id": "${self.id}"},
        under="",
        items="/saved_objects",
    ),
    family="saved objects",
    summary="A saved object: a tag, unless another ``type`` and its ``attributes`` are given.",
    keys={"type": "tag", "id": "${unique}"},
    create=(
        item(
            "POST /api/saved_objects/{type}/{id}",
            {"attributes": {"name": "${self.id}", "description": "", "color": "#00bfb3"}},
        ),
        within(
            "POST /api/saved_objects/{type}",
            {"attributes": {"name": "${unique}", "description": "", "color": "#00bfb3"}},
        ),
    ),
    read=(item("GET /api/saved_objects/{type}/{id}"),),
    listing=(
        Listing(
            Call("GET /api/saved_objects/_find", query={"type": "tag"}),
            finds={"search": '"${unique}"', "search_fields": "name"},
            items="/saved_objects",
            named_at=("/id", "/attributes/name", "/attributes/title"),
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
            keys={"type": "/type"},
        ),
    ),
    update=(
        item(
            "PUT /api/saved_objects/{type}/{id}",
            {"attributes": {"description": "changed by a test"}, "version": "${self:/version}"},
        ),
    ),
    # The single delete has left the published contract and still works; the bulk delete takes its place.
    delete=(
        item("DELETE /api/saved_objects/{type}/{id}"),
        Call(
            "POST /api/saved_objects/_bulk_delete",
            body=[{"type": "${self.type}", "id": "${self.id}"}],
            status_at="/statuses/0/error/statusCode",
        ),
    ),
    attached=("GET /api/saved_objects/resolve/{type}/{id}",),
    change={"attributes": {"description": "changed by a test"}},
    refuses_again=409,
    idempotent_delete=False,
    flavors=("traditional",),
    version_at="/version",
    volatile=("/updated_at", "/version"),
    source="Kibana source, saved-objects routes; elastic/kibana#184408",
)

RESOURCES = (SAVED_OBJECT,)
