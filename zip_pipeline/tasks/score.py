"""The global stage as a task: takes Arrow batches of rows, returns the compression ratio of every record.

Every row becomes one row of `schema.SCORED`: its scores and its payload, or the reason why it cannot be used. A
result depends on its row alone, never on the batch, partition or file that the row came in.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build, Codec, StreamCodec
from zip_pipeline.errors import CodecMismatchError
from zip_pipeline.records import render
from zip_pipeline.records.dialect import Dialect
from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.records.turns import Turn, without_instructions
from zip_pipeline.tasks.numbers import NONE, Numbers

UNREADABLE = "zip_unreadable"
"""Key of a row that Arrow has and Python cannot hold; its value is the reason."""

Batches = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
"""A task: takes the batches of a partition, returns other batches."""


@dataclass(frozen=True)
class Scorer:
    """Scores Arrow batches on an executor; small and picklable.

    Attributes:
        dialect: reads the records.
        columns: the input's columns; a batch may have others, which the reader or the pipeline added.
        json_columns: those of them whose values are JSON text; see `schema.IS_JSON`.
        has_id: whether the batch has the column `schema.ID`.
        source_column: the column with the source, or None.
        render_name: one of `render.FRAMINGS`.
        codec: compresses every record as a set of its own.
        build: the driver's compressor, which the executor's must equal.
        on: what is compared with other records: ``whole`` is the payload, ``content`` the turns that are not of
            `INSTRUCTION_ROLES`, rendered as ``content``. None where nobody compares.
        numbers: that records carry; the batch has their columns.
    """

    dialect: Dialect
    columns: tuple[str, ...]
    has_id: bool
    source_column: str | None
    render_name: str
    codec: Codec
    build: Build
    on: str | None = None
    json_columns: frozenset[str] = frozenset()
    numbers: Numbers = NONE

    @property
    def schema(self) -> pa.Schema:
        """The columns of a scored record: `schema.SCORED`, and its numbers."""
        return pa.schema([*schema.SCORED, *self.numbers.fields])

    def score_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score batches of rows; returns batches with the columns of `schema`, one row for each row.

        Raises:
            CodecMismatchError: when this machine compresses differently from the driver.
        """
        require_build(self.codec, self.build)
        for batch in batches:
            numbers, payloads = self.numbers.of_batch(batch, self._plain_payloads(batch))
            if payloads.null_count == 0:
                yield self._score_plain(batch, payloads, numbers)
                continue
            plain = payloads.is_valid()
            yield self._score_plain(batch.filter(plain), payloads.drop_null(), [part.filter(plain) for part in numbers])
            others = [self.score(row) for row in rows_of(batch.filter(payloads.is_null()))]
            yield pa.RecordBatch.from_pylist(others, schema=self.schema)

    def identify_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Add `schema.ID`, the hash of the payload, to batches of rows, which need no numbers for it."""
        plain = replace(self, numbers=NONE)
        for batch in batches:
            ids = [plain.score(row, measure=False)["id"] for row in rows_of(batch)]
            yield batch.append_column(schema.ID, pa.array(ids, pa.string()))

    def _plain_payloads(self, batch: pa.RecordBatch) -> pa.Array:
        """Return the payload of each plain row, and null for the rows that `score` must look at one by one."""
        if self.render_name != "content" or self.json_columns:
            return pa.nulls(batch.num_rows, pa.binary())
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid:  # bytes that are not UTF-8; `rows_of` finds the row
            return pa.nulls(batch.num_rows, pa.binary())
        payloads = self.dialect.payloads(batch)
        if self.has_id:
            payloads = pc.if_else(batch.column(schema.ID).is_valid(), payloads, None)
        if schema.CORRUPT in batch.schema.names:
            payloads = pc.if_else(batch.column(schema.CORRUPT).is_null(), payloads, None)
        return payloads

    def _score_plain(self, batch: pa.RecordBatch, payloads: pa.Array, numbers: Sequence[pa.Array]) -> pa.RecordBatch:
        """Score plain rows column by column; the result is that of `score` for each.

        Args:
            batch: the rows.
            payloads: of the rows.
            numbers: of the rows, an array for each of them.
        """
        if schema.ID in batch.schema.names:
            ids = batch.column(schema.ID)
        else:
            ids = pa.array(map(_hash, payloads.to_pylist()), pa.string())
        raw = pc.binary_length(payloads).cast(pa.int64())
        compressed = self.codec.record_sizes(payloads)
        ratio = pa.array(raw.to_numpy() / compressed)
        is_partial = self.on == "content"
        compared = self.dialect.compared(batch, payloads) if is_partial else pa.nulls(len(payloads), pa.binary())
        columns = [ids, self._sources(batch), raw, pa.array(compressed), ratio, payloads, compared]
        nothing, no_line = pa.nulls(len(payloads), pa.string()), pa.nulls(len(payloads), pa.int64())
        return pa.RecordBatch.from_arrays([*columns, nothing, nothing, nothing, no_line, *numbers], schema=self.schema)

    def _sources(self, batch: pa.RecordBatch) -> pa.StringArray:
        if self.source_column is None:
            return pa.nulls(batch.num_rows, pa.string())
        sources = batch.column(self.source_column)
        # Numbers and times are written as Python writes them.
        return sources if pa.types.is_string(sources.type) else pa.array(map(_name, sources.to_pylist()), pa.string())

    def usable_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the rows that can be used."""
        for batch in batches:
            yield batch.filter(
                pa.array(["payload" in self.score(row, measure=False) for row in rows_of(batch)], pa.bool_())
            )

    def score(self, row: Mapping[str, Any], *, measure: bool = True) -> dict[str, Any]:
        """Score one row.

        Args:
            row: the input's columns, and those that the reader and the corpus added.
            measure: whether to compress the payload; if not, the result has no sizes.

        Returns:
            Values by column of `schema`; columns without a value are absent.
        """
        values = {name: None if row[name] is None else json.loads(row[name]) for name in self.json_columns}
        row = {**row, **values}
        record = {name: row[name] for name in self.columns}
        record_id, corrupt = row.get(schema.ID), row.get(schema.CORRUPT)
        try:
            if UNREADABLE in row:
                raise BadRecordError(f"a value that cannot be read: {row[UNREADABLE]}")
            if corrupt is not None:
                raise BadRecordError(corrupt["reason"])
            turns = self.dialect.turns(row)
            content = render.content(turns)
            payload = content if self.render_name == "content" else render.representation(record)
            if self.has_id and record_id is None:
                raise BadRecordError("id: null")
            numbers = self.numbers.of_row(row, content)
        except BadRecordError as error:
            text = corrupt["line"] if corrupt else json.dumps(record, ensure_ascii=False, default=str)
            places = {"file": row.get(schema.FILE), "line": row.get(schema.LINE)}
            return {"id": record_id, "reason": str(error), "row": text, **places}
        if record_id is None:
            record_id = _hash(payload)
        source = None if self.source_column is None else _name(row[self.source_column])
        scored = {"id": record_id, "source": source, "payload": payload, **numbers}
        if measure:
            scored["compared"] = self._compared(turns, payload)
            whole = render.FRAMINGS[self.render_name].join([payload])
            compressed = self.codec.compressed_size(whole)
            scored |= {
                "raw_bytes": len(whole),
                "compressed_bytes": compressed,
                "ratio": len(whole) / compressed,
            }
        return scored

    def _compared(self, turns: list[Turn], payload: bytes) -> bytes | None:
        """Return what is compared with other records; None where that is the payload."""
        others = without_instructions(turns)
        if self.on != "content" or not any(text.strip() for _, text in others):
            return None
        compared = render.content(others)
        return None if compared == payload else compared


