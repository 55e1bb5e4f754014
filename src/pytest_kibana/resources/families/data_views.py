"""Data views, their runtime fields, and which of them is a space's default."""

from pytest_kibana.resources.model import Call, Kind, Listing, Resource, Safety, item, within

DATA_VIEW = Resource(
    name="data_view",
    family="data views",
    summary="A data view over an index pattern that matches nothing.",
    create=(
        Call(
            "POST /api/data_views/data_view",
            body={"data_view": {"title": "${unique}-*", "name": "${unique}", "allowNoIndex": True}},
            root="/data_view",
        ),
    ),
    id_at="/data_view/id",
    made_at="/data_view",
    reading_at="/data_view",
    read=(item("GET /api/data_views/data_view/{viewId}"),),
    listing=(Listing(Call("GET /api/data_views"), items="/data_view", named_at=("/name", "/title", "/id")),),
    update=(
        item(
            "POST /api/data_views/data_view/{viewId}",
            {"data_view": {"title": "${unique}-*"}},
            root="/data_view",
        ),
    ),
    delete=(item("DELETE /api/data_views/data_view/{viewId}"),),
    attached=("POST /api/data_views/data_view/{viewId}/fields",),
    full={"timeFieldName": "@timestamp"},
    change={"name": "${unique.b}"},
    # Two views of one name are refused with 400, not 409.
    refuses_again=400,
    volatile=("/version", "/fieldAttrs", "/fields"),
    exceptions={"first of a space": "the first view of a space becomes its default"},
    source="observed through the Terraform provider and kibana-py",
)

_FIELD = {"name": "${self.id}", "runtimeField": {"type": "long", "script": {"source": "emit(1)"}}}

RUNTIME_FIELD = Resource(
    name="data_view_runtime_field",
    family="data views",
    summary="A runtime field of a data view.",
    keys={"viewId": "${data_view.id}", "id": "${unique}"},
    create=(
        within(
            "POST /api/data_views/data_view/{viewId}/runtime_field",
            _FIELD,
            refuses_again=400,
        ),
        within("PUT /api/data_views/data_view/{viewId}/runtime_field", _FIELD),  # makes or replaces
    ),
    made_at="/fields/0",
    reading_at="/fields/0",
    read=(item("GET /api/data_views/data_view/{viewId}/runtime_field/{fieldName}"),),
    update=(
        item(
            "POST /api/data_views/data_view/{viewId}/runtime_field/{fieldName}",
            {"runtimeField": {"script": {"source": "emit(2)"}}},
        ),
    ),
    delete=(item("DELETE /api/data_views/data_view/{viewId}/runtime_field/{fieldName}"),),
    change={"runtimeField": {"script": {"source": "emit(2)"}}},
    source="observed through the Terraform provider",
)

DEFAULT_DATA_VIEW = Resource(
    name="default_data_view",
    family="data views",
    summary="Which data view is the default of a space; put back as it was afterwards.",
    kind=Kind.SETTING,
    safety=Safety.SPACE,
    id_at=None,
    read=(Call("GET /api/data_views/default"),),
    update=(Call("POST /api/data_views/default", body={"data_view_id": "${data_view.id}", "force": True}),),
    # An unset default reads as an empty text and is unset by null.
    restore=(
        Call("POST /api/data_views/default", body={"data_view_id": "${self:/data_view_id}", "force": True}),
    ),
    # The first data view of a space is its default without being told so; another one is not.
    change={"data_view_id": "${data_view.id}", "force": True},
    shown_at={"force": ""},
    source="observed through the Terraform provider",
)

RESOURCES = (DATA_VIEW, RUNTIME_FIELD, DEFAULT_DATA_VIEW)
