"""Service level objectives. Each one makes transforms and ingest pipelines in Elasticsearch."""

from pytest_kibana.resources.model import Call, Listing, Resource, item

SLO = Resource(
    name="slo",
    family="slo",
    summary="An objective of 99 % over an index that does not exist.",
    # 8 to 48 characters of letters, digits, hyphen, underscore.
    keys={"id": "${unique}"},
    create=(
        Call(
            "POST /api/observability/slos",
            body={
                "id": "${self.id}",
                "name": "${unique}",
                "description": "made by a test",
                "indicator": {
                    "type": "sli.kql.custom",
                    "params": {
                        "index": "${unique}-*",
                        "good": "status: ok",
                        "total": "",
                        "timestampField": "@timestamp",
                    },
                },
                # Rolling windows of other lengths than 7d, 30d, 90d are refused with a bare 400.
                "timeWindow": {"duration": "7d", "type": "rolling"},
                "budgetingMethod": "occurrences",
                "objective": {"target": 0.99},
            },
        ),
    ),
    read=(item("GET /api/observability/slos/{sloId}"),),
    listing=(
        Listing(
            Call("GET /api/observability/slos"),
            finds={"kqlQuery": 'slo.name: "${unique}"'},
            items="/results",
            named_at=("/id", "/name"),
            page="page",
            per_page="perPage",
            total="/total",
            page_at="/page",
            per_page_at="/perPage",
        ),
    ),
    update=(item("PUT /api/observability/slos/{sloId}", {"description": "changed by a test"}),),
    delete=(item("DELETE /api/observability/slos/{sloId}"),),
    full={"tags": ["test"]},
    change={"description": "changed by a test"},
    refuses_again=409,
    listed_within=60.0,
    licence="platinum",
    volatile=("/updatedAt", "/revision", "/summary", "/version"),
    outlives_space=True,
    source="observed live; listed once a summary document was written",
)

RESOURCES = (SLO,)
