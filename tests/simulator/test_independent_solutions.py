"""A client library that nobody here wrote, kibana-py from PyPI, does its ordinary work unchanged: the solutions.

Security and observability; ``test_independent_clients.py`` says the rest.
"""

import json
from typing import Any

import pytest

pytest.importorskip("kibana", reason="kibana-py is not installed")
from kibana import Kibana
from kibana.exceptions import ApiError, BadRequestError, ConflictError, NotFoundError

Json = Any
RULE = {"type": "query", "name": "r", "description": "d", "severity": "low", "risk_score": 21, "query": "a:b"}
ENTRIES = [{"field": "host.name", "operator": "included", "type": "match", "value": "x"}]
INDICATOR = {
    "type": "sli.kql.custom",
    "params": {"index": "x*", "good": "status: ok", "total": "", "timestampField": "@timestamp"},
}


def _lines(body: Json) -> list[Json]:
    if isinstance(body, list):
        return body
    text = body.decode() if isinstance(body, bytes) else str(body)
    return [json.loads(line) for line in text.splitlines() if line]


class TestDetections:
    def test_a_rule_lives_and_dies(self, independent: Kibana, name: str) -> None:
        engine = independent.detection_engine
        made = engine.create_rule(**RULE, rule_id=name, tags=[name], enabled=False).body
        with pytest.raises(ConflictError):
            engine.create_rule(**RULE, rule_id=name)
        engine.patch_rule(rule_id=name, severity="high")
        assert engine.get_rule(id=made["id"]).body["severity"] == "high"
        engine.update_rule(**{**RULE, "name": "renamed"}, rule_id=name)
        read = engine.get_rule(rule_id=name).body
        assert (read["name"], read["tags"], read["severity"]) == ("renamed", [], "low")
        assert engine.find_rules(filter='alert.attributes.name: "renamed"').body["total"] == 1
        engine.delete_rule(rule_id=name)
        with pytest.raises(NotFoundError, match="not found"):
            engine.get_rule(rule_id=name)

    def test_rules_are_changed_together(self, independent: Kibana, name: str) -> None:
        engine = independent.detection_engine
        made = engine.create_rule(**RULE, rule_id=name, tags=[name]).body
        tags = [{"type": "add_tags", "value": ["together"]}]
        done = engine.bulk_action_rules(action="edit", ids=[made["id"]], edit=tags).body
        assert done["attributes"]["summary"]["succeeded"] == 1
        assert "together" in engine.get_tags().body
        with pytest.raises(ApiError):
            engine.bulk_action_rules(action="delete", ids=["00000000-0000-4000-8000-000000000000"])

    def test_what_is_exported_can_be_imported(self, independent: Kibana, name: str) -> None:
        engine = independent.detection_engine
        engine.create_rule(**RULE, rule_id=name)
        lines = _lines(engine.export_rules(objects=[{"rule_id": name}]).body)
        assert (lines[0]["rule_id"], lines[-1]["exported_count"]) == (name, 1)
        file = "\n".join(json.dumps(line) for line in lines)
        again = engine.import_rules(file=file).body
        assert (again["success"], again["errors"][0]["error"]["status_code"]) == (False, 409)
        assert engine.import_rules(file=file, overwrite=True).body["success"] is True

    def test_alerts_are_searched_and_marked(self, independent: Kibana, name: str) -> None:
        engine = independent.detection_engine
        engine.create_alerts_index()
        assert engine.get_alerts_index().body["name"]
        assert engine.search_alerts(query={"match_all": {}}, size=1).body["hits"]["hits"] == []
        engine.set_alert_status(status="closed", signal_ids=[name])
        assert "is_authenticated" in engine.get_privileges().body
        assert "rules_installed" in engine.get_prepackaged_rules_status().body


