"""The plan of `split`: a sample of the pool, split."""

from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Deduplicate, SplitConfig
from zip_pipeline.jobs.base import Run
from zip_pipeline.jobs.manifest import amount_of_pool, funnel_part
from zip_pipeline.jobs.planning.plan import Stages, about, plan
from zip_pipeline.jobs.planning.pools import score
from zip_pipeline.jobs.planning.rates import process_bytes
from zip_pipeline.jobs.split import SIDES, sides_of
from zip_pipeline.schema import Manifest

PASSES = 4
"""How often the sides read the pool: once each to be written, and once to be counted."""


def look(run: Run[SplitConfig], stages: Stages) -> Manifest:
    """Score a sample and split it: groups go to one side as a whole, so that sides are as large as groups allow."""
    no_codec, compared = NullCodec(), Deduplicate().compared
    scored = score(run, run.config.input, lambda corpus: corpus.scorer("content", no_codec, compared), stages, "read")
    pool, sample = scored.pool, scored.sample
    with stages.measured("group the near-duplicates", beyond=scored.near_seconds):
        sides = sides_of(pool.records(), run.config.split, run.output.scratch / "near")
        counts: dict[str, int] = dict(sides.groupBy(schema.SIDE).agg(F.count("*")).collect())
    scored.later(stages, "write the sides", passes=PASSES)
    shares = ", ".join(f"{side} {sample.scaled(counts.get(side, 0)):,}" for side in SIDES)
    steps = funnel_part(pool.summary, {}, {"used": amount_of_pool(pool.summary)})
    return {
        **sample.parts(),
        "funnel": sample.scaled_steps(steps),
        "split": {side: sample.scaled(counts.get(side, 0)) for side in SIDES},
        "memory_bytes": process_bytes() + scored.comparing_bytes(),
        "lines": [*about(sample), f"sides, in records: {shares}"],
    }


run = plan("split", look)
