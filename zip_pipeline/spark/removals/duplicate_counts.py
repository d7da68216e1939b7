"""What the duplicates of a pool amount to: how many records left by source or by the one that stays, and sample pairs.

Only sums and samples reach the driver.
"""

from collections.abc import Collection
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema

PAIRS = 2
"""Sample pairs of a group: the one least alike, and one at random."""

MOST_BYTES_OF_A_CHARACTER = 4
"""Of UTF-8."""


def counts_by(duplicates: DataFrame, column: str, most: int) -> list[dict[str, Any]]:
    """Return how many records left for each value of a column, the values with the most of them first.

    Args:
        duplicates: `schema.DUPLICATES`, ``raw_bytes`` and the column; ``tokens`` where they are counted.
        column: ``source`` or ``kept``.
        most: values to return.

    Returns:
        For each value: the value under the column's name, ``records``, ``raw_bytes``, perhaps ``tokens``, and in
        ``pairs`` up to `PAIRS` rows of `schema.DUPLICATES`. The pairs depend on the ids alone.
    """
    pair, place = F.struct(*schema.DUPLICATES), F.xxhash64(F.lit("pair"), "id")
    # The third is for groups whose least alike pair is the first in the random order, too.
    samples = [
        F.min_by(pair, F.struct(F.coalesce("jaccard", F.lit(1.0)), -place)),
        F.min_by(pair, place),
        F.max_by(pair, place),
    ]
    amounts = [name for name in ("raw_bytes", schema.TOKENS) if name in duplicates.columns]
    sizes = [F.count(F.lit(1)).alias("records"), *(F.sum(name).alias(name) for name in amounts)]
    rows = duplicates.groupBy(column).agg(*sizes, F.array(*samples).alias("pairs"))
    return [
        {**row.asDict(), "pairs": list({pair["id"]: pair.asDict() for pair in row["pairs"]}.values())[:PAIRS]}
        for row in rows.orderBy(F.desc("records"), column).limit(most).collect()
    ]


def beginnings(rows: DataFrame, ids: Collection[str], characters: int) -> dict[str, str]:
    """Return how the compared texts of a few records begin, by id.

    Args:
        rows: ``id``, ``payload`` and ``compared``.
        ids: of the records.
        characters: to return of each text at least, where it has so many.
    """
    text = F.substring(F.coalesce("compared", "payload"), 1, characters * MOST_BYTES_OF_A_CHARACTER)
    found = rows.where(F.col("id").isin(*ids)).select("id", text.alias("text")).collect()
    return {row["id"]: bytes(row["text"]).decode("utf-8", "ignore") for row in found}  # a character may be cut
