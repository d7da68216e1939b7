"""Versions of data sets over time: the rows that a run appends to the history, and how far the ratio moved.

Two versions are compared only where codec, render and order agree. So the ratio of a selection, in the order of
picking, is never compared with that of a set in random order.
"""

from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession
from rich.console import Console

from zip_pipeline import config, schema
from zip_pipeline.config import SelectConfig
from zip_pipeline.jobs.manifest import method_of
from zip_pipeline.report.console import for_console
from zip_pipeline.report.page import Picture, Section, Table
from zip_pipeline.report.plotting import ONE, SOFT, TWO, drawing, short
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.catalog.history import CatalogHistory
from zip_pipeline.spark.catalog.tables import require_path
from zip_pipeline.spark.io.history import HistoryTable
from zip_pipeline.spark.io.reader import name_of
from zip_pipeline.tasks.score import Scorer

MOST_VERSIONS = 12
"""Versions of a name that a report shows; the table holds them all."""

MOST_TICKS = 8
"""Versions that a picture's axis names."""

NAMES = schema.HISTORY.names

Row = dict[str, Any]


class Versions:
    """The history that a config names, or none.

    Raises:
        OutputError: when something else is at its path, or the table is no history.
        SetupError: when the path is the name of a table.
    """

    def __init__(self, section: config.History, spark: SparkSession) -> None:
        self._name = section.name
        require_path(spark, "history.path", section.path)
        self._history: HistoryTable | CatalogHistory | None = None
        if section.table is not None:
            self._history = CatalogHistory(section, spark)
        elif section.path is not None:
            self._history = HistoryTable(section)

    def entries(self, sets: Sequence[Row], job: str) -> list[Row]:
        """Return the rows that a run adds to the history.

        Args:
            sets: for each data set some columns of `schema.HISTORY`; those that are missing become null.
            job: that measured them.
        """
        return [
            {name: measured.get(name) for name in NAMES}
            | {"name": self._name or measured["name"], "version": measured["name"], "place": place, "job": job}
            for place, measured in enumerate(sets)
        ]

    def drift(self, spark: SparkSession, entries: Sequence[Row]) -> list[Row]:
        """Return the last `MOST_VERSIONS` of each name among a run's rows, those rows included; see `compared`."""
        names = dict.fromkeys(entry["name"] for entry in entries)
        rows = compared([*(self._history.rows(spark, names) if self._history else []), *entries])
        return [row for name in names for row in [row for row in rows if row["name"] == name][-MOST_VERSIONS:]]

    def append(self, spark: SparkSession, entries: Sequence[Row]) -> None:
        """Append a run's rows to the history, if there is one."""
        if self._history:
            self._history.append(spark, entries)


def selection_row(select: SelectConfig, scorer: Scorer, manifest: Manifest) -> Row:
    """Return the row of a selection: its ratio as one set, and the fingerprint of its pool.

    Args:
        select: the run's config.
        scorer: of the pool.
        manifest: of the run.
    """
    selection = manifest["selection"]
    return {
        "name": name_of(select.input).rstrip("/").rpartition("/")[2],
        "created_at": manifest["created_at"],
        **{key: selection[key] for key in ("records", "raw_bytes", "compressed_bytes")},
        "ratio": selection["set_ratio"],
        "codec": method_of(scorer.codec, scorer, "in the order of picking"),
        "fingerprint": manifest["input"]["fingerprint"],
    }


def compared(rows: Sequence[Row]) -> list[Row]:
    """Add to each row how far its ratio moved since the row before it with the same name and codec.

    Args:
        rows: columns `schema.HISTORY`, oldest first.

    Returns:
        The rows with three more keys, all None in the first row of a name and codec.
        ``previous``: the ratio before.
        ``change``: 0.01 means that the ratio rose by 1 %.
        ``beyond``: whether the change is larger than both intervals explain, or None where one has no interval. The
        test assumes that the two sets share no records. Sets that share some differ less by chance.
    """
    last: dict[tuple[str, str], Row] = {}
    moved = []
    for row in rows:
        before = last.get(key := (row["name"], row["codec"]))
        last[key] = row
        change: Row = dict.fromkeys(("previous", "change", "beyond"))
        if before is not None:
            change |= {"previous": before["ratio"], "change": row["ratio"] / before["ratio"] - 1}
            if row["low"] is not None and before["low"] is not None:
                half = [(one["high"] - one["low"]) / 2 for one in (row, before)]
                change["beyond"] = abs(row["ratio"] - before["ratio"]) > (half[0] ** 2 + half[1] ** 2) ** 0.5
        moved.append({**row, **change})
    return moved


