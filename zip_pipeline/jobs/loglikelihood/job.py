"""The job ``loglikelihood``: the log-probability of each document under each of some language models.

The documents fall into parts by a hash of their ids. Some parts at a time go to the executors, and what comes back is
stored, so that a run that died repeats only those.
"""

import functools
import time
from collections.abc import Sequence
from itertools import pairwise

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import LoglikelihoodConfig
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.checkpoint import Checkpoint
from zip_pipeline.jobs.loglikelihood import models
from zip_pipeline.jobs.loglikelihood.report import loglikelihood_page, show
from zip_pipeline.jobs.manifest import input_part
from zip_pipeline.report.console import Reporter
from zip_pipeline.schema import Manifest, ddl
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table
from zip_pipeline.spark.io.reader import files_of
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.tasks.likelihood.score import SCORED, LikelihoodScorer

TABLE = [name for name in SCORED.names if name != "reason"]


def run(config: LoglikelihoodConfig, reporter: Reporter) -> Manifest:
    """Score documents; return the manifest."""
    section = config.loglikelihood
    with Run("loglikelihood", config, reporter) as run:
        with run.stage("models", "look at the models"):
            at_once = models.tasks_at_once(run.spark)
            inspected = [models.inspect(run.spark, section, model, at_once) for model in section.models]

        with run.stage("read", "read the documents"):
            config = run.pin()
            corpus = run.open_corpus(config.input)
            scorer = corpus.scorer("content", NullCodec())
            weights = {f"{model.name} ({model.hash})": [0] for model in inspected}
            inputs = [files_of(corpus.rows), weights] if config.run.checkpoint is not None else []
            checkpoint = Checkpoint(config, scorer.build, inputs, run.output.scratch)
            pool = ScoredPool.create(corpus, scorer, checkpoint.stages)
            pool.require_usable(config.input.on_bad_record)

        with run.stage("score", "score the documents"):
            parts = -(-pool.summary.raw_bytes // section.part)
            part = F.pmod(F.xxhash64("id"), F.lit(parts)).alias("part")
            documents = pool.records().select(part, "id", "source", "payload")
            waves = stage_fact(checkpoint.stages / "waves", lambda: list(range(0, parts, at_once)))
            tables = []
            for number, model in enumerate(inspected):
                task = LikelihoodScorer(model.settings, section.window, section.stride, section.batch, section.settings)
                tables += _score(run, documents, task, [*waves, parts], checkpoint.stages / f"model-{number}")
            scored = functools.reduce(DataFrame.unionByName, tables)

        with run.stage("write", "write the table"):
            run.output.write(scored.where("reason is null").select(*TABLE), schema.LOG_PROBABILITIES_TABLE)
            sums = models.sums(scored)
            if any(row["unscored"] for row in sums.values()):
                unscored = scored.where("reason is not null").select("model", "document", "reason")
                run.output.write(unscored, schema.UNSCORED_TABLE)
            if pool.summary.rejected:
                run.output.write(pool.rejected(), schema.REJECTED_TABLE)

        manifest = run.manifest(
            input=input_part(pool.summary, corpus.origin),
            settings=section.settings,
            models=[{**model.part(), **sums[model.name]} for model in inspected],
        )
        run.publish(manifest, loglikelihood_page(manifest))
        checkpoint.remove()
    return manifest


def _score(
    run: Run[LoglikelihoodConfig], documents: DataFrame, task: LikelihoodScorer, bounds: Sequence[int], folder: Location
) -> list[DataFrame]:
    """Score all parts under one model, some at a time; return the stored tables.

    Args:
        run: says how far it is.
        documents: ``part``, ``id``, ``source``, ``payload``.
        task: has the model.
        bounds: the number of the first part of each wave, then the number of parts.
        folder: for the tables.

    Raises:
        UserError: when the model fails for a reason that the user can mend.
    """
    tables, done, start = [], 0, time.perf_counter()
    for begin, end in pairwise(bounds):
        wave = documents.where((F.col("part") >= begin) & (F.col("part") < end))
        in_parts = wave.repartitionByRange(end - begin, "part").sortWithinPartitions("part", "id")

        def scored(rows: DataFrame = in_parts) -> DataFrame:
            return rows.mapInArrow(task.score_batches, ddl(SCORED))

        try:
            table, counts = stage_table(run.spark, folder / f"parts-{begin}", scored, tokens=F.sum("tokens"))
        except Exception as error:
            raise user_error(error, "loglikelihood.models") or error from error
        tables.append(table)
        done += counts["tokens"]
        seconds = time.perf_counter() - start
        speed = f"{done:,} tokens, {done / max(seconds, 1e-9):,.0f} a second"
        run.say(f"{task.model.name}: {end:,} of {bounds[-1]:,} parts, {speed}")
    return tables


JOB = Job(run, show)
