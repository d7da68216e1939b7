"""The plan of `select` and `score`: a sample goes the way of the pool as far as the rule; the picking is estimated.

Of the picking the number of evaluations is known, and the seconds of one are measured on the sample.
"""

import time
from math import ceil
from typing import Any

from zip_pipeline.codecs.base import Evaluator
from zip_pipeline.config import ScoreConfig, SelectConfig
from zip_pipeline.jobs import contamination, removals
from zip_pipeline.jobs.base import Run
from zip_pipeline.jobs.duplicates import priorities_of
from zip_pipeline.jobs.manifest import amount_of_pool, funnel_part
from zip_pipeline.jobs.planning.plan import Stages, about, plan
from zip_pipeline.jobs.planning.pools import ScoredSample, score
from zip_pipeline.jobs.planning.rates import core_seconds, process_bytes
from zip_pipeline.jobs.select import coverage, extend, memory, partitions
from zip_pipeline.jobs.select.filtering import FilteredPool, filter_pool
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.schema import Manifest
from zip_pipeline.selection.features import bits_for, features
from zip_pipeline.selection.rules import RULES
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.numbers import numbers_of
from zip_pipeline.tasks.score import Scorer

SCORINGS = 6
"""How often a rule without stages scores a record that it reads, as seen; a pool that it reads to its end."""

SCORING_S = 15e-6
"""Seconds of one such scoring, as seen."""


def look(run: Run[ScoreConfig], stages: Stages) -> Manifest:
    """Score a sample; for `select` also filter it, and estimate the picking."""
    config = run.config
    scored = score(run, config.input, lambda corpus: _scorer(corpus, config), stages, "score the pool")
    pool, sample = scored.pool, scored.sample
    means = {"mean_bytes": pool.summary.raw_bytes / pool.summary.records}
    if pool.summary.tokens is not None:
        means["mean_tokens"] = pool.summary.tokens / pool.summary.records
    found: Manifest = {**sample.parts()}
    found["sample"] |= {"rejected": pool.summary.rejected, **means}
    lines = about(sample)
    if not isinstance(config, SelectConfig):
        scored.later(stages, "write the scores")
        steps = funnel_part(pool.summary, {}, {"used": amount_of_pool(pool.summary)})
        return {**found, "funnel": sample.scaled_steps(steps), "lines": lines}
    filtered = _filter(run, config, scored, stages, found)
    steps = sample.scaled_steps(funnel_part(pool.summary, filtered.leaving, {"eligible": filtered.amount}))
    eligible = sample.scaled(filtered.eligible.records)
    work = _work(config, sample.rows, eligible, [*scored.payloads], means.get("mean_tokens", 1.0))
    if work["passes_s"]:
        stages.add("look for what to cover", 0.0, work.pop("passes_s") * scored.beyond)
    stages.add("select", work["select_s"] + work.get("pool", {}).get("select_s", 0.0))
    scored.later(stages, "draw baselines")
    scored.later(stages, "write the selection")
    steps.append({"step": "selected", "records": work["budget"], "raw_bytes": None, "tokens": None})
    near = config.input.deduplicate.kind == "near"
    most = max(work["memory_bytes"], process_bytes() + (scored.comparing_bytes() if near else 0))
    return {
        **found,
        "funnel": steps,
        "work": work,
        "memory_bytes": most,
        "lines": [*lines, *_lines(found, work, config)],
    }


def _scorer(corpus: Corpus, config: ScoreConfig) -> Scorer:
    numbers = numbers_of(corpus, config.number_columns, config.input.tokenizer)
    on = config.input.deduplicate.compared if isinstance(config, SelectConfig) else None
    return corpus.scorer(config.render, config.codec.to_codec(), on, numbers)


def _filter(
    run: Run[ScoreConfig], config: SelectConfig, scored: ScoredSample, stages: Stages, found: Manifest
) -> FilteredPool:
    """Filter the sample as the run filters the pool, but for quotas: a sample may lack a source that the pool has."""
    corpus, spark = scored.sample.whole, run.spark
    scorer, scratch = _scorer(scored.sample.corpus, config), run.output.scratch / "filter"
    priorities_of(corpus, scorer, config.input.prefer)  # fails where the run would fail
    contamination.check(spark, config.input.decontaminate)
    removals.check_output(config.output.path, config.input.exclude)
    targets = coverage.open_targets(spark, config)
    found["targets"] = {name: target.rows.count() for name, target in targets}
    near = config.input.deduplicate.kind == "near"
    without_quotas = config.model_copy(update={"select": config.select.model_copy(update={"quotas": {}})})
    with stages.measured("find the eligible records", beyond=lambda: scored.near_seconds() if near else 0.0):
        base = extend.base_set(spark, config, scorer, scratch)
        filtered = filter_pool(scored.pool, scorer, without_quotas, scratch, base, None, targets)
    found["extends"] = base.records
    return filtered


