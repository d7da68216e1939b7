"""What a pick of `target` costs as the budget grows, the rule alone: no Spark, one thread, the processor's time."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from bench.pools import Pool
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.records.buffers import in_files
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.selection import GreedySelector, Quotas
from zip_pipeline.selection.coverage import Coverage, of_targets
from zip_pipeline.selection.coverage_rule import TARGET
from zip_pipeline.selection.features import Counts, Features, bits_for, features
from zip_pipeline.selection.frontier import Scored
from zip_pipeline.selection.quotas import Budget

RECORDS, BUDGETS = 1_000_000, (1_000, 10_000, 100_000)
WANTED = 300
"""Records of the target: of the smallest source that has so many."""

RUN = 4096


@dataclass(frozen=True, eq=False)
class Timed(Coverage):
    """A coverage that adds up what it takes to find features, which is once a record and grows with what is read."""

    seconds: list[float] = field(default_factory=list)

    def wanted(self, payloads: Sequence[bytes]) -> Features:
        """See `Coverage.wanted`."""
        start = time.process_time()
        found = super().wanted(payloads)
        self.seconds.append(time.process_time() - start)
        return found


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a budget, of one selection; a row counts from the first pick on."""
    table = pq.read_table(pool.grown(RECORDS), columns=["text", "source"])
    payloads = [text.encode() for text in table.column("text").to_pylist()]
    sources = table.column("source").to_pylist()
    enough = [(count, name) for name, count in Counter(sources).items() if count >= WANTED]
    own = (text for text, source in zip(payloads, sources, strict=True) if source == min(enough)[1])
    yield from picking(payloads, [*islice(own, WANTED)])


def picking(payloads: Sequence[bytes], wanted: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the rows for a pool and a target."""
    bits = bits_for(sum(map(len, payloads)))
    coverage = Timed(**vars(of_targets([(1.0, counted(wanted, bits))], counted(payloads, bits), bits)))
    states = np.concatenate([coverage.bounds(payloads[at : at + RUN]) for at in range(0, len(payloads), RUN)])
    coverage.seconds.clear()
    selection = GreedySelector(TARGET.over(coverage), codec=ZlibCodec(9, 64 << 20)).begin(
        stream(payloads, states), Quotas(Budget(BUDGETS[-1])), allocator=in_files
    )
    start, first, before = time.process_time(), 0.0, (0, 0.0, 0.0)
    for count, _ in enumerate(selection.picks(), 1):
        if count in BUDGETS:
            read, facts = sum(coverage.seconds), selection.facts
            spent = time.process_time() - start - read
            first = first or spent / count
            yield {
                "budget": count,
                "CPU, s": spent,
                "finding features, s": read,
                "CPU, ms a pick": spent / count * 1e3,
                "of the first": spent / count / first,
                "ms a pick since the row above": (spent - before[1]) / (count - before[0]) * 1e3,
                "records read": int(facts["drawn"]),
                "scorings a pick": facts["scorings"] / count,
                "since the row above": (facts["scorings"] - before[2]) / (count - before[0]),
            }
            before = count, spent, facts["scorings"]


def counted(payloads: Sequence[bytes], bits: int) -> Counts:
    """Return how often some records have the features of each bucket."""
    counts = np.zeros(1 << bits, np.int64)
    for begin in range(0, len(payloads), RUN):
        found = features(payloads[begin : begin + RUN], bits)
        np.add.at(counts, found.buckets, found.counts)
    return counts


def stream(payloads: Sequence[bytes], states: Any) -> Iterator[Scored]:
    """Yield the records in the order of their bounds."""
    order = np.argsort(states, kind="stable")
    for begin in range(0, len(order), RUN):
        places = order[begin : begin + RUN]
        texts = Payloads(payloads[place] for place in places)
        sizes, names = texts.lengths(np.arange(len(places))), [f"{place:08}" for place in places]
        nothing = [None] * len(places), [""] * len(places)
        yield Scored(states[places], names, *nothing, sizes, sizes, texts.flat, texts.offsets)