class TestExceptions:
    def test_a_list_and_its_items_live_and_die(self, independent: Kibana, name: str) -> None:
        lists = independent.exception_lists
        made = lists.create(name=name, description="d", type="detection", list_id=name).body
        with pytest.raises(ConflictError):
            lists.create(name=name, description="d", type="detection", list_id=name)
        item = lists.create_item(list_id=name, name="i", description="d", entries=ENTRIES, item_id=name).body
        assert lists.find_items(list_id=name).body["data"][0]["item_id"] == name
        lists.update_item(item_id=name, name="j", description="d", entries=ENTRIES, _version=item["_version"])
        with pytest.raises(ConflictError):
            lists.update_item(
                item_id=name, name="k", description="d", entries=ENTRIES, _version=item["_version"]
            )
        lists.update(list_id=name, name="renamed", description="d", type="detection")
        assert lists.get(list_id=name).body["name"] == "renamed"
        assert lists.find(filter=f"exception-list.attributes.list_id:{name}").body["total"] == 1
        assert lists.get_summary(list_id=name).body["total"] == 1
        assert _lines(lists.export(id=made["id"], list_id=name, namespace_type="single").body)
        assert lists.duplicate(list_id=name, namespace_type="single").body["list_id"] != name
        lists.delete_item(item_id=name)
        lists.delete(list_id=name)
        with pytest.raises(NotFoundError, match="does not exist"):
            lists.get(list_id=name)

    def test_endpoint_exceptions(self, independent: Kibana, name: str) -> None:
        lists = independent.exception_lists
        lists.create_endpoint_list()
        lists.create_endpoint_list()
        lists.create_endpoint_item(
            name=name, description="d", entries=ENTRIES, item_id=name, os_types=["linux"]
        )
        assert lists.get_endpoint_item(item_id=name).body["item_id"] == name
        lists.update_endpoint_item(name="j", description="d", entries=ENTRIES, item_id=name)
        assert lists.find_endpoint_items().body["total"] >= 1
        lists.delete_endpoint_item(item_id=name)
        with pytest.raises(NotFoundError):
            lists.get_endpoint_item(item_id=name)

    def test_exceptions_of_a_rule(self, independent: Kibana, name: str) -> None:
        rule = independent.detection_engine.create_rule(**RULE, rule_id=name).body
        item = {"name": "i", "description": "d", "entries": ENTRIES, "type": "simple"}
        made = independent.exception_lists.create_rule_exceptions(id=rule["id"], items=[item]).body
        assert made[0]["name"] == "i"
        assert independent.exception_lists.create_shared_list(name=name, description="d").body["list_id"]


class TestLists:
    def test_a_value_list_and_its_items_live_and_die(self, independent: Kibana, name: str) -> None:
        lists = independent.lists
        lists.create_index()
        assert lists.get_index_status().body == {"list_index": True, "list_item_index": True}
        lists.create(id=name, name=name, description="d", type="keyword")
        with pytest.raises(ConflictError):
            lists.create(id=name, name=name, description="d", type="keyword")
        lists.update(id=name, name="renamed", description="d")
        lists.patch(id=name, description="patched")
        read = lists.get(id=name).body
        assert (read["name"], read["description"]) == ("renamed", "patched")
        item = lists.create_item(list_id=name, value="v").body
        lists.update_item(id=item["id"], value="w")
        lists.patch_item(id=item["id"], value="x")
        assert lists.get_item(list_id=name, value="x").body[0]["id"] == item["id"]
        assert lists.find_items(list_id=name).body["total"] == 1
        assert any(row["id"] == name for row in lists.find(per_page=100).body["data"])
        lists.import_items(file="one\ntwo\n", list_id=name, type="keyword")
        assert set(lists.export_items(list_id=name).body) == {"one", "two", "x"}
        lists.delete_item(id=item["id"])
        lists.delete(id=name)
        with pytest.raises(NotFoundError):
            lists.get(id=name)
        assert "is_authenticated" in lists.get_privileges().body


