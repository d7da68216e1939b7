"""The corpus: any table or files that Spark reads, as records of one dialect.

Readers keep every column as it is. A `Corpus` adds the id as text and knows which columns the dialect, the id
and the source come from; what makes a single record unusable is for scoring to say.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - PySpark's own custom
from pyspark.sql.types import BooleanType, NumericType, StringType

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.records import dialects


@dataclass(frozen=True)
class Corpus:
    """Rows with a known dialect.

    Attributes:
        rows: the input's columns, then `schema.ID` when there is an id column, and `schema.CORRUPT` when the
            reader met lines that it could not read.
        columns: the input's columns.
        dialect: its name.
        text_column: where the dialect ``text`` finds its text.
        id_column: where the id comes from; None: it is a hash of the payload.
        source_column: where the source comes from, or None.
        preference: what the dialect ``preference`` writes, one of `records.PREFERENCES`.
    """

    rows: DataFrame
    columns: tuple[str, ...]
    dialect: str
    text_column: str
    id_column: str | None
    source_column: str | None
    preference: str = dialects.PREFERENCES[0]

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
        order = Window.partitionBy(schema.ID).orderBy(F.sha2(schema.ROW, 256))
        return rows.withColumn(schema.ROW, row).withColumn(schema.COPY, F.row_number().over(order))

    def numbers(self, name: str) -> Column:
        """Return a column of numbers, as doubles.

        Raises:
            InputError: when it is none, with those that are.
        """
        found = [field.name for field in self.original().schema if isinstance(field.dataType, NumericType)]
        if name not in found:
            raise InputError(f"expected a column of numbers, found {name}; there are {', '.join(found) or 'none'}")
        return _column(name).cast("double")

    def original_columns(self) -> list[Column]:
        """Return the input's columns."""
        return [_column(name) for name in self.columns]

    def column(self, name: str) -> Column:
        """Return one of the input's columns.

        Raises:
            InputError: when there is no such column.
        """
        if name not in self.columns:
            raise InputError(f"column {name} is missing, found {', '.join(self.columns)}")
        return _column(name)


def describe(
    rows: DataFrame,
    *,
    dialect: str = "auto",
    id_column: str = "id",
    text_column: str = "text",
    source_column: str | None = "source",
    preference: str = dialects.PREFERENCES[0],
) -> Corpus:
    """Say what the columns of `rows` are.

    Args:
        rows: the input.
        dialect: one of `records.DIALECT_NAMES`, or ``auto``: the first whose columns are there.
        id_column: holds a number or text; ``id`` may be absent.
        text_column: holds the text of the dialect ``text``.
        source_column: ``source`` may be absent; None: there are no sources.
        preference: what the dialect ``preference`` writes, one of `records.PREFERENCES`.

    Raises:
        InputError: naming the columns that are missing and those that are there.
    """
    columns = tuple(name for name in rows.columns if name != schema.CORRUPT)
    found = f"found {', '.join(columns) or 'no columns at all'}"
    if text_column == "text" and columns == ("value",):
        text_column = "value"  # what Spark's text reader calls a line
    if dialect == "auto":
        # A table may have the name of a column of text, and a flag or a number in it.
        held = {field.name for field in rows.schema if not isinstance(field.dataType, NumericType | BooleanType)}
        detected = dialects.detect(held.intersection(columns), text_column)
        if detected is None:
            wanted = " or ".join(" + ".join(dialects.named(n, text_column).columns) for n in dialects.DIALECT_NAMES)
            raise InputError(f"no column with the text: expected {wanted}, {found}")
        dialect = detected
    needed = {*dialects.named(dialect, text_column).columns}
    named = {id_column: "id", source_column: "source"}
    needed |= {name for name, default in named.items() if name is not None and name != default}
    if missing := sorted(needed - set(columns)):
        raise InputError(f"dialect {dialect}: column {', '.join(missing)} is missing, {found}")
    lower = [name.lower() for name in columns]  # Spark does not tell ID from id
    if twins := sorted({name for name in columns if lower.count(name.lower()) > 1}):
        raise InputError(f"columns {', '.join(twins)}: they differ in case alone; rename or drop one")
    for name in named:
        if name is not None and name not in columns and name.lower() in lower:
            near = columns[lower.index(name.lower())]
            raise InputError(f"column {near}: is it '{name}'? Set input.columns, or rename it")
    if reserved := sorted({schema.ID, schema.ROW, schema.COPY, *schema.PICKED} & set(lower)):
        raise InputError(f"column {', '.join(reserved)}: the output adds columns of this name; rename or drop them")

    has_id = id_column in columns
    if has_id:
        if not isinstance(rows.schema[id_column].dataType, StringType | NumericType):
            raise InputError(
                f"id column {id_column}: expected text or a number, found {rows.schema[id_column].dataType}"
            )
        rows = rows.withColumn(schema.ID, _column(id_column).cast("string"))
    return Corpus(
        rows,
        columns,
        dialect,
        text_column,
        id_column if has_id else None,
        source_column if source_column in columns else None,
        preference,
    )


def _column(name: str) -> Column:
    """Return the column of exactly this name, which may hold dots, spaces and backticks."""
    return F.col("`" + name.replace("`", "``") + "`")
