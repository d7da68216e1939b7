"""The numbers of data sets: sizes, ratio and its interval, lengths, copies; of each whole, and of its sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build, Codec
from zip_pipeline.jobs.manifest import method_of
from zip_pipeline.jobs.measure import data_sets, shards
from zip_pipeline.jobs.measure.data_sets import Membership, Part
from zip_pipeline.jobs.measure.shards import Measured, ShardMeter
from zip_pipeline.stats import intervals
from zip_pipeline.stats.sharding import CELLS, Cuts
from zip_pipeline.tasks.score import Scorer

MOST_SOURCES = 1000
"""Where a data set has more sources than that, which may be addresses, none is measured by itself."""

ORDER = "random order"

Row = dict[str, Any]


@dataclass(frozen=True)
class Method:
    """How sets are measured.

    Attributes:
        codec: measures.
        build: of it, on the driver.
        separator: behind every record.
        shard_bytes: of a shard, about.
        seed: of the order, and of the interval.
    """

    codec: Codec
    build: Build
    separator: bytes
    shard_bytes: int
    seed: int

    def size(self, part: Part) -> int:
        """Return the bytes of a part in a set."""
        return part.payload_bytes + part.records * len(self.separator)

    def cuts(self, parts: Sequence[Part]) -> Cuts:
        """Return how a set is cut."""
        return Cuts.of(sum(map(self.size, parts)), self.shard_bytes, self.codec.window)

    def part(self) -> Row:
        """Return the manifest's part on it."""
        return {
            "order": f"{ORDER}, by a hash of the payload",
            "seed": self.seed,
            "shard_bytes": self.shard_bytes,
            "interval": {"confidence": intervals.CONFIDENCE, "resamples": intervals.RESAMPLES, "cells": CELLS},
        }


def measure(records: DataFrame, method: Method, *, per_source: bool) -> list[Row]:
    """Measure data sets.

    Args:
        records: from `measuring.keep`, of one data set or several.
        method: how.
        per_source: whether every source is measured as a set of its own, too.

    Returns:
        One row a data set and value, in their order: those of `schema.MEASURES` that are numbers of the set, and
        ``per_source``, by source the same numbers.
    """
    if not per_source:
        records = records.withColumn("source", F.lit(None).cast("string"))
    wholes: dict[tuple[str, str | None], list[Part]] = {}
    for part in data_sets.parts(records):
        if part.records:
            wholes.setdefault((part.name, part.value), []).append(part)
    sets = [list(parts) for parts in wholes.values()]
    sets += [[part] for parts in wholes.values() if len(parts) > 1 for part in parts]
    memberships: dict[Part, list[Membership]] = {}
    for number, parts in enumerate(sets):
        for part in parts:
            memberships.setdefault(part, []).append(Membership(number, method.cuts(parts)))
    members = data_sets.assigned(records, memberships)
    lengths = data_sets.lengths(members)
    meter = ShardMeter(method.codec, method.build, method.separator)
    measured = shards.measure(members, meter, method.seed)
    rows = [_numbers(parts, measured[number], lengths[number], method) for number, parts in enumerate(sets)]

    found, rest = [], iter(rows[len(wholes) :])
    for ((name, value), parts), row in zip(wholes.items(), rows, strict=False):
        sources: dict[str, Row] = {}
        if len(parts) > 1 or parts[0].source is not None:
            sources = {
                schema.NO_SOURCE if part.source is None else part.source: next(rest) if len(parts) > 1 else row
                for part in parts
            }
        found.append({"data_set": name, "value": value, **row, "per_source": sources})
    return found


def _numbers(parts: Sequence[Part], measured: Measured, lengths: dict[str, float], method: Method) -> Row:
    raw_bytes, compressed = sum(measured.raw), measured.compressed
    low, high = intervals.interval(measured.raw, measured.marked, raw_bytes / compressed, method.seed)
    return {
        "records": measured.records,
        "raw_bytes": raw_bytes,
        "compressed_bytes": compressed,
        "ratio": raw_bytes / compressed,
        "low": low,
        "high": high,
        "mean_bytes": sum(part.payload_bytes for part in parts) / measured.records,
        **lengths,
        "fingerprint": f"{sum(part.fingerprint for part in parts) % 2**64:016x}",
    }


def way(codec: Codec, scorer: Scorer) -> str:
    """Return how a data set is measured, the ``codec`` of `schema.MEASURES`."""
    return method_of(codec, scorer, ORDER)


def described(rows: Sequence[Row], method: Method, ways: Mapping[str, str]) -> list[Row]:
    """Add to rows what else `schema.MEASURES` has.

    Args:
        rows: from `measure`.
        method: of it.
        ways: by data set, its `way`; in the order in which the rows are to stand.
    """
    run = {
        "seed": method.seed,
        "shard_bytes": method.shard_bytes,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    places = list(ways)
    several = len({row["data_set"] for row in rows}) > 1
    by_value = any(row["value"] is not None for row in rows)
    found = []
    for row in sorted(rows, key=lambda row: places.index(row["data_set"])):
        value = schema.NO_SOURCE if row["value"] is None else row["value"]
        name = row["data_set"] if not by_value else f"{row['data_set']}/{value}" if several else value
        found.append({"name": name, **row, "codec": ways[row["data_set"]], **run})
    return found


def table(spark: SparkSession, rows: Sequence[Row]) -> DataFrame:
    """Return rows as a table of `schema.MEASURES`."""
    cells = [tuple(row[name] for name in schema.MEASURES.names) for row in rows]
    return spark.createDataFrame(cells, schema.ddl(schema.MEASURES)).coalesce(1)
