"""Columns by their exact names, fields in them by their paths, and the numbers in columns of text."""

import json
from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import DataType, MapType, NumericType, StringType, StructField, StructType

from zip_pipeline import schema

WHOLE_NUMBER = r"^-?(0|[1-9][0-9]{0,17})$"
NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
"""Texts that are numbers; one with a zero before it is a name."""


def column(name: str) -> Column:
    """Return the column of exactly this name, which may hold dots, spaces and backticks."""
    return F.col("`" + name.replace("`", "``") + "`")


def with_columns(rows: DataFrame, columns: Mapping[str, Column]) -> DataFrame:
    """Return rows with more columns, or none: Spark Connect refuses to add none."""
    return rows.withColumns(dict(columns)) if columns else rows


def is_json(field: StructField) -> bool:
    """Whether the values of a column are JSON text; see `schema.IS_JSON`."""
    return bool(field.metadata.get(schema.IS_JSON))


def field_at(row: StructType, path: str) -> Column | None:
    """Return the field at a path through structs, maps and JSON text, such as ``meta.source``; None where none can be.

    What is in JSON text stays JSON text, which the column's metadata say.
    """
    parts = path.split(".")
    heads = [place for place in range(1, len(parts)) if ".".join(parts[:place]) in row.names]
    if not heads:
        return None
    head, inner = ".".join(parts[: heads[-1]]), parts[heads[-1] :]
    if is_json(row[head]):
        place = "$" + "".join(f"[{json.dumps(part, ensure_ascii=False)}]" for part in inner)
        value = F.try_variant_get(F.try_parse_json(column(head)), place, "variant")
        return None if '"' in path or "\\" in path else F.to_json(value).alias(path, metadata={schema.IS_JSON: True})
    kind, found = row[head].dataType, column(head)
    for part in inner:
        if isinstance(kind, StructType) and part in kind.names:
            kind = kind[part].dataType
        elif isinstance(kind, MapType) and isinstance(kind.keyType, StringType):
            kind = kind.valueType
        else:
            return None
        found = found[part]
    return found


def with_fields(rows: DataFrame, paths: Sequence[str]) -> DataFrame:
    """Return rows with a column for each path to a field, which has the path as its name."""
    fields = [field for path in paths if (field := field_at(rows.schema, path)) is not None]
    return with_columns(rows, dict(zip(paths, fields, strict=True)))


def text_of(rows: DataFrame, name: str) -> Column:
    """Return a column as text; what is text in JSON loses its quotes."""
    if not is_json(rows.schema[name]):
        return column(name).cast("string")
    return F.get_json_object(F.concat(F.lit('{"value":'), column(name), F.lit("}")), "$.value")


def with_json_values(rows: DataFrame) -> DataFrame:
    """Return rows as they are written to JSON: what is JSON text becomes the values that it holds."""
    values = {field.name: F.parse_json(column(field.name)) for field in rows.schema if is_json(field)}
    return with_columns(rows, values)


def holds_numbers(kind: DataType) -> bool:
    """Whether a column of this type may hold numbers; in CSV they are text."""
    return isinstance(kind, NumericType | StringType)


def numbers(name: str) -> Column:
    """Return a column as doubles; a text that is no number fails the query, with the column and the text."""
    text = column(name).cast("string")
    message = F.concat(F.lit(f"InputError: column {name}: expected numbers, found "), text)
    value = text.try_cast("double")
    return F.when(text.isNull() | value.isNotNull(), value).otherwise(F.raise_error(message))


def where(rows: DataFrame, predicate: Column) -> DataFrame:
    """Return the rows that satisfy a predicate, for which a column of texts is one of numbers where all texts are."""
    texts = [field.name for field in rows.schema if isinstance(field.dataType, StringType)]
    if not texts:
        return rows.where(predicate)
    tests = [F.bool_and(column(name).rlike(pattern)) for name in texts for pattern in (WHOLE_NUMBER, NUMBER)]
    (answers,) = rows.agg(*tests).collect()
    kinds = dict(zip(texts, zip(answers[::2], answers[1::2], strict=True), strict=True))
    typed = {name: column(name).cast("bigint" if whole else "double") for name, (whole, any_) in kinds.items() if any_}
    if not typed:
        return rows.where(predicate)
    copies = {name: f"zip_text_{place}" for place, name in enumerate(typed)}
    rows = rows.withColumns({copy: column(name) for name, copy in copies.items()}).withColumns(typed)
    kept = rows.where(predicate).withColumns({name: column(copy) for name, copy in copies.items()})
    return kept.drop(*copies.values())
