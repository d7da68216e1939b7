"""Sections that several jobs share, and the base classes of the jobs' configs.

Every field has a description in Markdown. ``docs/config.md``, the reference for people, is made from these fields.
Nothing here opens a file or starts Spark.
"""

import os
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zip_pipeline import formats
from zip_pipeline.records.dialect import Dialect
from zip_pipeline.records.dialects import DIALECT_NAMES, registry
from zip_pipeline.records.parts import MEDIA_CHOICES
from zip_pipeline.records.preference import PREFERENCES

Positive = Annotated[int, Field(ge=1)]

NO_PLACE = "expected a 'path' or a 'table'"


class Section(BaseModel):
    """A part of the config: immutable, no conversion of types, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Columns(Section):
    """Column names of the records; the columns `id` and `source` may be absent under their default names."""

    id: str = Field(
        default="id", description="Column of the record's id, text or a number. Without such a column the id is a hash."
    )
    text: str = Field(
        default="text",
        description="Column of the text, for the dialect `text`. Where `input.dialect` is `messages` or `sharegpt` and "
        "there is no column of that name: the column of the turns.",
    )
    source: str | None = Field(
        default="source",
        description="Column that says where a record is from, with up to 10,000 values. `null` means no sources.",
    )
    tokens: str | None = Field(
        default=None,
        description="For `select` and `score`: column with the number of tokens of each record, for budgets in tokens. "
        "A record without a whole number from 1 up is rejected.",
    )


class Place(Section):
    """Where a table is and how Spark reads it; exactly one of `path` and `table`."""

    path: str | None = Field(
        default=None,
        description="A file, folder or glob of this machine, or a URI that Spark reads, such as `hdfs://...`. "
        "A folder is read with all folders in it; [Input](input.md) says what is left alone.",
    )
    table: str | None = Field(default=None, description="A table in Spark's catalog, instead of `path`.")
    format: str | None = Field(
        default=None,
        description=f"{', '.join(f'`{name}`' for name in formats.FORMATS)} or any Spark source; `json` is an array, "
        "or objects one after the other, `jsonl` a record a line. "
        "By default the names of the files decide. Files of another format are left alone.",
    )
    options: dict[str, str | int | float | bool] = Field(
        default={},
        description="Options of Spark's reader, such as `{versionAsOf: 3}` for a Delta table, or `{encoding: UTF-16}`; "
        "[Input](input.md#json-csv-and-text) says which of them leave JSON, CSV and text to Spark's own reader.",
    )
    where: str | None = Field(default=None, description="A Spark SQL predicate. Only rows that satisfy it are read.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.path is None and self.table is None:
            raise ValueError(NO_PLACE)
        if self.path is not None and self.table is not None:
            raise ValueError("expected one of 'path' and 'table', found both")
        return self


def paths_in(section: Section) -> Iterator[str]:
    """Yield the paths of all places that a config, or a section of one, names."""
    if isinstance(section, Place) and section.path is not None:
        yield section.path
    for name in type(section).model_fields:
        value = getattr(section, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, Section):
                yield from paths_in(part)


class Input(Place):
    """Where the pool is and how its rows become records."""

    dialect: Literal["auto", *DIALECT_NAMES] = Field(  # type: ignore[valid-type]
        default="auto", description="How a row holds its text. `auto` detects the dialect from the columns."
    )
    preference: Literal[*PREFERENCES] = Field(  # type: ignore[valid-type]
        default="both",
        description="Parts of a preference record that are compressed: `both` takes the prompt and both answers, "
        "`chosen` the prompt and the chosen answer, `pair` the answers alone.",
    )
    media: Literal[*MEDIA_CHOICES] = Field(  # type: ignore[valid-type]
        default="reject",
        description="Images, audio and files among the parts of a turn: `reject` makes the record unusable, `skip` "
        "leaves them out, `placeholder` puts `[image]` or such in their place.",
    )
    columns: Columns = Field(default=Columns(), description="Names of the columns.")
    tokenizer: str | None = Field(
        default=None,
        description="For `select` and `score`: a tokenizer.json that counts tokens. Needs the extra `tokenizers`.",
    )
    on_bad_record: Literal["keep_apart", "fail"] = Field(
        default="keep_apart",
        description="What happens to a record without usable text: `keep_apart` writes it to `rejected/` with the "
        "reason, `fail` stops the run.",
    )

    def dialects(self, text_column: str) -> dict[str, Dialect]:
        """Return every dialect by its name, with the options that are set here."""
        return registry(text_column=text_column, preference=self.preference, media=self.media)

    def like(self, path: str, file_format: str | None = None) -> "Input":
        """Return another file whose rows become records as they do here."""
        reading = {name: getattr(self, name) for name in Input.model_fields if name not in Place.model_fields}
        return Input(path=path, format=file_format, **reading)


class Output(Section):
    """Where the output tree goes and how its tables are written."""

    path: str = Field(description="A folder of this machine, on HDFS or in an object store.")
    format: Literal[*formats.OUTPUT_FORMATS] = Field(  # type: ignore[valid-type]
        default="parquet", description="File format of the tables."
    )
    mode: Literal["error", "overwrite"] = Field(
        default="error",
        description="What to do when the path exists: `error` refuses, `overwrite` replaces an earlier output of this "
        "package and nothing else. A Delta table gets a new version.",
    )
    run_id: str | None = Field(
        default=None,
        description="For Delta tables: a name for this run, such as a date. A second run of the same name does not "
        "commit again what the first one committed.",
    )


class RowsOutput(Output):
    """The output of a job whose rows may go to a table of a catalog, too."""

    table: str | None = Field(
        default=None,
        description="A table in Spark's catalog, such as `catalog.schema.name`, that gets the chosen rows as well; "
        "see [catalogs](catalogs.md). It is created where there is none. With `output.mode: overwrite` its rows are "
        "replaced, if this package wrote them.",
    )
    table_format: Literal["delta", "iceberg", "parquet"] | None = Field(
        default=None,
        description="Format of a table that is created. By default `delta` where `output.format` is, and else what the "
        "catalog makes; in Spark's own that is `parquet`.",
    )
    partition_by: list[str] = Field(
        default=[], description="Columns by which a table that is created is partitioned, in their order."
    )

    @property
    def created_as(self) -> str | None:
        """The format of a table that is created; None: what the catalog makes."""
        return self.table_format or ("delta" if self.format == "delta" else None)

    @model_validator(mode="after")
    def _only_of_a_table(self) -> Self:
        if self.table is None and (self.table_format or self.partition_by):
            raise ValueError("'table_format' and 'partition_by' are about a table; set 'table' as well")
        return self


class Watched(Section):
    """How others follow a run."""

    events: str | None = Field(
        default=None,
        description="A file of this machine to which the run appends what happens, a JSON object a line; see "
        "[output](output.md#events).",
    )
    lineage: str | None = Field(
        default=None,
        description="`NAMESPACE` or `NAMESPACE/JOB` under which the run sends OpenLineage events, see "
        "[schedules](schedules.md#openlineage). Needs the extra `lineage`.",
    )


class Workers(Watched):
    """How many workers a run uses."""

    workers: Literal["auto"] | Positive = Field(
        default="auto",
        description="Threads that pick (`select`), or processes that run the language models (`evaluate`). `auto` "
        "takes every core that the process may use.",
    )

    def threads(self) -> int:
        """Return the number of workers; `auto` counts the cores that this process may use."""
        if self.workers != "auto":
            return self.workers
        usable = getattr(os, "sched_getaffinity", None)  # absent on macOS
        return len(usable(0)) if usable else os.cpu_count() or 1


class JobConfig(Section):
    """The config of any job."""

    output: Output = Field(description="Where the output goes.")
    run: Watched = Field(default=Watched(), description="How the job runs.")

    @property
    def output_formats(self) -> set[str]:
        """The formats of the tables that the job writes."""
        return {self.output.format}

    def resolved(self) -> dict[str, Any]:
        """Return every key with its value, defaults included, as the manifest shows them."""
        return self.model_dump(mode="json", by_alias=True)


class Clean(Section):
    """Which leftovers `clean` looks for, and whether it removes them."""

    older_than_hours: Positive = Field(
        default=24,
        description="Hours for which nothing may have been written to a leftover. Runs in an object store cannot be "
        "seen to live: let it be more than your longest run takes.",
    )
    delete: bool = Field(default=False, description="Remove what is found, not only list it.")


class CleanConfig(JobConfig):
    """The config of `clean`."""

    clean: Clean = Field(default=Clean(), description="What to look for.")


class History(Section):
    """A table of versions to which `measure` and `select` append rows; without a path or a name there is none."""

    path: str | None = Field(
        default=None, description="Path of the table. Without it, and without `table`, nothing is appended."
    )
    table: str | None = Field(
        default=None,
        description="A table in Spark's catalog, such as `catalog.schema.name`, instead of `path`. It is created where "
        "there is none.",
    )
    format: Literal[*formats.HISTORY_FORMATS] = Field(  # type: ignore[valid-type]
        default="parquet",
        description="File format of the table. For `table` only `delta` says more than the catalog does by itself.",
    )
    name: str | None = Field(
        default=None,
        description="What the rows are versions of. By default the name of the data set: the last part of its path, "
        "or its value of `measure.by`.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.path is not None and self.table is not None:
            raise ValueError("expected at most one of 'path' and 'table'")
        return self

    @property
    def is_kept(self) -> bool:
        """Whether there is a history."""
        return self.path is not None or self.table is not None

    @property
    def output_formats(self) -> set[str]:
        """The format of the history; empty where there is none."""
        return {self.format} if self.is_kept else set()
