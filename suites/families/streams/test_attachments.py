"""What hangs on streams since 9.4: attachments of any kind, and streams that are made of a query."""

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

CONTRACT = "Kibana contract of 9.4"
ALL = "/api/streams/{streamName}/attachments"
ONE = f"{ALL}/{{attachmentType}}/{{attachmentId}}"
READ, WRITE = (f"{m} /api/streams/{{name}}/_query" for m in ("GET", "PUT"))
GONE = f"kbn-test-{NO_SUCH_ID}"
REFUSED = (
    Ask(f"GET {ALL}", (GONE,)),
    Ask(f"PUT {ONE}", (GONE, "rule", NO_SUCH_ID)),
    Ask(f"DELETE {ONE}", (GONE, "rule", NO_SUCH_ID)),
    Ask(f"PUT {ONE}", (GONE, "guess", NO_SUCH_ID), status=(400, 404), name="of an unknown kind"),
    Ask(f"POST {ALL}/_bulk", (GONE,), json={"operations": "all"}, status=400, name="of no list"),
    Ask(READ, (GONE,), status=(400, 404)),
    Ask(WRITE, (GONE,), json={}, status=400, name="of nothing"),
)


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-201",
    level="SHOULD",
    source=CONTRACT,
    operations=[f"GET {ALL}", f"PUT {ONE}", f"DELETE {ONE}"],
    since="9.4",
    safety="disruptive",
)
def test_a_rule_is_attached(stream: Handle, kibana_resources: Resources) -> None:
    """A rule is tied to a stream, listed there, and untied; it is not deleted by that."""
    rule = kibana_resources.rule()
    here, path = rule.client, f"/api/streams/{stream.id}/attachments"

    def listed() -> list[str]:
        return [one["id"] for one in ok(here.get(path))["attachments"]]

    ok(here.put(f"{path}/rule/{rule.id}"))
    assert listed() == [rule.id]
    ok(here.delete(f"{path}/rule/{rule.id}"))
    assert listed() == []
    assert rule.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-202",
    level="SHOULD",
    source=CONTRACT,
    operations=[f"POST {ALL}/_bulk", f"GET {ALL}"],
    since="9.4",
    safety="disruptive",
)
def test_many_are_attached(stream: Handle, kibana_resources: Resources) -> None:
    """A list of operations ties some and unties others."""
    rule = kibana_resources.rule()
    here, path = rule.client, f"/api/streams/{stream.id}/attachments"
    for word, left in (("index", [rule.id]), ("delete", [])):
        ok(here.post(f"{path}/_bulk", json={"operations": [{word: {"id": rule.id, "type": "rule"}}]}))
        assert [one["id"] for one in ok(here.get(path))["attachments"]] == left


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-203", level="SHOULD", source=CONTRACT, since="9.4", safety="read"
)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """What hangs on a stream that does not exist is answered 404; what is no list, or no query, 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-STREAMS-204", source=AUTHENTICATION, since="9.4", safety="read")
@pytest.mark.parametrize("ask", rows(*once(REFUSED)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody reads or changes what hangs on streams."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-STREAMS-205", source="Kibana source, streams feature", since="9.4", safety="read"
)
@pytest.mark.parametrize("ask", rows(*guarded(REFUSED)))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer ties and unties nothing."""
    ask.assert_kept_from(viewer, 403)
