"""What Kibana refuses whatever the contract says: for operations whose input leaves little or nothing to break.

The order of Kibana's checks and their statuses are in ``spec/platform.yaml``. Sources: hapi's payload reading
(malformed JSON 400, unknown media type 415), versioned router (400).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pytest_kibana.cases.breaking import STRANGER
from pytest_kibana.cases.model import Case
from pytest_kibana.cases.variations import Candidate
from pytest_kibana.contract.model import Operation
from pytest_kibana.wire.exchange import Rule

JSON: Final = "application/json"
UNKNOWN_VERSION: Final = "2020-01-01"

PROMISED: Final = frozenset({"version", "unknown key"})
"""Rules of the platform that no schema states, so that no proof by the contract exists."""


def refusals(operation: Operation, base: Case) -> Iterator[Candidate]:
    """Yield requests that the platform refuses, from the likeliest to prove something to the dearest."""
    if base.has_body and base.media == JSON and operation.method not in ("GET", "HEAD"):
        yield _body(base, "malformed", "malformed", b'{"kbn-test": ', "the body is JSON that breaks off")
        # The body itself is right, so that nothing but its name can be the reason to refuse it.
        sentence = "the body is called application/xml, and JSON is expected"
        yield _refusal(replace(base, media="application/xml"), "media type", "", "media type", sentence)


def doubtful(operation: Operation, base: Case) -> Iterator[Candidate]:
    """Yield requests that most routes refuse: those with versions, and those that read their query strictly.

    A conforming Kibana may accept them (unversioned routes ignore the version, zod drops unknown keys).
    """
    if operation.path.startswith("/api/"):
        versioned = replace(base, headers={**base.headers, "elastic-api-version": UNKNOWN_VERSION})
        sentence = f"the header elastic-api-version names {UNKNOWN_VERSION}, a version that never was"
        yield _refusal(versioned, "version", "/elastic-api-version", "version", sentence)
    stranger = replace(base, query={**base.query, STRANGER: "kbn-test"})
    sentence = f"the query has the key {STRANGER}, which nothing declares"
    yield _refusal(stranger, "query", f"/{STRANGER}", "unknown key", sentence)


def _body(base: Case, scenario: str, keyword: str, content: bytes, sentence: str) -> Candidate:
    made = replace(base, body=content)
    return Candidate(scenario, "body", "", 0, sentence, lambda: made, Rule("body", "", keyword, sentence))


def _refusal(made: Case, location: str, at: str, keyword: str, sentence: str) -> Candidate:
    rule = Rule(location, at, keyword, sentence)  # type: ignore[arg-type]  # the words are those of Rule
    return Candidate(keyword, location, at, 0, sentence, lambda: made, rule)
