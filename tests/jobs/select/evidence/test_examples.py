"""Which records the page shows: from the frontier, from duplicates/, from rejected/."""

import numpy as np
import pytest
from pyspark.sql import SparkSession

from support.coverages import runs, target_of
from support.rule import text_pool
from zip_pipeline import schema
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.jobs.select.evidence.examples import (
    LOOKED_AT,
    Evidence,
    Selected,
    lacking,
    of_selection,
    pairs_of,
)
from zip_pipeline.selection import GreedySelector, Quotas
from zip_pipeline.selection.coverage_rule import TARGET
from zip_pipeline.selection.features import features
from zip_pipeline.selection.quotas import Budget
from zip_pipeline.selection.rules import RULES


def shown(selector: GreedySelector, pool: dict[str, bytes], count: int) -> tuple[Evidence, list[str]]:
    selection = selector.begin(runs(selector, pool), Quotas(Budget(count)))
    done = list(selection.rounds())
    picks = list(selection.picks(done))
    places = [place for this in done for place in this.places.tolist()]
    selected = Selected(selector.rule, selection.frontier, picks, places, (), [*pool.values()][:count])
    return of_selection(selected, None, []), [pick.id for pick in picks]


def test_near_misses_of_a_target_are_the_next_by_their_scores() -> None:
    pool = text_pool(2, 60)
    selector = GreedySelector(TARGET.over(target_of(pool, [pool["r0"], pool["r1"]])))
    evidence, picks = shown(selector, pool, 12)
    assert [record.id for record in evidence.picks] == picks[:10]
    assert evidence.picks[1].note.startswith("pick 2 (zip_rank 1), added ")
    rest = {record_id: payload for record_id, payload in pool.items() if record_id not in picks}
    first, *_ = shown(selector, pool, 13)[1][12:]
    assert evidence.near[0].id == first, "the one that the rule would pick next"
    assert {record.id for record in (*evidence.near, *evidence.redundant)} <= rest.keys()
    assert len(rest) < LOOKED_AT
    assert evidence.covered is not None
    assert len(evidence.covered.random.gains) == 12
    assert {record.id for record in evidence.covered.most} <= set(picks)


@pytest.mark.parametrize("rule", ["gain", "paper"])
def test_other_rules_show_the_lowest_and_the_highest_scores(rule: str) -> None:
    pool = text_pool(3, 60)
    selector = GreedySelector(RULES[rule], 40, 40, 10, ZlibCodec())
    evidence, picks = shown(selector, pool, 10)
    assert [record.id for record in evidence.picks] == picks[:10]
    assert len(evidence.near) == 10
    scores = [float(record.note.split()[1]) for record in (*evidence.near, *reversed(evidence.redundant))]
    assert scores == sorted(scores)
    assert not {record.id for record in evidence.near} & set(picks)


def test_what_a_pool_lacks_in_words() -> None:
    texts = [b"law of entropy", b"zymurgy quaffable zymurgy"]
    pool = {"a": b"law of entropy", "b": b"cat"}
    coverage = target_of(pool, texts, bits=20)
    has = features([*pool.values()], 20).buckets.tolist()
    counts = (coverage.buckets[:, None] == has).sum(axis=1)
    share, words = lacking(coverage, counts, texts)
    assert share == pytest.approx(5 / 10), "two words, one of them twice, and two pairs"
    assert words == ["zymurgy quaffable", "quaffable zymurgy"] or words == ["quaffable zymurgy", "zymurgy quaffable"]


def test_what_a_pool_lacks_is_said_in_words_before_numbers_and_signs() -> None:
    texts = [b"xa6 xa6 85 85", b"xa6 xa6 85 85", b"quaffable"]
    coverage = target_of({"a": b"cat"}, texts, bits=20)
    _, words = lacking(coverage, np.zeros(len(coverage.buckets), np.int64), texts)
    assert words[0] == "quaffable"
    assert {"85 85", "xa6 xa6"} & {*words[1:]}


def test_pairs_that_are_least_alike(spark: SparkSession) -> None:
    found = [("b", "a", 0.9, 0.9), ("c", "a", 1.0, 1.0), ("e", "d", 0.7, 0.8)]
    duplicates = spark.createDataFrame(found, list(schema.DUPLICATES))
    rows = spark.createDataFrame(
        [(name, f"text {name}".encode(), None) for name in "abcde"], "id string, payload binary, compared binary"
    )
    pairs = pairs_of(duplicates, rows)
    assert [(pair.left.id, pair.stays.id, pair.jaccard) for pair in pairs] == [("e", "d", 0.7), ("b", "a", 0.9)]
    assert [pair.left.text for pair in pairs] == ["text e", "text b"]
    assert pairs_of(duplicates.where("jaccard = 1"), rows) == []
