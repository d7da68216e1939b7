"""What the config's section ``input`` names, read."""

from pyspark.sql import SparkSession

from zip_pipeline.config import Input
from zip_pipeline.lake import corpus
from zip_pipeline.lake.corpus import Corpus


def open_corpus(spark: SparkSession, place: Input) -> Corpus:
    """Read the pool that a config names."""
    rows = corpus.read(
        spark,
        path=place.path,
        table=place.table,
        file_format=place.format,
        options=place.options,
        where=place.where,
    )
    return corpus.describe(
        rows,
        dialect=place.dialect,
        id_column=place.columns.id,
        text_column=place.columns.text,
        source_column=place.columns.source,
        preference=place.preference,
    )
