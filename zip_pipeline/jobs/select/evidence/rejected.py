"""Rejected rows on the page: of each common reason one row, with the file and the line to mend."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.report.texts import place_of

REASONS = 10
"""How many reasons of rejection are shown."""

TEXT = 8_000
"""Characters of a text that are looked up."""


@dataclass(frozen=True)
class Rejected:
    """A reason why rows cannot be used, and one such row.

    Attributes:
        reason: why.
        records: how many rows are rejected for it.
        id: of the row; None where it has none.
        row: as JSON, or the line as it stands in the file.
        place: file and line of the row, see `texts.place_of`.
    """

    reason: str
    records: int
    id: str | None
    row: str
    place: str = ""


def rejected_of(rejected: DataFrame, reasons: Mapping[str, int]) -> list[Rejected]:
    """Return the commonest reasons of rejection, each with the row of lowest id.

    Args:
        rejected: the table ``rejected/``.
        reasons: how many rows are rejected for each, the commonest first.
    """
    some = [*reasons][:REASONS]
    shown = F.struct("id", F.substring("row", 1, TEXT).alias("row"), "file", "line")
    first = F.min_by(shown, F.struct("id", "row", "file", "line")).alias("first")
    found = rejected.where(F.col("reason").isin(*some)).groupBy("reason").agg(first).collect()
    rows = {row["reason"]: row["first"] for row in found}
    return [
        Rejected(reason, reasons[reason], row["id"], row["row"] or "", place_of(row["file"], row["line"]))
        for reason in some
        if (row := rows.get(reason)) is not None
    ]
