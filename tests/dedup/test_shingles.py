"""Runs of words as hashes: against plain Python, and against fixed numbers."""

import doctest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from support.near_copies import runs_by_hand, words
from zip_pipeline.dedup import shingles as module
from zip_pipeline.dedup.shingles import PART, shingles

WHITE = b" \t\n\r\x0b\x0c"
TEXTS = st.lists(st.lists(st.sampled_from([*(bytes([c]) for c in WHITE), b"a", b"b", b"\xc3\xa9"])).map(b"".join), max_size=8)  # fmt: skip


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


def test_the_examples() -> None:
    assert doctest.testmod(module).failed == 0
