"""What is known of operations: every published one is named, and nothing dangerous passes for harmless."""

import json
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import UsageError
from pytest_kibana.target.operations import OperationsTable, load_facts, read_facts, shape

PUBLISHED = ("8.18", "9.1", "9.3", "9.4-dashboards", "9.4-workflows")
METHODS = ("get", "put", "post", "patch", "delete")
HARM = {"read": 0, "space": 1, "global": 2, "disruptive": 3}

DEFAULTS = """
[defaults]
safe_methods = ["GET", "HEAD"]
safe = "read"
other = "disruptive"
writers = ["*/_draft"]
writer = "global"
"""


@pytest.fixture(scope="module")
def table() -> OperationsTable:
    """The table that the package carries."""
    return load_facts()


def labels(document: dict[str, object]) -> list[str]:
    """Return the labels of a contract, with the space prefix where it stands in the path."""
    paths = document["paths"]
    assert isinstance(paths, dict)
    return [
        f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in METHODS
    ]


@pytest.mark.parametrize("version", PUBLISHED)
def test_every_published_operation_is_named(
    version: str, published: Callable[[str], Path], table: OperationsTable
) -> None:
    """A contract that is known brings no operation that only a default speaks for."""
    document = json.loads(published(version).read_text("utf-8"))
    assert [label for label in labels(document) if not table.of(label).explicit] == []


def test_every_core_operation_is_named(table: OperationsTable) -> None:
    """The core contract brings no operation that only a default speaks for."""
    folder = files("pytest_kibana").joinpath("spec", "core")
    documents = [yaml.safe_load(f.read_text("utf-8")) for f in folder.iterdir() if f.name.endswith(".yaml")]
    core = [label for document in documents for label in labels(document)]
    assert len(core) >= 95
    assert [label for label in core if not table.of(label).explicit] == []


def test_classes_are_in_proportion(table: OperationsTable) -> None:
    """Most operations read or stay inside a space, and no class has been lost."""
    counts = Counter(facts.safety for facts in table.values())
    print(dict(counts))
    assert len(table) >= 700
    assert counts["read"] > counts["space"] > counts["disruptive"] > counts["global"] > 50


def test_every_dangerous_operation_says_why(table: OperationsTable) -> None:
    """Whoever is refused something is told the reason."""
    assert [f.label for f in table.values() if HARM[f.safety] >= HARM["global"] and not f.why] == []


NEVER_UNASKED = (
    "POST /api/security/session/_invalidate",
    "POST /api/encrypted_saved_objects/_rotate_key",
    "POST /api/fleet/message_signing_service/rotate_key_pair",
    "POST /api/fleet/service_tokens",
    "POST /api/fleet/logstash_api_keys",
    "POST /api/apm/agent_keys",
    "POST /api/osquery/live_queries",
    "PUT /api/detection_engine/rules/prepackaged",
    "POST /api/timeline/_prepackaged",
    "POST /api/endpoint_list",
    "POST /api/entity_analytics/privileged_user_monitoring/pad/install",
    "POST /api/security_ai_assistant/knowledge_base/{resource}",
    "DELETE /api/lists/index",
    "DELETE /api/detection_engine/index",
    "DELETE /api/risk_score/engine/dangerously_delete_data",
    "DELETE /api/entity_analytics/monitoring/engine/delete",
    "POST /api/security/entity_store/uninstall",
    "DELETE /api/entity_store/engines/{entityType}",
    "POST /api/streams/_enable",
    "POST /api/streams/_disable",
    "POST /api/streams/_resync",
    "GET /api/ml/saved_objects/sync",
    "PUT /api/fleet/settings",
    "DELETE /api/security_ai_assistant/current_user/conversations",
    "POST /api/detection_engine/signals/status",
    "POST /api/detection_engine/signals/tags",
    "POST /api/security_ai_assistant/chat/complete",
    "POST /api/observability_ai_assistant/chat/complete",
    "POST /api/agent_builder/converse",
    "POST /api/agent_builder/converse/async",
    "POST /api/agent_builder/a2a/{agentId}",
    "POST /api/attack_discovery/_generate",
    "POST /api/streams/{name}/significant_events/_generate",
    "POST /api/actions/connector/{id}/_execute",
    "POST /api/apm/services/{serviceName}/annotation",
    "POST /api/apm/fleet/apm_server_schema",
    "GET /api/actions/connector/_oauth_callback",
    "GET /api/actions/connector/{connectorId}/_oauth_start",
    "POST /api/cases/{caseId}/connector/{connectorId}/_push",
)


