"""Budgets, shares, floors and caps are honoured, and within them the rule is the rule."""

import doctest
import zlib
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import rule as support_rule
from support.quotas import CONTENT, ks, stratum_of
from support.rule import K, runs, text_pool
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
from zip_pipeline.selection import quotas as quotas_module
from zip_pipeline.selection.frontier import Frontier
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.quotas import Budget, Quota, Quotas, Tally, Unit


def picks_of(pool: dict[str, bytes], tally: Tally, k: K, rule: str = "paper") -> list[Pick]:
    codec = ZlibCodec()
    frontier = Frontier(runs(pool, CONTENT, codec, rule, stratum_of))
    anchor = KernelEvaluator(codec, CONTENT, frontier.payloads, 1)
    return support_rule.picks_of(frontier, anchor, tally, k, rule)


def test_documentation_examples() -> None:
    assert doctest.testmod(quotas_module).failed == 0


budgets = st.tuples(st.integers(1, 45), st.integers(1, 4000))


@given(seed=st.integers(0, 2**32), budget=budgets, in_bytes=st.booleans(), k=ks)
def test_a_budget_is_missed_by_less_than_a_record(
    seed: int, budget: tuple[int, int], in_bytes: bool, k: tuple[int, int, int]
) -> None:
    pool = text_pool(seed, 40)
    strata = {name: Quota() for name in "abc"}
    tally = Tally(Quotas(Budget(budget[in_bytes], "bytes" if in_bytes else "records"), strata))
    picks = picks_of(pool, tally, k)
    amounts = [len(pool[pick.id]) if in_bytes else 1 for pick in picks]
    assert sum(amounts) == tally.total <= budget[in_bytes]
    left = {i: data for i, data in pool.items() if i not in {pick.id for pick in picks}}
    if left:  # the next one would have been too much
        longest = max(map(len, left.values())) if in_bytes else 1
        assert sum(amounts) + longest > budget[in_bytes]


@given(
    seed=st.integers(0, 2**32),
    weights=st.tuples(*[st.integers(0, 5)] * 3).filter(any),
    budget=st.integers(1, 40),
    k=ks,
    rule=st.sampled_from(["paper", "gain"]),
)
def test_every_prefix_has_the_shares_to_a_record(
    seed: int, weights: tuple[int, int, int], budget: int, k: tuple[int, int, int], rule: str
) -> None:
    pool = text_pool(seed, 90)
    shares = {name: weight / sum(weights) for name, weight in zip("abc", weights, strict=True)}
    tally = Tally(Quotas(Budget(budget), {name: Quota(share=share) for name, share in shares.items()}))
    picks = picks_of(pool, tally, k, rule)
    taken = dict.fromkeys("abc", 0)
    for number, pick in enumerate(picks, 1):
        taken[stratum_of(pick.id)] += 1
        if max(taken.values()) < 30:  # as long as no stratum is used up
            assert all(abs(taken[name] - shares[name] * number) < 2 for name in "abc")
    if all(share * budget <= 29 for share in shares.values()):
        assert len(picks) == budget


@given(
    seed=st.integers(0, 2**32),
    floors=st.tuples(*[st.integers(0, 10)] * 3),
    room=st.tuples(*[st.integers(0, 12)] * 3),
    budget=st.integers(1, 45),
    k=ks,
)
def test_floors_and_caps(
    seed: int, floors: tuple[int, ...], room: tuple[int, ...], budget: int, k: tuple[int, int, int]
) -> None:
    pool = text_pool(seed, 60)
    caps = [floor + more for floor, more in zip(floors, room, strict=True)]
    budget = max(budget, sum(floors)) or 1
    asked = {name: Quota(floor=floors[n], cap=caps[n]) for n, name in enumerate("abc")}
    picks = picks_of(pool, Tally(Quotas(Budget(budget), asked)), k)
    taken = [sum(stratum_of(pick.id) == name for pick in picks) for name in "abc"]
    assert all(floor <= count <= cap for floor, count, cap in zip(floors, taken, caps, strict=True))
    assert len(picks) == min(budget, sum(min(cap, 20) for cap in caps)), "of each stratum there are 20"


