"""The pictures of the law's jobs: curves with their bands and the points on them, versions over time, models ranked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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

Part = Mapping[str, Any]

NAMES = {"ratio": "R", "loss": "L"}
"""How the paper calls them."""

MOST_NAMED = 12
"""Points that are named on a curve; more would cover each other."""

VERDICTS = {"as expected": (THREE, "o"), "at risk": (TWO, "X"), "outside the range seen": (FIVE, "D")}
OTHER = (SOFT, "s")
"""Colour and mark of a version by its verdict, and where there is none."""


def laws(part: Part) -> Iterator[Picture]:
    """Yield a picture of each law: of one predictor its curve, of several what it says against what was."""
    for law in part["laws"]:
        yield curve(law) if law["curve"] else fitted(law)


def title_of(law: Part) -> str:
    """Return what is set against what, as the paper calls it."""
    return f"{_name(law['response'])} against {' and '.join(map(_name, law['predictors']))}"


def curve(law: Part, versions: Sequence[Part] = ()) -> Picture:
    """Show a law of one predictor with its bands and its points.

    Args:
        law: as a manifest has it.
        versions: findings of `check`, to be shown at their R with the interval of what is predicted.
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
        _predicted(axes, versions)
        axes.set_xlabel(_name(predictor))
        axes.set_ylabel(_name(response))
        drawn.legend(columns=3)
    caption = "Inner band: where the line lies; outer band: where one more model would, each with 95 % probability."
    if versions:
        caption += " Marks with bars: what is predicted for the new versions."
    return Picture(title, drawn.svg, caption)


def fitted(law: Part) -> Picture:
    """Show what a law of several predictors says of its points, against what they are."""
    response, points, title = law["response"], law["of_points"], title_of(law)
    with drawing(title, height=3.3) as drawn:
        axes = drawn.axes
        said, was = [point["fitted"] for point in points], [point[response] for point in points]
        ends = [min(said + was), max(said + was)]
        axes.plot(ends, ends, color=ONE, label="were it exact")
        axes.plot(said, was, "o", color=INK, markersize=4, label="models")
        if len(points) <= MOST_NAMED:
            _name_points(axes, [(point["name"], point["fitted"], point[response]) for point in points])
        axes.set_xlabel(f"{_name(response)}, by the law")
        axes.set_ylabel(f"{_name(response)}, of the model")
        drawn.legend(columns=3)
    return Picture(title, drawn.svg, "The nearer to the line, the better the law knows its own points.")


def over_time(history: Sequence[Part], findings: Sequence[Part]) -> Picture:
    """Show R from version to version, with what the earlier ones let one more be.

    Args:
        history: versions, oldest first.
        findings: of `check`, in order.
    """
    names = [version["name"] for version in history] + [found["version"]["name"] for found in findings]
    ratios = [version["ratio"] for version in history] + [found["version"]["ratio"] for found in findings]
    with drawing("R from version to version") as drawn:
        axes, places = drawn.axes, list(range(len(names)))
        axes.plot(places, ratios, color=LINE, zorder=1)
        axes.plot(
            places[: len(history)], ratios[: len(history)], "o", color=SOFT, markersize=4, label="earlier versions"
        )
        for place, found in enumerate(findings, len(history)):
            if (usual := found["expected"].get("ratio")) is not None:
                label = "expected" if place == len(history) else None
                axes.plot([place, place], [usual["low"], usual["high"]], color=ONE, alpha=0.3, linewidth=7, label=label)
        _mark(axes, findings, places[len(history) :], ratios[len(history) :])
        step = max(1, -(-len(names) // 8))
        axes.set_xticks(places[::step], [short(name) for name in names[::step]], rotation=30, ha="right")
        axes.set_ylabel("R")
        drawn.legend(columns=3)
    return Picture(
        "R from version to version", drawn.svg, "Bars: where 95 % of further versions like those before would lie."
    )


def ranking(rows: Sequence[Part]) -> Picture:
    """Show bits per byte of each model with their intervals, the best on top."""
    with drawing("Models by bits per byte", height=height_of(len(rows))) as drawn:
        names = [f"{row['rank']}  {row['model']}" for row in rows]
        intervals(drawn.axes, names, [(row["bits_per_byte"], row["low"], row["high"]) for row in rows])
        drawn.axes.set_xlabel("bits per byte; fewer are better")
    return Picture("Models by bits per byte", drawn.svg, "Bars: 95 % intervals, from documents drawn again.")


def _predicted(axes: Axes, findings: Sequence[Part]) -> None:
    """Show what is predicted for versions, where something is."""
    told = [found for found in findings if found["prediction"] is not None]
    for found in told:
        said, ratio = found["prediction"], found["version"]["ratio"]
        axes.plot([ratio, ratio], [said["low"], said["high"]], color=_style(found)[0], linewidth=1)
    _mark(axes, told, [found["version"]["ratio"] for found in told], [found["prediction"]["value"] for found in told])


def _mark(axes: Axes, findings: Sequence[Part], across: Sequence[float], up: Sequence[float]) -> None:
    """Show findings by their verdicts, each verdict with one line in the legend."""
    for verdict in dict.fromkeys(found["verdict"] for found in findings):
        some = [place for place, found in enumerate(findings) if found["verdict"] == verdict]
        colour, mark = VERDICTS.get(verdict, OTHER)
        where = [across[place] for place in some], [up[place] for place in some]
        axes.plot(*where, mark, color=colour, markersize=6, label=verdict, zorder=3)


def _style(found: Part) -> tuple[str, str]:
    return VERDICTS.get(found["verdict"], OTHER)


def _name_points(axes: Axes, points: Sequence[tuple[str, float, float]]) -> None:
    for name, across, up in points:
        axes.annotate(short(name), (across, up), xytext=(4, 3), textcoords="offset points", fontsize=7, color=SOFT)


def _name(key: str) -> str:
    return NAMES.get(key, key.replace("_", " "))
