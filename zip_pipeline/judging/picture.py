"""The picture of `evaluate`: how far each selection lies from random, set by set, as SVG."""

import io
from collections.abc import Mapping
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from zip_pipeline.judging.contestants import BASELINES

ROW_INCHES, WIDTH_INCHES = 0.32, 11.0


def svg(comparison: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Return the picture as an ``<svg>`` element.

    Args:
        comparison: by model, selection and set: ``bits``, and by baseline ``mean``, ``low``, ``high``.
    """
    rows = max(len(sets) for selections in comparison.values() for sets in selections.values())
    panels = [(model, name) for model, selections in comparison.items() for name in selections]
    # Text stays text, the same picture has the same names inside, and names of sets may hold dollars.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "zip_pipeline", "text.parse_math": False}):
        figure = Figure(figsize=(WIDTH_INCHES, len(panels) * (rows * ROW_INCHES + 1.2)), layout="constrained")
        FigureCanvasSVG(figure)
        for place, (model, name) in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
            _panel(place, f"{name}, {model}", comparison[model][name])
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]


def _panel(axes: Axes, title: str, sets: Mapping[str, Any]) -> None:
    """One selection under one model: a dot for it and a bar for each baseline's interval, per set."""
    heights = range(len(sets), 0, -1)
    for number, kind in enumerate(BASELINES):
        middles, halves = [], []
        for part in sets.values():
            unit, chance = part["against"][BASELINES[0]]["mean"], part["against"][kind]
            middles.append(100 * (chance["mean"] / unit - 1))
            halves.append(100 * (chance["high"] - chance["mean"]) / unit)
        places = [height + 0.2 * (number - 1) for height in heights]
        axes.errorbar(middles, places, xerr=halves, fmt="|", capsize=3, color=f"C{number}", label=kind)
    dots = [100 * part["against"][BASELINES[0]]["difference"] for part in sets.values()]
    axes.plot(dots, list(heights), "o", color="black", label="selection")
    axes.axvline(0, color="lightgrey", zorder=0)
    axes.set_yticks(list(heights), list(sets))
    axes.set_xlabel(f"bits per byte against {BASELINES[0]}, in percent; to the left: taught more")
    axes.set_title(title, loc="left")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
