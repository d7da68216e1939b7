"""Contamination: records that share passages with benchmarks, and the share that records have in common with others.

Benchmarks are evaluation sets whose items a pool should not contain. Items with equal payloads are one item. A passage
that many items of a benchmark have is its template, as in "Answer the following question by one of the letters A, B, C
or D". It says nothing about one of them, and is not looked for. How many tokens a passage of a benchmark has is for the
caller to say; `shared` takes runs of `dedup.shingles.PASSAGE` tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input
from zip_pipeline.dedup.bloom import BloomFilter
from zip_pipeline.dedup.passages import COMMON, LEAST_COMMON
from zip_pipeline.errors import InputError
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import Corpus, describe
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import read_batches, stage_table
from zip_pipeline.spark.io.reader import name_of, read_with_origin
from zip_pipeline.tasks.passages import FOUND, ITEMS, ItemReader, PassageFinder
from zip_pipeline.tasks.passages import passages as passages_of

MOST_SHARED = 0.1
"""Share of its passages up to which a held-out record counts as new."""

BEST = ("item", "passages", "share")
"""Columns that say which item of a benchmark a record has most of."""


@dataclass(frozen=True)
class Benchmarks:
    """The passages of some benchmarks.

    Attributes:
        passages: ``passage``, and the item that has it: ``benchmark``, ``item``, ``number``, which tells it from other
            items of the same id, and ``of``, how many passages it has.
        finder: finds them in records.
        parts: the manifest's, one a benchmark: how many items it has, how many could not be read, or not be looked for.
    """

    passages: DataFrame
    finder: PassageFinder
    parts: list[Manifest]


def open_benchmark(spark: SparkSession, place: Input) -> Corpus:
    """Read the items of a benchmark.

    Raises:
        InputError: when it cannot be read as records.
    """
    rows, origin = read_with_origin(spark, place)
    try:
        return replace(describe(rows, place), origin=origin)
    except InputError as error:
        hint = "name its column of text: {path: ..., columns: {text: ...}}"
        raise InputError(f"input.decontaminate {name_of(place)}: {error}; {hint}") from None


def read_benchmarks(spark: SparkSession, places: Sequence[Input], words: int, folder: Location) -> Benchmarks:
    """Read benchmarks and find the passages of their items.

    Args:
        spark: the session.
        places: where they are.
        words: tokens of a passage.
        folder: for derived tables; it must last as long as the result is in use.

    Raises:
        InputError: when a benchmark cannot be read, or has no item that can be used.
    """
    corpora = [(name_of(place), open_benchmark(spark, place)) for place in places]
    items, _ = stage_table(spark, folder / "items", partial(_items, corpora, words))
    usable = F.col("number").isNotNull()
    sums = items.groupBy("benchmark").agg(
        F.count_if(usable).alias("items"),
        F.sum("rejected").alias("rejected"),
        F.count_if(usable & (F.col("length") == 0)).alias("too_short"),
        F.collect_set("length").alias("lengths"),
    )
    facts = {row["benchmark"]: row.asDict() for row in sums.collect()}
    for name, _ in corpora:
        if name not in facts or not facts[name]["items"]:
            raise InputError(f"input.decontaminate {name}: none of its records can be used")
    lengths = {length for fact in facts.values() for length in fact.pop("lengths")} - {0}
    passages, counts = stage_table(spark, folder / "passages", partial(_own_passages, items, facts))
    known = BloomFilter(counts["rows"])
    for batch in read_batches(folder / "passages"):
        known.add(batch.column("passage").to_numpy().view(np.uint64))
    parts = [facts[name] for name in dict.fromkeys(name for name, _ in corpora)]
    return Benchmarks(passages, PassageFinder(tuple(sorted(lengths)), known), parts)


def _items(corpora: Sequence[tuple[str, Corpus]], words: int) -> DataFrame:
    """Return the items of all benchmarks as `ITEMS`; those of a benchmark that cannot be used are one row."""
    scored = [
        scoring.score(corpus, corpus.scorer("content", NullCodec())).withColumn("benchmark", F.lit(name))
        for name, corpus in corpora
    ]
    different = reduce(DataFrame.unionByName, scored).groupBy("benchmark", "payload")
    items = different.agg(F.min("id").alias("item"), F.count("reason").alias("rejected"))
    numbered = items.withColumn("number", F.when(F.col("payload").isNotNull(), F.xxhash64("payload")))
    return numbered.mapInArrow(ItemReader(words).read_batches, schema.ddl(ITEMS))


def _own_passages(items: DataFrame, facts: dict[str, Manifest]) -> DataFrame:
    """Return the passages of each item but its benchmark's templates; an item that has nothing else keeps them."""
    most = {name: max(LEAST_COMMON - 1, int(COMMON * fact["items"])) for name, fact in facts.items()}
    limit = F.create_map(*[F.lit(part) for pair in most.items() for part in pair])[F.col("benchmark")]
    each = items.select("benchmark", "item", "number", F.explode("passages").alias("passage"))
    holders = F.count(F.lit(1)).over(Window.partitionBy("benchmark", "passage"))
    item = Window.partitionBy("benchmark", "number")
    marked = each.withColumn("own", holders <= limit)
    marked = marked.withColumn("of", F.count_if("own").over(item)).where(F.col("own") | (F.col("of") == 0))
    return marked.withColumn("of", F.count(F.lit(1)).over(item)).drop("own")


def shared(rows: DataFrame, others: DataFrame) -> DataFrame:
    """Return the share of each record's passages that other records contain: ``id``, ``shared`` (0 to 1).

    Args:
        rows: ``id`` and ``payload``.
        others: ``payload``; none of `rows`.
    """
    passages = rows.select("id", "payload").mapInArrow(passages_of, "id string, passage bigint")
    distinct = passages.select("passage").distinct()
    # The others are many: before Spark sorts and joins their passages, it drops those that no record has.
    common = others.select("payload").mapInArrow(passages_of, "passage bigint")
    common = common.join(distinct, "passage", "left_semi").select("passage").distinct()
    marked = passages.join(common.withColumn("common", F.lit(1.0)), "passage", "left")
    return marked.groupBy("id").agg(F.avg(F.coalesce("common", F.lit(0.0))).alias("shared"))


def contaminated_by(rows: DataFrame, benchmarks: Benchmarks, least: float = 0.0) -> DataFrame:
    """Return the records that have a passage of a benchmark: the columns of `schema.CONTAMINATED`.

    A row is a record and a benchmark, with the item of which the record has the most passages. Among such items it is
    the one of which the record has the largest share, then the one of the lowest id.

    Args:
        rows: ``id`` and ``payload``. They are read once.
        benchmarks: what to look for.
        least: share of an item's passages that a record has at least.
    """
    found = rows.select("id", "payload").mapInArrow(benchmarks.finder.find_batches, schema.ddl(FOUND))
    items = found.join(benchmarks.passages, "passage").groupBy("id", "benchmark", "number", "item", "of")
    shared = items.agg(F.count(F.lit(1)).alias("passages")).withColumn("share", F.col("passages") / F.col("of"))
    shared = shared.where(F.col("share") >= least)
    best = F.min(F.struct(-F.col("passages"), -F.col("share"), "item", "number", "passages", "share")).alias("best")
    return shared.groupBy("id", "benchmark").agg(best).select("id", "benchmark", *(f"best.{name}" for name in BEST))
