"""Folders of small files for tests, and readers that take nothing but this machine's."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from pyspark.sql import SparkSession

NO_SPARK = cast(SparkSession, None)
"""What lists and chooses files of this machine asks no session."""


def lines(*ids: object) -> str:
    """Records with these ids, one a line."""
    return "".join(json.dumps({"id": str(one), "text": f"text of {one}"}) + "\n" for one in ids)


def fill(folder: Path, files: Iterable[str] | dict[str, Any]) -> Path:
    """Write files by name, the folders above them included; what has no content has its own name as id."""
    for name, content in (files if isinstance(files, dict) else {name: lines(name) for name in files}).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
