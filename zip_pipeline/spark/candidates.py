"""What of a scored pool may be selected: the records within the bounds, one of each group of duplicates.

Rules look at few of them, in an order by state and id. So they are sorted and read in segments of that order, the first
as long as the rule may need, and what lies above is never sorted.
"""

from collections.abc import Collection, Iterator
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.selection.frontier import Scored
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import read_batches, sort_rows, stage_fact, stage_table

STREAMED = ("state", "id", "source", "stratum", "raw_bytes", "compressed_bytes", "payload")
"""What the driver reads of a record."""

GROWTH = 4
"""How much larger a segment is than all before it."""

PERCENTILE_ACCURACY = 100_000
"""A segment that is cut by ratio has the records it should have to one in so many of the pool."""

KEPT = "kept"
"""Column that rows may have: the state that a record was left in by an earlier selection, or null."""


@dataclass(frozen=True)
class Bounds:
    """Of the records that may be selected; None: unbounded. Sizes and ratio are those of ``scores/``."""

    min_bytes: int | None = None
    max_bytes: int | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None

    def hold(self) -> Column:
        """Return whether a scored record is within them, the bounds included."""
        pairs = [("raw_bytes", self.min_bytes, self.max_bytes), ("ratio", self.min_ratio, self.max_ratio)]
        inside = F.lit(True)
        for column, lowest, highest in pairs:
            inside = inside if lowest is None else inside & (F.col(column) >= lowest)
            inside = inside if highest is None else inside & (F.col(column) <= highest)
        return inside


class Candidates:
    """Records that may be selected, which lie in a folder.

    Args:
        rows: `schema.SCORED`, usable ones only.
        records: how many they are.
        folder: for what is derived from them.
        lengths: into how many strata of equal size by length the records are divided, besides by source.
        sources: those that are strata of their own, None: all; records of others are together in one, named ``""``.
        before: what was selected before, with the columns `STREAMED`, states below those of all records.
    """

    def __init__(
        self,
        rows: DataFrame,
        records: int,
        folder: Location,
        *,
        sources: Collection[str] | None = (),
        lengths: int = 1,
        before: DataFrame | None = None,
    ) -> None:
        self._folder, self.records, self._before = folder, records, before
        source = F.coalesce("source", F.lit(schema.NO_SOURCE))
        stratum = source if sources is None else F.lit("")
        if sources:
            stratum = F.when(source.isin(*sources), source).otherwise("")
        if lengths > 1:
            cuts = [number / lengths for number in range(1, lengths)]
            found = rows.select(F.percentile("raw_bytes", F.array(*map(F.lit, cuts)))).first()
            number = sum((F.col("raw_bytes") > cut).cast("int") for cut in (found[0] if found else []))
            stratum = F.concat(stratum, F.lit(", length "), F.lit(1) + number, F.lit(f" of {lengths}"))
        self._rows = rows.withColumn("stratum", stratum)
        self._amounts: dict[str, tuple[int, int]] | None = None

    def amounts(self) -> dict[str, tuple[int, int]]:
        """Return the records and bytes of each stratum."""
        if self._amounts is None:
            sums = self._rows.groupBy("stratum").agg(F.count("*"), F.sum("raw_bytes")).collect()
            self._amounts = {name: (records, raw_bytes) for name, records, raw_bytes in sorted(sums)}
        return self._amounts

    def among(self, rows: DataFrame, records: int, folder: Location) -> "Candidates":
        """Return some of the records as candidates of the same strata; see `Candidates` for the arguments."""
        some = copy(self)
        some._rows, some.records, some._folder, some._amounts = rows, records, folder, None
        return some

    def begun(self, seed: int | None) -> DataFrame:
        """Return the records with the states that they begin with, the columns `STREAMED`.

        Args:
            seed: of the random order; None: the state is the ratio.
        """
        state = F.col("ratio") if seed is None else _random("sampled", seed)
        kept_one = F.coalesce(KEPT, state) if KEPT in self._rows.columns else state
        rows = self._rows.withColumn("state", kept_one).select(*STREAMED)
        return rows if self._before is None else rows.unionByName(self._before)

    def mean_bytes(self) -> float:
        """Return the mean length of a record, framing included."""
        return sum(size for _, size in self.amounts().values()) / self.records

    def by_ratio(self, about: int) -> Iterator[Scored]:
        """Return the records in ascending (ratio, id), read as they are asked for; the state is the ratio.

        Args:
            about: how many will be asked for, as far as one can tell.
        """
        folder, shares = self._folder / "by_ratio", self._shares(about)
        cuts = stage_fact(folder / "cuts", lambda: self._quantiles(shares) if shares else [])
        return self._ordered(folder, self.begun(None), cuts, about)

    def sampled(self, seed: int, about: int) -> Iterator[Scored]:
        """Return the records in random order, read as they are asked for; the state is at least 0 and below 1.

        Args:
            seed: of the order.
            about: how many will be asked for, as far as one can tell.
        """
        return self._ordered(self._folder / "sampled", self.begun(seed), self._shares(about), about)

    def _shares(self, count: int) -> list[float]:
        """Return where to cut the records in their order, as shares of all, so that the first part has `count`."""
        # With 8 standard deviations to spare, a random part has too few once in 10^15 runs.
        share, shares = (count + 8 * count**0.5 + 8) / self.records, []
        while share < 1:
            shares.append(share)
            share *= GROWTH
        return shares

    def _quantiles(self, shares: list[float]) -> list[float]:
        """Return about the ratios that these shares of the records do not exceed."""
        found = self._rows.select(F.percentile_approx("ratio", shares, PERCENTILE_ACCURACY)).first()
        return sorted(set(found[0])) if found and found[0] else []

    def _ordered(self, folder: Location, rows: DataFrame, cuts: list[float], about: int) -> Iterator[Scored]:
        """Sort and read the records segment by segment, each when the one before is used up.

        A segment is what lies above one cut up to the next, so that equal states are never apart, and where the cuts
        are makes no difference but in time. Only its payloads are sorted with it.
        """
        for number, (lower, upper) in enumerate(pairwise([None, *cuts, None])):
            part = rows if lower is None else rows.where(F.col("state") > lower)
            part = part if upper is None else part.where(F.col("state") <= upper)
            target = folder / f"segment-{number}"
            size = min(self.records, about * GROWTH**number)
            stage_table(
                rows.sparkSession, target, partial(sort_rows, part.select(*STREAMED), "state", "id", about=size)
            )
            yield from map(run_of, read_batches(target))


