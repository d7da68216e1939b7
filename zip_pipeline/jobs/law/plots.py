"""The pictures of the law's jobs: each law with its bands and points, versions over time, models by rank."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes

from zip_pipeline.report.page import Picture
from zip_pipeline.report.plotting import (
    FIVE,
    INK,
    LINE,
    ONE,
    SOFT,
    THREE,
    TWO,
    drawing,
    height_of,
    intervals,
    short,
)
from zip_pipeline.schema import Manifest

NAMES = {"ratio": "R", "loss": "L"}
"""The paper's symbols."""

MOST_NAMED = 12
"""Points that a picture names; more names would cover each other."""

MOST_TICKS = 8
"""Versions that an axis names."""

VERDICTS = {"as expected": (THREE, "o"), "at risk": (TWO, "X"), "outside the range seen": (FIVE, "D")}
OTHER = (SOFT, "s")
"""Colour and mark of a version by its verdict; `OTHER`: of a version without one."""


def laws(part: Manifest) -> Iterator[Picture]:
    """Yield a picture of each law: its curve where it has one predictor, or else predicted against actual values."""
    for law in part["laws"]:
        yield curve(law) if law["curve"] else predicted(law)


def title_of(law: Manifest) -> str:
    """Return a law's name in the paper's symbols, such as ``score against R and L``, and its area if it has one."""
    of_area = f", {law['area']}" if law.get("area") is not None else ""
    return f"{_name(law['response'])} against {' and '.join(map(_name, law['predictors']))}{of_area}"


def curve(law: Manifest, versions: Sequence[Manifest] = ()) -> Picture:
    """Show a law of one predictor with its bands and its points.

    Args:
        law: from a manifest, with one predictor.
        versions: from a manifest of `law check`; the picture shows each at its R, with the interval of its prediction.
    """
    (predictor,), response, title = law["predictors"], law["response"], title_of(law)
    places = [point["at"] for point in law["curve"]]
    lines = {key: [point[key] for point in law["curve"]] for key in law["curve"][0]}
    with drawing(title, height=3.3) as drawn:
        axes = drawn.axes
        axes.fill_between(
            places, lines["low"], lines["high"], color=ONE, alpha=0.13, linewidth=0, label="one more model"
        )
        axes.fill_between(
            places, lines["line_low"], lines["line_high"], color=ONE, alpha=0.3, linewidth=0, label="the line"
        )
        axes.plot(places, lines["value"], color=ONE)
        points = law["of_points"]
        axes.plot(
            [p[predictor] for p in points], [p[response] for p in points], "o", color=INK, markersize=4, label="models"
        )
        if len(points) <= MOST_NAMED and not versions:
            _name_points(axes, [(point["name"], point[predictor], point[response]) for point in points])
        _mark_predictions(axes, versions)
        axes.set_xlabel(_name(predictor))
        axes.set_ylabel(_name(response))
        drawn.legend(columns=3)
    caption = "Inner band: where the line lies; outer band: where one more model would, each with 95 % probability."
    if versions:
        caption += " Marks with bars: predictions for the new versions."
    return Picture(title, drawn.svg, caption)


def predicted(law: Manifest) -> Picture:
    """Show what a law of several predictors predicts for its points, against their actual values."""
    response, points, title = law["response"], law["of_points"], title_of(law)
    with drawing(title, height=3.3) as drawn:
        axes = drawn.axes
        predictions, values = [point["fitted"] for point in points], [point[response] for point in points]
        ends = [min(predictions + values), max(predictions + values)]
        axes.plot(ends, ends, color=ONE, label="were it exact")
        axes.plot(predictions, values, "o", color=INK, markersize=4, label="models")
        if len(points) <= MOST_NAMED:
            _name_points(axes, [(point["name"], point["fitted"], point[response]) for point in points])
        axes.set_xlabel(f"{_name(response)}, by the law")
        axes.set_ylabel(f"{_name(response)}, of the model")
        drawn.legend(columns=3)
    return Picture(title, drawn.svg, "The nearer to the line, the better the law knows its own points.")


