"""The closing tables of the law's jobs."""

import io
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zip_pipeline.core.verdicts import AT_RISK
from zip_pipeline.report import PAGE_WIDTH, table_of

MOST_EARLIER = 10
"""Versions of the history that the table of `check` shows."""

Part = dict[str, Any]


def page(show: Callable[[Console, Part], None], manifest: Part) -> str:
    """Return the tables of a job as one HTML file that needs no network."""
    console = Console(record=True, file=io.StringIO(), width=PAGE_WIDTH)
    show(console, manifest)
    return console.export_html(inline_styles=True)


def fit(console: Console, manifest: Part) -> None:
    """Print each law in a row, then what to beware of."""
    law = manifest["law"]
    _laws(console, law)
    if law["laws"]:
        console.print(_points(law["laws"][0]))
    if missing := manifest["input"]["without_score"]:
        console.print(f"{missing:,} of {manifest['input']['rows']:,} models have no score", markup=False)
    _files(console, manifest)


def check(console: Console, manifest: Part) -> None:
    """Print each version with what was expected of it, then the reasons."""
    table = table_of("version", "R", "drift", "R expected", "copies", "L", "score predicted", "verdict")
    history = manifest["history"]["versions"]
    if history:
        before = [None, *[version["ratio"] for version in history]]
        for version, earlier in list(zip(history, before, strict=False))[-MOST_EARLIER:]:
            drift = None if earlier is None else version["ratio"] / earlier - 1
            table.add_row(
                *_version(version, drift), "", _share(version["duplicates"]), _number(version["loss"]), "", ""
            )
        table.add_section()
    for found in manifest["versions"]:
        version, verdict = found["version"], found["verdict"]
        table.add_row(
            *_version(version, found["drift"]),
            _span(found["expected"].get("ratio"), ".4f"),
            _share(version["duplicates"]),
            _number(version["loss"]),
            _predicted(found["prediction"]),
            f"[bold red]{verdict}[/]" if verdict == AT_RISK else verdict,
        )
    console.print(table)
    for found in manifest["versions"]:
        for text in (*found["reasons"], *(f"(note) {note}" for note in found["notes"])):
            console.print(f"{found['version']['name']}: {text}", markup=False)
    if others := manifest["history"]["set_aside"]:
        console.print(
            f"set aside: {others:,} versions of the history, of another training set or measured in another way",
            markup=False,
        )
    _files(console, manifest)


def rank(console: Console, manifest: Part) -> None:
    """Print models by rank, then what their scores have to do with it."""
    table = table_of("model", "rank", "bits per byte", "per character", "ratio", "beats the next", "score")
    for row in manifest["ranking"]:
        places = "" if row["rank_low"] == row["rank_high"] else f" ({row['rank_low']} to {row['rank_high']})"
        table.add_row(
            escape(row["model"]),
            f"{row['rank']}{places}",
            f"{row['bits_per_byte']:.4f} ({row['low']:.4f} to {row['high']:.4f})",
            _number(row["bits_per_character"]),
            _number(row["compression_ratio"]),
            _share(row["beats_next"]),
            _number(row["score"]),
        )
    console.print(table)
    given = manifest["input"]
    console.print(
        f"over {given['documents']:,} documents, {given['bytes']:,} bytes; intervals by drawing them again",
        markup=False,
    )
    if given["left_out"]:
        console.print(f"left out: {given['left_out']:,} documents that some models were not asked about", markup=False)
    _laws(console, manifest["law"])
    _files(console, manifest)


def _laws(console: Console, part: Part) -> None:
    if not part["laws"] and not part["not_fitted"]:
        return
    table = table_of("law", "points", "slope", "Pearson", "Spearman", "R squared", "error left out", "of the mean")
    for law in part["laws"]:
        for place, name in enumerate(law["predictors"]):
            whole = [f"{law['r_squared']:.3f}", _number(law["left_out_error"]), _number(law["left_out_error_of_mean"])]
            title = f"{law['response']} against {' and '.join(law['predictors'])}" if place == 0 else f"  {name}"
            table.add_row(
                escape(title),
                f"{law['points']:,}" if place == 0 else "",
                _interval(law["coefficients"][name], "+.4g"),
                _interval(law["pearson"][name], "+.2f"),
                _interval(law["spearman"][name], "+.2f"),
                *(whole if place == 0 else ("", "", "")),
            )
    console.print(table)
    console.print(f"{part['model']}, intervals of {part['confidence']:.0%}", markup=False)
    for law in part["laws"]:
        for caution in law["cautions"]:
            console.print(
                f"beware, {law['response']} against {' and '.join(law['predictors'])}: {caution}", markup=False
            )
    for law in part["not_fitted"]:
        console.print(
            f"not fitted, {law['response']} against {' and '.join(law['predictors'])}: {law['why']}", markup=False
        )


def _points(law: Part) -> Table:
    """The points of a law, by its first predictor."""
    (first, *_), response = law["predictors"], law["response"]
    table = table_of("model", *law["predictors"], response, "on the line", "off the line of all others")
    for point in sorted(law["of_points"], key=lambda point: (point[first], point["name"])):
        numbers = [point[name] for name in (*law["predictors"], response, "fitted")]
        table.add_row(escape(point["name"]), *map(_number, numbers), _number(point["left_out"], "+.4g"))
    return table


def _version(version: Part, drift: float | None) -> tuple[str, str, str]:
    return escape(version["name"]), f"{version['ratio']:.4f}", "" if drift is None else f"{drift:+.1%}"


def _interval(found: Part | None, form: str) -> str:
    if found is None:
        return "none"
    return f"{found['value']:{form}}" + ("" if found["low"] is None else f" ({_span(found, form)})")


def _span(found: Part | None, form: str) -> str:
    return "" if found is None else f"{found['low']:{form}} to {found['high']:{form}}"


def _predicted(found: Part | None) -> str:
    return "" if found is None else _interval(found, ".4g")


def _number(value: float | None, form: str = ".4g") -> str:
    return "" if value is None else f"{value:{form}}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _files(console: Console, manifest: Part) -> None:
    console.print(f"files: {manifest['config']['output']['path']}", markup=False)
