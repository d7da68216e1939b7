"""What `law fit` and `law check` show: the console's tables and the pages; and laws, as `law rank` shows them, too."""

from collections.abc import Iterator
from itertools import pairwise

from rich.console import Console

from zip_pipeline.jobs.law import plots
from zip_pipeline.report.console import for_console, say_where
from zip_pipeline.report.page import Figure, Page, Section, Table, foot, html
from zip_pipeline.schema import Manifest
from zip_pipeline.stats.drift import AT_RISK

MOST_EARLIER = 10
"""Earlier versions that table and picture of `law check` show."""


def show_fit(console: Console, manifest: Manifest) -> None:
    """Print each law in a row, then its cautions and the models."""
    law = manifest["law"]
    show_laws(console, law)
    if law["laws"]:
        console.print(for_console(_models(law["laws"][0])))
    for line in _without_score(manifest):
        console.print(line, markup=False)
    say_where(console, manifest)


def show_check(console: Console, manifest: Manifest) -> None:
    """Print each version with what was expected, then the reasons of the verdicts."""
    console.print(for_console(_versions(manifest)))
    for line in (*_reasons(manifest), *_set_aside(manifest)):
        console.print(line, markup=False)
    say_where(console, manifest)


def fit_page(manifest: Manifest) -> str:
    """Return the page of `law fit`."""
    law = manifest["law"]
    lead = f"What the compression ratio R of the training data says about {manifest['input']['rows']:,} trained models."
    models = Section("Models", tables=[_models(law["laws"][0])], notes=_without_score(manifest))
    sections = [*law_sections(law, "The law"), models]
    return html(Page("The entropy law", lead, correlations(law), sections=sections, foot=foot(manifest)))


def check_page(manifest: Manifest) -> str:
    """Return the page of `law check`."""
    findings, history, law = manifest["versions"], manifest["history"]["versions"], manifest["law"]
    verdicts = [finding["verdict"] for finding in findings]
    figures = [Figure(name, f"{verdicts.count(name):,}", "new versions") for name in dict.fromkeys(verdicts)]
    warnings = [
        f"{finding['version']['name']} is {AT_RISK}: {'; '.join(finding['reasons'])}."
        for finding in findings
        if finding["verdict"] == AT_RISK
    ]
    pictures = [plots.over_time(history[-MOST_EARLIER:], findings)]
    if law is not None and any(finding["prediction"] for finding in findings):
        of_score = [one for one in law["laws"] if one["response"] == "score" and one["curve"]]
        pictures += [plots.curve(one, findings) for one in of_score]
    sections = [
        Section("Versions", pictures=pictures, tables=[_versions(manifest)], notes=_set_aside(manifest)),
        Section("Reasons", _reasons(manifest)),
    ]
    standards = [f"{len(history):,} earlier versions"] * bool(history) + ["a law of trained models"] * (law is not None)
    lead = f"New versions of a training set, held against {' and '.join(standards) or 'nothing yet'}."
    return html(Page("Is the data as expected?", lead, figures, warnings, sections, foot(manifest)))


def show_laws(console: Console, part: Manifest) -> None:
    """Print each law in a row, then its cautions; nothing where there was nothing to fit."""
    if not part["laws"] and not part["not_fitted"]:
        return
    console.print(for_console(_laws(part)))
    console.print(_method(part), markup=False)
    for line in _cautions(part):
        console.print(f"caution, {line}", markup=False)
    for line in _not_fitted(part):
        console.print(line, markup=False)


def law_sections(part: Manifest, title: str) -> list[Section]:
    """Return the section on the laws; none where there was nothing to fit."""
    if not part["laws"] and not part["not_fitted"]:
        return []
    notes = [_method(part), part["correlations"], *_not_fitted(part)]
    cautions = [f"Caution, {line}." for line in _cautions(part)]
    return [Section(title, cautions, list(plots.laws(part)), [_laws(part)] if part["laws"] else [], notes)]


def correlations(part: Manifest) -> list[Figure]:
    """Return the correlation of each law that has one predictor."""
    figures = []
    for law in part["laws"]:
        pearson = law["pearson"][law["predictors"][0]]
        if len(law["predictors"]) > 1 or pearson is None:
            continue
        interval = "no interval" if pearson["low"] is None else f"{pearson['low']:+.2f} to {pearson['high']:+.2f}"
        note = f"Pearson, {interval}; {law['points']:,} points"
        figures.append(Figure(plots.title_of(law), f"{pearson['value']:+.2f}", note))
    return figures


def _laws(part: Manifest) -> Table:
    """Return a row for each law, and one more for each predictor after its first."""
    columns = ("law", "points", "slope", "Pearson", "Spearman", "R squared", "RMSE", "error left out", "of the mean")
    return Table(columns, [row for law in part["laws"] for row in _law_rows(law)])