def over_time(history: Sequence[Manifest], findings: Sequence[Manifest]) -> Picture:
    """Show R from version to version, and where the earlier versions let the next one lie.

    Args:
        history: earlier versions, oldest first.
        findings: on the new versions, oldest first.
    """
    names = [version["name"] for version in history] + [finding["version"]["name"] for finding in findings]
    ratios = [version["ratio"] for version in history] + [finding["version"]["ratio"] for finding in findings]
    with drawing("R from version to version") as drawn:
        axes, places = drawn.axes, list(range(len(names)))
        axes.plot(places, ratios, color=LINE, zorder=1)
        axes.plot(
            places[: len(history)], ratios[: len(history)], "o", color=SOFT, markersize=4, label="earlier versions"
        )
        for place, finding in enumerate(findings, len(history)):
            if (usual := finding["expected"].get("ratio")) is not None:
                label = "expected" if place == len(history) else None
                axes.plot([place, place], [usual["low"], usual["high"]], color=ONE, alpha=0.3, linewidth=7, label=label)
        _mark(axes, findings, places[len(history) :], ratios[len(history) :])
        step = max(1, -(-len(names) // MOST_TICKS))
        axes.set_xticks(places[::step], [short(name) for name in names[::step]], rotation=30, ha="right")
        axes.set_ylabel("R")
        drawn.legend(columns=3)
    return Picture(
        "R from version to version", drawn.svg, "Bars: where 95 % of further versions like those before would lie."
    )


def ranking(rows: Sequence[Manifest]) -> Picture:
    """Show bits per byte of each model with their intervals, the best on top."""
    with drawing("Models by bits per byte", height=height_of(len(rows))) as drawn:
        names = [f"{row['rank']}  {row['model']}" for row in rows]
        intervals(drawn.axes, names, [(row["bits_per_byte"], row["low"], row["high"]) for row in rows])
        drawn.axes.set_xlabel("bits per byte; fewer are better")
    return Picture("Models by bits per byte", drawn.svg, "Bars: 95 % intervals, from documents drawn again.")


def _mark_predictions(axes: Axes, findings: Sequence[Manifest]) -> None:
    """Show the predicted score of each version that has one."""
    shown = [finding for finding in findings if finding["prediction"] is not None]
    for finding in shown:
        prediction, ratio = finding["prediction"], finding["version"]["ratio"]
        axes.plot([ratio, ratio], [prediction["low"], prediction["high"]], color=_style(finding)[0], linewidth=1)
    ratios = [finding["version"]["ratio"] for finding in shown]
    _mark(axes, shown, ratios, [finding["prediction"]["value"] for finding in shown])


def _mark(axes: Axes, findings: Sequence[Manifest], across: Sequence[float], up: Sequence[float]) -> None:
    """Mark findings by their verdicts; each verdict has one entry in the legend."""
    for verdict in dict.fromkeys(finding["verdict"] for finding in findings):
        some = [place for place, finding in enumerate(findings) if finding["verdict"] == verdict]
        colour, mark = VERDICTS.get(verdict, OTHER)
        axes.plot(
            [across[place] for place in some],
            [up[place] for place in some],
            mark,
            color=colour,
            markersize=6,
            label=verdict,
            zorder=3,
        )


def _style(finding: Manifest) -> tuple[str, str]:
    return VERDICTS.get(finding["verdict"], OTHER)


def _name_points(axes: Axes, points: Sequence[tuple[str, float, float]]) -> None:
    for name, across, up in points:
        axes.annotate(short(name), (across, up), xytext=(4, 3), textcoords="offset points", fontsize=7, color=SOFT)


def _name(key: str) -> str:
    return NAMES.get(key, key.replace("_", " "))
