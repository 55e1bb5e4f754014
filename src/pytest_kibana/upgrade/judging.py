"""How one object was seen before and after, judged: kept, changed as declared, broken for clients, or lost.

Nothing is judged that was not answered: an outage is not a loss. What did not hold before is not demanded after. What
two readings of before did not agree on is nobody's promise.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_kibana.resources import RESOURCES, Resource
from pytest_kibana.resources.likeness import covered
from pytest_kibana.resources.template import value_at
from pytest_kibana.upgrade.codes import CODES, Outcome
from pytest_kibana.upgrade.ground import shape
from pytest_kibana.upgrade.meaning import Change, Way, changes, core, missing, secrets, texts
from pytest_kibana.upgrade.promises import Promises
from pytest_kibana.upgrade.state import Member, Population, Sight

_NAMESPACES = frozenset({"namespaces", "namespace", "spaceId", "space_ids", "initialNamespaces"})
_WAYS: Mapping[Way, str] = {
    Way.GONE: "KBN-U201",
    Way.VALUE: "KBN-U202",
    Way.TYPE: "KBN-U203",
    Way.TEXT: "KBN-U204",
    Way.ORDER: "KBN-U205",
    Way.ITEMS: "KBN-U206",
    Way.MORE: "KBN-U202",
    Way.TIME: "KBN-U208",
    Way.FLAG: "KBN-U209",
}
MOVED_BY_UPGRADES: Mapping[str, tuple[str, ...]] = {
    # Fleet brings the packages that the stack depends on, and their policies, to the new release (docs, Fleet).
    "epm_package": ("/version", "/latestVersion", "/installationInfo", "/savedObject", "/assets", "/status"),
    "fleet_package_policy": ("/package", "/inputs", "/vars", "/elasticsearch"),
    "fleet_agent_policy": ("/package_policies", "/schema_version"),
    # The index is of the older release until something is written (Kibana source, read_index_route).
    "detection_alerts_index": ("/index_mapping_outdated",),
    # Engines are stopped and started again (Kibana source, entity_store and privilege_monitoring).
    "entity_engine": ("/status", "/error", "/components"),
    "monitoring_engine": ("/status", "/error"),
}
"""What a new release changes by itself when it first starts, by resource: nobody's work is in it."""
_LONG_ENOUGH = 12  # characters of an id that stands for one object wherever it is read


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that is said of one object after the upgrade.

    Attributes:
        code: of :data:`.codes.CODES`; its outcome counts, but for what is ``declared``.
        key: of the member; of the export for exports.
        sentence: what is seen, with the values.
        at: JSON pointer in the object, where there is one.
        declared: how the new contract declares it, None where it does not.
    """

    code: str
    key: str
    sentence: str
    at: str = ""
    declared: str | None = None

    @property
    def outcome(self) -> Outcome:
        """What it makes of the object."""
        return CODES[self.code].outcome

    @property
    def fails(self) -> bool:
        """True where a gate closes: something is lost, or broken and not declared."""
        return self.outcome >= Outcome.BROKEN and self.declared is None


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one member. ``unknown`` says why nothing can be said, where nothing can."""

    key: str
    remarks: tuple[Remark, ...] = ()
    unknown: str = ""

    @property
    def outcome(self) -> Outcome | None:
        """The worst of what is said; None where nothing can be said."""
        if self.unknown and not self.remarks:
            return None
        return max((remark.outcome for remark in self.remarks), default=Outcome.KEPT)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges members, knowing the population of before and both contracts.

    Args:
        population: what was made, and how it was seen.
        promises: both contracts.
        served: tells whether an operation is served at all after the upgrade, by resource: None where not known.
    """

    population: Population
    promises: Promises
    served: Mapping[str, bool] = field(default_factory=dict)

    def judge(self, member: Member, after: Sight | None) -> Judged:
        """Return what became of a member, given how it is seen after the upgrade."""
        before = self.population.sights.get(member.key)
        if before is None or before.status is None:
            return Judged(member.key, unknown="it was not seen before the upgrade")
        if before.status != 200:
            return self._by_lists(member, before, after)
        if after is None or after.status is None:
            why = after.note if after is not None and after.note else "it was not looked at"
            return Judged(member.key, unknown=why)
        if not 200 <= after.status < 300:
            return Judged(member.key, tuple(self._unreadable(member, before, after)))
        remarks = [
            *self._content(member, before, after),
            *self._places(member, before, after),
            *self._access(member, before, after),
        ]
        return Judged(member.key, tuple(remarks))

    def _by_lists(self, member: Member, before: Sight, after: Sight | None) -> Judged:
        """Judge what nothing could read before by the lists alone."""
        if not before.listed and not any(before.found.values()):
            return Judged(member.key, unknown="nothing could read or list it before the upgrade")
        if after is None or after.listed is None:
            return Judged(member.key, unknown="the list was not answered")
        return Judged(member.key, tuple(self._places(member, before, after)))

    # -- is it there?

    def _unreadable(self, member: Member, before: Sight, after: Sight) -> Iterator[Remark]:
        gone = after.status in (404, *RESOURCES[member.resource].gone_statuses)
        said = f"{after.label} answered {after.status}, and 200 before"
        declared = None
        if self.promises.removed(before.label):
            declared = "the new contract no longer has the operation"
        if after.status in (401, 403):
            yield Remark(
                "KBN-U504", member.key, f"{said}: its owner may no longer read it", declared=declared
            )
        elif after.taken_for is not None:
            yield Remark("KBN-U102", member.key, f"{said}; the list shows it under the id {after.taken_for}")
        elif gone and any(_let(after.access.get(who, 404)) for who in ("elsewhere", "default")):
            yield Remark("KBN-U507", member.key, f"{said}; it is shown in another space")
        elif gone and after.listed:
            yield Remark("KBN-U103", member.key, f"{said}; the list still shows it")
        elif gone and declared is not None:
            yield Remark("KBN-U802", member.key, said, declared=declared)
        elif gone and self.served.get(member.resource) is False:
            yield Remark("KBN-U104", member.key, f"{said}, as for every object of its kind")
        elif gone:
            yield Remark("KBN-U101", member.key, said)
        else:
            yield Remark("KBN-U103", member.key, said, declared=declared)

    # -- does it mean the same?

    def _content(self, member: Member, before: Sight, after: Sight) -> Iterator[Remark]:
        kind = RESOURCES[member.resource]
        old, new = value_at(before.body, before.object), value_at(after.body, after.object)
        if shape(before.label) != shape(after.label):
            yield Remark(
                "KBN-U802",
                member.key,
                f"{before.label} is gone; {after.label} shows it",
                declared="the new contract no longer has the operation",
            )
            return
        yield from self._secrets(member, old, new)
        ignored = (
            *kind.volatile,
            *MOVED_BY_UPGRADES.get(kind.name, ()),
            *self.population.volatile.get(member.resource, ()),
        )
        yield from self._reshaped(member, old, new, ignored)
        found = list(changes(old, new, ignored))
        excused = False
        for change in found:
            remark = self._change(member, before, after, change)
            excused = excused or remark.declared is not None
            if not any(covered(change.at, [at]) for at in secrets(new)):
                yield remark
        yield from self._promised(member, before, after, undeclared=not excused and bool(found))

    def _reshaped(self, member: Member, old: Any, new: Any, ignored: tuple[str, ...]) -> Iterator[Remark]:
        """Look for what was sent where the whole object stands at another place of the answer."""
        was, now = core(old, member.id), core(new, member.id)
        if was is None or now is None or was == now:
            return
        sent = value_at(member.sent, member.root)
        shown = set(missing(sent, value_at(old, was), ignored))
        for pointer in missing(sent, value_at(new, now), ignored):
            if pointer not in shown:
                yield Remark(
                    "KBN-U201", member.key, f"{pointer} was sent, and does not show any more", pointer
                )

    def _change(self, member: Member, before: Sight, after: Sight, change: Change) -> Remark:
        kind = RESOURCES[member.resource]
        grown = change.way is Way.MORE and not self._sent(member, kind, change.at)
        if change.way is Way.ADDED or (grown and change.name not in _NAMESPACES):
            return Remark("KBN-U902", member.key, str(change), change.at)
        from_list = not kind.read
        declared = self.promises.excuse(
            before.label,
            change,
            within=before.object,
            answer=None if from_list else after.body,
            made_by=member.create,
            under=member.root,
        )
        if declared is not None:
            return Remark("KBN-U901", member.key, str(change), change.at, declared)
        return Remark(self._code(member, kind, change), member.key, str(change), change.at)

    def _code(self, member: Member, kind: Resource, change: Change) -> str:
        if change.name in _NAMESPACES or any(step in _NAMESPACES for step in change.at.split("/")):
            return "KBN-U505"
        if kind.name == "role":
            return "KBN-U506"
        ids = self._ids(member)
        if any(text in ids for _, text in texts(change.before)) and change.way in (
            Way.VALUE,
            Way.GONE,
            Way.ITEMS,
        ):
            return "KBN-U301"
        code = _WAYS[change.way]
        if code == "KBN-U202" and not self._sent(member, kind, change.at):
            return "KBN-U207"
        return code

    def _ids(self, member: Member) -> frozenset[str]:
        """Return the ids of every other member that can be told from other texts."""
        members = self.population.members.values()
        return frozenset(
            m.id for m in members if m.key != member.key and m.id != member.id and len(m.id) >= _LONG_ENOUGH
        )

    def _sent(self, member: Member, kind: Resource, at: str) -> bool:
        """Tell whether what stands at a pointer was written by whoever made the object."""
        body = value_at(member.sent, member.root)
        if not isinstance(body, Mapping):
            return False
        for name, pointer in kind.shown_at.items():
            if pointer and (at == pointer or at.startswith(pointer + "/")):
                at = f"/{name}{at[len(pointer) :]}"
        first = at.split("/")[1] if "/" in at else ""
        return first in body or first in member.changed

    def _secrets(self, member: Member, old: Any, new: Any) -> Iterator[Remark]:
        known = set(secrets(old))
        shown = [pointer for pointer in secrets(new) if pointer not in known]
        for pointer in shown:
            if not any(pointer.startswith(f"{other}/") for other in shown):
                yield Remark("KBN-U210", member.key, f"{pointer} is shown, and was not before", pointer)
        kept = {
            text
            for at in secrets(member.sent)
            for _, text in texts(value_at(member.sent, at))
            if len(text) > 8
        }
        before = {text for _, text in texts(old)}
        for pointer, text in texts(new):
            if text in kept - before and not any(pointer.startswith(at) for at in secrets(new)):
                yield Remark("KBN-U210", member.key, f"{pointer} shows a secret that was sent", pointer)

    def _promised(self, member: Member, before: Sight, after: Sight, *, undeclared: bool) -> Iterator[Remark]:
        """Hold the new answer to the old contract: what existing clients expect."""
        if not RESOURCES[member.resource].read:
            return
        broken = self.promises.broken_for_clients(before.label, before.body, after.body)
        allowed = bool(broken) and self.promises.new_allows(before.label, after.body)
        if broken and (allowed or not undeclared):
            first = broken[0]
            more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
            yield Remark(
                "KBN-U801",
                member.key,
                f"{first.at or 'the answer'}: {first.sentence}{more}",
                first.at,
                "the new contract allows it" if allowed else None,
            )

    # -- is it where it was?

    def _places(self, member: Member, before: Sight, after: Sight) -> Iterator[Remark]:
        if before.listed and after.listed is not None:
            if not after.listed:
                yield Remark("KBN-U401", member.key, "the list does not show it, and did before")
            elif after.listed > before.listed:
                yield Remark("KBN-U402", member.key, f"the list shows it {after.listed} times")
        for name, count in before.found.items():
            if count and after.found.get(name) == 0 and after.listed != 0:
                yield Remark(
                    "KBN-U403", member.key, f"a search by its name ({name}) does not find it, and did before"
                )

    # -- who may see it?

    def _access(self, member: Member, before: Sight, after: Sight) -> Iterator[Remark]:
        for who, code in (
            ("nobody", "KBN-U502"),
            ("viewer", "KBN-U503"),
            ("viewer changes", "KBN-U503"),
            ("elsewhere", "KBN-U501"),
            ("default", "KBN-U501"),
        ):
            then, now = before.access.get(who), after.access.get(who)
            if then is None or now is None:
                continue
            if not _let(then) and _let(now):
                yield Remark(code, member.key, f"{_WHO[who]} was answered {then}, and {now} now")
            elif _let(then) and now in (401, 403):
                yield Remark("KBN-U504", member.key, f"{_WHO[who]} was answered {then}, and {now} now")


_WHO: Mapping[str, str] = {
    "nobody": "who has no credentials",
    "viewer": "who may only read",
    "viewer changes": "who may only read and changes it",
    "elsewhere": "who asks in the other space",
    "default": "who asks in the default space",
}


def _let(status: int) -> bool:
    return 200 <= status < 300
