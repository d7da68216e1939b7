"""The global stage: the compression ratio of every record, in parallel, once.

Every record becomes one row of `schema.SCORED`: its scores and its payload, or the reason why it cannot be
used. Rows depend on their record alone, never on the batch, partition or file that they came in.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StructType

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build, Codec
from zip_pipeline.errors import CodecMismatchError
from zip_pipeline.records import dialects, render, render_arrow
from zip_pipeline.records.dialects import BadRecordError
from zip_pipeline.spark.corpus import Corpus

UNREADABLE = "zip_unreadable"
"""Key of a row that Arrow has and Python cannot hold."""

Batches = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

_ARROW = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("raw_bytes", pa.int64()),
        ("compressed_bytes", pa.int64()),
        ("ratio", pa.float64()),
        ("payload", pa.binary()),
        ("reason", pa.string()),
        ("row", pa.string()),
    ]
)


@dataclass(frozen=True)
class Scorer:
    """Scores Arrow batches on an executor; small and picklable.

    Attributes:
        dialect: of the corpus.
        text_column: of the corpus.
        columns: of the input; other columns of a batch are the reader's or ours.
        has_id: whether the batch has `schema.ID`.
        source_column: of the corpus.
        render_name: one of `render.FRAMINGS`.
        codec: measures.
        build: the driver's compressor, which the executor's must equal.
        preference: of the corpus.
    """

    dialect: str
    text_column: str
    columns: tuple[str, ...]
    has_id: bool
    source_column: str | None
    render_name: str
    codec: Codec
    build: Build
    preference: str = dialects.PREFERENCES[0]

    @classmethod
    def of(cls, corpus: Corpus, render_name: str, codec: Codec) -> "Scorer":
        """Return the scorer of a corpus, with this machine's compressor as the one to equal."""
        return cls(
            dialect=corpus.dialect,
            text_column=corpus.text_column,
            columns=corpus.columns,
            has_id=corpus.id_column is not None,
            source_column=corpus.source_column,
            render_name=render_name,
            codec=codec,
            build=codec.build(),
            preference=corpus.preference,
        )

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
            yield pa.RecordBatch.from_pylist(others, schema=_ARROW)

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
        payloads = render_arrow.content(batch, self.dialect, self.text_column, self.preference)
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
        return pa.RecordBatch.from_arrays([*columns, nothing, nothing], schema=_ARROW)

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

    def payload(self, record: dialects.Record, corrupt: str | None = None) -> bytes:
        """Render a record.

        Raises:
            BadRecordError: with the reason.
        """
        if corrupt is not None:
            raise BadRecordError("malformed JSON, or a value of another type than the column's")
        turns = dialects.named(self.dialect, self.text_column, self.preference).turns(record)
        content = render.content(turns)
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


def score(corpus: Corpus, scorer: Scorer) -> DataFrame:
    """Score a corpus: one row of `schema.SCORED` for each of its rows."""
    return _map_batches(corpus.rows, scorer.score_batches, schema.SCORED).withColumn("fingerprint", fingerprint())


def fingerprint() -> Column:
    """Return 8 bytes of hash of a record as a signed number; taken together they tell one pool from another.

    Each column's hash is the seed of the next one's, so that parts are kept apart, and no source is not an empty one.
    """
    return F.xxhash64("id", "source", "payload")


def with_ids(corpus: Corpus, scorer: Scorer) -> Corpus:
    """Return the corpus with `schema.ID` on every row; where that is a hash, the records are rendered again."""
    if schema.ID in corpus.rows.columns:
        return corpus
    fields = corpus.original().schema.add(schema.ID, "string")
    return replace(corpus, rows=_map_batches(corpus.original(), scorer.identify_batches, fields))


def usable(rows: DataFrame, scorer: Scorer) -> DataFrame:
    """Return those of a corpus's rows, with whatever other columns, that can be used."""
    return _map_batches(rows, scorer.usable_batches, rows.schema)


def _map_batches(rows: DataFrame, function: Batches, returns: StructType | str) -> DataFrame:
    """`DataFrame.mapInArrow` for columns of any name: PySpark stumbles over dots and backticks."""
    names = rows.columns

    def named(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return function(batch.rename_columns(names) for batch in batches)

    return rows.toDF(*[f"c{number}" for number in range(len(names))]).mapInArrow(named, returns)


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
