"""What an upgrade can do to an object: the codes of the findings, each with what it means and whom it concerns."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Outcome(IntEnum):
    """What became of an object, from best to worst; joining outcomes only ever raises."""

    KEPT = 0
    DECLARED = 1
    BROKEN = 2
    LOST = 3

    @property
    def words(self) -> str:
        """As it stands in the table."""
        return ("kept", "changed as declared", "broken for clients", "lost")[self]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding: a stable code, its title, its outcome, and why it matters."""

    code: str
    title: str
    outcome: Outcome
    why: str


_LOST, _BROKEN, _DECLARED = Outcome.LOST, Outcome.BROKEN, Outcome.DECLARED

_ALL = (
    Code("KBN-U101", "object is gone", _LOST, "What people made must survive an upgrade."),
    Code("KBN-U102", "object has another id", _LOST, "Links, references and infrastructure code name objects by id."),
    Code("KBN-U103", "object cannot be read", _BROKEN, "It may be there, and nobody can use it."),
    Code("KBN-U104", "operation is no longer served", _BROKEN, "Clients that use it fail from the day of the upgrade."),
    Code("KBN-U201", "member is gone", _LOST, "What was written is no longer there, and no contract says so."),
    Code("KBN-U202", "value is another", _LOST, "The object means something else than what was written."),
    Code("KBN-U203", "value has another type", _BROKEN, "Clients read the type that the contract promises."),
    Code("KBN-U204", "text is damaged", _LOST, "A wrong encoding, an escape or a cut changes what people wrote."),
    Code("KBN-U205", "items are in another order", _BROKEN, "Actions work in the order in which they stand."),
    Code("KBN-U206", "items are gone", _LOST, "Tags, actions and the like are what objects are found and act by."),
    Code("KBN-U207", "default is another", _BROKEN, "An object behaves otherwise, though nobody changed it."),
    Code("KBN-U208", "time of creation is another", _BROKEN, "When and by whom something was made is evidence."),
    Code("KBN-U209", "switch is flipped", _BROKEN, "What was switched off must stay off: rules act."),
    Code("KBN-U210", "secret is shown", _BROKEN, "What was kept encrypted is readable by everybody who may read."),
    Code("KBN-U301", "reference points elsewhere", _LOST, "An object that cannot find its partner is broken."),
    Code("KBN-U401", "missing from the list", _BROKEN, "What no list shows, people take for lost."),
    Code("KBN-U402", "listed more than once", _BROKEN, "Clients that page through the list meet it twice."),
    Code("KBN-U403", "not found by search", _BROKEN, "The index behind the search was not migrated with the objects."),
    Code("KBN-U501", "seen from another space", _BROKEN, "Spaces keep people's work apart."),
    Code("KBN-U502", "seen without credentials", _BROKEN, "Nobody who is not known may read."),
    Code("KBN-U503", "viewer may do more", _BROKEN, "Who may only read must not gain a right by an upgrade."),
    Code("KBN-U504", "access is lost", _BROKEN, "Who could read it before must be able to afterwards."),
    Code("KBN-U505", "spaces of the object are others", _LOST, "Where an object belongs is part of what it is."),
    Code("KBN-U506", "privileges of a role are others", _LOST, "A role that grants more is a hole."),
    Code("KBN-U507", "object is in another space", _LOST, "Spaces that become one show people what was not theirs."),
    Code("KBN-U601", "update is refused", _BROKEN, "An object that can only be looked at is broken for its owner."),
    Code("KBN-U602", "update has no effect", _BROKEN, "A change that is confirmed and not kept misleads."),
    Code("KBN-U603", "delete is refused", _BROKEN, "What cannot be removed piles up."),
    Code("KBN-U604", "delete has no effect", _BROKEN, "A delete that is confirmed and not done misleads."),
    Code("KBN-U701", "export is no longer read", _BROKEN, "Backups hold exports of before."),
    Code("KBN-U702", "export is read in part", _BROKEN, "An import that leaves out objects loses them silently."),
    Code("KBN-U801", "answer is not what clients were promised", _BROKEN, "Clients keep to the contract of before."),
    Code("KBN-U802", "operation is removed as declared", _BROKEN, "Clients of before fail all the same."),
    Code("KBN-U901", "changed as declared", _DECLARED, "The contract of after says so."),
    Code("KBN-U902", "member was added", _DECLARED, "Clients skip what they do not know."),
)  # fmt: skip

CODES: Mapping[str, Code] = {code.code: code for code in _ALL}
"""Every code, in the order of the reference page."""
