"""The page of `measure`."""

from typing import Any

from zip_pipeline.jobs import history as history_pages
from zip_pipeline.jobs.measure import plots
from zip_pipeline.jobs.measure import report as report_module
from zip_pipeline.report.page import Figure, Page, Section, foot, html

MOST_FIGURES = 4
"""Data sets whose ratio stands on top of the page."""


def measure(manifest: dict[str, Any]) -> str:
    """Return the page."""
    rows = {row["name"]: row for row in manifest["sets"]}
    figures = [
        Figure(label, f"{rows[label]['ratio']:.4f}", f"{rows[label]['low']:.4f} to {rows[label]['high']:.4f}")
        for label in report_module.largest(rows, MOST_FIGURES)
    ]
    drawn = [plots.ratios("Ratios", rows), plots.lengths("Lengths of the records", rows)]
    sections = [
        Section(
            "Data sets",
            pictures=drawn,
            tables=[report_module.sets(manifest)],
            notes=[report_module.how_to_read(manifest)],
        )
    ]
    of_sources = report_module.sources(manifest)
    for table, row in zip(of_sources, [row for row in rows.values() if len(row["per_source"]) > 1], strict=True):
        by_source = row["per_source"]
        drawn = [plots.ratios("Ratios", by_source), plots.lengths("Lengths of the records", by_source)]
        sections.append(Section(f"Sources of {row['name']}", pictures=drawn, tables=[table]))
    sections += history(manifest["history"])
    noun = "data set" if len(rows) == 1 else "data sets"
    lead = f"The ratio R of {len(rows):,} {noun}, raw by compressed bytes of the whole; higher means more redundant."
    return html(
        Page(
            "How much data sets compress",
            lead,
            figures,
            report_module.rejected(manifest),
            sections,
            foot(manifest),
        )
    )


def history(rows: list[dict[str, Any]]) -> list[Section]:
    """Return the section on versions over time, if any data set has several."""
    names = history_pages.several(rows)
    if not names:
        return []
    drawn = [plots.drift(name, of_name) for name, of_name in names.items()]
    return [
        Section(
            "Versions over time", pictures=drawn, tables=history_pages.tables(rows), notes=history_pages.notes(rows)
        )
    ]
