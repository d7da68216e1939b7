"""Codecs: how many bytes a set compresses to, and a prefix state that answers it again and again.

What a `Codec` is; `zlib_codec` and `zstd_codec` are those that there are.
"""

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

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
        implementation: the library, or what takes its place.
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
    """A way to measure redundancy; a value, and as such hashable."""

    def __hash__(self) -> int: ...

    @property
    def name(self) -> str:
        """The codec's name in the config."""

    @property
    def level(self) -> int:
        """The codec's effort, as its library counts it."""

    @property
    def window(self) -> int:
        """How far back it sees, in bytes."""

    def compressed_size(self, data: bytes) -> int:
        """Return the compressed bytes of `data` in one shot: the definition."""

    def compressed_sizes(self, payloads: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return `compressed_size` of each, shape (len(payloads),)."""

    def prefix(self) -> Prefix:
        """Return the state of an empty anchor."""

    def build(self) -> Build:
        """Probe this machine's compressor."""


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
