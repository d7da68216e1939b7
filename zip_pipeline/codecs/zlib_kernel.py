"""zlib by the deflate-size kernel: the exact sizes of zlib's lazy levels and of longer windows, with no byte emitted.

This is the only module outside `deflate` that needs Numba when it is imported; `zlib_codec` imports it where it is
used.
"""

import numpy as np

from zip_pipeline.codecs.base import Codec, PlacesLike, Sizes
from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
from zip_pipeline.codecs.deflate.entry_points import evaluate, evaluate_again, extend
from zip_pipeline.codecs.deflate.shortlist import DeflateShortlist
from zip_pipeline.codecs.evaluator import StreamAnchor
from zip_pipeline.jit_cache import is_compiled
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing


class KernelPrefix:
    """An anchor inside the deflate-size kernel."""

    def __init__(self, anchor: DeflateAnchor) -> None:
        self._anchor = anchor

    def size_with(self, data: bytes) -> int:
        """See `Prefix`."""
        return self._anchor.size(data)

    def append(self, *records: bytes) -> None:
        """See `Prefix`."""
        self._anchor.append(b"".join(records))


class KernelEvaluator(StreamAnchor):
    """Evaluates with the deflate-size kernel, at `ZlibCodec.KERNEL_LEVELS`.

    A call whose candidates were all in the call before means that they will come back, as in stage 3 of a round.
    Such candidates become a shortlist, which remembers their matches.

    Args:
        codec: zlib; the kernel gives the stock library's sizes, and the model's for a longer window.
        framing: see `FramedAnchor`.
        payloads: see `FramedAnchor`.
        workers: see `FramedAnchor`.
    """

    name = "deflate-size kernel"

    def __init__(self, codec: Codec, framing: Framing, payloads: Payloads, workers: int = 1) -> None:
        super().__init__(framing, payloads, workers)
        self._codec = codec
        self._anchor = DeflateAnchor(codec.level, codec.window)
        self._last_candidates = np.empty(0, dtype=np.int64)
        self._shortlist: DeflateShortlist | None = None
        self.clear()

    @property
    def compiles_first(self) -> bool:
        """Whether no process of this user has compiled the whole kernel yet, as after an installation."""
        return not all(map(is_compiled, (extend, evaluate, evaluate_again)))

    def sizes(self, places: PlacesLike) -> Sizes:
        """See `Evaluator`."""
        payloads, close = self._payloads, self._framing.close
        indices = np.asarray(places, dtype=np.int64)
        if self._shortlist is None or not self._shortlist.holds(indices):
            last = self._last_candidates
            comes_back = 0 < indices.size <= last.size and np.isin(indices, last).all()
            self._last_candidates = indices
            if not comes_back:
                self._shortlist = None
                return self._anchor.sizes(payloads.flat, payloads.offsets, indices, close, self._workers)
            self._shortlist = DeflateShortlist(self._anchor, payloads.flat, payloads.offsets, indices, close)
        return self._shortlist.sizes(indices, self._workers)

    def extend(self, places: PlacesLike) -> tuple[Sizes, Sizes]:
        """See `Evaluator`; each record is parsed once, as a part of the anchor."""
        raw, compressed = np.empty((2, len(places)), dtype=np.int64)
        for index, place in enumerate(places):
            raw[index] = self.raw_sizes([place])[0]
            self._append(self._payloads[place])
            compressed[index] = self._anchor.size(self._framing.close)
            self._append(self._framing.separator)
        return raw, compressed

    def _clear(self) -> None:
        self._anchor.reset()
        self._last_candidates = self._last_candidates[:0]
        self._shortlist = None

    def _extend(self, data: bytes) -> None:
        self._anchor.append(data)

    def sibling(self) -> "KernelEvaluator":
        """See `Evaluator`."""
        return KernelEvaluator(self._codec, self._framing, self._payloads, self._workers)


def ready_anchor(level: int, *, compiles: bool) -> DeflateAnchor | None:
    """Return an empty anchor whose machine code is loaded; None if it would have to be compiled and may not be.

    Args:
        level: 4 to 9.
        compiles: whether it may be compiled, which takes seconds.
    """
    if not (compiles or is_compiled(evaluate)):
        return None
    anchor = DeflateAnchor(level)
    anchor.size(b"")
    return anchor
