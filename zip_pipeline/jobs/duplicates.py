"""Duplicates leave a pool: which, how many of each source, whether that looks wrong, and what people see.

This is a step of `select`, and all of `deduplicate`. It warns where a source loses nearly all of its records, or one
record stands for many others: boilerplate can make different records look alike. Sample pairs let people judge.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.config import Deduplicate
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.left_out import Removal, by_source, counts_part, name_of, sized, sizes_after, without
from zip_pipeline.report.console import for_console, printable
from zip_pipeline.report.page import Section, Table
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table
from zip_pipeline.spark.removals import deduplication
from zip_pipeline.spark.removals.duplicate_counts import beginnings, counts_by
from zip_pipeline.spark.removals.earlier import Earlier
from zip_pipeline.spark.scored_pool import MOST_SOURCES
from zip_pipeline.tasks.score import Scorer

MOST_OF_A_SOURCE, MOST_OF_THE_POOL = 0.9, 0.05
"""Shares above which a run warns: of a source's records that leave, of the pool's records for which one stays."""

FEWEST = 20
"""A source with fewer records, or a group, is too small for a warning."""

MOST_WARNINGS = 20
"""Sources, and groups, that a run warns of; those that lose most come first. Fewer than 20 groups can be so large."""

MOST_GROUPS = 10
"""Largest groups that the manifest lists."""

EXCERPT = 200
"""Characters of a text that stand for it."""

WORST = 3
"""Sources that a message names; the manifest has them all."""


def remove(
    rows: DataFrame,
    sizes: Mapping[str | None, int],
    section: Deduplicate,
    stages: Location,
    priorities: DataFrame | None = None,
    earlier: Earlier | None = None,
    excluded: DataFrame | None = None,
) -> Removal:
    """Find the duplicates of a pool; tables that `stages` has already are not computed again.

    The manifest's part has the counts of `left_out.counts_part`; ``largest_groups``, the ids that stay for most others;
    and ``warnings``, each with its ``text`` and ``pairs``.

    Args:
        rows: `schema.SCORED`.
        sizes: records of each source.
        section: says what is a duplicate, and how many may leave.
        stages: folder for tables of this step.
        priorities: see `deduplication.duplicates_in`.
        earlier: see `priorities`.
        excluded: see `priorities`; `sizes` are those without them.

    Raises:
        InputError: when more records are duplicates than may leave.
    """
    records = sum(sizes.values())
    search = partial(deduplication.duplicates_in, rows, section, records, stages / "near")
    find = partial(_found, rows, partial(search, priorities, earlier, excluded))
    mark = F.bit_xor(F.xxhash64("id", "kept"))
    found, facts = stage_table(rows.sparkSession, stages / "duplicates", find, mark=mark)
    if not section.keep_index:
        (stages / "near").delete()
    sources = stage_fact(stages / "duplicates.sources", lambda: counts_by(found, "source", MOST_SOURCES))
    part = stage_fact(stages / "duplicates.counts", lambda: _part(rows, found, sizes, sources))
    _check(part, section.max_removed)
    rest = without(rows if excluded is None else without(rows, excluded), found)
    return Removal(found.select(*schema.DUPLICATES), rest, sizes_after(sizes, sources), facts, part)


def priorities_of(corpus: Corpus, scorer: Scorer, column: str | None) -> DataFrame | None:
    """Return which of some duplicates should stay: ``id``, ``priority``; None without a column to prefer by.

    The priority is the number that the column has for the id, of an id's copies the highest.

    Raises:
        InputError: when the column does not exist, or holds no numbers.
    """
    if column is None:
        return None
    number = corpus.numbers(column)
    identified = scoring.with_ids(corpus, scorer).rows
    return identified.groupBy(F.col(schema.ID).alias("id")).agg(F.max(number).alias("priority"))


def _found(rows: DataFrame, search: Callable[[], DataFrame]) -> DataFrame:
    """Return `schema.DUPLICATES` with source and size of the records that leave."""
    return search().join(sized(rows), "id")


def _part(
    rows: DataFrame, found: DataFrame, sizes: Mapping[str | None, int], sources: list[dict[str, Any]]
) -> Manifest:
    """Count the duplicates; see `remove`."""
    groups = counts_by(found, "kept", MOST_WARNINGS)
    whole = sum(sizes.values())
    named = [] if set(sizes) <= {None} else sources
    warnings = [*_source_warnings(named, sizes), *_group_warnings(groups, whole)]
    ids = {pair[key] for warning in warnings for pair in warning["pairs"] for key in ("id", "kept")}
    texts = beginnings(rows, ids, EXCERPT) if ids else {}
    for pair in (pair for warning in warnings for pair in warning["pairs"]):
        pair |= {"text": _excerpt(texts[pair["id"]]), "kept_text": _excerpt(texts[pair["kept"]])}
    return {
        **counts_part(sources, sizes),
        "largest_groups": [{key: group[key] for key in ("kept", "records")} for group in groups[:MOST_GROUPS]],
        "warnings": warnings,
    }


def _source_warnings(sources: list[dict[str, Any]], sizes: Mapping[str | None, int]) -> Iterator[Manifest]:
    large = [source for source in sources if sizes[source["source"]] >= FEWEST]
    for source in [one for one in large if one["records"] > MOST_OF_A_SOURCE * sizes[one["source"]]][:MOST_WARNINGS]:
        name, of = name_of(source["source"]), sizes[source["source"]]
        text = f"source {name} loses {source['records']:,} of its {of:,} records ({source['records'] / of:.1%})"
        yield {"source": name, "text": f"{text} as duplicates", "pairs": source["pairs"]}


def _group_warnings(groups: list[dict[str, Any]], whole: int) -> Iterator[Manifest]:
    for group in groups:
        size = group["records"] + 1
        if size >= FEWEST and size > MOST_OF_THE_POOL * whole:
            text = f"record {group['kept']} stays for {group['records']:,} others ({size / whole:.1%} of the records)"
            yield {"kept": group["kept"], "text": f"{text} that count as its duplicates", "pairs": group["pairs"]}


def _check(part: Manifest, most: float | None) -> None:
    """Stop the run when too many records leave."""
    if most is None or part["records"] <= most * part["of"]:
        return
    worst = ", ".join(
        f"{printable(name)} {source['records']:,} of {source['of']:,}"
        for name, source in list(part["per_source"].items())[:WORST]
    )
    raise InputError(
        f"input.deduplicate.max_removed is {100 * most:g}%, but {part['records']:,} of {part['of']:,} records "
        f"({part['records'] / part['of']:.1%}) are duplicates{f', most of them of {worst}' if worst else ''}; "
        "raise max_removed or the threshold, or set input.deduplicate=exact"
    )


def first_lines(part: Manifest) -> Iterator[str]:
    """Yield what a run says as soon as it has found its duplicates: how many leave, and its warnings."""
    share = part["records"] / part["of"]
    yield f"duplicates: {part['records']:,} of {part['of']:,} records left out ({share:.1%})"
    for warning in part["warnings"]:
        yield f"WARNING: {printable(warning['text'])}"


def show_duplicates(console: Console, manifest: Manifest) -> None:
    """Print how many records left by source, and the warnings with their pairs; nothing where none was looked for."""
    part = manifest.get("deduplication")
    if part is None:
        return
    console.print(for_console(by_source("duplicates by source", part)))
    for warning, lines in _explained(part):
        console.print(f"WARNING: {printable(warning['text'])}", style="bold red", markup=False)
        for line in lines:
            console.print(f"  {line}", markup=False)


def duplicates_sections(manifest: Manifest) -> list[Section]:
    """Return the page's sections on duplicates: the counts, and a section with the pairs of each warning."""
    part = manifest.get("deduplication")
    if part is None:
        return []
    largest = Table(
        ("the record that stays", "for others"),
        [(group["kept"], f"{group['records']:,}") for group in part["largest_groups"]],
    )
    text = f"{part['records']:,} of {part['of']:,} records left as duplicates; duplicates/ names the one that stays."
    tables = [by_source("duplicates by source", part), *([largest] if part["largest_groups"] else [])]
    pairs = [Section(printable(warning["text"]), lines) for warning, lines in _explained(part) if lines]
    return [Section("Duplicates", [text], tables=tables), *pairs]


def warning_lines(manifest: Manifest) -> list[str]:
    """Return the warnings of a run about its duplicates, a line each."""
    return [printable(warning["text"]) for warning in manifest.get("deduplication", {}).get("warnings", ())]


def _explained(part: Manifest) -> Iterator[tuple[Manifest, list[str]]]:
    """Yield each warning, with what people need to judge those of its pairs that no earlier warning has."""
    shown: set[str] = set()
    for warning in part["warnings"]:
        new = [pair for pair in warning["pairs"] if pair["id"] not in shown]
        shown |= {pair["id"] for pair in new}
        yield warning, [line for pair in new for line in _pair_lines(pair)]


def _pair_lines(pair: Manifest) -> Iterator[str]:
    shares = [f"{key} {pair[key]:.2f}" for key in ("jaccard", "containment") if pair[key] is not None]
    yield printable(f"{pair['id']} left, {pair['kept']} stays: {', '.join(shares)}")
    yield f"left: {pair['text']}"
    yield f"stays: {pair['kept_text']}"


def _excerpt(text: str) -> str:
    """Return the beginning of a text in one line that is safe to print."""
    line = " ".join(printable(text).split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT]} ..."
