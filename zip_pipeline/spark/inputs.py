"""What the config's section ``input`` names, read."""

from typing import TypeVar

from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.config import Input, Place
from zip_pipeline.spark import corpus
from zip_pipeline.spark.corpus import Corpus

AnyInput = TypeVar("AnyInput", bound=Input)

_SAY_WHICH = {"versionasof", "timestampasof", "readchangefeed", "readchangedata"}
"""Options of a Delta table with which it needs no version, or takes none."""


def pinned(spark: SparkSession, place: AnyInput) -> AnyInput:
    """Return a place that names its version, where it is a Delta table.

    A run reads its pool more than once, and hours apart. What it selects is what it scored, whatever is written
    meanwhile, and the manifest says which version that was.
    """
    if _SAY_WHICH & {name.lower() for name in place.options}:
        return place
    version = corpus.version_of(spark, path=place.path, table=place.table, file_format=place.format)
    if version is None:
        return place
    return place.model_copy(update={"options": {**place.options, "versionAsOf": version}})


def open_corpus(spark: SparkSession, place: Input) -> Corpus:
    """Read the pool that a config names."""
    return corpus.describe(open_rows(spark, place), place)


def open_rows(spark: SparkSession, place: Place) -> DataFrame:
    """Read the table that a config names, every column as it is."""
    return corpus.read(
        spark,
        path=place.path,
        table=place.table,
        file_format=place.format,
        options=place.options,
        where=place.where,
    )


def name_of(place: Place) -> str:
    """Return what messages call a place."""
    return str(place.table or place.path)
