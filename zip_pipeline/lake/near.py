"""Groups of near-duplicates over a whole table: `core.minhash`, with Spark joining the buckets.

Signatures, buckets and comparisons are made in parallel; only the pairs found alike come to the driver, which
joins them into groups. The groups depend on the ids and the payloads alone.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.core import minhash
from zip_pipeline.core.clusters import lowest_of_component
from zip_pipeline.lake.storage import Location


def groups(rows: DataFrame, folder: Location) -> DataFrame:
    """Return the group of each record: ``id``, ``group``, which is the lowest id in it (text, by code point).

    Args:
        rows: ``id`` (text, different in each row) and ``payload`` (binary).
        folder: for what is derived from them; it must last as long as the result is in use.
    """
    spark = rows.sparkSession

    def written(frame: DataFrame, name: str) -> DataFrame:
        frame.write.parquet((folder / name).uri)
        return spark.read.schema(frame.schema).parquet((folder / name).uri)

    ids = rows.select("id", "payload")
    signed = written(ids.mapInArrow(_sign, "id string, signature binary, buckets array<bigint>"), "signatures")
    met = signed.select("id", F.explode("buckets").alias("bucket"))
    met = met.withColumn("lowest", F.min("id").over(Window.partitionBy("bucket")))
    pairs = met.where("id != lowest").select("lowest", "id").distinct()
    compared = (
        pairs.join(signed.select("id", "signature"), "id")
        .join(signed.select(F.col("id").alias("lowest"), F.col("signature").alias("lowest_signature")), "lowest")
        .mapInArrow(_compare, "lowest string, id string")
    )
    components = _components(compared.toArrow())
    named = written(
        spark.createDataFrame(components, "id string, group string"), "groups"
    )  # Connect infers no empty one
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


def _components(pairs: pa.Table) -> pa.Table:
    """Return the group of each id in some pairs; an id in none of them is a group of its own."""
    lowest, others = (np.array(pairs.column(name).to_pylist(), object) for name in ("lowest", "id"))
    ids, places = np.unique(np.concatenate([lowest, others]), return_inverse=True)
    group = ids[lowest_of_component(places[: len(lowest)], places[len(lowest) :], len(ids))]
    return pa.table({"id": pa.array(ids, pa.string()), "group": pa.array(group, pa.string())})


def _signatures(column: pa.Array) -> minhash.Signatures:
    return np.frombuffer(b"".join(column.to_pylist()), "<u4").reshape(-1, minhash.PERMUTATIONS)
