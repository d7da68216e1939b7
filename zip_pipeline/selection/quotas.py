"""Budget and quotas: how much is selected, and from which stratum the next pick may come.

A stratum is a part of the pool with a name, such as a source. Amounts are records, bytes of payload or tokens, in the
unit of the budget. `Quotas` is the plan, `Tally` counts what a selection has used up.

    >>> tally = Tally(Quotas(Budget(4), {"a": Quota(share=0.75), "b": Quota(share=0.25)}))
    >>> [tally.take(*tally.open(), size=100) and tally.amounts["b"] for _ in range(4)]
    [0, 0, 1, 1]
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["records", "bytes", "tokens"]


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is selected.

    Attributes:
        amount: a selection never exceeds it, and misses it by less than one record while the pool lasts.
        unit: ``records``, ``bytes`` of payload, or ``tokens``.
    """

    amount: int
    unit: Unit = "records"


@dataclass(frozen=True, slots=True)
class Quota:
    """The quota of one stratum.

    Attributes:
        share: part of the budget, 0 to 1; None: the stratum competes with all others. Either every stratum has a share
            or none has.
        floor: least amount, if the stratum has so much.
        cap: largest amount; the stratum closes rather than exceed it, and at 0 it is closed from the start.
        mean: mean amount of one of its records. It divides a round's candidates so that strata with shares run out of
            budget at the same time.
    """

    share: float | None = None
    floor: int = 0
    cap: int | None = None
    mean: float = 1.0


@dataclass(frozen=True, slots=True)
class Quotas:
    """A budget and the quota of each stratum, by name; by default all records are of one stratum, ``""``."""

    budget: Budget
    strata: Mapping[str, Quota] = field(default_factory=lambda: {"": Quota()})

    @property
    def shared(self) -> bool:
        """Whether the strata have shares."""
        return any(quota.share is not None for quota in self.strata.values())


class Tally:
    """Counts the picks of each stratum, and says which strata are open.

    Where strata have shares, the next pick comes from the stratum that lacks most of its share. So every prefix of a
    selection keeps the shares to within a record. Without shares all open strata compete. Once the floors need all
    that is left, only the strata below their floors are open.

    Args:
        quotas: the plan.

    Attributes:
        amounts: amount of the picks so far, by stratum.
    """

    def __init__(self, quotas: Quotas) -> None:
        self.quotas, self.amounts = quotas, dict.fromkeys(quotas.strata, 0)
        self._closed = {name for name, quota in quotas.strata.items() if quota.cap == 0}

    @property
    def budget(self) -> Budget:
        """The budget of the plan."""
        return self.quotas.budget

    @property
    def total(self) -> int:
        """Amount of all picks so far."""
        return sum(self.amounts.values())

    @property
    def left(self) -> int:
        """Amount that the budget still has."""
        return self.budget.amount - self.total

    @property
    def closed(self) -> tuple[str, ...]:
        """Names of the strata that give no more records, sorted."""
        return tuple(sorted(self._closed))

    def groups(self) -> dict[tuple[str, ...], float]:
        """Return the strata that compete with each other, and which part of a round each group has."""
        if not self.left:
            return {}
        if not self.quotas.shared:
            return {names: 1.0} if (names := self.open()) else {}
        weights = {name: self._share(name) / self.quotas.strata[name].mean for name in self._open_with_share()}
        whole = sum(weights.values())
        return {(name,): weight / whole for name, weight in weights.items()}

    def open(self) -> tuple[str, ...]:
        """Return the strata that the next pick may come from; none when the budget is used up."""
        names = [name for name in self.amounts if name not in self._closed]
        if not self.left or not names:
            return ()
        if self.quotas.shared:
            next_total = self.total + 1
            missing = {name: self._share(name) * next_total - self.amounts[name] for name in self._open_with_share()}
            return (max(missing, key=lambda name: missing[name]),) if missing else ()
        below = {name: self.quotas.strata[name].floor - self.amounts[name] for name in names}
        reserved = sum(amount for amount in below.values() if amount > 0)
        return tuple(name for name in names if reserved < self.left or below[name] > 0)

    def take(self, stratum: str, size: int) -> bool:
        """Count a record if it fits, and return whether it does.

        A record above its stratum's cap closes the stratum; one above the budget closes all of them.

        Args:
            stratum: of the record.
            size: of the record, in bytes or tokens as the budget is; where that is in records, each counts as one.
        """
        amount, cap = 1 if self.budget.unit == "records" else size, self.quotas.strata[stratum].cap
        if amount > self.left:
            self.close(*self.amounts)
        elif cap is not None and self.amounts[stratum] + amount > cap:
            self.close(stratum)
        else:
            self.amounts[stratum] += amount
            return True
        return False

    def close(self, *strata: str) -> None:
        """Take no more records from these strata: they have none left, or none that fits."""
        self._closed.update(strata)

    def _open_with_share(self) -> list[str]:
        return [name for name in self.amounts if name not in self._closed and self._share(name)]

    def _share(self, name: str) -> float:
        return self.quotas.strata[name].share or 0.0
