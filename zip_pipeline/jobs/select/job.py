"""The job ``select``: score a pool, pick from it, write the selection."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build
from zip_pipeline.config import SelectConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.base import Job
from zip_pipeline.jobs.history import Versions, selection_row
from zip_pipeline.jobs.manifest import codec_part, input_part, records_part, run_part, selection_part
from zip_pipeline.jobs.select import baselines, dry_run, extend, memory, pages, partitions
from zip_pipeline.jobs.select.checkpoint import Checkpoint, inputs_of
from zip_pipeline.jobs.select.extend import BaseSet
from zip_pipeline.jobs.select.filtering import FilteredPool, filter_pool, values_of
from zip_pipeline.jobs.select.plots import Shape
from zip_pipeline.jobs.select.report import show
from zip_pipeline.jobs.select.score import score_pool
from zip_pipeline.records.buffers import in_files
from zip_pipeline.report.console import Reporter
from zip_pipeline.selection.frontier import Frontier, Places
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.spark import picked_rows, scored_pool
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.reader import pinned
from zip_pipeline.spark.session import open_session


def run(config: SelectConfig, reporter: Reporter) -> dict[str, Any]:
    """Select from a pool; return the manifest."""
    selector = config.selector()
    selector.codec.prefix()  # fails before anything is read, if this machine lacks what the codec needs
    history = Versions(config.history)
    with OutputTree(config.output) as output:
        with reporter.stage("session", "start Spark"):
            spark = open_session("zip_pipeline select", output_formats=config.output_formats)

        with reporter.stage("score", "score the pool"):
            config = config.model_copy(update={"input": pinned(spark, config.input)})
            corpus = open_corpus(spark, config.input)
            scorer = corpus.scorer(config.render, selector.codec)
            values = values_of(corpus, scorer, config.input.prefer)
            checkpoint = Checkpoint(config, scorer.build, inputs_of(config, corpus), output.scratch)
            pool = score_pool(corpus, scorer, output, config.input.on_bad_record, checkpoint.stages)
            base = extend.base_set(spark, config, scorer, checkpoint.stages)
            filtered = filter_pool(pool, scorer, config, output, checkpoint.stages, base, values)
            checkpoint.confirm(filtered.fingerprint)

        with reporter.stage("select", "select", has_bar=True):
            outcome = _pick(filtered, config, selector, scorer.build, checkpoint, base, reporter)
            picks, frontier = outcome.picks, outcome.frontier

        with reporter.stage("compare", "draw baselines"):
            before = partial(extend.payloads, frontier, outcome.chosen) if base.records else None
            comparison = baselines.compare(picks, filtered, selector, output.scratch, before)
            histogram = scored_pool.histogram(pool.scores())

        with reporter.stage("write", "write the selection"):
            if config.select.keep_state:
                output.write(extend.state_of(spark, frontier, picks, base.states), schema.STATE_TABLE)
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
        manifest["codec"]["evaluator"] = outcome.evaluator
        manifest["input"] |= filtered.part
        manifest["selection"] = (
            selection_part(picks, comparison.before) | baselines.sample_part(comparison.sample) | outcome.part
        )
        manifest |= comparison.parts() | base.manifest_part(*comparison.before, filtered.base_part)
        version = history.entries([selection_row(config, scorer, manifest)], "select")
        manifest["history"] = history.drift(spark, version)
        with reporter.stage("publish", "put it in its place"):
            output.publish(manifest, pages.select(manifest, histogram, Shape.of(picks)))
            history.append(spark, version)
        checkpoint.remove()
    if filtered.quotas.budget.unit == "records" and outcome.left:
        reporter.say(
            f"selected {len(picks):,} records, {outcome.left:,} short of the budget: "
            f"the rule '{config.select.rule}' finds no more in the pool"
        )
    return manifest


@dataclass(frozen=True)
class _Outcome:
    """The picks of a run, and what the rule leaves. The anchor's memory is free again.

    Attributes:
        picks: in order.
        frontier: at the end of the selection.
        chosen: places of what an earlier selection chose, by round.
        left: amount that the budget still has.
        evaluator: name of the one that measured.
        part: the manifest's, on partitions.
    """

    picks: list[Pick]
    frontier: Frontier
    chosen: Sequence[Places]
    left: int
    evaluator: str
    part: dict[str, Any]


def _pick(
    filtered: FilteredPool,
    config: SelectConfig,
    selector: GreedySelector,
    build: Build,
    checkpoint: Checkpoint,
    base: BaseSet,
    reporter: Reporter,
) -> _Outcome:
    """Select from the eligible records, from where a checkpoint left the run.

    Raises:
        ConfigError: when the driver's memory is too small.
        InputError: when the budget is less than the first record.
    """
    quotas = filtered.quotas
    final = partitions.offer(filtered, config, selector, build, checkpoint.stages, base.round_sizes)
    reach = final.eligible.reach(quotas, final.selector.k1, final.selector.k3)
    memory.of_run(config, final.eligible, quotas, base.records).check(config.run.driver_memory_budget)
    stream = final.eligible.stream(selector.rule.initial_state, config.run.seed, reach)
    selection = final.selector.begin(stream, quotas, base.round_sizes, in_files)
    if selection.compiles_first:
        reporter.say("compiling the deflate-size kernel, once on a machine ...")
    rounds = checkpoint.store(selection.rounds(checkpoint.rounds_done()))
    picks = list(reporter.picks(selection.picks(rounds, base.first_round), selection.tally))
    if not picks:
        raise InputError(f"a budget of {config.select.budget} is less than the first record that the rule picks")
    left, evaluator = selection.tally.left, selection.evaluator_name
    return _Outcome(picks, selection.frontier, selection.chosen, left, evaluator, final.part)


JOB = Job(SelectConfig, run, show, plan=dry_run.run)
