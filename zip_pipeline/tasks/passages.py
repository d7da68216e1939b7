"""Passages on executors: those of records, those that items of benchmarks have, and those of them in records.

`dedup.passages` says by which passages an item is looked for; `spark.removals.contamination` joins what is found.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline.dedup.bloom import BloomFilter
from zip_pipeline.dedup.passages import in_records, of_items
from zip_pipeline.dedup.shingles import PASSAGE, shingles
from zip_pipeline.dedup.tokens import Ragged

ITEMS = pa.schema(
    [
        ("benchmark", pa.string()),
        ("item", pa.string()),
        ("number", pa.int64()),
        ("rejected", pa.int64()),
        ("length", pa.int64()),
        ("passages", pa.list_(pa.int64())),
    ]
)
"""What `ItemReader` yields: `length` is how many tokens the item's passages have, 0 where it is too short for any."""

FOUND = pa.schema([("id", pa.string()), ("passage", pa.int64())])
"""What `PassageFinder` yields."""


def passages(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the passages of each record, repeats included: ``passage``, a hash, after the record's other columns.

    Args:
        batches: ``payload`` and other columns.
    """
    for batch in batches:
        runs = shingles(batch.column("payload").to_pylist(), PASSAGE)
        row = pa.array(runs.records())
        columns = {name: batch.column(name).take(row) for name in batch.schema.names if name != "payload"}
        yield pa.record_batch({**columns, "passage": pa.array(runs.hashes.view(np.int64))})


@dataclass(frozen=True)
class ItemReader:
    """Reads the passages of items.

    Attributes:
        words: tokens of a passage.
    """

    words: int

    def read_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `ITEMS`.

        Args:
            batches: the first columns of `ITEMS`, and ``payload``, which may be null.
        """
        for batch in batches:
            passages, lengths = of_items(pc.fill_null(batch.column("payload"), b"").to_pylist(), self.words)
            lists = pa.ListArray.from_arrays(pa.array(passages.offsets, pa.int32()), _signed(passages))
            given = [batch.column(name) for name in ITEMS.names[:4]]
            yield pa.RecordBatch.from_arrays([*given, pa.array(lengths), lists], schema=ITEMS)


@dataclass(frozen=True)
class PassageFinder:
    """Finds passages in records.

    Attributes:
        lengths: how many tokens passages have.
        known: the passages to find.
    """

    lengths: tuple[int, ...]
    known: BloomFilter

    def find_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `FOUND`: each different passage of a record once, and a few that are in no benchmark.

        Args:
            batches: ``id`` and ``payload``.
        """
        for batch in batches:
            found = in_records(batch.column("payload").to_pylist(), self.lengths, self.known)
            ids = batch.column("id").take(pa.array(np.repeat(np.arange(len(found)), np.diff(found.offsets))))
            yield pa.RecordBatch.from_arrays([ids, _signed(found)], schema=FOUND)


def _signed(passages: Ragged) -> pa.Array:
    """Return hashes as Spark holds them, which has no unsigned numbers."""
    return pa.array(passages.hashes.view(np.int64))
