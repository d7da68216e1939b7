"""The plan of `law fit`, `law check` and `law rank`: their tables are opened and counted, and their columns listed.

They have a row a model, a version or a document, and the driver holds them: reading is nearly all of the work.
"""

from collections.abc import Iterator

from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.config import CheckConfig, FitConfig, RankConfig
from zip_pipeline.jobs.base import Run
from zip_pipeline.jobs.law.rank_input import open_input
from zip_pipeline.jobs.planning.plan import Stages, plan
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.io.reader import name_of, read

PASSES = 3
"""How often a run reads its tables, once of them to look for what is missing."""

FITTING_S = 3.0
"""Seconds of fitting, drawing and writing, as seen."""

AnyLaw = FitConfig | CheckConfig | RankConfig


def look(run: Run[AnyLaw], stages: Stages) -> Manifest:
    """Open and count the tables of a run."""
    tables, lines = [], []
    with stages.measured("read the tables"):
        for key, path, rows in _tables(run.spark, run.config):
            part = {"key": key, "path": path, "rows": rows.count(), "columns": rows.columns}
            tables.append(part)
            lines.append(f"{key} {path}: {part['rows']:,} rows, columns {', '.join(rows.columns)}")
    stages.add("read the tables", (PASSES - 1) * stages.seconds["read the tables"])
    stages.add("fit and write", FITTING_S)
    return {"tables": tables, "lines": lines}


def _tables(spark: SparkSession, config: AnyLaw) -> Iterator[tuple[str, str, DataFrame]]:
    """Yield the tables that a config names, each with its key and its place."""
    if isinstance(config, RankConfig):
        yield "input", name_of(config.input), open_input(spark, config).rows
        if config.rank.scores is not None:
            yield "rank.scores", name_of(config.rank.scores), read(spark, config.rank.scores)
        return
    if config.input is not None:
        yield "input", name_of(config.input), read(spark, config.input)
    if isinstance(config, CheckConfig) and config.check.history is not None:
        yield "check.history", name_of(config.check.history), read(spark, config.check.history)


run = plan("law", look)
