"""What is put beside a selection: baselines of the same budget, drawn from what could be selected.

The draws are made over ids and lengths; then one pass over the payloads finds what was drawn, and it is written in
the order in which it is to be read. Nothing of it need fit into the driver's memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.core.quotas import Unit
from zip_pipeline.lake import baselines, draws
from zip_pipeline.lake.storage import Location

SELECTION = "selection"

MOST_ROWS, BATCH_BYTES = 4096, 1 << 25
"""How many records, and about how many bytes of them, are read at once."""

KEPT = ("id", "raw_bytes", "compressed_bytes", "source", "payload")


@dataclass(frozen=True)
class Member:
    """A record of a set; sizes as in ``scores/``."""

    source: str | None
    raw_bytes: int
    compressed_bytes: int
    payload: bytes


def draw(
    rows: DataFrame, lengths: npt.NDArray[np.int64], sample: Sequence[str], unit: Unit, folder: Location
) -> dict[str, Iterator[Member]]:
    """Return `baselines.RANDOM` and `baselines.MATCHED` of the selection's size, and `SELECTION`, a part of itself.

    The baselines come in random order, the sample in its own.

    Args:
        rows: what could be selected, of `schema.SCORED`.
        lengths: bytes of the selection's records, shape (records,).
        sample: ids of the selection.
        unit: of what the baselines have as much as the selection: records, or bytes, which a draw may exceed by a
            part of a record, a length-matched one by a part of a record for each tenth of the lengths.
        folder: for what is derived; it must last as long as the result is in use.
    """
    target = len(lengths) if unit == "records" else int(lengths.sum()) + draws.BREAK * len(lengths)

    def offered(table: DataFrame, keep: Sequence[str]) -> DataFrame:
        matched = baselines.matched(table, lengths, SELECTION, seeds=1, unit=unit, keep=keep)
        return baselines.random(table, target, seeds=1, unit=unit, keep=keep).unionByName(matched)

    narrow = ("id", "raw_bytes")
    drawn = draws.taken_of(offered(rows, KEPT), draws.taken(offered(rows.select(*narrow), narrow)))
    # Strata of lengths end at different places, so places are no random order of a length-matched set.
    kind, place = F.split_part("draw", F.lit(" "), F.lit(1)), draws.at_random("beside", 0)
    mixed = drawn.select(kind.alias("draw"), place.alias("place"), *KEPT)
    table = pa.table({"id": pa.array(sample, pa.string()), "place": pa.array(range(len(sample)), pa.int64())})
    asked = rows.sparkSession.createDataFrame(table)
    own = rows.select(*KEPT).join(F.broadcast(asked), "id").select(F.lit(SELECTION).alias("draw"), "place", *KEPT)
    found = mixed.unionByName(own).persist()
    try:
        ordered = found.orderBy("draw", "place", "id").drop("place")
        ordered.write.partitionBy("draw").parquet((folder / "beside").uri)
    finally:
        found.unpersist()
    return {
        name: _read(folder / "beside" / f"draw={name}") for name in (baselines.RANDOM, baselines.MATCHED, SELECTION)
    }


def _read(folder: Location) -> Iterator[Member]:
    """Read a sorted table back in its order: Spark numbers its parts so."""
    for file in folder.parquet_files():
        with file.open() as stream:
            parquet = pq.ParquetFile(stream)
            groups = [parquet.metadata.row_group(number) for number in range(parquet.num_row_groups)]
            widest = max((group.total_byte_size / group.num_rows for group in groups), default=1)
            for batch in parquet.iter_batches(int(min(MOST_ROWS, 1 + BATCH_BYTES / widest))):
                names = ("source", "raw_bytes", "compressed_bytes", "payload")
                for values in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
                    yield Member(*values)
