"""The frontier: the records of lowest redundancy state, without the pool in memory.

Stage 1 of the rule wants the K1 available records of lowest state. Records that no round has touched still
have the ratio they were scored with, so they come from a stream sorted by (ratio, id), read only as far as
needed; records that were touched and not taken wait under their new state. The lowest of both are the lowest
of the pool: the same K1 that a scan over all of it would find.

    >>> pool = Scored.of([("a", b"xxx"), ("b", b"yy"), ("c", b"z")], compressed_bytes=[3, 1, 0.25])
    >>> frontier = Frontier([pool])        # of ratios 1, 2 and 4
    >>> frontier.draw(2).tolist()
    [0, 1]
    >>> frontier.put_back(np.array([0]), [5.0])      # "a" was touched: it now stands behind "c"
    >>> [frontier.ids[place] for place in frontier.draw(1)]
    ['c']
"""

from collections.abc import Iterable, Sequence
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
        ids: by record.
        sources: by record, or None where it has none.
        raw_bytes: shape (records,).
        compressed_bytes: shape (records,).
        flat: the payloads end to end, uint8.
        offsets: payload i is ``flat[offsets[i]:offsets[i + 1]]``, shape (records + 1,).
    """

    ids: Sequence[str]
    sources: Sequence[str | None]
    raw_bytes: npt.NDArray[Any]
    compressed_bytes: npt.NDArray[Any]
    flat: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, records: Sequence[tuple[str, bytes]], compressed_bytes: Sequence[float]) -> "Scored":
        """Return (id, payload) pairs without sources or framing as a run."""
        payloads = Payloads(payload for _, payload in records)
        raw_bytes = payloads.lengths(range(len(records)))
        ids = [record_id for record_id, _ in records]
        return cls(ids, [None] * len(ids), raw_bytes, np.array(compressed_bytes), payloads.flat, payloads.offsets)


class Frontier:
    """Draws records of lowest (state, id) from a sorted stream and from those that were put back.

    A record has a place, its number in the stream. `ids`, `sources`, `raw_bytes`, `compressed_bytes`, `ratios`
    (of the record alone) and `payloads` are indexed by it and grow as the stream is read.

    Args:
        stream: runs of records; over all of them (ratio, id) ascends.

    Raises:
        ValueError: from `draw`, when the stream does not ascend by (ratio, id).
    """

    def __init__(self, stream: Iterable[Scored]) -> None:
        self._stream = iter(stream)
        self.ids: list[str] = []
        self.sources: list[str | None] = []
        self.raw_bytes = self.compressed_bytes = np.empty(0, dtype=np.int64)
        self.ratios = self._states = np.empty(0)
        self.payloads = Payloads()
        self._fresh = 0  # the first place that no round has touched; all later ones are fresh, too
        self._waiting: Places = np.empty(0, dtype=np.int64)

    def draw(self, count: int) -> Places:
        """Take out the `count` lowest records, or all there are; return their places, ascending."""
        while len(self.ids) - self._fresh < count and (run := next(self._stream, None)) is not None:
            self._read(run)
        fresh = np.arange(self._fresh, min(self._fresh + count, len(self.ids)))
        available = np.concatenate([self._waiting, fresh])
        chosen = np.zeros(len(available), dtype=np.bool_)
        chosen[self.lowest(available, self._states[available], count)] = True
        self._waiting = available[: len(self._waiting)][~chosen[: len(self._waiting)]]
        self._fresh += int(chosen[len(chosen) - len(fresh) :].sum())  # of ascending records the first
        return np.sort(available[chosen])

    def put_back(self, places: Places, states: npt.ArrayLike) -> None:
        """Make drawn records available again under new states."""
        self._states[places] = np.asarray(states)
        self._waiting = np.concatenate([self._waiting, places])

    def lowest(self, places: Places, states: npt.NDArray[np.float64], count: int) -> Places:
        """Return the indices of the `count` places of lowest (state, id), in no order."""
        if count >= len(places):
            return np.arange(len(places))
        cut = np.partition(states, count - 1)[count - 1]
        below = np.flatnonzero(states < cut)
        ties = sorted(np.flatnonzero(states == cut).tolist(), key=lambda index: self.ids[places[index]])
        return np.concatenate([below, np.array(ties[: count - len(below)], dtype=np.int64)])

    def _read(self, run: Scored) -> None:
        ratios = run.raw_bytes / run.compressed_bytes
        last = [(self.ratios[-1], self.ids[-1])] if self.ids else []
        keys = [*last, *zip(ratios.tolist(), run.ids, strict=True)]
        for before, after in pairwise(keys):
            if before >= after:
                raise ValueError(f"the stream of records does not ascend: {before}, {after}")
        self.ids.extend(run.ids)
        self.sources.extend(run.sources)
        self.raw_bytes = np.concatenate([self.raw_bytes, run.raw_bytes])
        self.compressed_bytes = np.concatenate([self.compressed_bytes, run.compressed_bytes])
        self.ratios = np.concatenate([self.ratios, ratios])
        self._states = np.concatenate([self._states, ratios])
        self.payloads.extend(run.flat, run.offsets)
