"""Security exceptions: lists of them, items in the lists, and those of one rule or of the endpoints."""

from pytest_kibana.resources.model import Call, Kind, Listing, Resource, Safety, Scope

_ENTRY = {"field": "host.name", "operator": "included", "type": "match", "value": "${unique}"}

EXCEPTION_LIST = Resource(
    name="exception_list",
    family="Security Exceptions API",
    summary="An empty list of exceptions for detection rules.",
    keys={"list_id": "${unique}", "namespace_type": "single"},
    create=(
        Call(
            "POST /api/exception_lists",
            body={
                "list_id": "${self.list_id}",
                "name": "${unique}",
                "description": "made by a test",
                "type": "detection",
                "namespace_type": "${self.namespace_type}",
            },
        ),
    ),
    read=(
        Call(
            "GET /api/exception_lists",
            query={"id": "${self.id}", "namespace_type": "${self.namespace_type}"},
        ),
    ),
    listing=(
        Listing(
            Call("GET /api/exception_lists/_find"),
            finds={"filter": 'exception-list.attributes.name: "${unique}"'},
            items="/data",
            named_at=("/list_id", "/name"),
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
            keys={"list_id": "/list_id", "namespace_type": "/namespace_type"},
        ),
    ),
    update=(
        Call(
            "PUT /api/exception_lists",
            body={
                "id": "${self.id}",
                "_version": "${self:/_version}",
                "name": "${unique}",
                "description": "changed by a test",
                "type": "detection",
                "namespace_type": "${self.namespace_type}",
            },
            semantics="full",
        ),
    ),
    delete=(
        Call(
            "DELETE /api/exception_lists",
            query={"id": "${self.id}", "namespace_type": "${self.namespace_type}"},
        ),
    ),
    create_only=("list_id",),
    full={"tags": ["made by a test"]},
    change={"description": "changed by a test"},
    refuses_again=409,
    version_at="/_version",
    volatile=("/_version", "/updated_at", "/updated_by", "/version"),
    source="observed through the Terraform provider and kibana-py",
)

EXCEPTION_LIST_ITEM = Resource(
    name="exception_list_item",
    family="Security Exceptions API",
    summary="An exception for one host, in a list.",
    keys={
        "list_id": "${exception_list.list_id}",
        "item_id": "${unique}",
        "namespace_type": "single",
    },
    create=(
        Call(
            "POST /api/exception_lists/items",
            body={
                "list_id": "${self.list_id}",
                "item_id": "${self.item_id}",
                "type": "simple",
                "name": "${unique}",
                "description": "made by a test",
                "entries": [_ENTRY],
                "namespace_type": "${self.namespace_type}",
            },
        ),
    ),
    read=(
        Call(
            "GET /api/exception_lists/items",
            query={"id": "${self.id}", "namespace_type": "${self.namespace_type}"},
        ),
    ),
    listing=(
        Listing(
            Call("GET /api/exception_lists/items/_find", query={"list_id": "${self.list_id}"}),
            finds={"filter": 'exception-list.attributes.name: "${unique}"'},
            items="/data",
            named_at=("/item_id", "/name"),
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
            keys={"item_id": "/item_id", "list_id": "/list_id"},
        ),
    ),
    update=(
        Call(
            "PUT /api/exception_lists/items",
            body={
                "id": "${self.id}",
                "_version": "${self:/_version}",
                "type": "simple",
                "name": "${unique}",
                "description": "changed by a test",
                "entries": [_ENTRY],
                "namespace_type": "${self.namespace_type}",
            },
            semantics="full",
        ),
    ),
    delete=(
        Call(
            "DELETE /api/exception_lists/items",
            query={"id": "${self.id}", "namespace_type": "${self.namespace_type}"},
        ),
    ),
    create_only=("list_id", "item_id"),
    full={"tags": ["made by a test"], "os_types": ["linux"]},
    change={"description": "changed by a test"},
    refuses_again=409,
    version_at="/_version",
    volatile=("/_version", "/updated_at", "/updated_by"),
    source="observed through the Terraform provider and kibana-py",
)

RULE_EXCEPTION_ITEM = Resource(
    name="detection_rule_exception_item",
    family="Security Exceptions API",
    summary="An exception for one detection rule; its list is made with the first one and goes with the rule.",
    keys={"ruleId": "${detection_rule.id}", "item_id": "${unique}", "namespace_type": "single"},
    create=(
        Call(
            "POST /api/detection_engine/rules/{id}/exceptions",
            path={"id": "${self.ruleId}"},
            body={
                "items": [
                    {
                        "item_id": "${self.item_id}",
                        "type": "simple",
                        "name": "${unique}",
                        "description": "made by a test",
                        "entries": [_ENTRY],
                    }
                ]
            },
            root="/items/0",
        ),
    ),
    id_at="/0/id",
    made_at="/0",
    read=EXCEPTION_LIST_ITEM.read,
    delete=EXCEPTION_LIST_ITEM.delete,
    source="observed live; an unknown rule gives 500",
)

ENDPOINT_LIST = Resource(
    name="endpoint_exception_list",
    family="Security Endpoint Exceptions API",
    summary="The one list of exceptions for all endpoints of a deployment; nothing removes it.",
    kind=Kind.RECORD,
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    create=(Call("POST /api/endpoint_list"),),
    id_at=None,
    gone="unknown",
    idempotent_delete=True,
    source="observed live; answers {} when it exists",
)

ENDPOINT_ITEM = Resource(
    name="endpoint_exception_item",
    family="Security Endpoint Exceptions API",
    summary="An exception for all endpoints of a deployment.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    requires=("endpoint_exception_list",),
    keys={"item_id": "${unique}"},
    create=(
        Call(
            "POST /api/endpoint_list/items",
            body={
                "item_id": "${self.item_id}",
                "type": "simple",
                "name": "${unique}",
                "description": "made by a test",
                "entries": [_ENTRY],
            },
        ),
    ),
    # Published contracts show a list of one; released versions answer the item itself (observed on 9.4.3).
    reading_at="/0",
    reading_also_at=("",),
    read=(Call("GET /api/endpoint_list/items", query={"id": "${self.id}"}),),
    listing=(
        Listing(
            Call("GET /api/endpoint_list/items/_find"),
            finds={"filter": 'exception-list-agnostic.attributes.name: "${unique}"'},
            items="/data",
            named_at=("/item_id", "/name"),
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
            keys={"item_id": "/item_id"},
        ),
    ),
    update=(
        Call(
            "PUT /api/endpoint_list/items",
            body={
                "_version": "${self:/_version}",
                "id": "${self.id}",
                "type": "simple",
                "name": "${unique}",
                "description": "changed by a test",
                "entries": [_ENTRY],
            },
            semantics="full",
        ),
    ),
    delete=(Call("DELETE /api/endpoint_list/items", query={"id": "${self.id}"}),),
    create_only=("item_id",),
    change={"description": "changed by a test"},
    refuses_again=409,
    version_at="/_version",
    volatile=("/_version", "/updated_at", "/updated_by"),
    source="observed live",
)

RESOURCES = (EXCEPTION_LIST, EXCEPTION_LIST_ITEM, RULE_EXCEPTION_ITEM, ENDPOINT_LIST, ENDPOINT_ITEM)
