"""Records read in segments, of which the bounds are found anew on the way: the naive rule's picks all the same."""

from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from support.coverage_twin import naive_select
from support.coverages import target_of
from support.rule import text_pool
from zip_pipeline import schema
from zip_pipeline.selection import GreedySelector
from zip_pipeline.selection.coverage_rule import TARGET
from zip_pipeline.selection.quotas import Budget, Quotas
from zip_pipeline.spark import segments
from zip_pipeline.spark.eligible import Eligible, with_strata
from zip_pipeline.spark.io.location import Location

RECORDS, BUDGET = 600, 30
WEIGHTS = (0.0, 0.5, 1.0, 3.0)


@pytest.mark.parametrize("weighted", [False, True])
def test_bounds_found_anew_change_no_pick(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weighted: bool
) -> None:
    pool = text_pool(11, RECORDS, words=8)
    weights = {name: WEIGHTS[number % 4] for number, name in enumerate(pool)} if weighted else None
    scored = [
        (name, None, len(payload), 1, 1.0, bytearray(payload), *([weights[name]] if weights else []))
        for name, payload in pool.items()
    ]
    names = "id string, source string, raw_bytes bigint, compressed_bytes bigint, ratio double, payload binary"
    frame = spark.createDataFrame(scored, names + (f", {schema.WEIGHT} double" if weights else ""))
    made = target_of(pool, [*pool.values()][:9])
    coverage = replace(made, priors=made.priors / 100)  # as in a large pool: what was picked once adds little again
    selector = GreedySelector(TARGET.over(coverage), k1=2, k2=2, k3=2)

    def select(folder: str, done: int = 0) -> tuple[list[str], int, int]:
        eligible = Eligible(with_strata(frame.repartition(3), (), 1), RECORDS, Location.of(str(tmp_path / folder)))
        first = list(eligible.begin(selector, Quotas(Budget(BUDGET)), 0).rounds())[:done] if done else []
        selection = eligible.begin(selector, Quotas(Budget(BUDGET)), 0)
        picks = [pick.id for pick in selection.picks(selection.rounds(first))]
        return picks, len(selection.frontier.ids), int(selection.facts["bounded_again"])

    expected, _ = naive_select(pool, coverage, Quotas(Budget(BUDGET)), weights=weights)
    plain, read, again = select("plain")
    assert (plain, again) == (expected, 0)
    monkeypatch.setattr(segments, "TIGHTENED_FROM", 2 * BUDGET)
    picks, read_then, again = select("tightened")
    assert picks == expected
    assert again > 0
    assert read_then < read
    assert select("tightened", done=7) == (picks, read_then, again), "what is stored is read in the same order"
