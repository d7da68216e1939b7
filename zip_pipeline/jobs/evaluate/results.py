"""The results of `evaluate` as its manifest holds them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean

from zip_pipeline import schema
from zip_pipeline.dedup import shingles
from zip_pipeline.dedup.near_duplicates import Near
from zip_pipeline.jobs.evaluate.baselines import BASELINES, SEEDS, Contestant, Size
from zip_pipeline.jobs.evaluate.held_out import Known
from zip_pipeline.jobs.evaluate.verdicts import against, verdicts
from zip_pipeline.language_models.judges import MODELS, Judgement
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.removals import contamination
from zip_pipeline.spark.sampling import SELECTION, Sample
from zip_pipeline.stats import intervals

MOST_KNOWN = 0.01
"""Share of a held-out set's records that may share passages with the pool before the report warns."""

MEAN = "mean"

SMALL = 50_000
"""Bytes below which a held-out set says little. Where others have more, it does not count in `MEAN`."""


def results(
    contestants: Sequence[Contestant],
    judgements: Sequence[Judgement],
    held_outs: Mapping[str, Sample],
    known: Mapping[str, Known],
    size: Size,
    labels: Mapping[str, str],
) -> Manifest:
    """Return the manifest's parts on the judge, the held-out sets, the texts and their comparison.

    Args:
        contestants: the selections and their baselines.
        judgements: one for each contestant.
        held_outs: the sets by name, in the order of the judgements' bits.
        known: by name, what is not new of each set.
        size: bytes of each contestant.
        labels: by selection, what it is called as a baseline of others, such as its rule. Selections of one label are
            draws of one kind.
    """
    names = list(held_outs)
    texts = [
        _text_part(contestant, judgement, names) for contestant, judgement in zip(contestants, judgements, strict=True)
    ]
    sizes = {name: sum(map(len, sample.payloads)) + len(sample.payloads) for name, sample in held_outs.items()}
    large = [name for name in names if sizes[name] >= SMALL] or names
    comparison = {model: _comparison(texts, model, large, labels) for model in MODELS}
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
                "bytes": sizes[name],
                "is_small": sizes[name] < SMALL,
                "in_mean": name in large,
                "known": known[name].in_pool,
                "in_target": known[name].in_targets,
                "shares_passages": known[name].in_pool > MOST_KNOWN,
            }
            for name, sample in held_outs.items()
        ],
        "texts": texts,
        "short": [text["name"] for text in texts if text["bytes"] + text["records"] < size.target],
        "comparison": comparison,
        "verdicts": verdicts(comparison, MEAN),
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


def _comparison(texts: Sequence[Manifest], model: str, in_mean: Sequence[str], labels: Mapping[str, str]) -> Manifest:
    """Return, by selection and held-out set, the selection's bits per byte against those of each baseline.

    The baselines are the kinds of draws, then the labels of other selections. The set `MEAN` holds the mean over
    `in_mean`.
    """
    by_selection: Manifest = {}
    for text in texts:
        if text["kind"] == SELECTION:
            draws = _draws(texts, text["selection"], labels)
            by_selection[text["selection"]] = {
                name: {
                    "bits": value,
                    "against": {
                        kind: against(value, [_with_mean(other[model], in_mean)[name] for other in others])
                        for kind, others in draws.items()
                    },
                }
                for name, value in _with_mean(text[model], in_mean).items()
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


def _with_mean(bits: Mapping[str, float], in_mean: Sequence[str]) -> dict[str, float]:
    return {**bits, MEAN: fmean(bits[name] for name in in_mean)}
