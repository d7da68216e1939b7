"""DSIR on executors: the importance weight of each record for a target, the baseline of a selection for a target.

Data Selection with Importance Resampling (Xie et al. 2023, arXiv 2302.03169): a record's weight is the ratio of its
probabilities under two bags of words, one counted in the target T and one in the pool P. The words and the pairs of
neighbouring words are hashed into `BUCKETS` buckets, where ``p(g) = (n(g) + 1) / (N + BUCKETS)``. Then

    log w(d) = L * mean over the features g of d of (ln p_T(g) - ln p_P(g))

Three things are not as in the published program: the words are those of `dedup.tokens`, both bags are smoothed by one
count, and the mean stands in place of the sum, times L, the mean number of features of the pool's records. The paper
cuts all texts to the same length, for the sum prefers long records of a liked kind and short ones of others; records
are not cut, so each is weighed as if it were as long as the others.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zip_pipeline.selection.features import Counts, Features, features

BUCKETS = 10_000
"""As published."""

BITS = 20
"""Of the buckets of `selection.features`, which are divided among `BUCKETS`."""

UNIT = 1 << 20
"""Logarithms are whole multiples of 1 / UNIT, so that their sums do not depend on an order."""

LOG_WEIGHT = "log_weight"
WEIGHED = pa.schema([("id", pa.string()), (LOG_WEIGHT, pa.int64())])
"""What `ImportanceScorer` yields of a record; the logarithm of its weight in units of 1 / `UNIT`."""


@dataclass(frozen=True, eq=False)
class ImportanceScorer:
    """Weighs records.

    Attributes:
        log_ratios: ln p_T - ln p_P by bucket, in units of 1 / `UNIT`, shape (BUCKETS,).
        length: the mean number of features of the pool's records.
    """

    log_ratios: npt.NDArray[np.int64]
    length: float

    def log_weights(self, payloads: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return the logarithm of each payload's weight, in units of 1 / `UNIT`, shape (payloads,)."""
        return self.log_weights_of(features(payloads, BITS))

    def log_weights_of(self, found: Features) -> npt.NDArray[np.int64]:
        """Return the same of records whose features in ``2**BITS`` buckets are known, shape (records,)."""
        sums = np.concatenate(([0], np.cumsum(found.counts * self.log_ratios[found.buckets % BUCKETS])))
        counts = np.concatenate(([0], np.cumsum(found.counts)))
        means = np.diff(sums[found.offsets]) / np.diff(counts[found.offsets])
        return np.rint(self.length * means).astype(np.int64)

    def weigh_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `WEIGHED`.

        Args:
            batches: ``id`` and ``payload``.
        """
        for batch in batches:
            weights = self.log_weights(batch.column("payload").to_pylist())
            yield pa.RecordBatch.from_arrays([batch.column("id"), pa.array(weights)], schema=WEIGHED)


def importance_of(targets: Sequence[tuple[float, Counts]], pool: Counts, records: int) -> ImportanceScorer:
    """Return what weighs the records of a pool.

    Args:
        targets: the weight of each target, and its counts by bucket of `selection.features`, shape (2**BITS,).
        pool: the counts of the pool.
        records: of the pool.
    """
    shares = np.array([weight for weight, _ in targets])
    wanted = (shares / shares.sum()) @ np.stack([_probabilities(counts) for _, counts in targets])
    log_ratios = np.rint((np.log(wanted) - np.log(_probabilities(pool))) * UNIT).astype(np.int64)
    return ImportanceScorer(log_ratios, int(pool.sum()) / records)


def _probabilities(counts: Counts) -> npt.NDArray[np.float64]:
    """Return the smoothed probability of each of `BUCKETS`."""
    sums = np.bincount(np.arange(len(counts)) % BUCKETS, weights=counts, minlength=BUCKETS)
    smoothed: npt.NDArray[np.float64] = (sums + 1) / (sums.sum() + BUCKETS)
    return smoothed
