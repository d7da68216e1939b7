"""``--dry-run``: what a run would do, from the schema, a count and a small sample; nothing is written."""

import time
from math import ceil
from typing import Any

from zip_pipeline.config import ScoreConfig, SelectConfig
from zip_pipeline.jobs.select import extend, memory, partitions
from zip_pipeline.jobs.select.budget import budget_of
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.report.console import Reporter
from zip_pipeline.selection.partitioning import FACTOR
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.session import open_session
from zip_pipeline.tasks.score import rows_of

SAMPLE = 500
"""Records that the estimate looks at, the first that Spark finds."""


def run(config: ScoreConfig, reporter: Reporter) -> dict[str, Any]:
    """Resolve the config, read the schema, count, estimate; return the plan."""
    OutputTree(config.output)  # refuses, as a run would
    with reporter.stage("session", "start Spark"):
        spark = open_session("zip_pipeline plan")
    with reporter.stage("plan", "look at the pool"):
        corpus = open_corpus(spark, config.input)
        scorer = corpus.scorer(config.render, config.codec.build())
        try:
            rows = corpus.rows.count()
            batches = corpus.rows.limit(SAMPLE).toArrow().to_batches()
        except Exception as error:
            raise user_error(error) or error from error
        sample = [scorer.score(row) for batch in batches for row in rows_of(batch)]
        payloads = [row["payload"] for row in sample if "payload" in row]
        plan: dict[str, Any] = {
            "config": config.resolved(),
            "input": {
                "rows": rows,
                "columns": {field.name: field.dataType.simpleString() for field in corpus.original().schema},
                "dialect": corpus.dialect.name,
                "id_column": corpus.id_column,
                "source_column": corpus.source_column,
            },
            "sample": {
                "rows": len(sample),
                "rejected": len(sample) - len(payloads),
                "mean_bytes": sum(map(len, payloads)) / max(1, len(payloads)),
            },
        }
        if isinstance(config, SelectConfig):
            plan["extends"] = sum(table.count() for table in extend.tables(spark, config))
            if payloads:
                plan["work"] = _work(config, rows, payloads)

    reporter.say(
        f"rows: {rows:,}, dialect {corpus.dialect.name}, id from {corpus.id_column or 'a hash of the payload'}"
    )
    reporter.say(
        f"sample: {len(sample):,} rows, {len(sample) - len(payloads):,} cannot be used, "
        f"{plan['sample']['mean_bytes']:,.0f} bytes on average"
    )
    if "work" in plan:
        work = plan["work"]
        reporter.say(
            f"work: {work['rounds']:,} rounds, {work['evaluations']:,} evaluations, "
            f"about {work['select_s']:,.0f} s of picking on {work['workers']} threads"
        )
        if "pool" in work:
            pool = work["pool"]
            reporter.say(
                f"before that, in each pool: {pool['offered']:,} of {pool['records']:,} records offered, about "
                f"{pool['select_s']:,.0f} s and {pool['bytes_looked_at'] / 2**20:,.1f} MB of payload a task"
            )
        reporter.say(f"memory of the driver's Python: about {work['memory_bytes'] / 2**20:,.0f} MB: {work['memory']}")
    return plan


def _work(config: SelectConfig, rows: int, payloads: list[bytes]) -> dict[str, Any]:
    """Estimate the greedy rule's work: evaluations, and seconds at the pace of the sample behind a full anchor."""
    whole, count = budget_of(config.select, rows), config.run.pools
    selector = partitions.in_partitions(config.selector(), count)
    mean_bytes = sum(map(len, payloads)) / len(payloads)
    budget = min(rows, whole.amount if whole.unit == "records" else int(whole.amount / mean_bytes))
    offered = rows if count == 1 else min(rows, ceil(FACTOR * budget))
    rounds, evaluations = _evaluations(selector, budget, offered)

    drawn = min(offered, rounds * selector.k1)
    needed = memory.need(config, records=budget, mean_bytes=mean_bytes, drawn=drawn)
    workers = config.run.threads()
    anchor = selector.codec.evaluator(selector.framing, Payloads(payloads), workers)
    anchor.extend(range(len(payloads)))
    anchor.sizes(range(len(payloads)))  # may compile
    start = time.perf_counter()
    anchor.sizes(range(len(payloads)))
    seconds = (time.perf_counter() - start) / len(payloads)
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
            "bytes_looked_at": partitions.bytes_looked_at(records, ceil(records * mean_bytes), picks, selector, count),
            "select_s": _evaluations(selector, picks, records)[1] * seconds * workers,  # a task has one thread
        }
    return work


def _evaluations(selector: GreedySelector, budget: int, records: int) -> tuple[int, int]:
    """Return rounds and evaluations of so many picks from so many records."""
    rounds, last = divmod(budget, selector.k3)
    k1, k2 = min(selector.k1, records), min(selector.k2, records)
    fine, cut = (sum(k2 - place for place in range(min(picks, k2))) for picks in (selector.k3, last))
    return rounds + (last > 0), rounds * (k1 + fine) + (k1 + cut if last else 0)
