"""Columnar files that Spark does not read by itself."""

import datetime
import decimal
import doctest
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from support.strategies import json_records
from zip_pipeline.config import Place
from zip_pipeline.errors import InputError
from zip_pipeline.spark.io import columnar
from zip_pipeline.spark.io.columnar import columns_of
from zip_pipeline.spark.io.reader import read_with_origin
from zip_pipeline.tasks.reading.columnar import ColumnarReader

NOW = datetime.datetime(2024, 1, 2, 3, 4, 5, 678901)
UUID = uuid.UUID(int=5)

FOREIGN = {
    "nanoseconds": (pa.array([NOW], pa.timestamp("ns")), 1704164645678901000),
    "zoned": (pa.array([NOW], pa.timestamp("ns", "UTC")), 1704164645678901000),
    "time": (pa.array([datetime.time(1, 2, 3)], pa.time64("us")), "01:02:03.000000"),
    "milliseconds": (pa.array([datetime.time(1, 2, 3)], pa.time32("ms")), "01:02:03.000"),
    "half": (pa.array([np.float16(1.5)], pa.float16()), 1.5),
    "digits": (pa.array([decimal.Decimal("1.50")], pa.decimal256(50, 2)), "1.50"),
    "uuid": (pa.array([UUID.bytes], pa.uuid()), UUID.bytes),
    "list": (pa.array([[NOW]], pa.list_(pa.timestamp("ns"))), [1704164645678901000]),
    "struct": (pa.array([{"at": NOW, "n": 1}], pa.struct({"at": pa.timestamp("ns"), "n": pa.int64()})), (1704164645678901000, 1)),
}  # fmt: skip
"""Columns that make Spark refuse a Parquet file, and what is read of their one value: the same value."""


