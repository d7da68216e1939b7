"""Groups of near-duplicates over a whole table: `dedup.minhash`, with Spark joining the buckets.

Signatures, buckets and comparisons are made in parallel; the pairs found alike are joined into groups by `components`.
The groups depend on the ids and the payloads alone.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.dedup import minhash
from zip_pipeline.spark import components
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table


def groups(rows: DataFrame, folder: Location) -> DataFrame:
    """Return the group of each record: ``id``, ``group``, which is the lowest id in it (text, by code point).

    Args:
        rows: ``id`` (text, different in each row) and ``payload`` (binary).
        folder: for what is derived from them; it must last as long as the result is in use.
    """
    ids = rows.select("id", "payload")
    signed, _ = stage_table(
        rows.sparkSession,
        folder / "signatures",
        lambda: ids.mapInArrow(_sign, "id string, signature binary, buckets array<bigint>"),
    )
    met = signed.select("id", F.explode("buckets").alias("bucket"))
    met = met.withColumn("lowest", F.min("id").over(Window.partitionBy("bucket")))
    pairs = met.where("id != lowest").select("lowest", "id").distinct()
    compared = (
        pairs.join(signed.select("id", "signature"), "id")
        .join(signed.select(F.col("id").alias("lowest"), F.col("signature").alias("lowest_signature")), "lowest")
        .mapInArrow(_compare, "lowest string, id string")
    )
    named = components.named(compared, folder)
    return rows.select("id").join(named, "id", "left").select("id", F.coalesce("group", "id").alias("group"))


def _sign(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        signed = minhash.signatures(batch.column("payload").to_pylist())
        buckets = minhash.buckets(signed)
        ends = pa.array(np.arange(len(buckets) + 1, dtype=np.int32) * buckets.shape[1])
        lists = pa.ListArray.from_arrays(ends, pa.array(buckets.ravel()))
        signatures = pa.array([signature.tobytes() for signature in signed.astype("<u4")], pa.binary())
        yield pa.record_batch({"id": batch.column("id"), "signature": signatures, "buckets": lists})


def _compare(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Pass on the pairs that are near-duplicates."""
    for batch in batches:
        one, other = (_signatures(batch.column(name)) for name in ("lowest_signature", "signature"))
        yield batch.select(["lowest", "id"]).filter(pa.array(minhash.alike(one, other)))


def _signatures(column: pa.Array) -> minhash.Signatures:
    return np.frombuffer(b"".join(column.to_pylist()), "<u4").reshape(-1, minhash.PERMUTATIONS)
