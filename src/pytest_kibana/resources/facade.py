"""The resources as methods: ``kibana_resources.case(title="x")``.

One attribute for each resource that can be made, written out so that editors and type checkers know them.
"""

from typing import TYPE_CHECKING, Any, overload

from pytest_kibana.errors import UsageError
from pytest_kibana.resources.catalogue import resource
from pytest_kibana.resources.handle import Handle

if TYPE_CHECKING:
    from pytest_kibana.resources.factory import Factory


class Maker:
    """Makes one kind of thing. Call it as a method: every keyword is a field of the body, a key, or a parent.

    ``space`` says where (by default the factory's space), ``body`` replaces the whole body. See
    :meth:`pytest_kibana.resources.factory.Factory.make` for what is raised.
    """

    def __init__(self, name: str) -> None:
        self.resource = resource(name)
        self.__doc__ = self.resource.summary

    def __repr__(self) -> str:
        return f"<makes a {self.resource.name}: {self.resource.summary}>"

    @overload
    def __get__(self, instance: None, owner: "type[Resources]") -> "Maker": ...
    @overload
    def __get__(self, instance: "Resources", owner: "type[Resources]") -> "BoundMaker": ...
    def __get__(self, instance: "Resources | None", owner: "type[Resources]") -> "Maker | BoundMaker":
        return self if instance is None else BoundMaker(instance.factory, self)


class BoundMaker:
    """Makes one kind of thing with one factory."""

    def __init__(self, factory: "Factory", maker: Maker) -> None:
        self._factory = factory
        self._maker = maker
        self.__doc__ = maker.__doc__

    def __repr__(self) -> str:
        return repr(self._maker)

    def __call__(self, *, space: "str | Handle | None" = None, body: Any = None, **fields: Any) -> Handle:
        """Make one."""
        name = self._maker.resource.name
        if space is None:
            return self._factory.make(name, body=body, **fields)
        return self._factory.make(name, space=space, body=body, **fields)


