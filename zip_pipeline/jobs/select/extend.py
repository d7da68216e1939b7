"""``select.extend``: the base, which is the set that a run extends.

The base fills the anchor before anything is drawn, round by round as it was picked. Its records come first in the
stream of eligible records, in a stratum of their own. If the base is an output of `select` that extends another set,
the run extends both.
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
from zip_pipeline.config import Extend, Input, Place, SelectConfig
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.selection.frontier import BASE_STRATUM, Frontier, Places
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.spark import scoring, selection_output
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.eligible import BASE_STATE, STREAMED
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table
from zip_pipeline.spark.io.reader import read
from zip_pipeline.spark.selection_output import PICK_RANK, PICK_ROUND
from zip_pipeline.tasks.score import Scorer

LOWEST, SPREAD = -(2.0**50), 2.0**24
"""The states of a base are its places above LOWEST, times SPREAD: below those of all records, which are bounds of a
coverage above -2^67, or no less than 0."""

LEVEL = "level"
"""Column: 0 for the set that extends no other, 1 for the one that extends it, ..."""

_SAME_ID, _SAME_PAYLOAD = "same_id", "same_payload"


@dataclass(frozen=True)
class Remainder:
    """The records of a pool that a base leaves eligible.

    Attributes:
        rows: `schema.SCORED`, with the column `BASE_STATE` where the base has states.
        records: how many rows there are.
        part: the manifest's, on the records that the base excludes.
    """

    rows: DataFrame
    records: int
    part: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BaseSet:
    """The set that a run extends; empty where it extends none.

    Attributes:
        rows: the records, the columns `STREAMED`; their states are below those of all eligible records.
        round_counts: how many records each round picked.
        first_round: number of the run's first round.
        states: ``id`` and ``state`` of records that the selections of the base drew, as in ``state/``; null: retired.
        part: the manifest's, on the set.
    """

    rows: DataFrame | None = None
    round_counts: tuple[int, ...] = ()
    first_round: int = 0
    states: DataFrame | None = None
    part: dict[str, Any] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many records the set has."""
        return sum(self.round_counts)

    def manifest_part(self, raw_bytes: int, compressed_bytes: int, excluded: dict[str, int]) -> dict[str, Any]:
        """Return the manifest's part by its key, or nothing where the set is empty.

        Args:
            raw_bytes: size of the records as one set.
            compressed_bytes: the same, compressed.
            excluded: see `Remainder.part`.
        """
        if not self.records:
            return {}
        sizes = {
            "raw_bytes": raw_bytes,
            "compressed_bytes": compressed_bytes,
            "set_ratio": raw_bytes / compressed_bytes,
        }
        return {"extended": {"records": self.records, **sizes, **self.part, **excluded}}

    def exclude(self, rows: DataFrame, records: int, folder: Location) -> Remainder:
        """Leave out records that have an id or a payload of the set, and those that it retired.

        Args:
            rows: `schema.SCORED`.
            records: how many rows there are.
            folder: for tables that are derived from them.
        """
        if self.rows is None:
            return Remainder(rows, records)
        ids = self.rows.select("id").distinct().withColumn(_SAME_ID, F.lit(1))
        hashes = self.rows.select(F.sha2("payload", 256).alias("hash")).distinct().withColumn(_SAME_PAYLOAD, F.lit(1))
        hashed = rows.select("id", F.sha2("payload", 256).alias("hash"))
        joined = hashed.join(ids, "id", "left").join(hashes, "hash", "left")
        again = joined.where(f"{_SAME_ID} = 1 or {_SAME_PAYLOAD} = 1").select("id", _SAME_ID)
        aggregates = {_SAME_ID: F.count(_SAME_ID), _SAME_PAYLOAD: F.count_if(F.col(_SAME_ID).isNull())}
        in_base, counts = stage_table(rows.sparkSession, folder / "in_base", lambda: again, **aggregates)
        part = {name: counts[name] for name in aggregates}
        left, left_records = rows.join(in_base.select("id"), "id", "left_anti"), records - sum(part.values())
        if self.states is None:
            return Remainder(left.select(*rows.columns), left_records, part)
        states = self.states.withColumnRenamed("state", BASE_STATE)
        retired = states.where(f"{BASE_STATE} is null").select("id")
        alive = left.join(retired, "id", "left_anti").join(states, "id", "left").select(*rows.columns, BASE_STATE)
        alive_records = alive.count()
        return Remainder(alive, alive_records, part | {"retired": left_records - alive_records})


def base_set(spark: SparkSession, config: SelectConfig, scorer: Scorer, folder: Location) -> BaseSet:
    """Read the set that a config extends.

    Args:
        spark: the session.
        config: of the run.
        scorer: of its pool.
        folder: for tables that are derived from the set.

    Raises:
        ConfigError: when the output would replace the set.
        InputError: when the set does not exist, or has no record that can be used.
    """
    section = config.select.extend
    if section is None:
        return BaseSet()
    if any(Location.of(one.path) == Location.of(config.output.path) for one, _ in _chain(section)):
        raise ConfigError(
            f"output.path {config.output.path}: is the set to extend; the added records need another path"
        )
    rows = functools.reduce(DataFrame.unionByName, _levels(spark, section, config, scorer))
    place = F.row_number().over(Window.orderBy(F.col("reason").isNotNull(), LEVEL, PICK_RANK, "id", "payload"))
    ordered = rows.withColumn("state", place.cast("double")).withColumn("stratum", F.lit(BASE_STRATUM))
    columns = [*STREAMED, LEVEL, PICK_ROUND, "fingerprint", "reason"]
    aggregates = {"rejected": F.count("reason"), "mark": F.bit_xor("fingerprint")}
    table, counts = stage_table(spark, folder / "base", lambda: ordered.select(*columns), **aggregates)
    if counts["rejected"] == counts["rows"]:
        raise InputError(f"select.extend {section.path}: none of its records can be used")
    usable = table.where("reason is null")
    rounds = usable.groupBy(LEVEL, PICK_ROUND).count().orderBy(LEVEL, PICK_ROUND).collect()
    return BaseSet(
        rows=usable.withColumn("state", (F.col("state") + LOWEST) * SPREAD).select(*STREAMED),
        round_counts=tuple(row["count"] for row in rounds),
        first_round=max(row[PICK_ROUND] for row in rounds if row[LEVEL] == rounds[-1][LEVEL]) + 1,
        states=_states(spark, section, config),
        part={"rejected": counts["rejected"], "fingerprint": f"{counts['mark'] % 2**64:016x}"},
    )


