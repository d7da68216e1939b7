"""Budget and quotas: how much is selected, and of which stratum the next pick may be.

A stratum is a part of the pool with a name, such as a source. Amounts are records or bytes of payload, whichever
the budget is in.

    >>> quotas = Quotas(Budget(4), {"a": Quota(share=0.75), "b": Quota(share=0.25)})
    >>> [quotas.take(*quotas.open(), payload_bytes=100) and quotas.taken["b"] for _ in range(4)]
    [0, 0, 1, 1]
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["records", "bytes"]


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is selected.

    Attributes:
        amount: never exceeded, and missed by less than one record while the pool lasts.
        unit: ``records``, or ``bytes`` of payload.
    """

    amount: int
    unit: Unit = "records"


@dataclass(frozen=True, slots=True)
class Quota:
    """What is asked of one stratum.

    Attributes:
        share: of the budget, or None: it competes with all others. Either every stratum has a share or none.
        floor: least amount, if the stratum has so much.
        cap: largest amount; the stratum closes rather than exceed it.
        mean: amount of one of its records on average; a round's candidates are so divided that strata with shares
            use theirs up at the same time.
    """

    share: float | None = None
    floor: int = 0
    cap: int | None = None
    mean: float = 1.0


class Quotas:
    """Keeps count of what was taken.

    Where strata have shares, it is always the turn of the one furthest behind its share, so that every prefix of a
    selection has them, to a record. Without, all open strata compete; once the floors need all that is left,
    only the strata below theirs are open.
    """

    def __init__(self, budget: Budget, strata: Mapping[str, Quota]) -> None:
        self.budget, self._quotas = budget, dict(strata)
        self.taken = dict.fromkeys(self._quotas, 0)
        self._closed: set[str] = set()

    @property
    def done(self) -> int:
        """What was taken of the budget."""
        return sum(self.taken.values())

    @property
    def left(self) -> int:
        """What the budget still has."""
        return self.budget.amount - self.done

    @property
    def closed(self) -> tuple[str, ...]:
        """Strata of which no more is taken, by name."""
        return tuple(sorted(self._closed))

    def of(self, stratum: str) -> Quota:
        """Return what is asked of a stratum."""
        return self._quotas[stratum]

    def groups(self) -> dict[tuple[str, ...], float]:
        """Return the strata that compete with each other, and what part of a round is theirs."""
        if not self.left:
            return {}
        if not self.shared:
            return {names: 1.0} if (names := self.open()) else {}
        open_ones = [name for name in self._quotas if name not in self._closed and self._share(name)]
        weights = {name: self._share(name) / self._quotas[name].mean for name in open_ones}
        whole = sum(weights.values())
        return {(name,): weight / whole for name, weight in weights.items()}

    def open(self) -> tuple[str, ...]:
        """Return the strata that the next pick may be of; none when the budget is used up."""
        names = [name for name in self._quotas if name not in self._closed]
        if not self.left or not names:
            return ()
        if self.shared:
            behind = {
                name: self._share(name) * (self.done + 1) - self.taken[name] for name in names if self._share(name)
            }
            return (max(behind, key=lambda name: behind[name]),) if behind else ()
        short = {name: self._quotas[name].floor - self.taken[name] for name in names}
        owed = sum(amount for amount in short.values() if amount > 0)
        return tuple(name for name in names if owed < self.left or short[name] > 0)

    def take(self, stratum: str, payload_bytes: int) -> bool:
        """Count a record, if it fits; else nothing more is taken of its stratum, or, above the budget, of any."""
        amount, cap = 1 if self.budget.unit == "records" else payload_bytes, self._quotas[stratum].cap
        if amount > self.left:
            self.close(*self._quotas)
        elif cap is not None and self.taken[stratum] + amount > cap:
            self.close(stratum)
        else:
            self.taken[stratum] += amount
            return True
        return False

    def close(self, *strata: str) -> None:
        """Take no more of these strata: they have no records left, or none that fits."""
        self._closed.update(strata)

    @property
    def shared(self) -> bool:
        """Whether the strata have shares."""
        return any(quota.share is not None for quota in self._quotas.values())

    def _share(self, name: str) -> float:
        return self._quotas[name].share or 0.0
