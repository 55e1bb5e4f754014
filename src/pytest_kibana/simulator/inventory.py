"""The things that can be made through Kibana's API, as data: which operation does what to which kind of thing.

Labels carry no parameter names (``GET /api/cases/{}``), because contracts of different releases disagree about
those. A resource lists the labels of every release that is known; those that a contract lacks are passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["create", "read", "list", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of thing.

    Attributes:
        keys: names under which requests give the id in query or body; the first is the property that holds it.
            Where an item has a path of its own, the path's last segment is the id.
        answer: path of the id in the answer of create and read: ``item.id`` says that ``item`` wraps the object.
        enter: property of a request's body that wraps the object.
        chosen: the caller may choose the id, under the first key or one of ``aliases``.
        aliases: further properties that are unique and find the thing.
        upsert: creating what exists replaces it and is no conflict.
        replace: an update replaces the object; otherwise what is left out stays.
        parent: kind of thing it lives in, whose id comes before its own in the path.
        items: property of a list's answer that holds the objects; "" for a bare array; None to find out.
        kind: type of the saved object, as the message of a 404 names it; ``missing`` is another such message.
        single: there is one per space; ``standing`` says that it can be read before it was made.
        version: property that carries the version for optimistic concurrency.
        echo: whether the caller's own properties are kept where a contract gives no schema.
    """

    name: str
    create: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    list: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    keys: tuple[str, ...] = ("id",)
    answer: str = "id"
    enter: str = ""
    chosen: bool = False
    aliases: tuple[str, ...] = ()
    upsert: bool = False
    replace: bool = False
    parent: str = ""
    items: str | None = None
    everywhere: bool = False
    single: bool = False
    standing: bool = False
    kind: str = ""
    missing: str = ""
    version: str = ""
    defaults: tuple[tuple[str, object], ...] = field(default=())

    @property
    def wrapper(self) -> str:
        """Property of the answer that wraps the object, or ""."""
        return self.answer.rpartition(".")[0]

    @property
    def field(self) -> str:
        """Property of the object that holds its id."""
        return self.answer.rpartition(".")[2]

    def roles(self) -> Iterator[tuple[str, Role]]:
        """Yield each label and what it does; a label that creates comes before the same label updating."""
        yield from ((label, "create") for label in self.create)
        yield from ((label, "read") for label in self.read)
        yield from ((label, "list") for label in self.list)
        yield from ((label, "update") for label in self.update)
        yield from ((label, "delete") for label in self.delete)


def _crud(name: str, base: str, *, item: str = "", put: str = "PUT", **rest: object) -> Resource:
    """Return a resource with the usual shape: a collection path, and an item path one segment longer."""
    item = item or f"{base}/{{}}"
    roles: dict[str, object] = {
        "create": (f"POST {base}",),
        "read": (f"GET {item}",),
        "list": (f"GET {base}",),
        "update": (f"{put} {item}",),
        "delete": (f"DELETE {item}",),
    }
    return Resource(name, **{**roles, **rest})  # type: ignore[arg-type]


def _single(name: str, path: str, put: str = "PUT", **rest: object) -> Resource:
    """Return a setting: one object per space that can be read and changed."""
    roles: dict[str, object] = {"read": (f"GET {path}",), "update": (f"{put} {path}",), "single": True}
    return Resource(name, **{**roles, **rest})  # type: ignore[arg-type]


def _queried(name: str, path: str, **rest: object) -> Resource:
    """Return a resource of the Security solution: one path for all verbs, the id in query or body."""
    roles: dict[str, object] = {
        "create": (f"POST {path}",),
        "read": (f"GET {path}",),
        "list": (f"GET {path}/_find",),
        "update": (f"PUT {path}", f"PATCH {path}"),
        "delete": (f"DELETE {path}",),
    }
    return Resource(name, **{**roles, **rest})  # type: ignore[arg-type]


_RULE = "/api/alerting/rule/{}"
_FLEET = "/api/fleet"
_AI = "/api/security_ai_assistant"
_SLO = "/api/observability/slos"
_STREAM = "/api/streams/{}"

