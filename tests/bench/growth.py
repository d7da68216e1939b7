"""How time grows with the budget and with the pool."""

from collections.abc import Iterator
from typing import Any

from bench.pools import Pool
from bench.selections import run

RECORDS = (20_000, 100_000, 1_000_000)
BUDGETS = (1_000, 3_000, 10_000, 30_000)
K = ("select.k1=2000", "select.k2=100", "select.k3=50")
"""Smaller than the paper's, so that 30,000 picks are made in minutes; the work of a round stays the same."""


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a budget on the pool of 100,000, and a row a pool at a budget of 1,000."""
    cases = [(RECORDS[1], budget) for budget in BUDGETS] + [(records, BUDGETS[0]) for records in RECORDS]
    for number, (records, budget) in enumerate(cases):
        manifest = run(pool.grown(records), pool.folder / f"grown-{number}", budget, *K)
        timings, part = manifest["timings"], manifest["selection"]
        yield {
            "records": records,
            "budget": budget,
            **timings,
            "mean bytes": part["mean_bytes"],
            "select, ms a pick": timings["select_s"] / budget * 1e3,
            "select, us a pick and byte": timings["select_s"] / part["raw_bytes"] * 1e6,
        }
