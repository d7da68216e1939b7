"""Selection in partitions: how much each of P partitions offers, so that a final pass over the offers fills the budget.

Source: GreeDi, Mirzasoleiman et al., "Distributed Submodular Maximization", arXiv 1411.0541: split the records at
random, select in every partition by itself, then select again from all that the partitions chose. Their bounds do not
carry over to a compression ratio, which is not submodular. Nor does the best partition's own choice compete with the
final one, as it does there: here a partition may offer less than the budget.

All partitions cover the same words first, so where words are covered they have to offer more: `COVERAGE_FACTOR`. In up
to so many partitions each one offers about a whole budget, as GreeDi's bounds want.

Budget and quotas are spread over the partitions in proportion to what they hold. Every floor, cap and share that could
hold without partitions can hold in the final pass. With a budget in bytes that is true to a record a partition.

    >>> holdings = {0: {"": Holding(30, 1)}, 1: {"": Holding(10, 1)}}
    >>> offers = offers_of(Quotas(Budget(8)), holdings, FACTOR)
    >>> {partition: offer.budget.amount for partition, offer in offers.items()}
    {0: 9, 1: 3}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil

from zip_pipeline.selection.quotas import Budget, Quota, Quotas

FACTOR, COVERAGE_FACTOR = 1.5, 4.0
"""How many budgets the partitions offer together, which the final pass chooses from: by ratios, and to cover words."""

MOST_PARTS = 8
"""Largest divisor of a round's size."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a partition holds of a stratum, in the unit of the budget.

    Attributes:
        amount: of all its records.
        largest: of one record.
    """

    amount: int
    largest: int


Holdings = Mapping[int, Mapping[str, Holding]]
"""By partition and stratum."""


def part_of_round(count: int, partitions: int) -> int:
    """Return how many candidates, shortlisted records or picks a round has in a partition, and in the final pass.

    Rounds are smaller where there are more partitions, so that all partitions together look at what one round would.
    But a round of very few picks is no choice between records any more.

    >>> part_of_round(400, 4), part_of_round(400, 100)
    (100, 50)
    """
    return ceil(count / min(partitions, MOST_PARTS))


def offers_of(quotas: Quotas, holdings: Holdings, factor: float) -> dict[int, Quotas]:
    """Return budget and quotas of each partition.

    Args:
        quotas: of the whole selection.
        holdings: of every partition that has any record.
        factor: how many budgets the partitions offer together, at least 1.
    """
    strata = sorted({name for holding in holdings.values() for name in holding})
    amounts = {name: sum(holding[name].amount for holding in holdings.values() if name in holding) for name in strata}
    return (_by_shares if quotas.shared else _by_limits)(quotas, holdings, amounts, factor)


def _by_shares(quotas: Quotas, holdings: Holdings, amounts: Mapping[str, int], factor: float) -> dict[int, Quotas]:
    """Make each partition's part of a stratum a share and a cap at once.

    Args:
        quotas: of the whole selection.
        holdings: of every partition.
        amounts: of each stratum in all partitions.
        factor: see `offers_of`.
    """
    strata = {name: quotas.strata[name] for name in amounts}
    wanted = _filled(
        quotas.budget.amount,
        {name: quota.share or 0.0 for name, quota in strata.items()},
        {name: amount if (cap := strata[name].cap) is None else min(amount, cap) for name, amount in amounts.items()},
    )
    offers = {}
    for partition, holding in holdings.items():
        parts = {}
        for name, here in holding.items():
            # A share holds to within a record, so one more may be wanted.
            most = factor * (wanted[name] + here.largest) if wanted[name] else 0
            parts[name] = min(here.amount, ceil(most * here.amount / amounts[name]) + _slack(quotas, here))
        budget = sum(parts.values())
        quota_of = {
            name: replace(strata[name], share=part / budget, cap=part, floor=0) for name, part in parts.items() if part
        }
        offers[partition] = Quotas(Budget(budget, quotas.budget.unit), quota_of)
    return offers


def _filled(budget: float, shares: Mapping[str, float], most: Mapping[str, int]) -> dict[str, float]:
    """Return the amount that each stratum comes to.

    That is its share, and its part of what is left where other strata hold less than their shares.

    >>> _filled(10, {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 1, "b": 100, "c": 100})
    {'a': 1.0, 'b': 5.0, 'c': 4.0}
    """
    amounts = {name: min(most[name], share * budget) for name, share in shares.items()}
    while (left := budget - sum(amounts.values())) > 1e-6:
        room = [name for name in amounts if shares[name] and amounts[name] < most[name]]
        if not room:
            break
        for name in room:
            amounts[name] = min(most[name], amounts[name] + left / len(room))
    return {name: float(amount) for name, amount in amounts.items()}


def _by_limits(quotas: Quotas, holdings: Holdings, amounts: Mapping[str, int], factor: float) -> dict[int, Quotas]:
    """Let strata compete in each partition.

    Together the partitions offer `factor` times each cap at most, and `factor` times each floor at least.
    """
    partitions = sorted(holdings)
    limits: dict[int, dict[str, Quota]] = {partition: {} for partition in partitions}
    supply = dict.fromkeys(partitions, 0)
    for name, amount in amounts.items():
        quota, here = quotas.strata[name], [holdings[partition].get(name, Holding(0, 0)) for partition in partitions]
        parts = [holding.amount for holding in here]
        most = parts if quota.cap is None else _spread(min(amount, int(factor * quota.cap)), parts)
        for partition, holding, cap in zip(partitions, here, most, strict=True):
            floor = ceil(factor * quota.floor * holding.amount / amount) + (quota.floor and _slack(quotas, holding))
            limits[partition][name] = replace(quota, floor=min(floor, cap), cap=None if quota.cap is None else cap)
            supply[partition] += cap
    part = min(1.0, factor * quotas.budget.amount / max(1, sum(supply.values())))
    offers = {}
    for partition in partitions:
        longest = max(_slack(quotas, holding) for holding in holdings[partition].values())
        floors = sum(quota.floor for quota in limits[partition].values())
        budget = min(supply[partition], max(floors, ceil(part * supply[partition])) + longest)
        offers[partition] = Quotas(Budget(budget, quotas.budget.unit), limits[partition])
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


def _slack(quotas: Quotas, holding: Holding) -> int:
    """Return by how much an amount in bytes or tokens may be missed: a record."""
    return 0 if quotas.budget.unit == "records" else holding.largest