@given(seed=st.integers(0, 2**32), budget=st.integers(1, 25), k=ks)
def test_strata_that_only_compete_change_nothing(seed: int, budget: int, k: tuple[int, int, int]) -> None:
    pool = text_pool(seed, 30)
    apart = picks_of(pool, Tally(Quotas(Budget(budget), {name: Quota() for name in "abc"})), k)
    codec = ZlibCodec()
    frontier = Frontier(runs(pool, CONTENT, codec))
    anchor = KernelEvaluator(codec, CONTENT, frontier.payloads, 1)
    assert apart == support_rule.picks_of(frontier, anchor, Tally(Quotas(Budget(budget))), k)


@given(
    seed=st.integers(0, 2**32),
    weights=st.tuples(*[st.integers(1, 5)] * 3),
    means=st.tuples(*[st.sampled_from([1.0, 2.0, 7.5])] * 3),
    budget=st.integers(1, 30),
    k=ks,
)
def test_shares_by_definition(
    seed: int,
    weights: tuple[int, int, int],
    means: tuple[float, float, float],
    budget: int,
    k: tuple[int, int, int],
) -> None:
    """The rule with shares, written out: one anchor for all, each stratum its part of the candidates."""
    pool = text_pool(seed, 45)
    shares = {name: weight / sum(weights) for name, weight in zip("abc", weights, strict=True)}
    mean = dict(zip("abc", means, strict=True))
    strata = {name: Quota(share=share, mean=mean[name]) for name, share in shares.items()}

    def ratio(chosen: list[str], candidate: str) -> float:
        data = CONTENT.join(pool[i] for i in [*chosen, candidate])
        return len(data) / len(zlib.compress(data, 9))

    state = {i: ratio([], i) for i in pool}
    selected: list[str] = []
    alive = set("abc")
    while len(selected) < budget and alive:
        whole = sum(shares[name] / mean[name] for name in sorted(alive))
        shortlists: dict[str, list[str]] = {}
        for name in sorted(alive):
            of_it = sorted((i for i in state if stratum_of(i) == name), key=lambda i: (state[i], i))
            candidates = of_it[: ceil(k[0] * (shares[name] / mean[name] / whole))]
            for i in candidates:
                state[i] = ratio(selected, i)
            ranked = sorted(candidates, key=lambda i: (state[i], i))
            shortlists[name] = ranked[: ceil(k[1] * (shares[name] / mean[name] / whole))]
        alive -= {name for name, places in shortlists.items() if not places}
        picks: list[str] = []
        while alive and len(picks) < k[2] and len(selected) + len(picks) < budget:
            both = [*selected, *picks]
            have = {name: sum(stratum_of(i) == name for i in both) for name in sorted(alive)}
            turn = max(have, key=lambda name: shares[name] * (len(both) + 1) - have[name])
            if not shortlists[turn]:
                break
            best = min(shortlists[turn], key=lambda i: ratio(picks, i))
            shortlists[turn].remove(best)
            picks.append(best)
        for i in picks:
            del state[i]
        selected += picks
    assert [pick.id for pick in picks_of(pool, Tally(Quotas(Budget(budget), strata)), k)] == selected


@pytest.mark.parametrize(("amount", "fits"), [(100, True), (99, False)])
def test_a_record_above_the_budget_ends_the_selection(amount: int, fits: bool) -> None:
    tally = Tally(Quotas(Budget(amount, "bytes"), {"a": Quota(), "b": Quota()}))
    assert tally.take("a", 100) is fits
    assert tally.open() == ()
    assert tally.groups() == {}


@pytest.mark.parametrize("unit", ["records", "bytes"])
@pytest.mark.parametrize("rule", ["paper", "gain"])
def test_a_cap_of_nothing_leaves_a_stratum_out(rule: str, unit: Unit) -> None:
    """None of its records is looked at, so it costs the others no candidates."""
    pool = text_pool(5, 60)
    strata = {"a": Quota(cap=0), "b": Quota(), "c": Quota()}
    tally = Tally(Quotas(Budget(20 if unit == "records" else 3000, unit), strata))
    assert tally.closed == ("a",)
    picks = picks_of(pool, tally, (12, 6, 3), rule)
    alone = Tally(Quotas(tally.budget, {name: Quota() for name in "abc"}))
    alone.close("a")
    assert [pick.id for pick in picks] == [pick.id for pick in picks_of(pool, alone, (12, 6, 3), rule)]
    assert picks
    assert "a" not in {stratum_of(pick.id) for pick in picks}