def _law_rows(law: Manifest) -> Iterator[list[str]]:
    for place, name in enumerate(law["predictors"]):
        errors = [number(law[name]) for name in ("rmse", "left_out_error", "left_out_error_of_mean")]
        fit = [f"{law['r_squared']:.3f}", *errors]
        yield [
            _name_of(law) if place == 0 else f"  {name}",
            f"{law['points']:,}" if place == 0 else "",
            _interval(law["coefficients"][name], "+.4g"),
            _interval(law["pearson"][name], "+.2f"),
            _interval(law["spearman"][name], "+.2f"),
            *(fit if place == 0 else [""] * len(fit)),
        ]


def _models(law: Manifest) -> Table:
    """Return the points of a law, in the order of its first predictor."""
    (first, *_), response = law["predictors"], law["response"]
    columns = ("model", *law["predictors"], response, "on the line", "off the line of all others")
    rows = []
    for point in sorted(law["of_points"], key=lambda point: (point[first], point["name"])):
        numbers = [point[name] for name in (*law["predictors"], response, "fitted")]
        rows.append([point["name"], *map(number, numbers), number(point["left_out"], "+.4g")])
    return Table(columns, rows)


def _versions(manifest: Manifest) -> Table:
    """Return a row for each new version, after the last `MOST_EARLIER` of the history."""
    columns = ("version", "R", "drift", "R expected", "copies", "L", "score predicted", "verdict")
    rows = []
    for previous, version in list(pairwise([None, *manifest["history"]["versions"]]))[-MOST_EARLIER:]:
        drift = None if previous is None else version["ratio"] / previous["ratio"] - 1
        rows.append([*_version(version, drift, None), "", "earlier"])
    for finding in manifest["versions"]:
        cells = _version(finding["version"], finding["drift"], finding["expected"].get("ratio"))
        rows.append([*cells, _interval(finding["prediction"], ".4g", missing=""), finding["verdict"]])
    return Table(columns, rows)


def _version(version: Manifest, drift: float | None, expected: Manifest | None) -> list[str]:
    return [
        version["name"],
        f"{version['ratio']:.4f}",
        "" if drift is None else f"{drift:+.1%}",
        "" if expected is None else ends(expected, ".4f"),
        percent(version["duplicates"]),
        number(version["loss"]),
    ]


def _reasons(manifest: Manifest) -> list[str]:
    """Give the reasons of each new version's verdict, and the notes on it."""
    return [
        f"{finding['version']['name']}: {text}"
        for finding in manifest["versions"]
        for text in (*finding["reasons"], *(f"(note) {note}" for note in finding["notes"]))
    ]


def _set_aside(manifest: Manifest) -> list[str]:
    """Say how many versions of the history could not be compared."""
    versions = manifest["history"]["set_aside"]
    line = f"set aside: {versions:,} versions of the history, of another training set or measured by another codec"
    return [line] if versions else []


def _without_score(manifest: Manifest) -> list[str]:
    """Say how many models have no score."""
    part = manifest["input"]
    return [f"{part['without_score']:,} of {part['rows']:,} models have no score"] if part["without_score"] else []


def _method(part: Manifest) -> str:
    return f"{part['model']}, intervals of {part['confidence']:.0%}"


def _cautions(part: Manifest) -> list[str]:
    """Give the reasons to trust each law less."""
    return [f"{_name_of(law)}: {caution}" for law in part["laws"] for caution in law["cautions"]]


def _not_fitted(part: Manifest) -> list[str]:
    """Say which laws could not be fitted, and why."""
    return [f"not fitted, {_name_of(law)}: {law['why']}" for law in part["not_fitted"]]


def _name_of(law: Manifest) -> str:
    """Return a law's name.

    >>> _name_of({"response": "score", "predictors": ["ratio", "loss"]})
    'score against ratio and loss'
    >>> _name_of({"response": "score", "predictors": ["bits_per_byte"], "area": "code"})
    'score against bits_per_byte, code'
    """
    of_area = f", {law['area']}" if law.get("area") is not None else ""
    return f"{law['response']} against {' and '.join(law['predictors'])}{of_area}"


def _interval(part: Manifest | None, form: str, missing: str = "none") -> str:
    """Return a value with its interval, such as ``0.52 (0.40 to 0.61)``."""
    if part is None:
        return missing
    return f"{part['value']:{form}}" + ("" if part["low"] is None else f" ({ends(part, form)})")


def ends(part: Manifest, form: str) -> str:
    """Return the ends of an interval, such as ``0.40 to 0.61``."""
    return f"{part['low']:{form}} to {part['high']:{form}}"


def number(value: float | None, form: str = ".4g") -> str:
    """Return a number for a table; nothing for None."""
    return "" if value is None else f"{value:{form}}"


def percent(value: float | None) -> str:
    """Return a share for a table; nothing for None."""
    return "" if value is None else f"{value:.1%}"
