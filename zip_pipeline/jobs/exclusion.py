"""Records leave a pool that are duplicates of what was chosen before.

This is a step of `select` and `deduplicate`. People see how many left by source, and what they were compared with.
"""

from collections.abc import Callable, Iterator, Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.jobs.left_out import Removal, by_source, counts_part, sized, sizes_after, without
from zip_pipeline.report.console import for_console
from zip_pipeline.report.page import Section, Table
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table
from zip_pipeline.spark.removals.duplicate_counts import counts_by
from zip_pipeline.spark.scored_pool import MOST_SOURCES


def exclude(
    rows: DataFrame,
    sizes: Mapping[str | None, int],
    find: Callable[[], DataFrame],
    earlier: list[Manifest],
    stages: Location,
) -> Removal:
    """Find the duplicates of earlier records; tables that `stages` has already are not computed again.

    The manifest's part has the counts of `left_out.counts_part`, and `earlier`.

    Args:
        rows: `schema.SCORED`.
        sizes: records of each source.
        find: returns the records that leave, with the columns of `schema.DUPLICATES`.
        earlier: of each place its ``path``, how many ``records`` it has, and what was ``read`` of them.
        stages: folder for tables of this step.
    """

    def found_with_sizes() -> DataFrame:
        return find().join(sized(rows), "id")

    mark = F.bit_xor(F.xxhash64("id", "kept"))
    found, facts = stage_table(rows.sparkSession, stages / "excluded", found_with_sizes, mark=mark)
    sources = stage_fact(stages / "excluded.sources", lambda: counts_by(found, "source", MOST_SOURCES))
    part = {**counts_part(sources, sizes), "earlier": earlier}
    return Removal(found.select(*schema.DUPLICATES), without(rows, found), sizes_after(sizes, sources), facts, part)


def first_lines(part: Manifest) -> Iterator[str]:
    """Yield what a run says as soon as it has compared its records with earlier ones."""
    records = sum(place["records"] for place in part["earlier"])
    share = part["records"] / part["of"]
    yield (
        f"excluded: {part['records']:,} of {part['of']:,} records left out ({share:.1%}), compared with {records:,} "
        f"earlier ones of {len(part['earlier']):,} places"
    )


def show_exclusion(console: Console, manifest: Manifest) -> None:
    """Print how many records left by source, and what was read; nothing where nothing came before."""
    part = manifest.get("exclusion")
    if part is not None:
        for table in (_places(part), by_source("excluded by source", part)):
            console.print(for_console(table))


def exclusion_sections(manifest: Manifest) -> list[Section]:
    """Return the page's section on earlier records; none where nothing came before."""
    part = manifest.get("exclusion")
    if part is None:
        return []
    text = (
        f"{part['records']:,} of {part['of']:,} records are duplicates of what was chosen before. They left; excluded/ "
        "names the earlier record."
    )
    return [Section("Chosen before", [text], tables=[_places(part), by_source("excluded by source", part)])]


def _places(part: Manifest) -> Table:
    """Return a row for each place with earlier records."""
    rows = [(place["path"], f"{place['records']:,}", place["read"]) for place in part["earlier"]]
    return Table(("chosen before", "records", "read from"), rows)
