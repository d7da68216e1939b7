"""Partitions offer enough for budget and quotas to hold in the final pass, and are the naive rule twice."""

import doctest
import random
import zlib
from collections.abc import Callable
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.coverages import cover_of
from support.coverages import runs as coverage_runs
from support.oracle import naive_select, one_shot
from support.quotas import CONTENT, ks, stratum_of
from support.rule import STAGED, K, picks_of, runs, states_of, text_pool, twin_pool
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.selection import GreedySelector, partitioning
from zip_pipeline.selection.coverage_rule import COVER
from zip_pipeline.selection.frontier import Frontier
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.partitioning import COVERAGE_FACTOR, FACTOR, Holding, offers_of, part_of_round
from zip_pipeline.selection.quotas import Budget, Quota, Quotas, Tally, Unit

Stratum = Callable[[str], str]


def test_documentation_examples() -> None:
    assert doctest.testmod(partitioning).failed == 0


def split(pool: dict[str, bytes], count: int) -> dict[int, dict[str, bytes]]:
    parts: dict[int, dict[str, bytes]] = {}
    for record_id, payload in pool.items():
        parts.setdefault(zlib.crc32(b"pool" + record_id.encode()) % count, {})[record_id] = payload
    return dict(sorted(parts.items()))


def holding(pool: dict[str, bytes], of: Stratum, unit: str) -> dict[str, Holding]:
    sizes: dict[str, list[int]] = {}
    for record_id, payload in pool.items():
        sizes.setdefault(of(record_id), []).append(1 if unit == "records" else len(payload))
    return {name: Holding(sum(lengths), max(lengths)) for name, lengths in sizes.items()}


def pick(pool: dict[str, bytes], tally: Tally, k: K, rule: str, of: Stratum) -> list[Pick]:
    codec = ZlibCodec()
    frontier = Frontier(runs(pool, CONTENT, codec, rule, of))
    anchor = codec.evaluator(CONTENT, frontier.payloads)
    return picks_of(frontier, anchor, tally, k, rule)


def in_two_rounds(
    pool: dict[str, bytes], partitions: int, tally: Tally, k: K, rule: str, of: Stratum = lambda _: ""
) -> list[Pick]:
    parts = split(pool, partitions)
    offers = offers_of(
        tally.quotas, {number: holding(part, of, tally.budget.unit) for number, part in parts.items()}, FACTOR
    )
    k1, k2, k3 = (part_of_round(number, partitions) for number in k)
    smaller = k1, k2, k3
    union = [one.id for number, part in parts.items() for one in pick(part, Tally(offers[number]), smaller, rule, of)]
    return pick({i: pool[i] for i in union}, tally, smaller, rule, of)


@settings(max_examples=40)
@given(
    make=st.sampled_from([text_pool, twin_pool]),
    seed=st.integers(0, 2**32),
    rule=st.sampled_from(STAGED),
    partitions=st.integers(2, 9),
    k=ks,
    budget=st.integers(1, 30),
)
def test_equals_the_naive_rule_in_two_rounds(
    make: Callable[[int, int], dict[str, bytes]],
    seed: int,
    rule: str,
    partitions: int,
    k: tuple[int, int, int],
    budget: int,
) -> None:
    pool = make(seed, 45)
    k1, k2, k3 = (ceil(number / min(partitions, 8)) for number in k)

    def naive(records: dict[str, bytes], amount: int) -> list[str]:
        states = states_of(records, CONTENT, ZlibCodec(), rule)
        measure = one_shot(CONTENT, 9)
        return naive_select(records, measure=measure, budget=amount, k=(k1, k2, k3), states=states, rule=rule)

    part = min(1.0, FACTOR * budget / len(pool))
    offered = [i for records in split(pool, partitions).values() for i in naive(records, ceil(part * len(records)))]
    expected = naive({i: pool[i] for i in offered}, budget)
    picks = in_two_rounds(pool, partitions, Tally(Quotas(Budget(budget))), k, rule)
    assert [one.id for one in picks] == expected


limits = st.fixed_dictionaries({name: st.tuples(st.integers(0, 9), st.integers(0, 12) | st.none()) for name in "abc"})
weights = st.fixed_dictionaries({name: st.integers(0, 5) for name in "abc"}).filter(lambda drawn: any(drawn.values()))


def uneven(record_id: str) -> str:
    """Strata of 4, 12 and 44 records of 60."""
    number = int(record_id[1:])
    return "a" if number < 4 else "b" if number < 16 else "c"


