"""Agent builder: tools, agents, skills, and the conversations that people have with agents."""

from pytest_kibana.resources.model import Call, Kind, Listing, Resource, Safety, item

_FAMILY = "agent builder"
_TOOL_CONFIGURATION = {"query": "ROW x = 1 | LIMIT 1", "params": {}}
_AGENT_CONFIGURATION = {"instructions": "", "tools": [{"tool_ids": []}]}

TOOL = Resource(
    name="agent_builder_tool",
    family=_FAMILY,
    summary="A tool that runs an ES|QL query over no index.",
    keys={"id": "${unique}"},
    create=(
        Call(
            "POST /api/agent_builder/tools",
            body={
                "id": "${self.id}",
                "type": "esql",
                "description": "made by a test",
                "configuration": _TOOL_CONFIGURATION,
                "tags": [],
            },
        ),
    ),
    read=(item("GET /api/agent_builder/tools/{id}"),),
    listing=(Listing(Call("GET /api/agent_builder/tools"), items="/results", named_at=("/id",)),),
    update=(item("PUT /api/agent_builder/tools/{toolId}", {"description": "changed by a test"}),),
    delete=(item("DELETE /api/agent_builder/tools/{id}"),),
    change={"description": "changed by a test"},
    refuses_again=400,
    since="9.2",
    licence="enterprise",
    outlives_space=True,
    source="observed live",
)

AGENT = Resource(
    name="agent_builder_agent",
    family=_FAMILY,
    summary="An agent without instructions and without tools.",
    keys={"id": "${unique}"},
    create=(
        Call(
            "POST /api/agent_builder/agents",
            body={
                "id": "${self.id}",
                "name": "${unique}",
                "description": "made by a test",
                "configuration": _AGENT_CONFIGURATION,
            },
        ),
    ),
    read=(item("GET /api/agent_builder/agents/{id}"),),
    listing=(Listing(Call("GET /api/agent_builder/agents"), items="/results", named_at=("/id", "/name")),),
    update=(item("PUT /api/agent_builder/agents/{id}", {"description": "changed by a test"}),),
    delete=(item("DELETE /api/agent_builder/agents/{id}"),),
    full={"labels": ["test"]},
    change={"description": "changed by a test"},
    refuses_again=400,
    since="9.2",
    licence="enterprise",
    outlives_space=True,
    source="observed live",
)

SKILL = Resource(
    name="agent_builder_skill",
    family=_FAMILY,
    summary="A skill that agents may use.",
    keys={"id": "${unique}"},
    create=(
        Call(
            "POST /api/agent_builder/skills",
            body={
                "id": "${self.id}",
                "name": "${unique}",
                "description": "made by a test",
                "content": "Do nothing.",
            },
        ),
    ),
    read=(item("GET /api/agent_builder/skills/{skillId}"),),
    listing=(Listing(Call("GET /api/agent_builder/skills"), items="/results", named_at=("/id", "/name")),),
    update=(item("PUT /api/agent_builder/skills/{skillId}", {"description": "changed by a test"}),),
    delete=(item("DELETE /api/agent_builder/skills/{skillId}"),),
    change={"description": "changed by a test"},
    since="9.4",
    licence="enterprise",
    outlives_space=True,
    source="Kibana contract of 9.4",
)

CONVERSATION = Resource(
    name="agent_builder_conversation",
    family=_FAMILY,
    summary="A conversation with an agent: a model answers, which costs money.",
    safety=Safety.DISRUPTIVE,
    kind=Kind.OBJECT,
    create=(
        Call(
            "POST /api/agent_builder/converse",
            body={"agent_id": "${agent_builder_agent.id}", "input": "Say nothing."},
        ),
    ),
    id_at="/conversation_id",
    read=(item("GET /api/agent_builder/conversations/{conversation_id}"),),
    listing=(Listing(Call("GET /api/agent_builder/conversations"), items="/results", named_at=()),),
    delete=(item("DELETE /api/agent_builder/conversations/{conversation_id}"),),
    since="9.2",
    licence="enterprise",
    needs="calls a language model",
    source="observed live",
)

RESOURCES = (TOOL, AGENT, SKILL, CONVERSATION)
