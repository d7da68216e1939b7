"""Near-duplicates in memory: against all pairs of true sets."""

import doctest
import random

import pytest

from support import near_twin
from support.near_copies import planted, words
from zip_pipeline.dedup import near_duplicates as module
from zip_pipeline.dedup.near_duplicates import LEAST_COMMON, Duplicates, Near, near_duplicates


def by_record(found: Duplicates) -> dict[int, tuple[int, float, float]]:
    columns = (found.kept, found.jaccard, found.containment)
    values = zip(*(column.tolist() for column in columns), strict=True)
    return dict(zip(found.gone.tolist(), values, strict=True))


def test_the_examples() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_against_all_pairs(threshold: float) -> None:
    """Records that lost none, some or most of their words, so alike that MinHash misses none of the pairs that count."""
    rng, texts = random.Random(7), []
    for seed in range(60):
        one = words(rng.randrange(40, 200), seed)
        for share in (0, 0.003, 0.006, 0.2, 0.4):
            changed = [b"new%d" % rng.randrange(10**6) if rng.random() < share else word for word in one]
            texts += [b" ".join(changed)]
    rng.shuffle(texts)
    expected = near_twin.near_duplicates(texts, Near(threshold))
    assert 60 < len(expected) < 200
    assert by_record(near_duplicates(texts, Near(threshold))) == expected


def test_common_shingles_do_not_make_records_alike() -> None:
    template = b" ".join(words(300, 0))
    texts = [template + b" " + b" ".join(words(100, seed)) for seed in range(1, 2 + LEAST_COMMON)]
    assert len(near_duplicates(texts[:LEAST_COMMON]).gone) == LEAST_COMMON - 1
    assert len(near_duplicates(texts).gone) == 0
    assert near_twin.near_duplicates(texts, Near()) == {}
    copy = [*texts, texts[3]]
    assert by_record(near_duplicates(copy)) == near_twin.near_duplicates(copy, Near()) == {len(texts): (3, 1.0, 1.0)}


def test_equal_records_of_common_shingles_alone() -> None:
    texts = [b"one and the same text, however often"] * (2 * LEAST_COMMON)
    assert by_record(near_duplicates(texts)) == dict.fromkeys(range(1, len(texts)), (0, 1.0, 1.0))


def test_no_chains() -> None:
    first, second = planted(0.6, 0)
    third = b" ".join([*words(100, 5), *second.split()[100:]])  # close to the second, far from the first
    assert near_duplicates([first, second, third]).gone.tolist() == [1]
    assert near_duplicates([second, first, third]).gone.tolist() == [1, 2]


def test_nothing_and_empty_records() -> None:
    assert near_duplicates([]).gone.tolist() == []
    assert by_record(near_duplicates([b"", b"a b", b" ", b"..."])) == {}
    assert by_record(near_duplicates([b"", b"a b", b""])) == {2: (0, 1.0, 1.0)}
