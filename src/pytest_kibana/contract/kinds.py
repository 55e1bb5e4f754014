"""The kinds of defect that a contract can have: what each means, and what is done about it here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class DefectKind:
    """A kind of defect.

    ``weight`` is ``blind`` where something cannot be judged because of it, ``misleading`` where a reader who takes the
    contract at its word goes wrong, and ``formal`` where only the letter of OpenAPI is broken. ``consequence`` says
    how this project reads the contract all the same.
    """

    title: str
    weight: Literal["blind", "misleading", "formal"]
    consequence: str


KINDS: Mapping[str, DefectKind] = {
    "no-responses": DefectKind(
        "no answer is documented", "blind", "Only what the platform promises is checked."
    ),
    "response-without-schema": DefectKind(
        "an answer's body has no schema", "blind", "The body is not checked, beyond being of its media type."
    ),
    "request-without-schema": DefectKind(
        "a request body has no schema",
        "blind",
        "No body is made up; published examples are sent where there are any.",
    ),
    "unsatisfiable": DefectKind(
        "a schema allows no value",
        "blind",
        "Contradicting parts are read as they were meant where that can be told; an answer's schema is else not used.",
    ),
    "schema-not-object": DefectKind("something stands where a schema must", "blind", "Read as anything."),
    "circular-reference": DefectKind(
        "a reference leads back to where it stands", "blind", "Read as anything at the second meeting."
    ),
    "enum-empty": DefectKind("an empty list of values", "misleading", "Read as: nothing is allowed."),
    "example-invalid": DefectKind(
        "an example that its own schema refuses",
        "misleading",
        "The schema counts; the example is not sent as valid.",
    ),
    "example-not-json": DefectKind(
        "an example given as JSON text that is none", "misleading", "The example is left out."
    ),
    "one-of-overlap": DefectKind(
        "a `oneOf` whose arms cannot be told apart",
        "misleading",
        "Read as `anyOf`: one arm or more must fit.",
    ),
    "all-of-closed": DefectKind(
        "an `allOf` in which a closed part forbids what another declares",
        "misleading",
        "Read as closed over what all of the parts declare.",
    ),
    "all-of-contradiction": DefectKind(
        "an `allOf` in which one part requires what another forbids", "misleading", "Forbidding wins."
    ),
    "required-undeclared": DefectKind(
        "a required property that is not declared", "misleading", "It is required, and may be anything."
    ),
    "body-not-required": DefectKind(
        "a body with required members that need not be sent", "misleading", "Read as required."
    ),
    "query-object": DefectKind(
        "an object in the query without saying how it travels",
        "misleading",
        "Sent as JSON text, as Kibana reads it.",
    ),
    "clashing-templates": DefectKind(
        "two path templates for the same requests",
        "misleading",
        "The first one is found for a concrete path.",
    ),
    "media-type-misspelt": DefectKind("a media type that is none", "misleading", "Read as what was meant."),
    "get-with-body": DefectKind(
        "a GET that takes a body", "misleading", "The body is sent; a proxy may drop it."
    ),
    "unknown-keyword": DefectKind("a keyword that OpenAPI does not know", "misleading", "Ignored."),
    "unknown-type": DefectKind(
        "a type that does not exist", "misleading", "Read as the nearest, or as anything."
    ),
    "keyword-on-wrong-type": DefectKind("a rule for another type", "misleading", "Ignored."),
    "pattern-unreadable": DefectKind("a pattern that is no regular expression", "misleading", "Ignored."),
    "required-malformed": DefectKind("`required` that is not a list of names", "misleading", "Ignored."),
    "malformed-keyword": DefectKind("a keyword with a value of the wrong kind", "misleading", "Ignored."),
    "parameter-malformed": DefectKind("a parameter without name or location", "misleading", "Ignored."),
    "status-malformed": DefectKind("an answer under a key that is no status", "misleading", "Ignored."),
    "required-empty": DefectKind("an empty `required`", "formal", "Read as: nothing is required."),
    "array-without-items": DefectKind(
        "an array that does not say of what", "formal", "Its items may be anything."
    ),
    "path-parameter-optional": DefectKind(
        "a path parameter that is not required",
        "formal",
        "Read as: the last segment of the path may be left out.",
    ),
    "no-tag": DefectKind(
        "an operation without a tag", "formal", "Counted with the family of the nearest path."
    ),
}
