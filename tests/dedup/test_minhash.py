"""Signatures and their buckets: against the exact share of equal runs."""

import numpy as np
import pytest

from support.near_copies import planted
from zip_pipeline.dedup import minhash
from zip_pipeline.dedup.shingles import WIDTH, distinct, shingles
from zip_pipeline.dedup.tokens import Ragged


@pytest.mark.parametrize("jaccard", [0.3, 0.5, 0.9])
def test_agreement_of_signatures_is_the_share_of_runs(jaccard: float) -> None:
    texts = [text for seed in range(60) for text in planted(jaccard, seed)]
    sets = distinct(shingles(texts, WIDTH))
    one, other = (set(record.tolist()) for record in sets.by_record()[:2])
    assert len(one & other) / len(one | other) == pytest.approx(jaccard, abs=0.005)
    signed = minhash.signatures(sets)
    agreeing = np.mean(signed[::2] == signed[1::2], axis=1)
    assert np.mean(agreeing) == pytest.approx(jaccard, abs=0.02)
    assert np.std(agreeing) == pytest.approx(np.sqrt(jaccard * (1 - jaccard) / minhash.PERMUTATIONS), rel=0.35)


def test_signatures_are_the_least_products() -> None:
    records = [[3, 1 << 40, 7], [9], [2**56 - 1, 5]]
    sets = Ragged(
        np.array([value for record in records for value in record], np.uint64), np.cumsum([0, *map(len, records)])
    )
    factors = [int(factor) for factor in minhash.FACTORS]
    assert all(factor % 2 for factor in factors)
    assert len(set(factors)) == minhash.PERMUTATIONS
    expected = [[min(value * factor % 2**32 for value in record) for factor in factors] for record in records]
    assert minhash.signatures(sets).tolist() == expected


def test_many_records_are_signed_as_one_by_one() -> None:
    texts = [b"word %d and a few others" % number for number in range(minhash.PART // 4)]
    together = minhash.signatures(shingles(texts, 2))
    assert together.tolist() == [minhash.signatures(shingles([text], 2))[0].tolist() for text in texts]


def test_records_share_a_bucket_where_a_whole_band_agrees() -> None:
    signed = np.zeros((2, minhash.PERMUTATIONS), np.uint32)
    signed[1, minhash.ROWS :: minhash.ROWS] = 1  # every band but the first one
    names = minhash.buckets(signed)
    assert (names[0] == names[1]).tolist() == [True, *[False] * (minhash.BANDS - 1)]
    assert len(set(names[0].tolist())) == minhash.BANDS
