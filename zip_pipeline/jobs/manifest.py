"""What every run leaves to read: what its manifest says of it, tables for a console, the last line of its page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import median
from typing import Any

import rich.table
from pyspark.sql import SparkSession
from rich.console import Console
from rich.markup import escape

from zip_pipeline import schema
from zip_pipeline._version import __version__
from zip_pipeline.codecs.base import Build
from zip_pipeline.config import JobConfig, ScoreConfig
from zip_pipeline.report.page import Table
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.spark.scored_pool import SourceSummary, Summary

Part = dict[str, Any]


def manifest(
    config: ScoreConfig, build: Build, summary: Summary, spark: SparkSession, timings: Mapping[str, float]
) -> Part:
    """Return what every job's manifest holds.

    The sizes under ``pool`` are sums over its records, each compressed alone, and so is its ratio.
    """
    return {
        **run(config, spark, timings),
        "codec": {**config.codec.model_dump(mode="json"), **build.as_dict()},
        "input": pool(summary),
        "pool": one_by_one(summary.sources),
    }


def pool(summary: Summary) -> Part:
    """Return the manifest's part on what was read of a pool."""
    return {
        "records": summary.records,
        "raw_bytes": summary.raw_bytes,
        "rejected": summary.rejected,
        "duplicates": summary.duplicates,
        "fingerprint": summary.fingerprint,
    }


def run(config: JobConfig, spark: SparkSession, timings: Mapping[str, float]) -> Part:
    """Return what a run of any job says of itself."""
    return {
        "version": __version__,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": config.resolved(),
        "timings": {f"{key}_s": round(seconds, 3) for key, seconds in timings.items()}
        | {"total_s": round(sum(timings.values()), 3)},
        "spark": {"version": spark.version, "master": spark.conf.get("spark.master", "connect")},
    }


NOTHING = 0, 0
"""Raw and compressed bytes of no set."""


def selection(picks: Sequence[Pick], before: tuple[int, int] = NOTHING) -> Part:
    """Return the manifest's part on the selection, as one set and by its records; see `as_set`."""
    by_source: dict[str | None, list[tuple[int, int, int]]] = {}
    for pick in picks:
        by_source.setdefault(pick.source, []).append((1, pick.own_raw_bytes, pick.own_compressed_bytes))
    names = sorted(by_source, key=lambda name: (name is not None, name))
    last = picks[-1]
    return {
        **one_by_one({name: SourceSummary(*map(sum, zip(*by_source[name], strict=True))) for name in names}),
        **as_set([pick.own_raw_bytes for pick in picks], last.raw_bytes, last.compressed_bytes, before),
        "rounds": last.round + 1,
    }


def as_set(lengths: Sequence[int], raw_bytes: int, compressed_bytes: int, before: tuple[int, int] = NOTHING) -> Part:
    """Return the manifest's part on records as one set: its ratio, and the bytes by which it grew.

    Args:
        lengths: bytes of each.
        raw_bytes: of the set.
        compressed_bytes: of the set.
        before: raw and compressed bytes of the set that they extend.
    """
    grown = raw_bytes - before[0]
    return {
        "records": len(lengths),
        "raw_bytes": grown,
        "compressed_bytes": compressed_bytes - before[1],
        "mean_bytes": grown / len(lengths),
        "median_bytes": float(median(lengths)),
        "set_ratio": raw_bytes / compressed_bytes,
    }


def one_by_one(sources: Mapping[str | None, SourceSummary]) -> Part:
    """Return the manifest's part on records compressed one by one; by source where the pool names any."""
    records = sum(part.records for part in sources.values())
    raw_bytes = sum(part.raw_bytes for part in sources.values())
    compressed_bytes = sum(part.compressed_bytes for part in sources.values())
    named = {} if set(sources) <= {None} else sources
    return {
        "records": records,
        "raw_bytes": raw_bytes,
        "compressed_bytes": compressed_bytes,
        "mean_bytes": raw_bytes / records,
        "ratio": raw_bytes / compressed_bytes,
        "per_source": {name if name is not None else schema.NO_SOURCE: asdict(part) for name, part in named.items()},
    }


def for_console(table: Table) -> rich.table.Table:
    """Return a page's table as a console prints it."""
    printed = rich.table.Table(*map(escape, table.columns))
    for column in printed.columns[1:]:
        column.justify = "right"
    for rows in (table.rows, table.foot):
        for row in rows:
            printed.add_row(*map(escape, row))
        printed.add_section()
    return printed


def say_where(console: Console, manifest: Part) -> None:
    """Print where the files are, the last line of every job."""
    console.print(f"files: {manifest['config']['output']['path']}", markup=False)


def foot(manifest: Part) -> str:
    """Return a page's last line: what made it, when, in which time."""
    timings, spark = manifest["timings"], manifest["spark"]
    return (
        f"zip_pipeline {manifest['version']}, {manifest['created_at']}, {timings['total_s']:,.0f} s on Spark "
        f"{spark['version']} ({spark['master']}). Every number and setting stands in manifest.json."
    )
