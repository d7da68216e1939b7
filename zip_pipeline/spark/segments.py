"""Records in the order in which a rule draws them, sorted and read segment by segment.

A segment is sorted when the one before is used up, so what nobody asks for is never sorted. For a coverage the order
itself improves on the way, see `tightening`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import DoubleType, StructField, StructType

from zip_pipeline.selection.coverage import BOUND
from zip_pipeline.selection.coverage_rule import CoverageRule
from zip_pipeline.selection.features import Counts
from zip_pipeline.selection.frontier import Scored
from zip_pipeline.selection.selector import Selection
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import read_batches, sort_rows, stage_fact, stage_table
from zip_pipeline.tasks.coverage import BoundScorer
from zip_pipeline.tasks.pick_partition import run_of

GROWTH = 4
"""How much larger a segment is than all before it."""

TIGHTENED_FROM = 500_000
"""Records of a segment before which `tightening` finds all bounds anew. Each time the limit is twice the one before:
where new bounds gain nothing, they do not cost much."""

Reader = Callable[[], Selection | None]
"""Returns the selection that reads records, once it has begun."""


@dataclass(frozen=True)
class Segments:
    """Records in ascending (state, id), in segments.

    A segment has the states above one cut, up to the next. So equal states are never apart, and where the cuts are
    makes no difference except in time. Only the segment's payloads are sorted with it.

    Attributes:
        rows: the records, with their ``state``.
        columns: what the driver reads of them.
        folder: for the segments.
        cuts: of the states, ascending.
        about: how many records the first segment has.
    """

    rows: DataFrame
    columns: Sequence[str]
    folder: Location
    cuts: Sequence[float]
    about: int

    def read(self) -> Iterator[Scored]:
        """Yield all records."""
        for number in range(len(self.cuts) + 1):
            yield from self.segment(number)

    def segment(self, number: int) -> Iterator[Scored]:
        """Yield the records of a segment."""
        rows = self.behind(number)
        rows = rows.where(F.col("state") <= self.cuts[number]) if number < len(self.cuts) else rows
        sort = partial(sort_rows, rows.select(*self.columns), "state", "id", about=self.size(number))
        stage_table(rows.sparkSession, self.folder / f"segment-{number}", sort)
        yield from map(run_of, read_batches(self.folder / f"segment-{number}"))

    def behind(self, number: int) -> DataFrame:
        """Return the records of a segment and of all that follow."""
        return self.rows.where(F.col("state") > self.cuts[number - 1]) if number else self.rows

    def size(self, number: int) -> int:
        """Return about how many records there are up to the end of a segment."""
        return self.about * int(GROWTH**number)


def tightening(segments: Segments, rule: CoverageRule, reader: Reader) -> Iterator[Scored]:
    """Read records as `Segments.read` does, but before a large segment find the bounds of all that are left anew.

    What a record can add falls while the selection grows, so its state rises, and what was read stays below it. In the
    new order those come first that can add most from now on, and most of a large pool is never read.

    Args:
        segments: of the records, whose states are bounds behind the empty selection.
        rule: gave them.
        reader: see `Reader`.
    """
    large = TIGHTENED_FROM
    while True:
        for number in range(len(segments.cuts) + 1):
            selection = reader()
            held = None if selection is None else selection.frontier.held
            if selection is not None and held is not None and number and segments.size(number) > large:
                break
            yield from segments.segment(number)
        else:
            return
        large, folder, spark = 2 * large, segments.folder / "again", segments.rows.sparkSession
        tighten = partial(_tightened, segments.behind(number), rule, held)
        rows, found = stage_table(spark, folder / "bounded", tighten)
        selection.facts["bounded_again"] += found["rows"]
        cuts = partial(quantiles, rows, "state", shares(segments.about, found["rows"]))
        segments = replace(segments, rows=rows, folder=folder, cuts=stage_fact(folder / "cuts", cuts))


def shares(count: int, records: int) -> list[float]:
    """Return where to cut records in their order, as shares of all; the first part has `count`."""
    # With 8 standard deviations to spare, a random part has too few once in 10^15 runs.
    share, found = (count + 8 * count**0.5 + 8) / max(1, records), []
    while share < 1:
        found.append(share)
        share *= GROWTH
    return found


def quantiles(rows: DataFrame, column: str, of: Sequence[float]) -> list[float]:
    """Return about the values that these shares of the records do not exceed.

    Where they lie changes no selection. One call a share, without accuracy, is what all servers understand.
    """
    if not of:
        return []
    first = rows.select(*[F.expr(f"percentile_approx({column}, {share!r}d)") for share in of]).first()
    return sorted({float(value) for value in first or () if value is not None})


def _tightened(rows: DataFrame, rule: CoverageRule, held: Counts) -> DataFrame:
    """Return records with states that bound what they can add to a selection with the counts `held`."""
    if rule.coverage is None:
        return rows
    bound = BoundScorer(rule.coverage, rule.price, held.copy()).bound_batches
    bounded = rows.mapInArrow(bound, StructType([*rows.schema, StructField(BOUND, DoubleType())]))
    return bounded.withColumn("state", F.greatest("state", BOUND)).drop(BOUND)