class TestTimelines:
    def test_a_timeline_lives_and_dies(self, independent: Kibana, name: str) -> None:
        timelines = independent.timeline
        made = timelines.create(timeline={"title": name}).body
        timeline_id = made["savedObjectId"]
        timelines.update(timeline_id=timeline_id, version=made["version"], timeline={"title": f"{name} 2"})
        assert timelines.get(id=timeline_id).body["title"] == f"{name} 2"
        assert timelines.resolve(id=timeline_id).body["outcome"] == "exactMatch"
        listed = timelines.get_all(search=name, page_size=10, page_index=1).body["timeline"]
        assert [t["savedObjectId"] for t in listed] == [timeline_id]
        assert timelines.favorite(timeline_id=timeline_id).body["favorite"]
        assert _lines(timelines.export(file_name="t.ndjson", ids=[timeline_id]).body)
        timelines.delete(saved_object_ids=[timeline_id])
        with pytest.raises(NotFoundError):
            timelines.get(id=timeline_id)

    def test_notes_and_pins(self, independent: Kibana, name: str) -> None:
        timelines = independent.timeline
        timeline_id = timelines.create(timeline={"title": name}).body["savedObjectId"]
        note = timelines.create_note(note={"timelineId": timeline_id, "note": "n", "eventId": "e"}).body[
            "note"
        ]
        assert timelines.get_notes(saved_object_ids=[timeline_id]).body["totalCount"] == 1
        timelines.delete_notes(note_id=note["noteId"])
        pinned = timelines.pin_event(event_id="e", timeline_id=timeline_id).body
        timelines.unpin_event(event_id="e", timeline_id=timeline_id, pinned_event_id=pinned["pinnedEventId"])
        assert timelines.get_notes(saved_object_ids=[timeline_id]).body["totalCount"] == 0

    def test_what_is_in_a_file_is_imported(self, independent: Kibana, name: str) -> None:
        row = {"savedObjectId": name, "version": "1", "title": name, "timelineType": "default"}
        taken = independent.timeline.import_timelines(file=json.dumps(row) + "\n").body
        assert (taken["success"], taken["success_count"]) == (True, 1)

    def test_drafts_copies_and_templates(self, independent: Kibana, name: str) -> None:
        timelines = independent.timeline
        assert timelines.get_draft(timeline_type="default").body["status"] == "draft"
        assert timelines.clean_draft(timeline_type="default").body["savedObjectId"]
        made = timelines.create(timeline={"title": name}).body["savedObjectId"]
        copied = timelines.copy(timeline_id_to_copy=made, timeline={"title": "copy"}).body
        assert copied["savedObjectId"] != made


class TestOsquery:
    def test_a_pack_lives_and_dies(self, independent: Kibana, name: str) -> None:
        osquery, queries = independent.osquery, {"q": {"query": "select 1;", "interval": 3600}}
        made = osquery.create_pack(name=name, queries=queries, enabled=False).body["data"]["saved_object_id"]
        osquery.update_pack(id=made, name=f"{name}2", queries=queries, enabled=False)
        assert osquery.get_pack(id=made).body["data"]["name"] == f"{name}2"
        assert osquery.find_packs().body["total"] >= 1
        osquery.delete_pack(id=made)
        with pytest.raises(ApiError):
            osquery.get_pack(id=made)

    def test_a_query_lives_and_dies(self, independent: Kibana, name: str) -> None:
        osquery = independent.osquery
        made = osquery.create_saved_query(id=name, query="select 1;", interval="60").body["data"]
        osquery.update_saved_query(id=made["saved_object_id"], new_id=name, query="select 2;", interval="120")
        assert osquery.get_saved_query(id=made["saved_object_id"]).body["data"]["query"] == "select 2;"
        assert osquery.find_saved_queries().body["total"] >= 1
        osquery.delete_saved_query(id=made["saved_object_id"])
        with pytest.raises(ApiError):
            osquery.get_saved_query(id=made["saved_object_id"])
        assert "items" in osquery.find_live_queries().body["data"]


