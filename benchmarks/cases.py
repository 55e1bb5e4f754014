"""How fast cases are made, and of what they consist: ``python benchmarks/cases.py [CONTRACT]``.

CONTRACT is anything that ``load`` takes: a file, a version, ``core``. Prints cases per second cold and warm, the share
of operations with proven invalid input, and the same for Schemathesis on a sample of the operations, as ratios.
"""

import argparse
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _common import contract as default_contract
from hypothesis.strategies import SearchStrategy

from pytest_kibana.cases import BUDGETS, Bank, open_bank
from pytest_kibana.contract import Contract, load


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contract", nargs="?", default=default_contract())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=40, help="operations for Schemathesis; 0 leaves it out")
    parser.add_argument("--budget", default="standard", choices=sorted(BUDGETS))
    chosen = parser.parse_args(arguments)
    contract = load(chosen.contract)
    print(f"{contract.source}: {len(contract.operations)} operations, budget {chosen.budget}")
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = ours(contract, Path(folder), chosen.seed, chosen.budget)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")
    if chosen.sample:
        theirs = schemathesis_rate(contract, chosen.sample, chosen.seed)
        print(f"ratio to Schemathesis: cold {cold / theirs:.0f} times, warm {warm / theirs:.0f} times")


def ours(contract: Contract, folder: Path, seed: int, budget: str) -> tuple[float, float]:
    """Return cases per second, cold and warm."""
    start = time.perf_counter()
    bank = open_bank(contract, seed=seed, budget=BUDGETS[budget], cache_dir=folder)
    made = time.perf_counter() - start
    start = time.perf_counter()
    again = open_bank(contract, seed=seed, budget=BUDGETS[budget], cache_dir=folder)
    again.cases(again.labels[0])
    first = time.perf_counter() - start
    count = again.count()
    read = time.perf_counter() - start
    print(f"cold: {count} cases in {made:.2f} s, {count / made:.0f} a second")
    print(f"warm: first case after {first * 1000:.0f} ms, all in {read:.2f} s, {count / read:.0f} a second")
    describe(contract, bank)
    return count / made, count / read


def describe(contract: Contract, bank: Bank) -> None:
    """Print what the cases are."""
    kinds: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    invalid = certain = empty = 0
    for label in contract.operations:
        cases = bank.cases(label)
        kinds.update(case.kind.value for case in cases)
        rules.update(f"{case.rule.location} {case.rule.keyword}" for case in cases if case.rule)
        invalid += any(case.rule for case in cases)
        certain += any(case.rule and case.certain for case in cases)
        empty += not cases
    total = len(contract.operations)
    print("kinds: " + ", ".join(f"{name} {count}" for name, count in kinds.most_common()))
    print(f"invalid input for {invalid} of {total} operations, for {certain} of them a certain refusal")
    print(f"operations without any case: {empty}")
    print("rules: " + ", ".join(f"{name} {count}" for name, count in rules.most_common(12)))


def schemathesis_rate(contract: Contract, sample: int, seed: int) -> float:
    """Return how many cases a second Schemathesis makes, half of them valid and half invalid."""
    import schemathesis
    from schemathesis import GenerationMode

    schema = schemathesis.openapi.from_dict(contract.document(), config=schemathesis.Config())
    labels = random.Random(seed).sample(sorted(contract.operations), min(sample, len(contract.operations)))
    made = 0
    refused: Counter[str] = Counter()
    start = time.perf_counter()
    for label in labels:
        operation = contract.operations[label]
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                theirs = schema[operation.published_path or operation.path][operation.method]
                made += drawn(theirs.as_strategy(generation_mode=mode), 10)
            except Exception:  # noqa: BLE001 - whatever it raises, it made nothing
                refused[mode.value] += 1
    spent = time.perf_counter() - start
    print(
        f"Schemathesis: {made} cases of {len(labels)} operations in {spent:.1f} s, {made / spent:.0f} a second; "
        f"nothing invalid could be made for {refused['negative']}, nothing valid for {refused['positive']}"
    )
    return made / spent


def drawn(strategy: SearchStrategy[Any], count: int) -> int:
    """Draw so many values, as a test would; return how many there were."""
    from hypothesis import HealthCheck, given, settings

    seen: list[Any] = []

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(case: Any) -> None:
        seen.append(case)

    draw()
    return len(seen)


if __name__ == "__main__":
    main()