PLATFORM = (
    _crud("space", "/api/spaces/space", chosen=True, everywhere=True, items=""),
    Resource(
        "role",
        create=("PUT /api/security/role/{}",),
        read=("GET /api/security/role/{}",),
        list=("GET /api/security/role",),
        delete=("DELETE /api/security/role/{}",),
        keys=("name",),
        answer="name",
        chosen=True,
        upsert=True,
        everywhere=True,
        items="",
    ),
    Resource(
        "saved_object",
        create=("POST /api/saved_objects/{}", "POST /api/saved_objects/{}/{}"),
        read=("GET /api/saved_objects/{}/{}",),
        list=("GET /api/saved_objects/_find",),
        update=("PUT /api/saved_objects/{}/{}",),
        delete=("DELETE /api/saved_objects/{}/{}",),
        chosen=True,
    ),
    _crud("short_url", "/api/short_url", list=(), update=(), kind="url", aliases=("slug",)),
    _crud(
        "data_view",
        "/api/data_views/data_view",
        list=("GET /api/data_views",),
        put="POST",
        answer="data_view.id",
        enter="data_view",
        chosen=True,
        items="data_view",
        kind="index-pattern",
    ),
    Resource(
        "data_view_runtime_field",
        create=(
            "POST /api/data_views/data_view/{}/runtime_field",
            "PUT /api/data_views/data_view/{}/runtime_field",
        ),
        read=("GET /api/data_views/data_view/{}/runtime_field/{}",),
        update=("POST /api/data_views/data_view/{}/runtime_field/{}",),
        delete=("DELETE /api/data_views/data_view/{}/runtime_field/{}",),
        keys=("name",),
        answer="name",
        chosen=True,
        parent="data_view",
    ),
    _single("default_data_view", "/api/data_views/default", put="POST"),
    _crud("dashboard", "/api/dashboards", chosen=False, kind="dashboard", items="dashboards"),
    _crud(
        "dashboard_9_1",
        "/api/dashboards/dashboard",
        create=("POST /api/dashboards/dashboard/{}", "POST /api/dashboards/dashboard"),
        answer="item.id",
        chosen=True,
        kind="dashboard",
        items="items",
    ),
    _crud("visualization", "/api/visualizations", kind="visualization", items="data"),
    _crud("tag", "/api/tags", kind="tag"),
    Resource(
        "logstash_pipeline",
        create=("PUT /api/logstash/pipeline/{}",),
        read=("GET /api/logstash/pipeline/{}",),
        list=("GET /api/logstash/pipelines",),
        delete=("DELETE /api/logstash/pipeline/{}",),
        chosen=True,
        upsert=True,
        everywhere=True,
        items="pipelines",
    ),
    _single("uptime_settings", "/api/uptime/settings"),
)

ALERTING = (
    _crud(
        "connector",
        "/api/actions/connector",
        create=("POST /api/actions/connector/{}",),
        list=("GET /api/actions/connectors",),
        chosen=True,
        replace=True,
        items="",
        kind="action",
    ),
    Resource(
        "connector_8",
        create=("POST /api/actions/action",),
        read=("GET /api/actions/action/{}",),
        list=("GET /api/actions",),
        update=("PUT /api/actions/action/{}",),
        delete=("DELETE /api/actions/action/{}",),
        items="",
        kind="action",
    ),
    Resource(
        "alerting_rule",
        create=(f"POST {_RULE}",),
        read=(f"GET {_RULE}",),
        list=("GET /api/alerting/rules/_find",),
        update=(f"PUT {_RULE}",),
        delete=(f"DELETE {_RULE}",),
        chosen=True,
        kind="alert",
        items="data",
    ),
    Resource(
        "alert_8",
        create=("POST /api/alerts/alert/{}",),
        read=("GET /api/alerts/alert/{}",),
        list=("GET /api/alerts/alerts/_find",),
        update=("PUT /api/alerts/alert/{}",),
        delete=("DELETE /api/alerts/alert/{}",),
        chosen=True,
        kind="alert",
        items="data",
    ),
    Resource(
        "rule_snooze_schedule",
        create=(f"POST {_RULE}/snooze_schedule",),
        delete=(f"DELETE {_RULE}/snooze_schedule/{{}}",),
        answer="body.schedule.id",
        parent="alerting_rule",
    ),
    _crud(
        "maintenance_window",
        "/api/maintenance_window",
        put="PATCH",
        list=("GET /api/maintenance_window/_find",),
        kind="maintenance-window",
        items="maintenanceWindows",
    ),
    Resource(
        "case",
        create=("POST /api/cases",),
        read=("GET /api/cases/{}",),
        list=("GET /api/cases/_find",),
        update=("PATCH /api/cases",),
        delete=("DELETE /api/cases",),
        keys=("id", "ids"),
        kind="cases",
        items="cases",
        version="version",
    ),
    Resource(
        "case_comment",
        create=("POST /api/cases/{}/comments",),
        read=("GET /api/cases/{}/comments/{}",),
        list=("GET /api/cases/{}/comments/_find",),
        update=("PATCH /api/cases/{}/comments",),
        delete=("DELETE /api/cases/{}/comments/{}",),
        parent="case",
        kind="cases-comments",
        items="comments",
        version="version",
    ),
    Resource(
        "case_configuration",
        create=("POST /api/cases/configure",),
        list=("GET /api/cases/configure",),
        update=("PATCH /api/cases/configure/{}",),
        items="",
        kind="cases-configure",
        version="version",
    ),
)

