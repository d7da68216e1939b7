"""What tells one run from another: the files of what it reads, and what counts of its config."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pyarrow import fs
from pyspark.sql import DataFrame

from zip_pipeline.errors import UserError
from zip_pipeline.spark.io.location import Location

Files = dict[str, list[int]]

INDIFFERENT = ("output", "history", "run.workers", "run.checkpoint", "run.driver_memory_budget")
"""Of a config, what does not change the tables that a run writes."""


def decisive(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changes the tables that a run writes, by dotted key.

    >>> decisive({"output": {"path": "out"}, "run": {"seed": 0, "workers": 2}})
    {'run.seed': 0}
    """
    return {key: value for key, value in _flat(config).items() if not key.startswith(INDIFFERENT)}


def _flat(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= _flat(value, f"{above}{key}.") if isinstance(value, dict) and value else {f"{above}{key}": value}
    return found


def files_of(rows: DataFrame) -> Files | None:
    """Return bytes and time of change (ns) of each file; None where there are none, or pyarrow does not reach them."""
    places: dict[str, list[str]] = defaultdict(list)
    for uri in sorted(rows.inputFiles()):
        parts = urlsplit(uri)
        places[f"{parts.scheme}://{parts.netloc}"].append(uri)
    found: Files = {}
    try:
        for uris in places.values():
            locations = [Location.of(uri) for uri in uris]
            infos = locations[0].filesystem.get_file_info([location.path for location in locations])
            if any(info.type != fs.FileType.File for info in infos):
                return None
            found |= {uri: [info.size, info.mtime_ns] for uri, info in zip(uris, infos, strict=True)}
    except (UserError, OSError):
        return None
    return found or None
