"""The job ``split``: a held-out part of a pool that shares no passages with what is kept.

Whole groups of near-duplicates go to one side. What a held-out record still shares with the kept ones, a quotation
in another setting, no grouping sees; records with too much of that are dropped.
"""

from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Split, SplitConfig
from zip_pipeline.dedup import minhash
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.manifest import input_part
from zip_pipeline.report.console import Reporter, for_console, say_where
from zip_pipeline.report.page import Page, Part, Section, Table, foot, html
from zip_pipeline.spark import contamination, deduplication, picked_rows, sampling
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.reader import pin_version
from zip_pipeline.spark.scored_pool import ScoredPool

SIDES = (schema.KEPT_TABLE, schema.HELD_OUT_TABLE, schema.DROPPED_TABLE)


def run(config: SplitConfig, reporter: Reporter) -> Part:
    """Split a pool; return the manifest."""
    with Run("split", config, reporter) as run:
        output = run.output
        with run.stage("read", "read the pool"):
            config = run.amend(input=pin_version(run.spark, config.input))
            corpus = open_corpus(run.spark, config.input)
            scorer = corpus.scorer("content", NullCodec())
            pool = ScoredPool.create(corpus, scorer, output.scratch)
            summary = pool.summary
            if summary.rejected and config.input.on_bad_record == "fail":
                raise InputError(f"{summary.rejected:,} records cannot be used: {pool.explain_rejected()}")

        with run.stage("group", "group the near-duplicates"):
            sides = sides_of(pool.records(), config.split, output.scratch / "near").persist()

        with run.stage("write", "write the sides"):
            rows = picked_rows.full_rows(
                corpus, scorer, sides.withColumnRenamed("id", schema.ID), one_row_an_id=not summary.rejected
            ).persist()
            for side in SIDES:
                output.write(rows.where(F.col(schema.SIDE) == side).select(*corpus.original_columns()), side)
            if summary.rejected:
                output.write(pool.rejected(), schema.REJECTED_TABLE)
            counts = (
                sides.join(pool.records(), "id").groupBy(schema.SIDE).agg(F.count("*"), F.sum("raw_bytes")).collect()
            )

        manifest = run.manifest(
            input=input_part(summary),
            split={"near_duplicates": minhash.parameters(), "most_shared": contamination.MOST_SHARED}
            | {side: {"records": 0, "raw_bytes": 0} for side in SIDES}
            | {side: {"records": records, "raw_bytes": raw_bytes} for side, records, raw_bytes in counts},
        )
        run.publish(manifest, page(manifest))
    return manifest


def sides_of(pool: DataFrame, split: Split, folder: Location) -> DataFrame:
    """Return the side of each record: ``id``, `schema.SIDE`, one of `SIDES`.

    Groups of near-duplicates are held out in the order of a hash of their names, as long as they fit the share of
    bytes; one that does not fit is passed over.

    Args:
        pool: ``id``, ``raw_bytes``, ``payload``.
        split: how much, and in which order.
        folder: for what is derived from the pool; it must last as long as the result is in use.
    """
    spark = pool.sparkSession
    grouped = pool.select("id", "raw_bytes").join(deduplication.near_duplicates(pool, folder), "id")
    order = sampling.at_random("split", split.seed, "group")
    groups = grouped.groupBy("group").agg(F.sum("raw_bytes").alias("bytes")).orderBy(order, "group").toArrow()
    sizes = groups.column("bytes").to_numpy()
    fitting = groups.filter(_fit(sizes, sizes.sum() * split.share)).select(["group"])
    chosen = spark.createDataFrame(fitting).withColumn("chosen", F.lit(True))
    placed = (
        grouped.select("id", "group")
        .join(chosen, "group", "left")
        .select("id", F.col("chosen").isNotNull().alias("out"))
    )
    payloads = pool.select("id", "payload").join(placed, "id")
    shared = contamination.shared(
        payloads.where("out").select("id", "payload"), payloads.where("not out").select("payload")
    )
    kept, held_out, dropped = map(F.lit, SIDES)
    side = F.when(~F.col("out"), kept).when(F.col("shared") > contamination.MOST_SHARED, dropped).otherwise(held_out)
    return placed.join(shared, "id", "left").select("id", side.alias(schema.SIDE))


def _fit(sizes: "np.ndarray[Any, np.dtype[np.int64]]", room: float) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Which of some sizes are taken, one after the other, when each that fits the room left is."""
    taken = np.zeros(len(sizes), np.bool_)
    for number, size in enumerate(sizes.tolist()):
        if size <= room:
            taken[number] = True
            room -= size
    return taken


def show(console: Console, manifest: Part) -> None:
    """Print how much is on each side."""
    console.print(for_console(_sides(manifest)))
    say_where(console, manifest)


def page(manifest: Part) -> str:
    """Return the same as a page."""
    place = manifest["config"]["input"]
    text = (
        f"Groups of near-duplicates went to one side as a whole; dropped is what then still shares more than "
        f"{manifest['split']['most_shared']:.0%} of its passages with the kept side."
    )
    lead = f"{place.get('path') or place.get('table')}, seed {manifest['config']['split']['seed']}."
    section = Section(text=[text], tables=[_sides(manifest)])
    return html(Page("A pool, split", lead, sections=[section], foot=foot(manifest)))


def _sides(manifest: Part) -> Table:
    sides = {side: manifest["split"][side] for side in SIDES}
    every = sum(part["raw_bytes"] for part in sides.values())
    rows = [
        (side, f"{part['records']:,}", f"{part['raw_bytes']:,}", f"{part['raw_bytes'] / every:.1%}")
        for side, part in sides.items()
    ]
    return Table(("", "records", "bytes", "share of bytes"), rows)


JOB = Job(SplitConfig, run, show)
