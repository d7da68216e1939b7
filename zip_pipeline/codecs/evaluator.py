"""The evaluator: how large would the compressed anchor be with this candidate behind it?

Almost all the time of a selection is spent in this one question, so it is asked for many candidates at once
and answered on several threads. Any evaluator has to give the size of its codec's one-shot compression.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from zip_pipeline.codecs.base import Codec
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing

Places = Sequence[int] | npt.NDArray[np.int64]
Sizes = npt.NDArray[np.int64]


class Evaluator(Protocol):
    """An anchor, and the sizes of the sets ``anchor + [candidate]``; all sizes are in bytes."""

    name: str
    """Which evaluator it is, as the manifest says it."""

    def raw_sizes(self, places: Places) -> Sizes:
        """Return the raw sizes of the anchor with each of the candidates, shape (len(places),)."""

    def sizes(self, places: Places) -> Sizes:
        """Return the compressed sizes of the anchor with each of the candidates, shape (len(places),)."""

    def append(self, place: int) -> None:
        """Put a record behind the anchor."""

    def extend(self, places: Places) -> tuple[Sizes, Sizes]:
        """Put a round's picks behind the anchor; return its raw and compressed sizes with the first 1, 2, ..."""

    def clear(self) -> None:
        """Return to the empty anchor."""

    def sibling(self) -> Self:
        """Return another evaluator of the same payloads, with an empty anchor of its own."""


class FramedAnchor(ABC):
    """What evaluators share: the payloads, and the bytes that the framing puts around an anchor.

    Args:
        framing: the bytes around and between payloads.
        payloads: by place; may grow between calls.
        workers: threads.
    """

    def __init__(self, framing: Framing, payloads: Payloads, workers: int) -> None:
        self._framing, self._payloads, self._workers = framing, payloads, workers
        self._raw_bytes = 0

    def raw_sizes(self, places: Places) -> Sizes:
        """See `Evaluator`."""
        return self._payloads.lengths(places) + (self._raw_bytes + len(self._framing.close))

    @abstractmethod
    def sizes(self, places: Places) -> Sizes:
        """See `Evaluator`."""


class StreamAnchor(FramedAnchor):
    """An anchor that is one stream of bytes: it does not matter in which groups they came."""

    def append(self, place: int) -> None:
        """See `Evaluator`."""
        self._append(self._payloads[place] + self._framing.separator)

    def extend(self, places: Places) -> tuple[Sizes, Sizes]:
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
        """Put bytes behind the anchor's."""

    def _append(self, data: bytes) -> None:
        self._raw_bytes += len(data)
        self._extend(data)


class PrefixEvaluator(StreamAnchor):
    """Evaluates by a copy of the codec's prefix state for each candidate; works for every codec of streams.

    Args:
        codec: gives the prefix state, and lets go of the interpreter while it compresses.
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

    def sizes(self, places: Places) -> Sizes:
        """See `Evaluator`."""
        # Every nth record to the nth thread: candidates are sorted, and neighbours alike in length.
        sizes = np.empty(len(places), dtype=np.int64)
        if len(places) <= self._workers or self._workers == 1:
            sizes[:] = self._sizes_of(places)
            return sizes
        shares = [slice(worker, None, self._workers) for worker in range(self._workers)]
        done = self._threads.map(self._sizes_of, [places[share] for share in shares])
        for share, part in zip(shares, done, strict=True):
            sizes[share] = part
        return sizes

    def _sizes_of(self, places: Places) -> list[int]:
        size_with, payloads, close = self._prefix.size_with, self._payloads, self._framing.close
        return [size_with(payloads[place] + close) for place in places]

    def _clear(self) -> None:
        self._prefix = self._codec.prefix()

    def _extend(self, data: bytes) -> None:
        self._prefix.append(data)

    def sibling(self) -> "PrefixEvaluator":
        """See `Evaluator`."""
        return PrefixEvaluator(self._codec, self._framing, self._payloads, self._workers)


def set_sizes(codec: Codec, framing: Framing, payloads: Iterable[bytes], group: int = 1) -> tuple[int, int]:
    """Return the raw and the compressed bytes of a set, without ever holding it whole.

    Args:
        codec: measures.
        framing: the bytes around and between payloads.
        payloads: the set, in order.
        group: how many records at a time are put behind the others; it makes a difference to zstd.

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
