"""The page of `evaluate`."""

from typing import Any

from zip_pipeline.jobs.evaluate import picture
from zip_pipeline.jobs.evaluate import report as report_module
from zip_pipeline.jobs.evaluate.baselines import BASELINES
from zip_pipeline.jobs.evaluate.results import MEAN
from zip_pipeline.report.page import Figure, Page, Section, foot, html


def page(manifest: dict[str, Any]) -> str:
    """Return key figures, pictures and tables."""
    compared = manifest["comparison"]
    figures = []
    for model, selections in compared.items():
        for name, sets in selections.items():
            against = sets[MEAN]["against"][BASELINES[0]]
            note = f"{against['difference']:+.1%} against {BASELINES[0]}: {against['verdict']}"
            figures.append(Figure(f"{name}, {model}: bits per byte", f"{sets[MEAN]['bits']:.4f}", note))
    drawn = [picture.of(f"{name}, {model}", compared[model][name]) for model in compared for name in compared[model]]
    sections = [
        Section("Against chance", [report_module.how_to_read(manifest)], drawn),
        Section("Bits per byte", tables=list(report_module.bits(manifest))),
        Section("What the texts are like", tables=[report_module.statistics(manifest)]),
    ]
    held_out = ", ".join(part["name"] for part in manifest["held_out"])
    lead = f"How many bits per byte two language models need for {held_out}, after each text; fewer are better."
    warnings = [f"Beware: {line}." for line in report_module.warnings(manifest)]
    return html(Page("Does it teach more?", lead, figures, warnings, sections, foot(manifest)))
