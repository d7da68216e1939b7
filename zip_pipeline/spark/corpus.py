"""The corpus: any table or files that Spark reads, with a known dialect, id and source.

Every column of the input stays as it is; a `Corpus` adds the id as text. Whether a single record can be used is not
decided here but in scoring.
"""

from dataclasses import dataclass, field, replace

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - PySpark's own custom
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    NumericType,
    StringType,
    StructField,
    StructType,
)

from zip_pipeline import schema
from zip_pipeline.codecs.base import Codec
from zip_pipeline.config import Input
from zip_pipeline.errors import InputError
from zip_pipeline.records.conversations import Chat
from zip_pipeline.records.dialect import Dialect
from zip_pipeline.records.dialects import detect, suggestion
from zip_pipeline.records.turns import KEYS
from zip_pipeline.spark.io.columns import column, field_at, is_json, numbers, text_of, with_fields
from zip_pipeline.spark.io.folders import Origin
from zip_pipeline.spark.io.reader import name_of, read_with_origin
from zip_pipeline.tasks.numbers import NONE, Numbers
from zip_pipeline.tasks.score import Scorer

INPUT = "input"
"""The config key of the pool."""

LOOKED_AT = 100
"""Rows in which columns of text are compared, where one has to be suggested."""


@dataclass(frozen=True)
class Corpus:
    """Rows with a known dialect.

    Attributes:
        rows: the input's columns, `schema.ID` when there is an id column, and what a reader added of `schema.READ`:
            which file a row is from, and lines that could not be read.
        columns: the input's columns.
        nested: paths such as ``meta.source`` to fields of columns that are structs or maps; `rows` has a column of
            each such name.
        dialect: reads the records.
        id_column: the column of the id; None: the id is a hash of the payload.
        source_column: the column of the source; None: records have no source.
        origin: what the rows were read from.
    """

    rows: DataFrame
    columns: tuple[str, ...]
    dialect: Dialect
    id_column: str | None
    source_column: str | None
    origin: Origin = field(default_factory=Origin)
    nested: tuple[str, ...] = ()

    def scorer(self, render_name: str, codec: Codec, on: str | None = None, numbers: Numbers = NONE) -> Scorer:
        """Return the task that scores these records; executors must have this machine's compressor.

        Args:
            render_name: one of `render.FRAMINGS`.
            codec: compresses every record as a set of its own.
            on: what is compared with other records, see `Scorer`.
            numbers: that the records carry.
        """
        return Scorer(
            dialect=self.dialect,
            columns=self.columns,
            json_columns=frozenset(field.name for field in self.rows.schema if is_json(field)),
            has_id=self.id_column is not None,
            source_column=self.source_column,
            render_name=render_name,
            codec=codec,
            build=codec.build(),
            on=on,
            numbers=numbers,
        )

    def over(self, rows: DataFrame) -> "Corpus":
        """Return other rows as records that are read in the same way.

        Args:
            rows: with the columns of this corpus; more columns do no harm.
        """
        rows = with_fields(rows, self.nested)
        if self.id_column is not None:
            rows = rows.withColumn(schema.ID, text_of(rows, self.id_column))
        return replace(self, rows=rows)

    def original(self) -> DataFrame:
        """Return the rows with the input's columns only."""
        return self.rows.select(*self.original_columns())

    def copies(self, rows: DataFrame) -> DataFrame:
        """Number the rows of each id, 1, 2, ..., in an order that depends on their content alone.

        Args:
            rows: with the input's columns and `schema.ID`; all the rows of an id, or none of them.

        Returns:
            The rows with `schema.ROW`, the input's columns as JSON, and `schema.COPY`, the number.
        """
        row = F.to_json(F.struct(*self.original_columns()), {"ignoreNullFields": "false"})
        places = [name for name in (schema.FILE, schema.LINE) if name in rows.columns]  # of rows that are equal
        order = Window.partitionBy(schema.ID).orderBy(F.sha2(schema.ROW, 256), *places)
        return rows.withColumn(schema.ROW, row).withColumn(schema.COPY, F.row_number().over(order))

    def numbers(self, name: str) -> Column:
        """Return a column of numbers, as doubles; in CSV it is text, and one that is no number fails the query.

        Raises:
            InputError: when it does not hold numbers; the message names the columns that may.
        """
        kinds = (NumericType, StringType) if self.origin.is_text_only else (NumericType,)
        found = [field.name for field in self.original().schema if isinstance(field.dataType, kinds)]
        if name not in found:
            raise InputError(f"expected a column of numbers, found {name}; there are {', '.join(found) or 'none'}")
        return numbers(name)

    def original_columns(self) -> list[Column]:
        """Return the input's columns."""
        return [column(name) for name in self.columns]

    def column(self, name: str) -> Column:
        """Return one of the input's columns, or a field in one by its path.

        Raises:
            InputError: when there is no such column.
        """
        if name in self.columns:
            return column(name)
        nested = field_at(self.rows.schema, name)
        if nested is None:
            raise InputError(f"column {name} is missing, found {', '.join(self.columns)}")
        return nested


