"""The frontier: the records of lowest redundancy state, without the pool in memory.

Stage 1 of the rule wants the K1 available records of lowest state. Records that no round has touched still
have the state they began with, so they come from a stream sorted by (state, id), read only as far as needed;
records that were touched and not taken wait under their new state. The lowest of both are the lowest of the pool:
the same K1 that a scan over all of it would find.

    >>> frontier = Frontier([Scored.of([(1.0, "a", b"xxx"), (2.0, "b", b"yy"), (4.0, "c", b"z")])])
    >>> frontier.draw(2).tolist()
    [0, 1]
    >>> frontier.put_back(np.array([0]), [5.0])      # "a" was touched: it now stands behind "c"
    >>> [frontier.ids[place] for place in frontier.draw(1)]
    ['c']
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from zip_pipeline.core.payloads import Payloads

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scored:
    """A run of scored records, column by column; sizes are those of a record as a set of its own.

    Attributes:
        states: what they begin with, by which they ascend, then by id: see `greedy.Rule`; shape (records,).
        ids: by record.
        sources: by record, or None where it has none.
        strata: by record; see `quotas`.
        raw_bytes: shape (records,).
        compressed_bytes: shape (records,).
        flat: the payloads end to end, uint8.
        offsets: payload i is ``flat[offsets[i]:offsets[i + 1]]``, shape (records + 1,).
    """

    states: npt.NDArray[np.float64]
    ids: Sequence[str]
    sources: Sequence[str | None]
    strata: Sequence[str]
    raw_bytes: npt.NDArray[Any]
    compressed_bytes: npt.NDArray[Any]
    flat: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, records: Sequence[tuple[float, str, bytes]]) -> "Scored":
        """Return (state, id, payload) as a run of incompressible records, without source or stratum."""
        states, ids, data = zip(*records, strict=True)
        payloads = Payloads(data)
        sizes = payloads.lengths(range(len(ids)))
        nothing = [None] * len(ids), [""] * len(ids)
        return cls(np.array(states), ids, *nothing, sizes, sizes, payloads.flat, payloads.offsets)


class Frontier:
    """Draws records of lowest (state, id) from a sorted stream and from those that were put back.

    A record has a place, its number in the stream. `ids`, `sources`, `strata`, `raw_bytes`, `compressed_bytes` and
    `payloads` are indexed by it and grow as the stream is read.

    Args:
        stream: runs of records; over all of them (state, id) ascends.

    Raises:
        ValueError: from `draw`, when the stream does not ascend.
    """

    def __init__(self, stream: Iterable[Scored]) -> None:
        self._stream = iter(stream)
        self.ids: list[str] = []
        self.sources: list[str | None] = []
        self.strata: list[str] = []
        self.raw_bytes = self.compressed_bytes = np.empty(0, dtype=np.int64)
        self._states = np.empty(0)
        self._last: list[tuple[float, str]] = []  # of what was read
        self.payloads = Payloads()
        self._codes = np.empty(0, dtype=np.int64)  # of strata, numbered as they come
        self._code_of: dict[str, int] = {}
        self._available = self._untouched = np.empty(0, dtype=np.bool_)

    def draw(self, count: int, strata: Collection[str] = ("",)) -> Places:
        """Take out the `count` lowest records of these strata, or all there are; return their places, ascending."""
        wanted = self._in(strata)
        # Whatever is still in the stream is above what was read of it and not yet touched.
        while np.count_nonzero(self._untouched & wanted) < count and (run := next(self._stream, None)) is not None:
            self._read(run)
            wanted = self._in(strata)
        places = np.flatnonzero(self._available & wanted)
        drawn = np.sort(places[self.lowest(places, self._states[places], count)])
        self._available[drawn] = self._untouched[drawn] = False
        return drawn

    def put_back(self, places: Places, states: npt.ArrayLike) -> None:
        """Make drawn records available again under new states."""
        self._states[places] = np.asarray(states)
        self._available[places] = True

    def lowest(self, places: Places, states: npt.NDArray[np.float64], count: int) -> Places:
        """Return the indices of the `count` places of lowest (state, id), in that order."""
        indices = np.arange(len(places))
        if count < len(places):
            indices = np.flatnonzero(states <= np.partition(states, count - 1)[count - 1])
        indices = indices[np.argsort(states[indices], kind="stable")]
        sorted_states = states[indices]
        for begin, end in _runs_of_equals(sorted_states):
            indices[begin:end] = sorted(indices[begin:end].tolist(), key=lambda index: self.ids[places[index]])
        return indices[:count]

    def _in(self, strata: Collection[str]) -> npt.NDArray[np.bool_]:
        return np.isin(self._codes, [self._code_of[name] for name in strata if name in self._code_of])

    def _read(self, run: Scored) -> None:
        keys = [*self._last, *zip(run.states.tolist(), run.ids, strict=True)]
        for before, after in pairwise(keys):
            if before >= after:
                raise ValueError(f"the stream of records does not ascend: {before}, {after}")
        self._last = keys[-1:]
        codes = [self._code_of.setdefault(name, len(self._code_of)) for name in run.strata]
        self.ids.extend(run.ids)
        self.sources.extend(run.sources)
        self.strata.extend(run.strata)
        self.payloads.extend(run.flat, run.offsets)
        self.raw_bytes = np.concatenate([self.raw_bytes, run.raw_bytes])
        self.compressed_bytes = np.concatenate([self.compressed_bytes, run.compressed_bytes])
        self._states = np.concatenate([self._states, run.states])
        self._codes = np.concatenate([self._codes, np.array(codes, dtype=np.int64)])
        new = np.ones(len(run.ids), dtype=np.bool_)
        self._available = np.concatenate([self._available, new])
        self._untouched = np.concatenate([self._untouched, new])


def _runs_of_equals(ascending: npt.NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Yield where equal values begin and end, if there is more than one.

    >>> list(_runs_of_equals(np.array([1.0, 2.0, 2.0, 3.0])))
    [(1, 3)]
    """
    edges = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1], [True]]))
    for run in np.flatnonzero(np.diff(edges) > 1):
        yield int(edges[run]), int(edges[run + 1])
