"""Fleet policies: agent policies, package policies, enrollment keys, uninstall tokens.

Since 9.1 they lie in the space in which they were made (Terraform provider); before that the space prefix is
accepted, and means nothing.
"""

from pytest_kibana.resources.families.pages import fleet_page
from pytest_kibana.resources.model import Call, Kind, Many, Resource, Safety, item

AGENT_POLICY = Resource(
    name="fleet_agent_policy",
    many=Many("POST /api/fleet/agent_policies/_bulk_get"),
    family="Elastic Agent policies",
    summary="An agent policy without integrations and without agents.",
    safety=Safety.GLOBAL,
    requires=("fleet_setup",),
    # sys_monitoring would install the system package for the whole deployment.
    create=(
        Call(
            "POST /api/fleet/agent_policies",
            query={"sys_monitoring": False},
            body={"name": "${unique}", "namespace": "default"},
        ),
    ),
    id_at="/item/id",
    made_at="/item",
    reading_at="/item",
    read=(item("GET /api/fleet/agent_policies/{agentPolicyId}"),),
    listing=(
        fleet_page(
            Call("GET /api/fleet/agent_policies"), finds={"kuery": 'ingest-agent-policies.name: "${unique}"'}
        ),
    ),
    update=(
        item("PUT /api/fleet/agent_policies/{agentPolicyId}", {"name": "${unique}", "namespace": "default"}),
    ),
    delete=(Call("POST /api/fleet/agent_policies/delete", body={"agentPolicyId": "${self.id}"}),),
    full={"description": "made by a test", "monitoring_enabled": []},
    change={"description": "changed by a test"},
    refuses_again=409,
    volatile=("/revision", "/updated_at", "/updated_by", "/agents"),
    outlives_space=True,
    pins={
        "/is_default": False,
        "/is_default_fleet_server": False,
        "/has_fleet_server": False,
        "/is_managed": False,
        "/is_protected": False,
    },
    source="observed through the Terraform provider",
)

PACKAGE_POLICY = Resource(
    name="fleet_package_policy",
    many=Many("POST /api/fleet/package_policies/_bulk_get"),
    family="Fleet package policies",
    summary="An integration in an agent policy: listens to a UDP port on agents that do not exist.",
    safety=Safety.DISRUPTIVE,
    create=(
        Call(
            "POST /api/fleet/package_policies",
            body={
                "name": "${unique}",
                "namespace": "default",
                "policy_ids": ["${fleet_agent_policy.id}"],
                "package": {"name": "${epm_package.id}", "version": "${epm_package.version}"},
                "inputs": {},
            },
        ),
    ),
    id_at="/item/id",
    made_at="/item",
    reading_at="/item",
    read=(item("GET /api/fleet/package_policies/{packagePolicyId}"),),
    listing=(
        fleet_page(
            Call("GET /api/fleet/package_policies"),
            finds={"kuery": 'ingest-package-policies.name: "${unique}"'},
        ),
    ),
    update=(item("PUT /api/fleet/package_policies/{packagePolicyId}", {}, semantics="full"),),
    delete=(
        item("DELETE /api/fleet/package_policies/{packagePolicyId}", query={"force": True}),
        Call(
            "POST /api/fleet/package_policies/delete",
            body={"packagePolicyIds": ["${self.id}"], "force": True},
            status_at="/0/statusCode",
        ),
    ),
    change={"description": "changed by a test"},
    refuses_again=409,
    volatile=("/package/title", "/revision", "/updated_at", "/updated_by", "/version"),
    outlives_space=True,
    pins={"/is_managed": False},
    source="observed through the Terraform provider; installs the package as a side effect",
)

AGENTLESS_POLICY = Resource(
    name="fleet_agentless_policy",
    family="Fleet agentless policies",
    summary="An integration that Elastic Cloud runs itself, which costs money.",
    safety=Safety.DISRUPTIVE,
    create=(
        Call(
            "POST /api/fleet/agentless_policies",
            body={
                "name": "${unique}",
                "package": {"name": "${epm_package.id}", "version": "${epm_package.version}"},
            },
        ),
    ),
    id_at="/item/id",
    made_at="/item",
    delete=(item("DELETE /api/fleet/agentless_policies/{policyId}"),),
    gone="unknown",
    idempotent_delete=True,
    since="9.3",
    needs="exists on Elastic Cloud and Serverless only, and starts an agent that costs money",
    outlives_space=True,
    source="Kibana contract; a self-managed deployment answers 400",
)

ENROLLMENT_KEY = Resource(
    name="fleet_enrollment_api_key",
    family="Fleet enrollment API keys",
    summary="A key with which agents would enrol into a policy.",
    safety=Safety.GLOBAL,
    create=(
        Call(
            "POST /api/fleet/enrollment_api_keys",
            body={"policy_id": "${fleet_agent_policy.id}", "name": "${unique}"},
        ),
    ),
    id_at="/item/id",
    made_at="/item",
    reading_at="/item",
    read=(item("GET /api/fleet/enrollment_api_keys/{keyId}"),),
    listing=(fleet_page(Call("GET /api/fleet/enrollment_api_keys"), finds={"kuery": "name:${unique}*"}),),
    delete=(item("DELETE /api/fleet/enrollment_api_keys/{keyId}"),),
    # A delete revokes: the record stays and says that it is not active.
    gone="inactive",
    inactive_at="/active",
    outlives_space=True,
    volatile=("/name",),
    exceptions={"secrets stay": "the key is what it is made for"},
    idempotent_delete=True,
    source="observed live",
)

UNINSTALL_TOKEN = Resource(
    name="fleet_uninstall_token",
    family="Fleet uninstall tokens",
    summary="The token with which agents of a policy may be uninstalled; Kibana makes one for each policy.",
    kind=Kind.FOUND,
    safety=Safety.READ,
    requires=("fleet_agent_policy",),
    reading_at="/item",
    read=(item("GET /api/fleet/uninstall_tokens/{uninstallTokenId}"),),
    listing=(fleet_page(Call("GET /api/fleet/uninstall_tokens"), named_at=()),),
    gone="unknown",
    lacking="made by Kibana with each agent policy; can be found, not made",
    source="observed live",
)

RESOURCES = (AGENT_POLICY, PACKAGE_POLICY, AGENTLESS_POLICY, ENROLLMENT_KEY, UNINSTALL_TOKEN)
