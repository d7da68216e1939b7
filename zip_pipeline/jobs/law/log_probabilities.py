"""Log-probabilities that models gave documents, summed up on Spark to what a ranking needs.

Bits are counted in thousandths, as whole numbers, so that sums do not depend on the order in which they are added.
Documents are what chance chose, and are drawn again by `stats.model_ranking`; of more than `MOST_UNITS` a hash makes
bundles, which are as good as documents for that: which documents share one has nothing to do with what they say.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.errors import InputError

MOST_UNITS = 10_000
UNIT = 1e-3
"""Bits that a 1 in the sums stands for."""

IN_BITS = {"bits": 1.0, "nats": 1 / math.log(2)}


@dataclass(frozen=True)
class Likelihoods:
    """The sums of all models over the documents that all of them were asked about.

    Attributes:
        models: their names.
        documents: how many all of them share.
        left_out: documents that some of them lack.
        bits: of each unit (a document or a bundle) and model, in `UNIT`, shape (units, models).
        sizes: bytes of each unit, shape (units,).
        characters: of all documents, or None.
        scores: of each model, or None.
    """

    models: list[str]
    documents: int
    left_out: int
    bits: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    characters: int | None
    scores: list[float] | None


def gather(rows: DataFrame, place: str, unit: str) -> Likelihoods:
    """Sum up.

    Args:
        rows: `few_rows.named` with ``model``, ``document``, ``log_probability``, ``bytes``, ``characters``, ``score``.
        place: what the table is called in messages.
        unit: of the log-probabilities, one of `IN_BITS`.

    Raises:
        InputError: when rows contradict each other, or there is nothing to compare.
    """
    _check(rows, place)
    bits = F.round(F.abs("log_probability") * IN_BITS[unit] / UNIT).cast("bigint").alias("bits")
    table = rows.select("model", "document", bits, F.col("bytes").cast("bigint").alias("bytes"), "characters", "score")
    models = table.groupBy("model").agg(F.min("score"), F.max("score"), F.count("score"), F.count("*")).collect()
    models.sort(key=lambda row: row[0])
    documents = table.groupBy("document").agg(
        F.count("*").alias("models"),
        F.countDistinct("model").alias("different"),
        F.min("bytes").alias("bytes"),
        F.max("bytes").alias("most_bytes"),
        F.min("characters").alias("characters"),
    )
    for document, *_ in documents.where("models != different").limit(1).collect():
        raise InputError(f"{place}: document {document} stands twice for a model")
    for document, _, _, least, most, _ in documents.where("bytes != most_bytes").limit(1).collect():
        raise InputError(f"{place}: document {document} has {least} bytes for one model and {most} for another")
    shared = documents.where(F.col("models") == len(models))
    counted = shared.agg(F.count("*"), F.sum("characters"), F.count("characters")).first()
    if counted is None or not counted[0]:
        raise InputError(f"{place}: no document that all {len(models)} models were asked about")
    unit_of = F.col("document") if counted[0] <= MOST_UNITS else F.pmod(F.xxhash64("document"), F.lit(MOST_UNITS))
    summed = (
        table.drop("bytes", "characters")
        .join(shared.select("document", "bytes"), "document")
        .groupBy(unit_of.cast("string").alias("unit"), "model")
        .agg(F.sum("bits").alias("bits"), F.sum("bytes").alias("bytes"))
        .toArrow()
        .sort_by([("unit", "ascending"), ("model", "ascending")])
    )
    by_unit = (-1, len(models))
    return Likelihoods(
        models=[row[0] for row in models],
        documents=counted[0],
        left_out=documents.count() - counted[0],
        bits=summed.column("bits").to_numpy().reshape(by_unit),
        sizes=summed.column("bytes").to_numpy().reshape(by_unit)[:, 0],
        characters=int(counted[1]) if counted[2] == counted[0] else None,
        scores=_scores(models, place),
    )


def _check(rows: DataFrame, place: str) -> None:
    """Refuse rows that lack something, and logarithms of both signs."""
    usable = F.coalesce(
        F.col("model").isNotNull() & F.col("document").isNotNull() & (F.col("bytes") > 0)
        & (F.abs("log_probability") < float("inf")) & ~F.isnan("log_probability"),
        F.lit(False),
    )  # fmt: skip
    for row in rows.where(~usable).limit(1).collect():
        found = ", ".join(f"{name} {row[name]}" for name in ("model", "document", "bytes", "log_probability"))
        raise InputError(f"{place}: expected a model, a document, its bytes and a log-probability, found {found}")
    ends = rows.agg(F.min("log_probability"), F.max("log_probability")).first()
    if ends is None or ends[0] is None:
        raise InputError(f"{place}: no rows")
    if ends[0] < 0 < ends[1]:
        raise InputError(
            f"{place}: expected sums of log-probabilities, none above 0, or of their negatives, none below, "
            f"found {ends[0]} and {ends[1]}"
        )


def _scores(models: Sequence[Sequence[Any]], place: str) -> list[float] | None:
    for name, least, most, count, rows in models:
        if count and (least != most or count != rows):
            raise InputError(f"{place}: model {name}: expected one score in all of its rows, found {least} and {most}")
    return [row[1] for row in models] if all(row[1] is not None for row in models) else None
