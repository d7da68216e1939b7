"""What a pick costs as the budget grows, the rule alone: no Spark, one thread, the processor's time."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from bench.pools import Pool
from support.rule import rounds_of
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
from zip_pipeline.records.buffers import in_files
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.selection.frontier import Frontier, Scored
from zip_pipeline.selection.quotas import Budget, Quota, Quotas, Tally

BUDGETS = (1_000, 10_000, 100_000)
K = {"k1": 80, "k2": 40, "k3": 20}
"""A fifth of the rule's: five times as many rounds for a budget, so that what grows with them shows."""

RUN = 4096
MANY = 100


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a budget, without and with quotas."""
    path = pool.grown(BUDGETS[-1] * K["k1"] // K["k3"] + RUN)
    table = pq.read_table(path, columns=["id", "text", "source"])
    order = np.random.default_rng(0).permutation(table.num_rows)
    seconds(table, order, K["k3"] * 2, "none")  # compiles
    for quotas in ("none", "by source", f"{MANY} strata"):
        first = None
        for budget in BUDGETS:
            spent, done = seconds(table, order, budget, quotas)
            each = spent / done * 1e3
            first = first or each
            yield {
                "quotas": quotas,
                "budget": done,
                "CPU, s": spent,
                "CPU, ms a pick": each,
                "of the first": each / first,
            }


def seconds(table: Any, order: Any, budget: int, quotas: str) -> tuple[float, int]:
    """Return what a selection took of the processor's time, and its picks."""
    sources = [f"{source}" for source in table.column("source").to_pylist()]
    strata = {"none": [""] * len(sources), "by source": sources}.get(quotas) or [
        f"{n % MANY}" for n in range(len(sources))
    ]
    names, counts = np.unique(strata, return_counts=True)
    shares = {
        str(name): Quota(share=None if quotas == "none" else count / len(strata))
        for name, count in zip(names, counts, strict=True)
    }
    codec, framing = ZlibCodec(9, 64 << 20), FRAMINGS["content"]
    frontier = Frontier(stream(table, order, strata), in_files)
    anchor = KernelEvaluator(codec, framing, frontier.payloads, 1)
    start = time.process_time()
    made = rounds_of(frontier, anchor, Tally(Quotas(Budget(budget), shares)), (K["k1"], K["k2"], K["k3"]), "gain")
    done = sum(len(this.places) for this in made)
    return time.process_time() - start, done


def stream(table: Any, order: Any, strata: list[str]) -> Iterator[Scored]:
    """Yield the records in an order."""
    for begin in range(0, len(order), RUN):
        places = order[begin : begin + RUN]
        part = table.take(places)
        payloads = Payloads(text.encode() for text in part.column("text").to_pylist())
        sizes = payloads.lengths(np.arange(len(places)))
        yield Scored(
            np.arange(begin, begin + len(places)) / len(order),
            part.column("id").to_pylist(),
            part.column("source").to_pylist(),
            [strata[place] for place in places.tolist()],
            sizes,
            sizes,
            payloads.flat,
            payloads.offsets,
        )
