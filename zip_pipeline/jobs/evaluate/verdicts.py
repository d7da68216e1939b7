"""The verdicts in words: for each selection and baseline, whether it taught more, and how sure that is.

A verdict is on the mean over the held-out sets, by all models. A difference that one model sees and another does not is
`DIFFERENT`: it may be a model's taste.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zip_pipeline.jobs.evaluate.baselines import BASELINES
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.sampling import SELECTION
from zip_pipeline.stats.intervals import BETTER, WITHIN, WORSE, spread, verdict

DIFFERENT, UNKNOWN = "undecided", "no interval"
"""The models do not agree; there is one draw alone, and no interval."""

_WORDS = {
    BETTER: "{} taught more than {}",
    WORSE: "{} taught less than {}",
    WITHIN: "{} taught as much as {}",
    UNKNOWN: "{} beside {}, of which there is only one",
    DIFFERENT: "{} against {}: the models do not agree",
}


def verdict_of_bits(value: float, draws: Sequence[float]) -> Manifest:
    """Return how bits per byte compare with those of several draws.

    Returns:
        ``mean`` of the draws; ``low`` and ``high``, the ends of the interval of one more, None of a single draw;
        ``difference``, relative to the mean; ``verdict``.
    """
    against = _against(draws, value)
    return {**against, "difference": value / against["mean"] - 1}


def verdict_of_share(value: float, draws: Sequence[float]) -> Manifest:
    """Return the same of a share, 0 to 1, of which more is better; ``difference`` is the plain one."""
    against = _against(draws, sum(draws) / len(draws) * 2 - value)  # on the other side of the mean
    return {**against, "difference": value - against["mean"]}


@dataclass(frozen=True)
class Measure:
    """What is compared.

    Attributes:
        key: of a value in the manifest.
        verdict_of: how a value compares with those of several draws.
    """

    key: str
    verdict_of: Callable[[float, Sequence[float]], Manifest]


BITS, SHARE = Measure("bits", verdict_of_bits), Measure("share", verdict_of_share)


def _against(draws: Sequence[float], as_bits: float) -> Manifest:
    if len(draws) == 1:
        return {"mean": draws[0], "low": None, "high": None, "verdict": UNKNOWN}
    chance = spread(draws)
    return {"mean": chance.mean, "low": chance.low, "high": chance.high, "verdict": verdict(as_bits, chance)}


def compare(
    texts: Sequence[Manifest],
    values: Callable[[Manifest], Mapping[str, float]],
    labels: Mapping[str, str],
    measure: Measure,
) -> dict[str, dict[str, Manifest]]:
    """Return, by selection and name, the selection's value, and under ``against`` how it compares with each baseline.

    The baselines are the kinds of draws, then the labels of other selections.

    Args:
        texts: the manifest's part of each contestant.
        values: the values of a text by name, such as bits per byte by held-out set.
        labels: what each selection is called as a baseline.
        measure: what the values are.
    """
    by_selection: dict[str, dict[str, Manifest]] = {}
    for text in texts:
        if text["kind"] == SELECTION:
            draws = {
                kind: [values(other) for other in others]
                for kind, others in _draws(texts, text["selection"], labels).items()
            }
            by_selection[text["selection"]] = {
                name: {
                    measure.key: value,
                    "against": {
                        kind: measure.verdict_of(value, [other[name] for other in others])
                        for kind, others in draws.items()
                    },
                }
                for name, value in values(text).items()
            }
    return by_selection


def _draws(texts: Sequence[Manifest], selection: str, labels: Mapping[str, str]) -> dict[str, list[Manifest]]:
    """Return the texts that a selection is compared with, by baseline."""
    draws = {
        kind: [text for text in texts if text["kind"] == kind and text["selection"] in (None, selection)]
        for kind in BASELINES
    }
    for label in dict.fromkeys(labels.values()):
        if label != labels[selection]:
            draws[label] = [text for text in texts if text["kind"] == SELECTION and labels[text["selection"]] == label]
    return {kind: others for kind, others in draws.items() if others}


def of_selections(comparison: Mapping[str, Mapping[str, Mapping[str, Manifest]]], held_out: str) -> list[Manifest]:
    """Return the verdict on each selection and baseline: ``selection``, ``baseline``, ``verdict``, ``sentence``.

    Args:
        comparison: by model, selection and held-out set, as the manifest has it.
        held_out: the set that decides.
    """
    first = next(iter(comparison.values()))
    return [
        _verdict(name, kind, {model: parts[name][held_out]["against"][kind] for model, parts in comparison.items()})
        for name, sets in first.items()
        for kind in sets[held_out]["against"]
    ]


def _verdict(selection: str, baseline: str, by_model: Mapping[str, Manifest]) -> Manifest:
    found = {part["verdict"] for part in by_model.values()}
    said = found.pop() if len(found) == 1 else DIFFERENT
    figures = [
        f"{part['difference']:+.1%} bits ({model}{_sure(part) if said == DIFFERENT else ''})"
        for model, part in by_model.items()
    ]
    ending = {BETTER: ", outside the interval", WORSE: ", outside the interval", WITHIN: ", within the interval"}
    sentence = f"{_WORDS[said].format(selection, baseline)}: {', '.join(figures)}{ending.get(said, '')}"
    if said == DIFFERENT:
        sentence = sentence.replace(": the models do not agree:", ", the models do not agree:")
    return {"selection": selection, "baseline": baseline, "verdict": said, "sentence": f"{sentence}."}


def _sure(part: Manifest) -> str:
    """Say what one model's verdict is, and how wide the interval is, in percent of the baseline's mean."""
    if part["high"] is None:
        return f", {part['verdict']}"
    side = "within" if part["verdict"] == WITHIN else f"{part['verdict']}, outside"
    return f", {side} the interval of ± {part['high'] / part['mean'] - 1:.1%}"
