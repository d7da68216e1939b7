"""Every table format of the registry has its half that needs Spark."""

from zip_pipeline import formats
from zip_pipeline.spark.io.table_formats import TABLE_FORMATS


def test_every_table_format_is_implemented() -> None:
    assert TABLE_FORMATS.keys() == formats.VERSIONED.keys()
