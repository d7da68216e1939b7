"""Runs of tokens as hashes, and sets of them: against plain Python, and against fixed numbers."""

import doctest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from support import near_twin
from support.near_copies import words
from zip_pipeline.dedup import shingles as module
from zip_pipeline.dedup.shingles import TOGETHER, Common, distinct, shingles
from zip_pipeline.dedup.tokens import PART, Ragged

TEXTS = st.lists(st.lists(st.sampled_from([" ", "a", "b", "é", "中", "+"])).map("".join), max_size=8)
SETS = st.lists(st.lists(st.integers(0, 9), min_size=1), max_size=5)


def ragged(records: list[list[int]]) -> Ragged:
    flat = [value for record in records for value in record]
    return Ragged(np.array(flat, np.uint64), np.cumsum([0, *map(len, records)]))


@given(TEXTS, st.integers(1, 4))
def test_equal_hashes_are_equal_runs(texts: list[str], width: int) -> None:
    payloads = [text.encode() for text in texts]
    found = shingles(payloads, width)
    expected = [run for payload in payloads for run in near_twin.runs(payload.decode(), width)]
    assert np.diff(found.offsets).tolist() == [len(near_twin.runs(payload.decode(), width)) for payload in payloads]
    pairs = set(zip(found.hashes.tolist(), expected, strict=True))
    assert len(pairs) == len({hash_ for hash_, _ in pairs}) == len({run for _, run in pairs})


def test_a_record_has_the_same_runs_wherever_it_stands() -> None:
    payloads = [b" ".join(words(number % 13, number)) for number in range(PART // 30)]
    together = shingles(payloads, 5).by_record()
    assert len(together) == len(payloads)
    for payload, hashes in zip(payloads, together, strict=True):
        assert hashes.tolist() == shingles([payload], 5).hashes.tolist()
    assert len(shingles([], 5).hashes) == 0


def test_hashes_are_the_same_everywhere() -> None:
    assert shingles([b"to be or not to be"], 4).hashes.tolist() == [
        7575688128078651,
        3524288822110371,
        44431122367687578,
    ]


@given(SETS)
def test_sets_are_those_of_python(records: list[list[int]]) -> None:
    found = distinct(ragged(records))
    assert [record.tolist() for record in found.by_record()[: len(records)]] == [sorted(set(r)) for r in records]


def test_sets_of_many_records() -> None:
    records = [[number % 5, number % 3, number % 5] for number in range(2 * TOGETHER + 7)]
    assert [record.tolist() for record in distinct(ragged(records)).by_record()] == [sorted(set(r)) for r in records]


@given(SETS, st.sets(st.integers(0, 9)))
def test_common_shingles_do_not_count_unless_all_are(records: list[list[int]], common: set[int]) -> None:
    found = Common(np.array(sorted(common), np.uint64)).leave_out(ragged(records))
    expected = [[value for value in record if value not in common] or record for record in records]
    assert [record.tolist() for record in found.by_record()[: len(records)]] == expected


def test_hashes_with_the_last_bits_of_a_common_one_count() -> None:
    found = Common(np.array([5], np.uint64)).leave_out(ragged([[5, 5 + (1 << 16), 5 + (1 << 40)]]))
    assert found.hashes.tolist() == [5 + (1 << 16), 5 + (1 << 40)]


def test_the_examples() -> None:
    assert doctest.testmod(module).failed == 0
