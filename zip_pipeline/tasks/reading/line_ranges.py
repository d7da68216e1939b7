r"""Lines that a task reads from a disk by itself, a range of bytes at a time.

Spark hands the lines of files to a task as well, but through Java: for one look at all lines that costs more than the
look. The lines are those of Spark's reader: a line ends with a line feed, a carriage return, or both.

    >>> _lines(b"one\r\ntwo\n").column(0).to_pylist()
    ['one', 'two']
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

CHUNK = 8 << 20
"""Bytes of a batch, about."""


@dataclass(frozen=True)
class LineRanges:
    """Reads the lines that begin in ranges of files.

    Attributes:
        paths: of the files, the same on every machine.
        ranges: for each the number of its file, its first byte, and the byte after its last.
    """

    paths: tuple[str, ...]
    ranges: tuple[tuple[int, int, int], ...]

    def texts(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the lines of the ranges whose numbers are in the first column; they may be no UTF-8."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                file, start, end = self.ranges[number]
                yield from map(_lines, _chunks(self.paths[file], start, end))


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
