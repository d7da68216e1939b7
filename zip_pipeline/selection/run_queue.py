"""Queues of records, one a stratum, that give the lowest (state, id) first; as quick with millions of records.

Each push makes a sorted run. A run that is not twice as long as the next one is merged with it, so that there are few
runs. Looking at the lowest n records costs n a run, and each record moves a logarithmic number of times in all.
Source: the log-structured merge tree, O'Neil et al. 1996, without the disk.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.records.payload_store import Places

States = npt.NDArray[np.float64]
"""Redundancy states or scores of records, shape (records,); the rule prefers the lowest."""

Lowest = Callable[[Places, States, int], Places]
"""Returns the indices of the `count` places of lowest (state, id), in that order."""


@dataclass(frozen=True, slots=True)
class Head:
    """The lowest records of some strata.

    Attributes:
        places: in ascending (state, id), shape (records,).
        states: by record, shape (records,).
        runs: how many records come from each run: stratum, number of the run, records.
    """

    places: Places
    states: States
    runs: list[tuple[int, int, int]]


class RunQueue:
    """Queues of records, one a stratum; strata are numbers.

    Args:
        lowest: the order of records.

    >>> queue = RunQueue(lambda places, states, count: np.lexsort((places, states))[:count])
    >>> queue.push(0, np.array([7, 8, 9]), np.array([.3, .1, .2]))
    >>> queue.push(1, np.array([5]), np.array([.2]))
    >>> head = queue.peek([0, 1], 3)
    >>> head.places.tolist()
    [8, 5, 9]
    >>> queue.remove(head)
    >>> queue.peek([0, 1], 3).places.tolist()
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

    def peek(self, strata: Iterable[int], count: int) -> Head:
        """Return the `count` lowest records of some strata, or all there are."""
        heads = [
            (stratum, number, places[:count], states[:count])
            for stratum in strata
            for number, (places, states) in enumerate(self._runs.get(stratum, []))
        ]
        if not heads:
            return Head(np.empty(0, dtype=np.int64), np.empty(0), [])
        places, states = np.concatenate([head[2] for head in heads]), np.concatenate([head[3] for head in heads])
        lowest = self._lowest(places, states, count)
        # The lowest records of a sorted run are its beginning.
        run_of = np.repeat(np.arange(len(heads)), [len(head[2]) for head in heads])
        counts = np.bincount(run_of[lowest], minlength=len(heads)).tolist()
        runs = [(stratum, number, some) for (stratum, number, *_), some in zip(heads, counts, strict=True) if some]
        return Head(places[lowest], states[lowest], runs)

    def remove(self, head: Head) -> None:
        """Remove the records of `peek`, before anything else is pushed."""
        for stratum, number, some in head.runs:
            places, states = self._runs[stratum][number]
            self._runs[stratum][number] = places[some:], states[some:]

    def records(self) -> tuple[Places, States]:
        """Return the places and states of all records, in no order."""
        runs = [run for stratum in self._runs.values() for run in stratum]
        places = np.concatenate([np.empty(0, dtype=np.int64), *(run[0] for run in runs)])
        return places, np.concatenate([np.empty(0), *(run[1] for run in runs)])

    def _sorted(self, places: Places, states: States) -> tuple[Places, States]:
        order = self._lowest(places, states, len(places))
        return places[order], states[order]
