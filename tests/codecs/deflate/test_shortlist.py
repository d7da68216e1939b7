"""A shortlist with a growing anchor, against its slow twins: plain evaluation, and one-shot `zlib.compress`."""

import doctest
import random
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import long_window_families
from support.deflate_families import FAMILIES, cases, check_growth, pack, text, vocabulary
from support.strategies import some_bytes
from zip_pipeline.codecs.deflate import shortlist as deflate_shortlist
from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
from zip_pipeline.codecs.deflate.shortlist import DeflateShortlist

ROUNDS = 3


def test_documentation_example() -> None:
    assert doctest.testmod(deflate_shortlist).failed == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_family_as_a_growing_anchor(family: str) -> None:
    for name, case in cases(family, 1, 0, ROUNDS):
        rng = random.Random(name)
        assert check_growth(case, rng, rng.choice([1, 2])) == [], f"{name}: (pieces, candidate, found, expected)"


@pytest.mark.slow
@pytest.mark.parametrize("family", long_window_families.FAMILIES)
def test_long_window_family_as_a_growing_anchor(family: str) -> None:
    for name, case in long_window_families.cases(family, 1, 0, 1):
        rng = random.Random(name)
        mismatches = long_window_families.check_growth(case, rng, rng.choice([1, 2]))
        assert mismatches == [], f"{name}: (pieces, candidate, found, expected)"


@settings(max_examples=300, deadline=None)
@given(
    pieces=st.lists(some_bytes, min_size=1, max_size=8),
    candidates=st.lists(some_bytes, min_size=1, max_size=6),
    suffix=st.binary(max_size=3),
    level=st.sampled_from([4, 5, 6, 7, 8, 9, 9, 9]),
    order=st.randoms(use_true_random=False),
)
def test_any_bytes(
    pieces: list[bytes], candidates: list[bytes], suffix: bytes, level: int, order: random.Random
) -> None:
    anchor = DeflateAnchor(level)
    every = candidates + pieces
    payloads, offsets = pack(every)
    shortlist = DeflateShortlist(anchor, payloads, offsets, np.arange(len(every)), suffix)
    head = b""
    for piece in pieces:
        indices = np.array(order.choices(range(len(every)), k=len(every)), dtype=np.int64)
        expected = [len(zlib.compress(head + every[i] + suffix, level)) for i in indices]
        assert shortlist.sizes(indices).tolist() == expected
        anchor.append(piece)
        head += piece


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), threads=st.integers(1, 3))
def test_resets_and_long_ways_between_evaluations(seed: int, threads: int) -> None:
    rng = random.Random(seed)
    words = vocabulary(rng, 80)
    candidates = [text(rng, words, rng.randint(0, 600)) for _ in range(30)]
    payloads, offsets = pack(candidates)
    anchor = DeflateAnchor()
    shortlist = DeflateShortlist(anchor, payloads, offsets, np.arange(30))
    for _ in range(12):
        action = rng.choice(["candidate", "candidate", "candidate", "long", "reset", "nothing"])
        if action == "reset":
            anchor.reset()
        elif action == "candidate":
            anchor.append(rng.choice(candidates))
        elif action == "long":
            anchor.append(text(rng, words, rng.randint(10000, 40000)))
        order = np.array(rng.sample(range(30), rng.choice([1, 20, 30])), dtype=np.int64)
        expected = anchor.sizes(payloads, offsets, order)
        assert np.array_equal(shortlist.sizes(order, threads), expected)


def test_more_evaluations_than_the_table_of_ends_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deflate_shortlist, "_MOST_ENDS", 4)
    rng = random.Random(1)
    words = vocabulary(rng, 80)
    candidates = [text(rng, words, rng.randint(0, 600)) for _ in range(10)]
    payloads, offsets = pack(candidates)
    anchor = DeflateAnchor()
    shortlist = DeflateShortlist(anchor, payloads, offsets, np.arange(10))
    for _ in range(30):
        anchor.append(rng.choice(candidates))
        assert np.array_equal(shortlist.sizes(np.arange(10)), anchor.sizes(payloads, offsets, np.arange(10)))
        assert 1 <= shortlist._number < 4


def test_a_candidate_of_another_list_is_refused() -> None:
    payloads, offsets = pack([b"a", b"b", b"c"])
    shortlist = DeflateShortlist(DeflateAnchor(), payloads, offsets, np.array([2, 0]))
    for indices in ([1], [0, 3], [-1, 2]):
        with pytest.raises(IndexError, match="among the 2 of the shortlist"):
            shortlist.sizes(np.array(indices))
    assert shortlist.sizes(np.array([], dtype=np.int64)).size == 0


def test_wrong_arguments_are_refused() -> None:
    payloads, offsets = pack([b"abc", b"de"])
    anchor, every = DeflateAnchor(), np.arange(2)
    with pytest.raises(TypeError, match="payloads must be"):
        DeflateShortlist(anchor, payloads.astype(np.uint16), offsets, every)
    with pytest.raises(IndexError, match="found -1 to 0"):
        DeflateShortlist(anchor, payloads, offsets, np.array([0, -1]))
    with pytest.raises(ValueError, match="threads must be"):
        DeflateShortlist(anchor, payloads, offsets, every).sizes(every, threads=0)


def test_no_candidates() -> None:
    payloads, offsets = pack([])
    assert (
        DeflateShortlist(DeflateAnchor(), payloads, offsets, np.array([], dtype=np.int64), b"]")
        .sizes(np.array([], dtype=np.int64))
        .size
        == 0
    )
