"""The laws that a table of trained models allows, and their part of a manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from zip_pipeline.schema import Manifest
from zip_pipeline.stats import intervals, regression
from zip_pipeline.stats.drift import Laws, Version
from zip_pipeline.stats.regression import Interval, Law

LAWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("score", ("ratio",)),
    ("loss", ("ratio",)),
    ("score", ("ratio", "loss")),
    ("score", ("ratio", "quality")),
    ("score", ("ratio", "loss", "quality")),
)
"""Response and predictors of each law; a table without one of these columns has no such law."""

Model = Mapping[str, Any]


@dataclass(frozen=True)
class LawSet:
    """The laws of a table.

    Attributes:
        fitted: each law with the names of its points.
        refused: response, predictors and reason of each law that could not be fitted.
    """

    fitted: list[tuple[Law, list[str]]]
    refused: list[tuple[str, tuple[str, ...], str]]

    def law(self, response: str, *predictors: str) -> Law | None:
        """Return one of the laws, or None where it was not fitted."""
        return next((law for law, _ in self.fitted if (law.response, law.predictors) == (response, predictors)), None)


def fit_all(models: Sequence[Model]) -> LawSet:
    """Fit each of `LAWS` to the models that have all of its columns.

    Args:
        models: with ``name``, ``ratio`` and, each or None, ``score``, ``loss``, ``quality``.
    """
    fitted, refused = [], []
    for response, predictors in LAWS:
        needed = (response, *predictors)
        if any(all(model[name] is None for model in models) for name in needed):
            continue
        used = [model for model in models if all(model[name] is not None for name in needed)]
        columns = {name: [model[name] for model in used] for name in needed}
        try:
            law = Law(response, columns.pop(response), columns)
        except ValueError as error:
            refused.append((response, predictors, str(error)))
        else:
            fitted.append((law, [model["name"] for model in used]))
    return LawSet(fitted, refused)


def laws_for_check(part: Manifest) -> Laws:
    """Return the laws that `law check` needs, fitted again from the part `law` of a manifest of `law fit`."""
    laws = fit_all(part["models"])
    return Laws(
        score=laws.law("score", "ratio"),
        score_with_loss=laws.law("score", "ratio", "loss"),
        loss=laws.law("loss", "ratio"),
        higher_is_better=part["higher_is_better"],
    )


def loss_law(versions: Sequence[Version]) -> Law | None:
    """Return L against R over the versions that have a loss, or None where they are too few or too alike."""
    models = [asdict(version) | {"score": None, "quality": None} for version in versions if version.loss is not None]
    return fit_all(models).law("loss", "ratio") if models else None


def laws_part(laws: LawSet) -> Manifest:
    """Return the manifest's part on laws, those that were refused included."""
    return {
        "model": f"{regression.MODEL} (statsmodels {version('statsmodels')})",
        "correlations": "Pearson, interval by Fisher's z; Spearman, interval by Bonett and Wright",
        "confidence": intervals.CONFIDENCE,
        "laws": [law_part(law, names) for law, names in laws.fitted],
        "not_fitted": [
            {"response": response, "predictors": list(predictors), "why": why}
            for response, predictors, why in laws.refused
        ],
    }


def law_part(law: Law, names: Sequence[str]) -> Manifest:
    """Return the manifest's part on one law: coefficients, correlations, errors, curve, points, cautions.

    Args:
        law: the law.
        names: of its points.
    """
    points = zip(names, law.values.tolist(), law.fitted(), law.loo_residuals.tolist(), strict=True)
    return {
        "response": law.response,
        "predictors": list(law.predictors),
        "points": law.points,
        "freedom": law.freedom,
        "coefficients": {name: asdict(value) for name, value in law.coefficients.items()},
        "r_squared": law.r_squared,
        "deviation": law.deviation,
        "rmse": law.rmse,
        "left_out_error": law.error,
        "left_out_error_of_mean": law.error_of_mean,
        "pearson": {name: _interval_part(law.pearson(name)) for name in law.predictors},
        "spearman": {name: _interval_part(law.spearman(name)) for name in law.predictors},
        "ranges": {name: list(law.range_of(name)) for name in law.predictors},
        "curve": [{"at": at, **asdict(line)} for at, line in law.curve()] if len(law.predictors) == 1 else [],
        "of_points": [
            {
                "name": name,
                **{predictor: float(law.columns[predictor][place]) for predictor in law.predictors},
                law.response: value,
                "fitted": prediction.value,
                "left_out": None if left_out != left_out else left_out,  # NaN
            }
            for place, (name, value, prediction, left_out) in enumerate(points)
        ],
        "cautions": regression.cautions(law, names),
    }


def _interval_part(interval: Interval | None) -> Manifest | None:
    return None if interval is None else asdict(interval)
