"""JSON to rows, as tasks: texts that hold a record or more in, rows of typed columns out.

Two tasks read the same texts: `survey` finds the columns, `JsonReader` reads the records into them. Each has a fast
way, pyarrow's JSON reader, and a slow one, `json_values.parse`, record by record. The fast way takes a batch only where
it reads what the slow one reads; the tests hold both to the same rows.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.tasks.reading.files import HAS_NUL, IS_UTF_16, UTF_16
from zip_pipeline.tasks.reading.json_types import Column, InexactError, Type, merge_columns, type_of, type_of_column
from zip_pipeline.tasks.reading.json_values import MalformedError, parse, split

SURVEY = pa.schema([("types", pa.string()), ("rejects", pa.bool_()), ("plain", pa.bool_())])
"""What `survey` finds in a partition: the types of the columns, in JSON, whether a text is no record, and whether each
text is one record that the fast way reads."""

MOST_COLUMNS = 5000
"""Keys of the records. With more of them a file is one object whose keys are the ids of its records."""

_MOST_BRACKETS = 2000
"""Of a text that pyarrow's reader gets: it crashes where thousands of lists are nested."""

_BLANK = b" \t\r\n\xef\xbb\xbf"


@dataclass(frozen=True)
class Rejected:
    """A text that is no record, and why."""

    line: str
    reason: str


def survey(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Find the columns of a partition; returns one row of `SURVEY`.

    Args:
        batches: the texts are in the first column.

    Raises:
        InputError: when the texts are in UTF-16, or the records have too many keys.
    """
    types: dict[str, Type] = {}
    rejects, plain = False, True
    for batch in batches:
        texts = batch.column(0)
        found = _fast_types(texts)
        if found is None:
            found, plain = {}, False
            for _, record in records_of(texts):
                if isinstance(record, Rejected):
                    rejects = True
                else:
                    found = merge_columns(found, {key: type_of(value) for key, value in record.items()})
        types = merge_columns(types, found)
        if len(types) > MOST_COLUMNS:
            raise InputError(f"more than {MOST_COLUMNS} keys: expected records, found an object that holds them")
    found_here = {"types": json.dumps(types, sort_keys=True), "rejects": rejects, "plain": plain}
    yield pa.RecordBatch.from_pylist([found_here], schema=SURVEY)


@dataclass(frozen=True)
class JsonReader:
    """Reads the records into columns.

    Attributes:
        columns: of the records.
        beside: names of the input's columns beside the text, which each row gets unchanged.
        rejects: whether the rows have `schema.CORRUPT`, for texts that are no records.
    """

    columns: tuple[Column, ...]
    beside: tuple[str, ...] = ()
    rejects: bool = False

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the records as rows.

        Args:
            batches: the texts are in the first column, those of `beside` follow.
        """
        names = [column.name for column in self.columns]
        names += [*self.beside, *([schema.CORRUPT] if self.rejects else [])]
        for batch in batches:
            beside = batch.columns[1:]
            columns = self._fast(batch.column(0))
            rejected = pa.nulls(batch.num_rows, schema.CORRUPT_TYPE)
            if columns is None:
                columns, rejected, origins = self._slow(batch.column(0))
                beside = [column.take(origins) for column in beside]
            yield pa.RecordBatch.from_arrays([*columns, *beside, *([rejected] if self.rejects else [])], names)

    def _fast(self, texts: pa.Array) -> list[pa.Array] | None:
        """Return the columns, as long as the texts; None where that takes the slow way."""
        if any(column.form != "typed" for column in self.columns):
            return None
        table = _arrow_table(texts, pa.schema([(column.name, column.type) for column in self.columns]))
        return table and [table.column(column.name).combine_chunks() for column in self.columns]

    def _slow(self, texts: pa.Array) -> tuple[list[pa.Array], pa.Array, pa.Array]:
        """Return the columns, what is rejected (null for a record), and in which text each row stands."""
        found = [*records_of(texts)]
        records: list[dict[str, Any]] = [{} if isinstance(record, Rejected) else record for _, record in found]
        columns = [
            pa.array([column.cell(record.get(column.name)) for record in records], column.type)
            for column in self.columns
        ]
        rejected = [vars(record) if isinstance(record, Rejected) else None for _, record in found]
        origins = pa.array([origin for origin, _ in found], pa.int64())
        return columns, pa.array(rejected, schema.CORRUPT_TYPE), origins


def records_of(texts: pa.Array) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    """Yield each record, or what is none, after the number of the text that it stands in.

    Raises:
        InputError: when the texts are in UTF-16.
    """
    for number, raw in enumerate(texts.cast(pa.binary()).to_pylist()):
        if raw.strip(_BLANK):
            for record in _read(raw):
                yield number, record


def _read(raw: bytes) -> Iterator[dict[str, Any] | Rejected]:
    """Yield the records in a text, which is not blank."""
    if raw.startswith(UTF_16):
        raise InputError(IS_UTF_16)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        yield Rejected(raw.decode(errors="backslashreplace"), f"not UTF-8: {error.reason} at byte {error.start + 1}")
        return
    if "\0" in text:
        yield Rejected(text, HAS_NUL)
        return
    try:
        yield parse(text)
    except BadRecordError:  # or several records, each to be looked at
        try:
            for piece in split([text]):
                yield _record(piece)
        except MalformedError as error:
            yield Rejected(error.rest or text, f"malformed JSON: {error}")


def _record(text: str) -> dict[str, Any] | Rejected:
    try:
        return parse(text)
    except BadRecordError as error:
        return Rejected(text, str(error))


def _fast_types(texts: pa.Array) -> dict[str, Type] | None:
    """Return the types of the columns; None where that takes the slow way."""
    table = _arrow_table(texts)
    try:
        return table and {name: type_of_column(table.column(name).combine_chunks()) for name in table.column_names}
    except InexactError:
        return None


def _arrow_table(texts: pa.Array, columns: pa.Schema | None = None) -> pa.Table | None:
    """Read texts that hold an object each with pyarrow's JSON reader; None where they are something else.

    Where each text begins with { and ends with }, and there are as many objects as texts, each text is one object: no
    string goes on in the next line, and after the } of an inner object no { can follow.
    """
    try:
        texts.validate(full=True)  # UTF-8
        enclosed = pc.and_(pc.starts_with(texts, "{"), pc.ends_with(texts, "}"))
        if not pc.all(enclosed).as_py() or _most_brackets(texts) > _MOST_BRACKETS:
            return None
        lines = pa.concat_arrays([texts, pa.array([""])])  # the last one ends with a line break, too
        every = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
        joined = pc.binary_join(every, "\n")[0].as_buffer()
        table = pyarrow.json.read_json(
            pa.BufferReader(joined),
            pyarrow.json.ReadOptions(use_threads=False, block_size=len(joined)),
            pyarrow.json.ParseOptions(explicit_schema=columns),
        )
        table.validate(full=True)  # of lists of nulls it makes columns that are none
    except pa.ArrowException:
        return None
    return table if table.num_rows == len(texts) else None


def _most_brackets(texts: pa.Array) -> int:
    """Return how many brackets the text with the most of them opens, where that may be too many."""
    long = texts.filter(pc.greater(pc.binary_length(texts), 2 * _MOST_BRACKETS))
    brackets = pc.add(pc.count_substring(long, "{"), pc.count_substring(long, "["))
    return pc.max(brackets).as_py() or 0
