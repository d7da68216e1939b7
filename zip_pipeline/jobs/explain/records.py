"""The records to explain, read from the pool once more: their texts, where they stand, and what the rule measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input, SelectConfig, validate
from zip_pipeline.errors import ConfigError, UserError
from zip_pipeline.report.console import Reporter
from zip_pipeline.report.texts import place_of
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import picked_rows
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.io.columns import with_columns
from zip_pipeline.spark.io.folders import file_name
from zip_pipeline.spark.io.reader import name_of
from zip_pipeline.spark.numbers import numbers_of, with_numbers
from zip_pipeline.tasks.numbers import NONE
from zip_pipeline.tasks.score import rows_of


@dataclass(frozen=True)
class Record:
    """A record of the pool.

    Attributes:
        text: rendered as ``content``.
        payload: as the run rendered and measured it.
        place: file and line, see `texts.place_of`.
        weight: by which the run multiplied its score.
        tokens: None where the run counted none.
        bounded: by column of the input that a bound looks at, the number in it; None where it has none.
    """

    text: str
    payload: bytes
    place: str
    weight: float = 1.0
    tokens: int | None = None
    bounded: Mapping[str, float | None] = field(default_factory=dict)


def config_of(made: Mapping[str, Manifest]) -> SelectConfig | None:
    """Return the config of a run; None where it is of a version whose keys this one does not know.

    Args:
        made: the manifest of the run.
    """
    try:
        return validate(SelectConfig, made["config"])
    except ConfigError:
        return None


def read(spark: SparkSession, made: Manifest, ids: Sequence[str], reporter: Reporter) -> dict[str, Record]:
    """Return records of a run's pool by id; none, and a line that says so, where it cannot be read any more.

    Args:
        spark: the session.
        made: the manifest of the run.
        ids: of the records. Those that the run rejected are not returned.
        reporter: for that line.
    """
    config, keys = config_of(made), made["config"]["input"]
    place = Input.model_validate({key: keys[key] for key in Input.model_fields if key in keys})
    try:
        corpus = open_corpus(spark, place)
        numbers = NONE if config is None else numbers_of(corpus, config.number_columns, config.input.tokenizer)
        scorer = corpus.scorer("content" if config is None else config.render, NullCodec(), numbers=numbers)
        wanted = spark.createDataFrame(pa.table({schema.ID: pa.array(dict.fromkeys(ids), pa.string())}))
        rows = picked_rows.full_rows(corpus, scorer, F.broadcast(wanted), one_row_an_id=False)
        if schema.FILE in rows.columns:
            rows = with_columns(rows, {schema.FILE: file_name(F.col(schema.FILE))})
        batches = with_numbers(rows, numbers).toArrow().to_batches()
    except UserError as error:
        reporter.say(f"without texts, as the pool {name_of(place)} cannot be read: {error}")
        return {}
    bounded = [] if config is None else [*config.select.bounds.columns]
    records = {}
    for row in (row for batch in batches for row in rows_of(batch)):
        scored = scorer.score(row, measure=False)
        text = replace(scorer, render_name="content").score(row, measure=False)["payload"]
        records[row[schema.ID]] = Record(
            text.decode("utf-8", "replace"),
            scored["payload"],
            place_of(row.get(schema.FILE), row.get(schema.LINE)),
            scored.get(schema.WEIGHT, 1.0),
            scored.get(schema.TOKENS),
            {name: scored.get(schema.band(number)) for number, name in enumerate(bounded)},
        )
    return records
