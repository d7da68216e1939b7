"""The words behind buckets are those of the features."""

import doctest
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.jobs.select.evidence import words
from zip_pipeline.jobs.select.evidence.words import names_of, words_of
from zip_pipeline.selection.features import features

BITS = 24


def test_documentation_examples() -> None:
    assert doctest.testmod(words).failed == 0


@given(st.lists(st.sampled_from(["law", "Of", "entropy", "学", "习", "x1", "é"]), min_size=1, max_size=9))
def test_every_feature_of_plain_words_has_its_name(some: list[str]) -> None:
    payload = " ".join(some).encode()
    names = names_of(payload, BITS)
    assert names.keys() == set(features([payload], BITS).buckets.tolist())
    for bucket, name in names.items():
        assert bucket in features([name.encode()], BITS).buckets
    assert set(names.values()) <= {*some, *(f"{one} {other}" for one, other in pairwise(some))}


@given(st.text(max_size=40))
def test_no_other_feature_has_a_name(text: str) -> None:
    payload = text.encode("utf-8", "ignore") or b"x"
    assert names_of(payload, BITS).keys() <= set(features([payload], BITS).buckets.tolist())


def test_words_come_in_the_order_of_the_features() -> None:
    buckets = features([b"one two three"], BITS).buckets.tolist()
    names = names_of(b"one two three", BITS)
    assert words_of(b"one two three", buckets[::-1], BITS, 2) == [
        names[bucket] for bucket in buckets[::-1] if " " in names[bucket]
    ]
    assert words_of(b"one two three", [12345], BITS, 2) == []