class TestEntityAnalytics:
    def test_criticality_lives_and_dies(self, independent: Kibana, name: str) -> None:
        entities, key = independent.entity_analytics, {"id_field": "host.name", "id_value": name}
        entities.create_asset_criticality(**key, criticality_level="low_impact", refresh="wait_for")
        entities.create_asset_criticality(**key, criticality_level="high_impact")
        assert entities.get_asset_criticality(**key).body["criticality_level"] == "high_impact"
        assert entities.find_asset_criticality(kuery=f"id_value: {name}").body["total"] == 1
        record = {**key, "criticality_level": "medium_impact"}
        stats = entities.bulk_upsert_asset_criticality(records=[record]).body["stats"]
        assert (stats["successful"], stats["failed"]) == (1, 0)
        assert entities.delete_asset_criticality(**key).body["deleted"] is True
        with pytest.raises(NotFoundError):
            entities.get_asset_criticality(**key)

    def test_the_monitoring_engine_is_watched(self, independent: Kibana) -> None:
        assert independent.entity_analytics.get_monitoring_health().body["status"]
        assert isinstance(independent.entity_analytics.list_monitored_users().body, list)

    def test_the_entity_store_is_installed_and_taken_away(self, independent: Kibana) -> None:
        store = independent.entity_analytics
        assert store.get_entity_store_status().body["status"] == "not_installed"
        assert store.install_entity_store(entity_types=["host"]).meta.status == 201
        assert store.install_entity_store(entity_types=["host"]).meta.status == 200
        store.create_entity(entity_type="host", document={"host": {"name": "a"}})
        with pytest.raises(ConflictError):
            store.create_entity(entity_type="host", document={"host": {"name": "a"}})
        store.stop_entity_store(entity_types=["host"])
        assert store.get_entity_store_status().body["status"] == "stopped"
        store.start_entity_store(entity_types=["host"])
        assert store.list_entities().body["total"] == 1
        store.delete_entity(entity_id="host:a")
        store.uninstall_entity_store(entity_types=["host"])


class TestEndpoint:
    def test_hosts_are_listed(self, independent: Kibana) -> None:
        assert independent.endpoint.get_metadata_list().body["total"] == 1
        assert "canEncrypt" in independent.endpoint.get_actions_state().body["data"]

    def test_actions_on_unknown_hosts_are_refused(self, independent: Kibana, name: str) -> None:
        with pytest.raises(ApiError):
            independent.endpoint.isolate(endpoint_ids=[name])
        with pytest.raises(NotFoundError):
            independent.endpoint.get_protection_updates_note(package_policy_id=name)


class TestApm:
    def test_a_configuration_lives_and_dies(self, independent: Kibana, name: str) -> None:
        apm, settings = independent.apm, {"transaction_sample_rate": "0.3"}
        service = {"service_name": name, "service_environment": "t"}
        apm.create_or_update_agent_configuration(settings=settings, **service)
        with pytest.raises(BadRequestError):
            apm.create_or_update_agent_configuration(settings=settings, **service)
        apm.create_or_update_agent_configuration(
            settings={"transaction_sample_rate": "0.5"}, overwrite=True, **service
        )
        read = apm.get_agent_configuration(name=name, environment="t").body
        assert read["settings"] == {"transaction_sample_rate": "0.5"}
        assert any(
            c["service"]["name"] == name for c in apm.get_agent_configurations().body["configurations"]
        )
        assert apm.search_agent_configurations(**service).body["_source"]["service"]["name"] == name
        assert apm.delete_agent_configuration(**service).body["result"] == "deleted"
        with pytest.raises(NotFoundError):
            apm.get_agent_configuration(name=name, environment="t")

    def test_source_maps_are_kept(self, independent: Kibana, name: str) -> None:
        made = independent.apm.upload_sourcemap(
            service_name=name, service_version="1", bundle_filepath="/a.js", sourcemap={"version": 3}
        ).body
        assert any(a["id"] == made["id"] for a in independent.apm.get_sourcemaps().body["artifacts"])
        independent.apm.delete_sourcemap(id=made["id"])

    def test_environments_and_annotations(self, independent: Kibana, name: str) -> None:
        assert independent.apm.get_environments().body["environments"]
        made = independent.apm.create_annotation(
            service_name=name, timestamp="2026-01-01T00:00:00.000Z", service_version="1"
        )
        assert made.body["_id"]
        with pytest.raises(BadRequestError):
            independent.apm.search_annotations(service_name=name)


