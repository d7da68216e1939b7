"""The files of other tools as the input of `law rank`: which tool wrote them, and a row for each model and document.

`tasks.reading.model_outputs` says how the tools write, and reads the lines.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import formats
from zip_pipeline.config import Place
from zip_pipeline.errors import InputError
from zip_pipeline.schema import ddl
from zip_pipeline.spark.io.listing import Listing, list_files, table_at
from zip_pipeline.spark.io.reader import name_of
from zip_pipeline.tasks.reading.model_outputs import (
    HARNESS,
    LIKELIHOODS,
    REQUESTS,
    VLLM,
    OutputReader,
    read_requests,
)

_SAMPLES = re.compile(r"samples_.+_[0-9][0-9T.:-]+[.]jsonl")
_OF_VLLM = ("prompt_logprobs", "response", "choices")
"""Keys of vLLM's lines; a table has other columns."""


@dataclass(frozen=True)
class ToolFiles:
    """Files of one tool.

    Attributes:
        tool: `HARNESS` or `VLLM`.
        files: as Spark takes them.
        notes: what was left aside, a line each.
    """

    tool: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def find(spark: SparkSession, place: Place, tool: str) -> ToolFiles | None:
    """Return the files of a tool at a place, or None where there is a table.

    Args:
        spark: lists what is not on this machine.
        place: the input.
        tool: one of the values of `rank.tool`.

    Raises:
        InputError: when a tool is named and none of its files are there.
    """
    if tool == "table" or place.table is not None or place.format not in (None, "jsonl"):
        return None
    if tool == "auto" and (place.options or table_at(spark, str(place.path)) is not None):
        return None
    listing = list_files(spark, str(place.path))
    lines = [name for name in listing.files if formats.of_name(name) == "jsonl"]
    samples = [name for name in lines if _SAMPLES.fullmatch(name.rpartition("/")[2])]
    if tool == HARNESS and not samples:
        raise InputError(
            f"{place.path}: no files samples_TASK_TIME.jsonl; run lm-evaluation-harness with --log_samples"
        )
    if tool != VLLM and samples:
        return _newest(listing, samples)
    if lines and (tool == VLLM or _is_of_vllm(spark, [listing.uri(name) for name in lines])):
        return ToolFiles(VLLM, tuple(map(listing.uri, lines)))
    if tool == VLLM:
        raise InputError(f"{place.path}: no files of JSONL; expected the answers of vLLM, one a line")
    return None


def _newest(listing: Listing, samples: Sequence[str]) -> ToolFiles:
    """Return the newest samples of each model and task; the harness adds files when it runs again."""
    newest: dict[str, str] = {}
    for name in sorted(samples):
        newest[name.rpartition("_")[0]] = name
    older = len(samples) - len(newest)
    notes = (f"left aside: {older:,} older files of samples of the same model and task",) if older else ()
    return ToolFiles(HARNESS, tuple(map(listing.uri, newest.values())), notes)


def _is_of_vllm(spark: SparkSession, files: Sequence[str]) -> bool:
    first = spark.read.text(list(files)).where("trim(value) != ''").first()
    try:
        row = json.loads(first["value"]) if first is not None else None
    except ValueError:
        return False
    return isinstance(row, dict) and any(name in row for name in _OF_VLLM)


def rows_of(spark: SparkSession, found: ToolFiles, by: str | None, requests: Place | None) -> DataFrame:
    """Return a row of `LIKELIHOODS` for each model and document, problems included.

    Args:
        spark: reads.
        found: the files.
        by: as `rank.by`.
        requests: those that vLLM answered, or None.

    Raises:
        InputError: when the harness's files are to be compared by something else than the corpus.
    """
    if found.tool == HARNESS and by not in (None, "corpus"):
        raise InputError(f"rank.by: files of {HARNESS} have corpus, their tasks, and nothing else; found {by}")
    lines = spark.read.text(list(found.files)).select("value", F.col("_metadata.file_path").alias("file"))
    rows = lines.mapInArrow(OutputReader(found.tool, by).read_batches, ddl(LIKELIHOODS))
    if requests is None:
        return rows
    asked = spark.read.text(list_files(spark, str(requests.path)).roots)
    sizes = asked.mapInArrow(read_requests, ddl(REQUESTS)).dropDuplicates(["document"])
    own, more = rows.alias("own"), sizes.alias("more")
    return own.join(more, F.col("own.document") == F.col("more.document"), "left").select(
        *[F.col(f"own.{name}") for name in LIKELIHOODS.names if name not in ("bytes", "characters")],
        *[F.coalesce(f"own.{name}", f"more.{name}").alias(name) for name in ("bytes", "characters")],
    )


def require_readable(rows: DataFrame, place: Place, found: ToolFiles) -> tuple[DataFrame, list[str]]:
    """Return the rows that have a log-probability, and what was left out.

    Raises:
        InputError: for a line that cannot be read, a document of unknown size, or when no row is left.
    """
    for row in rows.where("problem is not null").limit(1).collect():
        raise InputError(row["problem"])
    for row in rows.where("log_probability is not null and bytes is null").limit(1).collect():
        raise InputError(
            f"{name_of(place)}: document {row['document']}: the bytes of its prompt are not known; set rank.requests "
            "to the file of requests, or write prompt beside prompt_logprobs"
        )
    usable = rows.where("log_probability is not null")
    others = sorted(row["area"] for row in rows.where("log_probability is null").select("area").distinct().collect())
    if usable.isEmpty():
        what = f"; none of the tasks {', '.join(others)} is of loglikelihood_rolling" if others else ""
        raise InputError(f"{name_of(place)}: no log-probabilities of documents{what}")
    left = [f"left out: tasks that are not of loglikelihood_rolling: {', '.join(others)}"] if others else []
    return usable, [*found.notes, *left]
