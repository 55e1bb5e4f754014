"""Synthetics: parameters, private locations, monitors; and the settings of Uptime."""

from pytest_kibana.resources.model import Call, Kind, Listing, Resource, Safety, Scope, item

PARAM = Resource(
    name="synthetics_param",
    family="synthetics",
    summary="A global parameter of monitors; its value is never shown again.",
    create=(Call("POST /api/synthetics/params", body={"key": "${unique}", "value": "made by a test"}),),
    read=(item("GET /api/synthetics/params/{id}"),),
    listing=(Listing(Call("GET /api/synthetics/params"), named_at=("/key",)),),
    update=(item("PUT /api/synthetics/params/{id}", {"key": "${unique}", "value": "changed"}),),
    delete=(item("DELETE /api/synthetics/params/{id}"),),
    full={"description": "made by a test", "tags": ["test"]},
    change={"description": "changed by a test"},
    since="8.17",
    pins={"/share_across_spaces": False},
    shown_at={"value": ""},
    source="observed through the Terraform provider",
)

PRIVATE_LOCATION = Resource(
    name="synthetics_private_location",
    family="synthetics",
    summary="A private location: an agent policy from which monitors would run.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    create=(
        Call(
            "POST /api/synthetics/private_locations",
            body={"label": "${unique}", "agentPolicyId": "${fleet_agent_policy.id}"},
        ),
    ),
    read=(item("GET /api/synthetics/private_locations/{id}"),),
    listing=(Listing(Call("GET /api/synthetics/private_locations"), named_at=("/label",)),),
    update=(item("PUT /api/synthetics/private_locations/{id}", {"label": "${unique}"}),),
    delete=(item("DELETE /api/synthetics/private_locations/{id}"),),
    change={"label": "${unique.b}"},
    exceptions={"parallel": "parallel writes lose one another (elastic/kibana#190801)"},
    source="observed live",
)

MONITOR = Resource(
    name="synthetics_monitor",
    family="synthetics",
    summary="A disabled HTTP monitor on a private location that no agent serves.",
    safety=Safety.DISRUPTIVE,
    create=(
        Call(
            "POST /api/synthetics/monitors",
            body={
                "type": "http",
                "name": "${unique}",
                "url": "https://example.com",
                "enabled": False,
                "schedule": 10,
                "private_locations": ["${synthetics_private_location.id}"],
            },
        ),
    ),
    id_at="/id",
    read=(item("GET /api/synthetics/monitors/{id}"),),
    listing=(
        Listing(
            Call("GET /api/synthetics/monitors"),
            finds={"query": "${unique}"},
            items="/monitors",
            page="page",
            per_page="perPage",
            total="/total",
            page_at="/page",
            per_page_at="/perPage",
        ),
    ),
    update=(
        item(
            "PUT /api/synthetics/monitors/{id}",
            {"type": "http", "name": "${unique}", "url": "https://example.com"},
        ),
    ),
    delete=(item("DELETE /api/synthetics/monitors/{id}"),),
    change={"tags": ["changed by a test"]},
    # A schedule is shown as a number of units, and every location in full, in one list.
    shown_at={"schedule": "", "private_locations": ""},
    volatile=("/revision", "/updated_at"),
    outlives_space=True,
    pins={"/enabled": False},
    source="observed live",
)

UPTIME_SETTINGS = Resource(
    name="uptime_settings",
    family="uptime",
    summary="The Uptime settings of a space; put back as they were afterwards.",
    kind=Kind.SETTING,
    id_at=None,
    read=(Call("GET /api/uptime/settings"),),
    update=(Call("PUT /api/uptime/settings", body={"certExpirationThreshold": 31}),),
    restore=(
        Call(
            "PUT /api/uptime/settings",
            body={
                "heartbeatIndices": "${self:/heartbeatIndices}",
                "certExpirationThreshold": "${self:/certExpirationThreshold}",
                "certAgeThreshold": "${self:/certAgeThreshold}",
                "defaultConnectors": "${self:/defaultConnectors}",
                "defaultEmail": "${self:/defaultEmail}",
            },
        ),
    ),
    change={"certExpirationThreshold": 32},
    source="observed live",
)

RESOURCES = (PARAM, PRIVATE_LOCATION, MONITOR, UPTIME_SETTINGS)