OBSERVABILITY = (
    _crud("slo", _SLO, chosen=True, items="results", missing="SLO [{}] not found"),
    _crud(
        "synthetics_monitor", "/api/synthetics/monitors", items="monitors", missing="Monitor id {} not found!"
    ),
    _crud("synthetics_param", "/api/synthetics/params", items="", kind="synthetics-param"),
    _crud(
        "synthetics_private_location",
        "/api/synthetics/private_locations",
        items="",
        missing="Private location with id {} does not exist.",
        everywhere=True,
    ),
    Resource(
        "apm_agent_configuration",
        create=("PUT /api/apm/settings/agent-configuration",),
        read=("GET /api/apm/settings/agent-configuration/view",),
        list=("GET /api/apm/settings/agent-configuration",),
        delete=("DELETE /api/apm/settings/agent-configuration",),
        keys=("service",),
        answer="service",
        chosen=True,
        upsert=True,
        everywhere=True,
        items="configurations",
    ),
    _crud("apm_sourcemap", "/api/apm/sourcemaps", read=(), update=(), everywhere=True, items="artifacts"),
    Resource(
        "apm_annotation",
        create=("POST /api/apm/services/{}/annotation",),
        list=("GET /api/apm/services/{}/annotation/search",),
        answer="_id",
        everywhere=True,
        items="annotations",
    ),
    Resource(
        "stream",
        create=(f"PUT {_STREAM}",),
        read=(f"GET {_STREAM}",),
        list=("GET /api/streams",),
        delete=(f"DELETE {_STREAM}",),
        keys=("name",),
        answer="name",
        chosen=True,
        upsert=True,
        everywhere=True,
        items="streams",
        missing="Cannot find stream {}",
    ),
    Resource(
        "stream_query",
        create=(f"PUT {_STREAM}/queries/{{}}",),
        list=(f"GET {_STREAM}/queries",),
        delete=(f"DELETE {_STREAM}/queries/{{}}",),
        chosen=True,
        upsert=True,
        everywhere=True,
        parent="stream",
        items="queries",
    ),
    Resource(
        "stream_dashboard_link",
        create=(f"PUT {_STREAM}/dashboards/{{}}",),
        list=(f"GET {_STREAM}/dashboards",),
        delete=(f"DELETE {_STREAM}/dashboards/{{}}",),
        chosen=True,
        upsert=True,
        everywhere=True,
        parent="stream",
        items="dashboards",
    ),
    Resource(
        "stream_rule_link",
        create=(f"PUT {_STREAM}/rules/{{}}",),
        list=(f"GET {_STREAM}/rules",),
        delete=(f"DELETE {_STREAM}/rules/{{}}",),
        chosen=True,
        upsert=True,
        everywhere=True,
        parent="stream",
        items="rules",
    ),
)

