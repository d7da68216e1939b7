"""A page for a browser: key figures, tables, pictures and notes in one HTML file that needs no network.

The template `page.html` holds the style: light and dark, laptop, phone and paper. It escapes all text. Only pictures
go in unescaped, as SVG from `report.plotting`. The same page gives the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from zip_pipeline.report.texts import safe
from zip_pipeline.schema import Manifest


@dataclass(frozen=True)
class Figure:
    """A key figure.

    Attributes:
        label: what was measured.
        value: as people read it.
        note: what to compare it with; may be empty.
    """

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Cells as people read them; every column but the first is set flush right.

    Attributes:
        columns: their titles.
        rows: one cell a column; the first cell names the row.
        foot: rows that sum up the others.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    foot: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Picture:
    """A drawing.

    Attributes:
        title: what the picture shows.
        svg: an ``<svg>`` element from `plotting.drawing`.
        caption: how to read it.
    """

    title: str
    svg: str
    caption: str = ""

    @property
    def drawn(self) -> Markup:
        """The element, which the template does not escape."""
        return Markup(self.svg)  # noqa: S704 - made by `plotting.drawing`, which escapes text


@dataclass(frozen=True)
class Passage:
    """A text as it is.

    Attributes:
        label: above the text; may be empty.
        parts: pieces of the text, each with its mark; see `texts.Parts`.
    """

    label: str
    parts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Card:
    """Something to unfold: a title and a note that are always there, and passages below."""

    title: str
    note: str
    passages: Sequence[Passage]


@dataclass(frozen=True)
class Section:
    """A part of a page: a title, text, pictures side by side, tables, cards, notes below."""

    title: str = ""
    text: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()
    cards: Sequence[Card] = ()


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        title: what the job did.
        lead: with which data, in a line or two.
        figures: the few that matter most.
        warnings: reasons to trust the figures less.
        sections: in order.
        foot: which run made the page.
        verdict: what to make of it, in sentences, above the figures.
    """

    title: str
    lead: str = ""
    figures: Sequence[Figure] = ()
    warnings: Sequence[str] = ()
    sections: Sequence[Section] = ()
    foot: str = ""
    verdict: Sequence[str] = ()


def html(page: Page) -> str:
    """Return a page as an HTML file."""
    shell = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, finalize=_without_controls
    )
    return shell.from_string(resources.files("zip_pipeline.report").joinpath("page.html").read_text()).render(page=page)


def _without_controls(value: object) -> object:
    """Return what the page shows of a text, a picture's too: no control and no mark of direction, see `texts.safe`."""
    if isinstance(value, Markup):
        return Markup(safe(str(value)))  # noqa: S704 - it was markup before
    return safe(value) if isinstance(value, str) else value


def foot(manifest: Manifest) -> str:
    """Return the last line of a run's page: program, time of day, duration and Spark."""
    timings, spark = manifest["timings"], manifest["spark"]
    return (
        f"zip_pipeline {manifest['version']}, {manifest['created_at']}, {timings['total_s']:,.0f} s on Spark "
        f"{spark['version']} ({spark['master']}). manifest.json holds every number and setting."
    )
