"""What `measure` shows: the console's tables, and the page."""

from collections.abc import Mapping

from rich.console import Console

from zip_pipeline.jobs.history import history_sections, show_history
from zip_pipeline.jobs.measure import plots
from zip_pipeline.jobs.measure.plots import largest
from zip_pipeline.report.console import for_console, say_where
from zip_pipeline.report.page import Figure, Page, Section, Table, foot, html
from zip_pipeline.schema import Manifest

MOST_ROWS = 15
"""Sets that a table lists; the manifest has them all."""

MOST_FIGURES = 4
"""Data sets whose ratio is a key figure of the page."""


def show(console: Console, manifest: Manifest) -> None:
    """Print the data sets, the sources of each, and how the ratio moved from version to version."""
    console.print(for_console(_data_sets(manifest)))
    for row in _with_sources(manifest):
        console.print(for_console(_sources(row)))
    console.print(_how_to_read(manifest), markup=False)
    show_history(console, manifest["history"])
    for line in _rejected(manifest):
        console.print(line, markup=False)
    say_where(console, manifest)


def measure_page(manifest: Manifest) -> str:
    """Return the page of `measure`."""
    rows = {row["name"]: row for row in manifest["sets"]}
    figures = [
        Figure(name, f"{rows[name]['ratio']:.4f}", f"{rows[name]['low']:.4f} to {rows[name]['high']:.4f}")
        for name in largest(rows, MOST_FIGURES)
    ]
    pictures = [plots.ratios("Ratios", rows), plots.lengths("Lengths of the records", rows)]
    sections = [Section("Data sets", pictures=pictures, tables=[_data_sets(manifest)], notes=[_how_to_read(manifest)])]
    for row in _with_sources(manifest):
        by_source = row["per_source"]
        pictures = [plots.ratios("Ratios", by_source), plots.lengths("Lengths of the records", by_source)]
        sections.append(Section(f"Sources of {row['name']}", pictures=pictures, tables=[_sources(row)]))
    sections += history_sections(manifest["history"])
    noun = "data set" if len(rows) == 1 else "data sets"
    lead = f"The ratio R of {len(rows):,} {noun}, raw by compressed bytes of the whole; higher means more redundant."
    return html(
        Page("How much data sets compress", lead, figures, _rejected(manifest), sections, foot(manifest)),
    )


def _how_to_read(manifest: Manifest) -> str:
    methods = "; ".join(dict.fromkeys(row["codec"] for row in manifest["sets"]))
    return (
        f"ratio: raw / compressed bytes by {methods}; interval: "
        f"{manifest['measure']['interval']['confidence']:.0%} confidence, from resampled runs of records"
    )


def _rejected(manifest: Manifest) -> list[str]:
    """Say how many records of each data set could not be used."""
    parts = [part for part in manifest["inputs"] if part["rejected"]]
    return [f"rejected: {part['rejected']:,} records of {part['name']}, kept apart" for part in parts]


def _with_sources(manifest: Manifest) -> list[Manifest]:
    """Return the rows of the data sets that have several sources."""
    return [row for row in manifest["sets"] if len(row["per_source"]) > 1]


def _data_sets(manifest: Manifest) -> Table:
    return _table("data set", {row["name"]: row for row in manifest["sets"]})


def _sources(row: Manifest) -> Table:
    return _table(f"sources of {row['name']}", row["per_source"])


def _table(title: str, rows: Mapping[str, Manifest]) -> Table:
    """Return a row for each of the largest sets, and how many are smaller in the foot."""
    names = largest(rows, MOST_ROWS)
    columns = (title, "records", "bytes", "ratio", "interval", "mean bytes", "median", "exact copies")
    smaller = len(rows) - len(names)
    foot_rows = [(f"{smaller:,} smaller ones: in the manifest", *[""] * 7)] if smaller else []
    return Table(columns, [(name, *_cells(rows[name])) for name in names], foot_rows)


def _cells(row: Manifest) -> tuple[str, ...]:
    return (
        f"{row['records']:,}",
        f"{row['raw_bytes']:,}",
        f"{row['ratio']:.4f}",
        f"{row['low']:.4f} to {row['high']:.4f}",
        f"{row['mean_bytes']:,.0f}",
        f"{row['median_bytes']:,.0f}",
        f"{row['exact_duplicates']:.1%}",
    )