SECURITY = (
    _queried(
        "detection_rule",
        "/api/detection_engine/rules",
        keys=("id", "rule_id"),
        aliases=("rule_id",),
        missing='{name}: "{}" not found',
    ),
    Resource(
        "detection_alerts_index",
        create=("POST /api/detection_engine/index",),
        read=("GET /api/detection_engine/index",),
        delete=("DELETE /api/detection_engine/index",),
        single=True,
    ),
    _queried(
        "exception_list",
        "/api/exception_lists",
        keys=("id", "list_id"),
        aliases=("list_id",),
        missing='exception list {name}: "{}" does not exist',
        version="_version",
        replace=True,
    ),
    _queried(
        "exception_list_item",
        "/api/exception_lists/items",
        keys=("id", "item_id"),
        aliases=("item_id",),
        missing='exception list item {name}: "{}" does not exist',
        version="_version",
        replace=True,
    ),
    Resource(
        "endpoint_exception_list",
        create=("POST /api/endpoint_list",),
        everywhere=True,
        single=True,
        defaults=(("list_id", "endpoint_list"), ("type", "endpoint"), ("namespace_type", "agnostic")),
    ),
    _queried(
        "endpoint_exception_item",
        "/api/endpoint_list/items",
        keys=("id", "item_id"),
        aliases=("item_id",),
        everywhere=True,
        missing='exception list item {name}: "{}" does not exist',
        version="_version",
        defaults=(("list_id", "endpoint_list"), ("namespace_type", "agnostic")),
    ),
    Resource(
        "value_list_index",
        create=("POST /api/lists/index",),
        read=("GET /api/lists/index",),
        delete=("DELETE /api/lists/index",),
        single=True,
    ),
    _queried(
        "value_list", "/api/lists", chosen=True, missing='list id: "{}" does not exist', version="_version"
    ),
    _queried(
        "value_list_item",
        "/api/lists/items",
        chosen=True,
        missing='list item id: "{}" not found',
        version="_version",
    ),
    Resource(
        "timeline",
        create=("POST /api/timeline",),
        read=("GET /api/timeline",),
        list=("GET /api/timelines",),
        update=("PATCH /api/timeline",),
        delete=("DELETE /api/timeline",),
        keys=("savedObjectId", "id", "timelineId", "template_timeline_id", "savedObjectIds"),
        answer="savedObjectId",
        enter="timeline",
        kind="siem-ui-timeline",
        items="timeline",
        version="version",
    ),
    Resource(
        "timeline_note",
        create=("PATCH /api/note",),
        list=("GET /api/note",),
        delete=("DELETE /api/note",),
        keys=("noteId", "noteIds"),
        answer="note.noteId",
        enter="note",
        items="notes",
        kind="siem-ui-timeline-note",
    ),
    Resource(
        "pinned_event",
        create=("PATCH /api/pinned_event",),
        keys=("pinnedEventId",),
        answer="pinnedEventId",
        kind="siem-ui-timeline-pinned-event",
    ),
    _crud(
        "osquery_pack",
        "/api/osquery/packs",
        answer="data.saved_object_id",
        items="data",
        kind="osquery-pack",
        keys=("saved_object_id",),
    ),
    _crud(
        "osquery_saved_query",
        "/api/osquery/saved_queries",
        answer="data.saved_object_id",
        items="data",
        kind="osquery-saved-query",
        keys=("saved_object_id",),
    ),
    _crud(
        "osquery_live_query",
        "/api/osquery/live_queries",
        answer="data.action_id",
        update=(),
        delete=(),
        keys=("action_id",),
    ),
    Resource(
        "asset_criticality",
        create=("POST /api/asset_criticality",),
        read=("GET /api/asset_criticality",),
        list=("GET /api/asset_criticality/list",),
        delete=("DELETE /api/asset_criticality",),
        keys=("id_field", "id_value"),
        answer="id_value",
        chosen=True,
        upsert=True,
        items="records",
    ),
    Resource(
        "monitored_user",
        create=("POST /api/entity_analytics/monitoring/users",),
        list=("GET /api/entity_analytics/monitoring/users/list",),
        update=("PUT /api/entity_analytics/monitoring/users/{}",),
        delete=("DELETE /api/entity_analytics/monitoring/users/{}",),
        items="",
    ),
    Resource(
        "monitoring_engine",
        create=("POST /api/entity_analytics/monitoring/engine/init",),
        read=("GET /api/entity_analytics/monitoring/privileges/health",),
        delete=("DELETE /api/entity_analytics/monitoring/engine/delete",),
        single=True,
    ),
    Resource(
        "entity_engine",
        create=("POST /api/entity_store/engines/{}/init",),
        read=("GET /api/entity_store/engines/{}",),
        list=("GET /api/entity_store/engines",),
        delete=("DELETE /api/entity_store/engines/{}",),
        keys=("type",),
        answer="type",
        chosen=True,
        upsert=True,
        items="engines",
    ),
    Resource(
        "entity",
        create=("PUT /api/entity_store/entities/{}",),
        list=("GET /api/entity_store/entities/list",),
        delete=("DELETE /api/entity_store/entities/{}",),
        upsert=True,
        items="records",
    ),
    Resource(
        "protection_updates_note",
        create=("POST /api/endpoint/protection_updates_note/{}",),
        read=("GET /api/endpoint/protection_updates_note/{}",),
        chosen=True,
        upsert=True,
        everywhere=True,
    ),
    _crud(
        "attack_discovery_schedule",
        "/api/attack_discovery/schedules",
        list=("GET /api/attack_discovery/schedules/_find",),
        items="data",
        kind="alert",
    ),
    Resource(
        "attack_discovery_generation",
        create=("POST /api/attack_discovery/_generate",),
        read=("GET /api/attack_discovery/generations/{}",),
        list=("GET /api/attack_discovery/generations",),
        keys=("execution_uuid",),
        answer="execution_uuid",
        items="generations",
    ),
    _crud(
        "assistant_conversation",
        f"{_AI}/current_user/conversations",
        list=(f"GET {_AI}/current_user/conversations/_find",),
        chosen=True,
        items="data",
        missing='conversation id: "{}" not found',
    ),
    Resource(
        "assistant_knowledge_base",
        create=(f"POST {_AI}/knowledge_base/{{}}", f"POST {_AI}/knowledge_base"),
        read=(f"GET {_AI}/knowledge_base/{{}}", f"GET {_AI}/knowledge_base"),
        single=True,
        standing=True,
    ),
    _crud(
        "assistant_kb_entry",
        f"{_AI}/knowledge_base/entries",
        list=(f"GET {_AI}/knowledge_base/entries/_find",),
        items="data",
    ),
    Resource("assistant_prompt", list=(f"GET {_AI}/prompts/_find",), items="data"),
    Resource("assistant_anonymization_field", list=(f"GET {_AI}/anonymization_fields/_find",), items="data"),
    _crud(
        "agent_builder_agent",
        "/api/agent_builder/agents",
        chosen=True,
        items="results",
        missing="Agent {} not found",
    ),
    _crud(
        "agent_builder_tool",
        "/api/agent_builder/tools",
        chosen=True,
        items="results",
        missing="Tool {} not found",
    ),
    Resource(
        "agent_builder_conversation",
        create=("POST /api/agent_builder/converse",),
        read=("GET /api/agent_builder/conversations/{}",),
        list=("GET /api/agent_builder/conversations",),
        delete=("DELETE /api/agent_builder/conversations/{}",),
        keys=("conversation_id",),
        answer="conversation_id",
        items="results",
        missing="Conversation {} not found",
    ),
    _crud(
        "workflow",
        "/api/workflows",
        list=("POST /api/workflows/search",),
        chosen=True,
        items="results",
        missing="Workflow with id {} not found",
    ),
    Resource(
        "signals_migration",
        create=("POST /api/detection_engine/signals/migration",),
        read=("GET /api/detection_engine/signals/migration_status",),
        update=("POST /api/detection_engine/signals/finalize_migration",),
        delete=("DELETE /api/detection_engine/signals/migration",),
        single=True,
    ),
    Resource(
        "endpoint_response_action",
        create=("POST /api/endpoint/action/isolate",),
        read=("GET /api/endpoint/action/{}",),
        list=("GET /api/endpoint/action",),
        answer="data.id",
        items="data",
    ),
)

