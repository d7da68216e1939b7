"""Columns by their exact names, and the numbers in columns of text."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import DataType, NumericType, StringType, StructField

from zip_pipeline import schema

WHOLE_NUMBER = r"^-?(0|[1-9][0-9]{0,17})$"
NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
"""Texts that are numbers; one with a zero before it is a name."""


def column(name: str) -> Column:
    """Return the column of exactly this name, which may hold dots, spaces and backticks."""
    return F.col("`" + name.replace("`", "``") + "`")


def is_json(field: StructField) -> bool:
    """Whether the values of a column are JSON text; see `schema.IS_JSON`."""
    return bool(field.metadata.get(schema.IS_JSON))


def with_json_values(rows: DataFrame) -> DataFrame:
    """Return rows as they are written to JSON: what is JSON text becomes the values that it holds."""
    return rows.withColumns({field.name: F.parse_json(column(field.name)) for field in rows.schema if is_json(field)})


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
    copies = {name: f"zip_text_{place}" for place, name in enumerate(typed)}
    rows = rows.withColumns({copy: column(name) for name, copy in copies.items()}).withColumns(typed)
    kept = rows.where(predicate).withColumns({name: column(copy) for name, copy in copies.items()})
    return kept.drop(*copies.values())
