"""The plan of `loglikelihood`: each model is loaded, and scores a few documents of a sample, which are timed."""

import time

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import LoglikelihoodConfig
from zip_pipeline.jobs.base import Run
from zip_pipeline.jobs.loglikelihood import models
from zip_pipeline.jobs.manifest import amount_of_pool, funnel_part
from zip_pipeline.jobs.planning.plan import Stages, about, plan
from zip_pipeline.jobs.planning.pools import score
from zip_pipeline.schema import Manifest, ddl
from zip_pipeline.spark.errors import user_error
from zip_pipeline.tasks.likelihood.score import SCORED, LikelihoodScorer

FEW, MORE = 2, 16
"""Documents of two trials: the second has as much to load as the first, so the difference is what documents cost."""


def look(run: Run[LoglikelihoodConfig], stages: Stages) -> Manifest:
    """Load the models; let each score some documents of a sample."""
    section, at_once = run.config.loglikelihood, models.tasks_at_once(run.spark)
    with stages.measured("look at the models"):
        inspected = [models.inspect(run.spark, section, model, at_once) for model in section.models]
    scored = score(run, run.config.input, lambda corpus: corpus.scorer("content", NullCodec()), stages, "read")
    sample, summary = scored.sample, scored.pool.summary
    documents = scored.pool.records().select(F.lit(0).alias("part"), "id", "source", "payload").orderBy("id")
    found = []
    for model in inspected:
        task = LikelihoodScorer(model.settings, section.window, section.stride, section.batch, section.settings)
        (few_s, few_bytes), (more_s, more_bytes) = (_trial(documents.limit(size), task) for size in (FEW, MORE))
        a_byte = max(more_s - few_s, 0.0) / max(1, more_bytes - few_bytes)
        seconds = few_s + a_byte * scored.raw_bytes / at_once
        stages.add(f"score with {model.name}", seconds)
        found.append({**model.part(), "seconds": round(seconds, 1)})
    steps = funnel_part(summary, {}, {"used": amount_of_pool(summary)})
    return {**sample.parts(), "models": found, "funnel": sample.scaled_steps(steps), "lines": about(sample)}


def _trial(documents: DataFrame, task: LikelihoodScorer) -> tuple[float, int]:
    """Return the seconds that it takes to score documents in one task, and their bytes."""
    start = time.perf_counter()
    try:
        rows = documents.coalesce(1).mapInArrow(task.score_batches, ddl(SCORED)).agg(F.sum("bytes")).collect()
    except Exception as error:
        raise user_error(error, "loglikelihood.models") or error from error
    return time.perf_counter() - start, rows[0][0] or 0


run = plan("loglikelihood", look)
