"""Contaminated records leave a pool: those that share passages with benchmarks. A step of `select` and `deduplicate`.

What people see of it: how many left by benchmark and by source, which items could not be looked for, and a warning
where a benchmark takes so much that a template is more likely than a leak.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.config import Decontaminate
from zip_pipeline.dedup.passages import SHORTEST
from zip_pipeline.report.console import for_console, printable
from zip_pipeline.report.page import Section, Table
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.benchmarks import read_benchmarks
from zip_pipeline.spark.contamination import contaminated_by
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table

MOST_OF_THE_POOL, FEWEST = 0.05, 20
"""A benchmark that takes more than this share of the records, and so many at least, is worth a warning."""

MOST_SOURCES = 15
"""Sources that the table lists; the manifest has them all."""


@dataclass(frozen=True)
class Decontamination:
    """The records that leave a pool because benchmarks have their text.

    Attributes:
        contaminated: the table ``contaminated/``.
        rest: the records that stay, with the columns that they had.
        sizes: how many of each source stay.
        facts: what tells this from other decontaminations: its counts, and a hash of its rows.
        part: the manifest's, see `decontaminate`.
    """

    contaminated: DataFrame
    rest: DataFrame
    sizes: dict[str | None, int]
    facts: Mapping[str, int]
    part: Manifest


def decontaminate(
    rows: DataFrame, sizes: Mapping[str | None, int], section: Decontaminate, stages: Location
) -> Decontamination:
    """Find the contaminated records of a pool; tables that `stages` has already are not computed again.

    The manifest's part has ``records`` and ``raw_bytes`` that leave, ``of`` how many records; ``per_source`` the same
    by source, empty where no record names one; ``benchmarks``, each with its ``items``, those ``rejected`` and
    ``too_short``, the ``records`` that leave for it, and in ``most`` the item for which most of them do; ``warnings``.

    Args:
        rows: `schema.SCORED`.
        sizes: records of each source.
        section: names the benchmarks.
        stages: folder for tables of this step.

    Raises:
        InputError: when a benchmark cannot be read, or has no item that can be used.
    """
    find = partial(_found, rows, section, stages)
    mark = F.bit_xor(F.xxhash64(*schema.CONTAMINATED))
    found, facts = stage_table(rows.sparkSession, stages / "contaminated", find, mark=mark)
    (stages / "benchmarks").delete()
    part = stage_fact(stages / "contaminated.counts", lambda: _part(found, sizes, section, stages))
    rest = rows.join(found.select("id").distinct(), "id", "left_anti").select(*rows.columns)
    return Decontamination(found.select(*schema.CONTAMINATED), rest, part["records"], facts, part)


def _found(rows: DataFrame, section: Decontaminate, stages: Location) -> DataFrame:
    """Return `schema.CONTAMINATED` with source and size of the records that leave; store what the benchmarks are."""
    known = read_benchmarks(rows.sparkSession, section.paths, section.words, stages / "benchmarks")
    stage_fact(stages / BENCHMARKS, lambda: known.parts)
    return contaminated_by(rows, known, section.share).join(rows.select("id", "source", "raw_bytes"), "id")


def _part(found: DataFrame, sizes: Mapping[str | None, int], section: Decontaminate, stages: Location) -> Manifest:
    """Count the contaminated records; see `decontaminate`."""
    sums = [F.count(F.lit(1)).alias("records"), F.sum("raw_bytes").alias("raw_bytes")]
    different = found.select("id", "source", "raw_bytes").distinct()
    sources = [row.asDict() for row in different.groupBy("source").agg(*sums).orderBy("source").collect()]
    whole = sum(sizes.values())
    benchmarks = [_with_counts(known, counts) for known in stage_fact(stages / BENCHMARKS, list)]
    return {
        "words": section.words,
        "shortest_item": min(SHORTEST, section.words),
        "share": section.share,
        "records": sum(source["records"] for source in sources),
        "raw_bytes": sum(source["raw_bytes"] for source in sources),
        "of": whole,
        "benchmarks": benchmarks,
        "per_source": per_source,
        "warnings": [*_warnings(benchmarks, whole)],
    }
