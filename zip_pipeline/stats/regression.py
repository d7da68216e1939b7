"""The entropy law: a straight line from the redundancy of training data to a model's score or loss.

Yin et al. (arXiv 2407.06645) state it for training sets of equal quality and consistency. A model's score falls as the
compression ratio R of its training data rises, and so does its loss L in the first epoch. R and L together predict
the score. This module tests that on trained models, one point for each, by the plainest means:

- The line is an ordinary least-squares fit, statsmodels' `OLS`. The band of the line and the interval of one more
  model come from Student's t: they assume that deviations from the line are normal and of one size.
- Pearson's r has Fisher's interval, from SciPy. Spearman's rho has the interval of Bonett and Wright (2000), which
  SciPy lacks. Both need four points.
- The leave-one-out residuals are those of statsmodels' `OLSInfluence`. They say what the line is worth for a model
  that it was not fitted to.

The module chooses no curve, drops no point and tunes nothing: a weak law comes out as a weak one.

>>> law = Law("score", [7.0, 6.8, 6.7, 6.4], {"ratio": [2.0, 2.5, 3.0, 3.5]})
>>> round(law.coefficients["ratio"].value, 3), round(law.predict(ratio=4.0).value, 2)
(-0.38, 6.25)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import pearsonr, spearmanr
from statsmodels.regression.linear_model import OLS

from zip_pipeline.stats.intervals import CONFIDENCE, TAILS, Floats

INTERCEPT = "intercept"
MODEL = "ordinary least squares"

CURVE_POINTS = 41
"""Places at which `Law.curve` gives the line."""

FEW_POINTS = 10
"""`cautions` mentions the number of points when there are fewer."""

CORRELATION_POINTS = 4
"""Points that the interval of a correlation needs."""

DECISIVE = 1 - 1e-9
"""From this leverage on, a point decides a coefficient by itself: without it there is no line."""


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its interval; None: there are too few points for one."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Prediction:
    """The line at one place.

    Attributes:
        value: on the line.
        low: lower end of the interval that holds one more model with a probability of `CONFIDENCE`.
        high: upper end of that interval.
        line_low: lower end of the interval of the line itself.
        line_high: upper end of that interval.
    """

    value: float
    low: float
    high: float
    line_low: float
    line_high: float


class Law:
    """A line fitted to points.

    Args:
        response: name of what the line predicts.
        values: the response at each point, shape (points,).
        predictors: by name, the predictor at each point, shape (points,).

    Attributes:
        points: number of points.
        coefficients: by name, `INTERCEPT` and the slope in each predictor.
        r_squared: share of the response's variance that the line explains, 0 to 1.
        deviation: standard deviation of the points from the line.
        residuals: the response at each point minus the line, shape (points,).
        loo_residuals: the response at each point minus the line through all others, shape (points,); NaN where the
            others give no line.

    Raises:
        ValueError: when there are too few points, or a predictor adds nothing to the others.
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
        variation = float(np.sum((self.values - self.values.mean()) ** 2))
        self.r_squared = 1 - float(self._result.ssr) / variation if variation else 0.0
        self.deviation = float(np.sqrt(self._result.mse_resid))
        self.residuals: Floats = self._result.resid
        influence = self._result.get_influence()
        self._decisive = influence.hat_matrix_diag >= DECISIVE
        with np.errstate(divide="ignore", invalid="ignore"):  # a leverage of 1: those points become NaN
            self.loo_residuals: Floats = np.where(self._decisive, np.nan, influence.resid_press)

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
        """Root mean square of the leave-one-out residuals; None where a point decides the line alone."""
        return None if self._decisive.any() else _rms(self.loo_residuals)

    @property
    def rmse(self) -> float:
        """The root mean square of the residuals, as papers give it: not divided by the degrees of freedom."""
        return _rms(self.residuals)

    @property
    def error_of_mean(self) -> float:
        """The same error for the plainest guess, the mean of all other points."""
        return _rms((self.values - self.values.mean()) * self.points / (self.points - 1))

    def pearson(self, predictor: str) -> Interval | None:
        """Return the correlation of the response with one predictor; None where the response does not vary."""
        if np.ptp(self.values) == 0:
            return None
        correlation = pearsonr(self.columns[predictor], self.values)
        value = float(correlation.statistic)
        if self.points < CORRELATION_POINTS:
            return Interval(value, None, None)
        low, high = correlation.confidence_interval(CONFIDENCE)
        return Interval(value, float(low), float(high))

    def spearman(self, predictor: str) -> Interval | None:
        """Return the rank correlation of the response with one predictor; None where the response does not vary."""
        if np.ptp(self.values) == 0:
            return None
        value = float(spearmanr(self.columns[predictor], self.values).statistic)
        if self.points < CORRELATION_POINTS:
            return Interval(value, None, None)
        # Fisher's z, with the variance of Bonett and Wright: (1 + rho^2 / 2) / (n - 3).
        half = float(ndtri(TAILS[1])) * np.sqrt((1 + value**2 / 2) / (self.points - 3))
        with np.errstate(divide="ignore"):  # the z of a rho of 1 is infinite
            low, high = np.tanh(np.arctanh(value) + np.array([-half, half]))
        return Interval(value, float(low), float(high))

    def range_of(self, predictor: str) -> tuple[float, float]:
        """Return the least and the greatest value of a predictor."""
        return float(self.columns[predictor].min()), float(self.columns[predictor].max())

    def predict(self, **place: float) -> Prediction:
        """Return the line at a place: by name, a number for each predictor."""
        return self._predict(np.array([[place[name] for name in self.predictors]]))[0]

    def curve(self) -> list[tuple[float, Prediction]]:
        """Return the line at `CURVE_POINTS` places over the range of its only predictor."""
        (name,) = self.predictors
        places = np.linspace(*self.range_of(name), CURVE_POINTS)
        return list(zip(places.tolist(), self._predict(places[:, None]), strict=True))

    def fitted(self) -> list[Prediction]:
        """Return the line at each of its own points."""
        return self._predict(self._design[:, 1:])

    def decisive_points(self) -> list[int]:
        """Return the numbers of the points that decide a slope alone: without one of them there is no line."""
        return np.flatnonzero(self._decisive).tolist()

    def sign_points(self) -> dict[str, list[int]]:
        """Return, by predictor, the numbers of the points without which its slope has the other sign."""
        # DFBETA in closed form (Belsley, Kuh, Welsch 1980): statsmodels fits again for each point, and warns where the
        # others give no line. At such a point the residual is NaN, and so is every comparison with it false.
        params, inverse = self._result.params, self._result.model.pinv_wexog
        without = params - inverse.T * self.loo_residuals[:, None]
        turned = without * np.sign(params) < 0
        return {name: np.flatnonzero(turned[:, place]).tolist() for place, name in enumerate(self.predictors, start=1)}

    def _predict(self, places: Floats) -> list[Prediction]:
        prediction = self._result.get_prediction(np.column_stack([np.ones(len(places)), places]))
        one_more, line = (prediction.conf_int(obs=obs, alpha=1 - CONFIDENCE) for obs in (True, False))
        rows = np.column_stack([prediction.predicted_mean, one_more, line])
        return [Prediction(*map(float, row)) for row in rows]


