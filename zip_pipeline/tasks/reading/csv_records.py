r"""CSV and TSV to rows, as tasks: as RFC 4180 has them and pandas writes them.

The first row of each file names its columns; files may have different ones, in any order. Cells in quotes may hold the
separator, line breaks and doubled quotes. All cells are text, and an empty one is null. Python's `csv` does the work.

    >>> import io
    >>> text = io.StringIO('text,id\r\n"a ""b""\nc",007\r\nd\r\n', newline="")
    >>> [*CsvReader(Files(), ",", ("id", "text")).rows_of(text, "pool.csv")]
    [(2, ['007', 'a "b"\nc']), (4, Rejected(line='d\r\n', reason='malformed CSV: expected 2 cells, found 1'))]
"""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

import pyarrow as pa

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.tasks.reading.files import Files, columns_beside
from zip_pipeline.tasks.reading.json_records import Rejected

HEADERS = pa.schema([("names", pa.string())])
"""What `CsvReader.headers` finds in a file: the names of its columns, as a list in JSON."""

Row = list[str | None] | Rejected
"""The cells of a row, or a text that is none."""

_MOST_ROWS = 5000
"""Of a batch."""

_LONGEST_CELL = 2**31 - 1

_LINE_END = "\n"
"""Ends a line, after a carriage return or not. One that stands alone and in no quotes is an error: some writers forget
to quote it."""


@dataclass(frozen=True)
class CsvReader:
    """Reads files of rows.

    Attributes:
        files: how the files are read.
        delimiter: stands between cells.
        columns: names of the columns that the rows get; one that a file lacks is null.
        beside: names of the columns beside the file, which each of its rows gets.
        has_lines: whether the rows get `schema.LINE`.
    """

    files: Files
    delimiter: str
    columns: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    has_lines: bool = False

    def headers(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the columns of each file that is not empty, as a row of `HEADERS`."""
        for file in self.files.each(batches):
            with file.open(self.files.encoding, _LINE_END) as text:
                names = _Rows(text, file.path, self.delimiter).header()
            if names:
                yield pa.RecordBatch.from_pylist([{"names": json.dumps(names)}], schema=HEADERS)

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the rows of the files, with `schema.CORRUPT`, which says why a row is none."""
        names = [*self.columns, *self.beside, *([schema.LINE] if self.has_lines else []), schema.CORRUPT]
        for file in self.files.each(batches):
            with file.open(self.files.encoding, _LINE_END) as text:
                for numbered in _batched(self.rows_of(text, file.path)):
                    lines, rows = zip(*numbered, strict=True)
                    nothing: list[str | None] = [None] * len(self.columns)
                    cells = zip(*(nothing if isinstance(row, Rejected) else row for row in rows), strict=True)
                    rejected = [vars(row) if isinstance(row, Rejected) else None for row in rows]
                    columns = [pa.array(column, pa.string()) for column in cells]
                    columns += columns_beside(file.beside, len(rows))
                    columns += [pa.array(lines, pa.int64())] if self.has_lines else []
                    yield pa.RecordBatch.from_arrays([*columns, pa.array(rejected, schema.CORRUPT_TYPE)], names)

    def rows_of(self, text: TextIO, path: str) -> Iterator[tuple[int, Row]]:
        """Return the rows of a file after the numbers of their first lines: the cells of `columns`, or what is no row.

        Raises:
            InputError: for a header with a name twice, and for a quote that is never closed.
        """
        rows = _Rows(text, path, self.delimiter)
        header = rows.header()
        places = [header.index(name) if name in header else None for name in self.columns]
        for row in rows:
            if isinstance(row, Rejected):
                yield rows.line, row
            elif len(row) != len(header):
                yield rows.line, rows.rejected(f"expected {len(header)} cells, found {len(row)}")
            else:
                yield rows.line, [None if place is None else row[place] or None for place in places]


class _Rows:
    """The rows of a file that are not blank."""

    def __init__(self, text: TextIO, path: str, delimiter: str) -> None:
        csv.field_size_limit(_LONGEST_CELL)
        self._path = path
        self._lines: list[str] = []
        self._before = 0
        self._reader = csv.reader(self._taken(text), delimiter=delimiter, strict=True)

    def header(self) -> list[str]:
        """Return the names of the columns; none of an empty file. A name that is empty is that of its place."""
        row = next(self, [])
        if isinstance(row, Rejected):
            raise InputError(f"{self._path}: line 1: {row.reason}")
        names = [name or f"_c{place}" for place, name in enumerate(row)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"{self._path}: column {', '.join(twice)} stands twice in the header")
        return names

    def __iter__(self) -> Iterator[list[str] | Rejected]:
        return self

    def __next__(self) -> list[str] | Rejected:
        row: list[str] = []
        while not row:
            self._before += len(self._lines)
            self._lines = []
            try:
                row = next(self._reader)
            except csv.Error as error:
                if str(error) == "unexpected end of data":
                    raise InputError(
                        f"{self._path}: line {self.line}: malformed CSV: a quote that is never closed"
                    ) from None
                return self.rejected(str(error).partition(" - ")[0])
        return row

    @property
    def line(self) -> int:
        """The number of the first line of the last row, from 1."""
        return self._before + 1

    def rejected(self, reason: str) -> Rejected:
        """Return the lines of the last row as something that is none."""
        return Rejected("".join(self._lines), f"malformed CSV: {reason}")

    def _taken(self, text: TextIO) -> Iterator[str]:
        for line in text:
            self._lines.append(line)
            yield line


def _batched(rows: Iterator[tuple[int, Row]]) -> Iterator[list[tuple[int, Row]]]:
    held = []
    for row in rows:
        held.append(row)
        if len(held) == _MOST_ROWS:
            yield held
            held = []
    if held:
        yield held
