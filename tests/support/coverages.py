"""Coverages of small pools, for tests."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from zip_pipeline.selection import GreedySelector, Scored
from zip_pipeline.selection.coverage import UNIT, Coverage, of_pool, of_targets
from zip_pipeline.selection.features import Counts, features

BITS = 16


def counts_of(payloads: Iterable[bytes], bits: int = BITS) -> Counts:
    """How often the payloads have the features of each bucket."""
    found = features(list(payloads), bits)
    return np.bincount(found.buckets, found.counts, 1 << bits).astype(np.int64)


def target_of(pool: Mapping[str, bytes], *targets: Iterable[bytes], bits: int = BITS) -> Coverage:
    """The coverage of targets that weigh alike."""
    return of_targets([(1.0, counts_of(target, bits)) for target in targets], counts_of(pool.values(), bits), bits)


def cover_of(pool: Mapping[str, bytes], bits: int = BITS) -> Coverage:
    """The coverage of a pool of one source."""
    found = features(list(pool.values()), bits)
    return of_pool(counts_of(pool.values(), bits) * UNIT, np.bincount(found.buckets, minlength=1 << bits), bits)


def runs(
    selector: GreedySelector,
    pool: Mapping[str, bytes],
    stratum_of: Callable[[str], str] = lambda _: "",
    size: int = 7,
    tokens: Mapping[str, int] | None = None,
    weights: Mapping[str, float] | None = None,
) -> Iterator[Scored]:
    """The pool as a selection reads it: run after run."""
    (whole,) = selector.stream(pool, tokens=tokens, weights=weights)
    for begin in range(0, len(whole.ids), size):
        end = min(begin + size, len(whole.ids))
        part = slice(begin, end)
        yield replace(
            whole,
            states=whole.states[part],
            ids=whole.ids[part],
            sources=whole.sources[part],
            strata=[stratum_of(record_id) for record_id in whole.ids[part]],
            raw_bytes=whole.raw_bytes[part],
            compressed_bytes=whole.compressed_bytes[part],
            offsets=whole.offsets[begin : end + 1],
            tokens=None if whole.tokens is None else whole.tokens[part],
            weights=None if whole.weights is None else whole.weights[part],
        )
