"""The pictures of `measure`: ratios with their intervals, lengths, and the ratio from version to version."""

from collections.abc import Mapping, Sequence
from typing import Any

from zip_pipeline.jobs.measure.report import largest
from zip_pipeline.report.page import Picture
from zip_pipeline.report.plotting import (
    BYTES,
    ONE,
    SOFT,
    TWO,
    drawing,
    height_of,
    intervals,
    log_ticks,
    name_rows,
    short,
)

MOST_ROWS, MOST_NAMES = 12, 8
"""Sets in a picture; versions whose names stand below the axis."""

_QUANTILES = ("q05", "q25", "median", "q75", "q95")

Part = dict[str, Any]


def ratios(title: str, rows: Mapping[str, Part]) -> Picture:
    """Show the ratio of each set, the largest sets where there are many."""
    names = largest(rows, MOST_ROWS)
    with drawing(title, height=height_of(len(names))) as drawn:
        intervals(drawn.axes, names, [(rows[name]["ratio"], rows[name]["low"], rows[name]["high"]) for name in names])
        drawn.axes.set_xlabel("ratio (higher: more redundant)")
    return Picture(title, drawn.svg, "Dot: raw by compressed bytes of the whole set. Bar: its interval.")


def lengths(title: str, rows: Mapping[str, Part]) -> Picture:
    """Show how long the records of each set are."""
    names = largest(rows, MOST_ROWS)
    with drawing(title, height=height_of(len(names))) as drawn:
        axes = drawn.axes
        for place, name in zip(range(len(names), 0, -1), names, strict=True):
            low, first, median, third, high = (max(1, rows[name][f"{part}_bytes"]) for part in _QUANTILES)
            axes.plot([low, high], [place, place], color=ONE, linewidth=1.5)
            axes.plot([first, third], [place, place], color=ONE, linewidth=7, alpha=0.4)
            axes.plot([median], [place], "|", color=ONE, markersize=11, markeredgewidth=2)
        name_rows(axes, names)
        axes.set_xscale("log")
        log_ticks(axes.xaxis, BYTES)
        axes.set_xlabel("bytes of a record")
    return Picture(title, drawn.svg, "Mark: median. Thick: the middle half of the records. Thin: nine tenths of them.")


def drift(name: str, versions: Sequence[Part]) -> Picture:
    """Show the ratio from version to version.

    Args:
        name: of the data set.
        versions: `versions.compared`, oldest first.
    """
    title = f"Ratio of {name}, version by version"
    with drawing(title) as drawn:
        axes, places = drawn.axes, list(range(len(versions)))
        for colour, way in zip((ONE, TWO), _ways(versions), strict=False):
            some = [place for place in places if versions[place]["codec"] == way]
            axes.plot(some, [versions[place]["ratio"] for place in some], "o-", color=colour, markersize=5)
            for place in some:
                if (low := versions[place]["low"]) is not None:
                    axes.plot([place, place], [low, versions[place]["high"]], "_-", color=colour)
            beyond = [place for place in some if versions[place]["beyond"]]
            moved = [versions[place]["ratio"] for place in beyond]
            axes.plot(beyond, moved, "o", color="none", markeredgecolor=SOFT, markersize=11, zorder=3)
        step = -(-len(versions) // MOST_NAMES)
        names = [short(row["version"]) for row in versions[::step]]
        axes.set_xticks(places[::step], names, rotation=30, ha="right", rotation_mode="anchor")
        axes.margins(x=0.08)
        axes.set_ylabel("ratio")
    ways = _ways(versions)
    caption = "Bars: intervals. Ringed: moved by more than they explain."
    if len(ways) > 1:
        caption += f" Lines join what was measured alike: {'; '.join(ways)}."
    return Picture(title, drawn.svg, caption)


def _ways(versions: Sequence[Part]) -> list[str]:
    return list(dict.fromkeys(row["codec"] for row in versions))
