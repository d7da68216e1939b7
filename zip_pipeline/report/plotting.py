"""Pictures for a page, drawn with matplotlib: SVG in the page's own colours and fonts, light and dark.

A picture is drawn about as wide as a phone, and grows with its column. matplotlib draws in stand-in colours. Each
stand-in then becomes the style variable of `page.html` that has its name, such as ``var(--ink)``.
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
"""Stand-in colours: text, quieter text, thin lines, background, and five for data."""

_FONT = "DejaVu Sans"
"""The font by which matplotlib measures text; the page's own fonts are narrower."""

_NAMES = {"ink": INK, "soft": SOFT, "line": LINE, "paper": PAPER}
_NAMES |= {"one": ONE, "two": TWO, "three": THREE, "four": FOUR, "five": FIVE}
_IN_PAGE = {value: f"var(--{name})" for name, value in _NAMES.items()} | {f"'{_FONT}'": "var(--font)"}
_STAND_INS = re.compile("|".join(_IN_PAGE))

WIDTH, HEIGHT = 4.6, 2.9
"""Size of a picture in inches."""

BYTES = [10**power for power in range(9)]
"""Ticks of a log axis of bytes."""

MOST_LETTERS = 22
"""Longest name next to a picture."""

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
    """A picture in the making.

    Attributes:
        axes: where to draw.
        svg: the finished picture, once the ``with`` of `drawing` has ended.
    """

    svg: str

    def __init__(self, figure: Figure) -> None:
        self._figure = figure
        self.axes: Axes = figure.subplots()

    def legend(self, columns: int = 4) -> None:
        """Put the legend above the picture, where it covers nothing."""
        self._figure.legend(loc="outside upper left", ncols=columns)


@contextmanager
def drawing(label: str, *, height: float = HEIGHT) -> Iterator[Drawing]:
    """Begin an empty picture.

    Args:
        label: what it shows, for screen readers.
        height: in inches; text keeps its size.
    """
    with rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        drawn = Drawing(figure)
        yield drawn
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata=_METADATA)
    drawn.svg = _in_page(written.getvalue(), label)


def short(name: str) -> str:
    """Return a name cut to `MOST_LETTERS`.

    >>> short("a name that goes on and on")
    'a name that goes on a…'
    """
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"


def intervals(axes: Axes, names: Sequence[str], rows: Sequence[tuple[float, float, float]]) -> None:
    """Draw a row for each name: a dot, and an interval, which need not contain the dot.

    Args:
        axes: of the picture.
        names: of the rows, from the top.
        rows: value, low and high of each name.
    """
    places = range(len(rows), 0, -1)
    for place, (value, low, high) in zip(places, rows, strict=True):
        axes.plot([low, high], [place, place], "|-", color=ONE)
        axes.plot([value], [place], "o", color=ONE, markersize=5)
    name_rows(axes, names)
    axes.xaxis.set_major_locator(MaxNLocator(5))


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Name the rows of a picture, from the top: at heights len(names), len(names) - 1, ..., 1."""
    axes.set_yticks(range(len(names), 0, -1), [short(name) for name in names])
    axes.set_ylim(0.4, len(names) + 0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=LINE)
    axes.set_axisbelow(True)


def height_of(rows: int) -> float:
    """Return the height of a picture with that many named rows, in inches."""
    return 0.9 + 0.28 * rows


def log_ticks(axis: Axis, places: Sequence[float]) -> None:
    """Write plain numbers at the given values of a log axis, and nothing between them."""
    axis.set_major_locator(FixedLocator(places))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1000 else f"{value:g}")


def _in_page(text: str, label: str) -> str:
    """Return matplotlib's SVG as an element for a page with other pictures."""
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    shown = {"viewBox": root.get("viewBox", ""), "role": "img", "aria-label": label}  # the page says how large
    root.attrib.clear()
    root.attrib.update(shown)
    for element in root.iter():
        if element.tag == f"{_SVG}g":
            element.attrib.pop("id", None)  # every picture has the same ids, and nothing refers to them
        for rules in element.findall(f"{_SVG}style"):
            element.remove(rules)  # they would apply to the whole page
        if style := element.get("style"):
            element.set("style", _STAND_INS.sub(lambda stand_in: _IN_PAGE[stand_in[0]], style))
    return ElementTree.tostring(root, encoding="unicode")


_SVG = "{http://www.w3.org/2000/svg}"
ElementTree.register_namespace("", _SVG[1:-1])
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
