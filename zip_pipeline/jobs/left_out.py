"""How many records a step of a job leaves out, by source: the manifest's part, and the table for people."""

from collections.abc import Iterable, Mapping
from typing import Any

from zip_pipeline import schema
from zip_pipeline.report.page import Table
from zip_pipeline.schema import Manifest

MOST_LINES = 15
"""Sources that a table lists; the manifest has them all."""

_SIZES = ("records", "of", "raw_bytes")


def counts_part(sources: Iterable[Mapping[str, Any]], sizes: Mapping[str | None, int]) -> Manifest:
    """Return ``records`` and ``raw_bytes`` that leave, ``of`` how many records, and the same by source.

    ``per_source`` holds that; it is empty where no record names a source.

    Args:
        sources: of each source of which records leave its name in ``source``, ``records`` and ``raw_bytes``.
        sizes: records of each source before the step.
    """
    left = list(sources)
    return {
        "records": sum(source["records"] for source in left),
        "raw_bytes": sum(source["raw_bytes"] for source in left),
        "of": sum(sizes.values()),
        "per_source": {
            name_of(source["source"]): {
                "records": source["records"],
                "raw_bytes": source["raw_bytes"],
                "of": sizes[source["source"]],
            }
            for source in ([] if set(sizes) <= {None} else left)
        },
    }


def by_source(title: str, part: Manifest) -> Table:
    """Return a row for each of the first sources, one for all other sources, and the sum.

    Args:
        title: of the column of sources.
        part: see `counts_part`.
    """
    sources = list(part["per_source"].items())
    lines = [(name, [source]) for name, source in sources[:MOST_LINES]]
    if others := [source for _, source in sources[MOST_LINES:]]:
        lines.append((f"{len(others):,} others", others))
    rows = [_cells(name, *(sum(source[key] for source in some) for key in _SIZES)) for name, some in lines]
    columns = (title, "removed", "of its records", "bytes removed")
    return Table(columns, rows, [_cells("all", *(part[key] for key in _SIZES))])


def name_of(source: str | None) -> str:
    """Return the name of a source in manifests and tables."""
    return schema.NO_SOURCE if source is None else source


def _cells(name: str, records: int, whole: int, raw_bytes: int) -> tuple[str, ...]:
    return name, f"{records:,}", f"{records / whole:.1%}", f"{raw_bytes:,}"
