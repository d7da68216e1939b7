"""zstd as a measure of redundancy: the code length of a record, given the records before it.

zstd has no state that could be copied. But it takes any bytes as a raw dictionary, which is history that a frame may
refer to. So the chain rule of code lengths, C(a, b) = C(a) + C(b | a), defines the size of a set:

- Records come in groups; a round's picks are one. Each group is one zstd frame. In it every record ends with a flushed
  block, and its dictionary is the last `window` bytes of the groups before. The size of a set is the sum of its
  groups' frames. After the last flush a frame has no end mark, so the sizes of a group's records add up.
- A set with a candidate has the size of the set, plus that of one frame of the candidate alone with the same
  dictionary.
- Frames have no magic number, content size, checksum or dictionary id. Hash tables have half as many slots as the
  window has bytes. zstd's own choice for a level is made for speed, and forgets most of a window of 8 MB.

Each frame pays for its own tables of literals and lengths. So a short record seems denser than it is when many are
compressed together. A match reaches as far back as `window`, not as far as zlib's 32 KB.

Source: RFC 8878; zstd's manual on raw content dictionaries. The sizes are those of the libzstd inside
python-zstandard; `build` tells two versions apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import zstandard

from zip_pipeline.codecs.base import Build, PlacesLike, Sizes, probe_text
from zip_pipeline.codecs.evaluator import FramedAnchor
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing


@dataclass(frozen=True, slots=True)
class ZstdCodec:
    """zstd frames with up to `window` bytes of history.

    >>> codec = ZstdCodec()
    >>> codec.compressed_size(b"abc" * 100)
    15
    >>> History(codec, b"the cat sat on the mat").size(b"on the mat sat the cat")
    23
    """

    LEVELS: ClassVar[Sequence[int]] = range(1, 20)
    WINDOWS: ClassVar[Sequence[int]] = [1 << log for log in range(15, 28)]
    APPENDS_ONE_RECORD: ClassVar[bool] = False

    level: int = 3
    window: int = 8 << 20
    name: str = "zstd"

    @classmethod
    def longest_window(cls, level: int) -> int:  # noqa: ARG003
        """Return the longest window, in bytes; it is the same at every level."""
        return cls.WINDOWS[-1]

    def compressed_size(self, data: bytes) -> int:
        """Return the bytes of one frame without a dictionary."""
        return History(self, b"").size(data)

    def record_sizes(self, payloads: pa.BinaryArray) -> Sizes:
        """See `Codec`."""
        size = History(self, b"").size
        return np.fromiter(map(size, payloads.to_pylist()), np.int64, len(payloads))

    def prefix(self) -> "ZstdPrefix":
        """Return the state of an empty anchor."""
        return ZstdPrefix(self)

    def evaluator(self, framing: Framing, payloads: Payloads, workers: int = 1) -> "ZstdEvaluator":
        """See `Codec`."""
        return ZstdEvaluator(self, framing, payloads, workers)

    def stream(self) -> "ZstdStream":
        """Return an empty stream.

        Its size is that of zstd's streams, which do not know how much will come: within 0.3 % of one shot on 20 MB.
        """
        return ZstdStream(self)

    def build(self) -> Build:
        """Probe this machine's zstd: one frame with a dictionary, at this level and window."""
        text = probe_text()
        probe = History(self, text[: len(text) // 2]).size(text[len(text) // 2 :])
        return Build("libzstd", ".".join(map(str, zstandard.ZSTD_VERSION)), probe)

    def parameters(self) -> zstandard.ZstdCompressionParameters:
        """Return the parameters of every frame."""
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
    """Bytes that frames may refer to, prepared once for many frames.

    Args:
        codec: its level and window hold for all frames.
        data: only the last `codec.window` bytes count.
    """

    def __init__(self, codec: ZstdCodec, data: bytes) -> None:
        parameters, text = codec.parameters(), data[-codec.window :]
        dictionary = None
        if len(text) >= 8:  # zstd ignores less
            dictionary = zstandard.ZstdCompressionDict(text, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
            dictionary.precompute_compress(compression_params=parameters)
        self._compressor = zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary)

    def size(self, data: bytes) -> int:
        """Return the bytes of one frame."""
        return len(self._compressor.compress(data))

    def sizes(
        self, flat: npt.NDArray[np.uint8], begins: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], threads: int
    ) -> Sizes:
        """Return the bytes of one frame for each ``flat[begin:begin + length]``, shape (len(begins),)."""
        segments = np.stack([begins, lengths], axis=1).astype(np.uint64).tobytes()
        if not lengths.any():  # the library refuses to compress nothing at all
            return np.full(len(begins), self.size(b""))
        source = zstandard.BufferWithSegments(flat.data, segments)
        frames: Any = self._compressor.multi_compress_to_buffer(source, threads=threads)
        return np.fromiter(map(len, frames), np.int64, len(begins))

    def group_sizes(self, records: Sequence[bytes]) -> list[int]:
        """Return the bytes of one frame of all records, up to the end of each record."""
        stream: Any = self._compressor.compressobj()
        flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return list(accumulate(len(stream.compress(record)) + len(stream.flush(flush)) for record in records))


class ZstdPrefix:
    """An anchor by the chain rule; the records of one call of `append` are a group."""

    def __init__(self, codec: ZstdCodec) -> None:
        self._codec = codec
        self._size, self._text = 0, b""
        self._history: History | None = None

    @property
    def size(self) -> int:
        """Bytes of the compressed anchor."""
        return self._size

    @property
    def history(self) -> History:
        """The history of a candidate's frame; prepared when it is first needed."""
        if self._history is None:
            self._history = History(self._codec, self._text)
        return self._history

    def size_with(self, data: bytes) -> int:
        """Return the size of the anchor, and of a frame of `data` unless that is empty."""
        return self._size + (self.history.size(data) if data else 0)

    def append(self, *records: bytes) -> list[int]:
        """Add a group of records to the anchor; return its size after each of them."""
        sizes = [self._size + size for size in self.history.group_sizes(records)]
        self._size, self._history = sizes[-1], None
        self._text = b"".join([self._text, *records])[-self._codec.window :]
        return sizes


class ZstdEvaluator(FramedAnchor):
    """Evaluates by the chain rule.

    Args:
        codec: zstd.
        framing: has a separator only; it belongs to the payload that follows it.
        payloads: see `FramedAnchor`.
        workers: see `FramedAnchor`.
    """

    name = "zstd frames by a dictionary"

    def __init__(self, codec: ZstdCodec, framing: Framing, payloads: Payloads, workers: int = 1) -> None:
        super().__init__(framing, payloads, workers)
        self._codec = codec
        self.clear()

    def sizes(self, places: PlacesLike) -> Sizes:
        """See `Evaluator`."""
        begins, lengths = self._payloads.offsets[:-1][places], self._payloads.lengths(places)
        return self._prefix.size + self._prefix.history.sizes(self._payloads.flat, begins, lengths, self._workers)

    def append(self, place: int) -> None:
        """See `Evaluator`."""
        self.extend([place])

    def extend(self, places: PlacesLike) -> tuple[Sizes, Sizes]:
        """See `Evaluator`."""
        separator = self._framing.separator
        records = [self._payloads[place] for place in places]
        group = [
            record if self._raw_bytes == number == 0 else separator + record for number, record in enumerate(records)
        ]
        ends = np.cumsum([len(record) + len(separator) for record in records])
        raw = self._raw_bytes + ends - len(separator)
        self._raw_bytes += int(ends[-1])
        return raw, np.array(self._prefix.append(*group))

    def clear(self) -> None:
        """See `Evaluator`."""
        self._raw_bytes = 0
        self._prefix = ZstdPrefix(self._codec)

    def sibling(self) -> "ZstdEvaluator":
        """See `Evaluator`."""
        return ZstdEvaluator(self._codec, self._framing, self._payloads, self._workers)


class ZstdStream:
    """A zstd frame for the size, and a second frame, flushed at every mark, for the marks.

    A frame shows its size only when a block ends, and a block that ends early costs tables of its own. So the frame
    for the size is flushed only once, after the context. Marks come from the other frame. Each is a little too large,
    by about the same amount.
    """

    def __init__(self, codec: ZstdCodec) -> None:
        self._frame, self._flushed_frame = _empty_frame(codec), _empty_frame(codec)
        self._size = self._since_mark = 0

    def append(self, data: bytes) -> None:
        """See `Stream`."""
        self._size += len(self._frame.compress(data))
        self._since_mark += len(self._flushed_frame.compress(data))

    def begin(self) -> None:
        """See `Stream`."""
        for frame in (self._frame, self._flushed_frame):
            frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        self._size = self._since_mark = 0

    def mark(self) -> int:
        """See `Stream`."""
        since_mark = self._since_mark + len(self._flushed_frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
        self._since_mark = 0
        return since_mark

    def end(self) -> int:
        """See `Stream`."""
        return self._size + len(self._frame.flush())


def _empty_frame(codec: ZstdCodec) -> Any:
    """Return a frame that takes its data piece by piece."""
    return zstandard.ZstdCompressor(compression_params=codec.parameters()).compressobj()
