"""The entropy law: a straight line from how redundant training data is to what the model came to.

Yin et al. (arXiv 2407.06645) say: with quality and consistency held, a model's score falls as the compression ratio R
of its training data rises, and so does its loss L in the first epoch; R and L together predict the score. Here that
is put to the test on models that were trained, one point a model, by the plainest of all means:

- the line: ordinary least squares, statsmodels' `OLS`; its band and the interval of one more model are those of the
  textbook, from Student's t, and take the deviations from the line for normal and of one size;
- Pearson's r with Fisher's interval, Spearman's rho with that of Bonett and Wright (2000); both need four points;
- the error of each point under the line of all others: what the line is worth for a model that it has not seen.

No curve is chosen, no point dropped, nothing is tuned: a law that is weak comes out as a weak one.

>>> law = Law("score", [7.0, 6.8, 6.7, 6.4], {"ratio": [2.0, 2.5, 3.0, 3.5]})
>>> round(law.coefficients["ratio"].value, 3), round(law.predict(ratio=4.0).value, 2)
(-0.38, 6.25)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import pearsonr, spearmanr
from statsmodels.regression.linear_model import OLS

CONFIDENCE = 0.95
"""Of every interval and band."""

INTERCEPT = "intercept"
MODEL = "ordinary least squares"
CURVE_POINTS = 41
FEW = 10
"""Points below which it is said that they are few."""

ALONE = 1 - 1e-9
"""Leverage of a point that decides a coefficient by itself: without it there is no line."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A number and where it may lie; None: the points are too few to say."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Prediction:
    """What a law says of a place.

    Attributes:
        value: on the line.
        low: of the interval in which one more model lies, with a probability of `CONFIDENCE`.
        high: its other end.
        line_low: of the interval of the line itself.
        line_high: its other end.
    """

    value: float
    low: float
    high: float
    line_low: float
    line_high: float


