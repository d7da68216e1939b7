"""Tables with a row a model or a version: columns by what they hold, and all rows on the driver."""

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import NumericType

from zip_pipeline.errors import InputError

MOST_ROWS = 100_000
"""More trained models or versions than anybody has; a table with more is another one."""

Row = dict[str, Any]


def named(
    rows: DataFrame, place: str, columns: Mapping[str, str], optional: Mapping[str, str], text: Collection[str]
) -> DataFrame:
    """Return columns named by what they hold: text, or numbers as doubles.

    Args:
        rows: the table.
        place: what it is called in messages.
        columns: what is wanted -> the column that has it.
        optional: what may be absent -> under which name; it then holds nulls.
        text: what is text.

    Raises:
        InputError: naming the columns that are missing, and those that are there; or one that holds no numbers.
    """
    found = set(rows.columns)
    if missing := [
        name for wanted, name in columns.items() if name not in found and optional.get(wanted) != name
    ]:  # fmt: skip
        raise InputError(f"{place}: column {', '.join(missing)} is missing, found {', '.join(rows.columns)}")
    chosen = []
    for wanted, name in columns.items():
        kind = "string" if wanted in text else "double"
        if name not in found:
            chosen.append(F.lit(None).cast(kind).alias(wanted))
            continue
        if kind == "double" and not isinstance(rows.schema[name].dataType, NumericType):
            raise InputError(
                f"{place}: column {name}: expected numbers, found {rows.schema[name].dataType.simpleString()}"
            )
        chosen.append(F.col("`" + name.replace("`", "``") + "`").cast(kind).alias(wanted))
    return rows.select(*chosen)


def collect(rows: DataFrame, place: str, key: str, positive: Collection[str]) -> list[Row]:
    """Return the rows of `named` by `key`, numbers within names by their value; empty numbers are None.

    Raises:
        InputError: when there are none or too many, naming the row that has no key, a number that is not finite, or
            none above 0 where one is needed.
    """
    table = rows.limit(MOST_ROWS + 1).toArrow()
    if not table.num_rows:
        raise InputError(f"{place}: no rows")
    if table.num_rows > MOST_ROWS:
        raise InputError(f"{place}: expected at most {MOST_ROWS:,} rows, found more")
    found: list[Row] = sorted(table.to_pylist(), key=lambda row: (natural(row[key]), sorted(map(str, row.items()))))
    for row in found:
        if row[key] is None:
            raise InputError(f"{place}: a row without a {key}: {row}")
        for name, value in row.items():
            if name in positive and not (value or 0) > 0:
                raise InputError(
                    f"{place}: {row[key]}: expected a {name} above 0, found {'none' if value is None else value}"
                )
            if isinstance(value, float) and not math.isfinite(value):
                raise InputError(f"{place}: {row[key]}: expected a number as {name}, found {value}")
    return found


def natural(name: str | None) -> list[tuple[int, int, str]]:
    """Return a sort key by which x2 comes before x10.

    >>> sorted(["x10", "x2"], key=natural)
    ['x2', 'x10']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name or "")
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts]
