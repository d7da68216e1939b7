"""The evaluator behind zstd: frames by a dictionary, which is prepared when an anchor is first asked about."""

import numpy as np

from zip_pipeline.codecs.evaluator import FramedAnchor, Places, Sizes
from zip_pipeline.codecs.zstd_codec import ZstdCodec, ZstdPrefix
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing


class ZstdEvaluator(FramedAnchor):
    """Evaluates by the chain rule; see `zstd_codec`.

    Args:
        codec: zstd.
        framing: puts bytes between payloads only; each goes with the payload behind it.
        payloads: see `FramedAnchor`.
        workers: see `FramedAnchor`.
    """

    name = "zstd frames by a dictionary"

    def __init__(self, codec: ZstdCodec, framing: Framing, payloads: Payloads, workers: int = 1) -> None:
        super().__init__(framing, payloads, workers)
        self._codec = codec
        self.clear()

    def sizes(self, places: Places) -> Sizes:
        """See `Evaluator`."""
        begins, lengths = self._payloads.offsets[:-1][places], self._payloads.lengths(places)
        return self._prefix.size + self._prefix.history.sizes(self._payloads.flat, begins, lengths, self._workers)

    def append(self, place: int) -> None:
        """See `Evaluator`."""
        self.extend([place])

    def extend(self, places: Places) -> tuple[Sizes, Sizes]:
        """See `Evaluator`."""
        separator = self._framing.separator
        records = [self._payloads[place] for place in places]
        group = [
            record if self._raw_bytes == number == 0 else separator + record for number, record in enumerate(records)
        ]
        after = np.cumsum([len(record) + len(separator) for record in records])
        raw = self._raw_bytes + after - len(separator)
        self._raw_bytes += int(after[-1])
        return raw, np.array(self._prefix.append(*group))

    def clear(self) -> None:
        """See `Evaluator`."""
        self._raw_bytes = 0
        self._prefix = ZstdPrefix(self._codec)

    def sibling(self) -> "ZstdEvaluator":
        """See `Evaluator`."""
        return ZstdEvaluator(self._codec, self._framing, self._payloads, self._workers)
