"""The pictures of `measure`: ratios with their intervals, and lengths of records."""

from collections.abc import Mapping

from zip_pipeline.report.page import Picture
from zip_pipeline.report.plotting import BYTES, ONE, drawing, height_of, intervals, log_ticks, name_rows
from zip_pipeline.schema import Manifest

MOST_ROWS = 12
"""Sets in a picture."""

_QUANTILES = ("q05", "q25", "median", "q75", "q95")


def largest(rows: Mapping[str, Manifest], most: int) -> list[str]:
    """Return the names of the largest sets, in the order of `rows`.

    Args:
        rows: by name, with ``raw_bytes``.
        most: how many names at most.
    """
    names = sorted(rows, key=lambda name: -rows[name]["raw_bytes"])[:most]
    return [name for name in rows if name in names]


def ratios(title: str, rows: Mapping[str, Manifest]) -> Picture:
    """Show the ratio of each of the largest sets.

    Args:
        title: of the picture.
        rows: by name, with ``raw_bytes``, ``ratio``, ``low``, ``high``.
    """
    names = largest(rows, MOST_ROWS)
    with drawing(title, height=height_of(len(names))) as drawn:
        intervals(drawn.axes, names, [(rows[name]["ratio"], rows[name]["low"], rows[name]["high"]) for name in names])
        drawn.axes.set_xlabel("ratio (higher: more redundant)")
    return Picture(title, drawn.svg, "Dot: raw by compressed bytes of the whole set. Bar: its interval.")


def lengths(title: str, rows: Mapping[str, Manifest]) -> Picture:
    """Show how long the records of each of the largest sets are.

    Args:
        title: of the picture.
        rows: by name, with ``raw_bytes`` and quantiles of payload bytes, such as ``q05_bytes``.
    """
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
