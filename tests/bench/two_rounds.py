"""Pools against the exact rule: the gap in set ratio, and the seconds of the stage that selects."""

from collections.abc import Iterator
from typing import Any

from bench.pools import Pool
from bench.selections import PAPER, run

BUDGETS = (1_000, 10_000)
POOLS = (2, 4, 8)
RULES: dict[str, tuple[str, ...]] = {"gain": (), "paper": PAPER}


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a rule, budget and number of pools; a gap above 0 is a set that compresses better than the exact."""
    for rule, overrides in RULES.items():
        for budget in BUDGETS:
            exact: dict[str, Any] = {}
            for count in (1, *POOLS):
                output = pool.folder / f"pools-{rule}-{budget}-{count}"
                manifest = run(pool.path, output, budget, *overrides, f"run.pools={count}")
                exact = exact or manifest
                part, seconds = manifest["selection"], manifest["timings"]["select_s"]
                yield {
                    "rule": rule,
                    "budget": budget,
                    "pools": count,
                    "set ratio": part["set_ratio"],
                    "random": manifest["random"]["set_ratio"],
                    "gap, %": 100 * (part["set_ratio"] / exact["selection"]["set_ratio"] - 1),
                    "mean bytes": part["mean_bytes"],
                    "select, s": seconds,
                    "speed-up": exact["timings"]["select_s"] / seconds,
                }
