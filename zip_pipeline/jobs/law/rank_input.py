"""The input of `law rank`, whatever wrote it, as one table; and scores that are in a table of their own."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.config import RankConfig
from zip_pipeline.config.common import Section
from zip_pipeline.config.law import RankColumns
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.law import input_tables, model_outputs
from zip_pipeline.spark.io.reader import name_of, read

TEXT = ("model", "document", "settings", "area")
OPTIONAL = ("characters", "score", "settings", "area", "bits_per_byte", "bits_per_character")
READY = ("bits_per_byte", "bits_per_character")
"""Columns with bits that somebody has computed already."""

Scores = Mapping[str, Mapping[str | None, float]]
"""Scores of models, by model and area; those that are of no area have None."""


class TableColumns(RankColumns):
    """Column names of the table, with that of `rank.by`; an empty name is that of no column."""

    area: str = ""


class ScoreColumns(Section):
    """Column names of the table of scores."""

    model: str = "model"
    score: str = "score"
    area: str = Field(default="")


@dataclass(frozen=True)
class RankInput:
    """What is to be ranked.

    Attributes:
        place: its name in messages.
        rows: a row for each model and document: the columns of `TableColumns`, log-probabilities in `unit`; or where
            `is_ready`, a row for each model and area, without log-probabilities.
        unit: one of `log_probabilities.IN_BITS`.
        is_ready: whether the table has bits per byte or per character and no sizes.
        tool: what wrote it, or ``table``.
        notes: what was left out, a line each.
    """

    place: str
    rows: DataFrame
    unit: str
    is_ready: bool = False
    tool: str = "table"
    notes: tuple[str, ...] = ()


def open_input(spark: SparkSession, config: RankConfig) -> RankInput:
    """Open the input of a config.

    Raises:
        InputError: when it is neither such a table nor such files.
    """
    section, place = config.rank, name_of(config.input)
    found = model_outputs.find(spark, config.input, section.tool)
    if found is not None:
        rows = model_outputs.rows_of(spark, found, section.by, section.requests).persist()
        usable, notes = model_outputs.require_readable(rows, config.input, found)
        nothing = F.lit(None)
        columns = {"score": nothing.cast("double"), "settings": nothing.cast("string")}
        if section.by is None:
            columns["area"] = nothing.cast("string")
        return RankInput(place, usable.withColumns(columns), "nats", tool=found.tool, notes=tuple(notes))
    return _of_table(read(spark, config.input), place, config)


def _of_table(table: DataFrame, place: str, config: RankConfig) -> RankInput:
    names = TableColumns(**config.rank.columns.model_dump(), area=config.rank.by or "")
    optional = set(OPTIONAL)
    if names.log_probability in table.columns or not {getattr(names, name) for name in READY} & set(table.columns):
        rows = input_tables.named(table, place, names, optional=optional, text=TEXT)
        return RankInput(place, rows, config.rank.unit)
    sizes = {"bits_per_byte": "bytes", "bits_per_character": "characters"}
    sized = [name for name in READY if {getattr(names, name), getattr(names, sizes[name])} <= set(table.columns)]
    if not sized or names.bytes not in table.columns:
        optional |= {"document", "log_probability", "bytes"}
        return RankInput(place, input_tables.named(table, place, names, optional=optional, text=TEXT), "bits", True)
    optional |= {"log_probability"} | ({"document"} if config.rank.by is not None else set())
    rows = input_tables.named(table, place, names, optional=optional, text=TEXT)
    bits = F.col(sized[0]) * F.col(sizes[sized[0]])
    return RankInput(
        place, rows.withColumns({"log_probability": bits, "document": F.coalesce("document", "area")}), "bits"
    )


def read_scores(spark: SparkSession, config: RankConfig) -> Scores | None:
    """Read the table of scores; None: the config names none.

    Raises:
        InputError: when a model has two scores, or two in an area.
    """
    section = config.rank
    if section.scores is None:
        return None
    table, place = read(spark, section.scores), name_of(section.scores)
    area = section.by if section.by in table.columns else ""
    columns = ScoreColumns(model=section.columns.model, score=section.columns.score, area=area or "")
    named = input_tables.named(table, place, columns, optional=("area",), text=("model", "area"))
    scores: dict[str, dict[str | None, float]] = {}
    for row in input_tables.collect(named, place, "model", positive=()):
        if row["score"] is None:
            continue
        of_model = scores.setdefault(row["model"], {})
        if row["area"] in of_model:
            raise InputError(f"{place}: model {row['model']}: expected one score, found several")
        of_model[row["area"]] = row["score"]
    return scores
