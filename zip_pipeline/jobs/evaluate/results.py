"""The results of `evaluate` as its manifest holds them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean

from zip_pipeline import schema
from zip_pipeline.dedup import shingles
from zip_pipeline.dedup.near_duplicates import Near
from zip_pipeline.jobs.evaluate.baselines import BASELINES, SEEDS, Contestant, Size
from zip_pipeline.language_models.judges import MODELS, Judgement
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.removals import contamination
from zip_pipeline.spark.sampling import SELECTION, Sample
from zip_pipeline.stats import intervals

MOST_KNOWN = 0.01
"""Share of a held-out set's records that may share passages with the pool before the report warns."""

MEAN = "mean"


def results(
    contestants: Sequence[Contestant],
    judgements: Sequence[Judgement],
    held_outs: Mapping[str, Sample],
    known: Mapping[str, float],
    size: Size,
) -> Manifest:
    """Return the manifest's parts on the judge, the held-out sets, the texts and their comparison.

    Args:
        contestants: the selections and their baselines.
        judgements: one for each contestant.
        held_outs: the sets by name, in the order of the judgements' bits.
        known: by name, the share of the set's records that share passages with the pool.
        size: bytes of each contestant.
    """
    names = list(held_outs)
    texts = [
        _text_part(contestant, judgement, names) for contestant, judgement in zip(contestants, judgements, strict=True)
    ]
    return {
        "judge": {
            "models": MODELS,
            "bytes": size.target,
            "selections_cut": "at random" if size.target < size.shared else "by rank",
            "seeds": SEEDS,
            "confidence": intervals.CONFIDENCE,
            "passage_words": shingles.PASSAGE,
            "most_shared": contamination.MOST_SHARED,
            "near_duplicates": Near().parameters(),
        },
        "held_out": [
            {
                "name": name,
                "records": len(sample.payloads),
                "bytes": sum(map(len, sample.payloads)) + len(sample.payloads),
                "known": known[name],
                "shares_passages": known[name] > MOST_KNOWN,
            }
            for name, sample in held_outs.items()
        ],
        "texts": texts,
        "short": [text["name"] for text in texts if text["bytes"] + text["records"] < size.target],
        "comparison": {model: _comparison(texts, model) for model in MODELS},
    }


def _text_part(contestant: Contestant, judgement: Judgement, names: Sequence[str]) -> Manifest:
    """Return the part on one text: its statistics, and by model and held-out set the bits per byte after it."""
    sources = Counter(schema.NO_SOURCE if source is None else source for source in contestant.sample.sources)
    return {
        "name": contestant.name,
        "kind": contestant.kind,
        "selection": contestant.selection,
        "seed": contestant.seed,
        **asdict(judgement.statistics),
        "sources": dict(sources.most_common()),
        "own": judgement.own,
        **{model: dict(zip(names, bits, strict=True)) for model, bits in judgement.held_out.items()},
    }


def _comparison(texts: Sequence[Manifest], model: str) -> Manifest:
    """Return, by selection and held-out set, the selection's bits per byte against those of each baseline.

    The set `MEAN` holds the mean over all sets.
    """
    by_selection: Manifest = {}
    for text in texts:
        if text["kind"] != SELECTION:
            continue
        sets = by_selection[text["selection"]] = {}
        for name, value in _with_mean(text[model]).items():
            sets[name] = {"bits": value, "against": {}}
            for kind in BASELINES:
                draws = [
                    _with_mean(other[model])[name]
                    for other in texts
                    if other["kind"] == kind and other["selection"] in (None, text["selection"])
                ]
                chance = intervals.spread(draws)
                sets[name]["against"][kind] = {
                    **asdict(chance),
                    "difference": value / chance.mean - 1,
                    "verdict": intervals.verdict(value, chance),
                }
    return by_selection


def _with_mean(bits: Mapping[str, float]) -> dict[str, float]:
    return {**bits, MEAN: fmean(bits.values())}
