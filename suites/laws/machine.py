"""Any sequence of create, read, list, update and delete, over two spaces, against a model."""

from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Factory, Handle, Scope
from pytest_kibana.suites.laws.bench import Bench

_SETTINGS = settings(
    max_examples=2,
    stateful_step_count=10,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # a failure is ten steps at most; to shrink it would cost the deployment more
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


class Life(RuleBasedStateMachine):
    """Any sequence of create, read, list, update and delete over two spaces agrees with a model.

    The model is which objects live in which space, and what they say.
    """

    bench: Bench

    def __init__(self) -> None:
        super().__init__()
        self.living: dict[int, list[Handle]] = {0: [], 1: []}
        self.dead: list[tuple[int, Handle]] = []
        self.says: dict[int, dict[str, Any]] = {}
        self.turns: dict[int, bool] = {}

    def factory(self, side: int) -> Factory:
        """Return the factory of a space."""
        return self.bench.there if side else self.bench.here

    @precondition(lambda self: sum(map(len, self.living.values())) < 4)
    @rule(side=st.sampled_from((0, 1)))
    def create(self, side: int) -> None:
        """Make one; its id is new."""
        handle = self.bench.make(self.factory(side))
        known = [(h.space, h.id, h.keys) for h in self.living[side]]
        assert (handle.space, handle.id, handle.keys) not in known, f"the id {handle.id} was given twice"
        self.living[side].append(handle)

    @precondition(lambda self: any(self.living.values()))
    @rule(number=st.integers(0, 7))
    def read(self, number: int) -> None:
        """Read a living one: it says what was last written."""
        side, handle = self._any(number)
        assert self.bench.until(handle.exists, self.bench.kind.read_within), f"{handle} is gone"
        if self.bench.has("read"):
            self._agrees(handle, self.factory(side).read(handle))

    @precondition(lambda self: any(self.living.values()) and self._can("update") and self.bench.kind.change)
    @rule(number=st.integers(0, 7))
    def update(self, number: int) -> None:
        """Change a living one."""
        side, handle = self._any(number)
        # Some families refuse a change that changes nothing.
        self.turns[id(handle)] = again = not self.turns.get(id(handle), True)
        changes = self.bench.change(handle, again=again)
        body = self.factory(side).update(handle, changes)
        self.says[id(handle)] = changes
        if self.bench.has("read"):
            self._agrees(handle, body)

    @precondition(lambda self: any(self.living.values()))
    @rule(number=st.integers(0, 7))
    def delete(self, number: int) -> None:
        """Remove a living one."""
        side, handle = self._any(number)
        handle.delete()
        self.living[side].remove(handle)
        self.dead.append((side, handle))

    @precondition(lambda self: self.dead)
    @rule(number=st.integers(0, 7))
    def read_dead(self, number: int) -> None:
        """Read a removed one: it is gone."""
        _, handle = self.dead[number % len(self.dead)]
        gone = self.bench.until(lambda: not handle.exists(), self.bench.kind.gone_within)
        assert gone, f"{handle} is there after it was removed"

    @precondition(lambda self: any(self.living.values()) and self._can("listing"))
    @rule(number=st.integers(0, 7))
    def list(self, number: int) -> None:
        """List what is beside a living one: every living one of its space and parents, and none of another space."""
        side, handle = self._any(number)
        parents = {k: v for k, v in handle.keys.items() if k not in self.bench.own_keys(handle) and k != "id"}
        mine = {h.id for h in self.living[side] if parents.items() <= h.keys.items()}
        strange = {h.id for h in self.living[1 - side]} - {h.id for h in self.living[side]}
        if self.bench.kind.scope is Scope.GLOBAL:
            strange = set()
        seen: set[str] = set()

        def complete() -> bool:
            seen.clear()
            seen.update(self.bench.ids(handle, space=handle.space))
            return mine <= seen

        assert self.bench.until(complete, self.bench.kind.listed_within), f"the list lacks {mine - seen}"
        assert not strange & seen, f"the list has {strange & seen} of another space"

    def teardown(self) -> None:
        """Remove what lives; what cannot be removed is the factory's to report."""
        for handles in self.living.values():
            for handle in handles:
                try:
                    handle.delete()
                except ResourceTrouble:
                    continue

    def _any(self, number: int) -> tuple[int, Handle]:
        alive = [(side, handle) for side, handles in self.living.items() for handle in handles]
        return alive[number % len(alive)]

    def _agrees(self, handle: Handle, body: Any) -> None:
        wrong = list(self.bench.lost(self.says.get(id(handle), {}), body))
        assert not wrong, "; ".join(wrong)

    def _can(self, role: str) -> bool:
        return self.bench.has(role)


def live(bench: Bench, number: int) -> None:
    """Let objects of a kind live some lives.

    Args:
        bench: the kind, and where.
        number: the seed: the same number makes the same steps.

    Raises:
        AssertionError: the deployment and the model disagree; the steps that led there are printed.
    """

    class Lives(Life):
        pass

    Lives.bench = bench
    Lives.__qualname__ = Lives.__name__ = f"Lives_of_{bench.kind.name}"
    run_state_machine_as_test(seed(number)(Lives), settings=_SETTINGS)
