"""Objects that are made to point at others, and to say what the smallest ones leave out: what an upgrade likes to lose.

Each is data: the members of a create body beside the smallest valid one. A hole ``${connector.smallest}`` is the id of
that variant of that resource in the same space, ``${exception_list.smallest__list_id}`` another of its keys. Where
Kibana refuses one (licence, version), it is left out, with Kibana's words as the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_kibana.resources.template import Template

WORDS = 'Größe, 東京, Ἀθῆναι, 🦊, «ünï», <b>&amp;</b>, "q", \\ and % made by a test'
"""A text that a wrong encoding, an escape too many or too few, or a cut does not survive."""


@dataclass(frozen=True, slots=True)
class Linked:
    """One more variant of a resource: its name, the members of its body, and keys that its maker chooses."""

    resource: str
    variant: str
    members: Mapping[str, Template] = field(default_factory=dict)
    keys: Mapping[str, Template] = field(default_factory=dict)


def _action(connector: str, message: str) -> Mapping[str, Template]:
    return {
        "id": connector,
        "group": "query matched",
        "params": {"level": "info", "message": message},
        "frequency": {"summary": False, "notify_when": "onActionGroupChange", "throttle": None},
    }


LINKED: tuple[Linked, ...] = (
    Linked(
        "connector",
        "secret",
        {
            "connector_type_id": ".webhook",
            "config": {"method": "post", "url": "http://127.0.0.1:9/nobody", "hasAuth": True},
            "secrets": {"user": "kbn-test-user", "password": "kbn-test-no-real-password"},
        },
    ),
    Linked(
        "rule",
        "linked",
        {
            "tags": ["first by a test", "second by a test", WORDS],
            "actions": [
                _action("${connector.smallest}", "first"),
                _action("${connector.full}", "second"),
                _action("${connector.smallest}", "third"),
            ],
        },
    ),
    Linked(
        "saved_object",
        "linked",
        {
            "attributes": {
                "title": "${unique}",
                "description": WORDS,
                "panelsJSON": "[]",
                "optionsJSON": '{"useMargins":true}',
                "timeRestore": False,
                "version": 1,
                "kibanaSavedObjectMeta": {"searchSourceJSON": '{"query":{"query":"","language":"kuery"}}'},
            },
            "references": [
                {"id": "${saved_object.smallest}", "name": "tag-ref-1", "type": "tag"},
                {
                    "id": "${data_view.smallest}",
                    "name": "kibanaSavedObjectMeta.index",
                    "type": "index-pattern",
                },
            ],
        },
        keys={"type": "dashboard"},
    ),
    Linked(
        "detection_rule",
        "linked",
        {
            "tags": ["first by a test", "second by a test"],
            "exceptions_list": [
                {
                    "id": "${exception_list.smallest}",
                    "list_id": "${exception_list.smallest__list_id}",
                    "type": "detection",
                    "namespace_type": "single",
                }
            ],
            "references": ["https://example.test/first", "https://example.test/second"],
            "false_positives": [WORDS],
            "severity": "high",
            "risk_score": 73,
        },
    ),
    Linked(
        "case",
        "linked",
        {"description": WORDS, "tags": ["first by a test", "second by a test"], "severity": "high"},
    ),
    Linked(
        "exception_list_item",
        "linked",
        {"tags": ["first by a test", "second by a test"], "comments": [{"comment": WORDS}]},
    ),
)
