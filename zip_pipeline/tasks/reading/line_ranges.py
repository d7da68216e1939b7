r"""Lines that a task reads from a disk by itself, a range of bytes at a time.

Spark hands the lines of files to a task as well, but through Java: for one look at all lines that costs more than the
look. The lines are those of Spark's reader: a line ends with a line feed, a carriage return, or both.

    >>> _lines(b"one\r\ntwo\n").column(0).to_pylist()
    ['one', 'two']
"""

import codecs
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

CHUNK = 8 << 20
"""Bytes of a batch, about."""

COUNTS = pa.schema([("range", pa.int64()), ("lines", pa.int64())])
"""How many lines begin in a range."""


@dataclass(frozen=True)
class LineRanges:
    """Reads the lines that begin in ranges of files.

    Attributes:
        paths: of the files, the same on every machine.
        ranges: for each the number of its file, its first byte, and the byte after its last; file by file, ascending.
        before: how many lines of its file begin before each range, where they have been counted.
    """

    paths: tuple[str, ...]
    ranges: tuple[tuple[int, int, int], ...]
    before: tuple[int, ...] = ()

    def texts(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the lines of the ranges whose numbers are in the first column; they may be no UTF-8."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from self._texts(number)

    def count(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return `COUNTS` of the ranges whose numbers are in the first column."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                lines = sum(texts.num_rows for texts in self._texts(number))
                yield pa.RecordBatch.from_pylist([{"range": number, "lines": lines}], schema=COUNTS)

    def after(self, counts: Mapping[int, int]) -> "LineRanges":
        """Return the same ranges with the numbers of their lines.

        Args:
            counts: by range, as `count` returns them.
        """
        before = list[int]()
        for number, (_, start, _) in enumerate(self.ranges):
            before.append(before[-1] + counts[number - 1] if start > 0 else 0)
        return replace(self, before=tuple(before))

    def numbered(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the lines as `texts` does, with the path of the file and the number of the line in it, from 1."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                path, first = self.paths[self.ranges[number][0]], self.before[number] + 1
                for texts in self._texts(number):
                    count = texts.num_rows
                    beside = [pa.array([path] * count), pa.array(range(first, first + count), pa.int64())]
                    yield pa.RecordBatch.from_arrays([texts.column(0), *beside], ["text", "file", "line"])
                    first += count

    def _texts(self, number: int) -> Iterator[pa.RecordBatch]:
        file, start, end = self.ranges[number]
        return map(_lines, _chunks(self.paths[file], start, end))


def _chunks(path: str, start: int, end: int) -> Iterator[bytes]:
    """Yield whole lines, many at a time: those that begin from `start` on, and before `end`."""
    with Path(path).open("rb") as file:
        if start > 0:  # the line that begins before is that of the range before
            file.seek(start - 1)
            file.readline()
        while (place := file.tell()) < end:
            chunk = file.read(min(CHUNK, end - place))
            if not chunk.endswith(b"\n"):
                chunk += file.readline()
            yield chunk.removeprefix(codecs.BOM_UTF8) if place == 0 else chunk


def _lines(chunk: bytes) -> pa.RecordBatch:
    if b"\r" in chunk:
        chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = chunk.removesuffix(b"\n")
    (whole,) = pa.array([0, len(text)], pa.int32()).buffers()[1:]
    one = pa.StringArray.from_buffers(1, whole, pa.py_buffer(text))  # unlike `pa.array` it takes any bytes
    return pa.RecordBatch.from_arrays([pc.split_pattern(one, "\n").flatten()], ["text"])
