"""Evaluators and streams that work for any codec with a prefix state.

What this module does not do: know a codec. The faster ways of one are in its own module: `zlib_kernel`, `zstd_codec`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np

from zip_pipeline.codecs.base import Codec, PlacesLike, Prefix, Sizes
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing


class FramedAnchor(ABC):
    """What all evaluators share: the payloads, and the bytes that the framing puts around an anchor.

    Args:
        framing: the bytes around and between payloads.
        payloads: by place; may grow between calls.
        workers: threads.
    """

    def __init__(self, framing: Framing, payloads: Payloads, workers: int) -> None:
        self._framing, self._payloads, self._workers = framing, payloads, workers
        self._raw_bytes = 0

    @property
    def compiles_first(self) -> bool:
        """See `Evaluator`."""
        return False

    def raw_sizes(self, places: PlacesLike) -> Sizes:
        """See `Evaluator`."""
        return self._payloads.lengths(places) + (self._raw_bytes + len(self._framing.close))

    @abstractmethod
    def sizes(self, places: PlacesLike) -> Sizes:
        """See `Evaluator`."""


class StreamAnchor(FramedAnchor):
    """An anchor that is one stream of bytes: how its records were grouped does not matter."""

    def append(self, place: int) -> None:
        """See `Evaluator`."""
        self._append(self._payloads[place] + self._framing.separator)

    def extend(self, places: PlacesLike) -> tuple[Sizes, Sizes]:
        """See `Evaluator`."""
        raw, compressed = np.empty((2, len(places)), dtype=np.int64)
        for index, place in enumerate(places):
            raw[index], compressed[index] = self.raw_sizes([place])[0], self.sizes([place])[0]
            self.append(place)
        return raw, compressed

    def clear(self) -> None:
        """See `Evaluator`."""
        self._raw_bytes = 0
        self._clear()
        self._append(self._framing.open)

    @abstractmethod
    def _clear(self) -> None:
        """Forget the anchor's bytes."""

    @abstractmethod
    def _extend(self, data: bytes) -> None:
        """Add bytes to the anchor."""

    def _append(self, data: bytes) -> None:
        self._raw_bytes += len(data)
        self._extend(data)


class PrefixEvaluator(StreamAnchor):
    """Evaluates each candidate with a copy of the codec's prefix state.

    Args:
        codec: its prefix state must not hold the interpreter's lock while it compresses, or threads gain nothing.
        framing: see `FramedAnchor`.
        payloads: see `FramedAnchor`.
        workers: see `FramedAnchor`.
    """

    name = "prefix state"

    def __init__(self, codec: Codec, framing: Framing, payloads: Payloads, workers: int = 1) -> None:
        super().__init__(framing, payloads, workers)
        self._codec = codec
        self._threads = ThreadPoolExecutor(workers)
        self.clear()

    def sizes(self, places: PlacesLike) -> Sizes:
        """See `Evaluator`."""
        # Every nth record goes to the nth thread: candidates are sorted, and neighbours have similar lengths.
        sizes = np.empty(len(places), dtype=np.int64)
        if len(places) <= self._workers or self._workers == 1:
            sizes[:] = self._sizes_of(places)
            return sizes
        shares = [slice(worker, None, self._workers) for worker in range(self._workers)]
        parts = self._threads.map(self._sizes_of, [places[share] for share in shares])
        for share, part in zip(shares, parts, strict=True):
            sizes[share] = part
        return sizes

    def _sizes_of(self, places: PlacesLike) -> list[int]:
        size_with, payloads, close = self._prefix.size_with, self._payloads, self._framing.close
        return [size_with(payloads[place] + close) for place in places]

    def _clear(self) -> None:
        self._prefix = self._codec.prefix()

    def _extend(self, data: bytes) -> None:
        self._prefix.append(data)

    def sibling(self) -> "PrefixEvaluator":
        """See `Evaluator`."""
        return PrefixEvaluator(self._codec, self._framing, self._payloads, self._workers)


class PrefixStream:
    r"""A stream inside a codec's prefix state; a mark is what the closed stream has grown by.

    >>> from zip_pipeline.codecs.zlib_codec import ZlibCodec
    >>> stream = PrefixStream(ZlibCodec().prefix())
    >>> stream.append(b"the cat sat on the mat")
    >>> stream.begin()
    >>> stream.append(b"the cat sat on the mat\n" * 2)
    >>> stream.mark(), stream.end()
    (6, 6)
    """

    def __init__(self, prefix: Prefix) -> None:
        self._prefix = prefix
        self._size_at_begin = self._size_at_mark = 0

    def append(self, data: bytes) -> None:
        """See `Stream`."""
        self._prefix.append(data)

    def begin(self) -> None:
        """See `Stream`."""
        self._size_at_begin = self._size_at_mark = self._prefix.size_with(b"")

    def mark(self) -> int:
        """See `Stream`."""
        before, self._size_at_mark = self._size_at_mark, self._prefix.size_with(b"")
        return self._size_at_mark - before

    def end(self) -> int:
        """See `Stream`; without a context it is the codec's one-shot size."""
        return self._prefix.size_with(b"") - self._size_at_begin


def set_sizes(codec: Codec, framing: Framing, payloads: Iterable[bytes], group: int = 1) -> tuple[int, int]:
    """Return the raw and the compressed bytes of a set, without ever holding it whole.

    Args:
        codec: compresses the set.
        framing: the bytes around and between payloads.
        payloads: the set, in order.
        group: records that are appended at a time; it changes the sizes of zstd alone.

    >>> from zip_pipeline.codecs.zlib_codec import ZlibCodec
    >>> set_sizes(ZlibCodec(), Framing(b"[", b", ", b"]"), [b"one", b"two"])
    (10, 18)
    """
    prefix, raw, before, rest = codec.prefix(), 0, framing.open, iter(payloads)
    while part := list(islice(rest, group)):
        records = [(framing.separator if number else before) + payload for number, payload in enumerate(part)]
        prefix.append(*records)
        raw, before = raw + sum(map(len, records)), framing.separator
    end = framing.close if raw else framing.open + framing.close
    return raw + len(end), prefix.size_with(end)
