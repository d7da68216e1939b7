"""The records that leave a pool before anything is selected: the steps of `select` and `deduplicate`, in their order.

First those that share passages with benchmarks, so that none of them stays in the place of a duplicate. Then
duplicates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.config import SelectInput
from zip_pipeline.errors import InputError
from zip_pipeline.jobs import contamination, duplicates
from zip_pipeline.jobs.left_out import Removal
from zip_pipeline.report.page import Section
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.benchmarks import open_benchmark
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.output import OutputTree

CAUSES = {"decontamination": "contaminated", "deduplication": "deduplicated"}
"""By the manifest's part on a step: the key under which ``input`` counts what it leaves out."""

TABLES = {"decontamination": schema.CONTAMINATED_TABLE, "deduplication": schema.DUPLICATES_TABLE}
"""By the same part: the table of the step."""


@dataclass(frozen=True)
class Removals:
    """What the steps of a run left out.

    Attributes:
        rest: the records that stay, with the columns that they had.
        sizes: how many of each source stay.
        steps: by the manifest's part on them; steps that the config does not ask for are not there.
    """

    rest: DataFrame
    sizes: Mapping[str | None, int]
    steps: Mapping[str, Removal]

    @property
    def records(self) -> int:
        """How many records stay."""
        return sum(self.sizes.values())

    def counts(self) -> dict[str, int]:
        """Return how many records left by cause, causes of steps that were not taken included."""
        return {cause: self.steps[key].part["records"] if key in self.steps else 0 for key, cause in CAUSES.items()}

    def parts(self) -> Manifest:
        """Return the manifest's parts."""
        return {key: step.part for key, step in self.steps.items()}

    def facts(self) -> dict[str, Mapping[str, int]]:
        """Return what tells this from other runs."""
        return {key: step.facts for key, step in self.steps.items()}

    def ids(self) -> DataFrame:
        """Return the ids that left: ``id``."""
        return reduce(DataFrame.union, [step.table.select("id") for step in self.steps.values()]).distinct()

    def write(self, output: OutputTree) -> None:
        """Write the table of each step."""
        for key, step in self.steps.items():
            output.write(step.table, TABLES[key])

    def first_lines(self) -> Iterator[str]:
        """Yield what a run says as soon as the steps are done: how many leave, and their warnings."""
        lines = {"decontamination": contamination.first_lines, "deduplication": duplicates.first_lines}
        for key, step in self.steps.items():
            yield from lines[key](step.part)


def leave_out(
    rows: DataFrame,
    sizes: Mapping[str | None, int],
    section: SelectInput,
    stages: Location,
    priorities: DataFrame | None = None,
) -> Removals:
    """Take the steps that a config asks for; tables that `stages` has already are not computed again.

    Args:
        rows: `schema.SCORED`.
        sizes: records of each source.
        section: says what leaves.
        stages: folder for tables of the steps.
        priorities: see `deduplication.duplicates_in`.

    Raises:
        InputError: when no record stays, more are duplicates than may leave, or a benchmark cannot be used.
    """
    steps: dict[str, Removal] = {}
    if section.decontaminate is not None:
        step = steps["decontamination"] = contamination.decontaminate(rows, sizes, section.decontaminate, stages)
        rows, sizes = step.rest, step.sizes
        if not any(sizes.values()):
            raise InputError("every record that could stay shares passages with input.decontaminate")
    if section.deduplicate.kind != "none":
        step = steps["deduplication"] = duplicates.remove(rows, sizes, section.deduplicate, stages, priorities)
        rows, sizes = step.rest, step.sizes
    return Removals(rows, sizes, steps)


def tables(spark: SparkSession, section: SelectInput) -> Iterator[DataFrame]:
    """Yield the tables that the steps read in addition to the pool, every column as it is."""
    for place in section.decontaminate.paths if section.decontaminate else ():
        yield open_benchmark(spark, place).rows


def show(console: Console, manifest: Manifest) -> None:
    """Print what each step left out, and its warnings; nothing for steps that were not taken."""
    contamination.show_contamination(console, manifest)
    duplicates.show_duplicates(console, manifest)


def sections(manifest: Manifest) -> list[Section]:
    """Return the page's sections on what the steps left out."""
    return [*contamination.contamination_sections(manifest), *duplicates.duplicates_sections(manifest)]


def warnings(manifest: Manifest) -> list[str]:
    """Return the warnings of the steps, a line each."""
    return [*contamination.contamination_warnings(manifest), *duplicates.warning_lines(manifest)]
