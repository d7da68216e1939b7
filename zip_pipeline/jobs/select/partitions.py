"""``run.pools``: split the pool at random into partitions, and select in each with a Spark task of its own.

The partition of a record depends only on its id and a seed. A task reads its partition in the order in which the rule
draws, sorted by Spark, and only as far as the rule asks. So it holds what the rule looked at, not the partition.
See `selection.partitioning` for what the partitions offer, and `tasks.pick_partition` for the task.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build
from zip_pipeline.config import SelectConfig
from zip_pipeline.errors import ConfigError
from zip_pipeline.jobs.select.filtering import FilteredPool
from zip_pipeline.selection.frontier import BASE_STRATUM
from zip_pipeline.selection.partitioning import Holding, offers_of, part_of_round
from zip_pipeline.selection.quotas import Unit
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.spark.eligible import Eligible
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table
from zip_pipeline.tasks.pick_partition import PARTITION, PartitionPicker, offered

MOST_BYTES = 1 << 30
"""Bytes of payload that a task may look at; they are in files of its machine while it runs."""


@dataclass(frozen=True)
class FinalPass:
    """The last selection of a run; with one partition it is the only one.

    Attributes:
        eligible: the records that it selects from.
        selector: with the size of its rounds.
        part: the manifest's, on partitions.
    """

    eligible: Eligible
    selector: GreedySelector
    part: dict[str, Any]


def offer(
    filtered: FilteredPool,
    config: SelectConfig,
    selector: GreedySelector,
    build: Build,
    folder: Location,
    base_round_counts: tuple[int, ...],
) -> FinalPass:
    """Select in each of the run's partitions; with one partition all records are offered, and the rule is exact.

    Args:
        filtered: the eligible records, and the quotas of the whole selection.
        config: of the run.
        selector: of the run, as the config has it.
        build: the driver's compressor.
        folder: for what the partitions offer.
        base_round_counts: how many records each round of the base picked.

    Raises:
        ConfigError: see `checked_task_bytes`.
    """
    eligible, quotas = filtered.eligible, filtered.quotas
    count, seed = config.run.pools, config.run.seed
    if count == 1:
        return FinalPass(eligible, selector, {"pools": 1})
    rows = partitioned(eligible.with_states(selector.rule, seed), count, seed)
    holdings, totals = holdings_of(rows, quotas.budget.unit)
    factor = selector.rule.budgets_offered
    offers = offers_of(quotas, holdings, factor)
    smaller = with_smaller_rounds(selector, count)
    for partition, (records, size) in totals.items():
        budget = offers[partition].budget
        holds = sum(holding.amount for holding in holdings[partition].values())
        picks = ceil(budget.amount * records / holds)
        checked_task_bytes(records, size, picks, smaller, count)
    picker = PartitionPicker(
        replace(smaller, workers=1), build, offers, base_round_counts
    )  # tasks are what runs in parallel
    table, counts = stage_table(
        rows.sparkSession,
        folder / "offered",
        partial(_picked, rows, count, picker),
        **{str(partition): F.count_if(F.col(PARTITION) == partition) for partition in sorted(totals)},
    )
    parts = [{"records": records, "offered": counts[str(number)]} for number, (records, _) in sorted(totals.items())]
    part = {"pools": count, "factor": factor, "of_pools": parts}
    return FinalPass(eligible.among(table, counts["rows"], folder / "final"), smaller, part)


def partitioned(rows: DataFrame, count: int, seed: int) -> DataFrame:
    """Return records with their partitions; the base is in each of them.

    Args:
        rows: the columns of `eligible.streamed`.
        count: of partitions.
        seed: another one divides otherwise.
    """
    one = F.array(F.pmod(F.xxhash64("id", F.lit("pool"), F.lit(seed)), F.lit(count)).cast("int"))
    every = F.sequence(F.lit(0), F.lit(count - 1))
    return rows.withColumn(PARTITION, F.explode(F.when(F.col("stratum") == BASE_STRATUM, every).otherwise(one)))


def holdings_of(
    rows: DataFrame, unit: Unit
) -> tuple[Mapping[int, Mapping[str, Holding]], Mapping[int, tuple[int, int]]]:
    """Return what each partition holds of each stratum, and how many records and bytes it has in all.

    Args:
        rows: with their partitions.
        unit: of the budget.
    """
    own = {"records": F.lit(1), "bytes": F.col("raw_bytes"), "tokens": F.col(schema.TOKENS)}[unit]
    sizes = [F.count("*").alias("records"), F.sum("raw_bytes").alias("bytes")]
    sizes += [F.sum(own).alias("amount"), F.max(own).alias("largest")]
    keys = PARTITION, "stratum"
    holdings: dict[int, dict[str, Holding]] = {}
    totals: dict[int, tuple[int, int]] = {}
    for row in rows.where(F.col("stratum") != BASE_STRATUM).groupBy(*keys).agg(*sizes).orderBy(*keys).collect():
        holdings.setdefault(row[PARTITION], {})[row["stratum"]] = Holding(row["amount"], row["largest"])
        records, size = totals.get(row[PARTITION], (0, 0))
        totals[row[PARTITION]] = records + row["records"], size + row["bytes"]
    return holdings, totals


def with_smaller_rounds(selector: GreedySelector, count: int) -> GreedySelector:
    """Return the selector with the rounds that it has in each of `count` partitions."""
    k1, k2, k3 = (part_of_round(k, count) for k in selector.round_size)
    return replace(selector, k1=k1, k2=k2, k3=k3)


def checked_task_bytes(records: int, size: int, picks: int, selector: GreedySelector, count: int) -> int:
    """Return about how many bytes of payload a task looks at, and refuse too many.

    That is k1 records a round. A rule without stages may look at all.

    Args:
        records: of the partition.
        size: of the partition, in bytes.
        picks: how many it offers.
        selector: with the rounds of `with_smaller_rounds`.
        count: of partitions.

    Raises:
        ConfigError: when it is more than `MOST_BYTES`; the message names a number of partitions that is enough.
    """
    share = min(1, ceil(picks / selector.k3) * selector.k1 / records) if selector.rule.has_stages else 1
    looks = ceil(size * share)
    if looks > MOST_BYTES:
        enough = ceil(count * looks / MOST_BYTES) + 1
        raise ConfigError(
            f"run.pools {count}: a task would look at about {looks:,} bytes, more than {MOST_BYTES:,}, of a "
            f"partition of {records:,} records and {size:,} bytes; set run.pools={enough}"
        )
    return looks


def _picked(rows: DataFrame, count: int, picker: PartitionPicker) -> DataFrame:
    """Return what the partitions offer, the columns of `offered`."""
    apart = rows.repartitionById(count, F.col(PARTITION)).sortWithinPartitions("state", "id")
    return apart.mapInArrow(picker.pick_batches, schema.ddl(offered(rows.columns)))
