"""How far a record was from being taken: its score behind the finished selection, and that of the last record taken.

Rules that minimise a ratio are measured again with all picks in front, on this machine. For rules that cover features
the output has the table ``coverage/``: what is wanted, and how often the picks have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import SelectConfig
from zip_pipeline.config.values import bytes_text
from zip_pipeline.jobs.explain.records import Record
from zip_pipeline.jobs.select.coverage import MOST_WRITTEN, coverage_in
from zip_pipeline.jobs.select.evidence.walk import misses
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.schema import Manifest
from zip_pipeline.selection.coverage import BOUND, Coverage
from zip_pipeline.selection.features import Counts
from zip_pipeline.selection.ratio_rules import RatioRule, SetGrowth, SetSizes
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.spark import selection_output
from zip_pipeline.spark.eligible import initial_state

MOST_BYTES = 1 << 26
"""Bytes of a selection that is measured again."""

LOOKED_AT = "the rule looked at it"
NOT_LOOKED_AT = "the rule was done before it came to look at it"


@dataclass(frozen=True)
class Run:
    """A finished run of `select`.

    Attributes:
        path: of its output.
        made: its manifest.
        config: of the run.
        last: the record that was taken last.
    """

    path: str
    made: Manifest
    config: SelectConfig
    last: Record


@dataclass(frozen=True)
class Scores:
    """Scores behind all picks.

    Attributes:
        own: by record.
        last: of the record that was taken last, behind the others.
        form: a sentence for both.
    """

    own: Mapping[str, float]
    last: float
    form: str

    def facts(self, record_id: str) -> Manifest:
        """Return both scores; None for one without a bound, of a record of weight 0."""
        both = {"score": self.own[record_id], "last_score": self.last}
        return {key: score if isfinite(score) else None for key, score in both.items()}


def explain(spark: SparkSession, run: Run, records: Mapping[str, Record]) -> dict[str, tuple[list[str], Manifest]]:
    """Return sentences and facts on records that could have been selected, by id.

    Args:
        spark: the session.
        run: that passed them over.
        records: by id.
    """
    selector = run.config.selector()
    rule = selector.rule
    table = selection_output.table_if_any(spark, run.path, run.made, schema.COVERAGE_TABLE)
    covered = None if table is None else coverage_in(table, run.made["coverage"])
    if isinstance(rule, RatioRule):
        scores = _of_ratio(spark, selector, rule, run, records)
    elif covered is not None:
        scores = _of_coverage(*covered, run, records)
    else:
        scores = f"the output has no {schema.COVERAGE_TABLE}/, which is written for up to {MOST_WRITTEN:,} features"
    looked_at = _looked_at(spark, run, selector, records, None if covered is None else covered[0])
    found = {}
    for record_id in records:
        facts = {"looked_at": looked_at[record_id]} if record_id in looked_at else {}
        lines = [LOOKED_AT if read else NOT_LOOKED_AT for read in facts.values()]
        if isinstance(scores, str):
            found[record_id] = [*lines, f"no score behind the selection: {scores}"], facts
        else:
            own = scores.own[record_id]
            found[record_id] = [*lines, scores.form.format(own, scores.last)], facts | scores.facts(record_id)
    return found


def _of_ratio(
    spark: SparkSession, selector: GreedySelector, rule: RatioRule, run: Run, records: Mapping[str, Record]
) -> Scores | str:
    """Measure records behind all picks; returns the reason where that is not done."""
    if run.made["selection"]["raw_bytes"] > MOST_BYTES:
        return f"it has more than {bytes_text(MOST_BYTES)}"
    if run.config.select.extend is not None:
        return "it extends another set"
    scored = selection_output.scored(spark, run.path, run.made, run.config.render, NullCodec())
    picks = scored.select(selection_output.PICK_RANK, "payload").toArrow().sort_by(selection_output.PICK_RANK)
    payloads = Payloads([*picks.column("payload").to_pylist(), *(record.payload for record in records.values())])
    count = picks.num_rows
    evaluator = selector.evaluator(payloads)
    raw, compressed = evaluator.extend(range(count))
    places = np.arange(count, count + len(records))
    sizes = [SetSizes(), *map(SetSizes, raw.tolist(), compressed.tolist())]
    own = rule.score(SetGrowth(sizes[-1], evaluator.raw_sizes(places), evaluator.sizes(places)))
    last = rule.score(SetGrowth(sizes[-2], raw[-1:], compressed[-1:]))
    what = "the set would have the ratio {:.4f} with it"
    if rule.measures_after_each_pick:
        what = "it would add {:.4f} bytes for each compressed byte"
    form = f"behind all picks {what}; with the last record taken it was {{:.4f}}, and lower is better"
    weights = [record.weight for record in records.values()]
    values = {name: _divided(score, weight) for name, score, weight in zip(records, own.tolist(), weights, strict=True)}
    return Scores(values, _divided(float(last[0]), run.last.weight), form)


def _divided(score: float, weight: float) -> float:
    return score / weight if weight else float("inf")


def _of_coverage(coverage: Coverage, held: Counts, run: Run, records: Mapping[str, Record]) -> Scores:
    """Return what records would add to what all picks cover, and what the last one of these added."""
    unit = run.made["coverage"]["price"]

    def gain(record: Record, held: Counts) -> float:
        price = record.tokens or 0 if unit == "tokens" else len(record.payload)
        (miss,) = misses(coverage, held, [(0, record.payload, _divided(price, record.weight))])
        return 1000 * miss.last

    own = coverage.wanted([run.last.payload])
    before = held.copy()
    before[own.buckets] -= own.counts
    form = (
        f"behind all picks it would add {{:.4f}} nats for each 1,000 {unit}; the last record taken added {{:.4f}}, and "
        "more is better"
    )
    return Scores({name: gain(record, held) for name, record in records.items()}, gain(run.last, before), form)


def _looked_at(
    spark: SparkSession, run: Run, selector: GreedySelector, records: Mapping[str, Record], coverage: Coverage | None
) -> dict[str, bool]:
    """Return which records the rule has read, as far as the order in which it reads says it."""
    end, column = run.made["selection"].get("read_to"), selector.rule.initial_column
    if end is None or run.config.select.extend is not None:
        return {}
    if column == BOUND:
        if coverage is None or run.made["coverage"]["bounded_again"]:  # the order has changed on the way
            return {}
        states = _bounds(coverage, run, records)
    else:
        scores = selection_output.table(spark, run.path, run.made, schema.SCORES_TABLE)
        rows = scores.where(F.col("id").isin([*records])).select("id", initial_state(column, run.config.run.seed))
        states = {row[0]: row[1] for row in rows.collect()}
    return {record_id: (state, record_id) <= (end["state"], end["id"]) for record_id, state in states.items()}


def _bounds(coverage: Coverage, run: Run, records: Mapping[str, Record]) -> dict[str, float]:
    prices = [record.tokens or 0 for record in records.values()] if run.made["coverage"]["price"] == "tokens" else None
    weights = [record.weight for record in records.values()] if run.config.select.weight is not None else None
    states = coverage.bounds([record.payload for record in records.values()], prices, weights)
    return dict(zip(records, states.tolist(), strict=True))
