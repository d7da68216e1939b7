"""Which options our readers know, text files, and bytes that Spark fetches."""

from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from zip_pipeline import schema
from zip_pipeline.config import Input
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io import whole_files
from zip_pipeline.spark.io.folders import Plan
from zip_pipeline.spark.io.reader import read
from zip_pipeline.spark.io.whole_files import TextOptions


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({}, TextOptions(None, None, False)),
        ({"Encoding": "UTF8", "header": "TRUE", "pathGlobFilter": "*.csv"}, TextOptions(None, None, False)),
        ({"charset": "latin-1", "delimiter": ";"}, TextOptions("latin-1", ";", False)),
        ({"multiLine": "true"}, TextOptions(None, None, True)),
        ({"header": "false"}, None),
        ({"encoding": "UTF-16", "comment": "#"}, None),
    ],
)
def test_options(options: dict[str, str], asked: TextOptions | None) -> None:
    assert TextOptions.of(options) == asked


def test_lines_of_text(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffa\r\n\u2028 b\nc\0d\n".encode())
    rows = read(spark, Input(path=str(tmp_path / "a.txt"))).collect()
    assert [row["value"] for row in rows] == ["a", "\u2028 b", "c\0d"]
    assert [row[schema.CORRUPT] and row[schema.CORRUPT]["line"] for row in rows] == [None, None, "c\0d"]


def test_text_in_utf_16_is_refused_by_name_and_read_by_option(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n", encoding="utf-16")
    with pytest.raises(Exception, match="UTF-16") as caught:
        read(spark, Input(path=str(tmp_path / "a.txt"))).collect()
    expected = "pool: expected UTF-8, found UTF-16; set input.options.encoding=UTF-16"
    assert str(user_error(caught.value, "pool")) == expected
    rows = read(spark, Input(path=str(tmp_path / "a.txt"), options={"encoding": "UTF-16"})).collect()
    assert [row["value"] for row in rows] == ["one", "two"]


def test_bytes_that_spark_fetches(spark: SparkSession, tmp_path: Path) -> None:
    """As for files in an object store, where tasks may have no address or rights."""
    (tmp_path / "a.json").write_text('[{"id": 1}]')
    plan = Plan([str(tmp_path / "a.json")], {})  # without a scheme it is not known to be of this machine
    rows, reader = whole_files.files(spark, plan, None)
    assert (rows.columns, reader.has_content) == (["path", "content"], True)
    texts = whole_files.run(rows, reader.json_values, whole_files.text_fields("text"))
    assert [row["text"] for row in texts.collect()] == ['{"id": 1}']
    rows, reader = whole_files.files(spark, replace(plan, paths=[f"file://{plan.paths[0]}"]), None)
    assert (rows.columns, reader.has_content) == (["path"], False)
