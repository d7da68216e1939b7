"""The job ``split``: hold out a part of a pool that shares no passages with the rest.

Each group of near-duplicates goes to one side as a whole. A held-out record can still quote a passage from the rest.
Grouping does not notice that, so records that share too many passages are dropped.
"""

import numpy as np
import numpy.typing as npt
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Deduplicate, Split, SplitConfig
from zip_pipeline.dedup.near_duplicates import Near
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.manifest import input_part
from zip_pipeline.report.console import Reporter, for_console, say_where
from zip_pipeline.report.page import Page, Section, Table, foot, html
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import picked_rows, sampling
from zip_pipeline.spark.components import components
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.removals import contamination, deduplication
from zip_pipeline.spark.scored_pool import ScoredPool

SIDES = (schema.KEPT_TABLE, schema.HELD_OUT_TABLE, schema.DROPPED_TABLE)


def run(config: SplitConfig, reporter: Reporter) -> Manifest:
    """Split a pool; return the manifest."""
    with Run("split", config, reporter) as run:
        with run.stage("read", "read the pool") as stage:
            config = run.pin()
            corpus = run.open_corpus(config.input)
            scorer = corpus.scorer("content", NullCodec(), Deduplicate().compared)
            pool = ScoredPool.create(corpus, scorer, run.output.scratch)
            rejected = pool.summary.rejected
            pool.require_usable(config.input.on_bad_record)
            stage.done["records"] = pool.summary.read

        with run.stage("group", "group the near-duplicates"):
            sides = sides_of(pool.records(), config.split, run.output.scratch / "near").persist()

        with run.stage("write", "write the sides"):
            named = sides.withColumnRenamed("id", schema.ID)
            rows = picked_rows.full_rows(corpus, scorer, named, one_row_an_id=not rejected).persist()
            for side in SIDES:
                run.output.write(rows.where(F.col(schema.SIDE) == side).select(*corpus.original_columns()), side)
            if rejected:
                run.output.write(pool.rejected(), schema.REJECTED_TABLE)
            sizes = _sizes(sides, pool.records())

        manifest = run.manifest(
            input=input_part(pool.summary, corpus.origin),
            split={"near_duplicates": Near().parameters(), "most_shared": contamination.MOST_SHARED, **sizes},
        )
        run.publish(manifest, split_page(manifest))
    return manifest


def sides_of(pool: DataFrame, split: Split, folder: Location) -> DataFrame:
    """Return the side of each record: ``id``, `schema.SIDE`, one of `SIDES`.

    Groups of near-duplicates are held out in the order of a hash of their names, as long as they fit the share of
    bytes. A group that does not fit is skipped. Held-out records that share too many passages with the rest are
    dropped.

    Args:
        pool: ``id``, ``raw_bytes``, ``payload``.
        split: the share, and the seed of the order.
        folder: for tables that are derived from the pool; keep it as long as the result is in use.
    """
    spark = pool.sparkSession
    pairs, _ = deduplication.alike(pool, Near(), pool.count(), folder)
    groups = components(pairs.select(F.col("kept").alias("lowest"), "id"), folder)
    named = pool.select("id", "raw_bytes").join(groups, "id", "left")
    grouped = named.withColumn("group", F.coalesce("group", "id"))
    order = sampling.at_random("split", split.seed, "group")
    groups = grouped.groupBy("group").agg(F.sum("raw_bytes").alias("bytes")).orderBy(order, "group").toArrow()
    sizes = groups.column("bytes").to_numpy()
    fitting = groups.filter(_fit(sizes, sizes.sum() * split.share)).select(["group"])
    out = spark.createDataFrame(fitting).withColumn("out", F.lit(True))
    placed = grouped.join(out, "group", "left").select("id", F.col("out").isNotNull().alias("out"))
    payloads = pool.select("id", "payload").join(placed, "id")
    shared = contamination.shared(
        payloads.where("out").select("id", "payload"), payloads.where("not out").select("payload")
    )
    kept, held_out, dropped = map(F.lit, SIDES)
    side = F.when(~F.col("out"), kept).when(F.col("shared") > contamination.MOST_SHARED, dropped).otherwise(held_out)
    return placed.join(shared, "id", "left").select("id", side.alias(schema.SIDE))


def _fit(sizes: npt.NDArray[np.int64], room: float) -> npt.NDArray[np.bool_]:
    """Choose sizes one after the other, each that fits into the room left; return which, shape (sizes,)."""
    fits = np.zeros(len(sizes), np.bool_)
    for number, size in enumerate(sizes.tolist()):
        if size <= room:
            fits[number] = True
            room -= size
    return fits


def _sizes(sides: DataFrame, pool: DataFrame) -> Manifest:
    """Return the records and bytes of each side."""
    sums = sides.join(pool, "id").groupBy(schema.SIDE).agg(F.count("*"), F.sum("raw_bytes")).collect()
    sizes = {side: {"records": 0, "raw_bytes": 0} for side in SIDES}
    return sizes | {side: {"records": records, "raw_bytes": raw_bytes} for side, records, raw_bytes in sums}


def show(console: Console, manifest: Manifest) -> None:
    """Print how many records and bytes each side has."""
    console.print(for_console(_sides(manifest)))
    say_where(console, manifest)


def split_page(manifest: Manifest) -> str:
    """Return the page of `split`."""
    place = manifest["config"]["input"]
    text = (
        f"Each group of near-duplicates went to one side as a whole. A held-out record that still shared more than "
        f"{manifest['split']['most_shared']:.0%} of its passages with the kept side was dropped."
    )
    lead = f"{place.get('path') or place.get('table')}, seed {manifest['config']['split']['seed']}."
    section = Section(text=[text], tables=[_sides(manifest)])
    return html(Page("A pool, split", lead, sections=[section], foot=foot(manifest)))


def _sides(manifest: Manifest) -> Table:
    sides = {side: manifest["split"][side] for side in SIDES}
    every = sum(part["raw_bytes"] for part in sides.values())
    rows = [
        (side, f"{part['records']:,}", f"{part['raw_bytes']:,}", f"{part['raw_bytes'] / every:.1%}")
        for side, part in sides.items()
    ]
    return Table(("", "records", "bytes", "share of bytes"), rows)


JOB = Job(run, show)
