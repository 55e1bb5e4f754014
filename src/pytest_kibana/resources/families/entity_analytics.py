"""Entity analytics: asset criticality, privileged user monitoring, the entity store, watchlists."""

from pytest_kibana.resources.families.pages import security_page
from pytest_kibana.resources.model import Call, Kind, Listing, Resource, Safety, item, within

_FAMILY = "Security Entity Analytics API"

ASSET_CRITICALITY = Resource(
    name="asset_criticality",
    family=_FAMILY,
    summary="How much a host that does not exist matters.",
    # The key is natural: the id is the value, the field tells what kind of thing it names.
    keys={"id": "${unique}", "id_field": "host.name"},
    create=(
        Call(
            "POST /api/asset_criticality",
            body={
                "id_field": "${self.id_field}",
                "id_value": "${self.id}",
                "criticality_level": "low_impact",
                "refresh": "wait_for",
            },
        ),
    ),
    read=(
        Call("GET /api/asset_criticality", query={"id_field": "${self.id_field}", "id_value": "${self.id}"}),
    ),
    listing=(
        security_page(
            Call("GET /api/asset_criticality/list"),
            items="/records",
            id_at="/id_value",
            named_at=("/id_value",),
            per_page_at="/per_page",
            keys={"id_field": "/id_field"},
        ),
    ),
    update=(
        Call(
            "POST /api/asset_criticality",
            body={
                "id_field": "${self.id_field}",
                "id_value": "${self.id}",
                "criticality_level": "high_impact",
                "refresh": "wait_for",
            },
        ),
    ),
    delete=(
        Call(
            "DELETE /api/asset_criticality",
            query={"id_field": "${self.id_field}", "id_value": "${self.id}", "refresh": "wait_for"},
        ),
    ),
    change={"criticality_level": "high_impact"},
    idempotent_delete=True,
    volatile=(
        "/asset",
        "/*/asset",
        "/@timestamp",
    ),
    outlives_space=True,
    shown_at={"refresh": ""},
    source="observed live; a delete of what is not there answers deleted: false",
)

MONITORING_ENGINE = Resource(
    name="monitoring_engine",
    family=_FAMILY,
    summary="Privileged user monitoring of a space.",
    kind=Kind.ENGINE,
    create=(Call("POST /api/entity_analytics/monitoring/engine/init"),),
    read=(Call("GET /api/entity_analytics/monitoring/privileges/health"),),
    delete=(Call("DELETE /api/entity_analytics/monitoring/engine/delete", query={"data": True}),),
    id_at=None,
    # One that is not there is read as well, and says so.
    present={"/status": "started"},
    gone="unknown",
    read_within=60.0,
    gone_within=60.0,
    since="9.1",
    licence="platinum",
    outlives_space=True,
    source="Kibana contract",
)

MONITORED_USER = Resource(
    name="monitored_user",
    family=_FAMILY,
    summary="A user that privileged user monitoring watches.",
    requires=("monitoring_engine",),
    create=(Call("POST /api/entity_analytics/monitoring/users", body={"user": {"name": "${unique}"}}),),
    listing=(Listing(Call("GET /api/entity_analytics/monitoring/users/list"), named_at=("/user/name",)),),
    update=(item("PUT /api/entity_analytics/monitoring/users/{id}", {"user": {"name": "${unique}"}}),),
    delete=(item("DELETE /api/entity_analytics/monitoring/users/{id}"),),
    change={"labels": {"field": "role", "value": "test", "source": "api"}},
    volatile=("/labels/sources",),
    gone="unknown",
    listed_within=10.0,
    gone_within=10.0,
    since="9.1",
    licence="platinum",
    outlives_space=True,
    source="Kibana contract",
)

ENTITY_ENGINE = Resource(
    name="entity_engine",
    family=_FAMILY,
    summary="The entity store of a space for one type of entity: indices and transforms that outlive the space.",
    kind=Kind.ENGINE,
    safety=Safety.DISRUPTIVE,
    keys={"id": "host"},
    create=(item("POST /api/entity_store/engines/{entityType}/init", {}),),
    read=(item("GET /api/entity_store/engines/{entityType}"),),
    listing=(Listing(Call("GET /api/entity_store/engines"), items="/engines", id_at="/type", named_at=()),),
    delete=(item("DELETE /api/entity_store/engines/{entityType}", query={"delete_data": True}),),
    read_within=300.0,
    gone_within=300.0,
    until="9.4",
    outlives_space=True,
    source="Kibana contract; the first entity store, replaced in 9.4",
)

ENTITY = Resource(
    name="entity",
    family=_FAMILY,
    summary="An entity in the entity store.",
    safety=Safety.DISRUPTIVE,
    requires=("entity_engine",),
    keys={"entityType": "host", "id": "host:${unique}"},
    create=(
        within(
            "PUT /api/entity_store/entities/{entityType}",
            {"entity": {"id": "${self.id}"}},
            query={"force": True},
        ),
    ),
    listing=(
        security_page(
            Call("GET /api/entity_store/entities/list", query={"entity_types": ["host"]}),
            items="/records",
            id_at="/entity/id",
            named_at=("/entity/id",),
            per_page_at="/per_page",
        ),
    ),
    update=(within("PUT /api/entity_store/entities/{entityType}", {"entity": {"id": "${self.id}"}}),),
    delete=(within("DELETE /api/entity_store/entities/{entityType}", {"id": "${self.id}"}),),
    gone="unknown",
    listed_within=60.0,
    gone_within=60.0,
    since="9.3",
    until="9.4",
    outlives_space=True,
    source="Kibana contract",
)

WATCHLIST = Resource(
    name="watchlist",
    family=_FAMILY,
    summary="A watchlist of entities.",
    create=(Call("POST /api/entity_analytics/watchlists", body={"name": "${unique}", "riskModifier": 1}),),
    read=(item("GET /api/entity_analytics/watchlists/{id}"),),
    listing=(Listing(Call("GET /api/entity_analytics/watchlists/list")),),
    update=(
        item(
            "PUT /api/entity_analytics/watchlists/{id}",
            {"name": "${unique}", "riskModifier": 1},
            semantics="full",
        ),
    ),
    # Served, and in no contract.
    delete=(item("DELETE /api/entity_analytics/watchlists/{id}"),),
    full={"description": "made by a test"},
    change={"description": "changed by a test"},
    gone_statuses=(404, 500),
    gone="unknown",
    since="9.4",
    licence="platinum",
    exceptions={"not found": "9.4.3 answers 500 for a missing watchlist"},
    outlives_space=True,
    source="observed on 9.4.3",
)

RESOURCES = (ASSET_CRITICALITY, MONITORING_ENGINE, MONITORED_USER, ENTITY_ENGINE, ENTITY, WATCHLIST)
