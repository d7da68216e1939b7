"""The records that a step of a job leaves out: which, and how many of each source, for manifest and people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from zip_pipeline import schema
from zip_pipeline.report.page import Table
from zip_pipeline.schema import Manifest

MOST_LINES = 15
"""Sources that a table lists; the manifest has them all."""

_SIZES = ("records", "of", "raw_bytes")


@dataclass(frozen=True)
class Removal:
    """The records that leave a pool for one reason.

    Attributes:
        table: says which and why: ``id``, perhaps of several rows, and more.
        rest: the records that stay, with the columns that they had.
        sizes: how many of each source stay.
        facts: what tells this removal from others: its counts, and a hash of its table.
        part: the manifest's; it has the keys of `counts_part`, and more.
    """

    table: DataFrame
    rest: DataFrame
    sizes: Mapping[str | None, int]
    facts: Mapping[str, int]
    part: Manifest


def without(rows: DataFrame, found: DataFrame) -> DataFrame:
    """Return the rows whose id is not among those found."""
    return rows.join(found.select("id").distinct(), "id", "left_anti").select(*rows.columns)


def sized(rows: DataFrame) -> DataFrame:
    """Return what a step has to know of records to count those that leave: ``id``, ``source`` and their amounts."""
    return rows.select("id", "source", *amounts_of(rows))


def amounts_of(rows: DataFrame) -> list[str]:
    """Return the columns that say how much a record is: ``raw_bytes``, and ``tokens`` where they are counted."""
    return ["raw_bytes", *([schema.TOKENS] if schema.TOKENS in rows.columns else [])]


def sizes_after(sizes: Mapping[str | None, int], sources: Iterable[Mapping[str, Any]]) -> dict[str | None, int]:
    """Return how many records of each source stay; see `counts_part`."""
    left = {source["source"]: source["records"] for source in sources}
    return {name: size - left.get(name, 0) for name, size in sizes.items()}


def counts_part(sources: Iterable[Mapping[str, Any]], sizes: Mapping[str | None, int]) -> Manifest:
    """Return ``records`` and ``raw_bytes`` that leave, ``of`` how many records, and the same by source.

    With ``tokens``, where they are counted.

    ``per_source`` holds that; it is empty where no record names a source.

    Args:
        sources: of each source that loses records: its name in ``source``, ``records``, ``raw_bytes``, perhaps
            ``tokens``.
        sizes: records of each source before the step.
    """
    left = list(sources)
    return {
        "records": sum(source["records"] for source in left),
        "raw_bytes": sum(source["raw_bytes"] for source in left),
        **({schema.TOKENS: sum(source[schema.TOKENS] for source in left)} if _have_tokens(left) else {}),
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


def _have_tokens(sources: Sequence[Mapping[str, Any]]) -> bool:
    return bool(sources) and all(schema.TOKENS in source for source in sources)


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
