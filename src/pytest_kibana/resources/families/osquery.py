"""Osquery: packs, saved queries, and queries that run on hosts."""

from pytest_kibana.resources.model import Call, Kind, Listing, Resource, Safety, item

_UNKNOWN = dict.fromkeys(
    ("not found", "delete then read", "space isolation"),
    "released versions answer 500 for an id that is not there, which the list of known deviations names (9.4.3)",
)

_PACK = {
    "name": "${unique}",
    "description": "made by a test",
    "enabled": False,
    "policy_ids": [],
    "queries": {"q": {"query": "select 1;", "interval": 3600}},
}

PACK = Resource(
    name="osquery_pack",
    family="Security Osquery API",
    summary="A disabled pack of one query, for no agent at all.",
    create=(Call("POST /api/osquery/packs", body=_PACK),),
    id_at="/data/saved_object_id",
    made_at="/data",
    reading_at="/data",
    read=(item("GET /api/osquery/packs/{id}"),),
    listing=(
        Listing(
            Call("GET /api/osquery/packs"),
            items="/data",
            id_at="/saved_object_id",
            page="page",
            per_page="pageSize",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
        ),
    ),
    update=(item("PUT /api/osquery/packs/{id}", _PACK, semantics="full"),),
    delete=(item("DELETE /api/osquery/packs/{id}"),),
    change={"description": "changed by a test"},
    refuses_again=409,
    volatile=("/updated_at", "/updated_by"),
    since="8.5",
    exceptions=_UNKNOWN,
    pins={"/enabled": False},
    source="observed through the Terraform provider",
)

SAVED_QUERY = Resource(
    name="osquery_saved_query",
    family="Security Osquery API",
    summary="A saved query that selects one number.",
    create=(
        Call(
            "POST /api/osquery/saved_queries",
            body={"id": "${unique}", "query": "select 1;", "interval": "60"},
        ),
    ),
    id_at="/data/saved_object_id",
    made_at="/data",
    reading_at="/data",
    read=(item("GET /api/osquery/saved_queries/{id}"),),
    listing=(
        Listing(
            Call("GET /api/osquery/saved_queries"),
            items="/data",
            id_at="/saved_object_id",
            named_at=("/id",),
            page="page",
            per_page="pageSize",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
        ),
    ),
    update=(
        item(
            "PUT /api/osquery/saved_queries/{id}",
            {"id": "${unique}", "query": "select 2;", "interval": "60"},
            semantics="full",
        ),
    ),
    delete=(item("DELETE /api/osquery/saved_queries/{id}"),),
    full={"description": "made by a test"},
    change={"description": "changed by a test"},
    refuses_again=409,
    volatile=("/updated_at", "/updated_by"),
    since="8.5",
    exceptions={
        **_UNKNOWN,
        **dict.fromkeys(
            ("round trip", "update changes what is meant", "update resets the rest", "lives"),
            "it is shown flat, or inside attributes, by contract, and released versions keep what an update leaves out",
        ),
    },
    source="observed through the Terraform provider",
)

LIVE_QUERY = Resource(
    name="osquery_live_query",
    family="Security Osquery API",
    summary="A query that hosts run at once; it stays in the history.",
    kind=Kind.RECORD,
    safety=Safety.DISRUPTIVE,
    create=(Call("POST /api/osquery/live_queries", body={"query": "select 1;", "agent_ids": ["${unique}"]}),),
    id_at="/data/action_id",
    read=(item("GET /api/osquery/live_queries/{id}"),),
    listing=(
        Listing(
            Call("GET /api/osquery/live_queries"),
            items="/data/items",
            id_at="/_id",
            named_at=(),
            page="page",
            per_page="pageSize",
        ),
    ),
    gone="unknown",
    needs="runs SQL on enrolled hosts",
    source="observed live",
)

RESOURCES = (PACK, SAVED_QUERY, LIVE_QUERY)