class TestSlos:
    def test_an_slo_lives_and_dies(self, independent: Kibana, name: str) -> None:
        slos = independent.slos
        made = slos.create(
            name=name,
            description="d",
            indicator=INDICATOR,
            time_window={"duration": "7d", "type": "rolling"},
            budgeting_method="occurrences",
            objective={"target": 0.99},
            id=name,
        )
        assert made.body["id"] == name
        slos.update(slo_id=name, name="renamed")
        read = slos.get(slo_id=name).body
        assert (read["name"], read["enabled"], "summary" in read) == ("renamed", True, True)
        slos.disable(slo_id=name)
        assert slos.get(slo_id=name).body["enabled"] is False
        slos.enable(slo_id=name)
        slos.reset(slo_id=name)
        assert slos.find(per_page=100).body["total"] >= 1
        assert slos.find_definitions(search="renamed").body["results"][0]["id"] == name
        slos.delete(slo_id=name)
        with pytest.raises(NotFoundError):
            slos.get(slo_id=name)

    def test_slos_are_deleted_together(self, independent: Kibana, name: str) -> None:
        task = independent.slos.bulk_delete(slo_ids=[name]).body["taskId"]
        assert "isDone" in independent.slos.bulk_delete_status(task_id=task).body


class TestSynthetics:
    def test_a_monitor_lives_and_dies(self, independent: Kibana, policy: str, name: str) -> None:
        synthetics = independent.synthetics
        place = synthetics.create_private_location(label=name, agent_policy_id=policy).body
        assert any(p["id"] == place["id"] for p in synthetics.get_private_locations().body)
        made = synthetics.create_monitor(
            type="http", name=name, url="https://example.com", private_locations=[name]
        ).body
        synthetics.update_monitor(id=made["id"], name="renamed")
        assert synthetics.get_monitor(id=made["id"]).body["name"] == "renamed"
        assert synthetics.get_monitors(query="renamed").body["total"] >= 1
        assert synthetics.test_monitor(monitor_id=made["id"]).body["testRunId"]
        assert synthetics.delete_monitor(id=made["id"]).body[0]["deleted"] is True
        with pytest.raises(NotFoundError):
            synthetics.get_monitor(id=made["id"])
        synthetics.delete_private_location(id=place["id"])

    def test_monitors_without_a_place_are_refused(self, independent: Kibana, name: str) -> None:
        with pytest.raises(BadRequestError, match="location"):
            independent.synthetics.create_monitor(type="http", name=name, url="https://example.com")

    def test_a_parameter_lives_and_dies(self, independent: Kibana, name: str) -> None:
        synthetics = independent.synthetics
        made = synthetics.create_param(key=name, value="v").body
        synthetics.update_param(id=made["id"], key=f"{name}2", value="w")
        assert synthetics.get_param(id=made["id"]).body["key"] == f"{name}2"
        assert any(p["id"] == made["id"] for p in synthetics.get_params().body)
        assert synthetics.bulk_delete_params(ids=[made["id"]]).body[0]["deleted"] is True


class TestStreams:
    def test_streams_are_read(self, independent: Kibana) -> None:
        root = self._root(independent)
        assert independent.streams.get(name=root).body["stream"]["name"] == root

    def test_a_stream_is_forked_and_dies(self, independent: Kibana, name: str) -> None:
        root = self._root(independent)
        child = f"{root}.{name}"
        independent.streams.fork(name=root, stream_name=child, where={"field": "a", "eq": "b"})
        assert independent.streams.get_ingest(name=child).body["ingest"]
        assert independent.streams.delete(name=child).body["acknowledged"] is True
        with pytest.raises(NotFoundError):
            independent.streams.get(name=child)

    @staticmethod
    def _root(independent: Kibana) -> str:
        independent.streams.enable()
        names = {s["name"] for s in independent.streams.get_all().body["streams"]}
        return next(name for name in ("logs.otel", "logs") if name in names)


class TestUptime:
    def test_settings_are_merged(self, independent: Kibana) -> None:
        uptime = independent.uptime
        uptime.update_settings(cert_expiration_threshold=31)
        uptime.update_settings(cert_age_threshold=700)
        read = uptime.get_settings().body
        assert (read["certExpirationThreshold"], read["certAgeThreshold"]) == (31, 700)
