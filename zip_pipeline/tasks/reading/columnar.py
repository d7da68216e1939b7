"""Columnar files to rows, as a task: numbers of files in, their rows out.

pyarrow reads what Spark does not: Arrow IPC, both as a stream (which the library ``datasets`` writes) and with a
footer, and Parquet with columns of types that Spark lacks. Files of a disk are mapped into memory, others are read from
their store, which pyarrow must reach.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from zip_pipeline.errors import InputError

ARROW, PARQUET = b"ARROW1", b"PAR1"
"""What a file with a footer begins with; a stream of Arrow IPC has no such mark."""

MOST_ROWS = 5000
"""Of a batch."""


@dataclass(frozen=True)
class ColumnarReader:
    """Reads files into columns.

    Attributes:
        paths: of the files, the same on every machine, or URIs.
        beside: for each file, the values of columns that its rows get in addition.
        columns: of the rows, those of `beside` included; one that a file lacks is null.
    """

    paths: tuple[str, ...]
    beside: tuple[Mapping[str, str | None], ...]
    columns: pa.Schema

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the rows of the files whose numbers are in the first column.

        Raises:
            InputError: names a file that is cut or broken.
        """
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from self._rows(self.paths[number], self.beside[number])

    def _rows(self, path: str, beside: Mapping[str, str | None]) -> Iterator[pa.RecordBatch]:
        try:
            with opened(path) as (_, batches):
                for whole in batches:
                    for start in range(0, whole.num_rows, MOST_ROWS):
                        batch = whole.slice(start, MOST_ROWS)
                        columns = [self._column(field, batch, beside) for field in self.columns]
                        yield pa.RecordBatch.from_arrays(columns, schema=self.columns)
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{path}: cannot be read: {str(error).partition(chr(10))[0]}") from None

    @staticmethod
    def _column(field: pa.Field, batch: pa.RecordBatch, beside: Mapping[str, str | None]) -> pa.Array:
        if field.name in beside:
            return pa.array([beside[field.name]] * batch.num_rows, field.type)
        if field.name not in batch.schema.names:
            return pa.nulls(batch.num_rows, field.type)
        return batch.column(field.name).cast(field.type)


@contextmanager
def opened(path: str) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
    """Open a file; yields its schema and its batches.

    Raises:
        ArrowInvalid: when it is neither Arrow IPC nor Parquet.
        OSError: when it cannot be reached.
    """
    with _stream(path) as stream:
        mark = stream.read(len(ARROW))
        stream.seek(0)
        if mark.startswith(PARQUET):
            # Timestamps of Hive and Impala, of 96 bits, are no nanoseconds to Spark.
            parquet = pq.ParquetFile(stream, coerce_int96_timestamp_unit="us")
            yield parquet.schema_arrow, parquet.iter_batches(MOST_ROWS)
        elif mark == ARROW:
            file = pa.ipc.open_file(stream)
            yield file.schema, map(file.get_batch, range(file.num_record_batches))
        else:
            reader = pa.ipc.open_stream(stream)
            yield reader.schema, iter(reader)


def why_not_spark(path: str) -> str | None:
    """Return why Spark reads a Parquet file wrongly or not at all, as far as the footer says it; None: it does not.

    Brotli takes a further library. And Spark believes the schema that it once wrote into a file's metadata: PyArrow and
    pandas keep that entry when they add a column, and Spark then reads the file without it.

    Raises:
        ArrowInvalid: when it is no Parquet.
        OSError: when it cannot be reached.
    """
    with _stream(path) as stream:
        footer = pq.ParquetFile(stream).metadata
        groups = footer.to_dict()["row_groups"]
        names = footer.schema.to_arrow_schema().names
    if "BROTLI" in {column["compression"] for group in groups for column in group["columns"]}:
        return "packed with brotli"
    entry = (footer.metadata or {}).get(b"org.apache.spark.sql.parquet.row.metadata")
    hidden = {*names} - {field["name"] for field in json.loads(entry)["fields"]} if entry else set()
    return f"columns that Spark would not see: {', '.join(sorted(hidden))}" if hidden else None


def _stream(path: str) -> pa.NativeFile:
    if path.startswith("/"):
        return pa.memory_map(path)
    # Hadoop's name of S3 is s3a.
    filesystem, inner = fs.FileSystem.from_uri(re.sub(r"^s3[an]:", "s3:", path))
    return filesystem.open_input_file(inner)
