"""Who may ask what of Fleet's families: their requests, and what is promised to whoever sends them.

The requests are well-formed and name only what does not exist, so nothing changes even where a refusal is missing.
Families whose objects share one life are in ``fleet_objects``.
"""

from typing import Any

from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.epm.asks import ASKS as OF_PACKAGES
from pytest_kibana.suites.families.fleet import Access, Ask, for_changes, for_nobody, for_reads, for_unknown

AWAY = {"uri": "https://fleet.example.com:8220", "enrollment_token": "nobody's"}
MANY = {"agents": [NO_SUCH_ID]}
# A package that exists would be installed before Kibana finds that the agent policy does not.
NO_PACKAGE = {"name": "no_such_package", "version": "1.0.0"}
AGENTLESS = {"name": "never made", "package": NO_PACKAGE}
NOWHERE: dict[str, Any] = {**AGENTLESS, "namespace": "default", "policy_ids": [NO_SUCH_ID], "inputs": {}}

ACCESS = (
    Access(
        "data_streams",
        asks=(
            Ask("GET /api/fleet/data_streams"),
            Ask("GET /api/fleet/epm/data_streams"),
        ),
        nobody=for_nobody("KBN-REQ-DSTR-001", "Without credentials nobody lists data streams."),
        reads=for_reads(
            "KBN-REQ-DSTR-002",
            "A viewer lists data streams where the privileges of the operation are for readers.",
        ),
    ),
    Access(
        "elastic_agent_actions",
        asks=(
            Ask("GET /api/fleet/agents/action_status"),
            Ask("POST /api/fleet/agents/actions/{actionId}/cancel", unknown=404),
            Ask(
                "POST /api/fleet/agents/{agentId}/actions",
                {"action": {"type": "SETTINGS", "data": {"log_level": "info"}}},
                unknown=404,
            ),
            Ask("POST /api/fleet/agents/{agentId}/reassign", {"policy_id": NO_SUCH_ID}, unknown=404),
            Ask("POST /api/fleet/agents/{agentId}/request_diagnostics", {}, unknown=404),
            Ask("POST /api/fleet/agents/{agentId}/unenroll", {"force": False, "revoke": False}, unknown=404),
            Ask("POST /api/fleet/agents/{agentId}/upgrade", {"version": "8.0.0"}, unknown=404),
            Ask("POST /api/fleet/agents/{agentId}/rollback"),
            Ask("POST /api/fleet/agents/bulk_reassign", {**MANY, "policy_id": NO_SUCH_ID}, unknown=404),
            Ask("POST /api/fleet/agents/bulk_request_diagnostics", MANY),
            Ask("POST /api/fleet/agents/bulk_unenroll", MANY),
            Ask("POST /api/fleet/agents/bulk_upgrade", {**MANY, "version": "8.0.0"}),
            Ask("POST /api/fleet/agents/bulk_rollback", MANY),
            Ask("POST /api/fleet/agents/bulk_update_agent_tags", {**MANY, "tagsToAdd": ["test"]}),
        ),
        nobody=for_nobody(
            "KBN-REQ-AGACT-001",
            "Without credentials nobody tells agents anything, calls it off, or sees what they were told.",
        ),
        changes=for_changes("KBN-REQ-AGACT-002", "A viewer tells agents nothing, and calls nothing off."),
        reads=for_reads(
            "KBN-REQ-AGACT-003",
            "A viewer sees what agents were told where the privileges of the operation are for readers.",
        ),
        unknown=for_unknown(
            "KBN-REQ-AGACT-004",
            "An agent, an action and a policy that do not exist are answered 404, and nobody is told anything.",
        ),
    ),
    Access(
        "elastic_agent_policies",
        asks=(
            Ask("GET /api/fleet/agent_policies"),
            Ask(
                "POST /api/fleet/agent_policies",
                {
                    "namespace": "default",
                    "description": "made by a test",
                    "monitoring_enabled": [],
                    "name": "never made",
                },
                query={"sys_monitoring": False},  # else the system package would be installed
            ),
            Ask("POST /api/fleet/agent_policies/_bulk_get", {"ids": [NO_SUCH_ID]}, unknown=404),
            Ask("GET /api/fleet/agent_policies/{agentPolicyId}", unknown=404, words=(NO_SUCH_ID,)),
            Ask(
                "PUT /api/fleet/agent_policies/{agentPolicyId}",
                {"name": "taken over", "namespace": "default"},
                unknown=404,
            ),
            Ask(
                "POST /api/fleet/agent_policies/{agentPolicyId}/copy",
                {"name": "a copy of nothing"},
                unknown=404,
            ),
            Ask("POST /api/fleet/agent_policies/delete", {"agentPolicyId": NO_SUCH_ID}, unknown=404),
            Ask("GET /api/fleet/agent_policies/{agentPolicyId}/full", unknown=404),
            Ask("GET /api/fleet/agent_policies/{agentPolicyId}/download", unknown=404),
            Ask("GET /api/fleet/agent_policies/{agentPolicyId}/outputs", unknown=404),
            Ask("POST /api/fleet/agent_policies/outputs", {"ids": [NO_SUCH_ID]}),
            Ask("GET /api/fleet/agent_policies/{agentPolicyId}/auto_upgrade_agents_status"),
            Ask("GET /api/fleet/kubernetes"),
            Ask("GET /api/fleet/kubernetes/download"),
        ),
        nobody=for_nobody(
            "KBN-REQ-FLPOL-001",
            "Without credentials nobody reads, makes, copies, changes or deletes agent policies.",
        ),
        changes=for_changes(
            "KBN-REQ-FLPOL-002", "A viewer makes, copies, changes and deletes no agent policy."
        ),
        reads=for_reads(
            "KBN-REQ-FLPOL-003",
            "A viewer reads agent policies where the privileges of the operation are for readers.",
        ),
        unknown=for_unknown(
            "KBN-REQ-FLPOL-004",
            "An agent policy that does not exist is answered 404, whatever is asked of it.",
        ),
    ),
    Access(
        "elastic_agent_status",
        asks=(Ask("GET /api/fleet/agent_status"),),
        nobody=for_nobody(
            "KBN-REQ-AGSTAT-001", "Without credentials nobody learns how many agents there are."
        ),
    ),
    Access(
        "elastic_agents",
        asks=(
            Ask("GET /api/fleet/agents"),
            Ask("POST /api/fleet/agents", {"actionIds": [NO_SUCH_ID]}),
            Ask("GET /api/fleet/agents/{agentId}", unknown=404, words=(NO_SUCH_ID,)),
            Ask("PUT /api/fleet/agents/{agentId}", {"tags": ["taken over"]}, unknown=404),
            Ask("DELETE /api/fleet/agents/{agentId}", unknown=404),
            Ask("GET /api/fleet/agents/{agentId}/uploads"),
            Ask("GET /api/fleet/agents/files/{fileId}/{fileName}"),
            Ask("DELETE /api/fleet/agents/files/{fileId}"),
            Ask("POST /api/fleet/agents/{agentId}/migrate", AWAY, unknown=404),
            Ask("POST /api/fleet/agents/bulk_migrate", {**AWAY, **MANY}),
            Ask("GET /api/fleet/agents/tags"),
            Ask("GET /api/fleet/agents/available_versions"),
            Ask("GET /api/fleet/agents/setup"),
            Ask("POST /api/fleet/agents/setup"),
            Ask("GET /api/fleet/agent_status/data", query={"agentsIds": [NO_SUCH_ID]}),
            Ask("POST /api/fleet/agents/{agentId}/privilege_level_change", {}),
            Ask("POST /api/fleet/agents/bulk_privilege_level_change", MANY),
            Ask("POST /api/fleet/agents/{agentId}/remove_collector"),
            Ask("POST /api/fleet/agents/bulk_remove_collectors", MANY),
            Ask("GET /api/fleet/agents/{agentId}/effective_config"),
        ),
        nobody=for_nobody(
            "KBN-REQ-AGENT-001",
            "Without credentials nobody lists, reads, tags, moves or forgets an agent, or gets its files.",
        ),
        changes=for_changes("KBN-REQ-AGENT-002", "A viewer tags, moves and forgets no agent."),
        reads=for_reads(
            "KBN-REQ-AGENT-003",
            "A viewer reads of agents what the privileges of the operation grant to readers.",
        ),
        unknown=for_unknown(
            "KBN-REQ-AGENT-004",
            "An agent that does not exist is answered 404, whatever is asked of it or done to it.",
        ),
    ),
    Access(
        "epm",
        asks=OF_PACKAGES,
        nobody=for_nobody(
            "KBN-REQ-EPM-001",
            "Without credentials nobody lists, reads, installs, changes or removes a package.",
        ),
        changes=for_changes("KBN-REQ-EPM-002", "A viewer installs, changes and removes no package."),
        reads=for_reads(
            "KBN-REQ-EPM-003",
            "A viewer reads packages where the privileges of the operation are for readers.",
        ),
        unknown=for_unknown(
            "KBN-REQ-EPM-004",
            "A package that no registry has and nobody installed is refused, whatever is asked; so is an unknown task.",
        ),
    ),
    Access(
        "fleet_agentless_policies",
        asks=(
            Ask("GET /api/fleet/agentless_policies"),
            Ask("POST /api/fleet/agentless_policies", AGENTLESS),
            Ask("GET /api/fleet/agentless_policies/{policyId}"),
            Ask("PUT /api/fleet/agentless_policies/{policyId}", AGENTLESS),
            Ask("DELETE /api/fleet/agentless_policies/{policyId}"),
            Ask("POST /api/fleet/agentless_policies/upgrade", {"policyIds": ["no-such-policy"]}),
            Ask("POST /api/fleet/agentless_policies/upgrade/dryrun", {"policyIds": ["no-such-policy"]}),
            Ask("GET /api/fleet/managed_integrations"),
            Ask("POST /api/fleet/managed_integrations", AGENTLESS),
            Ask("GET /api/fleet/managed_integrations/{policyId}"),
            Ask("PUT /api/fleet/managed_integrations/{policyId}", AGENTLESS),
            Ask("DELETE /api/fleet/managed_integrations/{policyId}"),
            Ask("POST /api/fleet/managed_integrations/upgrade", {"policyIds": ["no-such-policy"]}),
            Ask("POST /api/fleet/managed_integrations/upgrade/dryrun", {"policyIds": ["no-such-policy"]}),
        ),
        nobody=for_nobody(
            "KBN-REQ-FLLESS-001",
            "Without credentials nobody does anything to what Elastic Cloud would run for money.",
        ),
        changes=for_changes(
            "KBN-REQ-FLLESS-002", "A viewer makes, changes, upgrades and deletes none of it."
        ),
        reads=for_reads(
            "KBN-REQ-FLLESS-003",
            "A viewer reads of it what the privileges of the operation grant to readers.",
        ),
    ),
    Access(
        "fleet_enrollment_api_keys",
        asks=(
            Ask("GET /api/fleet/enrollment_api_keys"),
            Ask("POST /api/fleet/enrollment_api_keys", {"policy_id": NO_SUCH_ID}),
            Ask("GET /api/fleet/enrollment_api_keys/{keyId}", unknown=404),
            Ask("DELETE /api/fleet/enrollment_api_keys/{keyId}", unknown=404),
            Ask("POST /api/fleet/enrollment_api_keys/_bulk_delete", {"ids": [NO_SUCH_ID]}),
        ),
        nobody=for_nobody(
            "KBN-REQ-FLKEY-001",
            "Without credentials nobody lists, reads, makes or revokes an enrollment key.",
        ),
        changes=for_changes("KBN-REQ-FLKEY-002", "A viewer makes and revokes no enrollment key."),
        reads=for_reads(
            "KBN-REQ-FLKEY-003",
            "A viewer reads no enrollment key: whoever has it can bring agents.",
            level="MUST",
        ),
        unknown=for_unknown(
            "KBN-REQ-FLKEY-004",
            "An enrollment key that does not exist is answered 404, whatever is asked of it.",
        ),
    ),
    Access(
        "fleet_internals",
        asks=(
            Ask("GET /api/fleet/check-permissions"),
            Ask("GET /api/fleet/settings"),
            Ask("PUT /api/fleet/settings", {"prerelease_integrations_enabled": False}),
            Ask("POST /api/fleet/setup"),
            Ask("POST /api/fleet/health_check", {"id": NO_SUCH_ID}),
            Ask("GET /api/fleet/space_settings"),
            Ask("PUT /api/fleet/space_settings", {"allowed_namespace_prefixes": ["takenover"]}),
        ),
        nobody=for_nobody(
            "KBN-REQ-FLEET-001",
            "Without credentials nobody reads or changes settings of Fleet, sets it up, or learns their rights in it.",
        ),
        changes=for_changes("KBN-REQ-FLEET-002", "A viewer changes no setting of Fleet."),
        reads=for_reads(
            "KBN-REQ-FLEET-003",
            "A viewer reads the settings of Fleet where the privileges of the operation are for readers.",
        ),
    ),
    Access(
        "fleet_package_policies",
        asks=(
            Ask("GET /api/fleet/package_policies"),
            Ask("POST /api/fleet/package_policies", NOWHERE, unknown=404),
            Ask("POST /api/fleet/package_policies/_bulk_get", {"ids": [NO_SUCH_ID]}, unknown=404),
            Ask("GET /api/fleet/package_policies/{packagePolicyId}", unknown=404),
            Ask("PUT /api/fleet/package_policies/{packagePolicyId}", NOWHERE, unknown=404),
            Ask("DELETE /api/fleet/package_policies/{packagePolicyId}", unknown=404),
            Ask("POST /api/fleet/package_policies/delete", {"packagePolicyIds": [NO_SUCH_ID], "force": True}),
            Ask("POST /api/fleet/package_policies/upgrade", {"packagePolicyIds": [NO_SUCH_ID]}),
            Ask("POST /api/fleet/package_policies/upgrade/dryrun", {"packagePolicyIds": [NO_SUCH_ID]}),
        ),
        nobody=for_nobody(
            "KBN-REQ-FLPKG-001",
            "Without credentials nobody lists, reads, makes, changes, upgrades or deletes a package policy.",
        ),
        changes=for_changes(
            "KBN-REQ-FLPKG-002", "A viewer makes, changes, upgrades and deletes no package policy."
        ),
        reads=for_reads(
            "KBN-REQ-FLPKG-003",
            "A viewer reads package policies where the privileges of the operation are for readers.",
        ),
        unknown=for_unknown(
            "KBN-REQ-FLPKG-004",
            "A package policy that does not exist is answered 404; so is one that is to go into no agent policy.",
        ),
    ),
    Access(
        "fleet_remote_synced_integrations",
        asks=(
            Ask("GET /api/fleet/remote_synced_integrations/status"),
            Ask("GET /api/fleet/remote_synced_integrations/{outputId}/remote_status"),
        ),
        nobody=for_nobody("KBN-REQ-FLSYNC-001", "Without credentials nobody reads what is synchronised."),
        reads=for_reads(
            "KBN-REQ-FLSYNC-002",
            "A viewer reads what is synchronised where the privileges of the operation are for readers.",
            license="enterprise",
        ),
    ),
    Access(
        "fleet_service_tokens",
        asks=(Ask("POST /api/fleet/service_tokens", {"remote": False}),),
        nobody=for_nobody("KBN-REQ-FLTOKEN-001", "Without credentials nobody gets a service token."),
        changes=for_changes("KBN-REQ-FLTOKEN-002", "A viewer gets no service token."),
    ),
    Access(
        "fleet_uninstall_tokens",
        asks=(
            Ask("GET /api/fleet/uninstall_tokens"),
            Ask("GET /api/fleet/uninstall_tokens/{uninstallTokenId}", unknown=404),
            Ask("POST /api/fleet/uninstall_tokens/{agentPolicyId}/rotate"),
        ),
        nobody=for_nobody(
            "KBN-REQ-FLUNIN-001", "Without credentials nobody lists, reads or changes an uninstall token."
        ),
        changes=for_changes("KBN-REQ-FLUNIN-002", "A viewer changes no uninstall token."),
        reads=for_reads(
            "KBN-REQ-FLUNIN-003",
            "A viewer reads no uninstall token: whoever has it can take protection away.",
            level="MUST",
            tier="smoke",
        ),
        unknown=for_unknown("KBN-REQ-FLUNIN-004", "An uninstall token that does not exist is answered 404."),
    ),
    Access(
        "message_signing_service",
        # Without the acknowledgement nothing is changed, even where somebody is let in who should not be.
        asks=(Ask("POST /api/fleet/message_signing_service/rotate_key_pair"),),
        nobody=for_nobody("KBN-REQ-FLSIGN-001", "Without credentials nobody changes the key pair."),
        changes=for_changes("KBN-REQ-FLSIGN-002", "A viewer does not change the key pair."),
    ),
)
