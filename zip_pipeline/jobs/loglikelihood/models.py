"""The models of a run: whether every executor can load them, which they are, and their sums over all documents."""

import math
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.config.loglikelihood import Loglikelihood, ModelPlace
from zip_pipeline.errors import SetupError
from zip_pipeline.schema import Manifest, ddl
from zip_pipeline.spark.errors import user_error
from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.score import INSPECTED, Inspection


@dataclass(frozen=True)
class Inspected:
    """A model that executors have loaded once.

    Attributes:
        settings: the model and how it is run.
        hash: of its files.
        versions: of the packages that run it.
        about: what it says of itself: tokenizer, prefix, device.
        longest: tokens that it can read.
    """

    settings: ModelSettings
    hash: str
    versions: str
    about: str
    longest: str

    @property
    def name(self) -> str:
        """The model's name in the table."""
        return self.settings.name

    def part(self) -> Manifest:
        """Return the manifest's part on the model."""
        settings = self.settings
        return {
            "name": settings.name,
            "path": settings.path,
            "hash": self.hash,
            "engine": settings.engine,
            "versions": self.versions,
            "dtype": settings.dtype,
            "about": self.about,
            "longest": self.longest,
        }


def tasks_at_once(spark: SparkSession) -> int:
    """Return how many tasks Spark runs at once, as far as it says: the partitions that it gives a range."""
    return max(1, spark.range(1 << 16).select(F.spark_partition_id()).distinct().count())


def inspect(spark: SparkSession, section: Loglikelihood, model: ModelPlace, tasks: int) -> Inspected:
    """Let executors load a model before the work begins.

    Args:
        spark: runs the tasks.
        section: how models are run.
        model: the model.
        tasks: how many look at it.

    Raises:
        SetupError: when a package is missing, or executors have other versions of it.
        InputError: when the model is not there, or cannot be loaded.
    """
    settings = ModelSettings(model.shown, model.path, section.engine, section.dtype, section.device, section.threads)
    task = Inspection(settings, section.window)
    try:
        rows = spark.range(0, tasks, 1, tasks).mapInArrow(task.inspect, ddl(INSPECTED)).collect()
    except Exception as error:
        raise user_error(error, "loglikelihood.models") or error from error
    for name in ("versions", "hash"):
        found = {row[name]: row["host"] for row in rows}
        if len(found) > 1:
            others = "; ".join(f"{value} on {host}" for value, host in sorted(found.items()))
            raise SetupError(
                f"model {model.shown}: executors have different {name}: {others}; install the same everywhere"
            )
    row = rows[0]
    return Inspected(settings, row["hash"], row["versions"], row["about"], row["longest"])


def sums(scored: DataFrame) -> dict[str, dict[str, Any]]:
    """Return by model the sums over all documents that were scored, and how many were not."""
    known = F.col("reason").isNull()
    columns = {name: F.sum(F.when(known, F.col(name))) for name in ("tokens", "bytes", "characters", "windows")}
    columns |= {"nats": F.sum("log_probability"), "documents": F.count_if(known), "unscored": F.count_if(~known)}
    rows = scored.groupBy("model").agg(*[column.alias(name) for name, column in columns.items()]).collect()
    return {row["model"]: _of_model(row.asDict()) for row in rows}


def _of_model(row: dict[str, Any]) -> dict[str, Any]:
    bits = None if row["nats"] is None else -row["nats"] / math.log(2)
    return {
        **{name: row[name] or 0 for name in ("documents", "unscored", "tokens", "windows", "bytes", "characters")},
        "bits_per_byte": None if bits is None else bits / row["bytes"],
        "bits_per_character": None if bits is None else bits / row["characters"],
    }
