"""``verify``: look at the population after the upgrade, judge it, try what its owners do with it, and take it away.

Every step is written down when it is done, so that a process that died goes on where it was: first every object is
looked at, then exports are taken in, then objects are changed, then removed. Only what was possible before is demanded.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pytest_kibana.errors import HarnessError, LeftoversError, TargetNotReady, UsageError
from pytest_kibana.resources import RESOURCES, Kind
from pytest_kibana.resources.template import value_at
from pytest_kibana.upgrade.exporting import Exporter
from pytest_kibana.upgrade.ground import STORMY, Ground, Looker, storm
from pytest_kibana.upgrade.judging import Judge, Judged, Remark
from pytest_kibana.upgrade.meaning import missing
from pytest_kibana.upgrade.promises import Promises
from pytest_kibana.upgrade.report import Contracts, Report
from pytest_kibana.upgrade.state import Exported, Member, Population, Sight, State, line_of, made

FILE = "verify.jsonl"
_MOST_SILENT = 4
_LEFT_ALONE = frozenset({"space"})


@dataclass(slots=True)
class _Journal:
    """What earlier processes of this verification found out."""

    sights: dict[str, Sight] = field(default_factory=dict)
    remarks: dict[str, list[Remark]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)


def verify(state: State, ground: Ground, *, keep: bool = False, again: bool = False) -> Report:
    """Judge the population of a state after the upgrade.

    Args:
        state: what ``prepare`` left.
        ground: who asks now, and what the deployment is held to now.
        keep: change and remove nothing, so that it can be verified once more, after the next upgrade.
        again: look at everything anew, whatever an earlier process saw.

    Returns:
        What became of every object. What was kept open by the environment is said in it.

    Raises:
        UsageError: the state is not prepared, or was cleaned up.
        TargetNotReady: the target went away; verify once more and it goes on.
    """
    if state.phase not in ("prepared", "verifying", "verified"):
        raise UsageError(
            f"{state.folder} is {state.phase or 'empty'}, and cannot be verified",
            hint="Run `upgrade prepare` to its end first."
            if state.phase in ("", "preparing")
            else "Prepare another population before the next upgrade.",
        )
    if not state.population().members or state.manifest.get("removed"):
        raise UsageError(
            f"the population of {state.folder} was taken away",
            hint="Prepare another one before the next upgrade; report.json tells what was found.",
        )
    at = [ground.target.version, ground.contract.sha256]
    if again or state.phase == "verified" or state.manifest.get("verifying_at") != at:
        # What was seen of another release, or before things were changed, says nothing of this one.
        (state.folder / FILE).unlink(missing_ok=True)
    state.say(phase="verifying", verifying_at=at)
    found = _Verification(state, ground).run(keep=keep)
    state.say(phase="verified", verified=time.time(), removed=not keep and not found.left)
    return found


class _Verification:
    """One verification: the state, the ground, and what is known so far."""

    def __init__(self, state: State, ground: Ground) -> None:
        self.state = state
        self.ground = ground
        self.population: Population = state.population()
        self.promises = Promises(state.contract(), ground.contract)
        self.looker = Looker(ground, self.population.members, self.population.spaces)
        self.journal = _read(state)
        self._silent: set[str] = set()

    def run(self, *, keep: bool) -> Report:
        self._look()
        judged = self._judge()
        extra = list(self._exports())
        if not keep:
            extra += self._owners(judged)
        left = () if keep else cleanup(self.state, self.ground)
        return Report(
            manifest=dict(self.state.manifest),
            now=dict(self.ground.target.describe()),
            members=self.population.members,
            judged=_joined(judged, extra),
            exports=tuple(r for r in extra if r.key in self.population.exports),
            contracts=self._contracts(),
            skips=self.population.skips,
            kept=keep,
            left=left,
        )

    # -- looking

    def _look(self) -> None:
        todo = [m for m in self.population.members.values() if m.key not in self.journal.sights]
        for number, member in enumerate(todo):
            if number % 50 == 0:
                self.ground.say(f"looking at {len(todo)} objects")
            before = self.population.sights.get(member.key)
            sight = self.looker.look(member, before.label if before else "", before)
            if before is not None and "viewer changes" in before.access and sight.status == 200:
                sight = self._as_viewer(member, before, sight)
            self._answered(sight.label, sight.status, sight.note)
            self.journal.sights[member.key] = sight
            if sight.status is not None:
                self.state.note(FILE, do="seen", **line_of(sight))

    def _as_viewer(self, member: Member, before: Sight, sight: Sight) -> Sight:
        change = self.looker.viewer_changes(member, value_at(sight.body, sight.object))
        return sight if change is None else replace(sight, access={**sight.access, "viewer changes": change})

    def _answered(self, label: str, status: int | None, why: str) -> None:
        """Give up where operation after operation gives no answer: then there is nothing to judge."""
        if status is not None:
            self._silent.clear()
        elif label:
            self._silent.add(label)
        if len(self._silent) >= _MOST_SILENT:
            raise TargetNotReady(
                f"the target gave no answer to {len(self._silent)} operations in a row: {why}",
                hint="Run verify again when it answers; it resumes where it stopped.",
            )

    # -- judging

    def _judge(self) -> dict[str, Judged]:
        judge = Judge(self.population, self.promises, self._served())
        judged = {
            key: judge.judge(member, self.journal.sights.get(key))
            for key, member in self.population.members.items()
        }
        return _with_their_space(self.population, judged)

    def _served(self) -> dict[str, bool]:
        """Tell by resource whether any of its objects can be read, where several could be before."""
        before: Counter[str] = Counter()
        after: Counter[str] = Counter()
        for key, member in self.population.members.items():
            then, now = self.population.sights.get(key), self.journal.sights.get(key)
            if then is not None and then.status == 200:
                before[member.resource] += 1
                after[member.resource] += now is not None and (now.status == 200 or bool(now.listed))
        served = {}
        for name, count in before.items():
            if not after[name] and count > 1:
                served[name] = self._list_answers(name)
        return served

    def _list_answers(self, name: str) -> bool:
        """Tell whether the list of a kind is answered: then its operations are there, and its objects are not."""
        member = next(m for m in self.population.members.values() if m.resource == name)
        listing = self.looker.listing(RESOURCES[name])
        if listing is None:
            return True
        reply = self.looker.ask(self.looker.handle(member), listing.call)
        return reply is None or reply.ok or storm(reply)

    # -- what owners do

    def _exports(self) -> Iterator[Remark]:
        exporter = Exporter(self.state, self.ground)
        for exported in self.population.exports.values():
            if exported.imported is None:
                continue  # it was not read before either
            step = f"import {exported.name}"
            if step not in self.journal.done:
                self.ground.say(f"importing {exported.file}")
                try:
                    result = exporter.take_in(exported)
                except HarnessError:
                    continue
                if result is None or result[0] is None:
                    continue
                self._note(step, exported.name, _imported(exported, *result))
            yield from self.journal.remarks.get(step, ())

    def _owners(self, judged: Mapping[str, Judged]) -> list[Remark]:
        """Change and remove what is there, as its owner would."""
        there = [
            member
            for key, member in self.population.members.items()
            if (sight := self.journal.sights.get(key)) is not None
            and (sight.status == 200 or (sight.status is None and sight.listed))
            and judged[key].outcome is not None
        ]
        for member in there:
            step = f"update {member.key}"
            if step not in self.journal.done and self._updatable(member):
                self._note(step, member.key, self._update(member))
        for member in reversed(there):
            step = f"delete {member.key}"
            if step not in self.journal.done and self._deletable(member):
                self._note(step, member.key, self._delete(member))
        steps = [f"{verb} {member.key}" for member in there for verb in ("update", "delete")]
        return [remark for step in steps for remark in self.journal.remarks.get(step, ())]

    def _updatable(self, member: Member) -> bool:
        known = self.population.rehearsals.get(member.resource)
        return known is not None and known.update == 200 and member.variant in ("smallest", "full")

    def _update(self, member: Member) -> Iterator[Remark]:
        kind, factory = RESOURCES[member.resource], self.ground.factory
        sight = self.journal.sights[member.key]
        handle = self.looker.handle(member, value_at(sight.body, sight.object))
        known = self.population.rehearsals[member.resource]
        if factory.known(kind.update) is None:
            label = kind.update[0].label
            declared = (
                "the new contract no longer has the operation" if self.promises.removed(label) else None
            )
            yield Remark("KBN-U802", member.key, f"{label} is gone", declared=declared)
            return
        members = {k: factory.filled(handle, v) for k, v in kind.change.items()}
        try:
            shown = handle.update(**members)
        except HarnessError as trouble:
            status = getattr(trouble, "status", None)
            if _said_no(trouble.message) and status not in STORMY:
                yield Remark("KBN-U601", member.key, trouble.message)
            return
        lost = list(missing(members, shown, kind.volatile)) if known.effect else []
        if lost:
            yield Remark("KBN-U602", member.key, f"{lost[0]} was changed, and does not show it", lost[0])

    def _deletable(self, member: Member) -> bool:
        known = self.population.rehearsals.get(member.resource)
        removable = RESOURCES[member.resource].kind is Kind.OBJECT and member.resource not in _LEFT_ALONE
        return removable and known is not None and known.delete == 200 and member.entry is not None

    def _delete(self, member: Member) -> Iterator[Remark]:
        handle = self.looker.handle(member)
        if handle.entry is None:
            return
        try:
            handle.delete()
        except HarnessError as trouble:
            if _said_no(trouble.message):
                yield Remark("KBN-U603", member.key, trouble.message)
            return
        if self.population.rehearsals[member.resource].gone:
            call = self.ground.factory.known(handle.resource.read)
            reply = self.looker.ask(handle, call) if call is not None else None
            if reply is not None and reply.ok:
                yield Remark(
                    "KBN-U604", member.key, f"{call.label if call else ''} still shows it after its delete"
                )

    def _note(self, step: str, key: str, remarks: Iterator[Remark]) -> None:
        found = list(remarks)
        self.journal.done.add(step)
        self.journal.remarks[step] = found
        self.state.note(FILE, do="step", step=step, key=key, remarks=[line_of(remark) for remark in found])

    # -- both contracts, both sides

    def _contracts(self) -> Contracts:
        """Hold old answers and requests to the new contract, and new answers too."""
        undescribed: dict[str, str] = {}
        refused: dict[str, str] = {}
        unpromised: dict[str, str] = {}
        answers: set[str] = set()
        for key, sight in self.population.sights.items():
            member = self.population.members.get(key)
            if member is None or sight.status != 200 or not RESOURCES[member.resource].read:
                continue
            answers.add(sight.label)
            for violation in self.promises.no_longer_described(sight.label, sight.body):
                undescribed.setdefault(sight.label, f"{violation.at or 'the answer'}: {violation.sentence}")
            now = self.journal.sights.get(key)
            if now is not None and now.status == 200 and now.label == sight.label:
                for violation in self.promises.unpromised(sight.label, sight.body, now.body):
                    unpromised.setdefault(
                        sight.label, f"{violation.at or 'the answer'}: {violation.sentence}"
                    )
            for violation in self.promises.refused_now(member.create, member.sent) if member.create else ():
                refused.setdefault(member.create, f"{violation.at or 'the body'}: {violation.sentence}")
        labels = {m.create for m in self.population.members.values() if m.create} | answers
        removed = sorted(label for label in labels if self.promises.removed(label))
        return Contracts(len(labels), tuple(removed), undescribed, refused, unpromised)


def _imported(exported: Exported, status: int | None, count: int | None, why: str) -> Iterator[Remark]:
    if count is None or status is None or status >= 300:
        yield Remark(
            "KBN-U701", exported.name, f"{exported.file} was read before; its import answers {status}: {why}"
        )
    elif exported.imported is not None and count < exported.imported:
        sentence = (
            f"{exported.file}: {count} objects are taken in, and {exported.imported} were before: {why}"
        )
        yield Remark("KBN-U702" if count else "KBN-U701", exported.name, sentence)


def _said_no(message: str) -> bool:
    """Tell whether trouble is Kibana's refusal, and not an answer that never came or that says nothing."""
    return " answered " in message and not any(f" answered {status}:" in message for status in STORMY)


