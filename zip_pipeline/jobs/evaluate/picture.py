"""The picture of `evaluate`: how far a selection lies from random, set by set."""

from collections.abc import Mapping
from typing import Any

from zip_pipeline.jobs.evaluate.baselines import BASELINES
from zip_pipeline.report.page import Picture
from zip_pipeline.report.plotting import FOUR, INK, LINE, ONE, THREE, TWO, drawing, name_rows

COLOURS = dict(zip(BASELINES, (ONE, THREE, FOUR), strict=True))


def of(title: str, sets: Mapping[str, Any]) -> Picture:
    """Show one selection under one model: a dot for it and a bar for each baseline's interval, per set.

    Args:
        title: of the picture.
        sets: by set: ``bits``, and ``against`` by baseline ``mean``, ``low``, ``high``.
    """
    heights = range(len(sets), 0, -1)
    with drawing(title, height=1.3 + 0.36 * len(sets)) as drawn:
        axes = drawn.axes
        for number, kind in enumerate(BASELINES):
            middles, halves = [], []
            for part in sets.values():
                unit, chance = part["against"][BASELINES[0]]["mean"], part["against"][kind]
                middles.append(100 * (chance["mean"] / unit - 1))
                halves.append(100 * (chance["high"] - chance["mean"]) / unit)
            places = [height + 0.2 * (number - 1) for height in heights]
            axes.errorbar(middles, places, xerr=halves, fmt="|", capsize=3, color=COLOURS[kind], label=kind)
        dots = [100 * part["against"][BASELINES[0]]["difference"] for part in sets.values()]
        axes.plot(dots, list(heights), "o", color=TWO, markeredgecolor=INK, label="selection")
        axes.axvline(0, color=LINE, zorder=0)
        name_rows(axes, list(sets))
        axes.set_xlabel(f"bits per byte against {BASELINES[0]}, in percent")
        drawn.legend()
    return Picture(title, drawn.svg, "To the left: taught more. Bars: where 95 % of further draws would lie.")
