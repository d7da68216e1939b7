"""Whole files to texts, as tasks: for what no line says without those before it.

A file is read as a stream: by its path where it lies on a disk of this machine, else from its bytes, which Spark has
fetched. It may be compressed, as its name says.
"""

import codecs
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

import pyarrow as pa

from zip_pipeline.errors import InputError
from zip_pipeline.tasks.reading.json_values import MalformedError, split

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""Marks that a text in UTF-16 begins with."""

HAS_NUL = "bytes that are 0, which no text has: is it UTF-16?"
IS_UTF_16 = "expected UTF-8, found UTF-16; set input.options.encoding=UTF-16"

_CHUNK = 1 << 20
"""Characters that are read at once."""

_MOST_TEXTS, _MOST_CHARACTERS = 5000, 16 << 20
"""Of a batch."""


@dataclass(frozen=True)
class File:
    """A file of text.

    Attributes:
        path: Spark's name of it.
        content: its bytes; None: to be read by the path.
        beside: one value for each column that the rows of the file get: the names of folders that it lies in.
    """

    path: str
    content: bytes | None
    beside: tuple[str | None, ...]

    @contextmanager
    def open(self, encoding: str, newline: str = "") -> Iterator[TextIO]:
        """Open the text, decompressed; line breaks stay as they are.

        Args:
            encoding: of the text.
            newline: the line break; empty: each of the three that there are.

        Raises:
            InputError: when it cannot be decompressed, or is in another encoding.
        """
        try:
            with self._stream() as stream:
                start = io.BufferedReader(stream)
                if encoding == "utf-8" and start.peek(2)[:2] in UTF_16:
                    raise InputError(f"{self.path}: {IS_UTF_16}")
                # The mark that some editors put first is no part of the text.
                yield io.TextIOWrapper(start, "utf-8-sig" if encoding == "utf-8" else encoding, newline=newline)
        except UnicodeError as error:
            raise InputError(f"{self.path}: not {encoding}: {error}; set input.options.encoding") from None
        except LookupError as error:
            raise InputError(f"{self.path}: {error}; set input.options.encoding") from None
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error}") from None

    def _stream(self) -> pa.NativeFile:
        """Open the bytes, decompressed as the name says."""
        local = "/" + self.path.removeprefix("file:").lstrip("/")
        raw = pa.OSFile(local) if self.content is None else pa.BufferReader(self.content)
        try:
            codec = pa.Codec.detect(self.path)
        except TypeError:  # pyarrow's way to say that no codec has this extension
            return raw
        return pa.CompressedInputStream(raw, codec.name)


@dataclass(frozen=True)
class Files:
    """What Spark says of files, a row each: the path, the content if `has_content`, then the columns beside.

    Attributes:
        encoding: of their text.
        has_content: whether the second column holds the bytes of the files.
    """

    encoding: str = "utf-8"
    has_content: bool = False

    def each(self, batches: Iterable[pa.RecordBatch]) -> Iterator[File]:
        """Return the files of a partition."""
        for batch in batches:
            paths, *others = batch.columns
            for row, path in enumerate(paths.to_pylist()):
                content = others[0][row].as_py() if self.has_content else None
                beside = tuple(column[row].as_py() for column in others[self.has_content :])
                yield File(path, content, beside)

    def json_values(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the JSON values in the files, a row each: their text, and the columns beside.

        Raises:
            InputError: for a value that is no JSON; names the file and the line.
        """
        for file in self.each(batches):
            with file.open(self.encoding) as text:
                try:
                    yield from _batches(split(_chunks(text)), file.beside)
                except MalformedError as error:
                    raise InputError(f"{file.path}: line {error.line}: malformed JSON: {error}") from None

    def lines(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the lines of the files, a row each: their text, and the columns beside."""
        for file in self.each(batches):
            with file.open(self.encoding) as text:
                yield from _batches((line.rstrip("\r\n") for line in text), file.beside)


def columns_beside(values: Iterable[str | None], rows: int) -> list[pa.Array]:
    """Return the columns that all rows of a file share."""
    return [pa.array([value] * rows, pa.string()) for value in values]


def _chunks(text: TextIO) -> Iterator[str]:
    while chunk := text.read(_CHUNK):
        yield chunk


def _batches(texts: Iterable[str], beside: tuple[str | None, ...]) -> Iterator[pa.RecordBatch]:
    """Return texts as batches; the first column is the text."""
    names = [str(number) for number in range(1 + len(beside))]
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if len(held) >= _MOST_TEXTS or size >= _MOST_CHARACTERS:
            yield pa.RecordBatch.from_arrays([pa.array(held), *columns_beside(beside, len(held))], names)
            held, size = [], 0
    if held:
        yield pa.RecordBatch.from_arrays([pa.array(held), *columns_beside(beside, len(held))], names)
