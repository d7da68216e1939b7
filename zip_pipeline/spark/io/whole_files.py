"""Files that tasks read as a whole, and lines of text: how Spark hands them to tasks of `tasks.reading`.

A task gets a file's path where the file is on a disk of this machine, which executors then share, and else its bytes.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import LongType, StringType, StructField, StructType

from zip_pipeline import formats, schema
from zip_pipeline.spark.io.columns import column
from zip_pipeline.spark.io.folders import OWN_OPTIONS, Plan
from zip_pipeline.spark.io.listing import path_of
from zip_pipeline.tasks.reading.files import HAS_NUL, IS_UTF_16, UTF_16, Files
from zip_pipeline.tasks.reading.line_ranges import COUNTS, LineRanges
from zip_pipeline.tasks.score import Batches

UNDERSTOOD = frozenset({"encoding", "charset", "sep", "delimiter"})
"""Options of Spark's readers, in lower case, that these readers know, too."""

_AS_IT_IS = {("header", "true"), ("multiline", "true"), ("inferschema", "false")}
"""Options of Spark's readers that say what these readers do anyhow."""

_RANGE = 16 << 20
"""Bytes of a file that a task looks at, or down to a quarter of it where there are cores to spare."""

_OF_FILES = OWN_OPTIONS | {"ignorecorruptfiles", "ignoremissingfiles"}
"""Options, in lower case, that say which files are read; all readers have them."""


@dataclass(frozen=True)
class TextOptions:
    """What a user says of the text in files.

    Attributes:
        encoding: of the text; None: UTF-8.
        delimiter: between the cells of CSV; None: that of the format.
        is_whole: whether records of JSON may go over lines, whatever the name of the file says.
    """

    encoding: str | None
    delimiter: str | None
    is_whole: bool

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "TextOptions | None":
        """Return what options of Spark's readers say; None where one of them is for Spark's own reader alone."""
        others = {name.lower(): value for name, value in options.items() if name not in of_files(options)}
        if any(name not in UNDERSTOOD and (name, value.lower()) not in _AS_IT_IS for name, value in others.items()):
            return None
        encoding = others.get("encoding", others.get("charset"))
        plain = encoding is None or encoding.lower() in ("utf-8", "utf8")
        return cls(None if plain else encoding, others.get("sep", others.get("delimiter")), "multiline" in others)


def of_files(options: Mapping[str, str]) -> dict[str, str]:
    """Return the options that say which files are read."""
    return {name: value for name, value in options.items() if name.lower() in _OF_FILES}


def lines(spark: SparkSession, plan: Plan) -> DataFrame:
    """Return the lines of files, which Spark splits, as rows: the column ``value``, then those beside."""
    return plan.load(spark.read.format("text")).select("value", *map(column, plan.beside))


def line_ranges(spark: SparkSession, lines: DataFrame) -> tuple[DataFrame, LineRanges] | None:
    """Return ranges of the files that lines are read from as rows, and what reads their lines in a task.

    Returns:
        None where the files are not on a disk of this machine, or are packed: then only Spark reads them.
    """
    uris = sorted(lines.inputFiles())
    if not uris or any(not uri.startswith("file:") or uri.endswith(formats.COMPRESSIONS) for uri in uris):
        return None
    paths = tuple(path_of(unquote(uri)) for uri in uris)
    sizes = [Path(path).stat().st_size for path in paths]
    step = max(_RANGE // 4, min(_RANGE, sum(sizes) // (os.cpu_count() or 1) + 1))
    ranges = tuple(
        (number, start, min(start + step, size)) for number, size in enumerate(sizes) for start in range(0, size, step)
    )
    tasks = min(len(ranges), sum(sizes) // step + 1)
    return spark.range(0, len(ranges), 1, max(tasks, 1)), LineRanges(paths, ranges)


def numbered(rows: DataFrame, lines: LineRanges) -> tuple[DataFrame, LineRanges]:
    """Count the lines of ranges, so that each line has its number; see `line_ranges` for arguments and result."""
    counts = {row["range"]: row["lines"] for row in run(rows, lines.count, from_arrow_schema(COUNTS)).collect()}
    return rows, lines.after(counts)


def files(spark: SparkSession, plan: Plan, encoding: str | None) -> tuple[DataFrame, Files]:
    """Return files as rows: the path, the bytes where the path does not lead to them, then the columns beside.

    Args:
        spark: the session.
        plan: which files.
        encoding: of their text; None: UTF-8.

    Returns:
        The rows, and what reads them in a task.
    """
    has_content = not all(path.startswith("file:") for path in plan.paths)
    columns = [F.col("path"), *([F.col("content")] if has_content else []), *map(column, plan.beside)]
    return plan.load(spark.read.format("binaryFile")).select(*columns), Files(encoding or "utf-8", has_content)


def text(spark: SparkSession, plan: Plan, encoding: str | None) -> DataFrame:
    """Return the lines of text files as records: the column ``value``, those beside, and `schema.CORRUPT`."""
    if encoding is not None:
        rows, reader = files(spark, plan, encoding)
        return run(rows, reader.lines, text_fields("value", *plan.beside))
    line, start = F.col("value"), F.substring(F.col("value").cast("binary"), 1, 2)
    is_utf_16 = start.isin(*[F.lit(bytearray(mark)) for mark in UTF_16])
    checked = F.when(is_utf_16, F.raise_error(f"InputError: {IS_UTF_16}")).otherwise(line)
    corrupt = F.struct(line.alias("line"), F.lit(HAS_NUL).alias("reason"))
    return lines(spark, plan).select(
        checked.alias("value"),
        *map(column, plan.beside),
        F.when(F.contains(line, F.lit("\0")), corrupt).alias(schema.CORRUPT),
    )


def run(rows: DataFrame, task: Batches, returns: StructType) -> DataFrame:
    """Return what a task makes of rows, whose columns may have any names."""
    plain = rows.toDF(*[f"c{number}" for number in range(len(rows.columns))])
    return plain.mapInArrow(task, returns)


def text_fields(*names: str) -> StructType:
    """Return columns of text; but `schema.LINE` is a number."""
    return StructType([StructField(name, LongType() if name == schema.LINE else StringType()) for name in names])
