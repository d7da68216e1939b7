"""Coverage on executors: counts of features summed up, and the bound of every record behind the empty selection.

`selection.coverage` says what both mean.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from zip_pipeline import schema
from zip_pipeline.selection.coverage import BOUND, Coverage
from zip_pipeline.selection.features import features
from zip_pipeline.selection.quotas import Unit

COUNTED = pa.schema([("bucket", pa.int32()), ("amount", pa.int64()), ("records", pa.int64())])
"""What `FeatureCounter` yields of a bucket: counts of its features, each times the factor of its source, and how many
records have one."""


@dataclass(frozen=True)
class FeatureCounter:
    """Counts features.

    Attributes:
        bits: there are ``2**bits`` buckets.
        factors: of some sources.
        factor: of all others.
    """

    bits: int
    factors: Mapping[str | None, int] = field(default_factory=dict)
    factor: int = 1

    def count_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `COUNTED`, each bucket of the partition once.

        Args:
            batches: ``source`` and ``payload``.
        """
        amounts, records = np.zeros(1 << self.bits, np.int64), np.zeros(1 << self.bits, np.int32)
        for batch in batches:
            found = features(batch.column("payload").to_pylist(), self.bits)
            sources = batch.column("source").to_pylist()
            factors = np.array([self.factors.get(source, self.factor) for source in sources], np.int64)
            np.add.at(amounts, found.buckets, found.counts * np.repeat(factors, np.diff(found.offsets)))
            np.add.at(records, found.buckets, 1)
        buckets = np.flatnonzero(records)
        columns = [buckets.astype(np.int32), amounts[buckets], records[buckets].astype(np.int64)]
        yield pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=COUNTED)


@dataclass(frozen=True)
class BoundScorer:
    """Bounds what records can add to a coverage.

    Attributes:
        coverage: what is wanted.
        price: what a record costs, its bytes or its tokens.
    """

    coverage: Coverage
    price: Unit = "bytes"

    def bound_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches with the column `BOUND`.

        Args:
            batches: ``payload``, `schema.TOKENS` where they are the price, and other columns, such as `schema.WEIGHT`.
        """
        for batch in batches:
            prices = batch.column(schema.TOKENS).to_pylist() if self.price == "tokens" else None
            weights = batch.column(schema.WEIGHT).to_pylist() if schema.WEIGHT in batch.schema.names else None
            bounds = self.coverage.bounds(batch.column("payload").to_pylist(), prices, weights)
            yield batch.append_column(BOUND, pa.array(bounds, pa.float64()))
