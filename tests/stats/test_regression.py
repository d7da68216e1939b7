"""The law: against Anscombe's published numbers, against fitting again without a point, and by what intervals promise."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.stats.regression import CURVE_POINTS, Law, cautions

X = [10.0, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
ANSCOMBE = {
    "I": (X, [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]),
    "II": (X, [9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74]),
    "III": (X, [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73]),
    "IV": ([8.0] * 7 + [19.0] + [8.0] * 3, [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89]),
}
"""F. J. Anscombe, Graphs in Statistical Analysis, The American Statistician 27 (1973)."""

NAMES = [f"m{number}" for number in range(11)]


@pytest.mark.parametrize("number", ANSCOMBE)
def test_anscombes_quartet_has_the_published_numbers(number: str) -> None:
    x, y = ANSCOMBE[number]
    law = Law("y", y, {"x": x})
    slope, intercept = law.coefficients["x"], law.coefficients["intercept"]
    assert (round(slope.value, 1), round(intercept.value, 1)) == (0.5, 3.0)
    assert round(law.r_squared, 2) == 0.67
    assert round(float(np.sum(law.residuals**2)), 1) in (13.7, 13.8)
    # Standard error of the slope as published, 0.118, by the 97.5 % point of Student's t with 9 degrees of freedom.
    assert (slope.high - slope.value) / 2.262157 == pytest.approx(0.118, abs=5e-4)
    found = law.pearson("x")
    assert found is not None
    assert round(found.value, 3) in (0.816, 0.817)


def test_what_the_quartet_is_for_is_said() -> None:
    """Same line, same correlation: only what happens without a point tells IV from I."""
    laws = {number: Law("y", y, {"x": x}) for number, (x, y) in ANSCOMBE.items()}
    assert cautions(laws["I"], NAMES) == []
    assert cautions(laws["IV"], NAMES) == ["m7 decides a slope alone: without it there is no line"]
    assert (laws["IV"].error, laws["IV"].decisive_points()) == (None, [7])
    ranks = {number: law.spearman("x") for number, law in laws.items()}
    assert {number: round(found.value, 3) for number, found in ranks.items() if found} == {
        "I": 0.818, "II": 0.691, "III": 0.991, "IV": 0.5,
    }  # fmt: skip


def without(place: int, response: Sequence[float], columns: Sequence[Sequence[float]]) -> np.ndarray:
    """The coefficients without a point."""
    design = np.column_stack([np.ones(len(response)), *columns])
    return np.linalg.lstsq(np.delete(design, place, 0), np.delete(response, place), rcond=None)[0]


@pytest.mark.parametrize("seed", range(4))
def test_leaving_a_point_out_is_fitting_again_without_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.normal(3, 1, 9), rng.normal(1, 2, 9)
    y = 0.3 * one - 0.2 * other + rng.normal(0, 1, 9)
    law = Law("score", y, {"ratio": one, "loss": other})
    again = [without(place, y, [one, other]) for place in range(9)]
    expected = [y[n] - again[n] @ [1, one[n], other[n]] for n in range(9)]
    assert law.loo_residuals == pytest.approx(expected, rel=1e-9)
    assert law.error == pytest.approx(math.sqrt(np.mean(np.square(expected))), rel=1e-9)
    means = [y[n] - np.delete(y, n).mean() for n in range(9)]
    assert law.error_of_mean == pytest.approx(math.sqrt(np.mean(np.square(means))), rel=1e-9)
    for place, name in enumerate(law.predictors, start=1):
        slope = law.coefficients[name].value
        assert law.sign_points()[name] == [n for n in range(9) if again[n][place] * slope < 0]


@pytest.mark.parametrize("predictors", [1, 2])
def test_intervals_hold_what_they_promise(predictors: int) -> None:
    """Of 1,000 laws of 8 points each, 95 % have the truth, and 95 % one more model, in their intervals."""
    rng, names = np.random.default_rng(1), ["ratio", "loss"][:predictors]
    truth, hits = np.array([-0.5, 0.3])[:predictors], np.zeros(3)
    for _ in range(1000):
        columns = rng.uniform(2, 4, (8, predictors))
        law = Law("score", 1 + columns @ truth + rng.normal(0, 0.2, 8), dict(zip(names, columns.T, strict=True)))
        place = rng.uniform(2, 4, predictors)
        said = law.predict(**dict(zip(names, place, strict=True)))
        line = 1 + place @ truth
        slope = law.coefficients["ratio"]
        hits += [
            slope.low <= truth[0] <= slope.high,
            said.line_low <= line <= said.line_high,
            said.low <= line + rng.normal(0, 0.2) <= said.high,
        ]
    assert hits / 1000 == pytest.approx([0.95] * 3, abs=0.02)


def test_correlation_intervals_hold_what_they_promise() -> None:
    rng, rho, hits = np.random.default_rng(2), -0.6, np.zeros(2)
    spearman = 6 / math.pi * math.asin(rho / 2)  # of a normal pair
    for _ in range(600):
        x, noise = rng.normal(size=(2, 20))
        law = Law("score", rho * x + math.sqrt(1 - rho**2) * noise, {"ratio": x})
        found = law.pearson("ratio"), law.spearman("ratio")
        hits += [one.low <= value <= one.high for one, value in zip(found, (rho, spearman), strict=True)]
    assert hits / 600 == pytest.approx([0.95, 0.95], abs=0.03)


NUMBERS = st.floats(-100, 100).map(lambda value: round(value, 3))


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=12), st.sampled_from([0.5, -4.0, 1024.0]))
def test_another_unit_changes_the_slope_and_nothing_else(points: list[tuple[float, float]], unit: float) -> None:
    x, y = zip(*points, strict=True)
    if np.ptp(x) < 1:
        return
    law, other = Law("y", y, {"x": x}), Law("y", y, {"x": [unit * value for value in x]})
    assert other.coefficients["x"].value * unit == pytest.approx(law.coefficients["x"].value, abs=1e-9)
    assert other.predict(x=unit * 3).value == pytest.approx(law.predict(x=3).value, rel=1e-6, abs=1e-6)
    assert other.decisive_points() == law.decisive_points()
    assert other.loo_residuals == pytest.approx(law.loo_residuals, rel=1e-4, abs=1e-6, nan_ok=True)
    assert np.isfinite([said.value for _, said in law.curve()]).all()


def test_the_curve_goes_over_the_range_seen_and_widens_to_its_ends() -> None:
    law = Law("score", [7.0, 6.9, 6.5, 6.6, 6.2], {"ratio": [2.0, 2.5, 3.0, 3.5, 4.0]})
    curve = law.curve()
    assert (len(curve), curve[0][0], curve[-1][0]) == (CURVE_POINTS, 2.0, 4.0)
    widths = [said.high - said.low for _, said in curve]
    assert widths[0] == pytest.approx(widths[-1])
    assert widths[0] > widths[CURVE_POINTS // 2] == min(widths)
    assert all(said.low < said.line_low < said.value < said.line_high < said.high for _, said in curve)
    assert [said.value for said in law.fitted()] == pytest.approx(law.values - law.residuals)


def test_a_line_without_deviations() -> None:
    law = Law("score", [3.0, 2.0, 1.0, 0.0], {"ratio": [1.0, 2.0, 3.0, 4.0]})
    assert law.predict(ratio=5.0).value == pytest.approx(-1)
    assert law.pearson("ratio").value == pytest.approx(-1)
    assert law.r_squared == pytest.approx(1)


def test_few_points_and_chance_are_told() -> None:
    rng = np.random.default_rng(3)
    said = cautions(Law("score", rng.normal(size=6), {"ratio": rng.normal(size=6)}), NAMES)
    assert said[0].startswith("6 points leave 4 degrees of freedom: too few")
    assert said[1].startswith("the correlation of score with ratio may be chance: ")
    assert said[2].startswith(
        "for a model that is left out, the line predicts no better than the mean of the others: error "
    )
    three = cautions(Law("score", [1, 2, 2.5], {"ratio": [1, 2, 3]}), NAMES)
    assert "3 points are too few for the interval of a correlation" in three
    assert "score is the same in all points" in cautions(Law("score", [1, 1, 1], {"ratio": [1, 2, 3]}), NAMES)
    turned = Law("score", [1.0, 1.1, 0.9, 1.0, 3.0], {"ratio": [1.0, 1.1, 1.2, 1.3, 3.0]})
    assert "without m4 the slope in ratio would have the other sign" in cautions(turned, NAMES)


@pytest.mark.parametrize(
    ("score", "columns", "message"),
    [
        ([1, 2], {"ratio": [1, 2]}, "expected 3 points at least, found 2"),
        ([1, 2, 3], {"ratio": [1, 2, 3], "loss": [1, 2, 4]}, "expected 4 points at least, found 3"),
        ([1, 2, 3], {"ratio": [2.5, 2.5, 2.5]}, "ratio is 2.5 in all points"),
        ([1, 2, 3, 4], {"ratio": [1, 2, 3, 5], "loss": [2, 4, 6, 10]}, "ratio and loss say the same of all points"),
    ],
)
def test_what_gives_no_line(score: list[float], columns: dict[str, list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Law("score", score, columns)
