"""Codecs: how many bytes a set compresses to, and a prefix state that answers it again and again.

The definition of a size is always the one-shot one, ``len(zlib.compress(data, level))``. A `Prefix` answers
the same question for ``anchor + data`` without compressing the anchor again: deflate depends on the byte
stream alone, not on how it is fed, so what was already emitted for the anchor never changes.

Not quite, and `ZlibPrefix` says how the exception is kept away.
"""

import functools
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from zip_pipeline.errors import ConfigError

if TYPE_CHECKING:
    from zip_pipeline.core.deflate_prefix import DeflatePrefix


class Prefix(Protocol):
    """The compressor's state after the anchor."""

    def size_with(self, data: bytes) -> int:
        """Return the compressed bytes of ``anchor + data``; the state stays as it is."""

    def append(self, data: bytes) -> None:
        """Put `data` behind the anchor."""


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
        """The codec's name in `CODECS`."""

    @property
    def level(self) -> int:
        """The codec's effort, as its library counts it."""

    @property
    def window(self) -> int:
        """How far back the codec remembers, in bytes."""

    def compressed_size(self, data: bytes) -> int:
        """Return the compressed bytes of `data` in one shot: the definition."""

    def prefix(self) -> Prefix:
        """Return the state of an empty anchor."""

    def build(self) -> Build:
        """Probe this machine's compressor."""


@dataclass(frozen=True, slots=True)
class ZlibCodec:
    """RFC 1950 zlib (deflate with a 32 KiB window), Python's own `zlib`.

    >>> ZlibCodec(level=9).compressed_size(b"abc" * 100)
    15

    With a longer window, a power of two up to 1 GiB, sizes are those of the long-memory model that `deflate_far`
    defines. It is deflate with a longer reach, so that short data has zlib's size. It wants Numba and a level
    from 4 to 9; without them ConfigError is raised.
    """

    level: int = 9
    name: str = "zlib"
    window: int = 32768

    ZLIB_WINDOW: ClassVar[int] = 32768
    REACH: ClassVar[int] = 32506
    """Data up to this size has zlib's size whatever the window."""

    def __post_init__(self) -> None:
        if self.window != self.ZLIB_WINDOW:
            self._deflate_prefix()

    def compressed_size(self, data: bytes) -> int:
        """Return ``len(zlib.compress(data, level))``, or the model's size with a longer window."""
        if self.window == self.ZLIB_WINDOW or (len(data) <= self.REACH and self.build().implementation == "stock"):
            return len(zlib.compress(data, self.level))
        prefix = self._deflate_prefix()
        prefix.append(data)
        return prefix.size_with(b"")

    def prefix(self) -> "ZlibPrefix | DeflatePrefix":
        """Return the state of an empty anchor."""
        return ZlibPrefix(self.level) if self.window == self.ZLIB_WINDOW else self._deflate_prefix()

    def build(self) -> Build:
        """Probe this machine's zlib at this level."""
        return _zlib_build(self.level)

    def _deflate_prefix(self) -> "DeflatePrefix":
        try:
            from zip_pipeline.core.deflate_prefix import DeflatePrefix
        except ImportError as exc:
            message = f"codec.window of {self.window} needs Numba, which is not installed; expected {self.ZLIB_WINDOW}"
            raise ConfigError(message) from exc
        try:
            return DeflatePrefix(self.level, self.window)
        except ValueError as exc:
            raise ConfigError(f"codec.window of {self.window} at codec.level {self.level}: {exc}") from exc


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

    def append(self, data: bytes) -> None:
        """Put `data` behind the anchor."""
        waiting = self._held + data
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


CODECS = {"zlib": ZlibCodec}

STOCK_PROBES = {1: 22426, 2: 20925, 3: 18926, 4: 18909, 5: 17639, 6: 16597, 7: 16292, 8: 16203, 9: 16203}
"""Compressed bytes of `probe_text` by level under stock zlib (seen with 1.2.13)."""


@functools.cache
def _zlib_build(level: int) -> Build:
    probe = len(zlib.compress(probe_text(), level))
    return Build("stock" if probe == STOCK_PROBES[level] else "other", zlib.ZLIB_RUNTIME_VERSION, probe)


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