def places(config: SelectConfig) -> list[Input]:
    """Return the set that a config extends as a place whose near-duplicates leave; none unless near-duplicates do."""
    section = config.select.extend
    if section is None or config.input.deduplicate.kind != "near":
        return []
    return [config.input.like(section.path, section.format)]


def payloads(frontier: Frontier, base_places: Iterable[Places]) -> Iterator[bytes]:
    """Yield the payloads of the base.

    Args:
        frontier: has read the base.
        base_places: by round.
    """
    return (frontier.payloads[place] for places in base_places for place in places.tolist())


def state_of(spark: SparkSession, frontier: Frontier, picks: list[Pick], base_states: DataFrame | None) -> DataFrame:
    """Return ``state/``: the states of the records that the rule has read, and older ones of those that it has not.

    Args:
        spark: the session.
        frontier: at the end of the selection.
        picks: the selection.
        base_states: see `BaseSet.states`.
    """
    places, states = frontier.available()
    picked_ids = {pick.id for pick in picks}
    drawn = np.setdiff1d(np.arange(len(frontier.ids)), places).tolist()
    own = [frontier.ids[place] for place in drawn if frontier.strata[place] != BASE_STRATUM]
    retired = [record_id for record_id in own if record_id not in picked_ids]
    ids = [*(frontier.ids[place] for place in places.tolist()), *retired]
    values = pa.array([*states.tolist(), *[None] * len(retired)], pa.float64())
    rows = spark.createDataFrame(pa.table({"id": pa.array(ids, pa.string()), "state": values}))
    if base_states is None:
        return rows
    known = spark.createDataFrame(pa.table({"id": pa.array([*ids, *picked_ids], pa.string())}))
    return rows.unionByName(base_states.join(known, "id", "left_anti"))


def tables(spark: SparkSession, config: SelectConfig) -> Iterator[DataFrame]:
    """Yield the tables of the set that a config extends, every column as it is."""
    for section, manifest in _chain(config.select.extend):
        if manifest is None:
            yield read(spark, Place(path=section.path, format=section.format))
        else:
            yield selection_output.table(spark, section.path, manifest, schema.SELECTION_TABLE)


def _levels(spark: SparkSession, section: Extend, config: SelectConfig, scorer: Scorer) -> Iterator[DataFrame]:
    """Yield the sets that make up the base, each scored, the one that was picked first in front."""
    for level, (one, manifest) in enumerate(reversed([*_chain(section)])):
        if manifest is None:
            rows = _file(spark, one, config, scorer)
        else:
            rows = selection_output.scored(spark, one.path, manifest, scorer.render_name, scorer.codec)
        yield rows.withColumn(LEVEL, F.lit(level))


def _chain(section: Extend | None) -> Iterator[tuple[Extend, dict[str, Any] | None]]:
    """Yield a set, then the one that it extends, and so on, each with its manifest; None: a file of records."""
    while section is not None:
        manifest = selection_output.manifest_of(section.path) if _is_output(section.path) else None
        yield section, manifest
        below = manifest and manifest["config"].get("select", {}).get("extend")
        section = Extend(**below) if below else None


def _is_output(path: str) -> bool:
    folder = Location.of(path)
    return folder.is_folder() and (folder / schema.MANIFEST).exists()


def _file(spark: SparkSession, section: Extend, config: SelectConfig, scorer: Scorer) -> DataFrame:
    """Return a file's records in the order of their ids, as if each k3 of them had been picked in a round."""
    records = open_corpus(spark, config.input.like(section.path, section.format))
    rows = scoring.score(records, records.scorer(scorer.render_name, scorer.codec))
    rank = F.row_number().over(Window.orderBy(F.col("reason").isNotNull(), "id", "payload")) - 1
    number = F.floor(F.col(PICK_RANK) / config.select.k3)
    return rows.withColumn(PICK_RANK, rank.cast("bigint")).withColumn(PICK_ROUND, number.cast("bigint"))


def _states(spark: SparkSession, section: Extend, config: SelectConfig) -> DataFrame | None:
    """Return the states that the set has, if they mean the same in this run."""
    if not _is_output(section.path) or config.run.pools > 1:
        return None
    manifest = selection_output.manifest_of(section.path)
    then, now = manifest["config"], config.resolved()
    if not then["select"].get("keep_state"):
        return None
    same = all(then[key] == now[key] for key in ("render", "codec"))
    same = same and then["select"].get("weight") == now["select"].get("weight")
    same = same and then["select"]["rule"] == now["select"]["rule"] and then["run"]["seed"] == now["run"]["seed"]
    if not same:
        return None
    rows = selection_output.table(spark, section.path, manifest, schema.STATE_TABLE)
    return rows.select("id", F.col("state").cast("double"))
