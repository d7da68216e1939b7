"""The job ``score``: the compression ratio of every record of a pool."""

from zip_pipeline import schema
from zip_pipeline.config import ScoreConfig
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.manifest import amount_of_pool, codec_part, funnel_part, input_part, records_part
from zip_pipeline.jobs.select.report import score_page, show
from zip_pipeline.report.console import Reporter
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import scored_pool
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.numbers import numbers_of
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.tasks.score import Scorer


def run(config: ScoreConfig, reporter: Reporter) -> Manifest:
    """Score a pool; return the manifest."""
    with Run("score", config, reporter) as run:
        with run.stage("score", "score the pool") as stage:
            config = run.pin()
            corpus = run.open_corpus(config.input)
            numbers = numbers_of(corpus, config.number_columns, config.input.tokenizer)
            scorer = corpus.scorer(config.render, config.codec.to_codec(), numbers=numbers)
            pool = score_pool(corpus, scorer, run.output, config.input.on_bad_record, run.output.scratch)
            stage.done["records"] = pool.summary.read
            counts = scored_pool.histogram(pool.scores())

        manifest = run.manifest(
            codec=codec_part(config.codec, scorer.build),
            input=input_part(pool.summary, corpus.origin),
            pool=records_part(pool.summary.sources),
            funnel=funnel_part(pool.summary, {}, {"used": amount_of_pool(pool.summary)}),
        )
        run.publish(manifest, score_page(manifest, counts))
    return manifest


def score_pool(corpus: Corpus, scorer: Scorer, output: OutputTree, on_bad_record: str, stages: Location) -> ScoredPool:
    """Score a pool, unless `stages` has its scores already; write ``scores/``, and ``rejected/`` if any are.

    Args:
        corpus: the pool.
        scorer: of its records.
        output: where the tables go.
        on_bad_record: ``keep_apart`` or ``fail``.
        stages: the folder for finished stages.

    Raises:
        InputError: when no record can be used; or when one cannot be used and `on_bad_record` is ``fail``.
    """
    pool = ScoredPool.create(corpus, scorer, stages)
    pool.require_usable(on_bad_record)
    output.write(pool.scores(), schema.SCORES_TABLE)
    if pool.summary.rejected:
        output.write(pool.rejected(), schema.REJECTED_TABLE)
    return pool


JOB = Job(run, show)
