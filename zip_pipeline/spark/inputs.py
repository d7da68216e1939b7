"""What the config's section ``input`` names, read."""

from pyspark.sql import SparkSession

from zip_pipeline.config import Input
from zip_pipeline.spark import corpus
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.reader import read


def open_corpus(spark: SparkSession, place: Input) -> Corpus:
    """Read the pool that a config names."""
    return corpus.describe(
        read(spark, place),
        dialect=place.dialect,
        id_column=place.columns.id,
        text_column=place.columns.text,
        source_column=place.columns.source,
        preference=place.preference,
    )
