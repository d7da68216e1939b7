"""Columnar files that Spark does not read: Arrow IPC, and Parquet with types, a codec or columns that it does not see.

Spark refuses a Parquet file for one column of nanoseconds or times of day, and a folder for a column that is a wider
number in one file than in another. Such files are read by tasks with pyarrow, one task a file. `columns_of` finds the
columns; what Spark has no type for becomes a type that holds the same values, and a note says so.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.errors import InputError
from zip_pipeline.schema import FILE
from zip_pipeline.spark.io.folders import folder_values
from zip_pipeline.spark.io.listing import Listing
from zip_pipeline.tasks.reading.columnar import ColumnarReader, opened, why_not_spark

UNREADABLE = (
    "PARQUET_TYPE_ILLEGAL",
    "UNSUPPORTED_TIME_TYPE",
    "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
    "CANNOT_MERGE_SCHEMAS",
)
"""Spark's words for Parquet files that it cannot read as one table, and tasks perhaps can."""

THREADS = 16
"""To read schemas, which is waiting more than work."""

MOST_DIGITS = 38
"""Of Spark's decimals."""

_SAME = {
    *(pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64()),
    *(pa.string(), pa.binary(), pa.date32(), pa.null()),
}
_WIDER = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
    pa.float16(): pa.float32(),
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.binary_view(): pa.binary(),
    pa.date64(): pa.date32(),
}
"""By type, the narrowest of Spark's that holds its values."""


def load(
    spark: SparkSession, listing: Listing, names: list[str], *, names_file: bool = False
) -> tuple[DataFrame, list[str]]:
    """Read files by tasks, one task a file.

    Args:
        spark: the session.
        listing: the files.
        names: of those to read.
        names_file: whether the rows have `schema.FILE`.

    Returns:
        The rows, and notes on columns that are not as they lie there.

    Raises:
        InputError: when a file cannot be read, or a column has types that no column holds both of.
    """
    paths = [f"{listing.base}{name}" for name in names]
    beside = [
        folder_values(name) | ({FILE: path} if names_file else {}) for name, path in zip(names, paths, strict=True)
    ]
    with ThreadPoolExecutor(THREADS) as threads:
        columns, notes = columns_of(threads.map(_schema_of, paths))
    for key in dict.fromkeys(key for values in beside for key in values):
        place = columns.get_field_index(key)
        field = pa.field(key, pa.string())
        columns = columns.append(field) if place < 0 else columns.set(place, field)
    every = {field.name for field in columns if any(field.name in values for values in beside)}
    task = ColumnarReader(tuple(paths), tuple(dict.fromkeys(every) | values for values in beside), columns)
    numbers = spark.range(0, len(paths), 1, len(paths))
    return numbers.mapInArrow(task.read, spark.createDataFrame(columns.empty_table()).schema), notes


def needs_tasks(listing: Listing, names: list[str]) -> bool:
    """Whether Spark would read Parquet files wrongly or not at all, as the first of them says; see `why_not_spark`."""
    try:
        return why_not_spark(f"{listing.base}{names[0]}") is not None
    except (OSError, pa.ArrowException):
        return False  # Spark will say what is wrong, or reaches what pyarrow does not


def columns_of(schemas: Iterable[pa.Schema]) -> tuple[pa.Schema, list[str]]:
    """Return the columns of files, each with a type that Spark has and that holds its values in all files.

    Returns:
        The columns, and notes on those that change.

    Raises:
        InputError: names a column that has types without such a type.

    >>> narrow, wide = pa.schema({"n": pa.int32()}), pa.schema({"n": pa.int64(), "at": pa.time32("s")})
    >>> columns, notes = columns_of([narrow, wide])
    >>> columns.types, notes
    ([DataType(int64), DataType(string)], ['column at: Spark has no time32[s], read as string'])
    """
    notes: dict[str, None] = {}
    readable = [_readable(schema, notes) for schema in dict.fromkeys(schemas)]
    try:
        merged = pa.unify_schemas(readable, promote_options="permissive")
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        reason = str(error).partition("Field ")[2]
        raise InputError(f"the files differ: column {reason}; read them one by one") from None
    for name, kind in zip(merged.names, merged.types, strict=True):
        kinds = [schema.field(name).type for schema in readable if name in schema.names]
        if pa.types.is_floating(kind) and (whole := [*filter(pa.types.is_integer, kinds)]):
            raise InputError(f"the files differ: column {name} has incompatible types: {kind} vs {whole[0]}")
    return pa.schema([(field.name, _without_null(field.type)) for field in merged]), [*notes]


def _schema_of(path: str) -> pa.Schema:
    try:
        with opened(path) as (schema, _):
            return schema
    except (OSError, pa.ArrowException, pa.ArrowKeyError) as error:
        raise InputError(f"{path}: cannot be read: {str(error).partition(chr(10))[0]}") from None


def _readable(schema: pa.Schema, notes: dict[str, None]) -> pa.Schema:
    """Return the columns with Spark's types; adds notes."""

    def spark_type(kind: pa.DataType, where: str) -> pa.DataType:
        if kind in _SAME:
            return kind
        if kind in _WIDER:
            return _WIDER[kind]
        if isinstance(kind, pa.BaseExtensionType):
            return spark_type(kind.storage_type, where)
        if pa.types.is_dictionary(kind):
            return spark_type(kind.value_type, where)
        if pa.types.is_fixed_size_binary(kind):
            return pa.binary()
        if pa.types.is_timestamp(kind) and kind.unit != "ns":
            return pa.timestamp("us", kind.tz)
        if pa.types.is_decimal(kind) and kind.precision <= MOST_DIGITS:
            return pa.decimal128(kind.precision, kind.scale)
        if pa.types.is_struct(kind):
            return pa.struct([(one.name, spark_type(one.type, f"{where}.{one.name}")) for one in kind])
        if pa.types.is_map(kind):
            return pa.map_(spark_type(kind.key_type, where), spark_type(kind.item_type, where))
        if pa.types.is_nested(kind) and kind.num_fields == 1:
            return pa.list_(spark_type(kind.value_type, where))
        other = pa.int64() if pa.types.is_timestamp(kind) or pa.types.is_duration(kind) else pa.string()
        notes[f"column {where}: Spark has no {kind}, read as {other}"] = None
        return other

    return pa.schema([(field.name, spark_type(field.type, field.name)) for field in schema])


def _without_null(kind: pa.DataType) -> pa.DataType:
    """Return a type without columns that hold nothing but null, which are text: Spark cannot write them."""
    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _without_null(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_without_null(kind.key_type), _without_null(kind.item_type))
    return pa.list_(_without_null(kind.value_type)) if pa.types.is_list(kind) else kind
