"""Codecs: how many bytes a set compresses to, and a prefix state that answers it again and again.

The definition of a size is always the one-shot one, ``len(zlib.compress(data, level))``. A `Prefix` answers
the same question for ``anchor + data`` without compressing the anchor again: deflate depends on the byte
stream alone, not on how it is fed, so what was already emitted for the anchor never changes.

Not quite, and `ZlibPrefix` says how the exception is kept away.
"""

import functools
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt


class Prefix(Protocol):
    """The compressor's state after the anchor."""

    def size_with(self, data: bytes) -> int:
        """Return the compressed bytes of ``anchor + data``; the state stays as it is."""

    def append(self, *records: bytes) -> object:
        """Put a group of records behind the anchor."""


@dataclass(frozen=True, slots=True)
class Build:
    """Which compressor this machine has; two machines may work together only if theirs are equal.

    Attributes:
        implementation: ``stock`` when the probe has the size that zlib of zlib.net gives at this level.
        library_version: as the library names itself.
        probe: compressed bytes of `probe_text` at the codec's level.
    """

    implementation: str
    library_version: str
    probe: int

    def agrees_with(self, other: "Build") -> bool:
        """Whether both compress alike: the version may differ (stock zlib's sizes have not changed)."""
        return self.probe == other.probe

    def as_dict(self) -> dict[str, object]:
        """Return the fields, as the manifest holds them."""
        return asdict(self)


class Codec(Protocol):
    """A way to measure redundancy."""

    @property
    def name(self) -> str:
        """The codec's name in the config."""

    @property
    def level(self) -> int:
        """The codec's effort, as its library counts it."""

    @property
    def window(self) -> int:
        """How many bytes back it sees."""

    def compressed_size(self, data: bytes) -> int:
        """Return the compressed bytes of `data` in one shot: the definition."""

    def compressed_sizes(self, payloads: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return `compressed_size` of each, shape (len(payloads),)."""

    def prefix(self) -> Prefix:
        """Return the state of an empty anchor."""

    def build(self) -> Build:
        """Probe this machine's compressor."""


@dataclass(frozen=True, slots=True)
class ZlibCodec:
    """RFC 1950 zlib (deflate with a 32 KiB window), Python's own `zlib`.

    >>> ZlibCodec(level=9).compressed_size(b"abc" * 100)
    14
    """

    LEVELS: ClassVar = range(1, 10)
    WINDOWS: ClassVar = [1 << 15]

    level: int = 9
    window: int = 1 << 15
    name: str = "zlib"

    def compressed_size(self, data: bytes) -> int:
        """Return ``len(zlib.compress(data, level))``."""
        return len(zlib.compress(data, self.level))

    def compressed_sizes(self, payloads: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return `compressed_size` of each, shape (len(payloads),)."""
        return np.fromiter(map(self.compressed_size, payloads), np.int64, len(payloads))

    def prefix(self) -> "ZlibPrefix":
        """Return the state of an empty anchor."""
        return ZlibPrefix(self.level)

    def build(self) -> Build:
        """Probe this machine's zlib at this level."""
        probe = self.compressed_size(probe_text())
        implementation = "stock" if probe == STOCK_PROBES[self.level] else "other"
        return Build(implementation, zlib.ZLIB_RUNTIME_VERSION, probe)


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
def probe_text() -> bytes:
    """Return a fixed text of 62,585 bytes: word-like, with repeats near and far, so that builds differ on it.

    Words of two to nine letters from a linear congruential generator (Knuth's MMIX constants), every eighth
    line a copy of one that went before.
    """
    state = 1
    lines: list[str] = []
    for number in range(800):
        words = []
        for _ in range(12):
            state = (state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
            word = state >> 52
            words.append("".join("etaoinshrdlu"[(word >> shift) % 12] for shift in range(word % 8 + 2)))
        lines.append(lines[number * 5 // 8] if number % 8 == 7 else " ".join(words))
    return "\n".join(lines).encode()