@pytest.mark.slow
@pytest.mark.parametrize("of", [stratum_of, uneven])
@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32),
    asked=st.one_of(
        limits.map(
            lambda drawn: {
                name: Quota(floor=floor, cap=None if room is None else floor + room)
                for name, (floor, room) in drawn.items()
            }
        ),
        weights.map(lambda drawn: {name: Quota(share=part / sum(drawn.values())) for name, part in drawn.items()}),
    ),
    budget=st.integers(1, 50),
    partitions=st.integers(2, 20),
    k=ks,
    rule=st.sampled_from(["gain", "paper"]),
)
def test_quotas_hold_as_they_do_without_partitions(
    of: Stratum, seed: int, asked: dict[str, Quota], budget: int, partitions: int, k: tuple[int, int, int], rule: str
) -> None:
    pool = text_pool(seed, 60)
    budget = max(budget, sum(quota.floor for quota in asked.values()))
    whole, apart = Tally(Quotas(Budget(budget), asked)), Tally(Quotas(Budget(budget), asked))
    pick(pool, whole, k, rule, of)
    picks = in_two_rounds(pool, partitions, apart, k, rule, of)
    assert len({one.id for one in picks}) == len(picks) == apart.total == whole.total
    if apart.quotas.shared:
        assert all(abs(apart.amounts[name] - whole.amounts[name]) <= 1 for name in asked)
        return
    for name, quota in asked.items():
        there = sum(of(i) == name for i in pool)
        assert apart.amounts[name] >= min(quota.floor, there)
        assert quota.cap is None or apart.amounts[name] <= quota.cap


@pytest.mark.slow
@given(
    seed=st.integers(0, 2**32),
    shares=st.booleans(),
    budget=st.integers(200, 3000),
    partitions=st.integers(2, 6),
    k=ks,
)
def test_a_budget_in_bytes_is_missed_by_less_than_a_record(
    seed: int, shares: bool, budget: int, partitions: int, k: tuple[int, int, int]
) -> None:
    pool = text_pool(seed, 90)
    asked = {name: Quota(share=1 / 3) if shares else Quota() for name in "abc"}
    tally = Tally(Quotas(Budget(budget, "bytes"), asked))
    picks = in_two_rounds(pool, partitions, tally, k, "gain", stratum_of)
    size = sum(len(pool[one.id]) for one in picks)
    assert size == tally.total <= budget
    largest = max(map(len, pool.values()))
    assert size + largest > min(budget, sum(map(len, pool.values())))
    if shares:
        assert all(taken > budget / 3 - 2 * largest for taken in tally.amounts.values())


@given(
    amounts=st.lists(st.integers(0, 30), min_size=1, max_size=12).filter(any),
    budget=st.integers(1, 200),
    factor=st.sampled_from([1.0, FACTOR, COVERAGE_FACTOR]),
)
def test_partitions_offer_no_more_than_they_hold_and_enough(amounts: list[int], budget: int, factor: float) -> None:
    holdings = {number: {"": Holding(amount, 1)} for number, amount in enumerate(amounts) if amount}
    offers = offers_of(Quotas(Budget(budget)), holdings, factor)
    offered = {number: offer.budget.amount for number, offer in offers.items()}
    assert all(offered[number] <= parts[""].amount for number, parts in holdings.items())
    assert sum(offered.values()) >= min(sum(amounts), factor * budget)


def spread_pool() -> dict[str, bytes]:
    """Words of twelve topics and of all, some of them rare, so that every partition has most of them."""
    rng, pool = random.Random(0), {}
    for number in range(800):
        topic = rng.randrange(12)
        common = [f"w{int(rng.paretovariate(0.7)) % 2000}" for _ in range(rng.randrange(6, 36))]
        own = [f"t{topic}x{int(rng.paretovariate(0.6)) % 300}" for _ in range(rng.randrange(4, 24))]
        pool[f"r{number:04}"] = " ".join(rng.sample(common + own, len(common + own))).encode()
    return pool


@pytest.mark.parametrize("unit", ["records", "bytes"])
def test_eight_partitions_cover_nearly_as_much(unit: Unit) -> None:
    """With as few offers as other rules have, they lose more than a hundredth: all offer the same words."""
    pool = spread_pool()
    coverage = cover_of(pool)
    quotas = Quotas(Budget({"records": 40, "bytes": 5000}[unit], unit))

    def covered(records: dict[str, bytes], quotas: Quotas) -> tuple[list[str], float]:
        selector = GreedySelector(COVER.over(coverage))
        selection = selector.begin(coverage_runs(selector, records), quotas)
        return [pick.id for pick in selection.picks()], selection.facts["coverage"]

    parts, whole = split(pool, 8), covered(pool, quotas)[1]
    holdings = {number: holding(part, lambda _: "", unit) for number, part in parts.items()}
    lost = {}
    for factor in (FACTOR, COVERAGE_FACTOR):
        offers = offers_of(quotas, holdings, factor)
        union = [i for number, part in parts.items() for i in covered(part, offers[number])[0]]
        lost[factor] = 1 - covered({i: pool[i] for i in union}, quotas)[1] / whole
    assert lost[COVERAGE_FACTOR] < 0.005
    assert lost[FACTOR] > 0.01