class Resources:
    """Everything that can be made. Each method returns a :class:`~pytest_kibana.resources.handle.Handle`."""

    def __init__(self, factory: "Factory") -> None:
        self.factory = factory

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Say what may have been meant by a name that nothing here has."""
            __tracebackhide__ = True
            try:
                resource(name)
            except UsageError as error:
                raise AttributeError(str(error), name=name, obj=self) from None
            raise AttributeError(f"no factory makes a {name}", name=name, obj=self)

    space = Maker("space")
    """A space of its own, empty and gone with everything in it afterwards."""

    role = Maker("role")
    """A role without any privilege, unless it is given some."""

    saved_object = Maker("saved_object")
    """A saved object: a tag, unless another ``type`` and its ``attributes`` are given."""

    data_view = Maker("data_view")
    """A data view over an index pattern that matches nothing."""

    data_view_runtime_field = Maker("data_view_runtime_field")
    """A runtime field of a data view."""

    default_data_view = Maker("default_data_view")
    """Which data view is the default of a space; put back as it was afterwards."""

    short_url = Maker("short_url")
    """A short URL to the list of dashboards, with a slug of its own."""

    logstash_pipeline = Maker("logstash_pipeline")
    """A Logstash pipeline that does nothing."""

    connector = Maker("connector")
    """A connector that writes to Kibana's own log: no network, no secrets, basic licence."""

    rule = Maker("rule")
    """A disabled Elasticsearch query rule over an index that does not exist; it never runs."""

    rule_snooze_schedule = Maker("rule_snooze_schedule")
    """A time in which a rule is snoozed."""

    maintenance_window = Maker("maintenance_window")
    """A maintenance window of two hours, tomorrow, for nothing but rules with an impossible name."""

    case = Maker("case")
    """An open case of the stack's own cases."""

    case_comment = Maker("case_comment")
    """A comment on a case."""

    case_file = Maker("case_file")
    """A file attached to a case; it goes with the case."""

    case_configuration = Maker("case_configuration")
    """How cases of one owner are set up in a space; there is one, and nothing removes it but its space."""

    slo = Maker("slo")
    """An objective of 99 % over an index that does not exist."""

    synthetics_param = Maker("synthetics_param")
    """A global parameter of monitors; its value is never shown again."""

    synthetics_private_location = Maker("synthetics_private_location")
    """A private location: an agent policy from which monitors would run."""

    synthetics_monitor = Maker("synthetics_monitor")
    """A disabled HTTP monitor on a private location that no agent serves."""

    uptime_settings = Maker("uptime_settings")
    """The Uptime settings of a space; put back as they were afterwards."""

    apm_agent_configuration = Maker("apm_agent_configuration")
    """A configuration for the agents of a service that does not exist."""

    apm_sourcemap = Maker("apm_sourcemap")
    """A source map of a service that does not exist."""

    apm_annotation = Maker("apm_annotation")
    """A mark on the time line of a service that does not exist; nothing removes it."""

    stream = Maker("stream")
    """A wired stream that takes over nothing: a fork of the root with a condition that is never true."""

    stream_group = Maker("stream_group")
    stream_query = Maker("stream_query")
    """A query of a stream."""

    stream_dashboard_link = Maker("stream_dashboard_link")
    """A dashboard that is tied to a stream."""

    stream_rule_link = Maker("stream_rule_link")
    """A rule that is tied to a stream."""

    dashboard = Maker("dashboard")
    """An empty dashboard."""

    visualization = Maker("visualization")
    """A Lens metric over one row of ES|QL."""

    tag = Maker("tag")
    """A tag for saved objects."""

    links = Maker("links")
    """A library item of one outside link."""

    markdown = Maker("markdown")
    """A library item of one line of Markdown."""

    detection_alerts_index = Maker("detection_alerts_index")
    """The index that a space keeps its detection alerts in."""

    detection_rule = Maker("detection_rule")
    """A disabled query rule over an index that does not exist; it never runs."""

    signals_migration = Maker("signals_migration")
    """A migration of an outdated signals index."""

    exception_list = Maker("exception_list")
    """An empty list of exceptions for detection rules."""

    exception_list_item = Maker("exception_list_item")
    """An exception for one host, in a list."""

    detection_rule_exception_item = Maker("detection_rule_exception_item")
    """An exception for one detection rule; its list is made with the first one and goes with the rule."""

    endpoint_exception_list = Maker("endpoint_exception_list")
    """The one list of exceptions for all endpoints of a deployment; nothing removes it."""

    endpoint_exception_item = Maker("endpoint_exception_item")
    """An exception for all endpoints of a deployment."""

    value_list_index = Maker("value_list_index")
    """The data streams that a space keeps its value lists in. They outlive the space unless removed first."""

    value_list = Maker("value_list")
    """An empty list of keywords."""

    value_list_item = Maker("value_list_item")
    """A keyword in a value list."""

    timeline = Maker("timeline")
    """An empty timeline."""

    timeline_note = Maker("timeline_note")
    """A note on a timeline."""

    pinned_event = Maker("pinned_event")
    """An event that is pinned to a timeline; the same operation pins and unpins."""

    osquery_pack = Maker("osquery_pack")
    """A disabled pack of one query, for no agent at all."""

    osquery_saved_query = Maker("osquery_saved_query")
    """A saved query that selects one number."""

    osquery_live_query = Maker("osquery_live_query")
    """A query that hosts run at once; it stays in the history."""

    asset_criticality = Maker("asset_criticality")
    """How much a host that does not exist matters."""

    monitoring_engine = Maker("monitoring_engine")
    """Privileged user monitoring of a space."""

    monitored_user = Maker("monitored_user")
    """A user that privileged user monitoring watches."""

    entity_engine = Maker("entity_engine")
    """The entity store of a space for one type of entity: indices and transforms that outlive the space."""

    entity = Maker("entity")
    """An entity in the entity store."""

    watchlist = Maker("watchlist")
    """A watchlist of entities."""

    assistant_conversation = Maker("assistant_conversation")
    """A conversation of the caller with the assistant, in which nothing was said."""

    assistant_prompt = Maker("assistant_prompt")
    """A prompt of the assistant. It is made, changed and removed in bulk only."""

    assistant_anonymization_field = Maker("assistant_anonymization_field")
    """Whether a field is shown to a model, and how. It is made, changed and removed in bulk only."""

    assistant_knowledge_base = Maker("assistant_knowledge_base")
    """The assistant's knowledge base: setting it up deploys a model, and nothing takes it back."""

    assistant_kb_entry = Maker("assistant_kb_entry")
    """An entry of the knowledge base; needs the knowledge base to be set up."""

    attack_discovery_schedule = Maker("attack_discovery_schedule")
    """A disabled schedule of attack discovery; its connector is never called."""

    attack_discovery_generation = Maker("attack_discovery_generation")
    """One run of attack discovery: a model reads alerts, which costs money."""

    protection_updates_note = Maker("protection_updates_note")
    """A note on the protection updates of an Elastic Defend policy."""

    endpoint_script = Maker("endpoint_script")
    """A script in the library; it runs nowhere."""

    fleet_agent_policy = Maker("fleet_agent_policy")
    """An agent policy without integrations and without agents."""

    fleet_package_policy = Maker("fleet_package_policy")
    """An integration in an agent policy: listens to a UDP port on agents that do not exist."""

    fleet_agentless_policy = Maker("fleet_agentless_policy")
    """An integration that Elastic Cloud runs itself, which costs money."""

    fleet_enrollment_api_key = Maker("fleet_enrollment_api_key")
    """A key with which agents would enrol into a policy."""

    fleet_output = Maker("fleet_output")
    """An output that no policy uses."""

    fleet_server_host = Maker("fleet_server_host")
    """A Fleet Server host that no policy uses."""

    fleet_proxy = Maker("fleet_proxy")
    """A proxy that nothing uses."""

    fleet_download_source = Maker("fleet_download_source")
    """A place from which agents would download their binaries; no policy uses it."""

    fleet_cloud_connector = Maker("fleet_cloud_connector")
    """A cloud connector for a role that does not exist."""

    fleet_space_settings = Maker("fleet_space_settings")
    """Which namespaces policies of a space may use; put back as it was afterwards."""

    fleet_settings = Maker("fleet_settings")
    """The settings of Fleet for the whole deployment; put back as they were afterwards."""

    fleet_agent_action = Maker("fleet_agent_action")
    """Something that an agent was told to do."""

    epm_package = Maker("epm_package")
    """An integration package from the registry. A package that is already there is used and left alone."""

    epm_custom_integration = Maker("epm_custom_integration")
    """A custom integration of one data set. It is removed like any package."""
    agent_builder_tool = Maker("agent_builder_tool")
    """A tool that runs an ES|QL query over no index."""

    agent_builder_agent = Maker("agent_builder_agent")
    """An agent without instructions and without tools."""

    agent_builder_skill = Maker("agent_builder_skill")
    """A skill that agents may use."""

    agent_builder_conversation = Maker("agent_builder_conversation")
    """A conversation with an agent: a model answers, which costs money."""

    workflow = Maker("workflow")
    """A disabled workflow that would print one line."""