def cautions(law: Law, names: Sequence[str]) -> list[str]:
    """Return, in words, why a law carries little; an empty list where there is nothing to say.

    Args:
        law: the law.
        names: of its points.
    """
    texts = []
    if law.points < FEW_POINTS:
        texts.append(
            f"{law.points} points leave {law.freedom} degrees of freedom: too few to show a bend, or to show that "
            "deviations are normal, as every interval assumes"
        )
    for name in law.predictors:
        correlation = law.pearson(name)
        if correlation is None:
            texts.append(f"{law.response} is the same in all points")
        elif correlation.low is None or correlation.high is None:
            texts.append(f"{law.points} points are too few for the interval of a correlation")
        elif correlation.low <= 0 <= correlation.high:
            texts.append(
                f"the correlation of {law.response} with {name} may be chance: {correlation.value:+.2f}, "
                f"with an interval from {correlation.low:+.2f} to {correlation.high:+.2f}"
            )
    if law.error is not None and law.error >= law.error_of_mean:
        texts.append(
            f"for a model that is left out, the line predicts no better than the mean of the others: error "
            f"{law.error:.4g} against {law.error_of_mean:.4g}"
        )
    texts += [f"{names[point]} decides a slope alone: without it there is no line" for point in law.decisive_points()]
    for name, points in law.sign_points().items():
        texts += [f"without {names[point]} the slope in {name} would have the other sign" for point in points]
    return texts


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))
