"""Which format a path is read as, and which files a table is read from."""

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from pyspark.sql import SparkSession

from zip_pipeline.errors import InputError
from zip_pipeline.spark.io.reader import files_of, format_of

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.compress,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.json", "json"),
        ("a.jsonl.gz", "jsonl"),
        ("lake/*.ndjson", "jsonl"),
        ("a.b/c.parquet", "parquet"),
        ("s3a://bucket/a.txt", "text"),
    ],
)
def test_by_the_name(path: str, found: str) -> None:
    assert format_of(path) == found


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["part-0.parquet", "part-1.parquet", "_SUCCESS", ".x.json"], "parquet"),
        (["0000.parquet", "_delta_log"], "delta"),
        (["README.md", "a.jsonl"], "jsonl"),
        (["info.json", "train.parquet"], "the files in it are json and parquet; set input.format"),
        (["data"], "cannot be told from the name; set input.format"),
        ([], "cannot be told from the name; set input.format"),
    ],
)
def test_by_what_is_inside(tmp_path: Path, files: list[str], found: str) -> None:
    for file in files:
        (tmp_path / file).touch()
    if " " not in found:
        assert format_of(str(tmp_path)) == found
        return
    with pytest.raises(InputError, match=found):
        format_of(str(tmp_path))


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('[{"id": 1}]', "json"),
        ('[{"id": 1},\n{"id": 2}]', "json"),
        ('\ufeff \n\t[\n{"id": 1}\n]', "json"),
        ('{"id": 1}\n{"id": 2}\n', "jsonl"),
        ('\ufeff\n\n  {"id": 1, "text": "a\\nb"}\r\n{"id": 2}', "jsonl"),
        ('{"id": 1}', "jsonl"),  # one record either way
        ('{\n  "id": 1\n}', "json"),
        ('{"id": 1,\n "text": "a"}', "json"),
        ('{"id": 1} {"id": 2}\n', "json"),
        ("", "json"),
        ("null", "json"),
    ],
)
def test_lines_in_a_file_named_json(tmp_path: Path, content: str, found: str, packed: str) -> None:
    file = tmp_path / f"a.json{packed}"
    file.write_bytes(PACKERS[packed](content.encode()))
    assert format_of(str(file)) == found


def test_lines_in_a_folder(tmp_path: Path) -> None:
    """As Spark leaves them: the first part may be empty."""
    for name, content in {"_SUCCESS": "", ".a.json.crc": "[", "a.json": "", "b.json": '{"id": 1}\n'}.items():
        (tmp_path / name).write_text(content)
    assert format_of(str(tmp_path)) == "jsonl"


def test_what_cannot_be_unpacked_is_for_spark_to_say(tmp_path: Path) -> None:
    file = tmp_path / "a.json.gz"
    file.write_text('{"id": 1}\n')
    assert format_of(str(file)) == "json"


def test_files_that_a_table_was_read_from(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "a 50% share"
    spark.range(4).repartition(2).write.parquet(str(folder))
    found = files_of(spark.read.parquet(str(folder)).where("id > 1"))
    assert found is not None
    assert sorted(size for size, _ in found.values()) == sorted(
        path.stat().st_size for path in folder.glob("*.parquet")
    )
    assert files_of(spark.range(3)) is None, "rows that come from no files"
