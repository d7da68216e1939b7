"""ZPAQ as a measure of redundancy: the strongest compressor of text here, for `measure` alone.

Levels 4 and 5 mix the predictions of many models of the bytes before (Mahoney's libzpaq, by the package ``zpaq``, which
the extra ``zpaq`` brings). Levels 1 to 3 look for repetition first. A block of up to `BLOCK` bytes is modelled as a
whole.

The library takes a text whole and shows no size on the way. So a stream keeps its text. The size after a context is
that of both together less that of the context. What a part of the text adds is said by PPMd, which reads on the way:
only the interval of a ratio is drawn from these numbers, which are scaled to the size of the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import ClassVar

from zip_pipeline.codecs.base import Build, Stream, probe_text
from zip_pipeline.codecs.ppmd_codec import PpmdCodec
from zip_pipeline.errors import SetupError

BLOCK = (64 << 20) - 4096
"""Bytes that ZPAQ models as a whole; what lies beyond begins anew, and knows nothing of what was before."""

_BLOCK_LOG = 6  # of megabytes, as the library's methods have it


@dataclass(frozen=True, slots=True)
class ZpaqCodec:
    """ZPAQ at a level; `window` is the lead of a shard, in bytes.

    ::

        ZpaqCodec().compressed_size(b"the cat sat on the mat. " * 40)  # 403: its models stand in the head of a block
    """

    LEVELS: ClassVar[Sequence[int]] = range(1, 6)
    WINDOWS: ClassVar[Sequence[int]] = [1 << log for log in range(20, 24)]

    level: int = 5
    window: int = 8 << 20
    name: str = "zpaq"

    def compressed_size(self, data: bytes) -> int:
        """Return the compressed bytes of `data` in one shot, by one thread: more threads cut it into blocks.

        Raises:
            SetupError: when the package is missing.
        """
        _require_package()
        from zpaq import compress

        return len(compress(data, method=f"{self.level}{_BLOCK_LOG}", threads=1, hints=False, verify=False))

    def stream(self) -> "ZpaqStream":
        """Return an empty stream.

        Raises:
            SetupError: when the package is missing.
        """
        return ZpaqStream(self)

    def build(self) -> Build:
        """Probe this machine's ZPAQ."""
        probe = self.compressed_size(probe_text())
        return Build("ZPAQ by the package zpaq", version("zpaq"), probe)


class ZpaqStream:
    """See `base.Stream`. It holds its text; what `mark` returns is said by PPMd, and does not sum up to the size."""

    def __init__(self, codec: ZpaqCodec) -> None:
        _require_package()
        self._codec, self._text, self._context = codec, bytearray(), 0
        self._marks: Stream = PpmdCodec().stream()

    def append(self, data: bytes) -> None:
        """See `Stream`."""
        self._text += data
        self._marks.append(data)

    def begin(self) -> None:
        """See `Stream`."""
        self._context = self._codec.compressed_size(bytes(self._text))
        self._marks.begin()

    def mark(self) -> int:
        """See `Stream`; by PPMd."""
        return self._marks.mark()

    def end(self) -> int:
        """See `Stream`."""
        return self._codec.compressed_size(bytes(self._text)) - self._context


def _require_package() -> None:
    if find_spec("zpaq") is None:
        raise SetupError("codec zpaq: this Python has no package zpaq; install zip-pipeline[zpaq]")
