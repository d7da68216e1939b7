"""The global stage as a task: the compression ratio of every record, from Arrow batches of rows.

Every row becomes one row of `schema.SCORED`: its scores and its payload, or the reason why it cannot be used. A
result depends on its row alone, never on the batch, partition or file that the row came in.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build, Codec
from zip_pipeline.errors import CodecMismatchError
from zip_pipeline.records import render
from zip_pipeline.records.dialects import BadRecordError, Dialect, Record

UNREADABLE = "zip_unreadable"
"""Key of a row that Arrow has and Python cannot hold; its value is the reason."""

Batches = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
"""A task on an executor: turns the batches of a partition into others."""


@dataclass(frozen=True)
class Scorer:
    """Scores Arrow batches on an executor; small and picklable.

    Attributes:
        dialect: reads the records.
        columns: the input's columns; a batch may have others, which the reader or the pipeline added.
        has_id: whether the batch has the column `schema.ID`.
        source_column: the column with the source, or None.
        render_name: one of `render.FRAMINGS`.
        codec: compresses every record as a set of its own.
        build: the driver's compressor, which the executor's must equal.
    """

    dialect: Dialect
    columns: tuple[str, ...]
    has_id: bool
    source_column: str | None
    render_name: str
    codec: Codec
    build: Build

    def score_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score batches of rows; the output has the columns of `schema.SCORED`.

        Raises:
            CodecMismatchError: when this machine compresses otherwise than the driver.
        """
        require_build(self.codec, self.build)
        for batch in batches:
            payloads = self._plain_payloads(batch)
            if payloads.null_count == 0:
                yield self._score_plain(batch, payloads)
                continue
            yield self._score_plain(batch.filter(payloads.is_valid()), payloads.drop_null())
            others = [self.score(row) for row in rows_of(batch.filter(payloads.is_null()))]
            yield pa.RecordBatch.from_pylist(others, schema=schema.SCORED)

    def identify_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Add `schema.ID`, the hash of the payload, to batches of rows."""
        for batch in batches:
            ids = [self.score(row, measure=False)["id"] for row in rows_of(batch)]
            yield batch.append_column(schema.ID, pa.array(ids, pa.string()))

    def _plain_payloads(self, batch: pa.RecordBatch) -> pa.Array:
        """Return the payloads of the rows that hold nothing special, and null for the others."""
        if self.render_name != "content":
            return pa.nulls(batch.num_rows, pa.binary())
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid:  # bytes that are not UTF-8 in some column: row by row it shows in which
            return pa.nulls(batch.num_rows, pa.binary())
        payloads = self.dialect.payloads(batch)
        if self.has_id:
            payloads = pc.if_else(batch.column(schema.ID).is_valid(), payloads, None)
        if schema.CORRUPT in batch.schema.names:
            payloads = pc.if_else(batch.column(schema.CORRUPT).is_null(), payloads, None)
        return payloads

    def _score_plain(self, batch: pa.RecordBatch, payloads: pa.Array) -> pa.RecordBatch:
        """Score rows whose payloads are known: `score`, column by column."""
        if schema.ID in batch.schema.names:
            ids = batch.column(schema.ID)
        else:
            ids = pa.array(map(_hash, payloads.to_pylist()), pa.string())
        raw = pc.binary_length(payloads).cast(pa.int64())
        compressed = self.codec.record_sizes(payloads)
        ratio = pa.array(raw.to_numpy() / compressed)
        columns = [ids, self._sources(batch), raw, pa.array(compressed), ratio, payloads]
        nothing = pa.nulls(len(payloads), pa.string())
        return pa.RecordBatch.from_arrays([*columns, nothing, nothing], schema=schema.SCORED)

    def _sources(self, batch: pa.RecordBatch) -> pa.StringArray:
        if self.source_column is None:
            return pa.nulls(batch.num_rows, pa.string())
        sources = batch.column(self.source_column)
        # Numbers and times are written as Python writes them.
        return sources if pa.types.is_string(sources.type) else pa.array(map(_name, sources.to_pylist()), pa.string())

    def usable_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Pass on the rows that can be used."""
        for batch in batches:
            yield batch.filter(
                pa.array(["payload" in self.score(row, measure=False) for row in rows_of(batch)], pa.bool_())
            )

    def score(self, row: Mapping[str, Any], *, measure: bool = True) -> dict[str, Any]:
        """Score one row, or say why not.

        Args:
            row: the input's columns, and those of the reader and of the corpus.
            measure: False leaves the sizes out.
        """
        record = {name: row[name] for name in self.columns}
        record_id = row.get(schema.ID)
        try:
            if UNREADABLE in row:
                raise BadRecordError(f"a value that cannot be read: {row[UNREADABLE]}")
            payload = self.payload(record, row.get(schema.CORRUPT))
            if self.has_id and record_id is None:
                raise BadRecordError("id: null")
        except BadRecordError as error:
            text = row.get(schema.CORRUPT) or json.dumps(record, ensure_ascii=False, default=str)
            return {"id": record_id, "reason": str(error), "row": text}
        if record_id is None:
            record_id = _hash(payload)
        source = None if self.source_column is None else _name(row[self.source_column])
        scored = {"id": record_id, "source": source, "payload": payload}
        if measure:
            whole = render.FRAMINGS[self.render_name].join([payload])
            compressed = self.codec.compressed_size(whole)
            scored |= {
                "raw_bytes": len(whole),
                "compressed_bytes": compressed,
                "ratio": len(whole) / compressed,
            }
        return scored

    def payload(self, record: Record, corrupt: str | None = None) -> bytes:
        """Render a record.

        Raises:
            BadRecordError: with the reason.
        """
        if corrupt is not None:
            raise BadRecordError("malformed JSON, or a value of another type than the column's")
        content = render.content(self.dialect.turns(record))
        return content if self.render_name == "content" else render.representation(record)


def require_build(codec: Codec, expected: Build) -> None:
    """Check this machine's compressor.

    Raises:
        CodecMismatchError: when it compresses otherwise than the driver's.
    """
    here = codec.build()
    if not here.agrees_with(expected):
        raise CodecMismatchError(
            f"{codec.name} on an executor compresses otherwise than on the driver: probe "
            f"{here.probe} bytes ({here.library_version}), expected {expected.probe} ({expected.library_version})"
        )


def rows_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return the rows of a batch as dicts; one that Python cannot hold has only `UNREADABLE`, which says why."""
    try:
        # Turns may also come as maps, which Arrow would else give as pairs.
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
