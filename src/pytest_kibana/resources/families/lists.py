"""Value lists: the data streams of a space that hold them, the lists, and their items."""

from pytest_kibana.resources.model import Call, Kind, Listing, Resource

VALUE_LIST_INDEX = Resource(
    name="value_list_index",
    family="Security Lists API",
    summary="The data streams that a space keeps its value lists in. They outlive the space unless removed first.",
    kind=Kind.ENGINE,
    create=(Call("POST /api/lists/index"),),
    read=(Call("GET /api/lists/index"),),
    delete=(Call("DELETE /api/lists/index"),),
    id_at=None,
    refuses_again=409,
    outlives_space=True,
    present={"/list_index": True, "/list_item_index": True},
    source="observed live",
)

VALUE_LIST = Resource(
    name="value_list",
    family="Security Lists API",
    summary="An empty list of keywords.",
    requires=("value_list_index",),
    keys={"id": "${unique}"},
    create=(
        Call(
            "POST /api/lists",
            body={
                "id": "${self.id}",
                "name": "${unique}",
                "description": "made by a test",
                "type": "keyword",
            },
        ),
    ),
    read=(Call("GET /api/lists", query={"id": "${self.id}"}),),
    listing=(
        Listing(
            Call("GET /api/lists/_find"),
            finds={"filter": 'name:"${unique}"'},
            items="/data",
            named_at=("/id", "/name"),
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
        ),
    ),
    update=(
        Call("PATCH /api/lists", body={"id": "${self.id}", "_version": "${self:/_version}"}),
        Call(
            "PUT /api/lists",
            body={
                "id": "${self.id}",
                "name": "${unique}",
                "description": "changed by a test",
                "_version": "${self:/_version}",
            },
            semantics="full",
        ),
    ),
    delete=(Call("DELETE /api/lists", query={"id": "${self.id}"}),),
    create_only=("type",),
    change={"description": "changed by a test"},
    refuses_again=409,
    listed_within=10.0,
    read_within=10.0,
    gone_within=10.0,
    version_at="/_version",
    volatile=("/_version", "/version", "/updated_at", "/updated_by"),
    source="observed live; changes show after about a second",
)

VALUE_LIST_ITEM = Resource(
    name="value_list_item",
    family="Security Lists API",
    summary="A keyword in a value list.",
    keys={"list_id": "${value_list.id}", "id": "${unique}"},
    create=(
        Call(
            "POST /api/lists/items",
            body={
                "id": "${self.id}",
                "list_id": "${self.list_id}",
                "value": "${unique}",
                "refresh": "wait_for",
            },
        ),
    ),
    read=(Call("GET /api/lists/items", query={"id": "${self.id}"}),),
    listing=(
        Listing(
            Call("GET /api/lists/items/_find", query={"list_id": "${self.list_id}"}),
            finds={"filter": 'value:"${unique}"'},
            items="/data",
            named_at=("/id", "/value"),
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
            keys={"list_id": "/list_id"},
        ),
    ),
    update=(
        Call(
            "PATCH /api/lists/items",
            body={"id": "${self.id}", "value": "${unique.b}", "_version": "${self:/_version}"},
        ),
        Call(
            "PUT /api/lists/items",
            body={"id": "${self.id}", "value": "${unique.b}", "_version": "${self:/_version}"},
        ),
    ),
    delete=(Call("DELETE /api/lists/items", query={"id": "${self.id}", "refresh": "wait_for"}),),
    change={"value": "${unique.b}"},
    refuses_again=409,
    listed_within=10.0,
    read_within=10.0,
    gone_within=10.0,
    version_at="/_version",
    volatile=("/_version", "/updated_at", "/updated_by"),
    shown_at={"refresh": ""},
    source="observed live; changes show after about a second even with refresh=wait_for",
)

RESOURCES = (VALUE_LIST_INDEX, VALUE_LIST, VALUE_LIST_ITEM)
