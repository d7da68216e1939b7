"""Runs of words, near-duplicates and their groups, and what the judge says of a set; no Spark needed."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.near_copies import planted, words
from zip_pipeline.dedup import minhash
from zip_pipeline.dedup.clusters import lowest_of_component
from zip_pipeline.dedup.shingles import PART, shingles
from zip_pipeline.stats import text_statistics

WHITE = b" \t\n\r\x0b\x0c"
TEXTS = st.lists(st.lists(st.sampled_from([*(bytes([c]) for c in WHITE), b"a", b"b", b"\xc3\xa9"])).map(b"".join), max_size=8)  # fmt: skip


def runs_by_hand(payload: bytes, width: int) -> list[tuple[bytes, ...]]:
    words = payload.split()
    return [tuple(words[place : place + width]) for place in range(max(1, len(words) - width + 1))]


@given(TEXTS, st.integers(1, 4))
def test_equal_hashes_are_equal_runs(payloads: list[bytes], width: int) -> None:
    found = shingles(payloads, width)
    expected = [run for payload in payloads for run in runs_by_hand(payload, width)]
    assert np.diff(found.offsets).tolist() == [len(runs_by_hand(payload, width)) for payload in payloads]
    pairs = set(zip(found.hashes.tolist(), expected, strict=True))
    assert len(pairs) == len({hash_ for hash_, _ in pairs}) == len({run for _, run in pairs})


def test_a_record_has_the_same_runs_wherever_it_stands() -> None:
    payloads = [b" ".join(words(number % 13, number)) for number in range(PART + 7)]
    together = shingles(payloads, 5).by_record()
    assert len(together) == len(payloads)
    for payload, hashes in zip(payloads, together, strict=True):
        assert hashes.tolist() == shingles([payload], 5).hashes.tolist()
    assert len(shingles([], 5).hashes) == 0


def test_hashes_are_the_same_everywhere() -> None:
    assert shingles([b"to be or not to be"], 4).hashes.tolist() == [
        5179836106329617942,
        10951928300118094593,
        1023940328214209913,
    ]


@pytest.mark.parametrize("jaccard", [0.3, 0.5, 0.9])
def test_agreement_of_signatures_is_the_share_of_runs(jaccard: float) -> None:
    one, other = (set(shingles([text], minhash.WIDTH).hashes.tolist()) for text in planted(jaccard, 0))
    assert len(one & other) / len(one | other) == pytest.approx(jaccard, abs=0.005)
    agreeing = [np.mean(np.equal(*minhash.signatures(planted(jaccard, seed)))) for seed in range(40)]
    assert np.mean(agreeing) == pytest.approx(jaccard, abs=0.02)


def test_planted_near_duplicates_are_found_and_others_not() -> None:
    near = [text for seed in range(50) for text in planted(0.9, seed)]
    far = [text for seed in range(50, 100) for text in planted(0.3, seed)]
    found = minhash.groups([*near, *far])
    assert found.tolist() == [*np.repeat(np.arange(0, 100, 2), 2), *range(100, 200)]


def test_groups_against_the_exact_share_of_runs() -> None:
    rng, texts = random.Random(7), []
    for seed in range(200):
        one = words(rng.randrange(40, 300), seed)
        other = [b"new" if rng.random() < seed / 1000 else word for word in one]
        texts += [b" ".join(one), b" ".join(other)]
    runs = [set(runs_by_hand(text, minhash.WIDTH)) for text in texts]
    exact = np.array([len(a & b) / len(a | b) for a, b in zip(runs[::2], runs[1::2], strict=True)])
    group = minhash.groups(texts)
    near = group[1::2] == np.arange(0, len(texts), 2)
    assert (group[::2] == np.arange(0, len(texts), 2)).all(), "the pairs have nothing in common"
    assert near[exact > 0.68].all()
    assert not near[exact < 0.35].any()
    assert np.mean(near == (exact >= minhash.THRESHOLD)) > 0.9
    assert 20 < near.sum() < 180


def test_groups_are_transitive() -> None:
    first, second = planted(0.6, 0)
    third = b" ".join([*words(100, 5), *second.split()[100:]])  # close to the second, far from the first
    assert minhash.groups([first, third]).tolist() == [0, 1]
    assert minhash.groups([first, third, second]).tolist() == [0, 0, 0]


def test_groups_of_nothing_and_of_empty_records() -> None:
    assert minhash.groups([]).tolist() == []
    assert minhash.groups([b"", b"a b", b" "]).tolist() == [0, 1, 0]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_components_against_a_walk(edges: list[tuple[int, int]]) -> None:
    lowest = list(range(10))
    for _ in range(10):
        for begin, end in edges:
            lowest[begin] = lowest[end] = min(lowest[begin], lowest[end])
    begins, ends = np.array(edges, np.int64).reshape(-1, 2).T
    assert lowest_of_component(begins, ends, 10).tolist() == lowest


def test_statistics_by_hand() -> None:
    passage = b"one two three four five six seven eight"
    found = text_statistics.describe([passage, passage, passage + b" nine", b"short one"])
    assert (found.records, found.bytes) == (4, 3 * len(passage) + 5 + 9)
    assert found.mean_bytes == found.bytes / 4
    assert found.distinct_passages == 3 / 5
    assert found.exact_duplicates == 1 / 4
    assert found.near_duplicates == 2 / 4  # four of five runs of five words are shared
    with pytest.raises(ValueError, match="found none"):
        text_statistics.describe([])


def test_the_interval_by_hand() -> None:
    # Mean 3, deviation sqrt(2.5), Student's t for 4 degrees of freedom 2.776445, times sqrt(1 + 1/5).
    found = text_statistics.spread([1, 2, 3, 4, 5])
    assert found.mean == 3
    assert found.high - found.mean == pytest.approx(2.776445 * 2.5**0.5 * 1.2**0.5, rel=1e-6)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)
    assert [text_statistics.verdict(value, found) for value in (-2, 3, 8)] == ["better", "within", "worse"]
    with pytest.raises(ValueError, match="expected two draws at least, found 1"):
        text_statistics.spread([1])
