"""How time grows with the budget and with the pool."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from bench.pools import Pool
from bench.selections import PAPER, run

RECORDS = (20_000, 100_000, 1_000_000)
BUDGETS = (1_000, 3_000, 10_000, 30_000)
RULES = {
    "gain": ("input.deduplicate=none",),
    # Smaller than the paper's numbers, so that 30,000 picks are made in minutes; the work of a round stays the same.
    "paper": (*PAPER, "codec.window=32KB", "select.k1=2000", "select.k2=100", "select.k3=50"),
}


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a budget on the pool of 100,000, and a row a pool at a budget of 1,000."""
    sizes = [(RECORDS[1], budget) for budget in BUDGETS] + [(records, BUDGETS[0]) for records in RECORDS]
    for rule, (records, budget) in product(RULES, sizes):
        output = pool.folder / f"grown-{rule}-{records}-{budget}"
        if output.exists():
            continue
        manifest = run(pool.grown(records), output, budget, *RULES[rule])
        timings, part = manifest["timings"], manifest["selection"]
        yield {
            "rule": rule,
            "records": records,
            "budget": budget,
            **timings,
            "mean bytes": part["mean_bytes"],
            "select, ms a pick": timings["select_s"] / budget * 1e3,
            "select, us a pick and byte": timings["select_s"] / part["raw_bytes"] * 1e6,
        }
