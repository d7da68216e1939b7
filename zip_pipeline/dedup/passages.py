"""Passages of benchmarks: the runs of tokens by which an item is looked for in other texts, and a way to find them.

An item is looked for by all its runs of so many tokens. GPT-3's authors took 8 to 13, by the lengths of a benchmark's
items: shorter runs agree by chance (Brown et al. 2020, appendix C). So an item with fewer tokens than a run is looked
for as a whole, down to `SHORTEST` tokens. A still shorter one is not looked for.

    >>> item, short = of_items([b"To be, or not to be: that is the question!", b"To be, or not"], 9)[0].by_record()
    >>> len(item), len(short)
    (2, 0)
    >>> known = BloomFilter(2)
    >>> known.add(item)
    >>> found = in_records([b"He said that to be or not to be, that is the point.", b"nothing of it"], [9], known)
    >>> [len(passages) for passages in found.by_record()]
    [1, 0]

This module does not tell which item has a passage. That is for `spark.removals.contamination` to find, for the few that
pass the filter.
"""

from collections.abc import Sequence

import numpy as np

from zip_pipeline.dedup.bloom import BloomFilter
from zip_pipeline.dedup.characters import Hashes, Offsets
from zip_pipeline.dedup.tokens import Ragged, runs, tokens, tokens_in_parts

SHORTEST = 8
"""Tokens of the shortest item that is looked for: fewer stand in texts that know nothing of it."""

COMMON, LEAST_COMMON = 0.005, 50
"""A passage that more than this share of a benchmark's items have, and at least so many, is its template."""


def of_items(texts: Sequence[bytes], most: int) -> tuple[Ragged, Offsets]:
    """Return the different passages of each item, and how many tokens each of them has, 0 where it has no passage.

    Args:
        texts: payloads of the items.
        most: tokens of a passage; an item of fewer tokens is one passage, or none.
    """
    words = tokens(texts)
    counts = np.diff(words.offsets)
    lengths = np.where(counts < min(SHORTEST, most), 0, np.minimum(counts, most))
    return _distinct(*_runs(words, lengths), len(texts)), lengths


def in_records(texts: Sequence[bytes], lengths: Sequence[int], known: BloomFilter) -> Ragged:
    """Return the different passages of each record that are known; once in thousands of runs also one that is not.

    Args:
        texts: payloads of the records.
        lengths: how many tokens passages have.
        known: the passages to find.
    """
    found = []
    for words in tokens_in_parts(texts):
        counts = np.diff(words.offsets)
        owners, passages = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
        for length in lengths:
            records, hashes = _runs(words, np.where(counts < length, 0, length))
            places = known.may_have(hashes)
            owners.append(records[places])
            passages.append(hashes[places])
        found.append(_distinct(np.concatenate(owners), np.concatenate(passages), len(words)))
    return Ragged.of(found)


def _runs(words: Ragged, lengths: Offsets) -> tuple[Offsets, Hashes]:
    """Return all runs of tokens, each with its record.

    Args:
        words: tokens of the records.
        lengths: tokens of a run of each record, at most those that it has; 0: the record has no runs.
    """
    counts = np.where(lengths > 0, np.diff(words.offsets) - lengths + 1, 0)
    before = np.cumsum(counts) - counts
    records = np.repeat(np.arange(len(words)), counts)
    begins = np.arange(len(records)) + np.repeat(words.offsets[:-1] - before, counts)
    return records, runs(words.hashes, begins, begins + np.repeat(lengths, counts))


def _distinct(records: Offsets, hashes: Hashes, count: int) -> Ragged:
    """Return the different hashes of each of `count` records, in ascending order."""
    order = np.lexsort((hashes, records))
    records, hashes = records[order], hashes[order]
    first = np.ones(len(records), np.bool_)
    first[1:] = (np.diff(records) != 0) | (hashes[1:] != hashes[:-1])
    sizes = np.bincount(records[first], minlength=count)
    return Ragged(hashes[first], np.concatenate(([0], np.cumsum(sizes))))