def _with_their_space(population: Population, judged: Mapping[str, Judged]) -> dict[str, Judged]:
    """Say of what is lost with its space that it is."""
    gone = {
        member.id
        for key, member in population.members.items()
        if member.resource == "space" and any(r.code in ("KBN-U101", "KBN-U102") for r in judged[key].remarks)
    }
    out = dict(judged)
    for key, member in population.members.items():
        if member.space in gone:
            out[key] = replace(
                judged[key],
                remarks=tuple(
                    replace(r, sentence=f"{r.sentence} (its space {member.space} is gone)")
                    for r in judged[key].remarks
                ),
            )
    return out


def _joined(judged: Mapping[str, Judged], extra: list[Remark]) -> tuple[Judged, ...]:
    more: dict[str, list[Remark]] = {}
    for remark in extra:
        more.setdefault(remark.key, []).append(remark)
    return tuple(replace(one, remarks=(*one.remarks, *more.get(one.key, ()))) for one in judged.values())


def _read(state: State) -> _Journal:
    journal = _Journal()
    for line in state.lines(FILE):
        what = line.pop("do")
        if what == "seen":
            sight = made(Sight, line)
            journal.sights[sight.key] = sight
        elif what == "step":
            journal.done.add(line["step"])
            journal.remarks[line["step"]] = [made(Remark, r) for r in line["remarks"]]
    return journal


def cleanup(state: State, ground: Ground) -> tuple[str, ...]:
    """Take away everything that the ledger says may be there; return what could not be."""
    ground.say("cleaning up")
    for entry in ground.factory.ledger.entries:
        ground.factory.adopt(entry)
    try:
        ground.factory.cleanup()
    except LeftoversError as left:
        return tuple(line.strip() for line in left.message.splitlines()[1:])
    return ()


def abort(state: State, ground: Ground) -> tuple[str, ...]:
    """Take the population away without judging it; return what could not be removed."""
    left = cleanup(state, ground)
    state.say(phase="aborted", removed=not left, aborted=time.time())
    return left
