"""Versions of data sets over time: what a run writes into the history, and how far the ratio has moved.

Versions are compared only where they were measured alike: by the same codec, render and order. The ratio of a
selection, in the order of picking, is thus never compared with that of a set in random order.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import SparkSession
from rich.console import Console
from rich.markup import escape

from zip_pipeline import config, schema
from zip_pipeline.config import SelectConfig
from zip_pipeline.config.amounts import bytes_text
from zip_pipeline.core.codec import Codec
from zip_pipeline.lake.history import History
from zip_pipeline.report import table_of

MOST_VERSIONS = 12
"""Versions of a name that are shown; the table has them all."""

NAMES = [field.split()[0] for field in schema.HISTORY.split(", ")]

Row = dict[str, Any]


class Versions:
    """The history that a config names, or none.

    Raises:
        OutputError: when something else is at its path.
    """

    def __init__(self, asked: config.History) -> None:
        self._name = asked.name
        self._history = None if asked.path is None else History(asked.path, asked.format)

    def entries(self, sets: Sequence[Row], job: str) -> list[Row]:
        """Return the rows of a run.

        Args:
            sets: what `schema.HISTORY` says of each data set, and its ``label``; `low` and `high` may be absent.
            job: that measured them.
        """
        return [
            {name: told.get(name) for name in NAMES}
            | {"name": self._name or told["label"], "version": told["label"], "place": place, "job": job}
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


def codec_text(codec: Codec) -> str:
    """Name a codec in a line.

    >>> from zip_pipeline.core.zlib_codec import ZlibCodec
    >>> codec_text(ZlibCodec())
    'zlib 9 32KB'
    """
    return f"{codec.name} {codec.level} {bytes_text(codec.window)}"


def measured(codec: Codec, render: str, order: str, dialect: str, preference: str) -> str:
    """Say how a ratio came about; only ratios of which the same is said can be compared."""
    text = f"{render} of {preference}" if dialect == "preference" and render == "content" else render
    return f"{codec_text(codec)}, {text}, {order}"


def selection_row(given: SelectConfig, dialect: str, manifest: Mapping[str, Any]) -> Row:
    """Return what the history says of a selection: its ratio as one set; the fingerprint is the pool's."""
    chosen, place, codec = manifest["selection"], given.input, given.codec.build()
    return {
        "label": str(place.path or place.table).rstrip("/").rpartition("/")[2],
        "created_at": manifest["created_at"],
        **{key: chosen[key] for key in ("records", "raw_bytes", "compressed_bytes")},
        "ratio": chosen["set_ratio"],
        "codec": codec_text(codec),
        "measured": measured(codec, given.render, "in the order of picking", dialect, place.preference),
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
        before = last.get(key := (row["name"], row["measured"]))
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
    for name in dict.fromkeys(row["name"] for row in rows):
        versions = [row for row in rows if row["name"] == name]
        if len(versions) < 2:
            continue
        table = table_of(f"versions of {escape(name)}", "when", "job", "records", "ratio", "interval", "drift")
        for row in versions:
            interval = "" if row["low"] is None else f"{row['low']:.4f} to {row['high']:.4f}"
            table.add_row(
                escape(row["version"]),
                row["created_at"].removesuffix("+00:00"),
                row["job"],
                f"{row['records']:,}",
                f"{row['ratio']:.4f}",
                interval,
                _drift(row),
            )
        console.print(table)
        if len(ways := dict.fromkeys(row["measured"] for row in versions)) > 1:
            console.print(f"not compared with each other: {'; '.join(ways)}", markup=False)


def _drift(row: Mapping[str, Any]) -> str:
    if row["change"] is None:
        return ""
    beyond = {None: "", True: ", beyond chance", False: ", within chance"}[row["beyond"]]
    return f"{row['change']:+.2%}{beyond}"
