"""A client library that nobody here wrote, kibana-py from PyPI, does its ordinary work unchanged: Fleet, assistants
and what is kept as code; ``test_independent_clients.py`` says the rest.
"""

import pytest

pytest.importorskip("kibana", reason="kibana-py is not installed")
from kibana import Kibana
from kibana.exceptions import BadRequestError, ConflictError, NotFoundError


class TestFleet:
    def test_setup_permissions_and_settings(self, independent: Kibana) -> None:
        fleet = independent.fleet
        assert fleet.setup().body["isInitialized"] is True
        assert fleet.check_permissions().body["success"] is True
        fleet.update_settings(prerelease_integrations_enabled=True)
        assert fleet.get_settings().body["item"]["prerelease_integrations_enabled"] is True
        fleet.update_settings(prerelease_integrations_enabled=False)
        with pytest.raises(NotFoundError):
            fleet.health_check(id="none")

    def test_space_settings(self, independent: Kibana) -> None:
        independent.fleet.update_space_settings(allowed_namespace_prefixes=["abc"])
        assert independent.fleet.get_space_settings().body["item"]["allowed_namespace_prefixes"] == ["abc"]
        independent.fleet.update_space_settings(allowed_namespace_prefixes=[])
        with pytest.raises(BadRequestError):
            independent.fleet.update_space_settings(allowed_namespace_prefixes=["a-b"])

    def test_an_agent_policy_lives_and_dies(self, independent: Kibana, name: str) -> None:
        policies = independent.fleet_policies
        made = policies.create_agent_policy(name=name, namespace="default").body["item"]
        with pytest.raises(ConflictError):
            policies.create_agent_policy(name=name, namespace="default")
        changed = policies.update_agent_policy(
            agent_policy_id=made["id"], name=f"{name}2", namespace="default"
        )
        assert changed.body["item"]["revision"] == made["revision"] + 1
        copied = policies.copy_agent_policy(agent_policy_id=made["id"], name=f"{name}3").body["item"]["id"]
        assert policies.bulk_get_agent_policies(ids=[made["id"], copied]).body["items"][1]["id"] == copied
        found = policies.get_agent_policies(kuery=f'ingest-agent-policies.name:"{name}2"').body
        assert (found["total"], found["items"][0]["id"]) == (1, made["id"])
        assert policies.get_full_agent_policy(agent_policy_id=made["id"]).body["item"]
        assert "id:" in str(policies.download_agent_policy(agent_policy_id=made["id"]).body)
        for policy_id in (made["id"], copied):
            policies.delete_agent_policy(agent_policy_id=policy_id)
        with pytest.raises(NotFoundError):
            policies.get_agent_policy(agent_policy_id=made["id"])

    def test_a_package_policy_lives_and_dies(self, independent: Kibana, policy: str, name: str) -> None:
        policies = independent.fleet_policies
        version = independent.fleet_epm.get_package(pkg_name="udp").body["item"]["version"]
        package = {"name": "udp", "version": version}
        made = policies.create_package_policy(name=name, package=package, policy_ids=[policy]).body["item"]
        with pytest.raises(ConflictError):
            policies.create_package_policy(name=name, package=package, policy_ids=[policy])
        policies.update_package_policy(package_policy_id=made["id"], package=package, name=f"{name}2")
        assert policies.get_package_policy(package_policy_id=made["id"]).body["item"]["name"] == f"{name}2"
        assert policies.bulk_get_package_policies(ids=[made["id"]]).body["items"][0]["id"] == made["id"]
        gone = policies.bulk_delete_package_policies(package_policy_ids=[made["id"]], force=True).body
        assert gone[0]["success"] is True
        with pytest.raises(NotFoundError):
            policies.get_package_policy(package_policy_id=made["id"])

    def test_packages_are_known_and_installed(self, independent: Kibana) -> None:
        epm = independent.fleet_epm
        assert epm.get_categories().body["items"]
        assert any(p["name"] == "tcp" for p in epm.get_packages().body["items"])
        epm.install_package(pkg_name="tcp", force=True)
        assert epm.get_package(pkg_name="tcp").body["item"]["status"] == "installed"
        assert any(p["name"] == "tcp" for p in epm.get_installed_packages().body["items"])
        epm.uninstall_package(pkg_name="tcp", force=True)
        with pytest.raises(NotFoundError):
            epm.get_package(pkg_name="no-such-package")
        assert "id" in epm.get_verification_key_id().body
        assert epm.get_limited_packages().body["items"]

    def test_outputs_hosts_proxies_and_sources_live_and_die(self, independent: Kibana, name: str) -> None:
        out = independent.fleet_outputs
        output = out.create_output(name=name, type="elasticsearch", hosts=["http://localhost:9200"]).body[
            "item"
        ]
        out.update_output(output_id=output["id"], name=f"{name}2")
        assert out.get_output(output_id=output["id"]).body["item"]["name"] == f"{name}2"
        assert "state" in out.get_output_health(output_id=output["id"]).body
        out.delete_output(output_id=output["id"])
        with pytest.raises(NotFoundError):
            out.get_output(output_id=output["id"])
        host = out.create_fleet_server_host(name=name, host_urls=["https://f.example.com:8220"]).body["item"]
        out.update_fleet_server_host(item_id=host["id"], name=f"{name}2")
        assert any(h["name"] == f"{name}2" for h in out.get_fleet_server_hosts().body["items"])
        out.delete_fleet_server_host(item_id=host["id"])
        proxy = out.create_proxy(name=name, url="https://p.example.com:3128").body["item"]
        out.update_proxy(item_id=proxy["id"], name=f"{name}2")
        assert out.get_proxy(item_id=proxy["id"]).body["item"]["name"] == f"{name}2"
        out.delete_proxy(item_id=proxy["id"])
        source = out.create_agent_download_source(name=name, host="https://a.example.com/").body["item"]
        out.update_agent_download_source(
            source_id=source["id"], name=f"{name}2", host="https://b.example.com/"
        )
        assert any(s["name"] == f"{name}2" for s in out.get_agent_download_sources().body["items"])
        out.delete_agent_download_source(source_id=source["id"])

    def test_enrollment_keys_and_tokens(self, independent: Kibana, policy: str, name: str) -> None:
        enrollment = independent.fleet_enrollment
        key = enrollment.create_key(policy_id=policy, name=name).body["item"]
        assert enrollment.delete_key(key_id=key["id"]).body["action"] == "deleted"
        assert enrollment.get_key(key_id=key["id"]).body["item"]["active"] is False
        token = enrollment.get_uninstall_tokens(policy_id=policy).body["items"][0]
        assert enrollment.get_uninstall_token(uninstall_token_id=token["id"]).body["item"]["token"]
        with pytest.raises(BadRequestError):
            enrollment.rotate_message_signing_key_pair()

    def test_agents_are_counted(self, independent: Kibana) -> None:
        agents = independent.fleet_agents
        assert agents.get_all().body["total"] == agents.get_status().body["results"]["all"]
        assert agents.get_available_versions().body["items"]
        with pytest.raises(NotFoundError):
            agents.get(agent_id="none")


