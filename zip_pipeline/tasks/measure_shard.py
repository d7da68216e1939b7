"""Shards on executors: compresses each shard of a partition after its lead, and returns sizes cell by cell.

`stats.sharding` says what shards, leads and cells are; `jobs.measure.shards` puts the records in their order. A task
holds no more than a batch of records and the codec's window.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from zip_pipeline.codecs.base import Build, StreamCodec
from zip_pipeline.tasks.score import require_build

SIZES = ("records", "raw_bytes", "added_bytes", "compressed_bytes")
"""Of a cell in a shard: its records, their raw bytes, and the bytes that it adds to the compressed size. The last
cell of a shard has the compressed size of the whole shard, the others have 0."""

MEASURED = pa.schema([(name, pa.int64()) for name in ("number", "cell", *SIZES)])
"""Columns that `ShardMeter.measure_batches` yields; `number` is that of the set."""


@dataclass(frozen=True)
class ShardMeter:
    """Compresses the shards of a partition; small and picklable.

    Attributes:
        codec: compresses each shard as one stream.
        build: the driver's compressor, which the executor's must equal.
        separator: bytes behind every record.
    """

    codec: StreamCodec
    build: Build
    separator: bytes

    def measure_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `MEASURED`, a row for each cell of a shard.

        Args:
            batches: ``number`` of the set, ``shard``, ``cell``, ``counts`` (False: in the lead), ``payload``. Each
                shard is in one partition, in order.

        Raises:
            CodecMismatchError: when this machine compresses differently from the driver.
        """
        require_build(self.codec, self.build)
        texts = (text for batch in batches for text in _cell_texts(batch, self.separator))
        for (number, _), shard in groupby(texts, key=lambda text: (text.number, text.shard)):
            rows = [dict(zip(MEASURED.names, (number, *cell), strict=True)) for cell in self._cells(shard)]
            yield pa.RecordBatch.from_pylist(rows, schema=MEASURED)

    def _cells(self, shard: Iterable["CellText"]) -> Iterator[tuple[int, ...]]:
        """Yield the number of each cell and `SIZES`."""
        stream, last, in_lead = self.codec.stream(), None, False
        for (cell, counts), texts in groupby(shard, key=lambda text: (text.cell, text.counts)):
            if counts and in_lead:
                stream.begin()
            in_lead = not counts
            records = raw = 0
            for text in texts:
                stream.append(text.text)
                records, raw = records + text.records, raw + len(text.text)
            if counts:
                if last:
                    yield (*last, 0)
                last = cell, records, raw, stream.mark()
        if last:  # a shard may have nothing but its lead
            yield (*last, stream.end())


class CellText(NamedTuple):
    """Consecutive records of one cell, end to end."""

    number: int
    shard: int
    cell: int
    counts: bool
    text: bytes
    records: int


def _cell_texts(batch: pa.RecordBatch, separator: bytes) -> Iterator[CellText]:
    *columns, payloads = batch.columns
    keys = np.stack([column.to_numpy(zero_copy_only=False).astype(np.int64) for column in columns])
    changes = np.flatnonzero((keys[:, 1:] != keys[:, :-1]).any(axis=0)) + 1
    bounds = [0, *changes.tolist(), batch.num_rows]
    for first, last in pairwise(bounds):
        if first < last:
            number, shard, cell, counts = keys[:, first].tolist()
            text = b"".join(payload + separator for payload in payloads[first:last].to_pylist())
            yield CellText(number, shard, cell, bool(counts), text, last - first)
