"""``--dry-run``: the plan of a run, from the schema, a count and a small sample; nothing is written."""

import time
from contextlib import ExitStack
from math import ceil
from typing import Any

from zip_pipeline import schema
from zip_pipeline.codecs.base import Evaluator
from zip_pipeline.config import ScoreConfig, SelectConfig
from zip_pipeline.jobs import contamination
from zip_pipeline.jobs.manifest import origin_part
from zip_pipeline.jobs.select import coverage, extend, memory, partitions
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.report.console import Reporter
from zip_pipeline.selection.features import bits_for, features
from zip_pipeline.selection.partitioning import FACTOR
from zip_pipeline.selection.rules import RULES
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.spark.catalog.versions import pin
from zip_pipeline.spark.corpus import Corpus, open_corpus
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.location import has_scheme
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.reader import name_of
from zip_pipeline.spark.numbers import numbers_of, with_numbers
from zip_pipeline.spark.session import session
from zip_pipeline.tasks.score import rows_of

SCORINGS = 6
"""How often a rule without stages scores a record that it reads, as seen; a pool that it reads to its end."""

SCORING_S = 15e-6
"""Seconds of one such scoring, as seen."""

SAMPLE = 500
"""Records that the estimate looks at, the first that Spark finds."""


def run(config: ScoreConfig, reporter: Reporter) -> dict[str, Any]:
    """Return the plan of a run, and print it; fails where the run would fail before it scores."""
    is_elsewhere = has_scheme(config.output.path)
    if not is_elsewhere:
        OutputTree(config.output)
    with ExitStack() as entered:
        with reporter.stage("session", "start Spark"):
            spark = entered.enter_context(session("zip_pipeline plan"))
        if is_elsewhere:  # Spark knows how the store is reached
            OutputTree(config.output)
        with reporter.stage("plan", "look at the pool"):
            config = config.model_copy(update={"input": pin(spark, config.input)})
            corpus = open_corpus(spark, config.input)
            plan = plan_of(config, corpus)
    for line in corpus.origin.lines(name_of(config.input)):
        reporter.say(line)
    _show(plan, reporter)
    return plan


def plan_of(config: ScoreConfig, corpus: Corpus) -> dict[str, Any]:
    """Return the plan of a run: resolved config, columns, number of rows, a sample, and an estimate of the work.

    Raises:
        UserError: when the input cannot be read.
    """
    numbers = numbers_of(corpus, config.number_columns, config.input.tokenizer)
    scorer = corpus.scorer(config.render, config.codec.to_codec(), numbers=numbers)
    try:
        rows = corpus.rows.count()
        batches = with_numbers(corpus.rows.limit(SAMPLE), numbers).toArrow().to_batches()
    except Exception as error:
        raise user_error(error) or error from error
    sample = [scorer.score(row) for batch in batches for row in rows_of(batch)]
    payloads = [row["payload"] for row in sample if "payload" in row]
    tokens = [row[schema.TOKENS] for row in sample if schema.TOKENS in row]
    plan: dict[str, Any] = {
        "config": config.resolved(),
        "input": {
            "rows": rows,
            "columns": {field.name: field.dataType.simpleString() for field in corpus.original().schema},
            "dialect": corpus.dialect.name,
            "id_column": corpus.id_column,
            "source_column": corpus.source_column,
            **origin_part(corpus.origin),
        },
        "sample": {
            "rows": len(sample),
            "rejected": len(sample) - len(payloads),
            "mean_bytes": sum(map(len, payloads)) / max(1, len(payloads)),
            **({"mean_tokens": sum(tokens) / len(tokens)} if tokens else {}),
        },
    }
    if isinstance(config, SelectConfig):
        contamination.check(corpus.rows.sparkSession, config.input.decontaminate)
        opened = coverage.open_targets(corpus.rows.sparkSession, config)
        plan["targets"] = {name: target.rows.count() for name, target in opened}
        plan["extends"] = sum(table.count() for table in extend.tables(corpus.rows.sparkSession, config))
        if payloads:
            plan["work"] = _work(config, rows, payloads, plan["sample"].get("mean_tokens", 1.0))
    return plan


