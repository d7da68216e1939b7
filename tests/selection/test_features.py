"""Features are tokens and pairs of neighbours, counted record by record."""

import doctest
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.coverage_twin import bucket_counts
from support.pools import WORDS
from zip_pipeline.dedup.tokens import PART
from zip_pipeline.selection import features as module
from zip_pipeline.selection.features import bits_for, features

texts = st.lists(
    st.one_of(
        st.text(max_size=40).map(str.encode),
        st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join).map(str.encode),
    ),
    max_size=8,
)


def test_documentation_examples() -> None:
    assert doctest.testmod(module).failed == 0


@given(payloads=texts, bits=st.integers(1, 24))
def test_features_are_those_of_the_twin(payloads: list[bytes], bits: int) -> None:
    found = features(payloads, bits)
    assert len(found) == len(payloads)
    assert found.buckets.dtype == np.int32
    for number, payload in enumerate(payloads):
        own = slice(*found.offsets[number : number + 2])
        assert (np.diff(found.buckets[own]) > 0).all()
        assert Counter(
            dict(zip(found.buckets[own].tolist(), found.counts[own].tolist(), strict=True))
        ) == bucket_counts(payload, bits)


def test_many_records_are_as_each_alone() -> None:
    """More than are hashed at once."""
    payloads = [f"record {number} of {'many ' * (number % 50)}".encode() for number in range(2000)]
    assert sum(map(len, payloads)) > 2 * PART
    found = features(payloads, 20)
    for number in range(0, 2000, 97):
        alone = features([payloads[number]], 20)
        own = slice(*found.offsets[number : number + 2])
        assert (alone.buckets.tolist(), alone.counts.tolist()) == (
            found.buckets[own].tolist(),
            found.counts[own].tolist(),
        )


def test_no_pair_spans_two_records() -> None:
    apart, joined = features([b"to be", b"or not"], 24), features([b"to be or not"], 24)
    assert len(joined.buckets) - len(apart.buckets) == 1
    assert set(apart.buckets) < set(joined.buckets)


def test_the_order_of_words_makes_a_pair() -> None:
    one, other = features([b"law of"], 24), features([b"of law"], 24)
    assert len(set(one.buckets) & set(other.buckets)) == 2
    assert len(set(one.buckets) | set(other.buckets)) == 4


@pytest.mark.parametrize(
    ("size", "bits"), [(0, 20), (50 << 20, 20), ((50 << 20) + 1, 22), (1 << 30, 22), (1 << 40, 24)]
)
def test_large_pools_have_more_buckets(size: int, bits: int) -> None:
    assert bits_for(size) == bits