def write_arrow(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def read(spark: SparkSession, path: Path) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    rows, origin = read_with_origin(spark, Place(path=str(path)))
    return [row.asDict() for row in rows.collect()], origin.notes


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_a_column_of_another_type_does_not_make_a_pool_unreadable(
    spark: SparkSession, tmp_path: Path, ending: str
) -> None:
    table = pa.table({"id": ["a"], **{name: column for name, (column, _) in FOREIGN.items()}})
    path = tmp_path / f"pool.{ending}"
    pq.write_table(table, path) if ending == "parquet" else write_arrow(table, path)
    rows, notes = read(spark, path)
    assert rows == [{"id": "a", **{name: value for name, (_, value) in FOREIGN.items()}}]
    assert "column nanoseconds: Spark has no timestamp[ns], read as int64" in notes
    assert "column struct.at: Spark has no timestamp[ns], read as int64" in notes
    assert not [note for note in notes if "half" in note or "uuid" in note], "floats and bytes stay what they are"


@pytest.mark.parametrize(
    ("one", "other", "values"),
    [
        (pa.array([1], pa.int32()), pa.array([2**40]), [1, 2**40]),
        (pa.array([1], pa.uint8()), pa.array([2**40]), [1, 2**40]),
        (pa.array([0.5], pa.float32()), pa.array([0.1]), [0.5, 0.1]),
        (pa.nulls(1), pa.array(["x"]), [None, "x"]),
        (pa.nulls(1), pa.array([["x"]]), [None, ["x"]]),
        (pa.array([{"a": None}]), pa.array([{"a": "x", "b": 1}]), [(None, None), ("x", 1)]),
        (pa.array(["x"]).dictionary_encode(), pa.array(["y"], pa.large_string()), ["x", "y"]),
    ],
)
@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_files_may_have_a_column_in_several_widths(
    spark: SparkSession, tmp_path: Path, one: pa.Array, other: pa.Array, values: list[Any], ending: str
) -> None:
    for name, column in {"a": one, "b": other}.items():
        table, path = pa.table({"id": [name], "x": column}), tmp_path / f"{name}.{ending}"
        pq.write_table(table, path) if ending == "parquet" else write_arrow(table, path)
    rows, _ = read(spark, tmp_path)
    assert sorted((row["id"], row["x"]) for row in rows) == [*zip("ab", values, strict=True)]


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (pa.array([1]), pa.array(["x"]), "column x has incompatible types: int64 vs string"),
        (pa.array([2**60]), pa.array([0.5]), "column x has incompatible types: double vs int64"),
        (pa.array([[1]]), pa.array(["x"]), "column x has incompatible types: list"),
    ],
)
def test_columns_that_do_not_fit_are_named(
    spark: SparkSession, tmp_path: Path, one: pa.Array, other: pa.Array, message: str
) -> None:
    pq.write_table(pa.table({"x": one}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": other}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=rf"{tmp_path.name}: the files differ: {message}"):
        read(spark, tmp_path)


def test_a_cache_of_datasets(spark: SparkSession, tmp_path: Path) -> None:
    """Its files may be large, and `cache-*` are derived from the others; folders give columns here too."""
    for lang in ("en", "de"):
        write_arrow(pa.table({"id": [lang], "text": ["t"]}), tmp_path / f"lang={lang}/x-train-00000.arrow")
    write_arrow(pa.table({"id": ["derived"]}), tmp_path / "lang=en/cache-0123456789abcdef.arrow")
    (tmp_path / "dataset_info.json").write_text("{}")
    rows, origin = read_with_origin(spark, Place(path=str(tmp_path)))
    assert sorted(rows.select("id", "text", "lang").collect()) == [("de", "t", "de"), ("en", "t", "en")]
    assert (origin.format, origin.files) == ("arrow", 2)
    assert [*origin.left_out] == ["dataset_info.json", "lang=en/cache-0123456789abcdef.arrow"]


def test_a_file_that_is_no_arrow_is_named(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.arrow").write_bytes(b"no Arrow at all, but long enough to look like it")
    with pytest.raises(InputError, match=r"a.arrow: cannot be read: "):
        read(spark, tmp_path)


@given(st.lists(json_records.filter(bool), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_pyarrow_wrote(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    """Every table that it writes, in Parquet or Arrow, has its values in the columns that are found for it."""
    try:
        table = pa.Table.from_pylist(records)
        pq.write_table(table, tmp_path / "a.parquet")
    except (pa.ArrowException, OverflowError):  # values of several types, objects without keys
        return
    write_arrow(table, tmp_path / "a.arrow")
    for path in (tmp_path / "a.parquet", tmp_path / "a.arrow"):
        columns, notes = columns_of([pq.read_schema(tmp_path / "a.parquet"), table.schema])
        task = ColumnarReader((str(path),), ({},), columns)
        assert (
            pa.Table.from_batches(task.read([pa.record_batch({"id": [0]})]), columns).to_pylist() == table.to_pylist()
        )
        assert notes == []


def test_columns_without_a_value_are_text() -> None:
    nothing = pa.schema({"a": pa.null(), "b": pa.list_(pa.null()), "c": pa.struct({"d": pa.null()})})
    expected = pa.schema({"a": pa.string(), "b": pa.list_(pa.string()), "c": pa.struct({"d": pa.string()})})
    assert columns_of([nothing, nothing]) == (expected, [])


def test_examples() -> None:
    assert doctest.testmod(columnar).failed == 0


def test_a_column_that_was_added_to_a_file_of_spark(spark: SparkSession, tmp_path: Path) -> None:
    """PyArrow keeps Spark's own list of columns in the file, and Spark believes the list."""
    spark.createDataFrame([("a", "text")], "id string, text string").coalesce(1).write.parquet(str(tmp_path / "first"))
    (file,) = (tmp_path / "first").glob("*.parquet")
    path = tmp_path / "pool.parquet"
    pq.write_table(pq.read_table(file).append_column("bits", pa.array([1.5])), path)
    assert spark.read.parquet(str(path)).columns == ["id", "text"]
    assert read(spark, path)[0] == [{"id": "a", "text": "text", "bits": 1.5}]
