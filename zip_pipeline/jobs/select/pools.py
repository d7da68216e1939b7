"""Pools: records dealt at random into so many parts, and a rule that picks in each of them, one Spark task a pool.

Which pool a record is in depends on its id and a seed alone; a task reads its pool in the order in which the rule
draws, sorted by Spark, and only as far as the rule asks. So a task holds what the rule looked at, not the pool.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.records.buffers import in_files
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.selection import greedy
from zip_pipeline.selection.frontier import CHOSEN, Frontier
from zip_pipeline.selection.partitioning import Held
from zip_pipeline.selection.quotas import Quotas
from zip_pipeline.spark.candidates import run_of
from zip_pipeline.spark.io.ordered import MOST_ROWS
from zip_pipeline.tasks.score import Scorer

POOL = "pool"
"""Column: the number of a record's pool, 0, 1, ..."""

OFFERED = (
    "pool int, id string, source string, stratum string, raw_bytes bigint, compressed_bytes bigint, ratio double, "
    "payload binary"
)
"""What a pool offers of a record."""

_ARROW = pa.schema(
    [
        (POOL, pa.int32()),
        ("id", pa.string()),
        ("source", pa.string()),
        ("stratum", pa.string()),
        ("raw_bytes", pa.int64()),
        ("compressed_bytes", pa.int64()),
        ("ratio", pa.float64()),
        ("payload", pa.binary()),
    ]
)


def deal(rows: DataFrame, pools: int, seed: int) -> DataFrame:
    """Return records with their pools; what was selected before is in each of them.

    Args:
        rows: the columns `candidates.STREAMED`.
        pools: how many.
        seed: another one deals otherwise.
    """
    one = F.array(F.pmod(F.xxhash64("id", F.lit("pool"), F.lit(seed)), F.lit(pools)).cast("int"))
    every = F.sequence(F.lit(0), F.lit(pools - 1))
    return rows.withColumn(POOL, F.explode(F.when(F.col("stratum") == CHOSEN, every).otherwise(one)))


def holdings(rows: DataFrame, unit: str) -> tuple[dict[int, dict[str, Held]], dict[int, tuple[int, int]]]:
    """Return what each pool holds of each stratum, and how many records and bytes it has in all.

    Args:
        rows: dealt.
        unit: of the budget.
    """
    sizes = [F.count("*").alias("records"), F.sum("raw_bytes").alias("bytes"), F.max("raw_bytes").alias("largest")]
    sums = rows.where(F.col("stratum") != CHOSEN).groupBy(POOL, "stratum").agg(*sizes).orderBy(POOL, "stratum")
    held: dict[int, dict[str, Held]] = {}
    totals: dict[int, tuple[int, int]] = {}
    for row in sums.collect():
        amount = Held(row["records"], 1) if unit == "records" else Held(row["bytes"], row["largest"])
        held.setdefault(row[POOL], {})[row["stratum"]] = amount
        records, size = totals.get(row[POOL], (0, 0))
        totals[row[POOL]] = records + row["records"], size + row["bytes"]
    return held, totals


@dataclass(frozen=True)
class PoolReducer:
    """The greedy reducer of one pool, as a task on an executor; picklable.

    Attributes:
        scorer: of the corpus.
        offers: budget and quotas by pool, with nothing taken.
        rule: one of `greedy.RULES`.
        k: candidates, shortlisted and picks a round.
        chosen: how many records of each earlier round stand before the pool's own.
    """

    scorer: Scorer
    offers: Mapping[int, Quotas]
    rule: str
    k: tuple[int, int, int]
    chosen: tuple[int, ...] = ()

    def pick_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Pick from one pool, which comes in the order of (state, id); the output has the columns of `OFFERED`.

        Raises:
            CodecMismatchError: when this machine compresses otherwise than the driver.
        """
        list(self.scorer.score_batches([]))  # which compares the compressors
        rows = (batch for batch in batches if batch.num_rows)
        first = next(rows, None)
        if first is None:
            return
        pool = first.column(POOL)[0].as_py()
        if pool not in self.offers:  # it holds only what was chosen before
            return
        frontier = Frontier(map(run_of, chain([first], rows)), in_files)
        framing = FRAMINGS[self.scorer.render_name]
        anchor = self.scorer.codec.evaluator(framing, frontier.payloads)  # tasks are what runs in parallel
        k1, k2, k3 = self.k
        chosen = frontier.drawn_before(self.chosen)
        made = greedy.rounds(frontier, anchor, self.offers[pool], k1=k1, k2=k2, k3=k3, rule=self.rule, chosen=chosen)
        places = (place for this in made for place in this.places.tolist())
        while some := list(islice(places, MOST_ROWS)):
            yield _offer(pool, frontier, some)


def offered(rows: DataFrame, pools: int, reducer: PoolReducer) -> DataFrame:
    """Return what the pools offer, the columns of `OFFERED`.

    Args:
        rows: dealt.
        pools: how many.
        reducer: picks.
    """
    apart = rows.repartitionById(pools, F.col(POOL)).sortWithinPartitions("state", "id")
    return apart.mapInArrow(reducer.pick_batches, OFFERED)


def _offer(pool: int, frontier: Frontier, places: list[int]) -> pa.RecordBatch:
    raw, compressed = frontier.raw_bytes[places], frontier.compressed_bytes[places]
    columns = [
        [pool] * len(places),
        [frontier.ids[place] for place in places],
        [frontier.sources[place] for place in places],
        [frontier.strata[place] for place in places],
        raw,
        compressed,
        raw / compressed,
        [frontier.payloads[place] for place in places],
    ]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, _ARROW.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=_ARROW)
