"""The records of a scored pool that are eligible, in the order in which a rule draws them.

Rules look at few of them, in ascending (state, id). So the records are sorted and read in `segments` of that order,
of which the first one is as long as the rule may need.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import DoubleType, StructField, StructType

from zip_pipeline import schema
from zip_pipeline.records.buffers import in_files
from zip_pipeline.selection.coverage import BOUND
from zip_pipeline.selection.coverage_rule import CoverageRule
from zip_pipeline.selection.frontier import RANDOM_STATE, Scored
from zip_pipeline.selection.quotas import Quotas, Tally, Unit
from zip_pipeline.selection.rules import Rule
from zip_pipeline.selection.selector import GreedySelector, Selection
from zip_pipeline.spark.io.columns import with_columns
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table
from zip_pipeline.spark.segments import Reader, Segments, quantiles, shares, tightening
from zip_pipeline.tasks.coverage import BoundScorer
from zip_pipeline.tasks.pick_partition import OWN

STREAMED = ("state", "id", "source", "stratum", "raw_bytes", "compressed_bytes", "payload")
"""What the driver reads of a record; see also `streamed`."""

BASE_STATE = "base_state"
"""Column that records may have: the state in which the selection of the base left them, or null."""


Limits = tuple[float | None, float | None]
"""Lowest and highest number; None: any."""


@dataclass(frozen=True)
class Bounds:
    """Limits on eligible records, which are included; None: no limit.

    Attributes:
        min_bytes: and the next three: on sizes and ratio as in ``scores/``.
        max_bytes: see `min_bytes`.
        min_ratio: see `min_bytes`.
        max_ratio: see `min_bytes`.
        columns: by the input's column: the number of a scored record, and its limits; one without a number is outside.
    """

    min_bytes: int | None = None
    max_bytes: int | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None
    columns: Mapping[str, tuple[str, Limits]] = field(default_factory=dict)

    def outside(self) -> Column:
        """Return the name of the first bound that a scored record does not hold; null for a record within all."""
        bounds: dict[str, tuple[str, Limits]] = {"bytes": ("raw_bytes", (self.min_bytes, self.max_bytes))}
        bounds |= {"ratio": ("ratio", (self.min_ratio, self.max_ratio)), **self.columns}
        names = [F.lit(None).cast("string")]
        for name, (column, (lowest, highest)) in bounds.items():
            tests = [] if lowest is None else [F.col(column) >= lowest]
            tests += [] if highest is None else [F.col(column) <= highest]
            names += [F.when(~F.coalesce(test, F.lit(False)), F.lit(name)) for test in tests]
        return F.coalesce(*names)

    def as_dict(self) -> dict[str, Any]:
        """Return the bounds that there are, as the manifest has them."""
        bands = {name: dict(zip(("min", "max"), limits, strict=True)) for name, (_, limits) in self.columns.items()}
        limits = {name: value for name, value in vars(self).items() if value is not None and name != "columns"}
        return {**limits, "columns": bands} if bands else limits


@dataclass(frozen=True)
class Amounts:
    """How much there is of some records; `tokens` is 0 where they are not counted."""

    records: int = 0
    bytes: int = 0
    tokens: int = 0

    def of(self, unit: Unit) -> int:
        """Return the amount in a unit."""
        amount: int = getattr(self, unit)
        return amount


class Eligible:
    """Eligible records, which a selection reads in the order in which its rule draws them.

    Args:
        rows: `schema.SCORED` with the column ``stratum``, see `with_strata`; usable records only.
        records: how many rows there are.
        folder: for tables that are derived from the rows.
        base: the set to extend, with the columns `STREAMED` and states below those of all records.

    Attributes:
        records: how many there are.
    """

    def __init__(self, rows: DataFrame, records: int, folder: Location, base: DataFrame | None = None) -> None:
        self._rows, self.records, self._folder, self._base = rows, records, folder, base
        self._amounts: dict[str, Amounts] | None = None
        self._streamed = streamed(rows)

    def amounts(self) -> dict[str, Amounts]:
        """Return how much each stratum has."""
        if self._amounts is None:
            tokens = [F.sum(schema.TOKENS)] if schema.TOKENS in self._rows.columns else []
            sums = self._rows.groupBy("stratum").agg(F.count("*"), F.sum("raw_bytes"), *tokens).collect()
            self._amounts = {name: Amounts(*amounts) for name, *amounts in sorted(sums)}
        return self._amounts

    def among(self, rows: DataFrame, records: int, folder: Location) -> "Eligible":
        """Return some of the records, with the same base; see `Eligible` for the arguments."""
        return Eligible(rows, records, folder, self._base)

    def mean_bytes(self) -> float:
        """Return the mean length of a record in bytes, framing included."""
        return self.mean("bytes")

    def mean(self, unit: Unit) -> float:
        """Return the mean amount of a record."""
        return sum(amounts.of(unit) for amounts in self.amounts().values()) / self.records

    def reach(self, quotas: Quotas, k1: int, k3: int) -> int:
        """Return how many records, lowest first, a rule may look at: k1 a round.

        That is exact for a budget in records without quotas. Strata with shares look as far as the one that needs the
        largest part of its records. The mean amount says how many records a budget in bytes or tokens has.

        Args:
            quotas: budget and strata.
            k1: candidates a round.
            k3: picks a round.
        """
        budget, groups = quotas.budget.amount, Tally(quotas).groups()
        if quotas.budget.unit == "records" and len(groups) == 1:
            return min(self.records, ceil(budget / k3) * k1)
        amounts = self.amounts()
        budget = ceil(budget / self.mean(quotas.budget.unit))
        depths = [
            ceil(budget / k3) * ceil(k1 * part) / max(1, sum(amounts.get(name, Amounts()).records for name in strata))
            for strata, part in groups.items()
        ]
        return min(self.records, ceil(max(depths, default=1.0) * self.records))

    def with_states(self, rule: Rule, seed: int) -> DataFrame:
        """Return the records with their initial states, the columns of `streamed`, and the base.

        Args:
            rule: says which states they are.
            seed: of the order of random states.
        """
        state = initial_state(rule.initial_column, seed)
        if BASE_STATE in self._rows.columns:
            state = F.coalesce(BASE_STATE, state)
        rows = self._rows_for(rule).withColumn("state", state).select(*self._streamed)
        if self._base is None:
            return rows
        nulls = {name: F.lit(None).cast(rows.schema[name].dataType) for name in self._streamed if name not in STREAMED}
        return rows.unionByName(with_columns(self._base, nulls))

    def stream(self, rule: Rule, seed: int, about: int, reader: Reader = lambda: None) -> Iterator[Scored]:
        """Return the records in ascending (state, id), read as they are asked for.

        Args:
            rule: says in which states they begin.
            seed: of the order of random states.
            about: how many records will be asked for, as far as one can tell.
            reader: returns the selection that reads, once it has begun.
        """
        cuts, rows = shares(about, self.records), self.with_states(rule, seed)
        if rule.initial_column == RANDOM_STATE:  # states are uniform: shares of the records are cuts of the states
            folder = self._folder / "sampled"
        else:
            folder = self._folder / f"by_{rule.initial_column}"
            cuts = stage_fact(folder / "cuts", partial(quantiles, self._rows_for(rule), rule.initial_column, cuts))
        segments = Segments(rows, self._streamed, folder, cuts, about)
        return tightening(segments, rule, reader) if isinstance(rule, CoverageRule) else segments.read()

    def begin(
        self, selector: GreedySelector, quotas: Quotas, seed: int, base_round_counts: Sequence[int] = ()
    ) -> Selection:
        """Return a selection from the records; what it has read of them is in files of this machine.

        Args:
            selector: how to select.
            quotas: budget and strata.
            seed: of the order of random states.
            base_round_counts: see `GreedySelector.begin`.
        """
        begun: list[Selection] = []
        about = self.reach(quotas, selector.k1, selector.k3)
        stream = self.stream(selector.rule, seed, about, lambda: begun[0] if begun else None)
        begun.append(selector.begin(stream, quotas, base_round_counts, in_files))
        return begun[0]

    def _rows_for(self, rule: Rule) -> DataFrame:
        """Return the records with the column of the rule's states; bounds of a coverage are stored with them."""
        if not isinstance(rule, CoverageRule) or rule.coverage is None:
            return self._rows
        columns = [name for name in (*self._streamed, BASE_STATE) if name in self._rows.columns]
        rows, bound = self._rows.select(*columns), BoundScorer(rule.coverage, rule.price).bound_batches
        returns = StructType([*rows.schema, StructField(BOUND, DoubleType())])
        make = partial(rows.mapInArrow, bound, returns)
        return stage_table(rows.sparkSession, self._folder / "bounded", make)[0]


