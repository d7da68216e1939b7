"""zstd as a measure of redundancy: the code length of a record, given what lies before it.

zstd has no state that could be copied, but it takes any bytes as a raw dictionary: history that a frame may
refer to. So the size of a set is defined by the chain rule of code lengths, C(a, b) = C(a) + C(b | a):

- Records come in groups, a round's picks in one. The size of a set is the sum over its groups of the size of
  one zstd frame each, in which every record ends with a flushed block and whose dictionary is the last
  `window` bytes of the groups before it. Behind the last flush a frame has no end mark, so the sizes after
  each record of the group add up.
- The size of a set with a candidate is the size of the set and that of one frame of the candidate alone, by
  the same dictionary.
- Frames have no magic number, content size, checksum or dictionary id. Tables are as large as half the window
  has positions (zstd's own choice for a level is made for speed, and forgets most of a window of 8 MB).

A frame pays for its own tables of literals and lengths, so a short record seems denser than it is when many are
compressed together, and a match is found within `window`, not within zlib's 32 KB.

Source: RFC 8878; zstd's manual on raw content dictionaries. The sizes are those of the libzstd inside
python-zstandard; `build` tells two of them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import zstandard

from zip_pipeline.codecs.base import Build, probe_text


@dataclass(frozen=True, slots=True)
class ZstdCodec:
    """zstd frames against up to `window` bytes of history.

    >>> codec = ZstdCodec()
    >>> codec.compressed_size(b"abc" * 100)
    15
    >>> History(codec, b"the cat sat on the mat").size(b"on the mat sat the cat")
    23
    """

    LEVELS: ClassVar = range(1, 20)
    WINDOWS: ClassVar = [1 << log for log in range(15, 28)]

    level: int = 3
    window: int = 8 << 20
    name: str = "zstd"

    def compressed_size(self, data: bytes) -> int:
        """Return the bytes of one frame without a dictionary."""
        return History(self, b"").size(data)

    def compressed_sizes(self, payloads: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return `compressed_size` of each, shape (len(payloads),)."""
        size = History(self, b"").size
        return np.fromiter(map(size, payloads), np.int64, len(payloads))

    def prefix(self) -> "ZstdPrefix":
        """Return the state of an empty anchor."""
        return ZstdPrefix(self)

    def build(self) -> Build:
        """Probe this machine's zstd: a frame by a dictionary, at this level and window."""
        text = probe_text()
        probe = History(self, text[: len(text) // 2]).size(text[len(text) // 2 :])
        return Build("libzstd", ".".join(map(str, zstandard.ZSTD_VERSION)), probe)

    def parameters(self) -> zstandard.ZstdCompressionParameters:
        """Return what a frame is made with."""
        tables = (self.window // 2).bit_length() - 1
        return zstandard.ZstdCompressionParameters.from_level(
            self.level,
            format=zstandard.FORMAT_ZSTD1_MAGICLESS,
            window_log=self.window.bit_length() - 1,
            hash_log=tables,
            chain_log=tables,
            write_content_size=False,
            write_checksum=False,
            write_dict_id=False,
        )


class History:
    """What frames may refer to, prepared once for many of them.

    Args:
        codec: says how far back, and how hard, to look.
        data: the history; its last `codec.window` bytes count.
    """

    def __init__(self, codec: ZstdCodec, data: bytes) -> None:
        parameters, known = codec.parameters(), data[-codec.window :]
        dictionary = None
        if len(known) >= 8:  # zstd ignores less
            dictionary = zstandard.ZstdCompressionDict(known, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
            dictionary.precompute_compress(compression_params=parameters)
        self._compressor = zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary)

    def size(self, data: bytes) -> int:
        """Return the bytes of one frame."""
        return len(self._compressor.compress(data))

    def sizes(
        self, flat: npt.NDArray[np.uint8], begins: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], threads: int
    ) -> npt.NDArray[np.int64]:
        """Return the bytes of one frame each of ``flat[begin:begin + length]``, from so many threads."""
        segments = np.stack([begins, lengths], axis=1).astype(np.uint64).tobytes()
        if not lengths.any():  # the library refuses to compress nothing at all
            return np.full(len(begins), self.size(b""))
        source = zstandard.BufferWithSegments(flat.data, segments)
        frames: Any = self._compressor.multi_compress_to_buffer(source, threads=threads)
        return np.fromiter(map(len, frames), np.int64, len(begins))

    def group_sizes(self, records: Sequence[bytes]) -> list[int]:
        """Return the bytes of one frame of all the records, up to the end of each."""
        stream: Any = self._compressor.compressobj()
        flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return list(accumulate(len(stream.compress(record)) + len(stream.flush(flush)) for record in records))


class ZstdPrefix:
    """An anchor by the chain rule; what one call of `append` brings is a group."""

    def __init__(self, codec: ZstdCodec) -> None:
        self._codec = codec
        self._size, self._known = 0, b""
        self._history: History | None = None

    @property
    def size(self) -> int:
        """Bytes of the anchor."""
        return self._size

    @property
    def history(self) -> History:
        """What a candidate's frame may refer to."""
        if self._history is None:
            self._history = History(self._codec, self._known)
        return self._history

    def size_with(self, data: bytes) -> int:
        """Return the size of the anchor with a frame of `data` behind it, if there is any."""
        return self._size + (self.history.size(data) if data else 0)

    def append(self, *records: bytes) -> list[int]:
        """Put a group of records behind the anchor; return its size after each of them."""
        sizes = [self._size + size for size in self.history.group_sizes(records)]
        self._size, self._history = sizes[-1], None
        self._known = b"".join([self._known, *records])[-self._codec.window :]
        return sizes
