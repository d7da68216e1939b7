"""The closing tables of `measure`, for console and page alike."""

from collections.abc import Mapping

from rich.console import Console

from zip_pipeline.jobs import history
from zip_pipeline.report.console import for_console, say_where
from zip_pipeline.report.page import Part, Table

MOST_ROWS = 15
"""Sets that a table lists; the manifest has them all."""


def show(console: Console, manifest: Part) -> None:
    """Print the data sets, the sources of each, and how the ratio moved from version to version."""
    for table in (sets(manifest), *sources(manifest)):
        console.print(for_console(table))
    console.print(how_to_read(manifest), markup=False)
    history.show(console, manifest["history"])
    for line in rejected(manifest):
        console.print(line, markup=False)
    say_where(console, manifest)


def how_to_read(manifest: Part) -> str:
    """Say what the numbers mean."""
    ways = "; ".join(dict.fromkeys(row["codec"] for row in manifest["sets"]))
    return (
        f"ratio: raw / compressed bytes by {ways}; interval: "
        f"{manifest['measure']['interval']['confidence']:.0%} confidence, from resampled runs of records"
    )


def rejected(manifest: Part) -> list[str]:
    """Say of which data sets records could not be used."""
    parts = [part for part in manifest["inputs"] if part["rejected"]]
    return [f"rejected: {part['rejected']:,} records of {part['name']}, kept apart" for part in parts]


def sets(manifest: Part) -> Table:
    """Return one data set a line."""
    return _measures("data set", {row["name"]: row for row in manifest["sets"]})


def sources(manifest: Part) -> list[Table]:
    """Return a table for each data set that has several sources, one a line."""
    several = [row for row in manifest["sets"] if len(row["per_source"]) > 1]
    return [_measures(f"sources of {row['name']}", row["per_source"]) for row in several]


def largest(rows: Mapping[str, Part], most: int) -> list[str]:
    """Return the names of the largest sets, in the order in which they came."""
    names = sorted(rows, key=lambda name: -rows[name]["raw_bytes"])[:most]
    return [name for name in rows if name in names]


def _measures(title: str, rows: Mapping[str, Part]) -> Table:
    shown = largest(rows, MOST_ROWS)
    columns = (title, "records", "bytes", "ratio", "interval", "mean bytes", "median", "exact copies")
    left = len(rows) - len(shown)
    foot = [(f"{left:,} smaller ones: in the manifest", *[""] * 7)] if left else []
    return Table(columns, [(name, *_cells(rows[name])) for name in shown], foot)


def _cells(row: Part) -> tuple[str, ...]:
    return (
        f"{row['records']:,}",
        f"{row['raw_bytes']:,}",
        f"{row['ratio']:.4f}",
        f"{row['low']:.4f} to {row['high']:.4f}",
        f"{row['mean_bytes']:,.0f}",
        f"{row['median_bytes']:,.0f}",
        f"{row['exact_duplicates']:.1%}",
    )
