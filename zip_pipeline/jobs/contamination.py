"""Contaminated records leave a pool: those that share passages with benchmarks.

This is a step of `select` and `deduplicate`. People see how many left by benchmark and by
source, which items could not be looked for, and a warning where a benchmark takes so many that a template is more
likely than a leak.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.config import Decontaminate
from zip_pipeline.dedup.passages import SHORTEST
from zip_pipeline.jobs.left_out import Removal, amounts_of, by_source, counts_part, sized, sizes_after, without
from zip_pipeline.report.console import for_console, printable
from zip_pipeline.report.page import Section, Table
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table
from zip_pipeline.spark.io.reader import name_of
from zip_pipeline.spark.removals.contamination import contaminated_by, open_benchmark, read_benchmarks

MOST_OF_THE_POOL, FEWEST = 0.05, 20
"""A benchmark that takes more than this share of the records, and so many at least, is worth a warning."""

BENCHMARKS = "benchmarks.facts"
"""The file of a stage that says what the benchmarks are."""


def decontaminate(
    rows: DataFrame, sizes: Mapping[str | None, int], section: Decontaminate, stages: Location
) -> Removal:
    """Find the contaminated records of a pool; tables that `stages` has already are not computed again.

    The manifest's part says in ``words``, ``shortest_item`` and ``share`` how they were looked for. It has the counts
    of `left_out.counts_part`; in ``benchmarks`` the ``items`` of each, those ``rejected`` and ``too_short``, the
    ``records`` that leave for it, and in ``most`` the item for which most of them do; and ``warnings``.

    Args:
        rows: `schema.SCORED`.
        sizes: records of each source.
        section: names the benchmarks.
        stages: folder for tables of this step.

    Raises:
        InputError: when a benchmark cannot be read, or has no item that can be used.
    """
    mark = F.bit_xor(F.xxhash64(*schema.CONTAMINATED))
    find = partial(_found, rows, section, stages)
    found, facts = stage_table(rows.sparkSession, stages / "contaminated", find, mark=mark)
    (stages / "benchmarks").delete()
    benchmarks = stage_fact(stages / BENCHMARKS, list)
    counts = stage_fact(stages / "contaminated.counts", lambda: [_by_source(found), _by_benchmark(found)])
    part = _part(section, sizes, benchmarks, *counts)
    table = found.select(*schema.CONTAMINATED)
    return Removal(table, without(rows, found), sizes_after(sizes, counts[0]), facts, part)


def check(spark: SparkSession, section: Decontaminate | None) -> list[str]:
    """Make sure that the benchmarks of a config can be read, before a run does its work; say what of them is not read.

    Raises:
        InputError: when one cannot be read as records.
    """
    places = section.paths if section else []
    return [line for place in places for line in open_benchmark(spark, place).origin.lines(name_of(place))]


def _found(rows: DataFrame, section: Decontaminate, stages: Location) -> DataFrame:
    """Return `schema.CONTAMINATED` with source and size of the records that leave; store what the benchmarks are."""
    known = read_benchmarks(rows.sparkSession, section.paths, section.words, stages / "benchmarks")
    stage_fact(stages / BENCHMARKS, lambda: known.parts)
    return contaminated_by(rows, known, section.share).join(sized(rows), "id")


def _by_source(found: DataFrame) -> list[Manifest]:
    """Return how many records leave of each source, and their bytes; those that lose most come first."""
    sums = [F.count(F.lit(1)).alias("records"), *(F.sum(name).alias(name) for name in amounts_of(found))]
    sources = sized(found).distinct().groupBy("source").agg(*sums)
    return [row.asDict() for row in sources.orderBy(F.desc("records"), "source").collect()]


def _by_benchmark(found: DataFrame) -> dict[str, Manifest]:
    """Return how many records leave for each benchmark, and the item for which most of them do."""
    items = found.groupBy("benchmark", "item").agg(F.count(F.lit(1)).alias("records"))
    most = F.min(F.struct(-F.col("records"), "item", "records")).alias("most")
    counts = items.groupBy("benchmark").agg(F.sum("records").alias("records"), most).collect()
    return {
        row["benchmark"]: {
            "records": row["records"],
            "most": {"item": row["most"]["item"], "records": row["most"]["records"]},
        }
        for row in counts
    }


def _part(
    section: Decontaminate,
    sizes: Mapping[str | None, int],
    benchmarks: list[Manifest],
    sources: list[Manifest],
    found: Mapping[str, Manifest],
) -> Manifest:
    none = {"records": 0, "most": None}
    counted = [known | found.get(known["benchmark"], none) for known in benchmarks]
    return {
        "words": section.words,
        "shortest_item": min(SHORTEST, section.words),
        "share": section.share,
        **counts_part(sources, sizes),
        "benchmarks": counted,
        "warnings": [*_warnings(counted, sum(sizes.values()))],
    }


def _warnings(benchmarks: list[Manifest], whole: int) -> Iterator[str]:
    for known in benchmarks:
        if known["records"] >= FEWEST and known["records"] > MOST_OF_THE_POOL * whole:
            yield (
                f"benchmark {known['benchmark']} takes {known['records']:,} records "
                f"({known['records'] / whole:.1%} of them), {known['most']['records']:,} by its item "
                f"{known['most']['item']}: is that text a template? input.decontaminate.share asks for more of an item"
            )


def first_lines(part: Manifest) -> Iterator[str]:
    """Yield what a run says as soon as it has looked for benchmarks: how many records leave, and its warnings."""
    share = part["records"] / part["of"]
    yield f"contaminated: {part['records']:,} of {part['of']:,} records left out ({share:.1%})"
    yield from (f"WARNING: {printable(warning)}" for warning in part["warnings"])


def show_contamination(console: Console, manifest: Manifest) -> None:
    """Print how many records left by benchmark and by source; nothing where no benchmark was looked for."""
    part = manifest.get("decontamination")
    if part is None:
        return
    for table in (_benchmarks(part), by_source("contaminated by source", part)):
        console.print(for_console(table))
    console.print(_about_short_items(part), markup=False)
    for warning in part["warnings"]:
        console.print(f"WARNING: {printable(warning)}", style="bold red", markup=False)


def contamination_sections(manifest: Manifest) -> list[Section]:
    """Return the page's section on benchmarks; none where no benchmark was looked for."""
    part = manifest.get("decontamination")
    if part is None:
        return []
    text = (
        f"{part['records']:,} of {part['of']:,} records share a run of {part['words']} words with a benchmark, or have "
        "one of its shorter items as a whole. They left; contaminated/ names the item with which each shares most."
    )
    tables = [_benchmarks(part), by_source("contaminated by source", part)]
    return [Section("Benchmarks", [text], tables=tables, notes=[_about_short_items(part)])]


def contamination_warnings(manifest: Manifest) -> list[str]:
    """Return the warnings of a run about benchmarks, a line each."""
    return [printable(warning) for warning in manifest.get("decontamination", {}).get("warnings", ())]


def _benchmarks(part: Manifest) -> Table:
    """Return a row for each benchmark."""
    columns = ("benchmark", "items", "could not be read", "too short to look for", "records that left")
    keys = ("items", "rejected", "too_short", "records")
    return Table(columns, [(known["benchmark"], *(f"{known[key]:,}" for key in keys)) for known in part["benchmarks"]])


def _about_short_items(part: Manifest) -> str:
    """Say what was not looked for."""
    return f"Items of fewer than {part['shortest_item']} words are too short to look for: they stand in many texts."
