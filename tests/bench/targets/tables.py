"""The tables of the study, from its lines of results."""

import json
from pathlib import Path
from typing import Any

RESULTS = "results.jsonl"


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the lines that there are."""
    path = folder / RESULTS
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def show(folder: Path) -> None:
    """Print the tables."""
    print(len(read(folder)))
