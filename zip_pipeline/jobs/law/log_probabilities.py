"""The bits that models need for documents, from log-probabilities summed on Spark.

Bits are counted in thousandths, as whole numbers, so that sums do not depend on the order of addition. The bootstrap
of `stats.model_ranking` draws documents again. Of more than `MOST_UNITS` documents, a hash makes bundles and the
bootstrap draws those. Bundles serve as well, because the hash has nothing to do with what a document says.
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
class BitCounts:
    """The bits of all models over the documents that all of them were asked about.

    A unit is a document, or a bundle where there are more than `MOST_UNITS` documents.

    Attributes:
        models: their names, sorted.
        documents: how many all models share.
        left_out: how many documents some models lack.
        bits: by unit and model, in `UNIT`, shape (units, models).
        sizes: bytes of each unit, shape (units,).
        characters: of all documents together, or None where a document has no count.
        scores: of each model, or None where a model has none.
    """

    models: list[str]
    documents: int
    left_out: int
    bits: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    characters: int | None
    scores: list[float] | None


def count_bits(rows: DataFrame, place: str, unit: str) -> BitCounts:
    """Sum log-probabilities up to bits.

    Args:
        rows: ``model``, ``document``, ``log_probability``, ``bytes``, ``characters``, ``score``, from
            `input_tables.named`.
        place: the table's name in messages.
        unit: of the log-probabilities, one of `IN_BITS`.

    Raises:
        InputError: when rows contradict each other, or the models share no document.
    """
    _check(rows, place)
    bits = F.round(F.abs("log_probability") * IN_BITS[unit] / UNIT).cast("bigint").alias("bits")
    table = rows.select("model", "document", bits, F.col("bytes").cast("bigint").alias("bytes"), "characters", "score")
    models = table.groupBy("model").agg(F.min("score"), F.max("score"), F.count("score"), F.count("*")).collect()
    models.sort(key=lambda row: row[0])
    documents = _documents(table, place)
    shared = documents.where(F.col("models") == len(models))
    totals = shared.agg(F.count("*"), F.sum("characters"), F.count("characters")).first()
    if totals is None or not totals[0]:
        raise InputError(f"{place}: no document that all {len(models)} models were asked about")
    number, characters, with_characters = totals
    unit_of = F.col("document") if number <= MOST_UNITS else F.pmod(F.xxhash64("document"), F.lit(MOST_UNITS))
    sums = (
        table.drop("bytes", "characters")
        .join(shared.select("document", "bytes"), "document")
        .groupBy(unit_of.cast("string").alias("unit"), "model")
        .agg(F.sum("bits").alias("bits"), F.sum("bytes").alias("bytes"))
        .toArrow()
        .sort_by([("unit", "ascending"), ("model", "ascending")])
    )
    by_unit = (-1, len(models))
    return BitCounts(
        models=[row[0] for row in models],
        documents=number,
        left_out=documents.count() - number,
        bits=sums.column("bits").to_numpy().reshape(by_unit),
        sizes=sums.column("bytes").to_numpy().reshape(by_unit)[:, 0],
        characters=int(characters) if with_characters == number else None,
        scores=_scores(models, place),
    )


def _documents(table: DataFrame, place: str) -> DataFrame:
    """Return ``document``, ``models``, ``bytes``, ``characters``, a row a document.

    Raises:
        InputError: when a document has two rows of a model, or two sizes.
    """
    documents = table.groupBy("document").agg(
        F.count("*").alias("models"),
        F.countDistinct("model").alias("different"),
        F.min("bytes").alias("bytes"),
        F.max("bytes").alias("most_bytes"),
        F.min("characters").alias("characters"),
    )
    for document, *_ in documents.where("models != different").limit(1).collect():
        raise InputError(f"{place}: document {document} appears twice for a model")
    for document, _, _, least, most, _ in documents.where("bytes != most_bytes").limit(1).collect():
        raise InputError(f"{place}: document {document} has {least} bytes for one model and {most} for another")
    return documents.select("document", "models", "bytes", "characters")


def _check(rows: DataFrame, place: str) -> None:
    """Refuse rows with an empty field, and log-probabilities of both signs.

    Raises:
        InputError: naming the first such row, or both ends.
    """
    usable = F.coalesce(
        F.col("model").isNotNull() & F.col("document").isNotNull() & (F.col("bytes") > 0)
        & (F.abs("log_probability") < float("inf")) & ~F.isnan("log_probability"),
        F.lit(False),
    )  # fmt: skip
    for row in rows.where(~usable).limit(1).collect():
        fields = ", ".join(f"{name} {row[name]}" for name in ("model", "document", "bytes", "log_probability"))
        raise InputError(f"{place}: expected a model, a document, its bytes and a log-probability, found {fields}")
    ends = rows.agg(F.min("log_probability"), F.max("log_probability")).first()
    if ends is None or ends[0] is None:
        raise InputError(f"{place}: no rows")
    if ends[0] < 0 < ends[1]:
        raise InputError(
            f"{place}: expected sums of log-probabilities, none above 0, or of their negatives, none below, "
            f"found {ends[0]} and {ends[1]}"
        )


def _scores(models: Sequence[Sequence[Any]], place: str) -> list[float] | None:
    """Return the score of each model, or None where one has none.

    Raises:
        InputError: when the rows of a model do not agree on its score.
    """
    for name, least, most, count, rows in models:
        if count and (least != most or count != rows):
            raise InputError(f"{place}: model {name}: expected one score in all of its rows, found {least} and {most}")
    return [row[1] for row in models] if all(row[1] is not None for row in models) else None
