"""What Fleet looks after and does not make: enrolled agents, what they were told, and files they sent."""

from pytest_kibana.resources.families.pages import fleet_page
from pytest_kibana.resources.model import Call, Kind, Listing, Resource, Safety, Scope, item, within

AGENT = Resource(
    name="fleet_agent",
    family="Elastic Agents",
    summary="An enrolled agent: a program on somebody's machine.",
    kind=Kind.FOUND,
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    reading_at="/item",
    read=(item("GET /api/fleet/agents/{agentId}"),),
    listing=(fleet_page(Call("GET /api/fleet/agents"), named_at=()),),
    update=(item("PUT /api/fleet/agents/{agentId}", {"tags": ["test"]}),),
    delete=(item("DELETE /api/fleet/agents/{agentId}"),),
    gone="unknown",
    lacking="agents enrol themselves",
    source="observed live",
)

AGENT_ACTION = Resource(
    name="fleet_agent_action",
    family="Elastic Agent actions",
    summary="Something that an agent was told to do.",
    kind=Kind.RECORD,
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    keys={"agentId": "${fleet_agent.id}"},
    create=(
        within(
            "POST /api/fleet/agents/{agentId}/actions",
            {"action": {"type": "SETTINGS", "data": {"log_level": "info"}}},
        ),
    ),
    id_at="/item/id",
    delete=(Call("POST /api/fleet/agents/actions/{actionId}/cancel", path={"actionId": "${self.id}"}),),
    gone="unknown",
    needs="acts on an enrolled agent, which has to be named",
    source="observed live",
)

AGENT_FILE = Resource(
    name="fleet_agent_file",
    family="Elastic Agents",
    summary="A file that an agent sent, such as its diagnostics.",
    kind=Kind.FOUND,
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    keys={"agentId": "${fleet_agent.id}", "fileName": "diagnostics.zip"},
    read=(
        Call(
            "GET /api/fleet/agents/files/{fileId}/{fileName}",
            path={"fileId": "${self.id}", "fileName": "${self.fileName}"},
        ),
    ),
    listing=(
        Listing(
            within("GET /api/fleet/agents/{agentId}/uploads"),
            items="/items",
            named_at=(),
            keys={"fileName": "/name"},
        ),
    ),
    delete=(Call("DELETE /api/fleet/agents/files/{fileId}", path={"fileId": "${self.id}"}),),
    gone="unknown",
    lacking="enrolled agents send them",
    source="observed live",
)

RESOURCES = (AGENT, AGENT_ACTION, AGENT_FILE)
