"""The results of `evaluate` as its manifest holds them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from statistics import fmean

from zip_pipeline import schema
from zip_pipeline.dedup import shingles
from zip_pipeline.dedup.near_duplicates import Near
from zip_pipeline.jobs.evaluate import verdicts
from zip_pipeline.jobs.evaluate.baselines import SEEDS, Contestant, Size
from zip_pipeline.jobs.evaluate.held_out import MOST_KNOWN, Known
from zip_pipeline.jobs.evaluate.tasks import BITS, CHEAPEST, TaskQuestions
from zip_pipeline.language_models.judges import MODELS, Judgement
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.removals import contamination
from zip_pipeline.spark.sampling import Sample
from zip_pipeline.stats import intervals

MEAN = "mean"

SMALL = 50_000
"""Bytes below which a held-out set says little. Where others have more, it does not count in `MEAN`."""


def results(
    contestants: Sequence[Contestant],
    judgements: Sequence[Judgement],
    held_outs: Mapping[str, Sample],
    tasks: Sequence[TaskQuestions],
    known: Mapping[str, Known],
    size: Size,
    labels: Mapping[str, str],
) -> Manifest:
    """Return the manifest's parts on the judge, the held-out sets, the texts and their comparison.

    Args:
        contestants: the selections and their baselines.
        judgements: one for each contestant.
        held_outs: the sets by name, in the order of the judgements' bits.
        tasks: in the order of the judgements' answers.
        known: by name, what is not new of each set and task.
        size: bytes of each contestant.
        labels: by selection, what it is called as a baseline of others, such as its rule. Selections of one label are
            draws of one kind.
    """
    names = list(held_outs)
    texts = [
        _text_part(contestant, judgement, names) | {"tasks": _answers_of(judgement, tasks)}
        for contestant, judgement in zip(contestants, judgements, strict=True)
    ]
    sizes = {name: sum(map(len, sample.payloads)) + len(sample.payloads) for name, sample in held_outs.items()}
    large = [name for name in names if sizes[name] >= SMALL] or names
    models = list(judgements[0].held_out)
    comparison = {
        model: verdicts.compare(texts, partial(_bits, model=model, in_mean=large), labels, verdicts.BITS)
        for model in models
    }
    of_tasks = {
        measure: {
            model: verdicts.compare(texts, partial(_answer, model=model, measure=measure), labels, kind)
            for model in models
        }
        for measure, kind in ((BITS, verdicts.BITS), (CHEAPEST, verdicts.SHARE))
    }
    return {
        "judge": {
            "models": {model: MODELS[model] for model in models},
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
        "tasks": [
            {
                "name": task.name,
                "rows": task.rows,
                "questions": len(task.questions),
                "rejected": task.rejected,
                "answer_bytes": fmean(len(question.answers[0]) for question in task.questions),
                "known": known[task.key].in_pool,
                "in_target": known[task.key].in_targets,
                "shares_passages": known[task.key].in_pool > MOST_KNOWN,
            }
            for task in tasks
        ],
        "texts": texts,
        "short": [text["name"] for text in texts if text["bytes"] + text["records"] < size.target],
        "comparison": comparison,
        "verdicts": verdicts.of_selections(comparison, MEAN),
        "task_comparison": of_tasks,
        "task_verdicts": {task.name: verdicts.of_selections(of_tasks[BITS], task.name) for task in tasks},
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


def _bits(text: Manifest, model: str, in_mean: Sequence[str]) -> dict[str, float]:
    return _with_mean(text[model], in_mean)


def _answer(text: Manifest, model: str, measure: str) -> dict[str, float]:
    return {task: scores[measure] for task, scores in text["tasks"][model].items()}


def _answers_of(judgement: Judgement, tasks: Sequence[TaskQuestions]) -> Manifest:
    """Return, by model and task, how the model answers after a text; see `TaskQuestions.score`."""
    parts: Manifest = {}
    for model, bits in judgement.answers.items():
        rest = iter(bits)
        parts[model] = {task.name: task.score(list(islice(rest, len(task.questions)))) for task in tasks}
    return parts


def _with_mean(bits: Mapping[str, float], in_mean: Sequence[str]) -> dict[str, float]:
    return {**bits, MEAN: fmean(bits[name] for name in in_mean)}
