"""The numbers of data sets: sizes, the ratio and its interval, lengths, copies; for each data set and each source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build, StreamCodec
from zip_pipeline.jobs.manifest import method_of
from zip_pipeline.jobs.measure import data_sets, shards
from zip_pipeline.jobs.measure.data_sets import Membership, Part
from zip_pipeline.jobs.measure.shards import SetSizes
from zip_pipeline.stats import intervals
from zip_pipeline.stats.sharding import CELLS, Cuts
from zip_pipeline.tasks.measure_shard import ShardMeter
from zip_pipeline.tasks.score import Scorer

MOST_SOURCES = 1000
"""With more sources than this, which may be addresses, no source is measured by itself."""

ORDER = "random order"

Row = dict[str, Any]


@dataclass(frozen=True)
class Method:
    """How sets are measured.

    Attributes:
        codec: compresses the shards.
        build: the driver's compressor.
        separator: bytes behind every record.
        shard_bytes: about the bytes of a shard.
        seed: of the order, and of the interval.
    """

    codec: StreamCodec
    build: Build
    separator: bytes
    shard_bytes: int
    seed: int

    def size(self, part: Part) -> int:
        """Return the bytes that a part has in a set."""
        return part.payload_bytes + part.records * len(self.separator)

    def cuts(self, parts: Sequence[Part]) -> Cuts:
        """Return how a set of these parts is cut into shards."""
        return Cuts.of(sum(map(self.size, parts)), self.shard_bytes, self.codec.window)

    def part(self) -> Row:
        """Return the manifest's part on the method."""
        return {
            "order": f"{ORDER}, by a hash of the payload",
            "seed": self.seed,
            "shard_bytes": self.shard_bytes,
            "interval": {"confidence": intervals.CONFIDENCE, "resamples": intervals.RESAMPLES, "cells": CELLS},
        }


def measure(records: DataFrame, method: Method, *, per_source: bool) -> list[Row]:
    """Measure data sets.

    Args:
        records: from `data_sets.store`, of one data set or several.
        method: how to measure them.
        per_source: whether every source is measured as a set of its own, too.

    Returns:
        One row for each data set and value, in their order. It has the numbers among the columns of `schema.MEASURES`,
        and ``per_source``, the same numbers by source.
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
    members = data_sets.members(records, memberships)
    lengths = data_sets.lengths(members)
    sizes = shards.measure(members, ShardMeter(method.codec, method.build, method.separator), method.seed)
    numbers = [_numbers(parts, sizes[number], lengths[number], method) for number, parts in enumerate(sets)]

    rows, rest = [], iter(numbers[len(wholes) :])
    for ((name, value), parts), row in zip(wholes.items(), numbers, strict=False):
        sources: dict[str, Row] = {}
        if len(parts) > 1 or parts[0].source is not None:
            sources = {
                schema.NO_SOURCE if part.source is None else part.source: next(rest) if len(parts) > 1 else row
                for part in parts
            }
        rows.append({"data_set": name, "value": value, **row, "per_source": sources})
    return rows


def _numbers(parts: Sequence[Part], sizes: SetSizes, lengths: dict[str, float], method: Method) -> Row:
    raw_bytes, compressed = sum(sizes.raw_bytes), sizes.compressed_bytes
    low, high = intervals.interval(sizes.raw_bytes, sizes.added_bytes, raw_bytes / compressed, method.seed)
    return {
        "records": sizes.records,
        "raw_bytes": raw_bytes,
        "compressed_bytes": compressed,
        "ratio": raw_bytes / compressed,
        "low": low,
        "high": high,
        "mean_bytes": sum(part.payload_bytes for part in parts) / sizes.records,
        **lengths,
        "fingerprint": f"{sum(part.fingerprint for part in parts) % 2**64:016x}",
    }


def complete(rows: Sequence[Row], method: Method, scorers: Mapping[str, Scorer]) -> list[Row]:
    """Return rows with all columns of `schema.MEASURES`.

    Args:
        rows: from `measure`.
        method: by which they were measured.
        scorers: by data set, for render and dialect, in the order that the rows should have.
    """
    run = {
        "seed": method.seed,
        "shard_bytes": method.shard_bytes,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    places = list(scorers)
    methods = {name: method_of(method.codec, scorer, ORDER) for name, scorer in scorers.items()}
    several = len({row["data_set"] for row in rows}) > 1
    by_value = any(row["value"] is not None for row in rows)
    completed = []
    for row in sorted(rows, key=lambda row: places.index(row["data_set"])):
        value = schema.NO_SOURCE if row["value"] is None else row["value"]
        name = row["data_set"] if not by_value else f"{row['data_set']}/{value}" if several else value
        completed.append({"name": name, **row, "codec": methods[row["data_set"]], **run})
    return completed


def table(spark: SparkSession, rows: Sequence[Row]) -> DataFrame:
    """Return complete rows as a table of `schema.MEASURES`."""
    cells = [tuple(row[name] for name in schema.MEASURES.names) for row in rows]
    return spark.createDataFrame(cells, schema.ddl(schema.MEASURES)).coalesce(1)
