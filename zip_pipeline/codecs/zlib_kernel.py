"""The evaluator behind zlib's lazy levels and longer windows: exact sizes from `deflate.size`, no byte emitted."""

import numpy as np

from zip_pipeline.codecs.base import Codec
from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
from zip_pipeline.codecs.deflate.entry_points import evaluate, evaluate_again, extend
from zip_pipeline.codecs.deflate.jit_cache import is_compiled
from zip_pipeline.codecs.deflate.shortlist import DeflateShortlist
from zip_pipeline.codecs.evaluator import Places, Sizes, StreamAnchor
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing


class KernelEvaluator(StreamAnchor):
    """Evaluates with the deflate-size kernel, `ZlibCodec.KERNEL_LEVELS`.

    Candidates that were all among those of the call before are expected to come back again, as in stage 3: they
    become a shortlist, whose matches are remembered.

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
        self._asked = np.empty(0, dtype=np.int64)
        self._shortlist: DeflateShortlist | None = None
        self.clear()

    @staticmethod
    def compiles_first() -> bool:
        """Whether no run has compiled all of the kernel yet, as after an installation."""
        return not all(map(is_compiled, (extend, evaluate, evaluate_again)))

    def sizes(self, places: Places) -> Sizes:
        """See `Evaluator`."""
        payloads, close = self._payloads, self._framing.close
        indices = np.asarray(places, dtype=np.int64)
        if self._shortlist is None or not self._shortlist.holds(indices):
            comes_back = 0 < indices.size <= self._asked.size and np.isin(indices, self._asked).all()
            self._asked = indices
            if not comes_back:
                self._shortlist = None
                return self._anchor.sizes(payloads.flat, payloads.offsets, indices, close, self._workers)
            self._shortlist = DeflateShortlist(self._anchor, payloads.flat, payloads.offsets, indices, close)
        return self._shortlist.sizes(indices, self._workers)

    def extend(self, places: Places) -> tuple[Sizes, Sizes]:
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
        self._asked = self._asked[:0]
        self._shortlist = None

    def _extend(self, data: bytes) -> None:
        self._anchor.append(data)

    def sibling(self) -> "KernelEvaluator":
        """See `Evaluator`."""
        return KernelEvaluator(self._codec, self._framing, self._payloads, self._workers)