class Law:
    """A line fitted to points.

    Args:
        response: the name of what is predicted.
        values: of it, a number a point.
        predictors: by name, what it is predicted from, a number a point.

    Attributes:
        points: how many.
        coefficients: `INTERCEPT` and the slope in each predictor.
        r_squared: the part of the response's variance that the line has.
        deviation: of points from the line, as standard deviation.
        residuals: of each point, its response less the line's.
        left_out: of each point, its response less that of the line of all others; NaN where there is none.

    Raises:
        ValueError: when there are too few points, or a predictor says nothing that the others don't.
    """

    def __init__(self, response: str, values: Sequence[float], predictors: Mapping[str, Sequence[float]]) -> None:
        self.response, self.predictors = response, tuple(predictors)
        self.values: Floats = np.asarray(values, float)
        self.columns: dict[str, Floats] = {name: np.asarray(column, float) for name, column in predictors.items()}
        self.points = len(self.values)
        self._check()
        self._design = np.column_stack([np.ones(self.points), *self.columns.values()])
        self._result = OLS(self.values, self._design).fit()
        intervals = self._result.conf_int(1 - CONFIDENCE)
        self.coefficients = {
            name: Interval(float(value), float(low), float(high))
            for name, value, (low, high) in zip(
                (INTERCEPT, *self.predictors), self._result.params, intervals, strict=True
            )
        }
        spread = float(np.sum((self.values - self.values.mean()) ** 2))
        self.r_squared = 1 - float(self._result.ssr) / spread if spread else 0.0
        self.deviation = float(np.sqrt(self._result.mse_resid))
        self.residuals: Floats = self._result.resid
        leverage = np.einsum("ij,jk,ik->i", self._design, self._result.normalized_cov_params, self._design)
        self._free = np.where(leverage < ALONE, 1 - leverage, np.nan)
        self.left_out: Floats = self.residuals / self._free

    def _check(self) -> None:
        needed = len(self.predictors) + 2
        if self.points < needed:
            raise ValueError(f"expected {needed} points at least, found {self.points}")
        for name, column in self.columns.items():
            if np.ptp(column) == 0:
                raise ValueError(f"{name} is {column[0]:g} in all points")
        scaled = np.column_stack([(column - column.mean()) / np.ptp(column) for column in self.columns.values()])
        if np.linalg.matrix_rank(scaled) < len(self.predictors):
            raise ValueError(f"{' and '.join(self.predictors)} say the same of all points")

    @property
    def freedom(self) -> int:
        """Degrees of freedom: points that the line does not use up."""
        return self.points - 1 - len(self.predictors)

    @property
    def error(self) -> float | None:
        """Root mean square of `left_out`; None where a point decides the line alone."""
        return None if np.isnan(self.left_out).any() else _rms(self.left_out)

    @property
    def error_of_mean(self) -> float:
        """The same of the plainest guess, the mean of all others."""
        return _rms((self.values - self.values.mean()) * self.points / (self.points - 1))

    def pearson(self, predictor: str) -> Interval | None:
        """Return the correlation with a predictor alone; None where the response does not vary."""
        return self._correlation(pearsonr, predictor, lambda _: 1.0)

    def spearman(self, predictor: str) -> Interval | None:
        """Return the correlation of ranks with a predictor alone; None where the response does not vary."""
        return self._correlation(spearmanr, predictor, lambda rho: 1 + rho**2 / 2)

    def range_of(self, predictor: str) -> tuple[float, float]:
        """Return the least and the greatest of a predictor."""
        return float(self.columns[predictor].min()), float(self.columns[predictor].max())

    def predict(self, **place: float) -> Prediction:
        """Return what the law says of a place, a number a predictor."""
        return self._predict(np.array([[place[name] for name in self.predictors]]))[0]

    def curve(self) -> list[tuple[float, Prediction]]:
        """Return the line and its bands at `CURVE_POINTS` places over the range seen; of one predictor only."""
        (name,) = self.predictors
        places = np.linspace(*self.range_of(name), CURVE_POINTS)
        return list(zip(places.tolist(), self._predict(places[:, None]), strict=True))

    def fitted(self) -> list[Prediction]:
        """Return what the law says of its own points."""
        return self._predict(self._design[:, 1:])

    def turning(self) -> dict[str, list[int]]:
        """Return, by predictor, the points without which its slope would have the other sign."""
        moves = (self._design @ self._result.normalized_cov_params) * (self.residuals / self._free)[:, None]
        without = self._result.params - moves
        signs = np.sign(self._result.params)
        return {
            name: np.flatnonzero(without[:, place] * signs[place] < 0).tolist()
            for place, name in enumerate(self.predictors, start=1)
        }

    def deciding(self) -> list[int]:
        """Return the points that decide a slope alone: without them there would be no line."""
        return np.flatnonzero(np.isnan(self._free)).tolist()

    def _predict(self, places: Floats) -> list[Prediction]:
        said = self._result.get_prediction(np.column_stack([np.ones(len(places)), places]))
        one_more, line = (said.conf_int(obs=obs, alpha=1 - CONFIDENCE) for obs in (True, False))
        rows = np.column_stack([said.predicted_mean, one_more, line])
        return [Prediction(*map(float, row)) for row in rows]

    def _correlation(self, kind, predictor: str, widening) -> Interval | None:  # type: ignore[no-untyped-def]
        if np.ptp(self.values) == 0:
            return None
        value = float(kind(self.columns[predictor], self.values).statistic)
        if self.points < 4:
            return Interval(value, None, None)
        if abs(value) >= 1 - 1e-12:
            return Interval(value, value, value)
        half = float(ndtri((1 + CONFIDENCE) / 2)) * np.sqrt(widening(value) / (self.points - 3))
        low, high = np.tanh(np.arctanh(value) + np.array([-half, half]))
        return Interval(value, float(low), float(high))


def cautions(law: Law, names: Sequence[str]) -> list[str]:
    """Say in words how little a law carries; nothing where there is nothing to say.

    Args:
        law: the law.
        names: of its points.
    """
    said = []
    if law.points < FEW:
        said.append(
            f"{law.points} points leave {law.freedom} degrees of freedom: too few to show a bend, or that deviations "
            "are normal, which every interval takes for granted"
        )
    for name in law.predictors:
        found = law.pearson(name)
        if found is None:
            said.append(f"{law.response} is the same in all points")
        elif found.low is None or found.high is None:
            said.append(f"{law.points} points give a correlation no interval")
        elif found.low <= 0 <= found.high:
            said.append(
                f"the correlation of {law.response} with {name} may be chance: {found.value:+.2f}, "
                f"with an interval from {found.low:+.2f} to {found.high:+.2f}"
            )
    if law.error is not None and law.error >= law.error_of_mean:
        said.append(
            f"a model left out is predicted no better than by the mean of the others: error {law.error:.4g} "
            f"against {law.error_of_mean:.4g}"
        )
    said += [f"{names[point]} decides a slope alone: without it there is no line" for point in law.deciding()]
    for name, points in law.turning().items():
        said += [f"without {names[point]} the slope in {name} would have the other sign" for point in points]
    return said


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))
