"""The passages of records, on executors; `spark.contamination` joins them."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from zip_pipeline.dedup.shingles import PASSAGE, shingles


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