@pytest.mark.parametrize("label", NEVER_UNASKED)
def test_what_hurts_a_shared_deployment_is_never_below_global(label: str, table: OperationsTable) -> None:
    """The default of a run, ``space``, sends none of these."""
    assert table.of(label).explicit
    assert HARM[table.of(label).safety] >= HARM["global"]


@pytest.mark.parametrize("prefix", ["/api/endpoint/action/", "/api/fleet/agents", "/api/fleet/epm/packages"])
def test_what_acts_on_hosts_or_packages_is_disruptive(prefix: str, table: OperationsTable) -> None:
    """Every operation below these paths that is not a search acts on something alive."""
    acting = [f for f in table.values() if f" {prefix}" in f.label and not f.label.startswith("GET ")]
    searching = {"POST /api/fleet/agents"}
    assert len(acting) > 10
    assert {f.safety for f in acting if f.label not in searching} == {"disruptive"}


@pytest.mark.parametrize(
    "label",
    [
        "POST /api/cases/configure",
        "POST /api/data_views/default",
        "PUT /api/uptime/settings",
        "PUT /api/fleet/space_settings",
        "POST /api/spaces/space",
        "DELETE /api/spaces/space/{id}",
    ],
)
def test_what_a_throwaway_space_contains_is_of_class_space(label: str, table: OperationsTable) -> None:
    """One setting per space is safe in a space of one's own, and a run's spaces are its own."""
    assert table.of(label).safety == "space"
    assert table.of(label).why


def test_a_get_that_writes_is_not_read(table: OperationsTable) -> None:
    """The method does not decide where it is known to be wrong."""
    assert table.of("GET /api/timeline/_draft").safety == "space"
    assert table.of("GET /api/timeline/_copy").safety == "space"
    assert table.of("GET /api/ml/saved_objects/sync").safety == "global"


def test_slow_operations_have_time(table: OperationsTable) -> None:
    """Installing packages and moving rules takes minutes."""
    assert (table.of("PUT /api/detection_engine/rules/prepackaged").timeout or 0) >= 120
    assert (table.of("POST /api/detection_engine/rules/_import").timeout or 0) >= 120
    assert (table.of("POST /api/fleet/epm/packages/{pkgName}/{pkgVersion}").timeout or 0) >= 120
    assert table.of("GET /api/status").timeout is None


def test_lookup_does_not_mind_names_of_parameters_or_spaces(table: OperationsTable) -> None:
    """A label of any contract finds the same line, and an operation does too."""
    expected = table["GET /api/cases/{caseId}"]
    assert table.of("GET /api/cases/{id}") is expected
    assert table.of("GET /s/{spaceId}/api/cases/{case_id}") is expected
    assert table.of("HEAD /api/cases/{id}") is expected
    operation = Operation("GET /api/cases/{x}", "GET", "/api/cases/{x}", "getCase", "cases")
    assert table.of(operation) is expected
    assert "GET /api/cases/{id}" in table
    assert "GET /api/no/such" not in table
    with pytest.raises(KeyError):
        table["GET /api/no/such"]


@given(st.sampled_from(sorted(load_facts())), st.text("abcXYZ_09", min_size=1, max_size=8))
def test_renaming_parameters_changes_nothing(label: str, name: str) -> None:
    """Law: what an operation is does not depend on what its parameters are called."""
    renamed = shape(label).replace("{}", "{" + name + "}")
    assert load_facts().of(renamed) is load_facts()[label]


