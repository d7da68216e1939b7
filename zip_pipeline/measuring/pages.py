"""The page of `measure`."""

from typing import Any

from zip_pipeline import report, versions
from zip_pipeline.measuring import pictures, tables
from zip_pipeline.page import Figure, Page, Section, html

MOST_FIGURES = 4
"""Data sets whose ratio stands on top of the page."""


def measure(manifest: dict[str, Any]) -> str:
    """Return the page."""
    rows = {row["name"]: row for row in manifest["sets"]}
    figures = [
        Figure(label, f"{rows[label]['ratio']:.4f}", f"{rows[label]['low']:.4f} to {rows[label]['high']:.4f}")
        for label in tables.largest(rows, MOST_FIGURES)
    ]
    drawn = [pictures.ratios("Ratios", rows), pictures.lengths("Lengths of the records", rows)]
    sections = [
        Section("Data sets", pictures=drawn, tables=[tables.sets(manifest)], notes=[tables.how_to_read(manifest)])
    ]
    of_sources = tables.sources(manifest)
    for table, row in zip(of_sources, [row for row in rows.values() if len(row["per_source"]) > 1], strict=True):
        by_source = row["per_source"]
        drawn = [pictures.ratios("Ratios", by_source), pictures.lengths("Lengths of the records", by_source)]
        sections.append(Section(f"Sources of {row['name']}", pictures=drawn, tables=[table]))
    sections += history(manifest["history"])
    noun = "data set" if len(rows) == 1 else "data sets"
    lead = f"The ratio R of {len(rows):,} {noun}, raw by compressed bytes of the whole; higher means more redundant."
    return html(
        Page("How much data sets compress", lead, figures, tables.rejected(manifest), sections, report.foot(manifest))
    )


def history(rows: list[dict[str, Any]]) -> list[Section]:
    """Return the section on versions over time, if any data set has several."""
    names = versions.several(rows)
    if not names:
        return []
    drawn = [pictures.drift(name, of_name) for name, of_name in names.items()]
    return [Section("Versions over time", pictures=drawn, tables=versions.tables(rows), notes=versions.notes(rows))]
