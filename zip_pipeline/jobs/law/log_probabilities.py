"""The bits that models need for documents, from log-probabilities summed on Spark.

Bits are counted in thousandths, as whole numbers, so that sums do not depend on the order of addition. The bootstrap
of `stats.model_ranking` draws documents again. Of more than `MOST_UNITS` documents, a hash makes bundles and the
bootstrap draws those. Bundles serve as well, because the hash has nothing to do with what a document says.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.law.rank_input import Scores

MOST_UNITS = 10_000
UNIT = 1e-3
"""Bits that a 1 in the sums stands for."""

IN_BITS = {"bits": 1.0, "nats": 1 / math.log(2)}


@dataclass(frozen=True)
class AreaBits:
    """The bits of all models in one area.

    Attributes:
        name: of the area.
        documents: how many all models share.
        bytes: of these documents.
        characters: of these documents, or None where one has no count.
        bits: of each model, in `UNIT`.
    """

    name: str
    documents: int
    bytes: int
    characters: int | None
    bits: list[int]


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
        areas: by name; none where there is one alone, which has no name.
        scores: by model and area, those that the table has.
    """

    models: list[str]
    documents: int
    left_out: int
    bits: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    characters: int | None
    areas: list[AreaBits]
    scores: Scores


def count_bits(rows: DataFrame, place: str, unit: str, *, by_area: bool = False) -> BitCounts:
    """Sum log-probabilities up to bits.

    Args:
        rows: the columns of `rank_input.TableColumns`.
        place: the table's name in messages.
        unit: of the log-probabilities, one of `IN_BITS`.
        by_area: whether the rows have areas; then a document is one of its area.

    Raises:
        InputError: when rows contradict each other, or the models share no document.
    """
    _check(rows, place)
    bits = F.round(F.abs("log_probability") * IN_BITS[unit] / UNIT).cast("bigint").alias("bits")
    area = F.coalesce("area", F.lit(schema.NO_SOURCE)) if by_area else F.lit(None).cast("string")
    document = F.concat(area, F.lit(": "), "document") if by_area else F.col("document")
    size = F.col("bytes").cast("bigint").alias("bytes")
    table = rows.select("model", document.alias("document"), area.alias("area"), bits, size, "characters", "score")
    scored = table.groupBy("model", "area").agg(F.min("score"), F.max("score"), F.count("score"), F.count("*"))
    by_model = scored.collect()
    models = sorted({row["model"] for row in by_model})
    documents = _documents(table, place)
    shared = documents.where(F.col("models") == len(models))
    totals = shared.agg(F.count("*"), F.sum("characters"), F.count("characters")).first()
    if totals is None or not totals[0]:
        raise InputError(f"{place}: no document that all {len(models)} models were asked about")
    number, characters, with_characters = totals
    unit_of = F.col("document") if number <= MOST_UNITS else F.pmod(F.xxhash64("document"), F.lit(MOST_UNITS))
    counted = table.drop("bytes", "characters").join(shared.select("document", "bytes", "characters"), "document")
    sums = (
        counted.groupBy(unit_of.cast("string").alias("unit"), "model")
        .agg(F.sum("bits").alias("bits"), F.sum("bytes").alias("bytes"))
        .toArrow()
        .sort_by([("unit", "ascending"), ("model", "ascending")])
    )
    by_unit = (-1, len(models))
    return BitCounts(
        models=models,
        documents=number,
        left_out=documents.count() - number,
        bits=sums.column("bits").to_numpy().reshape(by_unit),
        sizes=sums.column("bytes").to_numpy().reshape(by_unit)[:, 0],
        characters=int(characters) if with_characters == number else None,
        areas=_areas(counted) if by_area else [],
        scores=_scores(by_model, place),
    )


def _areas(counted: DataFrame) -> list[AreaBits]:
    """Return the sums of each area; every document in it is one of all models."""
    sums = counted.groupBy("area", "model").agg(
        *[F.sum(name).alias(name) for name in ("bits", "bytes", "characters")],
        F.count("*").alias("documents"),
        F.count("characters").alias("with_characters"),
    )
    areas = []
    for name, of_area in groupby(sums.orderBy("area", "model").collect(), key=lambda row: str(row["area"])):
        rows = list(of_area)
        documents, known = rows[0]["documents"], rows[0]["with_characters"]
        characters = int(rows[0]["characters"]) if known == documents else None
        areas.append(AreaBits(name, documents, rows[0]["bytes"], characters, [row["bits"] for row in rows]))
    return areas


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
    """Refuse rows with an empty field, log-probabilities of both signs, and those that were computed differently.

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
    settings = sorted(row[0] for row in rows.select("settings").distinct().collect() if row[0] is not None)
    if len(settings) > 1:
        raise InputError(
            f"{place}: log-probabilities of several settings: {'; '.join(settings)}; choose by input.where"
        )
    ends = rows.agg(F.min("log_probability"), F.max("log_probability")).first()
    if ends is None or ends[0] is None:
        raise InputError(f"{place}: no rows")
    if ends[0] < 0 < ends[1]:
        raise InputError(
            f"{place}: expected sums of log-probabilities, none above 0, or of their negatives, none below, "
            f"found {ends[0]} and {ends[1]}"
        )


def _scores(rows: Sequence[Sequence[Any]], place: str) -> Scores:
    """Return the scores of the models, from the least and the greatest of each model and area.

    Raises:
        InputError: when the rows of a model, in one area, do not agree on its score.
    """
    scores: dict[str, dict[str | None, float]] = {}
    for model, area, least, most, count, number in rows:
        if count and (least != most or count != number):
            where = "" if area is None else f", {area}"
            raise InputError(
                f"{place}: model {model}{where}: expected one score in all of its rows, found {least} and {most}"
            )
        if count:
            scores.setdefault(model, {})[area] = least
    return scores
