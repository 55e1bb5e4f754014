"""Where Fleet sends its agents: outputs, Fleet Server hosts, proxies, download sources, connectors, settings."""

from pytest_kibana.resources.families.pages import fleet_page
from pytest_kibana.resources.model import Call, Kind, Resource, Safety, Scope, item
from pytest_kibana.resources.ownership import NOBODYS

OUTPUT = Resource(
    name="fleet_output",
    family="Fleet outputs",
    summary="An output that no policy uses.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    requires=("fleet_setup",),
    create=(
        Call(
            "POST /api/fleet/outputs",
            body={
                "name": "${unique}",
                "type": "elasticsearch",
                "hosts": ["http://localhost:9200"],
                "is_default": False,
                "is_default_monitoring": False,
            },
        ),
    ),
    id_at="/item/id",
    made_at="/item",
    reading_at="/item",
    read=(item("GET /api/fleet/outputs/{outputId}"),),
    listing=(fleet_page(Call("GET /api/fleet/outputs")),),
    update=(item("PUT /api/fleet/outputs/{outputId}", {"name": "${unique}"}),),
    delete=(item("DELETE /api/fleet/outputs/{outputId}"),),
    change={"hosts": ["http://localhost:9201"]},
    pins={"/is_default": False, "/is_default_monitoring": False},
    source="observed through the Terraform provider",
)

SERVER_HOST = Resource(
    name="fleet_server_host",
    family="Fleet Server hosts",
    summary="A Fleet Server host that no policy uses.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    requires=("fleet_setup",),
    create=(
        Call(
            "POST /api/fleet/fleet_server_hosts",
            body={
                "name": "${unique}",
                "host_urls": ["https://fleet.example.com:8220"],
                "is_default": False,
            },
        ),
    ),
    id_at="/item/id",
    made_at="/item",
    reading_at="/item",
    read=(item("GET /api/fleet/fleet_server_hosts/{itemId}"),),
    listing=(fleet_page(Call("GET /api/fleet/fleet_server_hosts")),),
    # The contract demands proxy_id; the server takes null for it, and does without it.
    update=(item("PUT /api/fleet/fleet_server_hosts/{itemId}", {"name": "${unique}", "proxy_id": None}),),
    delete=(item("DELETE /api/fleet/fleet_server_hosts/{itemId}"),),
    change={"host_urls": ["https://fleet.example.com:8221"]},
    exceptions={"first": "the first host of a deployment may become the default"},
    pins={"/is_default": False},
    source="observed live",
)

PROXY = Resource(
    name="fleet_proxy",
    family="Fleet proxies",
    summary="A proxy that nothing uses.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    requires=("fleet_setup",),
    create=(
        Call("POST /api/fleet/proxies", body={"name": "${unique}", "url": "https://proxy.example.com:3128"}),
    ),
    id_at="/item/id",
    made_at="/item",
    reading_at="/item",
    read=(item("GET /api/fleet/proxies/{itemId}"),),
    listing=(fleet_page(Call("GET /api/fleet/proxies")),),
    # The contract demands the certificate fields; the server takes null for them, and does without them.
    update=(
        item(
            "PUT /api/fleet/proxies/{itemId}",
            {
                "url": "https://proxy.example.com:3128",
                "certificate": None,
                "certificate_authorities": None,
                "certificate_key": None,
                "proxy_headers": None,
            },
        ),
    ),
    delete=(item("DELETE /api/fleet/proxies/{itemId}"),),
    change={"url": "https://proxy.example.com:3129"},
    since="8.7.1",
    source="observed live",
)

DOWNLOAD_SOURCE = Resource(
    name="fleet_download_source",
    family="Elastic Agent binary download sources",
    summary="A place from which agents would download their binaries; no policy uses it.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    requires=("fleet_setup",),
    create=(
        Call(
            "POST /api/fleet/agent_download_sources",
            body={
                "name": "${unique}",
                "host": "https://artifacts.example.com/downloads/",
                "is_default": False,
            },
        ),
    ),
    id_at="/item/id",
    made_at="/item",
    reading_at="/item",
    read=(item("GET /api/fleet/agent_download_sources/{sourceId}"),),
    listing=(fleet_page(Call("GET /api/fleet/agent_download_sources")),),
    update=(
        item(
            "PUT /api/fleet/agent_download_sources/{sourceId}",
            {"name": "${unique}", "host": "https://artifacts.example.com/downloads/"},
        ),
    ),
    delete=(item("DELETE /api/fleet/agent_download_sources/{sourceId}"),),
    change={"host": "https://artifacts.example.com/other/"},
    since="8.13",
    pins={"/is_default": False},
    source="observed through the Terraform provider",
)