def streamed(rows: DataFrame) -> tuple[str, ...]:
    """Return what the driver reads of records: `STREAMED`, and the numbers that they carry for it."""
    return (*STREAMED, *(name for name in OWN if name in rows.columns))


def with_strata(rows: DataFrame, sources: Collection[str] | None, lengths: int) -> DataFrame:
    """Return records with the column ``stratum``.

    Args:
        rows: `schema.SCORED`.
        sources: those that are strata of their own, None: all. Records of other sources are one stratum, named ``""``.
        lengths: into how many strata of equal size by length the records are divided, in addition to sources.
    """
    source = F.coalesce("source", F.lit(schema.NO_SOURCE))
    stratum = source if sources is None else F.lit("")
    if sources:
        stratum = F.when(source.isin(*sources), source).otherwise("")
    if lengths > 1:
        parts = [number / lengths for number in range(1, lengths)]
        first = rows.select(F.percentile("raw_bytes", F.array(*map(F.lit, parts)))).first()
        number = sum((F.col("raw_bytes") > cut).cast("int") for cut in (first[0] if first else []))
        stratum = F.concat(stratum, F.lit(", length "), F.lit(1) + number, F.lit(f" of {lengths}"))
    return rows.withColumn("stratum", stratum)


def initial_state(column: str, seed: int) -> Column:
    """Return the states in which records begin.

    Args:
        column: see `rules.Rule.initial_column`.
        seed: of the order of random states.
    """
    return _random("sampled", seed) if column == RANDOM_STATE else F.col(column).cast("double")


def _random(purpose: str, seed: int) -> Column:
    """Return a number from 0 up to 1, by the id; orders of different purposes are independent of each other."""
    return F.shiftright(F.xxhash64("id", F.lit(purpose), F.lit(seed)), 11) / F.lit(2.0**53) + F.lit(0.5)
