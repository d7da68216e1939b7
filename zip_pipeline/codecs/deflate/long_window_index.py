"""The memory of a long window: an anchor's text as far back as the window, and an index of its sampled grams.

One index serves all states of an anchor. They read it while they evaluate; between evaluations one thread appends.

Memory: the text takes 1 byte for each byte of anchor, the table 8 bytes a slot. One gram in eight is sampled, and half
to three quarters of the slots are used. So text without repeats takes 1.3 to 2 bytes of table for each byte of
anchor, other text less: at most 3 bytes in all. While text or table grow, their old and new memory exist together. The
oldest text is dropped when it lies beyond the window and a quarter more, so that dropping is rare.

What this module does not do: search (see `long_window`), or know where the parse stands.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from zip_pipeline.codecs.deflate.entry_points import enter, move, undo
from zip_pipeline.codecs.deflate.layout import GUARD_BYTES, GUARD_VALUE
from zip_pipeline.codecs.deflate.long_window import (
    GRAM,
    HELD_FROM,
    INDEX_BYTES,
    INDEX_TEXT,
    INDEXED,
    MOST_USED,
    SLOT_COUNT,
    SLOTS,
    SLOTS_USED,
    WINDOW_SIZE,
)

LARGEST_WINDOW = 1 << 30
_UNPARSED = 512  # more than may lie between the parse position, whose window is held, and the end
_FIRST_SLOTS = 2048
_FIRST_TEXT = 1 << 16
_MOST_TEXT = 2**32 - 2  # slots hold positions in 32 bits, 0 for none

_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]


class LongWindowIndex:
    """Text and grams of an anchor.

    Args:
        window: in bytes, 64 KiB to 1 GiB.

    `address` is where the kernel reads the fields; it stays valid as long as this object lives.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        self._fields = np.zeros(INDEX_BYTES // 8, dtype=np.int64)
        self.address: int = self._fields.ctypes.data
        self._slots_before_trial: _Ints | None = None  # during a trial: the table to return to,
        self._changes: list[tuple[_Ints, int]] = []  # and logs of its changes
        self.clear()

    def __reduce__(self) -> str:
        raise TypeError("a long window's index is tied to its address and cannot be pickled; use copy() instead")

    def clear(self) -> None:
        """Return to the empty anchor, and free memory."""
        self._end = 0
        self._fields[:] = 0
        self._fields[WINDOW_SIZE // 8] = self.window
        self._set_text(_padded(_FIRST_TEXT))
        self._set_slots(np.zeros(_FIRST_SLOTS, dtype=np.int64), 0)

    def copy_from(self, other: "LongWindowIndex") -> None:
        """Become a copy of `other`, of the same window."""
        self._end = other._end
        self._fields[:] = other._fields
        held = other._end - other._field(HELD_FROM)
        text = _padded(other._capacity())
        text[:held] = other._text[:held]
        self._set_text(text)
        self._set_slots(other._slots.copy(), other._field(SLOTS_USED))

    def append_text(self, data: _Bytes) -> None:
        """Append to the text; `enter_until` enters its grams later."""
        window_and_slack = self.window + max(self.window // 4, _FIRST_TEXT)
        held = self._end - self._field(HELD_FROM)
        if held + data.size > window_and_slack and held > self.window + _UNPARSED and self._slots_before_trial is None:
            self._drop(held - self.window - _UNPARSED)
            held = self._end - self._field(HELD_FROM)
        if held + data.size > self._capacity():
            if held + data.size > _MOST_TEXT:
                raise OverflowError(f"a long window's index holds at most {_MOST_TEXT} bytes, found {held + data.size}")
            text = _padded(max(2 * self._capacity(), held + data.size))
            text[:held] = self._text[:held]
            self._set_text(text)
        self._text[held : held + data.size] = data
        self._end += data.size

    def enter_until(self, position: int) -> None:
        """Enter the grams that begin before `position` of the stream, if their text is complete."""
        last = min(position, self._end - GRAM + 1)
        while (first := self._field(INDEXED)) < last:
            if self._slots is self._slots_before_trial:
                log = np.empty(2 * (last - first), dtype=np.int64)
                self._changes.append((log, enter(self.address, last, log.ctypes.data)))
            else:
                enter(self.address, last, 0)
            if self._field(SLOTS_USED) == self._field(MOST_USED):
                self._rebuild(self._field(SLOT_COUNT) * 3 // 2, 0)

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Undo all that is appended and entered inside."""
        self._slots_before_trial = slots = self._slots
        end, indexed, used = self._end, self._field(INDEXED), self._field(SLOTS_USED)
        try:
            yield
        finally:
            for log, changes in reversed(self._changes):
                undo(log.ctypes.data, changes)
            self._changes.clear()
            self._slots_before_trial = None
            self._end = end
            self._fields[INDEXED // 8] = indexed
            self._set_slots(slots, used)

    def guards_intact(self) -> bool:
        """Whether the guard after the text is unchanged, that is, nothing wrote past the text."""
        return bool((self._text[-GUARD_BYTES:] == GUARD_VALUE).all())

    def _field(self, offset: int) -> int:
        return int(self._fields[offset // 8])

    def _capacity(self) -> int:
        return self._text.size - GUARD_BYTES

    def _set_text(self, text: _Bytes) -> None:
        self._text = text
        self._fields[INDEX_TEXT // 8] = text.ctypes.data - self._field(HELD_FROM)

    def _set_slots(self, slots: _Ints, used: int) -> None:
        self._slots = slots
        self._fields[SLOTS // 8] = slots.ctypes.data
        self._fields[SLOT_COUNT // 8] = slots.size
        self._fields[SLOTS_USED // 8] = used
        self._fields[MOST_USED // 8] = slots.size * 3 // 4

    def _rebuild(self, slot_count: int, shift: int) -> None:
        """Move the table's entries to a new one, their positions `shift` lower."""
        slots = np.zeros(slot_count, dtype=np.int64)
        used = move(self._slots.ctypes.data, self._slots.size, slots.ctypes.data, slot_count, shift)
        self._set_slots(slots, used)

    def _drop(self, count: int) -> None:
        """Forget the `count` oldest bytes and the grams that begin in them."""
        held = self._end - self._field(HELD_FROM)
        self._text[: held - count] = self._text[count:held]
        self._fields[HELD_FROM // 8] += count
        self._set_text(self._text)
        self._rebuild(self._slots.size, count)


def _padded(capacity: int) -> _Bytes:
    """Room for `capacity` bytes, and a guard after it, which comparisons may read."""
    text = np.empty(capacity + GUARD_BYTES, dtype=np.uint8)
    text[capacity:] = GUARD_VALUE
    return text
