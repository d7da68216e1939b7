"""The job ``select``: score a pool, pick from it, write the selection."""

from functools import partial
from typing import Any

from zip_pipeline import schema
from zip_pipeline.config import SelectConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.base import Job
from zip_pipeline.jobs.history import Versions, selection_row
from zip_pipeline.jobs.manifest import codec_part, input_part, records_part, run_part, selection_part
from zip_pipeline.jobs.select import baselines, dry_run, extend, pages, picking
from zip_pipeline.jobs.select.checkpoint import Checkpoint, inputs_of
from zip_pipeline.jobs.select.filtering import narrow, values_of
from zip_pipeline.jobs.select.plots import Shape
from zip_pipeline.jobs.select.report import show
from zip_pipeline.jobs.select.score import score_pool
from zip_pipeline.report.console import Reporter
from zip_pipeline.spark import picked_rows, scored_pool
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.reader import pinned
from zip_pipeline.spark.session import open_session


def run(config: SelectConfig, reporter: Reporter) -> dict[str, Any]:
    """Select from a pool; return the manifest."""
    codec, rule = config.codec.build(), config.select
    codec.prefix()  # refuses what this machine cannot measure before anything is read
    history = Versions(config.history)
    with OutputTree(config.output) as output:
        with reporter.stage("session", "start Spark"):
            spark = open_session("zip_pipeline select", output_formats=config.output_formats)

        with reporter.stage("score", "score the pool"):
            config = config.model_copy(update={"input": pinned(spark, config.input)})
            corpus = open_corpus(spark, config.input)
            scorer = corpus.scorer(config.render, codec)
            values = values_of(corpus, scorer, config.input.prefer)
            checkpoint = Checkpoint(config, scorer.build, inputs_of(config, corpus), output.scratch)
            pool = score_pool(corpus, scorer, output, config.input.on_bad_record, checkpoint.stages)
            before = extend.before(spark, config, scorer, checkpoint.stages)
            eligible = narrow(pool, scorer, config, output, checkpoint.stages, before, values)
            checkpoint.confirm(eligible.fingerprint)

        with reporter.stage("select", "select", has_bar=True):
            picked = picking.pick(eligible, config, scorer, checkpoint, before, reporter)
            picks, frontier = picked.picks, picked.frontier

        with reporter.stage("compare", "draw baselines"):
            ahead = [partial(extend.payloads, frontier, picked.chosen)] if before.records else []
            workers = config.run.threads()
            beside = baselines.compare(picks, eligible, scorer, rule.k3, output.scratch, workers, ahead)
            lying = scored_pool.histogram(pool.scores())

        with reporter.stage("write", "write the selection"):
            if rule.keep_state:
                output.write(extend.state_of(frontier, picks, before.states, spark), schema.STATE_TABLE)
            ranks = picked_rows.table_of(spark, picks)
            full = picked_rows.join_back(corpus, scorer, ranks, one_row_an_id=not pool.summary.rejected)
            rows = output.write(full, schema.SELECTION_TABLE)
            if rows != len(picks):
                raise InputError(f"the input changed during the run: of {len(picks):,} picks {rows:,} are there")

        manifest = {
            **run_part(config, spark, reporter.timings),
            "codec": codec_part(config.codec, scorer.build),
            "input": input_part(pool.summary),
            "pool": records_part(pool.summary.sources),
        }
        manifest["codec"]["evaluator"] = picked.evaluator
        manifest["input"] |= eligible.part
        manifest["selection"] = (
            selection_part(picks, beside.before) | baselines.sample_part(beside.sample) | picked.part
        )
        manifest |= beside.parts() | before.told(*beside.before)
        version = history.entries([selection_row(config, scorer, manifest)], "select")
        manifest["history"] = history.drift(spark, version)
        with reporter.stage("publish", "put it in its place"):
            output.publish(manifest, pages.select(manifest, lying, Shape.of(picks)))
            history.append(spark, version)
        checkpoint.remove()
    if eligible.quotas.budget.unit == "records" and (short := eligible.quotas.left):
        reporter.say(f"selected {len(picks):,}, {short:,} short of the budget: the rule '{rule.rule}' finds no more")
    return manifest


JOB = Job(SelectConfig, run, show, plan=dry_run.run)
