"""Coverage on executors: counts of features summed up, and the bound of every record behind the empty selection.

`selection.coverage` says what both mean.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zip_pipeline import schema
from zip_pipeline.selection.coverage import BOUND, Coverage
from zip_pipeline.selection.features import Buckets, Counts, features
from zip_pipeline.selection.quotas import Unit

COUNTED = pa.schema([("bucket", pa.int32()), ("amount", pa.int64()), ("records", pa.int64())])
"""What `FeatureCounter` yields of a bucket: counts of its features, each times the factor of its source, and how many
records have one."""


@dataclass(frozen=True, eq=False)
class FeatureCounter:
    """Counts features.

    Attributes:
        bits: there are ``2**bits`` buckets.
        factors: of some sources.
        factor: of all others.
        told_apart: ascending; the sums of all other buckets are together in the first one of these. None: every bucket
            has sums of its own.
    """

    bits: int
    factors: Mapping[str | None, int] = field(default_factory=dict)
    factor: int = 1
    told_apart: Buckets | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_slots"}

    def count_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `COUNTED`, each bucket of the partition once.

        Args:
            batches: ``source`` and ``payload``.
        """
        slots, names = self._slots
        amounts, records = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
        for batch in batches:
            found = features(batch.column("payload").to_pylist(), self.bits)
            sources = batch.column("source").to_pylist()
            factors = np.array([self.factors.get(source, self.factor) for source in sources], np.int64)
            places = found.buckets if slots is None else slots[found.buckets]
            np.add.at(amounts, places, found.counts * np.repeat(factors, np.diff(found.offsets)))
            np.add.at(records, places, 1)
        some = np.flatnonzero(records)
        columns = [names[some].astype(np.int32), amounts[some], records[some]]
        yield pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=COUNTED)

    @cached_property
    def _slots(self) -> tuple[npt.NDArray[np.int32] | None, Buckets]:
        """Where the sums of each bucket are, None where at its number, and the bucket of each place with sums."""
        buckets = 1 << self.bits
        if self.told_apart is None:
            return None, np.arange(buckets, dtype=np.int32)
        count = len(self.told_apart)
        moved = np.flatnonzero(self.told_apart != np.arange(count))  # behind the first number that is not there
        others = np.arange(buckets, dtype=np.int32)[moved[0] if len(moved) else count :][:1]
        slots = np.full(buckets, count, np.int32)
        slots[self.told_apart] = np.arange(count, dtype=np.int32)
        return slots, np.concatenate([self.told_apart, others])


@dataclass(frozen=True, eq=False)
class BoundScorer:
    """Bounds what records can add to a coverage.

    Attributes:
        coverage: what is wanted.
        price: what a record costs, its bytes or its tokens.
        held: how often a selection has each feature, by slot; None: there is none yet.
    """

    coverage: Coverage
    price: Unit = "bytes"
    held: Counts | None = None

    def bound_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches with the column `BOUND`.

        Args:
            batches: ``payload``, `schema.TOKENS` where they are the price, and other columns, such as `schema.WEIGHT`.
        """
        for batch in batches:
            prices = batch.column(schema.TOKENS).to_pylist() if self.price == "tokens" else None
            weights = batch.column(schema.WEIGHT).to_pylist() if schema.WEIGHT in batch.schema.names else None
            bounds = self.coverage.bounds(batch.column("payload").to_pylist(), prices, weights, self.held)
            yield batch.append_column(BOUND, pa.array(bounds, pa.float64()))
