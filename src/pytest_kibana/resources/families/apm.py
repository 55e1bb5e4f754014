"""APM: agent configuration, source maps, annotations. All of it is the same in every space."""

from pytest_kibana.resources.model import (
    MULTIPART,
    Call,
    File,
    Kind,
    Listing,
    Resource,
    Safety,
    Scope,
    item,
)

_SERVICE = {"name": "${self.id}", "environment": "${self.environment}"}
_SETTINGS = {"transaction_sample_rate": "0.3"}

AGENT_CONFIGURATION = Resource(
    name="apm_agent_configuration",
    family="APM agent configuration",
    summary="A configuration for the agents of a service that does not exist.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    keys={"id": "${unique}", "environment": "test"},
    create=(
        Call("PUT /api/apm/settings/agent-configuration", body={"service": _SERVICE, "settings": _SETTINGS}),
    ),
    read=(
        Call(
            "GET /api/apm/settings/agent-configuration/view",
            query={"name": "${self.id}", "environment": "${self.environment}"},
        ),
    ),
    listing=(
        Listing(
            Call("GET /api/apm/settings/agent-configuration"),
            items="/configurations",
            id_at="/service/name",
            named_at=("/service/name",),
            keys={"environment": "/service/environment"},
        ),
    ),
    update=(
        Call(
            "PUT /api/apm/settings/agent-configuration",
            query={"overwrite": True},
            body={"service": _SERVICE, "settings": _SETTINGS},
            semantics="full",
        ),
    ),
    delete=(Call("DELETE /api/apm/settings/agent-configuration", body={"service": _SERVICE}),),
    change={"settings": {"transaction_sample_rate": "0.4"}},
    refuses_again=400,
    volatile=("/id", "/@timestamp", "/etag"),
    # A configuration without a name is for every service of the deployment.
    pins={"/service/name": "${self.id}"},
    source="observed through kibana-py",
)

SOURCEMAP = Resource(
    name="apm_sourcemap",
    family="APM sourcemaps",
    summary="A source map of a service that does not exist.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    create=(
        Call(
            "POST /api/apm/sourcemaps",
            body={
                "service_name": "${unique}",
                "service_version": "1.0.0",
                "bundle_filepath": "https://example.com/${unique}.js",
                # A part that calls itself JSON is parsed by the server and then refused.
                "sourcemap": File(
                    "a.js.map", b'{"version":3,"sources":["a.js"],"names":[],"mappings":"AAAA"}'
                ),
            },
            media=MULTIPART,
        ),
    ),
    listing=(
        Listing(
            Call("GET /api/apm/sourcemaps"),
            items="/artifacts",
            named_at=("/body/serviceName", "/id"),
            page="page",
            per_page="perPage",
            total="/total",
        ),
    ),
    delete=(item("DELETE /api/apm/sourcemaps/{id}"),),
    shown_at={
        "service_name": "/body/serviceName",
        "service_version": "/body/serviceVersion",
        "bundle_filepath": "/body/bundleFilepath",
        "sourcemap": "",
    },
    gone="unknown",
    plugin="fleet",
    source="observed live; 501 where Fleet is off",
)

ANNOTATION = Resource(
    name="apm_annotation",
    family="APM annotations",
    summary="A mark on the time line of a service that does not exist; nothing removes it.",
    kind=Kind.RECORD,
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    keys={"serviceName": "${unique}"},
    create=(
        Call(
            "POST /api/apm/services/{serviceName}/annotation",
            path={"serviceName": "${self.serviceName}"},
            body={"@timestamp": "${now}", "service": {"version": "1.0.0"}},
        ),
    ),
    id_at="/_id",
    gone="unknown",
    source="observed live",
)

RESOURCES = (AGENT_CONFIGURATION, SOURCEMAP, ANNOTATION)
