"""What tests of pages share: names that would be markup, a run, and a page taken apart."""

from typing import Any
from xml.etree import ElementTree as ET

HOSTILE = "<b>$x$ & [red]"
RUN: dict[str, Any] = {
    "version": "0",
    "created_at": "2026-01-01T00:00:00+00:00",
    "timings": {"total_s": 1.0},
    "spark": {"version": "4", "master": "local"},
}


def read(page: str) -> tuple[list[str], str]:
    """Titles of its pictures, and all its text."""
    assert HOSTILE not in page
    root = ET.fromstring(page)
    return [str(figure.findtext("h3")) for figure in root.iter("figure")], "".join(root.itertext())
