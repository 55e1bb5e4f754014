"""The security AI assistant: conversations, prompts, anonymisation, knowledge; and attack discovery."""

from pytest_kibana.resources.families.pages import security_page
from pytest_kibana.resources.model import Call, Kind, Resource, Safety, item

_FAMILY = "Security AI Assistant API"
_DISCOVERY = "Security Attack discovery API"

CONVERSATION = Resource(
    name="assistant_conversation",
    family=_FAMILY,
    summary="A conversation of the caller with the assistant, in which nothing was said.",
    create=(
        Call(
            "POST /api/security_ai_assistant/current_user/conversations",
            body={"title": "${unique}", "category": "assistant"},
        ),
    ),
    read=(item("GET /api/security_ai_assistant/current_user/conversations/{id}"),),
    listing=(
        security_page(
            Call("GET /api/security_ai_assistant/current_user/conversations/_find"),
            named_at=("/title",),
            finds={"filter": 'title: "${unique}"'},
        ),
    ),
    update=(
        item(
            "PUT /api/security_ai_assistant/current_user/conversations/{id}",
            {"id": "${self.id}", "title": "${unique}"},
        ),
    ),
    delete=(item("DELETE /api/security_ai_assistant/current_user/conversations/{id}"),),
    change={"title": "${unique.b}"},
    listed_within=10.0,
    licence="enterprise",
    volatile=("/updatedAt", "/timestamp"),
    outlives_space=True,
    source="observed live",
)

PROMPT = Resource(
    name="assistant_prompt",
    family=_FAMILY,
    summary="A prompt of the assistant. It is made, changed and removed in bulk only.",
    create=(
        Call(
            "POST /api/security_ai_assistant/prompts/_bulk_action",
            body={
                "create": [
                    {
                        "name": "${unique}",
                        "promptType": "quick",
                        "content": "Say nothing.",
                        "consumer": "test",
                    }
                ]
            },
            root="/create/0",
        ),
    ),
    id_at="/attributes/results/created/0/id",
    made_at="/attributes/results/created/0",
    listing=(
        security_page(
            Call("GET /api/security_ai_assistant/prompts/_find"), finds={"filter": 'name: "${unique}"'}
        ),
    ),
    update=(
        Call(
            "POST /api/security_ai_assistant/prompts/_bulk_action",
            body={"update": [{"id": "${self.id}", "content": "Say less."}]},
            root="/update/0",
        ),
    ),
    delete=(
        Call(
            "POST /api/security_ai_assistant/prompts/_bulk_action", body={"delete": {"ids": ["${self.id}"]}}
        ),
    ),
    change={"content": "Say less."},
    gone="unknown",
    listed_within=10.0,
    licence="enterprise",
    outlives_space=True,
    idempotent_delete=True,  # either answer may come: the contract is silent
    source="observed live",
)

ANONYMIZATION_FIELD = Resource(
    name="assistant_anonymization_field",
    family=_FAMILY,
    summary="Whether a field is shown to a model, and how. It is made, changed and removed in bulk only.",
    create=(
        Call(
            "POST /api/security_ai_assistant/anonymization_fields/_bulk_action",
            body={"create": [{"field": "${unique}", "allowed": False, "anonymized": True}]},
            root="/create/0",
        ),
    ),
    id_at="/attributes/results/created/0/id",
    made_at="/attributes/results/created/0",
    listing=(
        security_page(
            Call("GET /api/security_ai_assistant/anonymization_fields/_find"),
            named_at=("/field",),
            finds={"filter": 'field: "${unique}"'},
        ),
    ),
    update=(
        Call(
            "POST /api/security_ai_assistant/anonymization_fields/_bulk_action",
            body={"update": [{"id": "${self.id}", "allowed": True}]},
            root="/update/0",
        ),
    ),
    delete=(
        Call(
            "POST /api/security_ai_assistant/anonymization_fields/_bulk_action",
            body={"delete": {"ids": ["${self.id}"]}},
        ),
    ),
    change={"allowed": True},
    gone="unknown",
    listed_within=10.0,
    licence="enterprise",
    outlives_space=True,
    idempotent_delete=True,  # either answer may come: the contract is silent
    source="observed live",
)

