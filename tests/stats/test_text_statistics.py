"""What a set of records is like, by hand."""

import doctest

import pytest

from zip_pipeline.stats import text_statistics


def test_the_examples() -> None:
    assert doctest.testmod(text_statistics).failed == 0


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
