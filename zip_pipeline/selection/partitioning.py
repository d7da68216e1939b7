"""Two rounds instead of one: what each of P pools is to offer, so that a final pass over it can fill the budget.

Source: GreeDi, Mirzasoleiman et al., "Distributed Submodular Maximization", arXiv 1411.0541: deal the records at
random, select in every part by itself, select again from all that the parts chose. Their bounds do not carry over: a
compression ratio is not submodular. Nor is the best part's own choice a candidate, as it is with them: here a part
offers less than the budget.

The budget is spread over the pools by what they hold, and so are quotas, in a way that in the final pass every floor,
cap and share can hold that would hold without pools. In bytes that is true to a record a pool.

    >>> offers = dealt(Quotas(Budget(8), {"": Quota()}), {0: {"": Held(30, 1)}, 1: {"": Held(10, 1)}})
    >>> {pool: offer.budget.amount for pool, offer in offers.items()}
    {0: 9, 1: 3}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil

from zip_pipeline.selection.quotas import Budget, Quota, Quotas

FACTOR = 1.5
"""How much of the budget the pools offer together: what the final pass has to choose from."""

MOST_PARTS = 8
"""Into how many parts a round is cut at most."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a pool holds of a stratum, in the unit of the budget.

    Attributes:
        amount: of all its records.
        largest: of one record.
    """

    amount: int
    largest: int


Holdings = Mapping[int, Mapping[str, Held]]
"""By pool and stratum."""


def part_of_a_round(count: int, pools: int) -> int:
    """Return how many candidates, shortlisted or picks a round has in each of some pools, and in the final pass.

    Rounds are smaller as there are more pools, so that these together look at what one round would; but a round of very
    few picks is no choice between records any more.

    >>> part_of_a_round(400, 4), part_of_a_round(400, 100)
    (100, 50)
    """
    return ceil(count / min(pools, MOST_PARTS))


def dealt(quotas: Quotas, holdings: Holdings) -> dict[int, Quotas]:
    """Return budget and quotas of each pool, with nothing taken.

    Args:
        quotas: of the whole, with nothing taken.
        holdings: every pool that has any record.
    """
    all_of = {
        name: sum(held[name].amount for held in holdings.values() if name in held)
        for name in sorted({name for held in holdings.values() for name in held})
    }
    return (_by_shares if quotas.shared else _by_limits)(quotas, holdings, all_of)


def _by_shares(quotas: Quotas, holdings: Holdings, all_of: Mapping[str, int]) -> dict[int, Quotas]:
    """Each pool's part of a stratum is a share and a cap at once."""
    asked = {name: quotas.of(name) for name in all_of}
    wanted = _filled(
        quotas.budget.amount,
        {name: quota.share or 0.0 for name, quota in asked.items()},
        {name: amount if (cap := asked[name].cap) is None else min(amount, cap) for name, amount in all_of.items()},
    )
    offers = {}
    for pool, held in holdings.items():
        parts = {}
        for name, here in held.items():
            # A share holds to a record, so that one more may be wanted.
            most = FACTOR * (wanted[name] + here.largest) if wanted[name] else 0
            part = min(here.amount, ceil(most * here.amount / all_of[name]) + _slack(quotas, here))
            parts[name] = part
        budget = sum(parts.values())
        strata = {
            name: replace(asked[name], share=part / budget, cap=part, floor=0) for name, part in parts.items() if part
        }
        offers[pool] = Quotas(Budget(budget, quotas.budget.unit), strata)
    return offers


def _filled(budget: float, shares: Mapping[str, float], most: Mapping[str, int]) -> dict[str, float]:
    """Return what each stratum comes to: its share, and where others have less than theirs, its part of what is left.

    >>> _filled(10, {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 1, "b": 100, "c": 100})
    {'a': 1.0, 'b': 5.0, 'c': 4.0}
    """
    given = {name: min(most[name], share * budget) for name, share in shares.items()}
    while (left := budget - sum(given.values())) > 1e-6:
        room = [name for name in given if shares[name] and given[name] < most[name]]
        if not room:
            break
        for name in room:
            given[name] = min(most[name], given[name] + left / len(room))
    return {name: float(amount) for name, amount in given.items()}


def _by_limits(quotas: Quotas, holdings: Holdings, all_of: Mapping[str, int]) -> dict[int, Quotas]:
    """Strata compete in each pool; of one with a cap the pools offer `FACTOR` times that, and of a floor no less."""
    pools = sorted(holdings)
    limits: dict[int, dict[str, Quota]] = {pool: {} for pool in pools}
    supply = dict.fromkeys(pools, 0)
    for name, amount in all_of.items():
        quota, here = quotas.of(name), [holdings[pool].get(name, Held(0, 0)) for pool in pools]
        amounts = [held.amount for held in here]
        most = amounts if quota.cap is None else _spread(min(amount, int(FACTOR * quota.cap)), amounts)
        for pool, held, cap in zip(pools, here, most, strict=True):
            floor = ceil(FACTOR * quota.floor * held.amount / amount) + (quota.floor and _slack(quotas, held))
            limits[pool][name] = replace(quota, floor=min(floor, cap), cap=None if quota.cap is None else cap)
            supply[pool] += cap
    part = min(1.0, FACTOR * quotas.budget.amount / max(1, sum(supply.values())))
    offers = {}
    for pool in pools:
        longest = max(_slack(quotas, held) for held in holdings[pool].values())
        owed = sum(quota.floor for quota in limits[pool].values())
        budget = min(supply[pool], max(owed, ceil(part * supply[pool])) + longest)
        offers[pool] = Quotas(Budget(budget, quotas.budget.unit), limits[pool])
    return offers


def _spread(whole: int, weights: Iterable[int]) -> list[int]:
    """Return whole numbers in proportion to weights that sum up to `whole`.

    >>> _spread(5, [10, 10, 10])
    [1, 2, 2]
    """
    weights = list(weights)
    total, before, parts = sum(weights), 0, []
    for weight in weights:
        after = before + weight
        parts.append(whole * after // total - whole * before // total)
        before = after
    return parts


def _slack(quotas: Quotas, held: Held) -> int:
    """Return by how much an amount of bytes may be missed: a record."""
    return held.largest if quotas.budget.unit == "bytes" else 0