class TestAssistants:
    def test_a_conversation_lives_and_dies(self, independent: Kibana, name: str) -> None:
        assistant = independent.security_ai_assistant
        made = assistant.create_conversation(title=name, category="assistant").body
        assistant.update_conversation(id=made["id"], title=f"{name} 2")
        assert assistant.get_conversation(id=made["id"]).body["title"] == f"{name} 2"
        assert assistant.find_conversations(per_page=100).body["total"] >= 1
        assistant.delete_conversation(id=made["id"])
        with pytest.raises(NotFoundError):
            assistant.get_conversation(id=made["id"])

    def test_prompts_are_changed_together(self, independent: Kibana, name: str) -> None:
        prompt = {"name": name, "content": "c", "promptType": "quick"}
        done = independent.security_ai_assistant.bulk_action_prompts(create=[prompt]).body
        made = done["attributes"]["results"]["created"][0]
        assert independent.security_ai_assistant.find_prompts(per_page=100).body["total"] >= 1
        gone = independent.security_ai_assistant.bulk_action_prompts(delete={"ids": [made["id"]]}).body
        assert gone["attributes"]["results"]["deleted"] == [made["id"]]

    def test_an_attack_discovery_schedule_lives_and_dies(self, independent: Kibana, name: str) -> None:
        discovery = independent.attack_discovery
        api = {"connectorId": "c", "actionTypeId": ".gen-ai", "name": "c"}
        params = {
            "alerts_index_pattern": ".alerts-security.alerts-default",
            "api_config": api,
            "size": 25,
        }
        made = discovery.create_schedule(name=name, params=params, schedule={"interval": "24h"}).body
        discovery.enable_schedule(id=made["id"])
        assert discovery.get_schedule(id=made["id"]).body["enabled"] is True
        discovery.disable_schedule(id=made["id"])
        assert discovery.find_schedules().body["total"] >= 1
        assert discovery.find().body["data"] == []
        discovery.delete_schedule(id=made["id"])
        with pytest.raises(NotFoundError):
            discovery.get_schedule(id=made["id"])

    def test_tools_and_agents_live_and_die(self, independent: Kibana, name: str) -> None:
        builder, query = independent.agent_builder, {"query": "FROM x | LIMIT 1", "params": {}}
        builder.create_tool(id=name, type="esql", description="d", configuration=query)
        builder.update_tool(tool_id=name, description="e")
        assert builder.get_tool(tool_id=name).body["description"] == "e"
        builder.create_agent(
            id=name,
            name=name,
            description="d",
            configuration={"instructions": "", "tools": [{"tool_ids": [name]}]},
        )
        builder.update_agent(id=name, description="e")
        assert builder.get_agent(id=name).body["description"] == "e"
        assert {name, "elastic-ai-agent"} <= {a["id"] for a in builder.list_agents().body["results"]}
        builder.delete_agent(id=name)
        builder.delete_tool(tool_id=name)
        with pytest.raises(NotFoundError):
            builder.get_tool(tool_id=name)

    def test_clients_of_the_model_context_protocol_are_answered(self, independent: Kibana, name: str) -> None:
        asked = {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}
        answer = independent.agent_builder.send_mcp_request(payload=asked).body
        assert (answer["id"], "tools" in answer["result"]) == (7, True)


