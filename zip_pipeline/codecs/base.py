"""What a codec is: how many bytes data compresses to, and faster ways to ask that again and again.

The rest of the package knows codecs by these protocols alone. `zlib_codec`, `zstd_codec` and `null_codec` implement
`Codec`; `codecs.CODECS` holds those that a config may name, which are `ConfigurableCodec`s.

What this module does not do: compress, or choose an implementation.
"""

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zip_pipeline.records.payload_store import Payloads, Places
from zip_pipeline.records.render import Framing

PlacesLike = Sequence[int] | Places
"""Places of records in a `Payloads`, as an array or as any other sequence."""

Sizes = npt.NDArray[np.int64]
"""Bytes, one value a record."""


@dataclass(frozen=True, slots=True)
class Build:
    """Which compressor this machine has; two machines may work together only if theirs agree.

    Attributes:
        implementation: the library, or what replaces it.
        library_version: the library's own version string.
        probe: compressed bytes of `probe_text` at the codec's level.
    """

    implementation: str
    library_version: str
    probe: int

    def agrees_with(self, other: "Build") -> bool:
        """Whether both give the probe the same size; versions may differ, as stock zlib's sizes have not changed."""
        return self.probe == other.probe

    def as_dict(self) -> dict[str, object]:
        """Return the fields, as the manifest holds them."""
        return asdict(self)


class Prefix(Protocol):
    """A compressor's state after the anchor, a set of records that grows."""

    def size_with(self, data: bytes) -> int:
        """Return the compressed bytes of ``anchor + data``; the state stays as it is."""

    def append(self, *records: bytes) -> object:
        """Add a group of records to the anchor."""


class Stream(Protocol):
    """A long text compressed piece by piece, without holding it; all sizes are in bytes.

    A stream may begin after a context: text that it can refer to, and that does not count. So a text cut into
    shards is measured as if it were whole: the context of each shard is the end of the one before. How the text is
    cut into calls of `append` changes no size.
    """

    def append(self, data: bytes) -> None:
        """Add text."""

    def begin(self) -> None:
        """Make the text so far the context."""

    def mark(self) -> int:
        """Return what was added since the last mark, or since the beginning."""

    def end(self) -> int:
        """Return the size of all text after the context; the stream is over."""


class Evaluator(Protocol):
    """An anchor, and the sizes of ``anchor + [candidate]`` for many candidates at once; all sizes are in bytes.

    A selection spends almost all its time here. Records are named by their places in a `Payloads`. Every evaluator
    gives the sizes of its codec's one-shot compression.
    """

    name: str
    """Which evaluator it is, as the manifest names it."""

    @property
    def compiles_first(self) -> bool:
        """Whether the first call has to compile the evaluator, which takes seconds."""

    def raw_sizes(self, places: PlacesLike) -> Sizes:
        """Return the raw sizes of the anchor with each candidate, shape (len(places),)."""

    def sizes(self, places: PlacesLike) -> Sizes:
        """Return the compressed sizes of the anchor with each candidate, shape (len(places),)."""

    def append(self, place: int) -> None:
        """Add a record to the anchor."""

    def extend(self, places: PlacesLike) -> tuple[Sizes, Sizes]:
        """Add a round's picks to the anchor; return its raw and compressed sizes after each, shape (len(places),)."""

    def clear(self) -> None:
        """Return to the empty anchor."""

    def sibling(self) -> Self:
        """Return another evaluator of the same payloads, with an empty anchor of its own."""


class StreamCodec(Protocol):
    """A way to measure the redundancy of whole sets; a hashable, picklable value."""

    def __hash__(self) -> int: ...

    @property
    def name(self) -> str:
        """The codec's name in the config."""

    @property
    def level(self) -> int:
        """The codec's effort, on its library's scale."""

    @property
    def window(self) -> int:
        """How many bytes back a match may reach."""

    def compressed_size(self, data: bytes) -> int:
        """Return the compressed bytes of `data` in one shot: the definition."""

    def stream(self) -> Stream:
        """Return an empty stream."""

    def build(self) -> Build:
        """Probe this machine's compressor."""


class Codec(StreamCodec, Protocol):
    """A way to measure the redundancy of records as well, alone and after an anchor, as rules need it."""

    def record_sizes(self, payloads: pa.BinaryArray) -> Sizes:
        """Return `compressed_size` of each payload, shape (len(payloads),), by the fastest way; none may be null."""

    def prefix(self) -> Prefix:
        """Return the state of an empty anchor."""

    def evaluator(self, framing: Framing, payloads: Payloads, workers: int = 1) -> Evaluator:
        """Return the fastest evaluator that this machine has; they all give the same sizes.

        Args:
            framing: the bytes around and between payloads.
            payloads: may grow between calls of the evaluator.
            workers: threads.
        """


class ConfigurableCodec(Codec, Protocol):
    """A codec that a config may name: what the config checks before it makes one.

    Level and window both have a default, so that the class may be called without arguments.
    """

    LEVELS: ClassVar[Sequence[int]]
    """The levels, ascending and without gaps."""

    WINDOWS: ClassVar[Sequence[int]]
    """The windows in bytes, ascending: every power of two from the first to the last."""

    APPENDS_ONE_RECORD: ClassVar[bool]
    """Whether an anchor grows by one record at the cost of that record, as rules that measure after every pick need."""

    def __init__(self, level: int = ..., window: int = ...) -> None: ...

    @classmethod
    def longest_window(cls, level: int) -> int:
        """Return the longest window that a level has, in bytes."""


@functools.cache
def probe_text() -> bytes:
    """Return a fixed text of 62,585 bytes: word-like, with repeats near and far, so that builds differ on it.

    Words of two to nine letters come from a linear congruential generator (Knuth's MMIX constants). Every eighth
    line repeats an earlier one.
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
