"""The laws that a table of trained models gives, and what a manifest holds of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from zip_pipeline.stats import intervals, regression
from zip_pipeline.stats.drift import Laws, Version
from zip_pipeline.stats.regression import Interval, Law

OFFERED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("score", ("ratio",)),
    ("loss", ("ratio",)),
    ("score", ("ratio", "loss")),
    ("score", ("ratio", "quality")),
    ("score", ("ratio", "loss", "quality")),
)
"""Response and predictors of each law; those are fitted of which the table has the columns."""

Model = Mapping[str, Any]
Part = dict[str, Any]


@dataclass(frozen=True)
class Fitted:
    """Laws, and those that could not be had.

    Attributes:
        laws: with the names of their points.
        refused: response, predictors and why.
    """

    laws: list[tuple[Law, list[str]]]
    refused: list[tuple[str, tuple[str, ...], str]]

    def law(self, response: str, *predictors: str) -> Law | None:
        """Return one of the laws, or None."""
        found = [law for law, _ in self.laws if (law.response, law.predictors) == (response, predictors)]
        return found[0] if found else None


def fit_all(models: Sequence[Model]) -> Fitted:
    """Fit every law of `OFFERED` to the models that have what it needs.

    Args:
        models: with ``name``, ``ratio`` and, each or None, ``score``, ``loss``, ``quality``.
    """
    laws, refused = [], []
    for response, predictors in OFFERED:
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
            laws.append((law, [model["name"] for model in used]))
    return Fitted(laws, refused)


def laws_for_check(manifest: Part) -> Laws:
    """Return what versions are held against, from the part `law` of a manifest of `law fit`."""
    fitted = fit_all(manifest["models"])
    return Laws(
        score=fitted.law("score", "ratio"),
        score_with_loss=fitted.law("score", "ratio", "loss"),
        loss=fitted.law("loss", "ratio"),
        higher_is_better=manifest["higher_is_better"],
    )


def loss_law(versions: Sequence[Version]) -> Law | None:
    """Return L against R of versions that were trained on, or None where they do not give it."""
    known = [asdict(version) | {"score": None, "quality": None} for version in versions if version.loss is not None]
    return fit_all(known).law("loss", "ratio") if known else None


def described(fitted: Fitted) -> Part:
    """Return the manifest's part on laws: numbers, the curve with its bands, what is said of each point, cautions."""
    return {
        "model": f"{regression.MODEL} (statsmodels {version('statsmodels')})",
        "correlations": "Pearson, interval by Fisher's z; Spearman, interval by Bonett and Wright",
        "confidence": intervals.CONFIDENCE,
        "laws": [describe(law, names) for law, names in fitted.laws],
        "not_fitted": [
            {"response": response, "predictors": list(predictors), "why": why}
            for response, predictors, why in fitted.refused
        ],
    }


def describe(law: Law, names: Sequence[str]) -> Part:
    """Return all that a manifest says of one law."""
    points = zip(names, law.values.tolist(), law.fitted(), law.loo_residuals.tolist(), strict=True)
    return {
        "response": law.response,
        "predictors": list(law.predictors),
        "points": law.points,
        "freedom": law.freedom,
        "coefficients": {name: asdict(value) for name, value in law.coefficients.items()},
        "r_squared": law.r_squared,
        "deviation": law.deviation,
        "left_out_error": law.error,
        "left_out_error_of_mean": law.error_of_mean,
        "pearson": {name: _interval(law.pearson(name)) for name in law.predictors},
        "spearman": {name: _interval(law.spearman(name)) for name in law.predictors},
        "ranges": {name: list(law.range_of(name)) for name in law.predictors},
        "curve": [{"at": at, **asdict(said)} for at, said in law.curve()] if len(law.predictors) == 1 else [],
        "of_points": [
            {
                "name": name,
                **{predictor: float(law.columns[predictor][place]) for predictor in law.predictors},
                law.response: value,
                "fitted": said.value,
                "left_out": None if left_out != left_out else left_out,  # NaN
            }
            for place, (name, value, said, left_out) in enumerate(points)
        ],
        "cautions": regression.cautions(law, names),
    }


def _interval(found: Interval | None) -> Part | None:
    return None if found is None else asdict(found)
