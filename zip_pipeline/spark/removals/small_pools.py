"""Near-duplicates of a pool that is small enough for the driver: what executors find, without their shuffles.

A laptop's pool is compared in the time in which Spark would move it around.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.dedup import near_duplicates
from zip_pipeline.dedup.near_duplicates import SAMPLE, Near
from zip_pipeline.dedup.shingles import WIDTH, distinct, shingles
from zip_pipeline.dedup.tokens import Ragged

MOST_RECORDS, MOST_BYTES = 200_000, 64 << 20
"""Records, and bytes of their texts, that the driver compares by itself; they take it up to 700 MB."""

BATCH = 10_000
"""Records whose texts are Python objects at once."""


def fits(texts: DataFrame, records: int) -> bool:
    """Whether the driver compares the records by itself.

    Args:
        texts: ``text``.
        records: how many rows there are.
    """
    return records <= MOST_RECORDS and (texts.agg(F.sum(F.octet_length("text"))).collect()[0][0] or 0) <= MOST_BYTES


def alike(texts: DataFrame, near: Near, records: int, priorities: DataFrame | None) -> pa.Table:
    """Return the pairs of near-duplicates: ``kept``, ``id``, ``jaccard``, ``containment``; a pair may be there twice.

    Args:
        texts: ``id``, ``number``, ``text``, and ``sampled``, whether common shingles are counted in the record.
        near: what counts as near.
        records: how many rows there are.
        priorities: ``id``, ``priority`` of every row; the record of the highest one stays, then that of the lowest id.
    """
    keys = [("id", "ascending")]
    if priorities is not None:
        number = F.when(~F.isnan("priority"), F.col("priority")).alias("priority")
        texts, keys = texts.join(priorities.select("id", number), "id"), [("priority", "descending"), *keys]
    table = texts.toArrow()
    table = table.take(pc.sort_indices(table, keys))  # nulls at the end
    sets = Ragged.of(distinct(shingles(batch.column("text").to_pylist(), WIDTH)) for batch in table.to_batches(BATCH))
    counted = sets.hashes[np.repeat(table.column("sampled").to_numpy(), np.diff(sets.offsets))]
    common = near_duplicates.common_of(counted, near.least(min(records, SAMPLE)))
    found = near_duplicates.among(sets, common, near.threshold, table.column("number").to_numpy())
    ids = table.column("id")
    columns = [ids.take(pa.array(found.before)), ids.take(pa.array(found.after)), found.jaccard, found.containment]
    return pa.table(columns, names=["kept", "id", "jaccard", "containment"])
