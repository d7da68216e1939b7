"""The records that leave a pool before anything is selected: the steps of `select` and `deduplicate`, in their order.

First those that share passages with benchmarks, so that none of them stays in the place of a duplicate. Then
duplicates of what was chosen before, and at last duplicates of each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce

from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.config import Input, SelectInput
from zip_pipeline.dedup.shingles import Common
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs import contamination, duplicates, exclusion
from zip_pipeline.jobs.left_out import Removal
from zip_pipeline.report.funnel import amount, amount_of
from zip_pipeline.report.page import Section
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.parquet_tables import stage_table
from zip_pipeline.spark.removals import deduplication, earlier_outputs
from zip_pipeline.spark.removals.contamination import open_benchmark
from zip_pipeline.spark.removals.earlier import index_of
from zip_pipeline.spark.removals.earlier_outputs import read_earlier

CAUSES = {"decontamination": "contaminated", "exclusion": "excluded", "deduplication": "deduplicated"}
"""By the manifest's part on a step: the key under which ``input`` counts what it leaves out."""

TABLES = {
    "decontamination": schema.CONTAMINATED_TABLE,
    "exclusion": schema.EXCLUDED_TABLE,
    "deduplication": schema.DUPLICATES_TABLE,
}
"""By the same part: the table of the step."""


@dataclass(frozen=True)
class Removals:
    """What the steps of a run left out.

    Attributes:
        rest: the records that stay, with the columns that they had.
        sizes: how many of each source stay.
        steps: by the manifest's part on them; steps that the config does not ask for are not there.
        signed: for an index: the records as `tasks.near_duplicates.SIGNED`; None where no sets were made.
        common: for an index: the shingles that did not count.
    """

    rest: DataFrame
    sizes: Mapping[str | None, int]
    steps: Mapping[str, Removal]
    signed: DataFrame | None = None
    common: Common | None = None

    @property
    def records(self) -> int:
        """How many records stay."""
        return sum(self.sizes.values())

    def counts(self) -> dict[str, int]:
        """Return how many records left by cause, causes of steps that were not taken included."""
        return {cause: self.steps[key].part["records"] if key in self.steps else 0 for key, cause in CAUSES.items()}

    def amounts(self) -> dict[str, Manifest]:
        """Return the amounts of the records that left, by names of `funnel.LEAVE`; steps not taken are not there."""
        parts = {CAUSES[key]: step.part for key, step in self.steps.items()}
        return {cause: amount_of(part) if part["records"] else amount(0, 0, 0) for cause, part in parts.items()}

    def parts(self) -> Manifest:
        """Return the manifest's parts."""
        return {key: step.part for key, step in self.steps.items()}

    def facts(self) -> dict[str, Mapping[str, int]]:
        """Return what tells this from other runs."""
        return {key: step.facts for key, step in self.steps.items()}

    def ids(self) -> DataFrame:
        """Return the ids that left: ``id``."""
        return reduce(DataFrame.union, [step.table.select("id") for step in self.steps.values()]).distinct()

    def index(self, ids: DataFrame | None = None) -> DataFrame:
        """Return the index of the records that stay; see `earlier.index_of`.

        Args:
            ids: ``id`` of those of them that were chosen; None: of all.
        """
        rows = self.rest if ids is None else self.rest.join(ids, "id", "left_semi")
        return index_of(rows, self.signed, self.common)

    def write(self, output: OutputTree) -> None:
        """Write the table of each step."""
        for key, step in self.steps.items():
            output.write(step.table, TABLES[key])

    def first_lines(self) -> Iterator[str]:
        """Yield what a run says as soon as the steps are done: how many leave, and their warnings."""
        lines = {
            "decontamination": contamination.first_lines,
            "exclusion": exclusion.first_lines,
            "deduplication": duplicates.first_lines,
        }
        for key, step in self.steps.items():
            yield from lines[key](step.part)


def leave_out(
    rows: DataFrame,
    sizes: Mapping[str | None, int],
    section: SelectInput,
    stages: Location,
    priorities: DataFrame | None = None,
    before: Sequence[Input] = (),
    render: str = "content",
) -> Removals:
    """Take the steps that a config asks for; tables that `stages` has already are not computed again.

    Args:
        rows: `schema.SCORED`.
        sizes: records of each source.
        section: says what leaves.
        stages: folder for tables of the steps.
        priorities: see `deduplication.duplicates_in`.
        before: places whose records were chosen before, in addition to those of the section.
        render: of the payloads.

    Raises:
        InputError: when no record stays, more are duplicates than may leave, or a place cannot be used.
    """
    spark, same, near = rows.sparkSession, section.deduplicate, stages / "near"
    steps: dict[str, Removal] = {}
    if section.decontaminate is not None:
        step = steps["decontamination"] = contamination.decontaminate(rows, sizes, section.decontaminate, stages)
        rows, sizes = step.rest, step.sizes
        if not any(sizes.values()):
            raise InputError("every record that could stay shares passages with input.decontaminate")
    if same.kind == "none":
        return Removals(rows, sizes, steps)
    whole, records, earlier, excluded = rows, sum(sizes.values()), None, None
    if places := [*section.exclude, *before]:
        earlier, parts = read_earlier(spark, places, same, render, stages / "before")
        find = partial(deduplication.excluded_in, rows, same, records, near, earlier, priorities)
        step = steps["exclusion"] = exclusion.exclude(rows, sizes, find, parts, stages)
        excluded, sizes = step.table, step.sizes
        if not any(sizes.values()):
            raise InputError("every record that could stay is a duplicate of one that was chosen before")
    step = steps["deduplication"] = duplicates.remove(rows, sizes, same, stages, priorities, earlier, excluded)
    if not same.keep_index or same.kind == "exact":
        return Removals(step.rest, step.sizes, steps)
    common = deduplication.common_shingles(whole, deduplication.near_of(same), records, near)
    signed, _ = stage_table(spark, near / "signed", lambda: deduplication.sign(whole, common))
    return Removals(step.rest, step.sizes, steps, signed, common)


def tables(
    spark: SparkSession, section: SelectInput, before: Sequence[Input] = (), render: str = "content"
) -> Iterator[DataFrame]:
    """Yield the tables that the steps read in addition to the pool, every column as it is; see `leave_out`."""
    for place in section.decontaminate.paths if section.decontaminate else ():
        yield open_benchmark(spark, place).rows
    yield from earlier_outputs.tables(spark, [*section.exclude, *before], section.deduplicate, render)


def check_output(output: str, places: Sequence[Input]) -> None:
    """Make sure that an output does not replace what it excludes.

    Raises:
        ConfigError: when it would.
    """
    location = Location.of(output)
    if any(
        place.path is not None and Location.of(place.path) == location for place, _ in earlier_outputs.chain(places)
    ):
        raise ConfigError(f"output.path {output}: is a set to exclude; what is chosen now needs another path")


def show(console: Console, manifest: Manifest) -> None:
    """Print what each step left out, and its warnings; nothing for steps that were not taken."""
    contamination.show_contamination(console, manifest)
    exclusion.show_exclusion(console, manifest)
    duplicates.show_duplicates(console, manifest)


def sections(manifest: Manifest) -> list[Section]:
    """Return the page's sections on what the steps left out."""
    return [
        *contamination.contamination_sections(manifest),
        *exclusion.exclusion_sections(manifest),
        *duplicates.duplicates_sections(manifest),
    ]


def warnings(manifest: Manifest) -> list[str]:
    """Return the warnings of the steps, a line each."""
    return [*contamination.contamination_warnings(manifest), *duplicates.warning_lines(manifest)]
