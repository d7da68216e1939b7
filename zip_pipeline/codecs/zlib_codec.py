"""zlib as a measure of redundancy, and deflate with a longer window.

The size of data is stock zlib's, ``len(zlib.compress(data, level))``, on every machine. Where Python's zlib is another
build, such as zlib-ng, the deflate-size kernel gives that size. With a window above 32 KB it is the size of the
long-window model that `deflate.long_window` defines: deflate with a longer reach.

A `Prefix` gives the size of ``anchor + data`` without compressing the anchor again. Deflate depends on the byte stream
alone and not on how it is fed, so what it has emitted for the anchor never changes. `ZlibPrefix` describes the one
exception and avoids it.

Numba is optional: this module imports the kernel inside functions only.
"""

import functools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow as pa

from zip_pipeline.codecs.base import Build, Evaluator, Prefix, Sizes, Stream, probe_text
from zip_pipeline.codecs.deflate.layout import MAX_DISTANCE, MIN_LOOKAHEAD, WINDOW
from zip_pipeline.codecs.evaluator import PrefixEvaluator, PrefixStream
from zip_pipeline.codecs.zlib_record_sizes import RecordSizes
from zip_pipeline.errors import ConfigError
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing

if TYPE_CHECKING:
    from zip_pipeline.codecs.deflate.anchor import DeflateAnchor


@dataclass(frozen=True, slots=True)
class ZlibCodec:
    """RFC 1950 zlib, or deflate with a longer window.

    Levels 1 to 3 need stock zlib and its own window. A longer window, and another zlib, need Numba.

    >>> ZlibCodec(level=9).compressed_size(b"abc" * 100)
    15
    """

    LEVELS: ClassVar[Sequence[int]] = range(1, 10)
    KERNEL_LEVELS: ClassVar = range(4, 10)
    """The levels of the deflate-size kernel: those with a lazy parse."""
    WINDOWS: ClassVar[Sequence[int]] = [1 << log for log in range(15, 31)]
    APPENDS_ONE_RECORD: ClassVar[bool] = True

    level: int = 9
    window: int = WINDOW
    name: str = "zlib"

    @classmethod
    def longest_window(cls, level: int) -> int:
        """Return the longest window that a level has, in bytes."""
        return cls.WINDOWS[-1] if level in cls.KERNEL_LEVELS else WINDOW

    def compressed_size(self, data: bytes) -> int:
        """Return the bytes of `data` in one shot."""
        if _is_stock(self.level) and self._is_zlibs(len(data)):
            return len(zlib.compress(data, self.level))
        return self.anchor().size(data)

    def compressed_sizes(self, payloads: Sequence[bytes]) -> Sizes:
        """Return `compressed_size` of each, shape (len(payloads),)."""
        if _is_stock(self.level):
            if self._is_zlibs(max(map(len, payloads), default=0)):
                compressed = map(zlib.compress, payloads, repeat(self.level))
                return np.fromiter(map(len, compressed), np.int64, len(payloads))
            return np.fromiter(map(self.compressed_size, payloads), np.int64, len(payloads))
        flat = Payloads(payloads)
        return self.anchor().sizes(flat.flat, flat.offsets, np.arange(len(payloads)))

    def _is_zlibs(self, length: int) -> bool:
        """Whether data of that length has zlib's size: a match cannot reach farther, whatever the window."""
        return self.window == WINDOW or length <= MAX_DISTANCE

    def record_sizes(self, payloads: pa.BinaryArray) -> Sizes:
        """See `Codec`."""
        if self.level in self.KERNEL_LEVELS:
            return record_sizes_of(self)(payloads)
        return self.compressed_sizes(payloads.to_pylist())

    def prefix(self) -> Prefix:
        """Return the state of an empty anchor.

        Raises:
            ConfigError: when this machine cannot give the sizes.
        """
        if _is_stock(self.level) and self.window == WINDOW:
            return ZlibPrefix(self.level)
        anchor = self.anchor()
        from zip_pipeline.codecs.zlib_kernel import KernelPrefix

        return KernelPrefix(anchor)

    def evaluator(self, framing: Framing, payloads: Payloads, workers: int = 1) -> Evaluator:
        """See `Codec`: the kernel's, where it has the level and Numba is there."""
        if self.level not in self.KERNEL_LEVELS:
            return PrefixEvaluator(self, framing, payloads, workers)
        try:
            from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
        except ImportError:  # no Numba: zlib's own window all the same, more slowly
            return PrefixEvaluator(self, framing, payloads, workers)
        return KernelEvaluator(self, framing, payloads, workers)

    def stream(self) -> Stream:
        """Return an empty stream.

        Raises:
            ConfigError: when this machine cannot give the sizes.
        """
        return PrefixStream(self.prefix())

    def build(self) -> Build:
        """Probe this machine at this level.

        Raises:
            ConfigError: when this machine's zlib is not the stock one, and there is no kernel.
        """
        if _is_stock(self.level):  # the kernel is the same everywhere, and where records are short nobody needs it
            return Build("stock", zlib.ZLIB_RUNTIME_VERSION, STOCK_PROBES[self.level])
        probe = self.anchor().size(probe_text())
        return Build("deflate-size kernel", zlib.ZLIB_RUNTIME_VERSION, probe)

    def anchor(self) -> "DeflateAnchor":
        """Return an empty anchor of the deflate-size kernel.

        Raises:
            ConfigError: when the kernel does not have this level, or Numba is missing.
        """
        setting = f"codec: window {self.window} at level {self.level}"
        if not _is_stock(self.level):
            setting += f" with zlib {zlib.ZLIB_RUNTIME_VERSION}, whose sizes differ from stock zlib's,"
        try:
            from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
        except ImportError as error:
            raise ConfigError(f"{setting} needs Numba, which is not installed") from error
        try:
            return DeflateAnchor(self.level, self.window)
        except ValueError as error:
            raise ConfigError(f"{setting} is not available: {error}") from error


