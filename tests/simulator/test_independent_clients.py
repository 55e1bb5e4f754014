"""A client library that nobody here wrote, kibana-py from PyPI, does its ordinary work unchanged: the platform.

Each test is what a user of that library does with one namespace, in the library's own words and caught in its own
exceptions. Its author tested every call against a live Kibana 9.4.3, so what it sends and takes is what Kibana does.
The rest is in ``test_independent_solutions.py`` and ``test_independent_fleet.py``.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytest.importorskip("kibana", reason="kibana-py is not installed")
from kibana import Kibana
from kibana.exceptions import BadRequestError, ConflictError, NotFoundError

Json = Any
ES_QUERY = {
    "searchType": "esQuery",
    "index": ["none"],
    "size": 1,
    "timeField": "@timestamp",
    "threshold": [0],
    "esQuery": '{"query":{"match_all":{}}}',
    "thresholdComparator": ">",
    "timeWindowSize": 5,
    "timeWindowUnit": "m",
}


@pytest.fixture
def space(independent: Kibana, name: str) -> Iterator[str]:
    """A space that goes away."""
    independent.spaces.create(id=name, name=name)
    yield name
    independent.spaces.delete(id=name)


class TestSystem:
    def test_status_tells_a_version_and_that_it_is_available(self, independent: Kibana) -> None:
        status = independent.status.get_status().body
        assert status["status"]["overall"]["level"] == "available"
        assert status["version"]["number"][0].isdigit()
        assert independent.status.get_status(v7format=True).body["status"]["overall"]["state"] == "green"

    def test_features_are_listed(self, independent: Kibana) -> None:
        assert {"id", "name"} <= set(independent.status.get_features().body[0])

    def test_stats_are_there_though_no_contract_names_them(self, independent: Kibana) -> None:
        assert independent.status.get_stats(extended=True).body

    def test_tasks_upgrade_and_jobs_can_be_looked_at(self, independent: Kibana) -> None:
        assert independent.task_manager.health().body["status"] in ("OK", "warn", "error")
        assert "readyForUpgrade" in independent.upgrade_assistant.status().body
        assert "datafeedsAdded" in independent.ml.sync(simulate=True).body

    def test_jobs_that_are_unknown_fail_one_by_one(self, independent: Kibana) -> None:
        answer = independent.ml.update_jobs_spaces(
            job_ids=["none"], job_type="anomaly-detector", spaces_to_add=["default"], spaces_to_remove=[]
        )
        assert answer.body["none"]["success"] is False


class TestSpaces:
    def test_a_space_lives_and_dies(self, independent: Kibana, name: str) -> None:
        made = independent.spaces.create(id=name, name="One", color="#aabbcc", disabled_features=["discover"])
        assert made.body["id"] == name
        assert any(s["id"] == name for s in independent.spaces.get_all().body)
        independent.spaces.update(id=name, name="Two")
        read = independent.spaces.get(id=name).body
        assert (read["name"], read["color"], read["disabledFeatures"]) == ("Two", "#aabbcc", [])
        independent.spaces.delete(id=name)
        with pytest.raises(NotFoundError):
            independent.spaces.get(id=name)

    def test_taken_ids_and_bad_ids_and_the_default_are_refused(self, independent: Kibana) -> None:
        with pytest.raises(ConflictError):
            independent.spaces.create(id="default", name="x")
        with pytest.raises(BadRequestError):
            independent.perform_request("POST", "/api/spaces/space", body={"id": "UPPER", "name": "x"})
        with pytest.raises(BadRequestError):
            independent.spaces.delete(id="default")

    def test_objects_are_copied_into_another_space(self, independent: Kibana, space: str, name: str) -> None:
        independent.saved_objects.create(type="tag", id=name, attributes=_tag(name))
        tag = [{"type": "tag", "id": name}]
        copied = independent.spaces.copy_saved_objects(spaces=[space], objects=tag, create_new_copies=False)
        assert copied.body[space] == {**copied.body[space], "success": True, "successCount": 1}
        again = independent.spaces.copy_saved_objects(spaces=[space], objects=tag, create_new_copies=False)
        assert again.body[space]["errors"][0]["error"]["type"] == "conflict"
        assert independent.saved_objects.get(type="tag", id=name, space_id=space).body["id"] == name

    def test_objects_are_shared(self, independent: Kibana, space: str, name: str) -> None:
        independent.data_views.create(data_view={"id": name, "title": f"{name}-*", "allowNoIndex": True})
        view = [{"type": "index-pattern", "id": name}]
        assert independent.spaces.get_shareable_references(objects=view).body["objects"][0]["id"] == name
        independent.spaces.update_objects_spaces(objects=view, spaces_to_add=[space], spaces_to_remove=[])
        assert independent.data_views.get(view_id=name, space_id=space).body["data_view"]["id"] == name

    def test_aliases_that_do_not_exist_are_disabled(self, independent: Kibana) -> None:
        alias = {"targetSpace": "default", "targetType": "dashboard", "sourceId": "none"}
        assert independent.spaces.disable_legacy_url_aliases(aliases=[alias]).meta.status == 204


class TestRoles:
    def test_a_role_lives_and_dies(self, independent: Kibana, name: str) -> None:
        independent.security.create_or_update_role(
            name=name, elasticsearch={"cluster": ["monitor"]}, kibana=[{"spaces": ["*"], "base": ["read"]}]
        )
        assert independent.security.get_role(name=name).body["kibana"][0]["base"] == ["read"]
        assert any(r["name"] == name for r in independent.security.get_all_roles().body)
        with pytest.raises(ConflictError):
            independent.security.create_or_update_role(name=name, elasticsearch={}, create_only=True)
        assert independent.security.query_roles(query=name).body["total"] == 1
        independent.security.delete_role(name=name)
        with pytest.raises(NotFoundError):
            independent.security.get_role(name=name)

    def test_many_roles_at_once(self, independent: Kibana, name: str) -> None:
        answer = independent.security.bulk_create_or_update_roles(
            roles={name: {"elasticsearch": {"cluster": ["monitor"]}}}
        )
        assert answer.body["created"] == [name]

    def test_sessions_of_nobody_are_ended(self, independent: Kibana, name: str) -> None:
        query = {"provider": {"type": "basic"}, "username": name}
        assert independent.security.invalidate_sessions(match="query", query=query).body == {"total": 0}


class TestSavedObjects:
    def test_an_object_lives_and_dies(self, independent: Kibana, name: str) -> None:
        objects = independent.saved_objects
        made = objects.create(type="tag", id=name, attributes=_tag(name))
        with pytest.raises(ConflictError):
            objects.create(type="tag", id=name, attributes=_tag(name))
        objects.update(type="tag", id=name, attributes={"description": "new"}, version=made.body["version"])
        assert objects.get(type="tag", id=name).body["attributes"]["description"] == "new"
        with pytest.raises(ConflictError):
            objects.update(type="tag", id=name, attributes={}, version=made.body["version"])
        assert objects.resolve(type="tag", id=name).body["outcome"] == "exactMatch"
        assert objects.delete(type="tag", id=name).body == {}
        with pytest.raises(NotFoundError, match="not found"):
            objects.get(type="tag", id=name)

    def test_objects_are_found(self, independent: Kibana, space: str, name: str) -> None:
        for word in ("one", "two", "three"):
            attributes = _tag(f"{name} {word}")
            independent.saved_objects.create(type="tag", attributes=attributes, space_id=space)
        found = independent.saved_objects.find(type="tag", per_page=2, page=2, space_id=space).body
        assert (found["total"], len(found["saved_objects"])) == (3, 1)
        one = independent.saved_objects.find(type="tag", search="two", search_fields=["name"], space_id=space)
        assert one.body["total"] == 1

    def test_many_at_once(self, independent: Kibana, name: str) -> None:
        objects, tag = independent.saved_objects, {"type": "tag", "id": name}
        made = objects.bulk_create(objects=[{**tag, "attributes": _tag(name)}]).body
        assert made["saved_objects"][0]["id"] == name
        again = objects.bulk_create(objects=[{**tag, "attributes": _tag(name)}]).body
        assert again["saved_objects"][0]["error"]["statusCode"] == 409
        read = objects.bulk_get(objects=[tag, {"type": "tag", "id": "none"}]).body["saved_objects"]
        assert [o.get("error", {}).get("statusCode") for o in read] == [None, 404]
        resolved = objects.bulk_resolve(objects=[tag]).body["resolved_objects"]
        assert resolved[0]["outcome"] == "exactMatch"
        assert objects.bulk_delete(objects=[tag]).body["statuses"][0]["success"] is True

    def test_what_is_exported_can_be_imported(self, independent: Kibana, space: str, name: str) -> None:
        independent.saved_objects.create(type="tag", id=name, attributes=_tag(name))
        lines = _lines(independent.saved_objects.export(objects=[{"type": "tag", "id": name}]).body)
        assert (lines[0]["id"], lines[-1]["exportedCount"]) == (name, 1)
        file = "\n".join(json.dumps(line) for line in lines[:-1])
        taken = independent.saved_objects.import_objects(file=file, space_id=space).body
        assert (taken["success"], taken["successCount"]) == (True, 1)
        again = independent.saved_objects.import_objects(file=file, space_id=space).body
        assert again["success"] is False
        retries = [{"type": "tag", "id": name, "overwrite": True}]
        mended = independent.saved_objects.resolve_import_errors(file=file, retries=retries, space_id=space)
        assert mended.body["success"] is True

    def test_types_that_nobody_knows_are_refused(self, independent: Kibana) -> None:
        with pytest.raises(BadRequestError):
            independent.saved_objects.create(type="no-such-type", attributes={})


class TestDataViews:
    def test_a_data_view_lives_and_dies(self, independent: Kibana, name: str) -> None:
        views = independent.data_views
        made = views.create(data_view={"title": f"{name}-*", "name": name, "allowNoIndex": True})
        view_id = made.body["data_view"]["id"]
        assert any(v["id"] == view_id for v in views.get_all().body["data_view"])
        views.update(view_id=view_id, data_view={"name": "renamed"})
        assert views.get(view_id=view_id).body["data_view"]["name"] == "renamed"
        views.delete(view_id=view_id)
        with pytest.raises(NotFoundError):
            views.get(view_id=view_id)

    def test_fields_are_added_and_described(self, independent: Kibana, name: str) -> None:
        views = independent.data_views
        view_id = views.create(data_view={"title": f"{name}-*"}).body["data_view"]["id"]
        runtime = {"type": "long", "script": {"source": "emit(1)"}}
        views.create_runtime_field(view_id=view_id, name="hour", runtime_field=runtime)
        with pytest.raises(BadRequestError):
            views.create_runtime_field(view_id=view_id, name="hour", runtime_field=runtime)
        views.create_or_update_runtime_field(view_id=view_id, name="hour", runtime_field=runtime)
        views.update_runtime_field(
            view_id=view_id, name="hour", runtime_field={"script": {"source": "emit(2)"}}
        )
        assert views.get_runtime_field(view_id=view_id, name="hour").body["fields"]
        views.update_fields_metadata(view_id=view_id, fields={"hour": {"customLabel": "Hour"}})
        read = views.get(view_id=view_id).body["data_view"]
        assert read["fieldAttrs"]["hour"]["customLabel"] == "Hour"
        views.delete_runtime_field(view_id=view_id, name="hour")
        with pytest.raises(NotFoundError):
            views.get_runtime_field(view_id=view_id, name="hour")

    def test_the_default_is_chosen(self, independent: Kibana, space: str, name: str) -> None:
        views = independent.data_views
        made = views.create(data_view={"title": f"{name}-*", "allowNoIndex": True}, space_id=space)
        view_id = made.body["data_view"]["id"]
        views.set_default(data_view_id=view_id, force=True, space_id=space)
        assert views.get_default(space_id=space).body["data_view_id"] == view_id

    def test_references_are_swapped(self, independent: Kibana, space: str) -> None:
        views = independent.data_views
        old, new = (
            views.create(data_view={"title": f"{t}-*", "allowNoIndex": True}, space_id=space)
            for t in ("old", "new")
        )
        ids = {"from_id": old.body["data_view"]["id"], "to_id": new.body["data_view"]["id"]}
        reference = {"type": "index-pattern", "id": ids["from_id"], "name": "r"}
        independent.saved_objects.create(
            type="dashboard", id="d", attributes={"title": "d"}, references=[reference], space_id=space
        )
        assert views.preview_swap_references(**ids, space_id=space).body["result"][0]["id"] == "d"
        views.swap_references(**ids, space_id=space)
        moved = independent.saved_objects.get(type="dashboard", id="d", space_id=space).body["references"]
        assert moved[0]["id"] == ids["to_id"]


class TestShortUrls:
    def test_a_short_url_lives_and_dies(self, independent: Kibana, name: str) -> None:
        urls = independent.short_urls
        made = urls.create(locator_id="LEGACY_SHORT_URL_LOCATOR", params={"url": "/app/discover"}, slug=name)
        short = made.body["id"]
        assert urls.get(id=short).body["locator"]["state"] == {"url": "/app/discover"}
        assert urls.resolve(slug=name).body["id"] == short
        urls.delete(id=short)
        with pytest.raises(NotFoundError):
            urls.get(id=short)


class TestConnectors:
    def test_a_connector_lives_and_dies(self, independent: Kibana, name: str) -> None:
        made = independent.connectors.create(name=name, connector_type_id=".server-log").body
        assert any(c["id"] == made["id"] for c in independent.connectors.get_all().body)
        independent.connectors.update(id=made["id"], name="renamed")
        assert independent.connectors.get(id=made["id"]).body["name"] == "renamed"
        done = independent.connectors.execute(id=made["id"], params={"message": "hello"}).body
        assert (done["status"], done["connector_id"]) == ("ok", made["id"])
        independent.connectors.delete(id=made["id"])
        with pytest.raises(NotFoundError):
            independent.connectors.get(id=made["id"])

    def test_ids_can_be_chosen_and_secrets_stay_unseen(self, independent: Kibana, name: str) -> None:
        made = independent.connectors.create(
            id=name,
            name="hook",
            connector_type_id=".webhook",
            config={"url": "http://localhost", "hasAuth": True, "authType": "webhook-authentication-basic"},
            secrets={"user": "u", "password": "p"},
        )
        assert (made.body["id"], "secrets" in made.body) == (name, False)

    def test_types_are_listed_and_unknown_ones_refused(self, independent: Kibana, name: str) -> None:
        types = independent.connectors.list_types(feature_id="alerting").body
        assert ".server-log" in {t["id"] for t in types}
        with pytest.raises(BadRequestError):
            independent.connectors.create(name=name, connector_type_id=".no-such-type")

    def test_authorizations_come_back_to_a_page(self, independent: Kibana) -> None:
        assert "<" in str(independent.connectors.oauth_callback(code="c", state="s").body)
        assert independent.connectors.get_oauth_callback_script().meta.status == 200


class TestAlerting:
    def test_a_rule_lives_and_dies(self, independent: Kibana, name: str) -> None:
        rules = independent.alerting.rule
        rule_id = self._rule(independent, name)
        assert rules.find(search=name, search_fields=["name"]).body["total"] == 1
        rules.update(id=rule_id, name="renamed", schedule={"interval": "2h"}, params=ES_QUERY)
        read = rules.get(id=rule_id).body
        assert (read["name"], read["schedule"]) == ("renamed", {"interval": "2h"})
        rules.delete(id=rule_id)
        with pytest.raises(NotFoundError):
            rules.get(id=rule_id)

    def test_a_rule_is_switched_muted_and_snoozed(self, independent: Kibana, name: str) -> None:
        rules, rule_id = independent.alerting.rule, self._rule(independent, name)
        rules.enable(id=rule_id)
        rules.mute_all(id=rule_id)
        read = rules.get(id=rule_id).body
        assert (read["enabled"], read["mute_all"]) == (True, True)
        rules.unmute_all(id=rule_id)
        rules.disable(id=rule_id)
        rules.update_api_key(id=rule_id)
        rules.mute_alert(rule_id=rule_id, alert_id="a", validate_alerts_existence=False)
        rules.unmute_alert(rule_id=rule_id, alert_id="a")
        start = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        snoozed = rules.snooze(id=rule_id, schedule={"custom": {"start": start, "duration": "1h"}})
        rules.unsnooze(rule_id=rule_id, schedule_id=snoozed.body["schedule"]["id"])
        assert rules.get(id=rule_id).body["enabled"] is False

    def test_rules_of_unknown_types_are_refused(self, independent: Kibana) -> None:
        with pytest.raises(BadRequestError):
            independent.alerting.rule.create(
                name="x", consumer="alerts", rule_type_id=".none", schedule={"interval": "1h"}, params={}
            )

    def test_health_and_types(self, independent: Kibana) -> None:
        assert independent.alerting.health().body["has_permanent_encryption_key"] is True
        assert ".es-query" in {t["id"] for t in independent.alerting.rule_types().body}

    def test_backfills_are_listed_and_unknown_ones_missing(self, independent: Kibana) -> None:
        assert independent.alerting.backfill.find().body["data"] == []
        with pytest.raises(NotFoundError):
            independent.alerting.backfill.get(id="none")

    @staticmethod
    def _rule(independent: Kibana, name: str) -> str:
        made = independent.alerting.rule.create(
            name=name,
            consumer="alerts",
            rule_type_id=".es-query",
            enabled=False,
            schedule={"interval": "1h"},
            params=ES_QUERY,
        )
        rule_id: str = made.body["id"]
        return rule_id


class TestMaintenanceWindows:
    def test_a_window_lives_and_dies(self, independent: Kibana, name: str) -> None:
        windows = independent.maintenance_windows
        start = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        made = windows.create(title=name, schedule={"custom": {"start": start, "duration": "2h"}}).body
        assert made["status"] == "upcoming"
        windows.update(id=made["id"], title="renamed")
        assert windows.get(id=made["id"]).body["title"] == "renamed"
        assert windows.archive(id=made["id"]).body["status"] == "archived"
        assert windows.unarchive(id=made["id"]).body["status"] == "upcoming"
        assert windows.find(title="renamed").body["total"] == 1
        windows.delete(id=made["id"])
        with pytest.raises(NotFoundError):
            windows.get(id=made["id"])


class TestCases:
    def test_a_case_lives_and_dies(self, independent: Kibana, name: str) -> None:
        cases = independent.cases
        made = cases.create(title=name, description="d", tags=[name]).body
        assert cases.find(tags=[name]).body["total"] == 1
        changed = cases.update(id=made["id"], version=made["version"], status="in-progress").body
        assert changed[0]["status"] == "in-progress"
        with pytest.raises(ConflictError):
            cases.update(id=made["id"], version=made["version"], title="stale")
        assert name in cases.get_tags().body
        assert cases.get_reporters().body
        cases.delete(ids=[made["id"]])
        with pytest.raises(NotFoundError):
            cases.get(case_id=made["id"])

    def test_comments_and_files_are_kept_and_recorded(self, independent: Kibana, name: str) -> None:
        cases = independent.cases
        case_id = cases.create(title=name, description="d").body["id"]
        comment = cases.add_comment(case_id=case_id, comment="first").body["comments"][0]
        cases.update_comment(case_id=case_id, id=comment["id"], version=comment["version"], comment="second")
        assert cases.get_comment(case_id=case_id, comment_id=comment["id"]).body["comment"] == "second"
        assert cases.get_comments(case_id=case_id).body["total"] == 1
        cases.add_file(case_id=case_id, file=b"text", filename="notes.txt", mime_type="text/plain")
        assert cases.find_user_actions(case_id=case_id).body["total"] >= 2
        cases.delete_comment(case_id=case_id, comment_id=comment["id"])
        cases.delete_all_comments(case_id=case_id)
        assert cases.get_comments(case_id=case_id).body["total"] == 0
        assert cases.get_alerts(case_id=case_id).body == []

    def test_cases_are_configured_per_owner(self, independent: Kibana, space: str) -> None:
        cases = independent.cases
        made = cases.create_configuration(closure_type="close-by-user", owner="cases", space_id=space).body
        changed = cases.update_configuration(
            configuration_id=made["id"],
            version=made["version"],
            closure_type="close-by-pushing",
            space_id=space,
        )
        assert changed.body["closure_type"] == "close-by-pushing"
        assert cases.get_configuration(owner="cases", space_id=space).body[0]["id"] == made["id"]
        assert isinstance(cases.find_connectors(space_id=space).body, list)

    def test_unknown_cases_and_connectors_are_missing(self, independent: Kibana, name: str) -> None:
        with pytest.raises(NotFoundError):
            independent.cases.get(case_id="none")
        case_id = independent.cases.create(title=name, description="d").body["id"]
        with pytest.raises(NotFoundError):
            independent.cases.push(case_id=case_id, connector_id="none")


class TestLogstash:
    def test_a_pipeline_lives_and_dies(self, independent: Kibana, name: str) -> None:
        pipelines = independent.logstash
        pipelines.create_or_update(id=name, pipeline="input { stdin {} }", description="d")
        assert pipelines.get(id=name).body["pipeline"] == "input { stdin {} }"
        assert any(p["id"] == name for p in pipelines.get_all().body["pipelines"])
        pipelines.delete(id=name)
        with pytest.raises(NotFoundError):
            pipelines.get(id=name)


def _tag(name: str) -> Json:
    return {"name": name, "description": "", "color": "#00bfb3"}


def _lines(body: Json) -> list[Json]:
    if isinstance(body, list):
        return body
    text = body.decode() if isinstance(body, bytes) else str(body)
    return [json.loads(line) for line in text.splitlines() if line]
