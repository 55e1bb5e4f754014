"""Roles: what people and keys may do. They are native roles of Elasticsearch, the same in every space."""

from pytest_kibana.resources.model import Call, Listing, Resource, Safety, Scope, item

ROLE = Resource(
    name="role",
    family="roles",
    summary="A role without any privilege, unless it is given some.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    keys={"id": "${unique}"},
    # createOnly keeps a name that is already taken from being overwritten: 409 instead.
    create=(item("PUT /api/security/role/{name}", {"elasticsearch": {}}, query={"createOnly": True}),),
    read=(item("GET /api/security/role/{name}"),),
    listing=(Listing(Call("GET /api/security/role"), id_at="/name"),),
    update=(item("PUT /api/security/role/{name}", {"elasticsearch": {}}, semantics="full"),),
    delete=(item("DELETE /api/security/role/{name}"),),
    full={"description": "made by a test", "kibana": [{"base": ["read"], "spaces": ["default"]}]},
    change={"description": "changed by a test"},
    refuses_again=409,
    flavors=("traditional",),
    volatile=("/transient_metadata",),
    source="Kibana source, security/server/routes/authorization/roles/put.ts",
)

RESOURCES = (ROLE,)
