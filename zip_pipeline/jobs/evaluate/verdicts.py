"""The verdicts in words: for each selection and baseline, whether it taught more, and how sure that is.

A verdict is on the mean over the held-out sets, by all models. A difference that one model sees and another does not is
`DIFFERENT`: it may be a model's taste.
"""

from collections.abc import Mapping
from typing import Any

from zip_pipeline.schema import Manifest
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


def against(value: float, draws: list[float]) -> Manifest:
    """Return how bits per byte compare with those of several draws.

    Returns:
        ``mean`` of the draws; ``low`` and ``high``, the ends of the interval of one more, None of a single draw;
        ``difference``, relative to the mean; ``verdict``.
    """
    if len(draws) == 1:
        (mean,) = draws
        ends: dict[str, Any] = {"mean": mean, "low": None, "high": None, "verdict": UNKNOWN}
    else:
        chance = spread(draws)
        ends = {"mean": chance.mean, "low": chance.low, "high": chance.high, "verdict": verdict(value, chance)}
    return {**ends, "difference": value / ends["mean"] - 1}


def verdicts(comparison: Mapping[str, Mapping[str, Mapping[str, Manifest]]], held_out: str) -> list[Manifest]:
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
        f"{part['difference']:+.1%} bits ({model}{_sure(part['verdict']) if said == DIFFERENT else ''})"
        for model, part in by_model.items()
    ]
    ending = {BETTER: ", outside the interval", WORSE: ", outside the interval", WITHIN: ", within the interval"}
    sentence = f"{_WORDS[said].format(selection, baseline)}: {', '.join(figures)}{ending.get(said, '')}"
    if said == DIFFERENT:
        sentence = sentence.replace(": the models do not agree:", ", the models do not agree:")
    return {"selection": selection, "baseline": baseline, "verdict": said, "sentence": f"{sentence}."}


def _sure(said: str) -> str:
    return f", {said} the interval" if said == WITHIN else f", {said}"
