"""``select.extend``: a set that is chosen already, from which the selection goes on.

The set fills the anchor before anything is drawn, round by round as it was chosen; its records stand at the head of the
stream of candidates, in a stratum of their own. An output of `select` that extends another one brings that along.
"""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.config import Extend, Place, SelectConfig
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.selection.frontier import CHOSEN, Frontier, Places
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.spark import scoring, selection_output
from zip_pipeline.spark.candidates import KEPT, STREAMED
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.io import parquet_tables
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.reader import read
from zip_pipeline.tasks.score import Scorer

LEVEL = "level"
"""Column: 0 for the set that extends no other, 1 for the one that extends it, ..."""

_SAME_ID, _SAME_PAYLOAD = "same_id", "same_payload"


@dataclass(frozen=True)
class Before:
    """What was chosen before; nothing, when there is nothing to extend.

    Attributes:
        rows: the records, the columns `STREAMED`; the states are below those of all candidates.
        groups: how many of each round.
        first_round: number of the next round.
        states: ``id`` and ``state`` of records that an earlier selection touched, as in ``state/``.
        part: of the manifest's.
    """

    rows: DataFrame | None = None
    groups: tuple[int, ...] = ()
    first_round: int = 0
    states: DataFrame | None = None
    part: dict[str, Any] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many."""
        return sum(self.groups)

    def told(self, raw_bytes: int, compressed_bytes: int) -> dict[str, Any]:
        """Return the manifest's part by its key, if there is any; the sizes are those of the records as one set."""
        if not self.records:
            return {}
        sizes = {
            "raw_bytes": raw_bytes,
            "compressed_bytes": compressed_bytes,
            "set_ratio": raw_bytes / compressed_bytes,
        }
        return {"extended": {"records": self.records, **sizes, **self.part}}

    def leave_out(self, rows: DataFrame, records: int, folder: Location) -> tuple[DataFrame, int]:
        """Return the records that may still be chosen, with `KEPT` where there are states, and how many they are.

        Args:
            rows: `schema.SCORED`.
            records: how many.
            folder: for what is derived from them.
        """
        if self.rows is None:
            return rows, records
        ids = self.rows.select("id").distinct().withColumn(_SAME_ID, F.lit(1))
        hashes = self.rows.select(F.sha2("payload", 256).alias("hash")).distinct().withColumn(_SAME_PAYLOAD, F.lit(1))
        hashed = rows.select("id", F.sha2("payload", 256).alias("hash"))
        met = (
            hashed.join(ids, "id", "left").join(hashes, "hash", "left").where(f"{_SAME_ID} = 1 or {_SAME_PAYLOAD} = 1")
        )
        of_it = {
            _SAME_ID: F.count(_SAME_ID),
            _SAME_PAYLOAD: F.count_if(F.col(_SAME_ID).isNull()),
        }
        chosen, counts = parquet_tables.table(folder / "chosen_again", lambda: met.select("id", _SAME_ID), **of_it)
        self.part.update({name: counts[name] for name in of_it})
        left = rows.join(chosen.select("id"), "id", "left_anti").select(*rows.columns)
        records -= sum(counts.values()) - counts["rows"]
        if self.states is None:
            return left, records
        states = self.states.withColumnRenamed("state", KEPT)
        retired = states.where(f"{KEPT} is null").select("id")
        stateful = left.join(retired, "id", "left_anti").join(states, "id", "left").select(*rows.columns, KEPT)
        self.part["retired"] = records - (records := stateful.count())
        return stateful, records


def before(spark: SparkSession, config: SelectConfig, scorer: Scorer, folder: Location) -> Before:
    """Read what a config extends.

    Args:
        spark: the session.
        config: of the run.
        scorer: of its pool.
        folder: for what is derived from it.

    Raises:
        ConfigError: when the output would replace it.
        InputError: when it is not there or has no record that can be used.
    """
    told = config.select.extend
    if told is None:
        return Before()
    if any(Location.of(one.path) == Location.of(config.output.path) for one, _ in _chain(told)):
        raise ConfigError(
            f"output.path {config.output.path}: is the set to extend; the added records need another path"
        )
    rows = functools.reduce(DataFrame.unionByName, _levels(spark, told, config, scorer))
    place = F.row_number().over(
        Window.orderBy(F.col("reason").isNotNull(), LEVEL, selection_output.RANK, "id", "payload")
    )
    numbered = rows.withColumn("state", place.cast("double")).withColumn("stratum", F.lit(CHOSEN))
    columns = [*STREAMED, LEVEL, selection_output.ROUND, "fingerprint", "reason"]
    counted = {"rejected": F.count("reason"), "mark": F.bit_xor("fingerprint")}
    table, counts = parquet_tables.table(folder / "before", lambda: numbered.select(*columns), **counted)
    if counts["rejected"] == counts["rows"]:
        raise InputError(f"select.extend {told.path}: no record of it can be used")
    table = table.where("reason is null")
    rounds = table.groupBy(LEVEL, selection_output.ROUND).count().orderBy(LEVEL, selection_output.ROUND).collect()
    said = {"rejected": counts["rejected"], "fingerprint": f"{counts['mark'] % 2**64:016x}"}
    states = _states(spark, told, config)
    first_round = max(row[selection_output.ROUND] for row in rounds if row[LEVEL] == rounds[-1][LEVEL]) + 1
    below_all = table.withColumn("state", F.col("state") - (counts["rows"] + 1)).select(*STREAMED)
    return Before(below_all, tuple(row["count"] for row in rounds), first_round, states, said)


