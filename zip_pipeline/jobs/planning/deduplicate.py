"""The plan of `deduplicate`: its steps, taken on a sample of the pool."""

from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import DeduplicateConfig
from zip_pipeline.jobs import contamination, removals
from zip_pipeline.jobs.base import Run
from zip_pipeline.jobs.duplicates import priorities_of
from zip_pipeline.jobs.manifest import amount_of_pool, funnel_part
from zip_pipeline.jobs.planning.plan import Stages, about, plan
from zip_pipeline.jobs.planning.pools import score
from zip_pipeline.jobs.planning.rates import process_bytes
from zip_pipeline.report.funnel import less
from zip_pipeline.schema import Manifest


def look(run: Run[DeduplicateConfig], stages: Stages) -> Manifest:
    """Take the steps on a sample."""
    place = run.config.input
    section, no_codec = place.deduplicate, NullCodec()
    scored = score(run, place, lambda corpus: corpus.scorer("content", no_codec, section.compared), stages, "read")
    pool, sample = scored.pool, scored.sample
    priorities_of(sample.whole, sample.whole.scorer("content", no_codec), place.prefer)  # fails where the run would
    contamination.check(run.spark, place.decontaminate)
    removals.check_output(run.config.output.path, place.exclude)
    near = section.kind == "near"
    with stages.measured("find the duplicates", beyond=lambda: scored.near_seconds() if near else 0.0):
        sizes = pool.summary.records_by_source()
        left = removals.leave_out(pool.records(), sizes, place, run.output.scratch / "steps")
    scored.later(stages, "write what stays", passes=2)
    whole = amount_of_pool(pool.summary)
    steps = funnel_part(pool.summary, left.amounts(), {"kept": less(whole, [*left.amounts().values()])})
    return {
        **sample.parts(),
        "funnel": sample.scaled_steps(steps),
        "memory_bytes": process_bytes() + (scored.comparing_bytes() if near else 0),
        "lines": about(sample),
    }


run = plan("deduplicate", look)
