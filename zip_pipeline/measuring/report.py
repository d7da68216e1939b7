"""What `measure` leaves to read: the closing tables, the page."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zip_pipeline import versions
from zip_pipeline.report import MOST_SOURCES, PAGE_WIDTH, table_of

Part = dict[str, Any]


def page(manifest: Part) -> str:
    """Return the closing tables as one HTML file that needs no network."""
    console = Console(record=True, file=io.StringIO(), width=PAGE_WIDTH)
    closing_tables(console, manifest)
    return console.export_html(inline_styles=True)


def closing_tables(console: Console, manifest: Part) -> None:
    """Print the data sets, the sources of each, and how the ratio moved from version to version."""
    sets = manifest["sets"]
    console.print(_measures("data set", {row["label"]: row for row in sets}))
    for row in sets:
        if len(row["per_source"]) > 1:
            console.print(_measures(f"sources of {row['label']}", row["per_source"]))
    console.print(
        f"ratio: raw / compressed bytes by {sets[0]['codec']}, in random order; interval: "
        f"{manifest['measure']['interval']['confidence']:.0%} confidence, from resampled runs of records",
        markup=False,
    )
    versions.show(console, manifest["history"])
    for part in manifest["inputs"]:
        if part["rejected"]:
            console.print(f"rejected: {part['rejected']:,} records of {part['name']}, kept apart", markup=False)
    console.print(f"files: {manifest['config']['output']['path']}", markup=False)


def _measures(title: str, rows: Mapping[str, Part]) -> Table:
    """One set a line, the largest `MOST_SOURCES` of them in the order in which they came."""
    table = table_of(escape(title), "records", "bytes", "ratio", "interval", "mean bytes", "median", "exact copies")
    largest = sorted(rows, key=lambda name: -rows[name]["raw_bytes"])[:MOST_SOURCES]
    for name in [name for name in rows if name in largest]:
        table.add_row(escape(name), *_cells(rows[name]))
    if len(rows) > len(largest):
        table.caption = f"and {len(rows) - len(largest):,} smaller ones, in the manifest"
    return table


def _cells(row: Part) -> Sequence[str]:
    return (
        f"{row['records']:,}",
        f"{row['raw_bytes']:,}",
        f"{row['ratio']:.4f}",
        f"{row['low']:.4f} to {row['high']:.4f}",
        f"{row['mean_bytes']:,.0f}",
        f"{row['median_bytes']:,.0f}",
        f"{row['exact_duplicates']:.1%}",
    )
