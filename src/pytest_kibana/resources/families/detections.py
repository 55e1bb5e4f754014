"""Security detections: the alerts index of a space, detection rules, migrations of old signals."""

from pytest_kibana.resources.model import Call, Kind, Listing, Resource, Safety

ALERTS_INDEX = Resource(
    name="detection_alerts_index",
    family="Security Detections API",
    summary="The index that a space keeps its detection alerts in.",
    kind=Kind.ENGINE,
    create=(Call("POST /api/detection_engine/index"),),
    read=(Call("GET /api/detection_engine/index"),),
    delete=(Call("DELETE /api/detection_engine/index"),),
    id_at=None,
    gone_statuses=(404, 200),
    outlives_space=True,
    source="observed live",
)

_RULE = {
    "type": "query",
    "name": "${unique}",
    "description": "made by a test",
    "severity": "low",
    "risk_score": 21,
    "query": "user.name:none",
    "index": ["${unique}-*"],
    "interval": "60m",
    "from": "now-120m",
}

DETECTION_RULE = Resource(
    name="detection_rule",
    family="Security Detections API",
    summary="A disabled query rule over an index that does not exist; it never runs.",
    keys={"rule_id": "${unique}"},
    create=(
        Call(
            "POST /api/detection_engine/rules",
            body=_RULE | {"rule_id": "${self.rule_id}", "enabled": False},
        ),
    ),
    read=(Call("GET /api/detection_engine/rules", query={"id": "${self.id}"}),),
    listing=(
        Listing(
            Call("GET /api/detection_engine/rules/_find"),
            finds={"filter": 'alert.attributes.name: "${unique}"'},
            items="/data",
            named_at=("/rule_id", "/name"),
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
            per_page_at="/perPage",
            keys={"rule_id": "/rule_id"},
        ),
    ),
    update=(
        Call("PATCH /api/detection_engine/rules", body={"id": "${self.id}"}),
        Call("PUT /api/detection_engine/rules", body=_RULE | {"id": "${self.id}"}, semantics="full"),
    ),
    delete=(Call("DELETE /api/detection_engine/rules", query={"id": "${self.id}"}),),
    create_only=("rule_id",),
    full={"tags": ["made by a test"], "max_signals": 50},
    change={"tags": ["changed by a test"]},
    refuses_again=409,
    listed_within=5.0,
    volatile=("/revision", "/updated_at", "/updated_by", "/execution_summary"),
    outlives_space=True,
    pins={"/enabled": False},
    source="observed through the Terraform provider and kibana-py",
)

SIGNALS_MIGRATION = Resource(
    name="signals_migration",
    family="Security Detections API",
    summary="A migration of an outdated signals index.",
    safety=Safety.DISRUPTIVE,
    create=(Call("POST /api/detection_engine/signals/migration", body={"index": ["${unique}"]}),),
    read=(Call("GET /api/detection_engine/signals/migration_status", query={"from": "now-1d"}),),
    update=(
        Call("POST /api/detection_engine/signals/finalize_migration", body={"migration_ids": ["${self.id}"]}),
    ),
    delete=(Call("DELETE /api/detection_engine/signals/migration", body={"migration_ids": ["${self.id}"]}),),
    id_at="/indices/0/migration_id",
    gone="unknown",
    needs="needs a signals index that an older version wrote; deprecated since 8.0",
    source="Kibana contract",
)

RESOURCES = (ALERTS_INDEX, DETECTION_RULE, SIGNALS_MIGRATION)