def require_build(codec: StreamCodec, expected: Build) -> None:
    """Check that this machine compresses as the driver does.

    Raises:
        CodecMismatchError: when the sizes differ.
    """
    here = codec.build()
    if not here.agrees_with(expected):
        raise CodecMismatchError(
            f"{codec.name} on an executor compresses otherwise than on the driver: probe "
            f"{here.probe} bytes ({here.library_version}), expected {expected.probe} ({expected.library_version})"
        )


def with_column_names(task: Batches, names: Sequence[str]) -> Batches:
    """Return a task that gives its batches these column names, in their order, before it calls another one."""

    def with_names(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return task(batch.rename_columns(names) for batch in batches)

    return with_names


def rows_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return the rows of a batch as dicts.

    A row that Python cannot hold has nulls in its columns, and the reason under the key `UNREADABLE`.
    """
    try:
        # Turns may be maps, which Arrow returns as pairs by default.
        rows: list[dict[str, Any]] = batch.to_pylist(maps_as_pydicts="strict")
    except (UnicodeDecodeError, OverflowError, ValueError) as error:  # text cut inside a character, the year 9999
        if batch.num_rows == 1:
            nothing: dict[str, Any] = dict.fromkeys(batch.schema.names)
            return [nothing | {UNREADABLE: str(error)}]
        return [row for number in range(batch.num_rows) for row in rows_of(batch.slice(number, 1))]
    return rows


def _name(source: object) -> str | None:
    return None if source is None else str(source)


def _hash(payload: bytes) -> str:
    return hashlib.blake2b(payload, digest_size=16).hexdigest()
