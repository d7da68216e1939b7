"""What is put beside a selection: baselines of the same budget, drawn from what could be selected.

A draw takes the records of a stratum in random order until there are enough, so a place and an id say how far it
goes. Two passes over ids and lengths find these ends, one over all finds what is drawn, and that is written in the
order in which it is to be read. None of it need fit into the driver's memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.selection.quotas import Unit
from zip_pipeline.spark import sampling
from zip_pipeline.spark.baselines import MATCHED, RANDOM, strata
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import read_batches, sort_rows

SELECTION = "selection"

PLACE_BITS, PART_BITS = 64, 12
"""Of a place, and of them those that say in which part of its stratum it is: the driver sees the parts' sums."""

KEPT = ("id", "source", "raw_bytes", "compressed_bytes", "payload")

End = tuple[int, str]
"""Place and id of the last record that a draw takes of a stratum."""


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
    """Return `RANDOM` and `MATCHED` of the selection's size, and `SELECTION`, a part of itself.

    The baselines come in random order, the sample in its own.

    Args:
        rows: what could be selected, of `schema.SCORED`.
        lengths: bytes of the selection's records, shape (records,).
        sample: ids of the selection.
        unit: of what the baselines have as much as the selection: records, or bytes, which a draw may exceed by a
            part of a record, a length-matched one by a part of a record for each tenth of the lengths.
        folder: for what is derived; it must last as long as the result is in use.
    """
    stratum, held = strata(lengths, unit)
    targets = {(RANDOM, 0): sum(held)} | {(MATCHED, number): part for number, part in enumerate(held)}
    offers = [(RANDOM, F.lit(0)), (MATCHED, stratum)]
    places = [
        F.struct(F.lit(kind).alias("draw"), number.alias("stratum"), sampling.at_random(kind, 0).alias("place"))
        for kind, number in offers
    ]
    ends = _ends(rows.select("id", "raw_bytes", F.inline(F.array(*places))), targets, unit)

    # Strata end at different places, so places are no random order of a length-matched set.
    mixed = [
        F.when(
            _until(ends, kind, number),
            F.struct(F.lit(kind).alias("draw"), sampling.at_random("beside", 0).alias("order")),
        )
        for kind, number in offers
    ]
    ids = pa.table({"id": pa.array(sample, pa.string()), "rank": pa.array(range(len(sample)), pa.int64())})
    ranked = rows.select(*KEPT).join(F.broadcast(rows.sparkSession.createDataFrame(ids)), "id", "left")
    own = F.when(F.col("rank").isNotNull(), F.struct(F.lit(SELECTION).alias("draw"), F.col("rank").alias("order")))
    found = ranked.select(*KEPT, F.inline(F.array_compact(F.array(*mixed, own))))
    lying = sort_rows(found, "draw", "order", "id", about=2 * len(lengths) + len(sample))
    lying.drop("order").write.partitionBy("draw").parquet((folder / "beside").uri)
    return {name: _read(folder / "beside" / f"draw={name}") for name in (RANDOM, MATCHED, SELECTION)}


def _ends(offered: DataFrame, targets: Mapping[tuple[str, int], int], unit: Unit) -> dict[tuple[str, int], End]:
    """Return where each stratum of each draw ends, of those from which something is taken.

    Args:
        offered: ``id``, ``raw_bytes``, ``draw``, ``stratum``, ``place``.
        targets: how much to take, by draw and stratum.
        unit: of that; in bytes, a line break behind each record counts.
    """
    amount = F.lit(1) if unit == "records" else F.col("raw_bytes") + sampling.BREAK
    part = F.shiftright("place", PLACE_BITS - PART_BITS)
    parted = offered.select("draw", "stratum", part.alias("part"), "place", "id", amount.alias("amount"))
    last: dict[tuple[str, int], tuple[int, int]] = {}  # the part in which a draw ends, and what is left to take of it
    left = dict(targets)
    sums = parted.groupBy("draw", "stratum", "part").agg(F.sum("amount")).collect()
    for kind, number, place, size in sorted(sums):
        if (rest := left[kind, number]) > 0:
            last[kind, number] = place, rest
            left[kind, number] = rest - size
    at = [
        (F.col("draw") == kind) & (F.col("stratum") == number) & (F.col("part") == place)
        for (kind, number), (place, _) in last.items()
    ]
    ends: dict[tuple[str, int], End] = {}
    left = {key: rest for key, (_, rest) in last.items()}
    for kind, number, _, place, record, size in sorted(parted.where(reduce(Column.__or__, at)).collect()):
        if left[kind, number] > 0:
            ends[kind, number] = place, record
            left[kind, number] -= size
    return ends


def _until(ends: Mapping[tuple[str, int], End], kind: str, stratum: Column) -> Column:
    """Return whether a draw takes a record."""
    here = F.struct(sampling.at_random(kind, 0).alias("place"), F.col("id"))
    taken = [
        (stratum == number) & (here <= F.struct(F.lit(place).alias("place"), F.lit(record).alias("id")))
        for (of, number), (place, record) in ends.items()
        if of == kind
    ]
    return reduce(Column.__or__, taken)


def _read(folder: Location) -> Iterator[Member]:
    for batch in read_batches(folder):
        names = ("source", "raw_bytes", "compressed_bytes", "payload")
        for values in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
            yield Member(*values)
