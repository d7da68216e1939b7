"""The job ``export``: a selection as a file, or several, in the order of picking.

``*.txt`` gets the ids, one a line. ``*.jsonl`` gets the rows with the pool's own columns, ``*.tar`` the same as samples
of WebDataset. The selection may be of any format and in any store: its manifest says where and which version.
"""

from contextlib import ExitStack

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.config import ExportConfig
from zip_pipeline.errors import InputError, OutputError
from zip_pipeline.jobs.base import Job
from zip_pipeline.jobs.export.lines import LineFile
from zip_pipeline.jobs.export.shards import Shards
from zip_pipeline.jobs.manifest import run_part
from zip_pipeline.report.console import Reporter, say_where
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import selection_output
from zip_pipeline.spark.io.columns import column, with_json_values
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.session import session


def run(config: ExportConfig, reporter: Reporter) -> Manifest:
    """Write the files; return how many records and files they are.

    Raises:
        InputError: when the path is no output of `select`, or its records have no ids.
        OutputError: when a file is there already, or has another ending than those above.
        SetupError: when the package is missing that writes ``*.tar``.
    """
    selection_output.require_outputs(config.export.selection)
    with ExitStack() as entered:
        with reporter.stage("session", "start Spark"):
            spark = entered.enter_context(session("zip_pipeline export"))
        with reporter.stage("export", "write the files"):
            path, files = config.export.selection, files_of(config)
            manifest = selection_output.manifest_of(path)
            rows = selection_output.table(spark, path, manifest, schema.SELECTION_TABLE)
            ordered = lines_of(config, manifest, rows).toLocalIterator(prefetchPartitions=True)
            records, number = files.write(row["line"] for row in ordered)
    return {**run_part(config, spark, reporter.timings), "export": {"records": records, "files": number}}


def files_of(config: ExportConfig) -> LineFile | Shards:
    """Return what writes the files.

    Raises:
        OutputError: when something is there that may not be replaced, or the name says nothing.
        SetupError: when the package is missing that writes ``*.tar``.
    """
    output = config.output.path
    if Location.of(output).is_folder():
        raise OutputError(f"{output}: exists already; name a file")
    files = Shards(output, config.export.shard) if output.endswith(".tar") else LineFile(output)
    if config.output.mode == "error" and files.exist():
        raise OutputError(f"{output}: exists already; --overwrite (output.mode=overwrite) replaces it")
    return files


def lines_of(config: ExportConfig, manifest: Manifest, rows: DataFrame) -> DataFrame:
    """Return the column ``line`` of the files, in the order of picking, beside the rank.

    Args:
        config: of the run; the file's name says what a line holds.
        manifest: of the selection.
        rows: of the selection.

    Raises:
        InputError: when the records have no ids to write.
    """
    if config.output.path.removesuffix(".gz").endswith(".txt"):
        path, name = config.export.selection, manifest["config"]["input"]["columns"]["id"]
        if name not in rows.columns:
            raise InputError(f"{path}: its records have no column {name}, so there are no ids to write")
        line = column(name).cast("string")
    else:
        names = [name for name in rows.columns if name not in schema.MAY_BE_ADDED]
        rows = with_json_values(rows)
        line = F.to_json(F.struct(*map(column, names)), {"ignoreNullFields": "false"})
    return rows.select(schema.RANK, line.alias("line")).orderBy(schema.RANK)


def show(console: Console, manifest: Manifest) -> None:
    """Print how many records the files have, and where they are."""
    part = manifest["export"]
    number = f" in {part['files']:,} files" if part["files"] > 1 else ""
    console.print(f"{part['records']:,} records{number}, in the order of picking")
    say_where(console, manifest)


JOB = Job(run, show)