FLEET = (
    _crud(
        "fleet_agent_policy",
        f"{_FLEET}/agent_policies",
        delete=(f"POST {_FLEET}/agent_policies/delete",),
        keys=("id", "agentPolicyId"),
        answer="item.id",
        chosen=True,
        items="items",
        kind="ingest-agent-policies",
    ),
    _crud(
        "fleet_package_policy",
        f"{_FLEET}/package_policies",
        answer="item.id",
        chosen=True,
        items="items",
        missing="Package policy {} not found",
    ),
    Resource(
        "fleet_agentless_policy",
        create=(f"POST {_FLEET}/agentless_policies",),
        delete=(f"DELETE {_FLEET}/agentless_policies/{{}}",),
        answer="item.id",
        chosen=True,
    ),
    _crud(
        "fleet_output",
        f"{_FLEET}/outputs",
        answer="item.id",
        chosen=True,
        items="items",
        kind="ingest-outputs",
        everywhere=True,
    ),
    _crud(
        "fleet_server_host",
        f"{_FLEET}/fleet_server_hosts",
        answer="item.id",
        chosen=True,
        items="items",
        kind="fleet-fleet-server-host",
        everywhere=True,
    ),
    _crud(
        "fleet_proxy",
        f"{_FLEET}/proxies",
        answer="item.id",
        chosen=True,
        items="items",
        kind="fleet-proxy",
        everywhere=True,
    ),
    _crud(
        "fleet_download_source",
        f"{_FLEET}/agent_download_sources",
        answer="item.id",
        chosen=True,
        items="items",
        kind="ingest-download-sources",
        everywhere=True,
    ),
    _crud(
        "fleet_cloud_connector",
        f"{_FLEET}/cloud_connectors",
        answer="item.id",
        items="items",
        everywhere=True,
    ),
    _crud(
        "fleet_enrollment_api_key",
        f"{_FLEET}/enrollment_api_keys",
        update=(),
        answer="item.id",
        items="items",
        missing="Enrollment API Key {} not found",
    ),
    _single("fleet_settings", f"{_FLEET}/settings", answer="item.id", everywhere=True),
    _single("fleet_space_settings", f"{_FLEET}/space_settings", answer="item.id"),
    Resource(
        "fleet_agent",
        read=(f"GET {_FLEET}/agents/{{}}",),
        list=(f"GET {_FLEET}/agents",),
        update=(f"PUT {_FLEET}/agents/{{}}",),
        delete=(f"DELETE {_FLEET}/agents/{{}}",),
        answer="item.id",
        items="items",
        missing="Agent {} not found",
        everywhere=True,
    ),
    Resource(
        "fleet_agent_action",
        create=(f"POST {_FLEET}/agents/{{}}/actions",),
        list=(f"GET {_FLEET}/agents/action_status",),
        delete=(f"POST {_FLEET}/agents/actions/{{}}/cancel",),
        answer="item.id",
        items="items",
        everywhere=True,
    ),
    Resource(
        "fleet_uninstall_token",
        read=(f"GET {_FLEET}/uninstall_tokens/{{}}",),
        list=(f"GET {_FLEET}/uninstall_tokens",),
        answer="item.id",
        items="items",
    ),
    Resource(
        "epm_package",
        create=(f"POST {_FLEET}/epm/packages/{{}}/{{}}",),
        read=(f"GET {_FLEET}/epm/packages/{{}}/{{}}",),
        list=(f"GET {_FLEET}/epm/packages",),
        update=(f"PUT {_FLEET}/epm/packages/{{}}/{{}}",),
        delete=(f"DELETE {_FLEET}/epm/packages/{{}}/{{}}",),
        keys=("name",),
        answer="item.name",
        everywhere=True,
        items="items",
    ),
)

RESOURCES: tuple[Resource, ...] = (*PLATFORM, *ALERTING, *OBSERVABILITY, *SECURITY, *FLEET)
"""Every kind of thing."""

BY_NAME = {resource.name: resource for resource in RESOURCES}
