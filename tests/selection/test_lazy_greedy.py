"""Lazy greedy picks what the naive rule does, which scores every record at every pick."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.coverage_twin import naive_select
from support.coverages import cover_of, runs, target_of
from support.quotas import ks, stratum_of
from support.rounds import QUOTAS, same
from support.rule import noise_pool, text_pool, twin_pool
from zip_pipeline.selection import GreedySelector
from zip_pipeline.selection.coverage_rule import TARGET
from zip_pipeline.selection.quotas import Budget, Quota, Quotas

pools = st.builds(
    lambda make, seed, records: make(seed, records),
    st.sampled_from([text_pool, noise_pool, twin_pool]),
    st.integers(0, 2**32),
    st.integers(1, 40),
)
budgets = st.one_of(st.integers(1, 50).map(Budget), st.integers(1, 4000).map(lambda size: Budget(size, "bytes")))
NONE = {"": Quota()}


def selector_of(pool: dict[str, bytes], wanted: str, k: tuple[int, int, int] = (9, 9, 3)) -> GreedySelector:
    coverage = cover_of(pool) if wanted == "cover" else target_of(pool, [pool[min(pool)], b"the law of data"])
    if wanted == "few bits":  # features of all kinds share buckets
        coverage = target_of(pool, [pool[min(pool)]], bits=5)
    return GreedySelector(TARGET.over(coverage), *k)


@given(
    pool=pools,
    wanted=st.sampled_from(["cover", "target", "few bits"]),
    strata=st.sampled_from([None, *sorted(QUOTAS)]),
    budget=budgets,
    k=ks,
    size=st.integers(1, 50),
)
def test_equals_the_naive_rule(
    pool: dict[str, bytes], wanted: str, strata: str | None, budget: Budget, k: tuple[int, int, int], size: int
) -> None:
    selector = selector_of(pool, wanted, k)
    names: Callable[[str], str] = stratum_of if strata else lambda _: ""
    quotas = Quotas(budget, QUOTAS[strata] if strata else NONE)
    selection = selector.begin(runs(selector, pool, names, size), quotas)
    rounds = list(selection.rounds())
    expected, total = naive_select(pool, selector.rule.coverage, quotas, names)  # type: ignore[attr-defined]
    assert [pick.id for pick in selection.picks(rounds)] == expected
    assert selection.facts["coverage"] == total / selector.rule.coverage.scale  # type: ignore[attr-defined]
    assert all(len(this.places) == k[2] for this in rounds[:-1])

    again = selector.begin(runs(selector, pool, names, size), quotas)
    resumed = list(again.rounds(rounds[: len(rounds) // 2]))
    assert same(resumed, rounds)
    assert (again.tally.amounts, again.tally.closed) == (selection.tally.amounts, selection.tally.closed)
    assert again.facts["coverage"] == selection.facts["coverage"]


def test_it_reads_no_further_than_it_must() -> None:
    """Three records of the target's words among many without any."""
    pool = {f"n{number:04}": b"something else number %d" % number for number in range(500)}
    pool |= {f"t{number}": b"alpha beta gamma " * (number + 1) for number in range(3)}
    selector = GreedySelector(TARGET.over(target_of(pool, [b"alpha beta gamma"])), 5, 5, 5)
    selection = selector.begin(runs(selector, pool, size=10), Quotas(Budget(3)))
    assert {pick.id for pick in selection.picks()} == {"t0", "t1", "t2"}
    assert len(selection.frontier.ids) == 10
    assert 3 <= selection.facts["scorings"] <= 15


def test_records_that_add_nothing_come_by_their_ids_without_reading_all() -> None:
    pool = {f"n{number:04}": b"something else number %d" % number for number in range(500)}
    selector = GreedySelector(TARGET.over(target_of(pool, [b"alpha beta gamma"])), 5, 5, 5)
    selection = selector.begin(runs(selector, pool, size=10), Quotas(Budget(7)))
    assert [pick.id for pick in selection.picks()] == sorted(pool)[:7]
    assert len(selection.frontier.ids) <= 20


@pytest.mark.parametrize("wanted", ["cover", "target"])
def test_most_records_are_never_scored_again(wanted: str) -> None:
    pool = text_pool(1, 2000, words=60)
    selector = selector_of(pool, wanted, (150, 150, 100))
    selection = selector.begin(runs(selector, pool, size=100), Quotas(Budget(50)))
    assert len(list(selection.picks())) == 50
    assert selection.facts["scorings"] < 50 * len(pool) / 5


def test_a_rule_that_does_not_know_what_to_cover_says_so() -> None:
    selector = GreedySelector(TARGET)
    with pytest.raises(ValueError, match="has nothing to cover"):
        next(selector.begin([], Quotas(Budget(1))).rounds())
