"""Spaces: the rooms of Kibana in which nearly everything else lives."""

from pytest_kibana.resources.model import Call, Listing, Resource, Safety, Scope, item

SPACE = Resource(
    name="space",
    family="spaces",
    summary="A space of its own, empty and gone with everything in it afterwards.",
    scope=Scope.GLOBAL,
    safety=Safety.SPACE,
    keys={"id": "${unique}"},
    create=(Call("POST /api/spaces/space", body={"id": "${self.id}", "name": "${self.id}"}),),
    read=(item("GET /api/spaces/space/{id}"),),
    listing=(
        Listing(
            # False is what leaving it out means; the published contract calls it required.
            Call("GET /api/spaces/space", query={"include_authorized_purposes": False}),
            named_at=("/id",),
        ),
    ),
    # Optional texts that are left out survive; disabledFeatures left out becomes [] (Elastic's spaces test suite).
    update=(
        item("PUT /api/spaces/space/{id}", {"id": "${self.id}", "name": "${self.id}"}, semantics="full"),
    ),
    delete=(item("DELETE /api/spaces/space/{id}"),),
    full={"description": "made by a test", "initials": "kt", "color": "#00bfb3", "disabledFeatures": []},
    change={"description": "changed by a test"},
    refuses_again=409,
    gone_within=10.0,
    volatile=("/disabledFeatures",),
    exceptions={
        "update resets the rest": "texts that are left out are kept, disabledFeatures alone is reset (Elastic's spaces "
        "test suite)",
    },
    source="Kibana source, spaces/server/routes/api/external",
)

RESOURCES = (SPACE,)
