"""Quotas in the config: how much of the budget each source gets, and whether all of that can hold at once."""

from collections.abc import Mapping
from itertools import pairwise

from pydantic import Field

from zip_pipeline.config.common import Section
from zip_pipeline.config.values import Amount, Limit, Share, bytes_of, tokens_of
from zip_pipeline.errors import ConfigError
from zip_pipeline.selection.quotas import Budget, Unit

ROUNDING = 1e-9
"""Error that a sum of shares may have."""


class StratumQuota(Section):
    """How much of the budget one source gets."""

    share: Share | None = Field(default=None, description="Its share of the budget.")
    floor: Limit | None = Field(
        default=None,
        description="At least this much, if it has so much: in the unit of the budget, or a percentage of it.",
    )
    cap: Limit | None = Field(
        default=None,
        description="At most this much: in the unit of the budget, or a percentage of it. `0` leaves the source out.",
    )


def amount_of(amount: Amount, whole: int, unit: Unit) -> tuple[int, Unit]:
    """Return an amount and its unit; a percentage is one of `whole`, in `unit`, and at least 1 if it is not 0."""
    if isinstance(amount, int):
        return amount, "records"
    if amount.endswith("%"):
        share = float(amount[:-1])
        return max(share > 0, int(whole * share / 100)), unit
    if (tokens := tokens_of(amount)) is not None:
        return tokens, "tokens"
    return int(str(bytes_of(amount))), "bytes"


def shares_of(quotas: Mapping[str, StratumQuota]) -> dict[str, float]:
    """Return the shares of the sources that have one.

    Raises:
        ConfigError: when they sum up to more than 1.
    """
    shares = {name: quota.share for name, quota in quotas.items() if quota.share is not None}
    if (total := sum(shares.values())) > 1 + ROUNDING:
        raise ConfigError(f"select.quotas: the shares sum up to {total:g}, more than 1")
    return shares


def limits_of(
    quotas: Mapping[str, StratumQuota], budget: Budget, shares: Mapping[str, float]
) -> dict[str, tuple[int, int | None]]:
    """Return floor and cap of each source in the unit of the budget.

    Args:
        quotas: by source.
        budget: of the selection.
        shares: of the budget by source, as far as they are known. Where there are shares, no other limit moves them.

    Raises:
        ConfigError: when a limit is in another unit, or the quotas cannot hold at once.
    """
    limits = {name: _limits(name, quota, budget) for name, quota in quotas.items()}
    for name, (floor, cap) in limits.items():
        parts = {"floor": floor, "share": int(shares[name] * budget.amount) if name in shares else None, "cap": cap}
        known = [(kind, amount) for kind, amount in parts.items() if amount is not None]
        for (low, least), (high, most) in pairwise(known):
            if least > most:
                raise ConfigError(
                    f"select.quotas.{name}: the {low} of {least:,} {budget.unit} is above the {high} of {most:,}"
                )
    if (floors := sum(floor for floor, _ in limits.values())) > budget.amount:
        raise ConfigError(
            f"select.quotas: the floors sum up to {floors:,} {budget.unit}, more than the budget of {budget.amount:,}"
        )
    return limits


def _limits(name: str, quota: StratumQuota, budget: Budget) -> tuple[int, int | None]:
    amounts = []
    for limit in (quota.floor, quota.cap):
        amount, unit = (None, budget.unit) if limit is None else amount_of(limit, budget.amount, budget.unit)
        if unit != budget.unit and amount:
            raise ConfigError(f"select.quotas.{name}: the budget is in {budget.unit}, {limit} is not")
        amounts.append(amount)
    return amounts[0] or 0, amounts[1]
