"""Rankings and laws from counted and from ready bits: by hand, and on published figures."""

import numpy as np
import pytest

from support import published_bits
from zip_pipeline.jobs.law import ready_bits
from zip_pipeline.jobs.law.fitting import laws_part
from zip_pipeline.jobs.law.log_probabilities import AreaBits, BitCounts
from zip_pipeline.jobs.law.rank import (
    areas_of,
    areas_of_ready,
    laws_of_areas,
    ranking_of,
    ranking_of_ready,
    scores_against_bits,
)


def published(score: str) -> ready_bits.ReadyBits:
    rows = [{**row, "area": row["corpus"], "bits_per_byte": None} for row in published_bits.rows(score)]
    return ready_bits.of_rows(rows, "published", "corpus")


def test_published_scores_follow_the_mean_over_corpora() -> None:
    """Huang et al. state Pearson -0.94 and an error of 2.8 % for their own scores."""
    (law,) = laws_part(scores_against_bits(ranking_of_ready(published("score"), None)))["laws"]
    assert (law["predictors"], law["points"]) == (["mean_bits_per_character"], 26)
    assert law["pearson"]["mean_bits_per_character"]["value"] == pytest.approx(-0.9505, abs=5e-5)
    assert law["rmse"] == pytest.approx(0.0300, abs=5e-5)


def test_published_humaneval_follows_python() -> None:
    laws = {law["area"]: law for law in laws_of_areas(areas_of_ready(published("humaneval"), None))}
    assert set(laws) == set(published_bits.CORPORA)
    assert laws["python"]["points"] == 24
    assert laws["python"]["pearson"]["bits_per_character"]["value"] == pytest.approx(-0.9701, abs=5e-5)


COUNTS = BitCounts(
    models=["a", "b"],
    documents=3,
    left_out=0,
    bits=np.array([[10_000, 20_000], [30_000, 30_000], [80_000, 60_000]]),
    sizes=np.array([10, 30, 40]),
    characters=80,
    areas=[
        AreaBits("code", 2, 40, 40, [40_000, 50_000]),
        AreaBits("text", 1, 40, None, [80_000, 60_000]),
    ],
    scores={"a": {"code": 0.5, "text": 0.7}, "b": {"code": 0.4}},
)


def test_the_mean_over_areas_stands_beside_the_mean_over_bytes() -> None:
    areas = areas_of(COUNTS, None)
    assert [(row["area"], row["model"], row["bits_per_byte"], row["bits_per_character"]) for row in areas] == [
        ("code", "a", 1.0, 1.0), ("code", "b", 1.25, 1.25), ("text", "a", 2.0, None), ("text", "b", 1.5, None),
    ]  # fmt: skip
    best, other = ranking_of(COUNTS, areas, None, 0)
    assert (best["model"], best["bits_per_byte"], best["mean_bits_per_byte"]) == ("b", 110 / 80, 1.375)
    assert (other["model"], other["bits_per_byte"], other["mean_bits_per_byte"]) == ("a", 1.5, 1.5)
    assert (best["score"], other["score"]) == (None, pytest.approx(0.6)), "b has no score of one area"
    assert [row["score"] for row in areas] == [0.5, 0.4, 0.7, None]
    given = {"a": {None: 1.0}, "b": {None: 2.0}}
    assert [row["score"] for row in ranking_of(COUNTS, areas_of(COUNTS, given), given, 0)] == [2.0, 1.0]
