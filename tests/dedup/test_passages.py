"""Passages of items and records against plain Python sets of tuples, and the filter that never misses one."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.benchmarks import item_passages, runs_of
from zip_pipeline.dedup.passages import MOST_BITS, SHORTEST, PassageFilter, in_records, of_items

WORDS = ["to", "be", "or", "not", "é", "世", "界", "1"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join), min_size=1, max_size=6)


def filter_of(hashes: np.ndarray) -> PassageFilter:
    known = PassageFilter(len(hashes))
    known.add(hashes)
    return known


@given(texts=TEXTS, most=st.integers(5, 15))
def test_items_have_the_runs_of_plain_python(texts: list[str], most: int) -> None:
    """As many for each, and two are equal where the tuples are."""
    passages, lengths = of_items([text.encode() for text in texts], most)
    expected = [item_passages(text, most) for text in texts]
    assert [len(hashes) for hashes in passages.by_record()] == [len(runs) for runs in expected]
    assert lengths.tolist() == [len(next(iter(runs))) if runs else 0 for runs in expected]
    union = set().union(*expected)
    assert len(np.unique(passages.hashes)) == len(union)
    for one, runs in zip(passages.by_record(), expected, strict=True):
        for other, others in zip(passages.by_record(), expected, strict=True):
            assert len(np.intersect1d(one, other)) == len(runs & others)


@given(items=TEXTS, records=TEXTS, most=st.integers(5, 15))
def test_records_have_the_passages_of_plain_python(items: list[str], records: list[str], most: int) -> None:
    passages, lengths = of_items([text.encode() for text in items], most)
    every = sorted(set(lengths.tolist()) - {0})
    found = in_records([text.encode() for text in records], every, filter_of(passages.hashes))
    assert len(found) == len(records)
    known = set().union(*(item_passages(text, most) for text in items))
    for hashes, text in zip(found.by_record(), records, strict=True):
        runs = set().union(*(runs_of(text, length) for length in every))
        assert len(np.intersect1d(hashes, passages.hashes)) == len(runs & known)
        assert len(np.unique(hashes)) == len(hashes)


def test_by_hand() -> None:
    item = b"one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    short = b"What is the capital city of the Netherlands?"
    passages, lengths = of_items([item, short, short[:-13], b""], 13)
    assert np.diff(passages.offsets).tolist() == [2, 1, 0, 0]
    assert lengths.tolist() == [13, SHORTEST, 0, 0]
    records = [
        b"user: " + short + b"\nassistant: Amsterdam",
        b"One, two; three: FOUR five six seven eight nine ten eleven twelve thirteen, and so on",
        b"one two three four five six seven eight nine ten eleven twelve 13",
        b"What is the capital city of Belgium?",
    ]
    found = in_records(records, [8, 13], filter_of(passages.hashes))
    assert np.diff(found.offsets).tolist() == [1, 1, 0, 0]


def test_fewer_words_than_the_shortest_item() -> None:
    """A passage of 6 tokens means that items of 6 tokens are looked for, and none of 5."""
    passages, lengths = of_items([b"a b c d e f", b"a b c d e"], 6)
    assert (np.diff(passages.offsets).tolist(), lengths.tolist()) == ([1, 0], [6, 0])


@pytest.mark.parametrize("count", [0, 1, 1000, 100_000])
def test_the_filter_knows_what_was_added_and_hardly_anything_else(count: int) -> None:
    hashes = np.random.default_rng(count).integers(0, 2**64, count + 100_000, dtype=np.uint64)
    known, others = hashes[:count], hashes[count:]
    filtered = filter_of(known)
    assert filtered.may_have(known).tolist() == list(range(count)), "it misses none"
    assert len(filtered.may_have(others)) < 100


def test_the_filter_has_a_largest_size() -> None:
    """More passages than it is made for make it answer yes more often, never no."""
    filtered = PassageFilter(10**12)
    assert filtered._table.nbytes * 8 == MOST_BITS
    small = PassageFilter(1)
    hashes = np.array([random.Random(number).getrandbits(64) for number in range(500)], np.uint64)
    small.add(hashes)
    assert len(small.may_have(hashes)) == 500
