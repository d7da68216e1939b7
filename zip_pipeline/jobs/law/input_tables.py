"""The input of the law's jobs: tables with a row a model or a version, small enough for the driver."""

import math
import re
from collections.abc import Collection
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.config.common import Section
from zip_pipeline.errors import InputError
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.columns import column, holds_numbers, numbers

MOST_ROWS = 100_000
"""Nobody has as many trained models or versions; a longer table is the wrong one."""

Row = dict[str, Any]


def named(
    rows: DataFrame, place: str, columns: Section, *, optional: Collection[str], text: Collection[str]
) -> DataFrame:
    """Return the columns that a config section names, each under its key in that section.

    Args:
        rows: the table.
        place: its name in messages.
        columns: the section; each value is the name of a column.
        optional: keys whose column may be missing, as long as the section has its default; it then holds nulls.
        text: keys of the columns that become text; all others become doubles.

    Raises:
        InputError: when a column is missing, one that should hold numbers does not, or the reader found what is no row.
    """
    if schema.CORRUPT in rows.columns:
        _require_rows(rows, place)
        rows = rows.drop(schema.CORRUPT)
    present, names, defaults = set(rows.columns), columns.model_dump(), type(columns)().model_dump()
    absent = {key for key, name in names.items() if name not in present}
    if missing := [
        names[key] for key in names if key in absent and not (key in optional and names[key] == defaults[key])
    ]:
        raise InputError(f"{place}: column {', '.join(missing)} is missing, found {', '.join(rows.columns)}")
    chosen = []
    for key, name in names.items():
        kind = "string" if key in text else "double"
        if key in absent:
            chosen.append(F.lit(None).cast(kind).alias(key))
            continue
        found = rows.schema[name].dataType
        if kind == "double" and not holds_numbers(found):
            if rows.isEmpty():  # no row says of what type a column of CSV is
                raise InputError(f"{place}: no rows")
            raise InputError(f"{place}: column {name}: expected numbers, found {found.simpleString()}")
        chosen.append((numbers(name) if kind == "double" else column(name).cast(kind)).alias(key))
    return rows.select(*chosen)


def collect(rows: DataFrame, place: str, key: str, positive: Collection[str]) -> list[Row]:
    """Return all rows in the order of a key column, numbers within it by value; missing numbers are None.

    Args:
        rows: from `named`.
        place: its name in messages.
        key: a text column that every row must fill.
        positive: number columns that must be above 0 in every row.

    Raises:
        InputError: when there are no rows or too many, or for the first row that breaks a rule.
    """
    try:
        table = rows.limit(MOST_ROWS + 1).toArrow()
    except Exception as error:
        raise user_error(error, place) or error from error
    if not table.num_rows:
        raise InputError(f"{place}: no rows")
    if table.num_rows > MOST_ROWS:
        raise InputError(f"{place}: expected at most {MOST_ROWS:,} rows, found more")
    ordered: list[Row] = sorted(table.to_pylist(), key=lambda row: (natural(row[key]), sorted(map(str, row.items()))))
    for row in ordered:
        if row[key] is None:
            raise InputError(f"{place}: a row without a {key}: {row}")
        for name, value in row.items():
            if name in positive and not (value or 0) > 0:
                shown = "none" if value is None else value
                raise InputError(f"{place}: {row[key]}: expected a {name} above 0, found {shown}")
            if isinstance(value, float) and not math.isfinite(value):
                raise InputError(f"{place}: {row[key]}: expected a number as {name}, found {value}")
    return ordered


def _require_rows(rows: DataFrame, place: str) -> None:
    """Check that the reader could read all rows.

    Raises:
        InputError: for one that it could not.
    """
    corrupt = rows.where(F.col(schema.CORRUPT).isNotNull()).select(f"{schema.CORRUPT}.*").first()
    if corrupt is not None:
        raise InputError(f"{place}: a row that cannot be read: {corrupt['reason']}: {corrupt['line'].strip()}")


def natural(name: str | None) -> list[tuple[int, int, str]]:
    """Return a sort key that puts x2 before x10.

    >>> sorted(["x10", "x2"], key=natural)
    ['x2', 'x10']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name or "")
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts]