class TestAsCode:
    def test_a_dashboard_lives_and_dies(self, independent: Kibana, name: str) -> None:
        dashboards = independent.dashboards
        made = dashboards.create(title=name).body
        dashboards.update(id=made["id"], title=f"{name} 2")
        assert dashboards.get(id=made["id"]).body["data"]["title"] == f"{name} 2"
        assert any(d["id"] == made["id"] for d in dashboards.get_all(per_page=100).body["dashboards"])
        dashboards.delete(id=made["id"])
        with pytest.raises(NotFoundError):
            dashboards.get(id=made["id"])

    def test_a_visualization_lives_and_dies(self, independent: Kibana, name: str) -> None:
        visualizations, metric = independent.visualizations, {"type": "metric", "title": name}
        made = visualizations.create(data=metric).body
        visualizations.update(id=made["id"], data={**metric, "title": f"{name} 2"})
        assert visualizations.get(id=made["id"]).body["data"]["title"] == f"{name} 2"
        assert visualizations.get_all(query=name).body["meta"]["total"] == 1
        visualizations.delete(id=made["id"])
        with pytest.raises(NotFoundError):
            visualizations.get(id=made["id"])

    def test_a_workflow_lives_and_dies(self, independent: Kibana, name: str) -> None:
        workflows = independent.workflows
        step = "steps:\n  - name: s\n    type: console\n    with:\n      message: hi\n"
        yaml = f"name: {name}\nenabled: true\ntriggers:\n  - type: manual\n{step}"
        made = workflows.create(yaml=yaml, id=name).body
        assert (made["id"], made["name"]) == (name, name)
        workflows.update(id=name, description="d")
        assert workflows.get(id=name).body["description"] == "d"
        assert workflows.clone(id=name).body["id"] != name
        assert any(w["id"] == name for w in workflows.get_all(size=100).body["results"])
        run = workflows.run(id=name, inputs={}).body["workflowExecutionId"]
        assert workflows.get_execution(execution_id=run).body["status"] == "completed"
        workflows.delete(id=name, force=True)
        with pytest.raises(NotFoundError):
            workflows.get(id=name)
