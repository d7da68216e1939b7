"""The job ``score``: the compression ratio of every record of a pool."""

from typing import Any

from zip_pipeline import schema
from zip_pipeline.config import ScoreConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs import manifest as manifests
from zip_pipeline.jobs.select import pages
from zip_pipeline.jobs.select import report as report_module
from zip_pipeline.report.console import Reporter
from zip_pipeline.spark import grid
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.inputs import open_corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.reader import pinned
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.spark.scoring import Scorer
from zip_pipeline.spark.session import open_session

CONFIG = ScoreConfig
show = report_module.show


def run(config: ScoreConfig, reporter: Reporter) -> dict[str, Any]:
    """Score a pool; return the manifest."""
    with OutputTree(config.output) as output:
        with reporter.stage("session", "start Spark"):
            spark = open_session("zip_pipeline score", output_formats=config.output_formats)

        with reporter.stage("score", "score the pool"):
            config = config.model_copy(update={"input": pinned(spark, config.input)})
            pool_of_records = open_corpus(spark, config.input)
            scorer = Scorer.of(pool_of_records, config.render, config.codec.build())
            pool = score_pool(pool_of_records, scorer, output, config.input.on_bad_record, output.scratch)
            lying = grid.count(pool.scores())

        manifest = manifests.manifest(config, scorer.build, pool.summary, spark, reporter.timings)
        output.publish(manifest, pages.score(manifest, lying))
    return manifest


def score_pool(records: Corpus, scorer: Scorer, output: OutputTree, on_bad_record: str, stages: Location) -> ScoredPool:
    """Run the global stage, unless it is in `stages`; write ``scores/``, and ``rejected/`` when there are any.

    Raises:
        InputError: when no record can be used, or one cannot and `on_bad_record` is ``fail``.
    """
    pool = ScoredPool.create(records, scorer, stages)
    rejected = pool.summary.rejected
    if rejected and on_bad_record == "fail":
        raise InputError(f"{rejected:,} records cannot be used: {pool.explain_rejected()}")
    output.write(pool.scores(), schema.SCORES_TABLE)
    if rejected:
        output.write(pool.rejected(), schema.REJECTED_TABLE)
    return pool
