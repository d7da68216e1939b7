"""Near-duplicates and their groups: against the exact share of equal runs, and against a walk through a graph."""

import doctest
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.near_copies import planted, runs_by_hand, words
from zip_pipeline.dedup import minhash
from zip_pipeline.dedup.minhash import lowest_of_component
from zip_pipeline.dedup.shingles import shingles


def test_the_examples() -> None:
    assert doctest.testmod(minhash).failed == 0


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
