"""The bounds of a run: what the config says, what a reference set has, and quantiles of columns.

Which records are outside is counted by the first bound that a record does not hold: bytes, ratio, then the columns in
the order of the config.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.config import Band, SelectConfig
from zip_pipeline.errors import InputError
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import Corpus, open_corpus
from zip_pipeline.spark.eligible import Bounds, Limits
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.numbers import numbers_of, with_numbers
from zip_pipeline.tasks.numbers import PREFIX
from zip_pipeline.tasks.score import Scorer

_KEY = "select.bounds.columns"


def bounds_of(
    config: SelectConfig, rows: DataFrame, scorer: Scorer, targets: Sequence[tuple[str, Corpus]] = ()
) -> Bounds:
    """Return the bounds of a run; the config's own, those of a reference set and of columns hold together.

    Args:
        config: of the run.
        rows: the scored pool, of `Scorer.schema`.
        scorer: of the pool.
        targets: of the run, and their names.

    Raises:
        InputError: when the reference set cannot be used, or there is no number to take a quantile of.
    """
    section = config.select.bounds
    own = Bounds(section.min_bytes, section.max_bytes, section.min_ratio, section.max_ratio)
    columns = {
        name: (schema.band(place), _limits(name, schema.band(place), band, rows, targets))
        for place, (name, band) in enumerate(section.columns.items())
    }
    return replace(_with_reference(own, config, rows.sparkSession, scorer), columns=columns)


def _limits(name: str, number: str, band: Band, rows: DataFrame, targets: Sequence[tuple[str, Corpus]]) -> Limits:
    """Return the limits of one column, the quantiles taken."""
    if band.origin is None:
        return band.min, band.max
    if band.origin == "pool":
        values = rows.select(number)
    else:
        values = reduce(
            DataFrame.unionByName, [_numbers_of_target(one, corpus, name, number) for one, corpus in targets]
        )
    shares = [0.0 if band.lower is None else band.lower, 1.0 if band.upper is None else band.upper]
    numbers = values.where(F.col(number).isNotNull() & ~F.isnan(number))
    try:
        first = numbers.select(F.percentile(number, F.array(*map(F.lit, shares)))).first()
    except Exception as error:
        raise user_error(error, f"{_KEY}.{name}") or error from error
    if first is None or first[0] is None:
        raise InputError(f"{_KEY}.{name}: the {band.origin} has no number in this column")
    lowest = [value for value in (band.min, first[0][0] if band.lower is not None else None) if value is not None]
    highest = [value for value in (band.max, first[0][1] if band.upper is not None else None) if value is not None]
    return max(lowest, default=None), min(highest, default=None)


def _numbers_of_target(target: str, corpus: Corpus, name: str, number: str) -> DataFrame:
    numbers = numbers_of(corpus, {number: (name, f"{_KEY}, target {target}")})
    return with_numbers(corpus.rows, numbers).select(F.col(PREFIX + number).alias(number))


def _with_reference(own: Bounds, config: SelectConfig, spark: SparkSession, scorer: Scorer) -> Bounds:
    reference = config.select.bounds.reference
    if reference is None:
        return own
    corpus = open_corpus(spark, config.input.like(reference.path, reference.format))
    scores = scoring.score(corpus, corpus.scorer(scorer.render_name, scorer.codec)).where("reason is null")
    quantiles = F.percentile("ratio", F.array(F.lit(reference.lower), F.lit(reference.upper)))
    try:
        first = scores.select(quantiles).first()
    except Exception as error:
        raise user_error(error, f"select.bounds.from: {reference.path}") or error from error
    if first is None or first[0] is None:
        raise InputError(f"select.bounds.from: {reference.path}: none of its records can be used")
    lower, upper = first[0]
    lower = lower if own.min_ratio is None else max(lower, own.min_ratio)
    upper = upper if own.max_ratio is None else min(upper, own.max_ratio)
    return replace(own, min_ratio=lower, max_ratio=upper)
