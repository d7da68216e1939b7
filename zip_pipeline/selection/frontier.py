"""The frontier: the records of lowest redundancy state, without the pool in memory.

Stage 1 of the rule wants the K1 available records of lowest state. Records that no round has touched still have their
initial state. So they come from a stream sorted by (state, id), read only as far as needed. Records that were drawn
and put back are in a queue under their new states. The lowest of both are the K1 that a scan over the whole pool would
find. The cost of a draw does not grow with the number of draws before.

    >>> frontier = Frontier([Scored.of([(1.0, "a", b"xxx"), (2.0, "b", b"yy"), (4.0, "c", b"z")])])
    >>> frontier.draw(2).tolist()
    [0, 1]
    >>> frontier.put_back(np.array([0]), [5.0])      # the new state of "a" is above that of "c"
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
from zip_pipeline.records.payload_store import Names, Payloads, Places, Texts
from zip_pipeline.selection.quotas import Unit
from zip_pipeline.selection.run_queue import Head, RunQueue, States

__all__ = ["BASE_STRATUM", "RANDOM_STATE", "Candidates", "Frontier", "Places", "Scored"]

BASE_STRATUM = "\0base"
"""The stratum of the base, the set that a selection extends; no source has such a name."""

RANDOM_STATE = "random"
"""In place of a column of initial states: stage 1 draws at random, by numbers from 0 up to 1."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A run of scored records, column by column, in ascending order of (state, id).

    Attributes:
        states: initial states, see `rules.Rule`, shape (records,).
        ids: by record.
        sources: by record; None where it has none.
        strata: by record; see `quotas`.
        raw_bytes: size of each record as a set of its own, shape (records,).
        compressed_bytes: the same, compressed.
        flat: the payloads end to end, uint8.
        offsets: payload i is ``flat[offsets[i]:offsets[i + 1]]``, shape (records + 1,).
        tokens: of each record, shape (records,); None where they are not counted.
        weights: by which the score of each record is multiplied, shape (records,); None: by 1.
    """

    states: States
    ids: Sequence[str]
    sources: Sequence[str | None]
    strata: Sequence[str]
    raw_bytes: npt.NDArray[Any]
    compressed_bytes: npt.NDArray[Any]
    flat: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.int64] | None = None
    weights: States | None = None

    @classmethod
    def of(cls, records: Sequence[tuple[float, str, bytes]]) -> "Scored":
        """Return (state, id, payload) as a run of incompressible records, without source or stratum."""
        states, ids, data = zip(*records, strict=True)
        payloads = Payloads(data)
        sizes = payloads.lengths(range(len(ids)))
        nothing = [None] * len(ids), [""] * len(ids)
        return cls(np.array(states), ids, *nothing, sizes, sizes, payloads.flat, payloads.offsets)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of a round that some strata have, which compete with each other.

    Attributes:
        strata: their names.
        places: shape (candidates,), ascending.
        states: scores of stage 2, shape (candidates,).
        shortlist: places of the shortlisted ones, the lowest (score, id) first.
    """

    strata: tuple[str, ...]
    places: Places
    states: States
    shortlist: Places

    def without(self, places: Places) -> tuple[Places, States]:
        """Return the places and scores of the others."""
        others = np.isin(self.places, places, invert=True)
        return self.places[others], self.states[others]