def _random(purpose: str, seed: int) -> Column:
    """Return a number from 0 up to 1, by the id; orders of different purposes are independent of each other."""
    return F.shiftright(F.xxhash64("id", F.lit(purpose), F.lit(seed)), 11) / F.lit(2.0**53) + F.lit(0.5)


def same_payload(rows: DataFrame) -> DataFrame:
    """Return the group of each record, ``id`` and ``group``: the lowest id of those with the same payload."""
    hashed = rows.select("id", F.sha2("payload", 256).alias("hash"))
    return hashed.select("id", F.min("id").over(Window.partitionBy("hash")).alias("group"))


def preferring(groups: DataFrame, values: DataFrame) -> DataFrame:
    """Return groups, each named by its record of highest value; nulls and NaN are lowest, ties go to the lower id.

    Args:
        groups: ``id``, ``group``.
        values: ``id``, ``value``, a number.
    """
    value = F.when(~F.isnan("value"), F.col("value")).desc_nulls_last()
    best = F.first("id").over(Window.partitionBy("group").orderBy(value, "id"))
    return groups.join(values, "id", "left").select("id", best.alias("group"))


def run_of(batch: pa.RecordBatch) -> Scored:
    """Return records with the columns `STREAMED`, and others, as the frontier takes them."""
    payloads = batch.column("payload")
    _, offsets, data = payloads.buffers()
    return Scored(
        batch.column("state").to_numpy(),
        batch.column("id").to_pylist(),
        batch.column("source").to_pylist(),
        batch.column("stratum").to_pylist(),
        batch.column("raw_bytes").to_numpy(),
        batch.column("compressed_bytes").to_numpy(),
        np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8),
        np.frombuffer(offsets, dtype=np.int32)[payloads.offset : payloads.offset + len(payloads) + 1].astype(np.int64),
    )