@given(
    st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "CONNECT"]),
    st.from_regex(r"/api/zz[a-z/]{0,20}", fullmatch=True),
)
def test_the_unknown_is_taken_for_the_worst(method: str, path: str) -> None:
    """Law: an unknown operation that may change something is disruptive, and says that nobody knows it."""
    facts = load_facts().of(f"{method} {path}")
    assert (facts.safety, facts.explicit) == ("disruptive", False)


def test_an_unknown_get_reads_unless_its_path_writes(table: OperationsTable) -> None:
    """A GET that ends like a known writer is not taken for a reading one."""
    assert table.of("GET /api/brand/new").safety == "read"
    assert table.of("GET /api/brand/new/_draft").safety == "disruptive"
    assert table.of("GET /api/brand/_oauth_callback").safety == "disruptive"


def test_what_a_family_says_holds_for_its_lines() -> None:
    """A line may say otherwise."""
    table = read_facts(
        DEFAULTS
        + """
        [cats]
        plugin = "cats"
        license = "gold"
        "GET /api/cats" = "read"
        "POST /api/cats" = { safety = "space", license = "platinum", needs = ["milk"], timeout = 90 }
        """,
        "mine.toml",
    )
    one, two = table["GET /api/cats"], table["POST /api/cats"]
    assert (one.plugin, one.license, one.family, one.needs) == ("cats", "gold", "cats", ())
    assert (two.plugin, two.license, two.needs, two.timeout) == ("cats", "platinum", ("milk",), 90.0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"GET /api/x" = "harmless"', "harmless"),
        ('"GET /api/x" = 3', "neither a safety class nor a table"),
        ('"FETCH /api/x" = "read"', "no label"),
        ('"GET /s/{spaceId}/api/x" = "read"', "no label"),
        ('"GET /api/x/" = "read"', "no label"),
        ('"POST /api/x" = "global"', "does not say why"),
        ('"POST /api/x" = { why = "lost" }', "safety = None"),
        ('"GET /api/x" = { safety = "read", licence = "gold" }', "licence"),
        ('"GET /api/x" = { safety = "read", license = "diamond" }', "diamond"),
        ('"GET /api/x" = { safety = "read", flavors = ["sweet"] }', "sweet"),
        ('"GET /api/x" = { safety = "read", flavors = "serverless" }', "no list of texts"),
        ('"GET /api/x" = { safety = "read", since = "9" }', "not a version"),
        ('"GET /api/x" = { safety = "read", timeout = 0 }', "no number of seconds"),
        ('"GET /api/x" = { safety = "read", timeout = true }', "no number of seconds"),
        ('"GET /api/x" = { safety = "read", plugin = "" }', "no text"),
        ('"GET /api/x/{a}" = "read"\n"GET /api/x/{b}" = "read"', "same operation"),
        ("safety = 'read'", "safety"),
    ],
)
def test_a_wrong_line_is_named(line: str, said: str) -> None:
    """One clear error with the file, the table and the line."""
    with pytest.raises(UsageError) as caught:
        read_facts(f"{DEFAULTS}\n[cats]\n{line}\n", "mine.toml")
    assert said in caught.value.message
    assert caught.value.message.startswith("mine.toml, [cats]")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[cats", "not TOML"),
        ("[cats]", "[defaults] is missing"),
        (DEFAULTS.replace('other = "disruptive"', ""), "lacks other"),
        (DEFAULTS.replace("disruptive", "nasty"), "nasty"),
        (f"cats = 1\n{DEFAULTS}", "no table of operations"),
    ],
)
def test_a_wrong_file_is_refused(text: str, said: str) -> None:
    """Nothing is guessed from a file that cannot be read."""
    with pytest.raises(UsageError) as caught:
        read_facts(text, "mine.toml")
    assert said in caught.value.message
