"""What a run leaves to read: the manifest and the closing table."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import zip_pipeline
from zip_pipeline.config import JobConfig, ScoreConfig
from zip_pipeline.core.codec import Build
from zip_pipeline.core.greedy import Pick
from zip_pipeline.lake.pool import SourceSummary, Summary

NO_SOURCE = "(none)"
"""How tables name the source of records that have none."""

PAGE_WIDTH = 110

MOST_SOURCES = 15
"""Sources that the closing table lists; the manifest has them all."""

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
        "pool": _records(summary.sources),
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
        "version": zip_pipeline.__version__,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": config.resolved(),
        "timings": {f"{key}_s": round(seconds, 3) for key, seconds in timings.items()}
        | {"total_s": round(sum(timings.values()), 3)},
        "spark": {"version": spark.version, "master": spark.conf.get("spark.master", "connect")},
    }


NOTHING = 0, 0
"""Raw and compressed bytes of no set."""


def selection(picks: Sequence[Pick], before: tuple[int, int] = NOTHING) -> Part:
    """Return the manifest's part on the selection, as one set and by its records.

    Args:
        picks: in order.
        before: raw and compressed bytes of the set that they extend.
    """
    by_source: dict[str | None, list[tuple[int, int, int]]] = {}
    for pick in picks:
        by_source.setdefault(pick.source, []).append((1, pick.own_raw_bytes, pick.own_compressed_bytes))
    names = sorted(by_source, key=lambda name: (name is not None, name))
    last = picks[-1]
    return {
        **_records({name: SourceSummary(*map(sum, zip(*by_source[name], strict=True))) for name in names}),
        **_as_set(len(picks), (last.raw_bytes, last.compressed_bytes), before),
        "rounds": last.round + 1,
    }


def random(records: int, sizes: tuple[int, int], before: tuple[int, int] = NOTHING) -> Part:
    """Return the manifest's part on what as many random records would have been, as one set; see `selection`."""
    return _as_set(records, sizes, before)


def _as_set(records: int, sizes: tuple[int, int], before: tuple[int, int]) -> Part:
    """Bytes are those by which the set before grew; the ratio is that of all of it."""
    raw_bytes, compressed_bytes = (now - then for now, then in zip(sizes, before, strict=True))
    return {
        "records": records,
        "raw_bytes": raw_bytes,
        "compressed_bytes": compressed_bytes,
        "mean_bytes": raw_bytes / records,
        "set_ratio": sizes[0] / sizes[1],
    }


def _records(sources: Mapping[str | None, SourceSummary]) -> Part:
    """Sizes of records compressed one by one; by source where the pool names any."""
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
        "per_source": {name if name is not None else NO_SOURCE: asdict(part) for name, part in named.items()},
    }


def page(manifest: Part) -> str:
    """Return the closing tables as one HTML file that needs no network."""
    console = Console(record=True, file=io.StringIO(), width=PAGE_WIDTH)
    closing_table(console, manifest)
    return console.export_html(inline_styles=True)


def closing_table(console: Console, manifest: Part) -> None:
    """Print pool and selection side by side, in all and by source, and where the files are."""
    table = table_of("", "records", "bytes", "mean bytes", "ratio, one by one", "ratio, as one set")
    for name in ("pool", "selection", "random"):
        if part := manifest.get(name):
            ratios = [f"{part[key]:.4f}" if key in part else "" for key in ("ratio", "set_ratio")]
            table.add_row(name, f"{part['records']:,}", f"{part['raw_bytes']:,}", f"{part['mean_bytes']:,.0f}", *ratios)
    console.print(table)
    if "selection" in manifest and manifest["pool"]["per_source"]:
        console.print(_by_source(manifest["pool"]["per_source"], manifest["selection"]["per_source"]))
    for line in _of_what(manifest):
        console.print(line, markup=False)
    rejected = manifest["input"]["rejected"]
    if rejected:
        console.print(f"rejected: {rejected:,} records, kept apart with their reasons", markup=False)
    console.print(f"files: {manifest['config']['output']['path']}", markup=False)


def _of_what(manifest: Part) -> Iterator[str]:
    """Say what the figures of a selection are of, where that is not all candidates and an empty set."""
    if (pools := manifest.get("selection", {}).get("of_pools")) is not None:
        offered = sum(pool["offered"] for pool in pools)
        yield f"pools: {len(pools):,} offered {offered:,} records, from which the rule chose; not the exact rule"
    if (extended := manifest.get("extended")) is not None:
        yield (
            f"extends: {extended['records']:,} records, {extended['raw_bytes']:,} bytes, set ratio "
            f"{extended['set_ratio']:.4f}; the ratios as one set are with them"
        )


def _by_source(pool: Mapping[str, Part], selection: Mapping[str, Part]) -> Table:
    """The largest sources, one a line, and all others in the last."""
    table = table_of("source", "records in pool", "share of bytes", "selected", "share of bytes")
    by_size = sorted(pool, key=lambda name: (-pool[name]["raw_bytes"], name))
    lines = [(escape(name), [name]) for name in by_size[:MOST_SOURCES]]
    if others := by_size[MOST_SOURCES:]:
        lines.append((f"{len(others):,} others", others))
    bytes_of = [sum(part["raw_bytes"] for part in parts.values()) for parts in (pool, selection)]
    for title, names in lines:
        cells = []
        for parts, total in zip((pool, selection), bytes_of, strict=True):
            held = [parts[name] for name in names if name in parts]
            cells.append(f"{sum(part['records'] for part in held):,}")
            cells.append(f"{sum(part['raw_bytes'] for part in held) / total:.1%}")
        table.add_row(title, *cells)
    return table


def table_of(*columns: str) -> Table:
    """Return an empty table, numbers to the right of the first column."""
    table = Table(*columns)
    for column in table.columns[1:]:
        column.justify = "right"
    return table
