"""The plan of `evaluate`: selections and held-out sets as the run reads them, a sample of the pool, the models timed.

What the models read is known: each text once, and every held-out set after each text. Bytes a second are measured on
records of the pool, for PPM and the n-grams; the neural model is not timed.
"""

from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Deduplicate, EvaluateConfig
from zip_pipeline.jobs.base import Run
from zip_pipeline.jobs.evaluate import baselines, importance
from zip_pipeline.jobs.evaluate.baselines import SEEDS
from zip_pipeline.jobs.evaluate.job import held_outs_of, named, pool_of, tasks_of
from zip_pipeline.jobs.manifest import amount_of_pool, funnel_part
from zip_pipeline.jobs.planning import rates
from zip_pipeline.jobs.planning.plan import Stages, about, plan
from zip_pipeline.jobs.planning.pools import score
from zip_pipeline.language_models import judges
from zip_pipeline.language_models.questions import NEURAL
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import selection_output


def look(run: Run[EvaluateConfig], stages: Stages) -> Manifest:
    """Read selections and held-out sets; score a sample of the pool; time the models."""
    section = run.config.evaluate
    judges.require(section.models)
    paths = named(section.selections)
    manifests = {name: selection_output.manifest_of(path) for name, path in paths.items()}
    place, compared = run.config.input or pool_of(manifests), Deduplicate().compared
    wanted = importance.targets_of(section.target, manifests, place)
    with stages.measured("read"):
        tasks = tasks_of(run.spark, section.tasks)
        selections = {name: selection_output.selected(run.spark, paths[name], manifests[name]) for name in paths}
        size = baselines.size_of(selections, section.most_bytes)
        held_outs = held_outs_of(run.open_corpus, section.held_out, place, section.by)
    scored = score(run, place, lambda corpus: corpus.scorer("content", NullCodec(), compared), stages, "read")
    scored.later(stages, "draw the baselines", passes=3)
    stages.add("draw the baselines", 0.0, scored.near_seconds())
    kinds = 2 + len(selections) + bool(wanted)  # at random, without near-duplicates, of each one's lengths, DSIR
    texts = len(selections) + SEEDS * kinds
    after = sum(sum(map(len, sample.payloads)) for sample in held_outs.values())
    asked = sum(len(question.context) for task in tasks for question in task.questions)
    read = texts * (size.target + after + asked)
    stages.add("ask the models", read * rates.of_models(scored.payloads) / run.config.run.threads())
    sample, summary = scored.sample, scored.pool.summary
    lines = [
        *about(sample),
        f"texts: {texts:,} of {size.target:,} bytes each, {len(selections):,} of them selections",
        *(f"held out {name}: {len(one.payloads):,} records" for name, one in held_outs.items()),
        *(["the neural model is not in the time below"] if NEURAL in section.models else []),
    ]
    return {
        **sample.parts(),
        "texts": texts,
        "bytes": size.target,
        "held_out": {name: len(one.payloads) for name, one in held_outs.items()},
        "funnel": sample.scaled_steps(funnel_part(summary, {}, {"used": amount_of_pool(summary)})),
        "memory_bytes": rates.process_bytes() + scored.comparing_bytes(),
        "lines": lines,
    }


run = plan("evaluate", look)
