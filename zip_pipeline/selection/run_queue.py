"""Records that wait to be drawn, by stratum, lowest (state, id) first; as quick when there are millions.

What is pushed is a sorted run. A run that is not twice as long as the one behind it is merged with it, so that there
are few: to look at the lowest n costs n a run, and a record is moved a logarithmic number of times in all.
Source: the log-structured merge tree, O'Neil et al. 1996, without the disk.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
States = npt.NDArray[np.float64]
Lowest = Callable[[Places, States, int], Places]
"""Returns the indices of the so many places of lowest (state, id), in that order."""


@dataclass(frozen=True, slots=True)
class Look:
    """The lowest records of some strata.

    Attributes:
        places: in ascending (state, id), shape (records,).
        states: of each, shape (records,).
        of_run: how many are of which run: stratum, number of the run, records.
    """

    places: Places
    states: States
    of_run: list[tuple[int, int, int]]


class Waiting:
    """Queues of records, one a stratum; strata are numbers.

    Args:
        lowest: the order of records.

    >>> waiting = Waiting(lambda places, states, count: np.lexsort((places, states))[:count])
    >>> waiting.push(0, np.array([7, 8, 9]), np.array([.3, .1, .2]))
    >>> waiting.push(1, np.array([5]), np.array([.2]))
    >>> look = waiting.look([0, 1], 3)
    >>> look.places.tolist()
    [8, 5, 9]
    >>> waiting.take(look)
    >>> waiting.look([0, 1], 3).places.tolist()
    [7]
    """

    def __init__(self, lowest: Lowest) -> None:
        self._lowest = lowest
        self._runs: dict[int, list[tuple[Places, States]]] = {}

    def push(self, stratum: int, places: Places, states: States) -> None:
        """Add records, in any order."""
        runs = [run for run in self._runs.get(stratum, []) if len(run[0])]
        runs.append(self._sorted(places, states))
        for number in range(len(runs) - 1, 0, -1):
            pair = runs[number - 1 : number + 1]
            if len(pair[0][0]) < 2 * len(pair[1][0]):
                joined = (np.concatenate(parts) for parts in zip(*pair, strict=True))
                runs[number - 1 : number + 1] = [self._sorted(*joined)]
        self._runs[stratum] = runs

    def look(self, strata: Iterable[int], count: int) -> Look:
        """Return the `count` lowest records of some strata, or all there are."""
        heads = [
            (stratum, number, places[:count], states[:count])
            for stratum in strata
            for number, (places, states) in enumerate(self._runs.get(stratum, []))
        ]
        if not heads:
            return Look(np.empty(0, dtype=np.int64), np.empty(0), [])
        places, states = np.concatenate([head[2] for head in heads]), np.concatenate([head[3] for head in heads])
        chosen = self._lowest(places, states, count)
        # What is lowest of a sorted run is its beginning.
        run_of = np.repeat(np.arange(len(heads)), [len(head[2]) for head in heads])
        taken = np.bincount(run_of[chosen], minlength=len(heads)).tolist()
        of_run = [(stratum, number, some) for (stratum, number, *_), some in zip(heads, taken, strict=True) if some]
        return Look(places[chosen], states[chosen], of_run)

    def everything(self) -> tuple[Places, States]:
        """Return all that waits, in no order."""
        runs = [run for of_it in self._runs.values() for run in of_it]
        empty = np.empty(0, dtype=np.int64), np.empty(0)
        return np.concatenate([empty[0], *(run[0] for run in runs)]), np.concatenate(
            [empty[1], *(run[1] for run in runs)]
        )

    def take(self, look: Look) -> None:
        """Remove what was looked at, before anything else is pushed."""
        for stratum, number, some in look.of_run:
            places, states = self._runs[stratum][number]
            self._runs[stratum][number] = places[some:], states[some:]

    def _sorted(self, places: Places, states: States) -> tuple[Places, States]:
        order = self._lowest(places, states, len(places))
        return places[order], states[order]
