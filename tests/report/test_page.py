"""The page: whole in itself, well-formed, escaped, the same for the same; pictures in the page's own colours."""

import re
from xml.etree import ElementTree as ET

import pytest

from zip_pipeline.report.page import Figure, Page, Picture, Section, Table, html
from zip_pipeline.report.plotting import FIVE, FOUR, INK, LINE, ONE, PAPER, SOFT, THREE, TWO, drawing

HOSTILE = """</title></style><script>alert("1")</script>&amp;<b>$x_1$'{{ 7*7 }}"""


def picture(text: str) -> Picture:
    with drawing(text) as drawn:
        drawn.axes.plot([0, 1], [0, 1], "o-", color=ONE, label=text)
        drawn.axes.fill_between([0, 1], [1, 1], color=TWO, alpha=0.3, label="filled")
        drawn.axes.bar([0, 1], [1, 2], color=[THREE, FOUR], edgecolor=FIVE)
        drawn.axes.axhline(0.5, color=LINE)
        drawn.axes.text(0, 0, text, color=SOFT)
        drawn.axes.plot([0, 1], [1, 0], ".", color=PAPER, markeredgecolor=INK)
        drawn.axes.set_xlabel(text)
        drawn.legend()
    return Picture(text, drawn.svg, text)


def page(text: str) -> str:
    table = Table([text, text], [[text, text]], [[text, text]])
    section = Section(text, [text], [picture(text), picture("other")], [table], [text])
    return html(Page(text, text, [Figure(text, text, text)], [text], [section], text))


def test_what_people_name_is_text_and_nothing_else() -> None:
    root = ET.fromstring(page(HOSTILE))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags.isdisjoint({"script", "b"})
    whole = [element for element in root.iter() if element.text == HOSTILE]
    # On the page 2 as its title, 7 more in its head and foot, 5 in a section, 2 beside its picture and 6 in its table;
    # in the picture, legend, label and a text.
    assert len(whole) == 19 + 3
    (svg, _) = root.iter("{http://www.w3.org/2000/svg}svg")
    assert svg.get("aria-label") == HOSTILE


def test_it_needs_nothing_from_elsewhere() -> None:
    text = page("name")
    assert not re.search(r"<(script|link|img|iframe|object)\b|@import|javascript:", text)
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)|url\((?!#)""", text) == []
    addresses = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= addresses, "names of XML, which nobody fetches"


def test_the_same_page_has_the_same_bytes() -> None:
    assert page("name") == page("name")
    assert page("name") != page("names")


def test_pictures_have_the_colours_of_the_page_in_light_and_dark() -> None:
    svg = picture("name").svg
    assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", svg)) <= {"none", *map("var(--{})".format, names(svg))}
    assert names(svg) == {"ink", "soft", "line", "paper", "one", "two", "three", "four", "five", "font"}
    style = page("name").partition("</style>")[0]
    light, dark, paper = style.partition("@media (prefers-color-scheme")[0], *style.split("@media (prefers")[1:], ""
    printed = style.partition("@media print")[2]
    assert paper == ""
    for name in names(svg):
        assert f"--{name}:" in light
        assert f"--{name}:" in dark or name == "font"
        assert f"--{name}:" in printed or name == "font"


def names(svg: str) -> set[str]:
    return set(re.findall(r"var\(--(\w+)\)", svg))


def test_the_name_of_a_colour_stays_a_name() -> None:
    svg = ET.fromstring(picture(ONE).svg)
    assert ONE in "".join(svg.itertext())


@pytest.mark.parametrize("part", ["lead", "figures", "warnings", "sections", "foot"])
def test_what_is_not_given_leaves_nothing_behind(part: str) -> None:
    root = ET.fromstring(html(Page("title")))
    found = {"lead": ".//p", "figures": ".//dl", "warnings": ".//p", "sections": ".//section", "foot": ".//footer"}
    assert root.findall(found[part]) == []
