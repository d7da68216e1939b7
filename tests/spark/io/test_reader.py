"""Which format a path is read as, and which files a table is read from."""

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from pyspark.sql import SparkSession

from support.files import NO_SPARK
from zip_pipeline import schema
from zip_pipeline.config import Input, Place
from zip_pipeline.errors import InputError
from zip_pipeline.spark.io import reader
from zip_pipeline.spark.io.folders import file_name
from zip_pipeline.spark.io.listing import Listing, list_files
from zip_pipeline.spark.io.reader import files_of, read_with_origin

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.compress,
}


def are_lines(path: Path) -> bool:
    listing = list_files(NO_SPARK, str(path))
    return reader._are_lines(NO_SPARK, listing, [*listing.files])


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
    assert are_lines(file) == (found == "jsonl")


def test_lines_in_a_folder(tmp_path: Path) -> None:
    """As Spark leaves them: the first part may be empty."""
    for name, content in {"_SUCCESS": "", ".a.json.crc": "[", "a.json": "", "b.json": '{"id": 1}\n'}.items():
        (tmp_path / name).write_text(content)
    assert are_lines(tmp_path)


def test_what_cannot_be_unpacked_is_for_spark_to_say(tmp_path: Path) -> None:
    file = tmp_path / "a.json.gz"
    file.write_text('{"id": 1}\n')
    assert not are_lines(file)


def test_the_folder_of_an_iceberg_table_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    """Its files hold rows that were deleted."""
    for name in ("metadata/v1.metadata.json", "data/part-0.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match="is the folder of an Iceberg table"):
        read_with_origin(spark, Place(path=str(tmp_path)))


def test_a_file_of_a_store_that_is_not_packed_as_its_name_says(tmp_path: Path) -> None:
    """A store need not know how long its files are, and Spark reads nothing of such a file."""
    listing = Listing(path="s3a://lake/pool", base=f"{tmp_path}/", roots=[], is_local=False)
    for name, content in (("a.jsonl.bz2", bz2.compress(b"{}")), ("b.txt.bz2", b""), ("c.txt.bz2", b"plain")):
        (tmp_path / name).write_bytes(content)
        listing.files[name] = None
    reader._require_bzip2(listing, ["a.jsonl.bz2", "b.txt.bz2"])
    with pytest.raises(InputError, match=r"c\.txt\.bz2: cannot be read: it is not packed"):
        reader._require_bzip2(listing, [*listing.files])


def test_files_that_a_table_was_read_from(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "a 50% share"
    spark.range(4).repartition(2).write.parquet(str(folder))
    found = files_of(spark.read.parquet(str(folder)).where("id > 1"))
    assert found is not None
    assert sorted(size for size, _ in found.values()) == sorted(
        path.stat().st_size for path in folder.glob("*.parquet")
    )
    assert files_of(spark.range(3)) is None, "rows that come from no files"


def write_arrow(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


TABLE = pa.table({"id": ["a", "b"], "text": ["one", None]})
FILES: dict[str, tuple[Callable[[Path], object], list[int | None]]] = {
    "well formed.jsonl": (lambda path: path.write_text('{"id": "a", "text": "one"}\n{"id": "b"}\n'), [None, None]),
    "broken.jsonl": (lambda path: path.write_text('\n{"id": "a", "text": "one"}\n{"id": "b", "te\n'), [2, 3]),
    "100%.csv": (lambda path: path.write_text('id,text\na,"on\ne"\nb,\n'), [2, 4]),
    "a.json": (lambda path: path.write_text('[{"id": "a", "text": "one"}, {"id": "b"}]'), [None, None]),
    "ä.txt": (lambda path: path.write_text("a one\nb\n"), [None, None]),
    "a.parquet": (lambda path: pq.write_table(TABLE, path), [None, None]),
    "a.arrow": (lambda path: write_arrow(path, TABLE), [None, None]),
}
"""How each format is written, and the lines of its two rows where the reader counts them."""


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("folder", ["pool", "lang=en"])
def test_rows_say_which_file_they_are_from(spark: SparkSession, tmp_path: Path, name: str, folder: str) -> None:
    write, lines = FILES[name]
    path = tmp_path / folder / name
    path.parent.mkdir()
    write(path)
    rows, _ = read_with_origin(spark, Input(path=str(tmp_path)), names_file=True)
    named = rows.withColumn("file", file_name(rows[schema.FILE])).collect()
    assert [row["file"] for row in named] == [str(path)] * 2
    counted = sorted(row[schema.LINE] for row in named) if schema.LINE in rows.columns else [None, None]
    is_numbered = folder == "pool" or name.endswith(".csv")  # Spark alone knows what its folders mean
    assert counted == (lines if is_numbered else [None, None])
    plain, _ = read_with_origin(spark, Input(path=str(tmp_path)))
    assert not {schema.FILE, schema.LINE} & {*plain.columns}, "but only where somebody asks"


def test_a_file_that_spark_reads_under_another_name_is_not_named(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "_pool.jsonl").write_text('{"id": "a", "text": "one"}\n')
    rows, _ = read_with_origin(spark, Input(path=str(tmp_path / "_pool.jsonl")), names_file=True)
    assert rows.columns == ["id", "text"]
