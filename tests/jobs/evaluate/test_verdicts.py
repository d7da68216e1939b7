"""Verdicts: by hand, and a sentence for each case."""

import pytest

from zip_pipeline.jobs.evaluate.verdicts import of_selections, verdict_of_bits, verdict_of_share
from zip_pipeline.stats import intervals


def test_a_value_against_several_draws_and_against_one() -> None:
    draws = [1.0, 2.0, 3.0, 4.0, 5.0]
    chance = intervals.spread(draws)
    expected = {"mean": 3.0, "low": chance.low, "high": chance.high, "difference": -1.0, "verdict": "within"}
    assert verdict_of_bits(0.0, draws) == expected
    assert verdict_of_bits(9.0, draws)["verdict"] == "worse"
    assert verdict_of_bits(3.0, [2.0]) == {
        "mean": 2.0,
        "low": None,
        "high": None,
        "difference": 0.5,
        "verdict": "no interval",
    }


def test_of_a_share_more_is_better() -> None:
    draws = [0.4, 0.5, 0.6]
    chance = intervals.spread(draws)
    found = verdict_of_share(0.9, draws)
    assert (found["low"], found["high"], found["verdict"]) == (chance.low, chance.high, "within")
    assert found["difference"] == pytest.approx(0.4)
    assert [verdict_of_share(value, draws)["verdict"] for value in (1.1, -0.1)] == ["better", "worse"]


@pytest.mark.parametrize(
    ("ppm", "ngrams", "verdict", "sentence"),
    [
        ("better", "better", "better", "out taught more than random: -1.0% bits (ppm), +2.0% bits (ngrams), outside the interval."),
        ("worse", "worse", "worse", "out taught less than random: -1.0% bits (ppm), +2.0% bits (ngrams), outside the interval."),
        ("within", "within", "within", "out taught as much as random: -1.0% bits (ppm), +2.0% bits (ngrams), within the interval."),
        ("better", "within", "undecided", "out against random, the models do not agree: -1.0% bits (ppm, better, outside the interval of ± 0.5%), +2.0% bits (ngrams, within the interval of ± 2.5%)."),
        ("no interval", "no interval", "no interval", "out beside random, of which there is only one: -1.0% bits (ppm), +2.0% bits (ngrams)."),
    ],
)  # fmt: skip
def test_each_verdict_is_a_sentence(ppm: str, ngrams: str, verdict: str, sentence: str) -> None:
    found = {"ppm": (-0.01, 2.01, ppm), "ngrams": (0.02, 2.05, ngrams)}
    comparison = {
        model: {
            "out": {"mean": {"against": {"random": {"difference": of, "mean": 2.0, "high": high, "verdict": said}}}}
        }
        for model, (of, high, said) in found.items()
    }
    expected = {"selection": "out", "baseline": "random", "verdict": verdict, "sentence": sentence}
    assert of_selections(comparison, "mean") == [expected]
