"""Versions of data sets over time: what a run writes into the history, and how far the ratio has moved.

Versions are compared only where they were measured alike: by the same codec, render and order. The ratio of a
selection, in the order of picking, is thus never compared with that of a set in random order.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import SparkSession
from rich.console import Console

from zip_pipeline import config, schema
from zip_pipeline.codecs.base import Codec
from zip_pipeline.config import SelectConfig
from zip_pipeline.config.values import bytes_text
from zip_pipeline.report.console import for_console
from zip_pipeline.report.page import Table
from zip_pipeline.spark.io.history import HistoryTable
from zip_pipeline.spark.io.reader import name_of
from zip_pipeline.tasks.score import Scorer

MOST_VERSIONS = 12
"""Versions of a name that are shown; the table has them all."""

NAMES = schema.HISTORY.names

Row = dict[str, Any]


class Versions:
    """The history that a config names, or none.

    Raises:
        OutputError: when something else is at its path.
    """

    def __init__(self, asked: config.History) -> None:
        self._name = asked.name
        self._history = None if asked.path is None else HistoryTable(asked)

    def entries(self, sets: Sequence[Row], job: str) -> list[Row]:
        """Return the rows of a run.

        Args:
            sets: what `schema.HISTORY` says of each data set; what it does not say is null.
            job: that measured them.
        """
        return [
            {name: told.get(name) for name in NAMES}
            | {"name": self._name or told["name"], "version": told["name"], "place": place, "job": job}
            for place, told in enumerate(sets)
        ]

    def drift(self, spark: SparkSession, entries: Sequence[Row]) -> list[Row]:
        """Return a run's rows behind the earlier ones of their names, the last `MOST_VERSIONS`; see `compared`."""
        names = dict.fromkeys(entry["name"] for entry in entries)
        rows = compared([*(self._history.rows(spark, names) if self._history else []), *entries])
        return [row for name in names for row in [row for row in rows if row["name"] == name][-MOST_VERSIONS:]]

    def append(self, spark: SparkSession, entries: Sequence[Row]) -> None:
        """Write a run's rows."""
        if self._history:
            self._history.append(spark, entries)


def measured_by(codec: Codec, scorer: Scorer, order: str) -> str:
    """Say how a ratio came about; only ratios of which the same is said can be compared."""
    text = scorer.render_name
    if scorer.dialect.variant is not None and text == "content":
        text += f" of {scorer.dialect.variant}"
    return f"{codec.name} {codec.level} {bytes_text(codec.window)}, {text}, {order}"


def selection_row(given: SelectConfig, scorer: Scorer, manifest: Mapping[str, Any]) -> Row:
    """Return what the history says of a selection: its ratio as one set; the fingerprint is the pool's."""
    chosen, place = manifest["selection"], given.input
    return {
        "name": name_of(place).rstrip("/").rpartition("/")[2],
        "created_at": manifest["created_at"],
        **{key: chosen[key] for key in ("records", "raw_bytes", "compressed_bytes")},
        "ratio": chosen["set_ratio"],
        "codec": measured_by(scorer.codec, scorer, "in the order of picking"),
        "fingerprint": manifest["input"]["fingerprint"],
    }


def compared(rows: Sequence[Row]) -> list[Row]:
    """Add to each row the ratio of the ``previous`` one of its name that was measured alike.

    Args:
        rows: `schema.HISTORY`, in order.

    Returns:
        The rows with ``previous``, ``change`` (0.01: the ratio rose by 1 %) and ``beyond``: whether the change is more
        than the intervals of both explain (as if the versions shared no records; those that do differ less by
        chance). All three are None in the first row, ``beyond`` also where there are no intervals.
    """
    last: dict[tuple[str, str], Row] = {}
    found = []
    for row in rows:
        before = last.get(key := (row["name"], row["codec"]))
        last[key] = row
        told: Row = dict.fromkeys(("previous", "change", "beyond"))
        if before is not None:
            told |= {"previous": before["ratio"], "change": row["ratio"] / before["ratio"] - 1}
            if row["low"] is not None and before["low"] is not None:
                half = [(one["high"] - one["low"]) / 2 for one in (row, before)]
                told["beyond"] = abs(row["ratio"] - before["ratio"]) > (half[0] ** 2 + half[1] ** 2) ** 0.5
        found.append({**row, **told})
    return found


def show(console: Console, rows: Sequence[Row]) -> None:
    """Print the versions of each name, where there are two at least."""
    for table in tables(rows):
        console.print(for_console(table))
    for line in notes(rows):
        console.print(line, markup=False)


def several(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the versions of each name that has two at least."""
    names: dict[str, list[Row]] = {}
    for row in rows:
        names.setdefault(row["name"], []).append(row)
    return {name: of_name for name, of_name in names.items() if len(of_name) > 1}


def tables(rows: Sequence[Row]) -> list[Table]:
    """Return a table for each name with several versions, one a line."""
    return [
        Table(
            (f"versions of {name}", "when", "job", "records", "ratio", "interval", "drift"),
            [
                (
                    row["version"],
                    row["created_at"].removesuffix("+00:00"),
                    row["job"],
                    f"{row['records']:,}",
                    f"{row['ratio']:.4f}",
                    "" if row["low"] is None else f"{row['low']:.4f} to {row['high']:.4f}",
                    _drift(row),
                )
                for row in of_name
            ],
        )
        for name, of_name in several(rows).items()
    ]


def notes(rows: Sequence[Row]) -> list[str]:
    """Say which versions are not compared."""
    ways = [dict.fromkeys(row["codec"] for row in of_name) for of_name in several(rows).values()]
    return [f"not compared with each other: {'; '.join(names)}" for names in ways if len(names) > 1]


def _drift(row: Mapping[str, Any]) -> str:
    if row["change"] is None:
        return ""
    beyond = {None: "", True: ", beyond chance", False: ", within chance"}[row["beyond"]]
    return f"{row['change']:+.2%}{beyond}"
