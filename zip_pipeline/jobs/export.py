"""The job ``export``: one file of a selection, in the order of picking, for a trainer or another program.

``*.txt`` gets the ids, one a line. ``*.jsonl`` gets the rows with the pool's own columns. With ``.gz`` behind it the
file is compressed. The selection may be of any format and in any store: its manifest says where and which version.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.config import ExportConfig
from zip_pipeline.errors import InputError, OutputError
from zip_pipeline.jobs.base import Job
from zip_pipeline.jobs.manifest import run_part
from zip_pipeline.report.console import Reporter, say_where
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import selection_output
from zip_pipeline.spark.io.columns import column, with_json_values
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.session import session


def run(config: ExportConfig, reporter: Reporter) -> Manifest:
    """Write the file; return what was written.

    Raises:
        InputError: when the path is no output of `select`, or its records have no ids.
        OutputError: when the file is there already, or has another ending than those above.
    """
    with ExitStack() as entered:
        with reporter.stage("session", "start Spark"):
            spark = entered.enter_context(session("zip_pipeline export"))
        with reporter.stage("export", "write the file"):
            path, target = config.export.selection, target_of(config)
            manifest = selection_output.manifest_of(path)
            rows = selection_output.table(spark, path, manifest, schema.SELECTION_TABLE)
            ordered = lines_of(config, manifest, rows)
            records = _write(target, (row["line"] for row in ordered.toLocalIterator(prefetchPartitions=True)))
    return {**run_part(config, spark, reporter.timings), "export": {"records": records}}


def target_of(config: ExportConfig) -> Location:
    """Return where the file goes.

    Raises:
        OutputError: when something is there that may not be replaced.
    """
    target = Location.of(config.output.path)
    if target.exists() and (config.output.mode == "error" or target.is_folder()):
        remedy = "name a file" if target.is_folder() else "--overwrite (output.mode=overwrite) replaces it"
        raise OutputError(f"{config.output.path}: exists already; {remedy}")
    return target


def lines_of(config: ExportConfig, manifest: Manifest, rows: DataFrame) -> DataFrame:
    """Return the column ``line`` of the file, in the order of picking, beside the rank.

    Args:
        config: of the run; the file's name says what a line holds.
        manifest: of the selection.
        rows: of the selection.

    Raises:
        InputError: when the records have no ids to write.
        OutputError: when the name says nothing.
    """
    plain = config.output.path.removesuffix(".gz")
    if plain.endswith(".txt"):
        path, name = config.export.selection, manifest["config"]["input"]["columns"]["id"]
        if name not in rows.columns:
            raise InputError(f"{path}: its records have no column {name}, so there are no ids to write")
        line = column(name).cast("string")
    elif plain.endswith(".jsonl"):
        names = [name for name in rows.columns if name not in schema.MAY_BE_ADDED]
        rows = with_json_values(rows)
        line = F.to_json(F.struct(*map(column, names)), {"ignoreNullFields": "false"})
    else:
        raise OutputError(f"{config.output.path}: expected a name that ends in .txt (ids) or .jsonl (rows)")
    return rows.select(schema.RANK, line.alias("line")).orderBy(schema.RANK)


def _write(target: Location, lines: Iterator[str]) -> int:
    """Write lines to a file that appears whole, or not at all; return how many they are."""
    count = 0
    with tempfile.TemporaryDirectory(prefix="zip_pipeline-") as folder:
        part = Location.of(str(Path(folder, target.name)))  # pyarrow packs by the name's ending
        with part.filesystem.open_output_stream(part.path) as stream:
            for line in lines:
                stream.write(f"{line}\n".encode())
                count += 1
        if target.filesystem.type_name == "local":
            Path(target.path).parent.mkdir(parents=True, exist_ok=True)
            hidden = target.sibling(f".{target.name}.part")
            shutil.copyfile(part.path, hidden.path)
            hidden.move(target)
        else:
            with (
                Path(part.path).open("rb") as content,
                target.filesystem.open_output_stream(target.path, compression=None) as stream,
            ):
                shutil.copyfileobj(content, stream)
    return count


def show(console: Console, manifest: Manifest) -> None:
    """Print how many records the file has, and where it is."""
    console.print(f"{manifest['export']['records']:,} records, in the order of picking")
    say_where(console, manifest)


JOB = Job(run, show)
