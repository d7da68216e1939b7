"""Rounds of a selection, without Spark."""

from collections.abc import Callable

import numpy as np

from support.quotas import CONTENT, stratum_of
from support.rule import K, rounds_of, runs
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
from zip_pipeline.records.buffers import Allocator, on_heap
from zip_pipeline.selection.frontier import Frontier
from zip_pipeline.selection.greedy import Round
from zip_pipeline.selection.quotas import Budget, Quota, Quotas, Tally

QUOTAS: dict[str, dict[str, Quota]] = {
    "compete": {name: Quota() for name in "abc"},
    "shares": {"a": Quota(share=0.7), "b": Quota(share=0.2), "c": Quota(share=0.1)},
    "limits": {"a": Quota(cap=3), "b": Quota(floor=4), "c": Quota()},
}


def selection(
    pool: dict[str, bytes], rule: str, strata: str, k: K, budget: Budget, allocator: Allocator = on_heap
) -> tuple[Frontier, Callable[..., list[Round]], Tally]:
    codec = ZlibCodec()
    frontier = Frontier(runs(pool, CONTENT, codec, rule, stratum_of), allocator)
    tally = Tally(Quotas(budget, QUOTAS[strata]))

    def go_on(done: list[Round]) -> list[Round]:
        anchor = KernelEvaluator(codec, CONTENT, frontier.payloads, 1)
        return list(rounds_of(frontier, anchor, tally, k, rule, done))

    return frontier, go_on, tally


def same(one: list[Round], other: list[Round]) -> bool:
    """Whether rounds are equal, array by array."""
    return len(one) == len(other) and all(
        a.closed == b.closed
        and all(np.array_equal(x, y) for x, y in zip(a.states, b.states, strict=True))
        and list(a.picks()) == list(b.picks())
        for a, b in zip(one, other, strict=True)
    )
