"""Tables in an order: sorted by Spark, read back in it by the driver, a few records at a time."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from zip_pipeline.spark.io.location import Location

ONE_PART = 200_000
"""As many records are sorted by one task; to sort in several parts, Spark reads all there is twice."""

MOST_ROWS, BATCH_BYTES = 4096, 1 << 25
"""How many records, and about how many bytes of them, are read at once."""


def by(rows: DataFrame, *columns: str, about: int) -> DataFrame:
    """Return rows in the order of some columns.

    Args:
        rows: to sort.
        columns: which together are different in each row.
        about: how many rows there are, as far as one can tell.
    """
    if about <= ONE_PART:
        return rows.repartition(1).sortWithinPartitions(*columns)
    return rows.orderBy(*columns)


def batches(folder: Location) -> Iterator[pa.RecordBatch]:
    """Read a table that was written as Parquet back in its order: Spark numbers its parts so."""
    for file in folder.parquet_files():
        with file.open() as stream:
            parquet = pq.ParquetFile(stream)
            groups = [parquet.metadata.row_group(number) for number in range(parquet.num_row_groups)]
            widest = max((group.total_byte_size / group.num_rows for group in groups), default=1)
            yield from parquet.iter_batches(int(min(MOST_ROWS, 1 + BATCH_BYTES / widest)))