def show_history(console: Console, rows: Sequence[Row]) -> None:
    """Print the versions of each name that has at least two.

    Args:
        console: where to print.
        rows: from `Versions.drift`.
    """
    for name, versions in _by_name(rows).items():
        console.print(for_console(_table(name, versions)))
    for line in _notes(rows):
        console.print(line, markup=False)


def history_sections(rows: Sequence[Row]) -> list[Section]:
    """Return the page's section on versions over time; none where no name has at least two.

    Args:
        rows: from `Versions.drift`.
    """
    by_name = _by_name(rows)
    if not by_name:
        return []
    pictures = [_picture(name, versions) for name, versions in by_name.items()]
    tables = [_table(name, versions) for name, versions in by_name.items()]
    return [Section("Versions over time", pictures=pictures, tables=tables, notes=_notes(rows))]


def _by_name(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the versions of each name that has at least two."""
    names: dict[str, list[Row]] = {}
    for row in rows:
        names.setdefault(row["name"], []).append(row)
    return {name: versions for name, versions in names.items() if len(versions) > 1}


def _table(name: str, versions: Sequence[Row]) -> Table:
    columns = (f"versions of {name}", "when", "job", "records", "ratio", "interval", "drift")
    rows = [
        (
            row["version"],
            row["created_at"].removesuffix("+00:00"),
            row["job"],
            f"{row['records']:,}",
            f"{row['ratio']:.4f}",
            "" if row["low"] is None else f"{row['low']:.4f} to {row['high']:.4f}",
            _drift(row),
        )
        for row in versions
    ]
    return Table(columns, rows)


def _drift(row: Row) -> str:
    if row["change"] is None:
        return ""
    beyond = {None: "", True: ", beyond chance", False: ", within chance"}[row["beyond"]]
    return f"{row['change']:+.2%}{beyond}"


def _notes(rows: Sequence[Row]) -> list[str]:
    """Say which versions are not compared with each other."""
    methods = [_methods(versions) for versions in _by_name(rows).values()]
    return [f"not compared with each other: {'; '.join(names)}" for names in methods if len(names) > 1]


def _methods(versions: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["codec"] for row in versions))


def _picture(name: str, versions: Sequence[Row]) -> Picture:
    """Show the ratio from version to version, a line for each of the first two methods of measuring."""
    title, methods = f"Ratio of {name}, version by version", _methods(versions)
    with drawing(title) as drawn:
        axes, places = drawn.axes, list(range(len(versions)))
        for colour, method in zip((ONE, TWO), methods, strict=False):
            some = [place for place in places if versions[place]["codec"] == method]
            axes.plot(some, [versions[place]["ratio"] for place in some], "o-", color=colour, markersize=5)
            for place in some:
                if (low := versions[place]["low"]) is not None:
                    axes.plot([place, place], [low, versions[place]["high"]], "_-", color=colour)
            beyond = [place for place in some if versions[place]["beyond"]]
            ratios = [versions[place]["ratio"] for place in beyond]
            axes.plot(beyond, ratios, "o", color="none", markeredgecolor=SOFT, markersize=11, zorder=3)
        step = -(-len(versions) // MOST_TICKS)
        names = [short(row["version"]) for row in versions[::step]]
        axes.set_xticks(places[::step], names, rotation=30, ha="right", rotation_mode="anchor")
        axes.margins(x=0.08)
        axes.set_ylabel("ratio")
    caption = "Bars: intervals. Ringed: moved by more than they explain."
    if len(methods) > 1:
        caption += f" Lines join what was measured alike: {'; '.join(methods)}."
    return Picture(title, drawn.svg, caption)