@functools.cache
def record_sizes_of(codec: ZlibCodec) -> RecordSizes:
    """Return what measures records by a codec in this process: one object, which counts the records of all tasks."""
    return RecordSizes(codec.level, codec.compressed_sizes)


class ZlibPrefix:
    """An anchor inside a zlib compressor, whose state is copied for each question.

    zlib's deflate reads more input when fewer than `MIN_LOOKAHEAD` bytes lie ahead, and slides its window first if it
    stands at `SLIDE_AT` or later. Fed in pieces, it may stop exactly at `SLIDE_AT` and slide. Fed in one piece, it
    would there look at one more string: the head of the hash chain at the largest distance. So `append` holds the
    anchor's last bytes back whenever zlib could stop at such a position, and feeds them together with what follows.
    (zlib 1.x, deflate.c: fill_window, deflate_slow, deflate_fast.)
    """

    SLIDE_AT = 2 * WINDOW - MIN_LOOKAHEAD
    """The first such position; the next ones follow at every `WINDOW` bytes."""

    def __init__(self, level: int) -> None:
        self._state = zlib.compressobj(level)
        self._emitted_bytes = 0
        self._fed_bytes = 0
        self._held_back = b""

    def size_with(self, data: bytes) -> int:
        """Return ``len(zlib.compress(anchor + data, level))``."""
        state = self._state.copy()
        return self._emitted_bytes + len(state.compress(self._held_back + data)) + len(state.flush())

    def append(self, *records: bytes) -> None:
        """Add records to the anchor."""
        text = b"".join([self._held_back, *records])
        feed = self._safe_end(self._fed_bytes + len(text)) - self._fed_bytes
        self._emitted_bytes += len(self._state.compress(text[:feed]))
        self._fed_bytes += feed
        self._held_back = text[feed:]

    def _safe_end(self, end: int) -> int:
        """Return the last place up to `end` after which zlib cannot stop at a sliding position.

        Fed up to `end`, it stops less than `MIN_LOOKAHEAD` bytes before.
        """
        if end < self.SLIDE_AT:
            return end
        slide = end - (end - self.SLIDE_AT) % WINDOW
        return slide - 1 if end - slide < MIN_LOOKAHEAD else end


STOCK_PROBES = {1: 22426, 2: 20925, 3: 18926, 4: 18909, 5: 17639, 6: 16597, 7: 16292, 8: 16203, 9: 16203}
"""Compressed bytes of `probe_text` by level under stock zlib (seen with 1.2.13)."""


@functools.cache
def _is_stock(level: int) -> bool:
    return len(zlib.compress(probe_text(), level)) == STOCK_PROBES[level]
