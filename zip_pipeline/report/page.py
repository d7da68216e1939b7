"""A page to look at: key figures, tables, pictures and notes as one HTML file that needs no network.

`page.html` is its shell, with the style: light and dark, laptop, phone and paper. All text is escaped there; only
pictures go in as they are, SVG from `drawing`. The same page gives the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup


@dataclass(frozen=True)
class Figure:
    """A key figure.

    Attributes:
        label: what it is.
        value: as people read it.
        note: what it is to be compared with, or nothing.
    """

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Cells as people read them; numbers stand to the right of the first column.

    Attributes:
        columns: their titles.
        rows: as many cells each; the first names the row.
        foot: rows that sum up the others.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    foot: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Picture:
    """A drawing.

    Attributes:
        title: says what is to be seen.
        svg: an ``<svg>`` element from `drawing.svg`.
        caption: how to read it.
    """

    title: str
    svg: str
    caption: str = ""

    @property
    def drawn(self) -> Markup:
        """The element, which is not escaped."""
        return Markup(self.svg)  # noqa: S704 - made by `drawing`, which escapes text


@dataclass(frozen=True)
class Section:
    """A part of a page: what is to be known before, pictures side by side, tables, what is to be known after."""

    title: str = ""
    text: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        title: what was done.
        lead: on what, in a line or two.
        figures: the few that say it.
        warnings: what to beware of.
        sections: in order.
        foot: where it comes from.
    """

    title: str
    lead: str = ""
    figures: Sequence[Figure] = ()
    warnings: Sequence[str] = ()
    sections: Sequence[Section] = field(default_factory=tuple)
    foot: str = ""


def html(page: Page) -> str:
    """Return a page as an HTML file."""
    shell = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    return shell.from_string(resources.files("zip_pipeline.report").joinpath("page.html").read_text()).render(page=page)
