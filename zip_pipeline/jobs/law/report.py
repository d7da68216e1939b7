"""The closing tables of the law's jobs, for console and page alike, and what is said besides."""

from collections.abc import Iterator
from itertools import pairwise

from rich.console import Console

from zip_pipeline.report.console import for_console, say_where
from zip_pipeline.report.page import Part, Table

MOST_EARLIER = 10
"""Versions of the history that the table of `check` shows."""


def fit(console: Console, manifest: Part) -> None:
    """Print each law in a row, then what to beware of."""
    law = manifest["law"]
    _laws(console, law)
    if law["laws"]:
        console.print(for_console(points(law["laws"][0])))
    for line in without_score(manifest):
        console.print(line, markup=False)
    say_where(console, manifest)


def check(console: Console, manifest: Part) -> None:
    """Print each version with what was expected of it, then the reasons."""
    console.print(for_console(versions(manifest)))
    for line in (*reasons(manifest), *set_aside(manifest)):
        console.print(line, markup=False)
    say_where(console, manifest)


def rank(console: Console, manifest: Part) -> None:
    """Print models by rank, then what their scores have to do with it."""
    console.print(for_console(ranking(manifest)))
    for line in documents(manifest):
        console.print(line, markup=False)
    _laws(console, manifest["law"])
    say_where(console, manifest)


def _laws(console: Console, part: Part) -> None:
    if not part["laws"] and not part["not_fitted"]:
        return
    console.print(for_console(laws(part)))
    console.print(how_fitted(part), markup=False)
    for line in cautions(part):
        console.print(f"beware, {line}", markup=False)
    for line in not_fitted(part):
        console.print(line, markup=False)


def laws(part: Part) -> Table:
    """Return a line for each law, and one more for each further predictor of it."""
    columns = ("law", "points", "slope", "Pearson", "Spearman", "R squared", "error left out", "of the mean")
    return Table(columns, [row for law in part["laws"] for row in _of_law(law)])


def _of_law(law: Part) -> Iterator[list[str]]:
    for place, name in enumerate(law["predictors"]):
        whole = [f"{law['r_squared']:.3f}", number(law["left_out_error"]), number(law["left_out_error_of_mean"])]
        title = name_of(law) if place == 0 else f"  {name}"
        yield [
            title,
            f"{law['points']:,}" if place == 0 else "",
            interval(law["coefficients"][name], "+.4g"),
            interval(law["pearson"][name], "+.2f"),
            interval(law["spearman"][name], "+.2f"),
            *(whole if place == 0 else ("", "", "")),
        ]


def points(law: Part) -> Table:
    """Return the points of a law, by its first predictor."""
    (first, *_), response = law["predictors"], law["response"]
    columns = ("model", *law["predictors"], response, "on the line", "off the line of all others")
    rows = []
    for point in sorted(law["of_points"], key=lambda point: (point[first], point["name"])):
        numbers = [point[name] for name in (*law["predictors"], response, "fitted")]
        rows.append([point["name"], *map(number, numbers), number(point["left_out"], "+.4g")])
    return Table(columns, rows)


def versions(manifest: Part) -> Table:
    """Return a line for each new version, behind the last `MOST_EARLIER` of the history."""
    columns = ("version", "R", "drift", "R expected", "copies", "L", "score predicted", "verdict")
    rows = []
    for earlier, version in list(pairwise([None, *manifest["history"]["versions"]]))[-MOST_EARLIER:]:
        drift = None if earlier is None else version["ratio"] / earlier["ratio"] - 1
        rows.append([*_version(version, drift, None), "", "earlier"])
    for found in manifest["versions"]:
        cells = _version(found["version"], found["drift"], found["expected"].get("ratio"))
        rows.append([*cells, _predicted(found["prediction"]), found["verdict"]])
    return Table(columns, rows)


def _version(version: Part, drift: float | None, expected: Part | None) -> list[str]:
    return [
        version["name"],
        f"{version['ratio']:.4f}",
        "" if drift is None else f"{drift:+.1%}",
        _span(expected, ".4f"),
        share(version["duplicates"]),
        number(version["loss"]),
    ]


def ranking(manifest: Part) -> Table:
    """Return a line for each model, the best first."""
    rows = []
    for row in manifest["ranking"]:
        places = "" if row["rank_low"] == row["rank_high"] else f" ({row['rank_low']} to {row['rank_high']})"
        rows.append(
            [
                row["model"],
                f"{row['rank']}{places}",
                f"{row['bits_per_byte']:.4f} ({row['low']:.4f} to {row['high']:.4f})",
                number(row["bits_per_character"]),
                number(row["compression_ratio"]),
                share(row["beats_next"]),
                number(row["score"]),
            ]
        )
    return Table(("model", "rank", "bits per byte", "per character", "ratio", "beats the next", "score"), rows)


def reasons(manifest: Part) -> list[str]:
    """Say why each new version has its verdict, and what else is to be known."""
    return [
        f"{found['version']['name']}: {text}"
        for found in manifest["versions"]
        for text in (*found["reasons"], *(f"(note) {note}" for note in found["notes"]))
    ]


def set_aside(manifest: Part) -> list[str]:
    """Say how many versions of the history could not be compared."""
    others = manifest["history"]["set_aside"]
    said = f"set aside: {others:,} versions of the history, of another training set or measured by another codec"
    return [said] if others else []


def documents(manifest: Part) -> list[str]:
    """Say what the models were ranked by."""
    given = manifest["input"]
    said = [f"over {given['documents']:,} documents, {given['bytes']:,} bytes; intervals by drawing them again"]
    if given["left_out"]:
        said.append(f"left out: {given['left_out']:,} documents that some models were not asked about")
    return said


def without_score(manifest: Part) -> list[str]:
    """Say how many models have no score."""
    given = manifest["input"]
    return [f"{given['without_score']:,} of {given['rows']:,} models have no score"] if given["without_score"] else []


def how_fitted(part: Part) -> str:
    """Say by what the laws were fitted."""
    return f"{part['model']}, intervals of {part['confidence']:.0%}"


def cautions(part: Part) -> list[str]:
    """Say how little each law carries."""
    return [f"{name_of(law)}: {caution}" for law in part["laws"] for caution in law["cautions"]]


def not_fitted(part: Part) -> list[str]:
    """Say which laws could not be fitted, and why."""
    return [f"not fitted, {name_of(law)}: {law['why']}" for law in part["not_fitted"]]


def name_of(law: Part) -> str:
    """Return what is set against what."""
    return f"{law['response']} against {' and '.join(law['predictors'])}"


def interval(found: Part | None, form: str) -> str:
    """Return a value and its interval."""
    if found is None:
        return "none"
    return f"{found['value']:{form}}" + ("" if found["low"] is None else f" ({_span(found, form)})")


def number(value: float | None, form: str = ".4g") -> str:
    """Return a number, or nothing where there is none."""
    return "" if value is None else f"{value:{form}}"


def share(value: float | None) -> str:
    """Return a share in percent, or nothing where there is none."""
    return "" if value is None else f"{value:.1%}"


def _span(found: Part | None, form: str) -> str:
    return "" if found is None else f"{found['low']:{form}} to {found['high']:{form}}"


def _predicted(found: Part | None) -> str:
    return "" if found is None else interval(found, ".4g")
