"""Pictures for a page, drawn with matplotlib: SVG in the page's own colours and fonts, light and dark.

A picture is drawn small, about as wide as a phone, and grows with its column. Colours are names of `page.html`'s
style: what matplotlib draws in a stand-in becomes ``var(--name)``.
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

INK, SOFT, LINE, PAPER = "#010101", "#010102", "#010103", "#010104"
ONE, TWO, THREE, FOUR, FIVE = "#010105", "#010106", "#010107", "#010108", "#010109"
"""Stand-ins for colours: text, quieter text, thin lines, background, and those of data."""

_FONT = "DejaVu Sans"
"""The font that matplotlib has and measures text with; the page's own are narrower."""

_NAMES = {"ink": INK, "soft": SOFT, "line": LINE, "paper": PAPER}
_NAMES |= {"one": ONE, "two": TWO, "three": THREE, "four": FOUR, "five": FIVE}
_IN_PAGE = {value: f"var(--{name})" for name, value in _NAMES.items()} | {f"'{_FONT}'": "var(--font)"}
_STAND_INS = re.compile("|".join(_IN_PAGE))

WIDTH, HEIGHT = 4.6, 2.9
"""Inches."""

BYTES = [10**power for power in range(9)]
"""Where a log axis of bytes has numbers."""

MOST_LETTERS = 22
"""Of a name beside a picture."""

_STYLE: dict[Any, Any] = {
    "axes.edgecolor": SOFT,
    "axes.facecolor": "none",
    "axes.labelcolor": SOFT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": [_FONT],
    "font.size": 8.5,
    "legend.borderpad": 0,
    "legend.columnspacing": 1.4,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "zip_pipeline",  # the same picture has the same names inside
    "text.color": INK,
    "text.parse_math": False,  # names may hold dollars
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}

_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


class Drawing:
    """A picture in the making; `svg` is there when the ``with`` of `drawing` is left."""

    svg: str

    def __init__(self, figure: Figure) -> None:
        self._figure = figure
        self.axes: Axes = figure.subplots()

    def legend(self, columns: int = 4) -> None:
        """Say above the picture what is what, so that nothing is covered."""
        self._figure.legend(loc="outside upper left", ncols=columns)


@contextmanager
def drawing(label: str, *, height: float = HEIGHT) -> Iterator[Drawing]:
    """Lend an empty picture.

    Args:
        label: what it shows, for who cannot see it.
        height: inches; text keeps its size in relation to them.
    """
    with rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        lent = Drawing(figure)
        yield lent
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata=_METADATA)
    lent.svg = _in_page(written.getvalue(), label)


def short(name: str) -> str:
    """Return a name that fits beside a picture.

    >>> short("a name that goes on and on")
    'a name that goes on a…'
    """
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"


def intervals(axes: Axes, names: Sequence[str], rows: Sequence[tuple[float, float, float]]) -> None:
    """Draw a line each: a name, a dot, and an interval, which need not hold the dot.

    Args:
        axes: of the picture.
        names: of the lines, from the top.
        rows: value, low and high of each.
    """
    places = range(len(rows), 0, -1)
    for place, (value, low, high) in zip(places, rows, strict=True):
        axes.plot([low, high], [place, place], "|-", color=ONE)
        axes.plot([value], [place], "o", color=ONE, markersize=5)
    name_rows(axes, names)
    axes.xaxis.set_major_locator(MaxNLocator(5))


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Name the lines of a picture, from the top: at len(names), len(names) - 1, ..., 1."""
    axes.set_yticks(range(len(names), 0, -1), [short(name) for name in names])
    axes.set_ylim(0.4, len(names) + 0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=LINE)
    axes.set_axisbelow(True)


def height_of(lines: int) -> float:
    """Return the height of a picture with so many named lines."""
    return 0.9 + 0.28 * lines


def log_ticks(axis: Axis, places: Sequence[float]) -> None:
    """Write plain numbers at some places of a log axis, and nothing between."""
    axis.set_major_locator(FixedLocator(places))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1000 else f"{value:g}")


def _in_page(text: str, label: str) -> str:
    """Return matplotlib's SVG as an element for a page that may hold others."""
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    shown = {"viewBox": root.get("viewBox", ""), "role": "img", "aria-label": label}  # the page says how large
    root.attrib.clear()
    root.attrib.update(shown)
    for element in root.iter():
        if element.tag == f"{_SVG}g":
            element.attrib.pop("id", None)  # figure_1 in every picture; nothing asks for it
        for style in element.findall(f"{_SVG}style"):
            element.remove(style)  # would be the whole page's
        if told := element.get("style"):
            element.set("style", _STAND_INS.sub(lambda found: _IN_PAGE[found[0]], told))
    return ElementTree.tostring(root, encoding="unicode")


_SVG = "{http://www.w3.org/2000/svg}"
ElementTree.register_namespace("", _SVG[1:-1])
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