class Frontier:
    """Draws records of lowest (state, id) from a sorted stream and from those that were put back.

    A record has a place, its number in the stream. `ids`, `sources`, `strata`, `raw_bytes`, `compressed_bytes` and
    `payloads` are indexed by it and grow as the stream is read.

    Args:
        stream: runs of records; over all of them (state, id) ascends.
        allocator: provides the memory for the records.

    Attributes:
        allocator: for what is derived from the records.
        held: what the rule holds of the records that it picked, as far as this says in which order others come: the
            counts of a `CoverageObjective`. The stream may raise the states that it still has to give by them.

    Raises:
        ValueError: from `draw`, when the stream does not ascend.
    """

    def __init__(self, stream: Iterable[Scored], allocator: Allocator = on_heap) -> None:
        self._stream, self.allocator = iter(stream), allocator
        self.held: npt.NDArray[np.int64] | None = None
        self.ids, self.sources, self.strata = Texts(allocator), Names[str | None](allocator), Names[str](allocator)
        self._raw_bytes, self._compressed_bytes = GrowableArray(np.int64, allocator), GrowableArray(np.int64, allocator)
        self._tokens, self._weights = GrowableArray(np.int64, allocator), GrowableArray(np.float64, allocator)
        self.payloads = Payloads(allocator=allocator)
        self._last_read: tuple[float, str] | None = None
        self._queue = RunQueue(self.lowest)

    @property
    def last_read(self) -> tuple[float, str] | None:
        """Initial state and id of the last record of the stream that was read; all others of it come after."""
        return self._last_read

    @property
    def raw_bytes(self) -> npt.NDArray[np.int64]:
        """Size of each record as a set of its own, shape (records read,)."""
        return self._raw_bytes.values

    @property
    def compressed_bytes(self) -> npt.NDArray[np.int64]:
        """The same, compressed."""
        return self._compressed_bytes.values

    @property
    def tokens(self) -> npt.NDArray[np.int64]:
        """Tokens of each record, shape (records read,); of no record where they are not counted."""
        return self._tokens.values

    @property
    def weights(self) -> States:
        """By which the score of each record is multiplied, shape (records read,); of no record: by 1."""
        return self._weights.values

    def sizes(self, places: Sequence[int] | Places, unit: Unit) -> npt.NDArray[np.int64]:
        """Return what records take of a budget: tokens where it is in tokens, else bytes of payload."""
        return self.tokens[places] if unit == "tokens" else self.payloads.lengths(places)

    def draw(self, count: int, strata: Collection[str] = ("",)) -> Places:
        """Remove the `count` lowest records of these strata, or all there are; return their places, ascending."""
        return np.sort(self.take(count, strata)[0])

    def take(self, count: int, strata: Collection[str] = ("",)) -> tuple[Places, States]:
        """Remove records as `draw` does; return their places and states in ascending order of (state, id).

        Fewer than `count` mean that there are no more. All other records of these strata come after the last one.
        """
        head = self._peek(count, strata)
        # All that is still in the stream comes after all that was read.
        while (len(head.places) < count or self._reaches_stream(head)) and self._read():
            head = self._peek(count, strata)
        self._queue.remove(head)
        return head.places, head.states

    def read_to(self, place: int) -> None:
        """Read the stream until it has given a record this place, or has no more."""
        while len(self.ids) <= place and self._read():
            pass

    def draw_base(self, round_counts: Sequence[int]) -> list[Places]:
        """Remove the records of the base, all of the stratum `BASE_STRATUM`.

        Args:
            round_counts: how many records each round of the base picked.

        Returns:
            Their places in the order of the stream, round by round.
        """
        if not round_counts:
            return []
        places = self.draw(sum(round_counts), (BASE_STRATUM,))
        return [np.asarray(part) for part in np.split(places, np.cumsum(round_counts[:-1], dtype=np.int64))]

    def available(self) -> tuple[Places, States]:
        """Return what was read and may still be drawn, in no order: places and states."""
        return self._queue.records()

    def put_back(self, places: Places, states: npt.ArrayLike) -> None:
        """Make drawn records available again under new states."""
        self._push(places, np.asarray(states, dtype=np.float64))

    def lowest(self, places: Places, states: States, count: int) -> Places:
        """Return the indices of the `count` places of lowest (state, id), in that order."""
        indices = np.arange(len(places))
        if count < len(places):
            indices = np.flatnonzero(states <= np.partition(states, count - 1)[count - 1])
        indices = indices[np.argsort(states[indices], kind="stable")]
        sorted_states = states[indices]
        for begin, end in _runs_of_equals(sorted_states):
            indices[begin:end] = sorted(indices[begin:end].tolist(), key=lambda index: self.ids[int(places[index])])
        return indices[:count]

    def _peek(self, count: int, strata: Collection[str]) -> Head:
        codes = [self.strata.code(name) for name in strata]
        return self._queue.peek([code for code in codes if code is not None], count)

    def _reaches_stream(self, head: Head) -> bool:
        """Whether the stream may have a record before the last of those."""
        last = float(head.states[-1]), self.ids[int(head.places[-1])]
        return self._last_read is None or last > self._last_read

    def _push(self, places: Places, states: States) -> None:
        codes = self.strata.codes[places]
        for code in np.unique(codes).tolist():
            same = codes == code
            self._queue.push(code, places[same], states[same])

    def _read(self) -> bool:
        """Read the next run of the stream; return whether there was one."""
        run = next(self._stream, None)
        if run is None:
            return False
        keys = [*([self._last_read] if self._last_read else []), *zip(run.states.tolist(), run.ids, strict=True)]
        for before, after in pairwise(keys):
            if before >= after:
                raise ValueError(f"the stream of records does not ascend: {before}, {after}")
        self._last_read = keys[-1] if keys else None
        first = len(self.ids)
        self.ids.extend(run.ids)
        self.sources.extend(run.sources)
        self.strata.extend(run.strata)
        self.payloads.extend(run.flat, run.offsets)
        self._raw_bytes.extend(run.raw_bytes)
        self._compressed_bytes.extend(run.compressed_bytes)
        self._tokens.extend(() if run.tokens is None else run.tokens)
        self._weights.extend(() if run.weights is None else run.weights)
        self._push(np.arange(first, len(self.ids)), run.states)
        return True


def _runs_of_equals(ascending: States) -> Iterator[tuple[int, int]]:
    """Yield where runs of two or more equal values begin and end.

    >>> list(_runs_of_equals(np.array([1.0, 2.0, 2.0, 3.0])))
    [(1, 3)]
    """
    edges = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1], [True]]))
    for run in np.flatnonzero(np.diff(edges) > 1):
        yield int(edges[run]), int(edges[run + 1])
