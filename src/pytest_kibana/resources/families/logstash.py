"""Logstash pipelines that Kibana manages. They live in Elasticsearch, for the whole deployment."""

from pytest_kibana.resources.model import Call, Listing, Resource, Safety, Scope, item

# A live Logstash with a wildcard pipeline id would run it: the pipeline reads nothing and prints nothing.
_PIPELINE = "input { generator { count => 0 } } output { null {} }"

LOGSTASH_PIPELINE = Resource(
    name="logstash_pipeline",
    family="logstash",
    summary="A Logstash pipeline that does nothing.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    licence="standard",
    flavors=("traditional",),
    keys={"id": "${unique}"},
    create=(item("PUT /api/logstash/pipeline/{id}", {"pipeline": _PIPELINE}),),
    read=(item("GET /api/logstash/pipeline/{id}"),),
    listing=(Listing(Call("GET /api/logstash/pipelines"), items="/pipelines", named_at=("/id",)),),
    update=(item("PUT /api/logstash/pipeline/{id}", {"pipeline": _PIPELINE}, semantics="full"),),
    delete=(item("DELETE /api/logstash/pipeline/{id}"),),
    full={"description": "made by a test", "settings": {"pipeline.workers": 1}},
    change={"description": "changed by a test"},
    volatile=("/last_modified",),
    source="observed live",
)

RESOURCES = (LOGSTASH_PIPELINE,)