def payloads(frontier: Frontier, chosen: Iterable[Places]) -> Iterator[bytes]:
    """Yield the payloads of what was chosen before."""
    return (frontier.payloads[place] for places in chosen for place in places.tolist())


def state_of(frontier: Frontier, picks: list[Pick], was: DataFrame | None, spark: SparkSession) -> DataFrame:
    """Return ``state/``: the states of what the rule has read, and of what it had no need to read this time.

    Args:
        frontier: at the end of the selection.
        picks: the selection.
        was: the states that it began with, if any were kept.
        spark: the session.
    """
    places, states = frontier.waiting()
    picked = {pick.id for pick in picks}
    gone = np.setdiff1d(np.arange(len(frontier.ids)), places).tolist()
    retired = [i for place in gone if frontier.strata[place] != CHOSEN and (i := frontier.ids[place]) not in picked]
    ids = [*(frontier.ids[place] for place in places.tolist()), *retired]
    values = pa.array([*states.tolist(), *[None] * len(retired)], pa.float64())
    here = spark.createDataFrame(pa.table({"id": pa.array(ids, pa.string()), "state": values}))
    if was is None:
        return here
    known = spark.createDataFrame(pa.table({"id": pa.array([*ids, *picked], pa.string())}))
    return here.unionByName(was.join(known, "id", "left_anti"))


def tables(spark: SparkSession, config: SelectConfig) -> Iterator[DataFrame]:
    """Yield what is read of the set that a config extends, every column as it is."""
    for told, manifest in _chain(config.select.extend):
        if manifest is None:
            yield read(spark, Place(path=told.path, format=told.format))
        else:
            yield selection_output.table(spark, told.path, manifest, schema.SELECTION_TABLE)


def _levels(spark: SparkSession, told: Extend, config: SelectConfig, scorer: Scorer) -> Iterator[DataFrame]:
    """Yield the sets that make up the one to extend, each scored, the first chosen one first."""
    for level, (one, manifest) in enumerate(reversed([*_chain(told)])):
        if manifest is None:
            rows = _file(spark, one, config, scorer)
        else:
            rows = selection_output.scored(spark, one.path, manifest, scorer.render_name, scorer.codec)
        yield rows.withColumn(LEVEL, F.lit(level))


def _chain(told: Extend | None) -> Iterator[tuple[Extend, dict[str, Any] | None]]:
    """Yield a set, then the one that it extends, and so on, each with its manifest; None: a file of records."""
    while told is not None:
        manifest = selection_output.manifest_of(told.path) if _is_output(told.path) else None
        yield told, manifest
        below = manifest and manifest["config"].get("select", {}).get("extend")
        told = Extend(**below) if below else None


def _is_output(path: str) -> bool:
    folder = Location.of(path)
    return folder.is_folder() and (folder / schema.MANIFEST).exists()


def _file(spark: SparkSession, told: Extend, config: SelectConfig, scorer: Scorer) -> DataFrame:
    """Return a file's records in the order of their ids, as if each k3 of them had been chosen in a round."""
    records = open_corpus(spark, config.input.like(told.path, told.format))
    rows = scoring.score(records, records.scorer(scorer.render_name, scorer.codec))
    rank = F.row_number().over(Window.orderBy(F.col("reason").isNotNull(), "id", "payload")) - 1
    turn = F.floor(F.col(selection_output.RANK) / config.select.k3).cast("bigint")
    return rows.withColumn(selection_output.RANK, rank.cast("bigint")).withColumn(selection_output.ROUND, turn)


def _states(spark: SparkSession, told: Extend, config: SelectConfig) -> DataFrame | None:
    """Return the states that the set was left with, where they mean the same in this run."""
    if not _is_output(told.path) or config.run.pools > 1:
        return None
    manifest = selection_output.manifest_of(told.path)
    then, now = manifest["config"], config.resolved()
    if not then["select"].get("keep_state"):
        return None
    same = all(then[key] == now[key] for key in ("render", "codec"))
    same = same and then["select"]["rule"] == now["select"]["rule"] and then["run"]["seed"] == now["run"]["seed"]
    if not same:
        return None
    return selection_output.table(spark, told.path, manifest, schema.STATE_TABLE).select(
        "id", F.col("state").cast("double")
    )
