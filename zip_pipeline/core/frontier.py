"""The frontier: the records of lowest redundancy state, without the pool in memory.

Stage 1 of the rule wants the K1 available records of lowest state. Records that no round has touched still
have the ratio they were scored with, so they come from a stream sorted by (ratio, id), drawn only as far as
needed; records that were touched and not taken wait in a heap under their new state. The lowest of both,
merged, are the lowest of the pool: the same K1 that a scan over all of it would find.

    >>> frontier = Frontier([(1.0, "a", b"x"), (1.5, "b", b"y"), (2.0, "c", b"z")])
    >>> frontier.draw(2)
    [0, 1]
    >>> frontier.put_back([0], [1.7])      # "a" was touched: it now stands between "b" and "c"
    >>> [frontier.ids[place] for place in frontier.draw(2)]
    ['a', 'c']
"""

import heapq
from collections.abc import Iterable

from zip_pipeline.core.payloads import Payloads

SortedRecord = tuple[float, str, bytes]
"""(ratio of the record alone, id, payload); a stream of them ascends by (ratio, id)."""


class Frontier:
    """Draws records in ascending (state, id) from a sorted stream and from those that were put back.

    A drawn record has a place, its number in the order of first drawing; `ids`, `ratios` (of the record
    alone) and `payloads` are indexed by it and grow as records are drawn.

    Raises:
        ValueError: from `draw`, when the stream does not ascend by (ratio, id).
    """

    def __init__(self, stream: Iterable[SortedRecord]) -> None:
        self._stream = iter(stream)
        self._next = next(self._stream, None)
        self._touched: list[tuple[float, str, int]] = []
        self.ids: list[str] = []
        self.ratios: list[float] = []
        self.payloads = Payloads()

    def draw(self, count: int) -> list[int]:
        """Take out the `count` lowest records, or all there are; return their places in ascending order."""
        drawn: list[int] = []
        while len(drawn) < count:
            touched = self._touched[0][:2] if self._touched else None
            fresh = self._next[:2] if self._next else None
            if touched is not None and (fresh is None or touched < fresh):
                drawn.append(heapq.heappop(self._touched)[2])
            elif fresh is not None:
                drawn.append(self._draw_fresh())
            else:
                break
        return drawn

    def put_back(self, places: Iterable[int], states: Iterable[float]) -> None:
        """Make drawn records available again under new states."""
        for place, state in zip(places, states, strict=True):
            heapq.heappush(self._touched, (state, self.ids[place], place))

    def _draw_fresh(self) -> int:
        assert self._next is not None  # noqa: S101 - draw has looked
        ratio, record_id, payload = self._next
        self._next = next(self._stream, None)
        if self._next is not None and self._next[:2] <= (ratio, record_id):
            raise ValueError(f"the stream of records does not ascend: {(ratio, record_id)}, {self._next[:2]}")
        self.ids.append(record_id)
        self.ratios.append(ratio)
        return self.payloads.append(payload)
