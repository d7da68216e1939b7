"""The job ``select``: score a pool, pick from it, write the selection."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build
from zip_pipeline.config import SelectConfig
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs import contamination, removals
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.duplicates import priorities_of
from zip_pipeline.jobs.history import Versions, selection_row
from zip_pipeline.jobs.manifest import codec_part, funnel_part, input_part, records_part, selection_part, shortfall_part
from zip_pipeline.jobs.select import baselines, coverage, extend, memory, partitions
from zip_pipeline.jobs.select.budget import unmet_quotas
from zip_pipeline.jobs.select.checkpoint import SelectionCheckpoint, inputs_of
from zip_pipeline.jobs.select.evidence.examples import Selected, of_selection, pairs_of, target_texts
from zip_pipeline.jobs.select.evidence.rejected import rejected_of
from zip_pipeline.jobs.select.evidence.repeating import command_of, yaml_of
from zip_pipeline.jobs.select.extend import BaseSet
from zip_pipeline.jobs.select.filtering import FilteredPool, filter_pool
from zip_pipeline.jobs.select.plots import Shape
from zip_pipeline.jobs.select.report import select_page, show
from zip_pipeline.jobs.select.score import score_pool
from zip_pipeline.report.console import Reporter
from zip_pipeline.report.funnel import amount
from zip_pipeline.schema import Manifest
from zip_pipeline.selection.frontier import BASE_STRATUM, Frontier, Places
from zip_pipeline.selection.greedy import Pick, Round
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.spark import picked_rows, sampling, scored_pool
from zip_pipeline.spark.numbers import numbers_of
from zip_pipeline.spark.removals.earlier_outputs import identity


def run(config: SelectConfig, reporter: Reporter) -> Manifest:
    """Select from a pool; return the manifest."""
    selector = config.selector()
    selector.codec.prefix()  # fails before anything is read, if this machine lacks what the codec needs
    with Run("select", config, reporter) as run:
        versions = Versions(config.history, run.spark)
        with run.stage("score", "score the pool") as stage:
            config = run.pin()
            corpus = run.open_corpus(config.input)
            numbers = numbers_of(corpus, config.number_columns, config.input.tokenizer)
            scorer = corpus.scorer(config.render, selector.codec, config.input.deduplicate.compared, numbers)
            priorities = priorities_of(corpus, scorer, config.input.prefer)  # fails before the pool is scored
            targets = coverage.open_targets(run.spark, config)
            run.say(*contamination.check(run.spark, config.input.decontaminate))
            removals.check_output(config.output.path, config.input.exclude)
            checkpoint = SelectionCheckpoint(config, scorer.build, inputs_of(config, corpus), run.output.scratch)
            pool = score_pool(corpus, scorer, run.output, config.input.on_bad_record, checkpoint.stages)
            stage.done["records"] = pool.summary.read

        with run.stage("filter", "find the eligible records") as stage:
            base = extend.base_set(run.spark, config, scorer, checkpoint.stages)
            filtered = filter_pool(pool, scorer, config, checkpoint.stages, base, priorities, targets)
            filtered.removals.write(run.output)
            run.say(*filtered.removals.first_lines())
            aim = coverage.aim(selector, config, filtered, base, pool.summary, targets, scorer, checkpoint.stages)
            checkpoint.confirm(f"{filtered.fingerprint}{aim.mark}")
            stage.done["records"] = pool.summary.records

        with run.stage("select", "select", has_bar=True) as stage:
            outcome = _pick(filtered, config, aim.selector, scorer.build, checkpoint, base, reporter)
            picks, frontier = outcome.picks, outcome.frontier
            stage.done["picks"] = len(picks)

        with run.stage("compare", "draw baselines"):
            base_payloads = partial(extend.payloads, frontier, outcome.base_places) if base.records else None
            comparison = baselines.compare(picks, filtered, aim.selector, run.output.scratch, base_payloads)
            histogram = scored_pool.histogram(pool.scores())
            random = comparison.baselines[sampling.RANDOM].payloads
            places = [place for part in outcome.base_places for place in part.tolist()]
            selected = Selected(aim.selector.rule, frontier, picks, outcome.places, places, random)
            pairs = filtered.removals.steps.get("deduplication")
            shown = replace(
                of_selection(selected, aim.pool, target_texts(aim.targets)),
                pairs=[] if pairs is None else pairs_of(pairs.table, pool.records()),
                rejected=rejected_of(pool.rejected(), pool.summary.reasons) if pool.summary.rejected else [],
                command=command_of(config),
                config=yaml_of(config),
            )

        with run.stage("write", "write the selection"):
            covers = getattr(aim.selector.rule, "coverage", None)
            if covers is not None and frontier.held is not None and len(covers.buckets) <= coverage.MOST_WRITTEN:
                run.output.write(coverage.table_of(run.spark, covers, frontier.held), schema.COVERAGE_TABLE)
            if config.select.keep_state:
                states = extend.state_of(run.spark, frontier, picks, base.states)
                run.output.write(states, schema.STATE_TABLE)
            ranks = picked_rows.table_of(run.spark, picks)
            full = picked_rows.join_back(corpus, scorer, ranks, one_row_an_id=not pool.summary.rejected)
            rows = run.output.write(full, schema.SELECTION_TABLE)
            if (same := config.input.deduplicate).keep_index:
                picked = ranks.select(F.col(schema.ID).alias("id"))
                run.output.write(filtered.removals.index(picked), schema.SIGNATURES_TABLE)
            if rows != len(picks):
                raise InputError(f"the input changed during the run: of {len(picks):,} picks {rows:,} are there")

        manifest = run.manifest(
            codec={**codec_part(config.codec, scorer.build), "evaluator": outcome.evaluator},
            input={**input_part(pool.summary, corpus.origin), **filtered.part},
            pool=records_part(pool.summary.sources),
            selection={
                **selection_part(picks, comparison.base_sizes),
                **baselines.sample_part(comparison.sample),
                **outcome.part,
            },
            **filtered.removals.parts(),
            **({"index": identity(same, config.render)} if same.keep_index else {}),
            **comparison.parts(),
            **base.manifest_part(*comparison.base_sizes, filtered.base_part),
            **aim.manifest_part(filtered.eligible.records, outcome.facts, shown.covered),
            funnel=funnel_part(pool.summary, filtered.leaving, {"eligible": filtered.amount, **outcome.steps}),
        )
        if outcome.missing:
            unit = filtered.quotas.budget.unit
            manifest["shortfall"] = shortfall_part(manifest, outcome.missing, unit, outcome.kept_out)
        entries = versions.entries([selection_row(config, scorer, manifest)], "select")
        manifest["history"] = versions.drift(run.spark, entries)
        page = select_page(manifest, histogram, Shape.of(picks), shown)
        run.publish(manifest, page, schema.SELECTION_TABLE)
        if config.history.is_kept:
            with run.stage("history", "append to the history"):
                versions.append(run.spark, entries)
        run.say(*checkpoint.remove())
    return manifest


@dataclass(frozen=True)
class _Outcome:
    """The picks of a run, and what the rule leaves. The anchor's memory is free again.

    Attributes:
        picks: in order.
        frontier: at the end of the selection.
        base_places: places of the base, by round.
        places: of the picks.
        missing: amount that the budget still has for want of records; 0 where the next record did not fit.
        kept_out: records that the rule could still take at its end, but for the quotas; 0 where nothing is missing.
        evaluator: name of the one that measured.
        part: the manifest's, on partitions, and on quotas that could not be met.
        facts: what the rule says of its work; the final pass alone, where there are partitions.
        steps: amounts of the funnel's last steps, by name.
    """

    picks: list[Pick]
    frontier: Frontier
    base_places: Sequence[Places]
    places: list[int]
    missing: int
    kept_out: int
    evaluator: str
    part: Manifest
    facts: dict[str, float]
    steps: dict[str, Manifest]


def _pick(
    filtered: FilteredPool,
    config: SelectConfig,
    selector: GreedySelector,
    build: Build,
    checkpoint: SelectionCheckpoint,
    base: BaseSet,
    reporter: Reporter,
) -> _Outcome:
    """Select from the eligible records, from where a checkpoint left the run.

    Raises:
        ConfigError: when the driver's memory is too small, or the budget is less than the first record.
    """
    quotas = filtered.quotas
    final = partitions.offer(filtered, config, selector, build, checkpoint.stages, base.round_counts)
    memory.of_run(config, final.eligible, quotas, base.records).check(config.run.driver_memory_budget)
    selection = final.eligible.begin(final.selector, quotas, config.run.seed, base.round_counts)
    if selection.compiles_first:
        reporter.say("compiling the deflate-size kernel, once on a machine ...")
    stored_rounds = checkpoint.rounds_done()
    places: list[int] = []
    rounds = _noting(checkpoint.store(selection.rounds(stored_rounds)), places)
    stream_of_picks = selection.picks(rounds, base.first_round)
    picks = list(reporter.picks(stream_of_picks, selection.tally))
    if not picks:
        raise ConfigError(f"a budget of {config.select.budget} is less than the first record that the rule picks")
    missing, frontier = selection.tally.left, selection.frontier
    is_used_up = len(picks) == filtered.eligible.records
    sizes = {"records": 0, "bytes": int(frontier.raw_bytes.max()), "tokens": int(frontier.tokens.max(initial=0))}
    largest = sizes[quotas.budget.unit]
    if not is_used_up and missing <= largest:
        missing = 0
    retired = _retired(frontier, base.records + len(picks)) if selector.rule.has_stages else 0
    kept_out = final.eligible.records - len(picks) - retired if missing else 0
    unmet = unmet_quotas(config.select, selection.tally, largest)
    part = {**final.part, **({"unmet_quotas": unmet} if unmet else {})}
    if final.eligible is filtered.eligible and frontier.last_read is not None:
        part["read_to"] = dict(zip(("state", "id"), frontier.last_read, strict=True))
    facts = {"read": len(frontier.ids) - base.records, **selection.facts}
    offered = {} if final.eligible is filtered.eligible else {"offered": amount(final.eligible.records)}
    steps = {**offered, "looked_at": _looked_at(frontier), "selected": _picked(picks)}
    name = selection.evaluator_name
    return _Outcome(picks, frontier, selection.base_places, places, missing, kept_out, name, part, facts, steps)


def _retired(frontier: Frontier, chosen: int) -> int:
    """Return how many records a rule has drawn and will not draw again, though it did not pick them.

    Args:
        frontier: at the end of the selection.
        chosen: how many records base and picks have.
    """
    return len(frontier.ids) - len(frontier.available()[0]) - chosen


def _looked_at(frontier: Frontier) -> Manifest:
    """Return the amount of the pool's records that the rule has read."""
    base = frontier.strata.code(BASE_STRATUM)
    own = slice(None) if base is None else np.flatnonzero(frontier.strata.codes != base)
    raw_bytes = frontier.raw_bytes[own]
    tokens = int(frontier.tokens[own].sum()) if len(frontier.tokens) else None
    return amount(len(raw_bytes), int(raw_bytes.sum()), tokens)


def _picked(picks: Sequence[Pick]) -> Manifest:
    tokens = [pick.tokens for pick in picks if pick.tokens is not None]
    return amount(len(picks), sum(pick.own_raw_bytes for pick in picks), sum(tokens) if tokens else None)


def _noting(rounds: Iterable[Round], places: list[int]) -> Iterator[Round]:
    """Pass on rounds, and note the places of their picks."""
    for this in rounds:
        places += this.places.tolist()
        yield this


JOB = Job(run, show)