def _lines(found: Manifest, work: Manifest, config: SelectConfig) -> list[str]:
    """Say what the picking has to do."""
    lines = [f"target {name}: {records:,} rows" for name, records in found["targets"].items()]
    most = "" if RULES[config.select.rule].has_stages else "at most "
    lines.append(
        f"work: {work['rounds']:,} rounds, {most}{work['evaluations']:,} evaluations, "
        f"about {work['select_s']:,.0f} s of picking on {work['workers']} thread{'' if work['workers'] == 1 else 's'}"
    )
    if "pool" in work:
        part = work["pool"]
        lines.append(
            f"before that, in each partition: {part['offered']:,} of {part['records']:,} records offered, about "
            f"{part['select_s']:,.0f} s and {part['bytes_looked_at'] / 2**20:,.1f} MB of payload a task"
        )
    lines.append(f"memory to select: about {work['memory_bytes'] / 2**20:,.0f} MB: {work['memory']}")
    return lines


def _work(config: SelectConfig, rows: int, eligible: int, payloads: list[bytes], mean_tokens: float) -> dict[str, Any]:
    """Estimate a selection's work: evaluations, and seconds at the speed that the sample has.

    Args:
        config: of the run.
        rows: of the input, which a budget in percent counts.
        eligible: about how many records can be selected.
        payloads: of the sample.
        mean_tokens: of the sample; used where the budget is in tokens.
    """
    whole, count = config.select.budget_of(rows), config.run.pools
    selector = partitions.with_smaller_rounds(config.selector(), count)
    mean_bytes = sum(map(len, payloads)) / len(payloads)
    means = {"records": 1.0, "bytes": mean_bytes, "tokens": mean_tokens}
    budget = min(eligible, int(whole.amount / means[whole.unit]))
    offered = eligible if count == 1 else min(eligible, ceil(selector.rule.budgets_offered * budget))
    rounds, evaluations = _evaluations(selector, budget, offered)

    drawn = min(offered, rounds * selector.k1) if selector.rule.has_stages else offered
    needed = memory.need(config, records=budget, mean_bytes=mean_bytes, drawn=drawn)
    workers = config.run.threads() if selector.rule.has_stages else 1
    anchor = selector.codec.evaluator(selector.framing, Payloads(payloads), workers)
    reading = 0.0 if selector.rule.has_stages else _seconds_of_features(payloads)
    staged = selector.rule.has_stages
    seconds = _seconds_to_measure(anchor, len(payloads)) / workers if staged else SCORING_S + reading / SCORINGS
    work: dict[str, Any] = {
        "budget": budget,
        "rounds": rounds,
        "evaluations": evaluations,
        "evaluator": anchor.name,
        "workers": workers,
        "select_s": evaluations * seconds,
        "passes_s": 2 * reading * len(payloads) / max(1, sum(map(len, payloads))),
        "memory_bytes": needed.total,
        "memory": str(needed),
    }
    if count > 1:
        records, picks = ceil(eligible / count), ceil(offered / count)
        work["pool"] = {
            "records": records,
            "offered": picks,
            "bytes_looked_at": partitions.checked_task_bytes(
                records, ceil(records * mean_bytes), picks, selector, count
            ),
            "select_s": _evaluations(selector, picks, records)[1] * seconds * workers,  # a task has one thread
        }
    return work


def _seconds_to_measure(anchor: Evaluator, records: int) -> float:
    """Return a core's seconds of one evaluation behind an anchor of the first records."""
    anchor.extend(range(records))
    return core_seconds(lambda: anchor.sizes(range(records))) / records


def _seconds_of_features(payloads: list[bytes]) -> float:
    """Return the seconds that it takes to find a record's features."""
    start = time.perf_counter()
    features(payloads, bits_for(0))
    return (time.perf_counter() - start) / len(payloads)


def _evaluations(selector: GreedySelector, budget: int, records: int) -> tuple[int, int]:
    """Return how many rounds and evaluations it takes to pick `budget` records out of `records`."""
    rounds, last = divmod(budget, selector.k3)
    if not selector.rule.has_stages:
        return rounds + (last > 0), SCORINGS * records
    k1, k2 = min(selector.k1, records), min(selector.k2, records)
    fine, cut = (sum(k2 - place for place in range(min(picks, k2))) for picks in (selector.k3, last))
    return rounds + (last > 0), rounds * (k1 + fine) + (k1 + cut if last else 0)


run = plan("select", look)
