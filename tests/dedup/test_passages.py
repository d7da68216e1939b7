"""Passages of items and records against plain Python sets of tuples."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from support.benchmarks import item_passages, runs_of
from zip_pipeline.dedup.bloom import BloomFilter
from zip_pipeline.dedup.passages import SHORTEST, in_records, of_items

WORDS = ["to", "be", "or", "not", "é", "世", "界", "1"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join), min_size=1, max_size=6)


def filter_of(hashes: np.ndarray) -> BloomFilter:
    known = BloomFilter(len(hashes))
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