KNOWLEDGE_BASE = Resource(
    name="assistant_knowledge_base",
    family=_FAMILY,
    summary="The assistant's knowledge base: setting it up deploys a model, and nothing takes it back.",
    kind=Kind.RECORD,
    safety=Safety.DISRUPTIVE,
    keys={"id": "user"},
    create=(
        Call("POST /api/security_ai_assistant/knowledge_base"),
        item("POST /api/security_ai_assistant/knowledge_base/{resource}"),
    ),
    read=(
        Call("GET /api/security_ai_assistant/knowledge_base"),
        item("GET /api/security_ai_assistant/knowledge_base/{resource}"),
    ),
    gone="unknown",
    licence="enterprise",
    needs="deploys the ELSER model, which takes a machine-learning node and minutes",
    source="observed live",
)

KNOWLEDGE_ENTRY = Resource(
    name="assistant_kb_entry",
    family=_FAMILY,
    summary="An entry of the knowledge base; needs the knowledge base to be set up.",
    create=(
        Call(
            "POST /api/security_ai_assistant/knowledge_base/entries",
            body={
                "type": "document",
                "name": "${unique}",
                "kbResource": "user",
                "source": "test",
                "text": "made by a test",
            },
        ),
    ),
    read=(item("GET /api/security_ai_assistant/knowledge_base/entries/{id}"),),
    listing=(
        security_page(
            Call("GET /api/security_ai_assistant/knowledge_base/entries/_find"),
            finds={"filter": 'name: "${unique}"'},
        ),
    ),
    update=(
        item(
            "PUT /api/security_ai_assistant/knowledge_base/entries/{id}",
            {
                "type": "document",
                "name": "${unique}",
                "kbResource": "user",
                "source": "test",
                "text": "changed by a test",
            },
            semantics="full",
        ),
    ),
    delete=(item("DELETE /api/security_ai_assistant/knowledge_base/entries/{id}"),),
    change={"text": "changed by a test"},
    listed_within=10.0,
    licence="enterprise",
    plugin="ELSER",
    outlives_space=True,
    source="observed live; 500 inference_exception where ELSER is not deployed",
)

SCHEDULE = Resource(
    name="attack_discovery_schedule",
    family=_DISCOVERY,
    summary="A disabled schedule of attack discovery; its connector is never called.",
    create=(
        Call(
            "POST /api/attack_discovery/schedules",
            body={
                "name": "${unique}",
                "enabled": False,
                "params": {
                    "alerts_index_pattern": ".alerts-security.alerts-${space}",
                    "api_config": {
                        "connectorId": "${connector.id}",
                        "actionTypeId": ".gen-ai",
                        "name": "${connector.id}",
                    },
                    "size": 25,
                },
                "schedule": {"interval": "24h"},
                "actions": [],
            },
        ),
    ),
    read=(item("GET /api/attack_discovery/schedules/{id}"),),
    listing=(security_page(Call("GET /api/attack_discovery/schedules/_find"), per_page_at="/per_page"),),
    update=(
        item(
            "PUT /api/attack_discovery/schedules/{id}",
            {"actions": []},
            semantics="full",
        ),
    ),
    delete=(item("DELETE /api/attack_discovery/schedules/{id}"),),
    create_only=("enabled",),
    change={"schedule": {"interval": "12h"}},
    since="9.2",
    licence="enterprise",
    volatile=("/updated_at", "/updated_by"),
    outlives_space=True,
    pins={"/enabled": False},
    source="observed live",
)

GENERATION = Resource(
    name="attack_discovery_generation",
    family=_DISCOVERY,
    summary="One run of attack discovery: a model reads alerts, which costs money.",
    kind=Kind.RECORD,
    safety=Safety.DISRUPTIVE,
    create=(
        Call(
            "POST /api/attack_discovery/_generate",
            body={
                "alertsIndexPattern": ".alerts-security.alerts-${space}",
                "anonymizationFields": [{"id": "${unique}", "field": "host.name"}],
                "apiConfig": {"connectorId": "${connector.id}", "actionTypeId": ".gen-ai"},
                "size": 25,
                "subAction": "invokeAI",
            },
        ),
    ),
    id_at="/execution_uuid",
    read=(item("GET /api/attack_discovery/generations/{execution_uuid}"),),
    gone="unknown",
    since="9.2",
    licence="enterprise",
    needs="calls a language model",
    source="Kibana contract",
)

RESOURCES = (
    CONVERSATION,
    PROMPT,
    ANONYMIZATION_FIELD,
    KNOWLEDGE_BASE,
    KNOWLEDGE_ENTRY,
    SCHEDULE,
    GENERATION,
)