_ARN = "arn:aws:iam::123456789012:role/${unique}"

CLOUD_CONNECTOR = Resource(
    name="fleet_cloud_connector",
    family="Fleet cloud connectors",
    summary="A cloud connector for a role that does not exist.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    requires=("fleet_setup",),
    create=(
        Call(
            "POST /api/fleet/cloud_connectors",
            body={
                "name": _ARN,
                "cloudProvider": "aws",
                "vars": {
                    "role_arn": {"type": "text", "value": _ARN},
                    "external_id": {
                        "type": "password",
                        "value": {"id": NOBODYS, "isSecretRef": True},
                    },
                },
            },
        ),
    ),
    id_at="/item/id",
    made_at="/item",
    reading_at="/item",
    read=(item("GET /api/fleet/cloud_connectors/{cloudConnectorId}"),),
    listing=(
        fleet_page(Call("GET /api/fleet/cloud_connectors"), total=None, page_at=None, per_page_at=None),
    ),
    update=(item("PUT /api/fleet/cloud_connectors/{cloudConnectorId}", {"name": "${unique.b}"}),),
    delete=(item("DELETE /api/fleet/cloud_connectors/{cloudConnectorId}", query={"force": True}),),
    create_only=("cloudProvider",),
    change={"name": "${unique.b}"},
    gone="unknown",
    gone_statuses=(404, 400),
    since="9.2",
    exceptions={"not found": "a missing connector answers 400 (observed live)"},
    source="observed live",
)

_NAMESPACES = ["default", "test"]
"""Prefixes that leave the namespace of every agent policy of ours allowed: it is made in the same space."""

SPACE_SETTINGS = Resource(
    name="fleet_space_settings",
    family="Fleet internals",
    summary="Which namespaces policies of a space may use; put back as it was afterwards.",
    kind=Kind.SETTING,
    requires=("fleet_setup",),
    id_at=None,
    reading_at="/item",
    read=(Call("GET /api/fleet/space_settings"),),
    update=(Call("PUT /api/fleet/space_settings", body={"allowed_namespace_prefixes": _NAMESPACES}),),
    restore=(
        Call(
            "PUT /api/fleet/space_settings",
            body={"allowed_namespace_prefixes": "${self:/allowed_namespace_prefixes}"},
        ),
    ),
    change={"allowed_namespace_prefixes": _NAMESPACES},
    since="9.1",
    source="observed through the Terraform provider",
)

SETTINGS = Resource(
    name="fleet_settings",
    family="Fleet internals",
    summary="The settings of Fleet for the whole deployment; put back as they were afterwards.",
    kind=Kind.SETTING,
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    requires=("fleet_setup",),
    id_at=None,
    reading_at="/item",
    read=(Call("GET /api/fleet/settings"),),
    update=(Call("PUT /api/fleet/settings", body={"prerelease_integrations_enabled": True}),),
    restore=(
        Call(
            "PUT /api/fleet/settings",
            body={
                name: f"${{self:/{name}}}"
                for name in (
                    "additional_yaml_config",
                    "delete_unenrolled_agents",
                    "has_seen_add_data_notice",
                    "kibana_ca_sha256",
                    "kibana_urls",
                    "prerelease_integrations_enabled",
                )
            },
        ),
    ),
    full={"has_seen_add_data_notice": True},
    change={"prerelease_integrations_enabled": True},
    source="observed live",
)

RESOURCES = (
    OUTPUT,
    SERVER_HOST,
    PROXY,
    DOWNLOAD_SOURCE,
    CLOUD_CONNECTOR,
    SPACE_SETTINGS,
    SETTINGS,
)
