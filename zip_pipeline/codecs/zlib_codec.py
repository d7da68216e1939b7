"""zlib as a measure of redundancy, and a longer memory for it.

The size of data is stock zlib's, ``len(zlib.compress(data, level))``, on every machine: where Python's zlib is
another build, such as zlib-ng, the deflate-size kernel takes its place. With a window above 32 KB it is the size of
the long-memory model that `deflate.far` defines: deflate with a longer reach.

A `Prefix` answers the same question for ``anchor + data`` without compressing the anchor again: deflate depends on
the byte stream alone, not on how it is fed, so what was already emitted for the anchor never changes. Not quite,
and `ZlibPrefix` says how the exception is kept away.
"""

import functools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from zip_pipeline.codecs.base import Build, Prefix, probe_text
from zip_pipeline.errors import ConfigError
from zip_pipeline.records.payload_store import Payloads

if TYPE_CHECKING:
    from zip_pipeline.codecs.deflate.anchor import DeflateAnchor

WINDOW = 1 << 15
"""How far back deflate sees."""


@dataclass(frozen=True, slots=True)
class ZlibCodec:
    """RFC 1950 zlib, or deflate with a longer window.

    Levels 1 to 3 are there with stock zlib and its own window only; a longer window, and another zlib, want Numba.

    >>> ZlibCodec(level=9).compressed_size(b"abc" * 100)
    15
    """

    LEVELS: ClassVar = range(1, 10)
    KERNEL_LEVELS: ClassVar = range(4, 10)
    """Those that the deflate-size kernel has: with a lazy parse."""
    WINDOWS: ClassVar = [1 << log for log in range(15, 31)]
    REACH: ClassVar = 32506
    """Data up to this size has zlib's size whatever the window."""

    level: int = 9
    window: int = WINDOW
    name: str = "zlib"

    def compressed_size(self, data: bytes) -> int:
        """Return the bytes of `data` in one shot."""
        if _is_stock(self.level) and (self.window == WINDOW or len(data) <= self.REACH):
            return len(zlib.compress(data, self.level))
        return self.anchor().size(data)

    def compressed_sizes(self, payloads: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return `compressed_size` of each, shape (len(payloads),)."""
        if _is_stock(self.level):
            if self.window == WINDOW or max(map(len, payloads), default=0) <= self.REACH:
                compressed = map(zlib.compress, payloads, repeat(self.level))
                return np.fromiter(map(len, compressed), np.int64, len(payloads))
            return np.fromiter(map(self.compressed_size, payloads), np.int64, len(payloads))
        flat = Payloads(payloads)
        return self.anchor().sizes(flat.flat, flat.offsets, np.arange(len(payloads)))

    def prefix(self) -> Prefix:
        """Return the state of an empty anchor.

        Raises:
            ConfigError: when this machine cannot give the sizes.
        """
        if _is_stock(self.level) and self.window == WINDOW:
            return ZlibPrefix(self.level)
        return KernelPrefix(self.anchor())

    def build(self) -> Build:
        """Probe this machine at this level.

        Raises:
            ConfigError: when another zlib than the stock one is there, and no kernel.
        """
        if _is_stock(self.level):  # the kernel is the same everywhere; where only short records are, nobody needs it
            return Build("stock", zlib.ZLIB_RUNTIME_VERSION, STOCK_PROBES[self.level])
        probe = self.anchor().size(probe_text())
        return Build("deflate-size kernel", zlib.ZLIB_RUNTIME_VERSION, probe)

    def anchor(self) -> "DeflateAnchor":
        """Return an empty anchor of the deflate-size kernel.

        Raises:
            ConfigError: when the kernel has not this level, or Numba is missing.
        """
        wanted = f"codec: window {self.window} at level {self.level}"
        if not _is_stock(self.level):
            wanted += f" with zlib {zlib.ZLIB_RUNTIME_VERSION}, which compresses otherwise than stock zlib,"
        try:
            from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
        except ImportError as error:
            raise ConfigError(f"{wanted} needs Numba, which is not installed") from error
        try:
            return DeflateAnchor(self.level, self.window)
        except ValueError as error:
            raise ConfigError(f"{wanted} cannot be had: {error}") from error


class KernelPrefix:
    """An anchor inside the deflate-size kernel."""

    def __init__(self, anchor: "DeflateAnchor") -> None:
        self._anchor = anchor

    def size_with(self, data: bytes) -> int:
        """Return the size of ``anchor + data``."""
        return self._anchor.size(data)

    def append(self, *records: bytes) -> None:
        """Put records behind the anchor."""
        self._anchor.append(b"".join(records))


class ZlibPrefix:
    """An anchor inside a zlib compressor, whose state is copied for each question.

    zlib's deflate looks for more input whenever fewer than `MIN_LOOKAHEAD` bytes lie ahead of it, and slides
    its window first if it stands at `SLIDE_AT` or later. Fed in pieces it may thus stop, and slide, exactly at
    `SLIDE_AT`, where one piece would have let it look at one more string: the head of the hash chain at the
    largest distance. So the anchor's last bytes are held back, and fed together with what follows, whenever
    that position lies where zlib could stop. (zlib 1.x, deflate.c: fill_window, deflate_slow, deflate_fast.)
    """

    MIN_LOOKAHEAD = 262
    WINDOW = 32768
    SLIDE_AT = 2 * WINDOW - MIN_LOOKAHEAD
    """The first such position; the next ones follow at every `WINDOW` bytes."""

    def __init__(self, level: int) -> None:
        self._state = zlib.compressobj(level)
        self._emitted = 0
        self._fed = 0
        self._held = b""

    def size_with(self, data: bytes) -> int:
        """Return ``len(zlib.compress(anchor + data, level))``."""
        state = self._state.copy()
        return self._emitted + len(state.compress(self._held + data)) + len(state.flush())

    def append(self, *records: bytes) -> None:
        """Put records behind the anchor."""
        waiting = b"".join([self._held, *records])
        feed = self._safe_end(self._fed + len(waiting)) - self._fed
        self._emitted += len(self._state.compress(waiting[:feed]))
        self._fed += feed
        self._held = waiting[feed:]

    def _safe_end(self, end: int) -> int:
        """Return the last place up to `end` after which zlib cannot stop at a sliding position.

        Fed up to `end`, it stops less than `MIN_LOOKAHEAD` bytes before it.
        """
        if end < self.SLIDE_AT:
            return end
        slide = end - (end - self.SLIDE_AT) % self.WINDOW
        return slide - 1 if end - slide < self.MIN_LOOKAHEAD else end


STOCK_PROBES = {1: 22426, 2: 20925, 3: 18926, 4: 18909, 5: 17639, 6: 16597, 7: 16292, 8: 16203, 9: 16203}
"""Compressed bytes of `probe_text` by level under stock zlib (seen with 1.2.13)."""


@functools.cache
def _is_stock(level: int) -> bool:
    return len(zlib.compress(probe_text(), level)) == STOCK_PROBES[level]
