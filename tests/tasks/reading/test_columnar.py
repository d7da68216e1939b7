"""Rows of Arrow IPC and Parquet as a task reads them: what pyarrow wrote, in the types that are asked for."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from zip_pipeline.tasks.reading.columnar import MOST_ROWS, ColumnarReader, opened

TABLE = pa.table({"id": ["a", "b", "c"], "n": pa.array([1, None, 3], pa.int8())})


def as_stream(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def as_file(table: pa.Table, path: Path) -> None:
    pyarrow.feather.write_feather(table, str(path), compression="zstd")


def as_parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="brotli")


WRITERS = (as_stream, as_file, as_parquet)


def read(paths: list[Path], columns: pa.Schema, beside: dict[str, str | None] | None = None) -> list[dict[str, Any]]:
    task = ColumnarReader(tuple(map(str, paths)), (beside or {},) * len(paths), columns)
    numbers = pa.record_batch({"id": pa.array(range(len(paths)))})
    return pa.Table.from_batches(task.read([numbers]), columns).to_pylist()


@pytest.mark.parametrize("write", WRITERS)
def test_rows_are_those_that_were_written(tmp_path: Path, write: Any) -> None:
    path = tmp_path / "x"
    write(TABLE, path)
    with opened(str(path)) as (schema, _):
        assert schema.names == TABLE.column_names
    assert read([path, path], TABLE.schema) == TABLE.to_pylist() * 2
    assert read([path.resolve()], TABLE.schema) == TABLE.to_pylist()


@pytest.mark.parametrize("write", WRITERS)
def test_columns_have_the_types_that_are_asked_for(tmp_path: Path, write: Any) -> None:
    """A column that a file lacks is null, one beside it is the same in each row, one not asked for is left out."""
    write(TABLE, tmp_path / "x")
    columns = pa.schema({"n": pa.int64(), "more": pa.string(), "lang": pa.string()})
    assert read([tmp_path / "x"], columns, {"lang": "en"}) == [
        {"n": n, "more": None, "lang": "en"} for n in (1, None, 3)
    ]


def test_a_long_batch_comes_in_parts(tmp_path: Path) -> None:
    as_stream(pa.table({"n": range(2 * MOST_ROWS + 1)}), tmp_path / "x")
    task = ColumnarReader((str(tmp_path / "x"),), ({},), pa.schema({"n": pa.int64()}))
    assert max(batch.num_rows for batch in task.read([pa.record_batch({"id": [0]})])) <= MOST_ROWS
    assert [row["n"] for row in read([tmp_path / "x"], task.columns)] == [*range(2 * MOST_ROWS + 1)]


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no Arrow at all, but long enough to look like it")
    with pytest.raises((pa.ArrowInvalid, OSError)), opened(str(tmp_path / "x")):
        pass