def open_corpus(spark: SparkSession, place: Input, key: str = INPUT) -> Corpus:
    """Read the records of a place in the config.

    Args:
        spark: the session.
        place: in the config.
        key: of the place, for messages.

    Raises:
        InputError: names the place or the columns, and says what is wrong.
    """
    rows, origin = read_with_origin(spark, place, names_file=True)
    if set(schema.PICKED) <= set(rows.columns):  # an earlier selection is the pool
        added = [name for name in schema.MAY_BE_ADDED if name in rows.columns]
        rows = rows.drop(*added)
        note = f"an earlier selection: its columns {', '.join(added)} are left out, this run adds its own"
        origin = replace(origin, notes=(*origin.notes, note))
    if origin.format == "text" and place.columns.text == "text":  # Spark calls a line of a text file so
        place = place.model_copy(update={"columns": place.columns.model_copy(update={"text": "value"})})
    return replace(describe(rows, place, key), origin=origin)


def describe(rows: DataFrame, place: Input, key: str = INPUT) -> Corpus:
    """Return a table as a corpus: with its dialect and the columns of text, id and source.

    Args:
        rows: the table.
        place: the config's description of it. With the dialect ``auto``, the first dialect whose columns are there is
            used. The columns ``id`` and ``source`` may be absent under their default names. The names of id, text and
            source may be paths into structs and maps, such as ``meta.source``.
        key: of the place in the config, for messages.

    Raises:
        InputError: names the columns that are missing and those that are there.
    """
    columns = tuple(name for name in rows.columns if name not in schema.READ)
    paths = (place.columns.id, place.columns.text, place.columns.source)
    nested = tuple(path for path in paths if path and path not in columns and field_at(rows.schema, path) is not None)
    rows, present = with_fields(rows, nested), (*columns, *nested)
    dialect = _dialect_of(rows, present, place, key)
    defaults = {place.columns.id: "id", place.columns.source: "source"}
    required = {*dialect.columns, *(name for name, default in defaults.items() if name is not None and name != default)}
    missing = sorted(required - set(present))
    if missing:
        found = f"{_columns_found(columns)}{_suggestion(rows, place, key)}"
        raise InputError(f"dialect {dialect.name}: column {', '.join(missing)} is missing, {found}")
    _require_distinct_names(columns, place)
    id_column = place.columns.id if place.columns.id in present else None
    if id_column is not None:
        kind = rows.schema[id_column].dataType
        if not isinstance(kind, StringType | NumericType):
            raise InputError(f"id column {id_column}: expected text or a number, found {kind}")
    source_column = place.columns.source if place.columns.source in present else None
    return Corpus(rows, columns, dialect, id_column, source_column, nested=nested).over(rows)


