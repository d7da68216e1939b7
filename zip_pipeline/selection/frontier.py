"""The frontier: the records of lowest redundancy state, without the pool in memory.

Stage 1 of the rule wants the K1 available records of lowest state. Records that no round has touched still
have the state they began with, so they come from a stream sorted by (state, id), read only as far as needed;
records that were touched and not taken wait under their new state. The lowest of both are the lowest of the pool:
the same K1 that a scan over all of it would find. What a draw costs does not grow with what was drawn before.

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

from zip_pipeline.records.buffers import Allocator, GrowableArray, on_heap
from zip_pipeline.records.payload_store import Names, Payloads, Texts
from zip_pipeline.selection.run_queue import Look, Places, Waiting

__all__ = ["CHOSEN", "Frontier", "Places", "Scored"]

CHOSEN = "\0chosen"
"""The stratum of records that were selected before; no source has such a name."""


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
        allocator: provides the memory for the records.

    Raises:
        ValueError: from `draw`, when the stream does not ascend.
    """

    def __init__(self, stream: Iterable[Scored], allocator: Allocator = on_heap) -> None:
        self._stream = iter(stream)
        self.ids, self.sources, self.strata = Texts(allocator), Names[str | None](allocator), Names[str](allocator)
        self._raw_bytes, self._compressed_bytes = GrowableArray(np.int64, allocator), GrowableArray(np.int64, allocator)
        self.payloads = Payloads(allocator=allocator)
        self._last: tuple[float, str] | None = None  # of what was read
        self._waiting = Waiting(self.lowest)

    @property
    def raw_bytes(self) -> npt.NDArray[np.int64]:
        """Of each record as a set of its own, shape (records read,)."""
        return self._raw_bytes.values

    @property
    def compressed_bytes(self) -> npt.NDArray[np.int64]:
        """Of the same."""
        return self._compressed_bytes.values

    def draw(self, count: int, strata: Collection[str] = ("",)) -> Places:
        """Take out the `count` lowest records of these strata, or all there are; return their places, ascending."""
        look = self._look(count, strata)
        # Whatever is still in the stream stands behind all that was read of it.
        while (len(look.places) < count or self._is_beyond(look)) and self._read():
            look = self._look(count, strata)
        self._waiting.take(look)
        return np.sort(look.places)

    def drawn_before(self, groups: Sequence[int]) -> list[Places]:
        """Take out what was selected before this selection: the records of the stratum `CHOSEN`, all of them.

        Args:
            groups: how many there are of each earlier round.

        Returns:
            Their places in the order of the stream, round by round.
        """
        places = self.draw(sum(groups), (CHOSEN,)) if groups else np.empty(0, dtype=np.int64)
        return [np.asarray(part) for part in np.split(places, np.cumsum(groups[:-1], dtype=np.int64))] if groups else []

    def waiting(self) -> tuple[Places, npt.NDArray[np.float64]]:
        """Return what was read and may still be drawn, in no order: places and states."""
        return self._waiting.everything()

    def put_back(self, places: Places, states: npt.ArrayLike) -> None:
        """Make drawn records available again under new states."""
        self._push(places, np.asarray(states, dtype=np.float64))

    def lowest(self, places: Places, states: npt.NDArray[np.float64], count: int) -> Places:
        """Return the indices of the `count` places of lowest (state, id), in that order."""
        indices = np.arange(len(places))
        if count < len(places):
            indices = np.flatnonzero(states <= np.partition(states, count - 1)[count - 1])
        indices = indices[np.argsort(states[indices], kind="stable")]
        sorted_states = states[indices]
        for begin, end in _runs_of_equals(sorted_states):
            indices[begin:end] = sorted(indices[begin:end].tolist(), key=lambda index: self.ids[int(places[index])])
        return indices[:count]

    def _look(self, count: int, strata: Collection[str]) -> Look:
        codes = [self.strata.code(name) for name in strata]
        return self._waiting.look([code for code in codes if code is not None], count)

    def _is_beyond(self, look: Look) -> bool:
        """Whether the stream may have a record before the last of those."""
        last = float(look.states[-1]), self.ids[int(look.places[-1])]
        return self._last is None or last > self._last

    def _push(self, places: Places, states: npt.NDArray[np.float64]) -> None:
        codes = self.strata.codes[places]
        for code in np.unique(codes).tolist():
            of_it = codes == code
            self._waiting.push(code, places[of_it], states[of_it])

    def _read(self) -> bool:
        """Read on; return whether there was more."""
        run = next(self._stream, None)
        if run is None:
            return False
        keys = [*([self._last] if self._last else []), *zip(run.states.tolist(), run.ids, strict=True)]
        for before, after in pairwise(keys):
            if before >= after:
                raise ValueError(f"the stream of records does not ascend: {before}, {after}")
        self._last = keys[-1] if keys else None
        first = len(self.ids)
        self.ids.extend(run.ids)
        self.sources.extend(run.sources)
        self.strata.extend(run.strata)
        self.payloads.extend(run.flat, run.offsets)
        self._raw_bytes.extend(run.raw_bytes)
        self._compressed_bytes.extend(run.compressed_bytes)
        self._push(np.arange(first, len(self.ids)), run.states)
        return True


def _runs_of_equals(ascending: npt.NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Yield where equal values begin and end, if there is more than one.

    >>> list(_runs_of_equals(np.array([1.0, 2.0, 2.0, 3.0])))
    [(1, 3)]
    """
    edges = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1], [True]]))
    for run in np.flatnonzero(np.diff(edges) > 1):
        yield int(edges[run]), int(edges[run + 1])
