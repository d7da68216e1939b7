"""Runs of words on executors: signatures of records, pairs that are alike, passages.

`dedup.minhash` has the algorithm of near-duplicates; `spark.deduplication` joins the buckets and names the groups.
`spark.contamination` joins the passages.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from zip_pipeline.dedup import minhash
from zip_pipeline.dedup.shingles import PASSAGE, shingles

SIGNED = "id string, signature binary, buckets array<bigint>"
"""Columns that `sign` yields: a signature is its minima as little-endian 32-bit numbers."""

ALIKE = "lowest string, id string"
"""Columns that `compare` yields."""


def sign(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield `SIGNED` for each record.

    Args:
        batches: ``id`` and ``payload``.
    """
    for batch in batches:
        signed = minhash.signatures(batch.column("payload").to_pylist())
        buckets = minhash.buckets(signed)
        ends = pa.array(np.arange(len(buckets) + 1, dtype=np.int32) * buckets.shape[1])
        lists = pa.ListArray.from_arrays(ends, pa.array(buckets.ravel()))
        signatures = pa.array([signature.tobytes() for signature in signed.astype("<u4")], pa.binary())
        yield pa.record_batch({"id": batch.column("id"), "signature": signatures, "buckets": lists})


def compare(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield `ALIKE` for the pairs that are near-duplicates.

    Args:
        batches: ``lowest`` and ``id``, the ids of a pair; ``lowest_signature`` and ``signature``.
    """
    for batch in batches:
        one, other = (_signatures(batch.column(name)) for name in ("lowest_signature", "signature"))
        yield batch.select(["lowest", "id"]).filter(pa.array(minhash.alike(one, other)))


def passages(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the passages of each record, repeats included: ``passage``, a hash, after the record's other columns.

    Args:
        batches: ``payload`` and other columns.
    """
    for batch in batches:
        runs = shingles(batch.column("payload").to_pylist(), PASSAGE)
        row = pa.array(np.repeat(np.arange(batch.num_rows), np.diff(runs.offsets)))
        columns = {name: batch.column(name).take(row) for name in batch.schema.names if name != "payload"}
        yield pa.record_batch({**columns, "passage": pa.array(runs.hashes.view(np.int64))})


def _signatures(column: pa.Array) -> minhash.Signatures:
    return np.frombuffer(b"".join(column.to_pylist()), "<u4").reshape(-1, minhash.PERMUTATIONS)
