"""PPMd as a measure of redundancy: a strong compressor of text, for `measure` alone.

It predicts each byte from the ones before it, up to `order` of them, and an arithmetic coder writes it (Shkarin's
PPMd, variant I, as in 7-Zip and by ``pyppmd``). Its memory holds the statistics of all text so far, not a window of it.
When the memory is full, it forgets what is seldom used.

There is no fast way to ask it again and again, and no copy of its state. So it is a `StreamCodec` and no `Codec`: it
measures whole sets, and no rule can choose by it.
"""

from dataclasses import dataclass
from typing import Any

from zip_pipeline.codecs.base import Build, probe_text


@dataclass(frozen=True, slots=True)
class PpmdCodec:
    """PPMd with contexts of up to `order` bytes, and `memory` bytes for their statistics.

    >>> PpmdCodec().compressed_size(b"the cat sat on the mat. " * 40)
    29
    """

    order: int = 8
    memory: int = 64 << 20
    name: str = "ppmd"

    @property
    def level(self) -> int:
        """The order."""
        return self.order

    @property
    def window(self) -> int:
        """The memory: a shard's lead is as long, which is enough to fill the statistics with what they would hold."""
        return self.memory

    def compressed_size(self, data: bytes) -> int:
        """Return the compressed bytes of `data` in one shot."""
        stream = self.stream()
        stream.append(data)
        return stream.end()

    def stream(self) -> "PpmdStream":
        """Return an empty stream."""
        return PpmdStream(self)

    def build(self) -> Build:
        """Probe this machine's PPMd."""
        from pyppmd import __version__

        return Build("PPMd variant I by pyppmd", __version__, self.compressed_size(probe_text()))


class PpmdStream:
    """See `base.Stream`. What the coder holds back, a few bytes, counts for the next mark."""

    def __init__(self, codec: PpmdCodec) -> None:
        from pyppmd import Ppmd8Encoder

        self._encoder: Any = Ppmd8Encoder(codec.order, codec.memory)
        self._size = self._since_mark = 0

    def append(self, data: bytes) -> None:
        """See `Stream`."""
        added = len(self._encoder.encode(data))
        self._size, self._since_mark = self._size + added, self._since_mark + added

    def begin(self) -> None:
        """See `Stream`."""
        self._size = self._since_mark = 0

    def mark(self) -> int:
        """See `Stream`."""
        since_mark, self._since_mark = self._since_mark, 0
        return since_mark

    def end(self) -> int:
        """See `Stream`."""
        return self._size + len(self._encoder.flush())
