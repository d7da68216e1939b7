"""The pages of `law fit`, `law check` and `law rank`."""

from zip_pipeline.jobs.law import plots
from zip_pipeline.jobs.law import report as report_module
from zip_pipeline.report.page import Figure, Page, Part, Section, foot, html
from zip_pipeline.stats.drift import AT_RISK


def fit(manifest: Part) -> str:
    """Return the page of `law fit`."""
    law = manifest["law"]
    points = [
        Section("Models", tables=[report_module.points(law["laws"][0])], notes=report_module.without_score(manifest))
    ]
    lead = f"What the compression ratio R of their data says of {manifest['input']['rows']:,} models that were trained."
    sections = [*_laws(law, "The law"), *points]
    return html(Page("The entropy law", lead, _figures(law), sections=sections, foot=foot(manifest)))


def check(manifest: Part) -> str:
    """Return the page of `law check`."""
    found, history, law = manifest["versions"], manifest["history"]["versions"], manifest["law"]
    verdicts = dict.fromkeys(one["verdict"] for one in found)
    figures = [Figure(name, f"{sum(one['verdict'] == name for one in found):,}", "new versions") for name in verdicts]
    warnings = [
        f"{one['version']['name']} is {AT_RISK}: {'; '.join(one['reasons'])}."
        for one in found
        if one["verdict"] == AT_RISK
    ]
    drawn = [plots.over_time(history[-report_module.MOST_EARLIER :], found)]
    if law is not None:
        drawn += [
            plots.curve(fitted, found)
            for fitted in law["laws"]
            if fitted["response"] == "score" and fitted["curve"] and any(one["prediction"] for one in found)
        ]
    sections = [
        Section(
            "Versions",
            pictures=drawn,
            tables=[report_module.versions(manifest)],
            notes=report_module.set_aside(manifest),
        ),
        Section("Reasons", report_module.reasons(manifest)),
    ]
    beside = [f"{len(history):,} earlier versions"] * bool(history) + ["a law of trained models"] * (law is not None)
    lead = f"New versions of a training set, held against {' and '.join(beside) or 'nothing yet'}."
    return html(Page("Is the data as expected?", lead, figures, warnings, sections, foot(manifest)))


def rank(manifest: Part) -> str:
    """Return the page of `law rank`."""
    best, *_ = rows = manifest["ranking"]
    lead = f"{len(rows):,} models by the bits that they need for text; fewer are better."
    ratio = f"ratio {report_module.number(best['compression_ratio'])}"
    figures = [
        Figure("best", best["model"], f"beats the next in {best['beats_next']:.1%} of the draws" if rows[1:] else ""),
        Figure("its bits per byte", f"{best['bits_per_byte']:.4f}", ratio),
        *_figures(manifest["law"]),
    ]
    drawn, notes = [plots.ranking(rows)], report_module.documents(manifest)
    sections = [Section("Ranking", pictures=drawn, tables=[report_module.ranking(manifest)], notes=notes)]
    sections += _laws(manifest["law"], "Scores against bits")
    return html(Page("Models by compression", lead, figures, sections=sections, foot=foot(manifest)))


def _laws(part: Part, title: str) -> list[Section]:
    """Return the section on the laws, if any was to be fitted."""
    if not part["laws"] and not part["not_fitted"]:
        return []
    notes = [report_module.how_fitted(part), part["correlations"], *report_module.not_fitted(part)]
    beware = [f"Beware, {line}." for line in report_module.cautions(part)]
    shown = [report_module.laws(part)] if part["laws"] else []
    return [Section(title, beware, list(plots.laws(part)), shown, notes)]


def _figures(part: Part) -> list[Figure]:
    """Return the correlation of each law of one predictor."""
    figures = []
    for law in part["laws"]:
        (name, *others) = law["predictors"]
        if not others and (found := law["pearson"][name]) is not None:
            told = "no interval" if found["low"] is None else f"{found['low']:+.2f} to {found['high']:+.2f}"
            note = f"Pearson, {told}; {law['points']:,} points"
            figures.append(Figure(plots.title_of(law), f"{found['value']:+.2f}", note))
    return figures