def _dialect_of(rows: DataFrame, columns: tuple[str, ...], place: Input, key: str) -> Dialect:
    """Return the dialect that the config names, or for ``auto`` the first one whose columns are there."""
    text_column = place.columns.text
    if text_column == "text" and columns == ("value",):
        text_column = "value"  # Spark's name for a line of a text file
    known = place.dialects(text_column)
    if place.dialect != "auto":
        dialect = known[place.dialect]
        is_named = isinstance(dialect, Chat) and place.columns.text != "text"
        is_elsewhere = is_named and text_column in columns and dialect.columns[0] not in columns
        return replace(dialect, columns=(text_column,)) if is_elsewhere else dialect
    detected = detect((field.name for field in _usable(rows) if field.name in columns), known.values())
    if detected is None:
        found = _columns_found(columns)
        if text_column in columns:
            kind = rows.schema[text_column].dataType.simpleString()
            found += f"; {text_column} is no text ({kind}): set columns.text of {key} to a column that is"
        raise InputError(f"no column with the text: {found}{_suggestion(rows, place, key)}")
    return detected


def _suggestion(rows: DataFrame, place: Input, key: str) -> str:
    """Return what to set where no dialect fits, see `dialects.suggestion`."""
    others = (place.columns.id, place.columns.source, *schema.READ)
    kinds = {field.name: field.dataType for field in _usable(rows) if field.name not in others}
    chats = [name for name, kind in kinds.items() if _keys_of_turns(kind) & {role for role, _ in KEYS}]
    texts = [path for name, kind in kinds.items() for path in _texts_in(name, kind)]
    if len(texts) > 1:
        fields = [column(path) if path in rows.columns else field_at(rows.schema, path) for path in texts]
        lengths = [
            F.avg(F.length(text.cast("string"))).alias(str(number))
            for number, text in enumerate(fields)
            if text is not None
        ]
        means = rows.limit(LOOKED_AT).agg(*lengths).first() or ()
        texts = [texts[number] for number in sorted(range(len(texts)), key=lambda number: -(means[number] or 0))]
    return suggestion(kinds, texts, chats, None if key == INPUT else (key, name_of(place)))


def _texts_in(name: str, kind: DataType) -> list[str]:
    """Return a column of text, and the paths to fields of text in a struct."""
    if isinstance(kind, StructType):
        return [path for inner in kind for path in _texts_in(f"{name}.{inner.name}", inner.dataType)]
    return [name] if isinstance(kind, StringType) else []


def _usable(rows: DataFrame) -> list[StructField]:
    """Return the columns that may hold text: some tables have flags or numbers in a column with such a name."""
    return [field for field in rows.schema if not isinstance(field.dataType, NumericType | BooleanType)]


def _keys_of_turns(kind: DataType) -> set[str]:
    """Return the keys of each turn, where a column holds a list of dicts or a dict of lists."""
    if isinstance(kind, ArrayType) and isinstance(kind.elementType, StructType):
        return set(kind.elementType.names)
    if isinstance(kind, StructType):
        return {field.name for field in kind if isinstance(field.dataType, ArrayType)}
    return set()


def _require_distinct_names(columns: tuple[str, ...], place: Input) -> None:
    """Check that Spark and the output can tell the columns apart by their names.

    Raises:
        InputError: names the columns.
    """
    lower = [name.lower() for name in columns]  # Spark does not tell ID from id
    twins = sorted({name for name in columns if lower.count(name.lower()) > 1})
    if twins:
        raise InputError(f"columns {', '.join(twins)}: they differ in case alone; rename or drop one")
    for name in (place.columns.id, place.columns.source):
        if name is not None and name not in columns and name.lower() in lower:
            similar = columns[lower.index(name.lower())]
            raise InputError(f"column {similar}: is it '{name}'? Set input.columns, or rename it")
    reserved = sorted({schema.ID, schema.ROW, schema.COPY, *schema.MAY_BE_ADDED} & set(lower))
    if reserved:
        raise InputError(f"column {', '.join(reserved)}: the output adds columns of this name; rename or drop them")


def _columns_found(columns: tuple[str, ...]) -> str:
    """Return the columns as the messages list them."""
    return f"found {', '.join(columns) or 'no columns at all'}"
