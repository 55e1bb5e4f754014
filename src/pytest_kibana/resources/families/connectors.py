"""Connectors: how Kibana talks to other systems."""

from pytest_kibana.resources.model import Call, Listing, Resource, item

CONNECTOR = Resource(
    name="connector",
    family="connectors",
    summary="A connector that writes to Kibana's own log: no network, no secrets, basic licence.",
    # At most 36 characters, else the server refuses; chosen ids are known since 8.8 (Terraform provider).
    keys={"id": "${unique}"},
    create=(
        item(
            "POST /api/actions/connector/{id}",
            {"name": "${unique}", "connector_type_id": ".server-log"},
        ),
    ),
    read=(item("GET /api/actions/connector/{id}"),),
    listing=(Listing(Call("GET /api/actions/connectors")),),
    # A replacement: config and secrets that are left out become empty (observed live).
    update=(item("PUT /api/actions/connector/{id}", {"name": "${unique}"}, semantics="full"),),
    delete=(item("DELETE /api/actions/connector/{id}"),),
    create_only=("connector_type_id",),
    full={"config": {}, "secrets": {}},
    change={"name": "${unique.b}"},
    refuses_again=409,
    volatile=("/referenced_by_count",),
    source="observed through the Terraform provider and kibana-py",
)

RESOURCES = (CONNECTOR,)
