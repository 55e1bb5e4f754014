"""What a self-test expects, and what it found out: plain values, and the table that people read."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from pytest_kibana.errors import UsageError
from pytest_kibana.simulator.faults.model import Fault

Means = Literal["requests", "stories", "weather"]
"""What can show a fault: single requests, a story of several, or (for outages) living through it."""

_TELLING = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least that the harness must notice: shares from 0 to 1, and the most false alarms."""

    noticed: float
    right: float
    false_alarms: int


@dataclass(frozen=True, slots=True)
class Endurance:
    """What must come of an outage.

    ``codes`` are the checks that may say something of it about the deployment, once. ``told`` demands that it is told
    as trouble of the environment, ``same`` that every verdict is as where nothing is wrong (else the operation may be
    left out), and ``found`` that one of the checks speaks.
    """

    codes: tuple[str, ...] = ()
    told: bool = False
    same: bool = False
    found: bool = False


@dataclass(frozen=True, slots=True)
class Expectations:
    """``spec/selftest.toml``: the thresholds, and for each kind of check its codes (or the names of its laws), by what
    can show it; of kinds of weather also what must come of them.
    """

    thresholds: Thresholds
    kinds: Mapping[Means, Mapping[str, tuple[str, ...]]]
    weather: Mapping[str, Endurance]

    def means(self, fault: Fault) -> Means:
        """Tell what can show a fault.

        Raises:
            UsageError: a kind of check that the file does not list.
        """
        if fault.group == "weather":
            return "weather"
        unlisted = [
            kind for kind in fault.noticed_by if not any(kind in some for some in self.kinds.values())
        ]
        if unlisted:
            raise UsageError(
                f"{fault.name} is to be noticed by {unlisted[0]!r}, a kind of check that spec/selftest.toml lacks",
                hint="List the codes of its checks there.",
            )
        return "stories" if any(kind in self.kinds["stories"] for kind in fault.noticed_by) else "requests"

    def endurance(self, fault: Fault) -> Endurance:
        """Return what must come of a fault of weather: everything that its kinds demand, and all that they allow."""
        kinds = [self.weather[kind] for kind in fault.noticed_by if kind in self.weather]
        return Endurance(
            tuple(dict.fromkeys(code for kind in kinds for code in kind.codes)),
            told=any(kind.told for kind in kinds),
            same=any(kind.same for kind in kinds),
            found=any(kind.found for kind in kinds),
        )

    def codes(self, fault: Fault) -> tuple[str, ...]:
        """Return the codes, or patterns of codes, of the checks whose business a fault is."""
        every = [some[kind] for some in self.kinds.values() for kind in fault.noticed_by if kind in some]
        return tuple(dict.fromkeys(code for codes in every for code in codes))


@lru_cache(maxsize=1)
def expectations() -> Expectations:
    """Read ``spec/selftest.toml``."""
    read = tomllib.loads(files("pytest_kibana").joinpath("spec", "selftest.toml").read_text("utf-8"))
    tables: dict[Means, str] = {"requests": "kinds", "stories": "laws"}
    kinds: dict[Means, dict[str, tuple[str, ...]]] = {
        means: {k: tuple(v) for k, v in read[table].items()} for means, table in tables.items()
    }
    weather = {
        kind: Endurance(**{**wanted, "codes": tuple(wanted.get("codes", ()))})
        for kind, wanted in read["weather"].items()
    }
    kinds["weather"] = {kind: wanted.codes for kind, wanted in weather.items()}
    return Expectations(Thresholds(**read["thresholds"]), kinds, weather)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one fault at one operation.

    ``codes`` are those of what was found, or the names of the laws that were broken. ``noticed`` and ``right`` tell
    whether anything was found that is not found without the fault, and whether by the checks whose business it is;
    of an outage, whether it was lived through. ``failing`` tells whether it fails a run that is not strict.
    ``trouble`` is set where the harness could not go on.
    """

    fault: str
    operation: str
    family: str
    means: Means
    noticed: bool
    right: bool
    failing: bool
    codes: tuple[str, ...] = ()
    trouble: str | None = None
    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding about the deployment where nothing is wrong."""

    operation: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a self-test found out.

    ``operations`` counts those that were tried; ``out_of_reach`` lists those at which nothing could be sent, or nothing
    succeeded, even where nothing is wrong, so that no fault (or none of successes) could show.
    """

    contract: str
    seed: int
    thresholds: Thresholds
    trials: tuple[Trial, ...]
    alarms: tuple[Alarm, ...]
    operations: int
    out_of_reach: tuple[str, ...] = ()
    seconds: float = 0.0

    def of(self, *means: Means) -> tuple[Trial, ...]:
        """Return the trials of faults that these means can show."""
        return tuple(trial for trial in self.trials if trial.means in means)

    @property
    def noticed(self) -> float:
        """Share of the measured trials that were noticed."""
        return _share(trial.noticed for trial in self.trials)

    @property
    def right(self) -> float:
        """Share that the right check noticed."""
        return _share(trial.right for trial in self.trials)

    @property
    def good(self) -> bool:
        """True where every threshold is kept, and anything was measured at all."""
        return (
            bool(self.trials)
            and self.noticed >= self.thresholds.noticed
            and self.right >= self.thresholds.right
            and len(self.alarms) <= self.thresholds.false_alarms
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            **asdict(self),
            "noticed": round(self.noticed, 4),
            "right": round(self.right, 4),
            "families": len({trial.family for trial in self.trials}),
            "good": self.good,
        }

    def text(self) -> str:
        """Return the table for people: a line for each fault, and the sums."""
        lines = [f"{'fault':38} {'pairs':>5} {'noticed':>7} {'right':>5}  not noticed, or by others"]
        for name in sorted({trial.fault for trial in self.trials}):
            lines.append(_row(name, [trial for trial in self.trials if trial.fault == name]))
        lines.append("")
        titles: dict[Means, str] = {
            "requests": "faults that one request can show",
            "stories": "faults that only a story can show",
            "weather": "outages lived through",
        }
        for means, title in titles.items():
            lines.append(_row(title, self.of(means)))
        lines += [f"FALSE ALARM {a.code} {a.operation}: {a.sentence}" for a in self.alarms]
        families = len({trial.family for trial in self.trials})
        lines.append(
            f"{len(self.trials)} pairs in {families} families, {self.operations} operations, seed {self.seed}, "
            f"contract {self.contract}: noticed {self.noticed:.1%} (at least {self.thresholds.noticed:.0%}), "
            f"by the right check {self.right:.1%} (at least {self.thresholds.right:.0%}), "
            f"{len(self.alarms)} false alarms (at most {self.thresholds.false_alarms}); {self.seconds:.0f} s"
        )
        lines += [f"out of reach: {label}" for label in self.out_of_reach]
        lines.append("good" if self.good else "NOT GOOD ENOUGH")
        return "\n".join(lines)


def _share(of: Iterable[bool]) -> float:
    every = list(of)
    return sum(every) / len(every) if every else 0.0


def _row(name: str, trials: Sequence[Trial]) -> str:
    odd = [t for t in trials if not t.right][:_TELLING]
    told = "; ".join(f"{t.operation} ({t.trouble or ', '.join(t.codes) or 'nothing'})" for t in odd)
    return (
        f"{name:38} {len(trials):5} {sum(t.noticed for t in trials):7} {sum(t.right for t in trials):5}  "
        f"{told if len(trials) and '.' in name else ''}"
    ).rstrip()