def _show(plan: dict[str, Any], reporter: Reporter) -> None:
    source, sample, work = plan["input"], plan["sample"], plan.get("work")
    ids = source["id_column"] or "a hash of the payload"
    reporter.say(f"rows: {source['rows']:,}, dialect {source['dialect']}, id from {ids}")
    tokens = f", {sample['mean_tokens']:,.0f} tokens" if "mean_tokens" in sample else ""
    reporter.say(
        f"sample: {sample['rows']:,} rows, {sample['rejected']:,} cannot be used, "
        f"{sample['mean_bytes']:,.0f} bytes{tokens} on average"
    )
    for name, records in plan.get("targets", {}).items():
        reporter.say(f"target {name}: {records:,} rows")
    if work is None:
        return
    most = "" if RULES[plan["config"]["select"]["rule"]].has_stages else "at most "
    reporter.say(
        f"work: {work['rounds']:,} rounds, {most}{work['evaluations']:,} evaluations, "
        f"about {work['select_s']:,.0f} s of picking on {work['workers']} threads"
    )
    if "pool" in work:
        part = work["pool"]
        reporter.say(
            f"before that, in each partition: {part['offered']:,} of {part['records']:,} records offered, about "
            f"{part['select_s']:,.0f} s and {part['bytes_looked_at'] / 2**20:,.1f} MB of payload a task"
        )
    reporter.say(f"memory of the driver's Python: about {work['memory_bytes'] / 2**20:,.0f} MB: {work['memory']}")


def _work(config: SelectConfig, rows: int, payloads: list[bytes], mean_tokens: float) -> dict[str, Any]:
    """Estimate a selection's work: evaluations, and seconds at the speed that the sample has.

    Args:
        config: of the run.
        rows: of the input.
        payloads: of the sample.
        mean_tokens: of the sample; used where the budget is in tokens.
    """
    whole, count = config.select.budget_of(rows), config.run.pools
    selector = partitions.with_smaller_rounds(config.selector(), count)
    mean_bytes = sum(map(len, payloads)) / len(payloads)
    means = {"records": 1.0, "bytes": mean_bytes, "tokens": mean_tokens}
    budget = min(rows, int(whole.amount / means[whole.unit]))
    offered = rows if count == 1 else min(rows, ceil(FACTOR * budget))
    rounds, evaluations = _evaluations(selector, budget, offered)

    drawn = min(offered, rounds * selector.k1) if selector.rule.has_stages else offered
    needed = memory.need(config, records=budget, mean_bytes=mean_bytes, drawn=drawn)
    workers = config.run.threads() if selector.rule.has_stages else 1
    anchor = selector.codec.evaluator(selector.framing, Payloads(payloads), workers)
    seconds = _seconds_to_measure(anchor, len(payloads)) if selector.rule.has_stages else _seconds_to_score(payloads)
    work: dict[str, Any] = {
        "budget": budget,
        "rounds": rounds,
        "evaluations": evaluations,
        "evaluator": anchor.name,
        "workers": workers,
        "select_s": evaluations * seconds,
        "memory_bytes": needed.total,
        "memory": str(needed),
    }
    if count > 1:
        records, picks = ceil(rows / count), ceil(offered / count)
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
    """Return the seconds of one evaluation behind an anchor of the first records."""
    anchor.extend(range(records))
    anchor.sizes(range(records))  # the first call may compile
    start = time.perf_counter()
    anchor.sizes(range(records))
    return (time.perf_counter() - start) / records


def _seconds_to_score(payloads: list[bytes]) -> float:
    """Return the seconds of one scoring, with its part of the time that it takes to find a record's features."""
    start = time.perf_counter()
    features(payloads, bits_for(0))
    return SCORING_S + (time.perf_counter() - start) / len(payloads) / SCORINGS


def _evaluations(selector: GreedySelector, budget: int, records: int) -> tuple[int, int]:
    """Return how many rounds and evaluations it takes to pick `budget` records out of `records`."""
    rounds, last = divmod(budget, selector.k3)
    if not selector.rule.has_stages:
        return rounds + (last > 0), SCORINGS * records
    k1, k2 = min(selector.k1, records), min(selector.k2, records)
    fine, cut = (sum(k2 - place for place in range(min(picks, k2))) for picks in (selector.k3, last))
    return rounds + (last > 0), rounds * (k1 + fine) + (k1 + cut if last else 0)
