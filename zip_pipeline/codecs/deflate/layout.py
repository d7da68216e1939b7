"""The memory of one deflate state: one block, fixed regions, a guard behind each.

All addresses the compiled kernel uses come from here, and all capacities are enforced through the constants
below; no other module allocates but `far_index`. The block never grows: an anchor of any length keeps at most
`ANCHOR_CAPACITY` bytes of text (deflate looks back 32 KB), a candidate laid behind it at most
`OVERLAY_CAPACITY` bytes.

What this module does not do: know about matches or Huffman codes. It only says where things lie.
"""

import mmap

import numpy as np
import numpy.typing as npt

# zlib's own numbers (zconf.h, deflate.h).
WINDOW = 32768  # bytes of history
MIN_LOOKAHEAD = 262  # with fewer bytes ahead zlib reads more input: the longest match, and the next position's hash
MAX_DISTANCE = WINDOW - MIN_LOOKAHEAD  # of a match; only the head of a hash chain is allowed as far back
HASH3_BUCKETS = 1 << 15

ANCHOR_CAPACITY = 3 * WINDOW  # bytes of anchor text held; after a compaction at least a third of it is free
# Longest candidate (with suffix) laid behind the anchor in place. Links hold distances below 65,535, and taking a
# candidate back restores heads from them: so no more than a window, or what was out of reach would come back into it.
OVERLAY_CAPACITY = WINDOW
TEXT_CAPACITY = ANCHOR_CAPACITY + OVERLAY_CAPACITY
TEXT_PADDING = 512  # comparisons may read, never write, up to a match length beyond the end of the text

# The kernel reads at random; in huge pages, where the system has them, it seldom misses an address.
_PAGE_BYTES = 1 << 21

GUARD_BYTES = 64
GUARD_VALUE = 0xA5

# Saved parse state: int64 fields, as byte offsets into the field region.
POSITION = 0  # next position to parse (deflate.c: strstart)
MATCH_LENGTH = 8
MATCH_START = 16
MATCH_AVAILABLE = 24  # 1: the byte before POSITION still waits to become a literal or the start of a match
BLOCK_START = 32  # may fall below 0 after a compaction
SYMBOLS = 40  # symbols tallied in the pending block
BITS = 48  # bits of finished blocks, counted from the end of the 2-byte zlib header
FAR_DISTANCE = 56  # of the last match sent that zlib could not have made (see far); 0: none so far
ORIGIN = 64  # position in the stream of the text's first byte
FIELD_BYTES = 72

LITERAL_SYMBOLS = 286  # literals, end of block, match lengths
ZLIB_DISTANCE_SYMBOLS = 30
MOST_DISTANCE_SYMBOLS = 60  # up to a distance of 1 GiB
FREQUENCY_BYTES = 4 * (LITERAL_SYMBOLS + MOST_DISTANCE_SYMBOLS)
DISTANCE_FREQUENCIES = 4 * LITERAL_SYMBOLS  # offset of the distance counts inside a frequency region

TREE_NODES = 576  # 2 * 286 + 1 nodes, rounded up

FRESH_BITS = 18  # the filter of new text has 2 to the power of so many bits
_SEAM_GRAMS = 25  # of 4 to 8 bytes, across one place

_REGION_BYTES = {
    "distance_symbols": 8,  # of this state's window
    "fields": FIELD_BYTES,
    "frequencies": FREQUENCY_BYTES,
    "work_fields": FIELD_BYTES,
    "work_frequencies": FREQUENCY_BYTES,
    "heap": 4 * TREE_NODES,
    "removed": 4 * TREE_NODES,
    "lengths": TREE_NODES,
    "length_counts": 4 * 32,
    "code_frequencies": 4 * 19,
    "heads3": 8 * HASH3_BUCKETS,  # low half: latest position (see `links`), high half: positions ever inserted
    "heads4": 4 * 65536,
    "heads8": 4 * 65536,
    "text": TEXT_CAPACITY + TEXT_PADDING,
    "links": 8 * TEXT_CAPACITY,
    "links4": 2 * TEXT_CAPACITY,
    "fresh": 1 << (FRESH_BITS - 3),
    "fresh_seam": 8 * _SEAM_GRAMS,
    "fresh_range": 16,  # the part of the anchor that the filter was filled with, counted from its beginning
}


def _lay_out() -> tuple[dict[str, int], int]:
    """Offset of each region in the block, and the block's size."""
    offsets = {}
    cursor = 0
    for name, size in _REGION_BYTES.items():
        offsets[name] = cursor
        cursor += (size + GUARD_BYTES + 63) // 64 * 64
    return offsets, cursor


_OFFSETS, BLOCK_BYTES = _lay_out()

DISTANCE_SYMBOLS = _OFFSETS["distance_symbols"]
FIELDS = _OFFSETS["fields"]
FREQUENCIES = _OFFSETS["frequencies"]
WORK_FIELDS = _OFFSETS["work_fields"]
WORK_FREQUENCIES = _OFFSETS["work_frequencies"]
HEAP = _OFFSETS["heap"]
REMOVED = _OFFSETS["removed"]
LENGTHS = _OFFSETS["lengths"]
LENGTH_COUNTS = _OFFSETS["length_counts"]
CODE_FREQUENCIES = _OFFSETS["code_frequencies"]
HEADS3 = _OFFSETS["heads3"]
HEADS4 = _OFFSETS["heads4"]
HEADS8 = _OFFSETS["heads8"]
TEXT = _OFFSETS["text"]
LINKS = _OFFSETS["links"]
LINKS4 = _OFFSETS["links4"]
FRESH = _OFFSETS["fresh"]
FRESH_SEAM = _OFFSETS["fresh_seam"]
FRESH_RANGE = _OFFSETS["fresh_range"]


class DeflateMemory:
    """One block of memory holding one deflate state.

    `address` is the integer the kernel adds its region offsets to; it stays valid as long as this object
    lives. `size` is the number of bytes of anchor text now held, `total` the number ever appended; their
    difference is always a multiple of 32,768, so that positions keep their phase against zlib's window.
    The distance alphabet has `distance_symbols` codes, 30 for zlib's own window.
    """

    def __init__(self, distance_symbols: int = ZLIB_DISTANCE_SYMBOLS) -> None:
        pages = mmap.mmap(-1, BLOCK_BYTES + 2 * _PAGE_BYTES)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            pages.madvise(mmap.MADV_HUGEPAGE)
        self._block = np.frombuffer(pages, dtype=np.uint8)
        start = -self._block.ctypes.data % _PAGE_BYTES
        self._block = self._block[start : start + BLOCK_BYTES]
        self.address: int = self._block.ctypes.data
        self.size = 0
        self.total = 0
        self._region("distance_symbols", np.int64)[0] = distance_symbols
        for begin, end in self._guards():
            self._block[begin:end] = GUARD_VALUE
        self.clear()

    def __reduce__(self) -> str:
        raise TypeError("a deflate state is tied to its address and cannot be pickled; use copy() instead")

    @staticmethod
    def _guards() -> list[tuple[int, int]]:
        """(begin, end) of the guard behind each region."""
        begins = [_OFFSETS[name] + size for name, size in _REGION_BYTES.items()]
        return list(zip(begins, [*list(_OFFSETS.values())[1:], BLOCK_BYTES], strict=True))

    def _region(self, name: str, dtype: npt.DTypeLike = np.uint8) -> npt.NDArray[np.generic]:
        return self._block[_OFFSETS[name] : _OFFSETS[name] + _REGION_BYTES[name]].view(dtype)

    def clear(self) -> None:
        """Return to the state of an empty anchor."""
        self.size = 0
        self.total = 0
        for name in ("fields", "frequencies", "heads3", "heads4", "heads8", "fresh_range"):
            self._region(name)[:] = 0
        self._region("fields", np.int64)[MATCH_LENGTH // 8] = 2  # deflate.c: MIN_MATCH - 1

    def copy_from(self, other: "DeflateMemory") -> None:
        """Become a copy of `other`'s state; costs what is in use, not what is reserved."""
        self.size = other.size
        self.total = other.total
        for name in ("fields", "frequencies", "heads3", "heads4", "heads8"):
            self._region(name)[:] = other._region(name)
        self._region("text")[: self.size] = other._region("text")[: self.size]
        self._region("links")[: 8 * self.size] = other._region("links")[: 8 * self.size]
        self._region("links4")[: 2 * self.size] = other._region("links4")[: 2 * self.size]
        self._region("fresh_range")[:] = 0

    def take_parse_from(self, other: "DeflateMemory") -> None:
        """Take over how far `other` has parsed; both must hold the same stream, each from where it likes."""
        fields = self._region("fields", np.int64)
        origin = int(fields[ORIGIN // 8])
        fields[:] = other._region("fields", np.int64)
        self._move_origin(origin - int(fields[ORIGIN // 8]))
        self._region("frequencies")[:] = other._region("frequencies")

    def parse_position(self) -> int:
        """Position in the stream that will be parsed next; less than 262 bytes lie ahead of it."""
        fields = self._region("fields", np.int64)
        return int(fields[POSITION // 8] + fields[ORIGIN // 8])

    def free(self) -> int:
        """Bytes of anchor that may be appended before the next `compact`."""
        return ANCHOR_CAPACITY - self.size

    def compact(self) -> None:
        """Forget text that lies more than a window before the parse position; afterwards `free()` > 32,000.

        Links are distances and move unchanged; heads tell positions and are shifted: those forgotten lie out of any
        reach then, or at 0, which stands for "none".
        """
        fields = self._region("fields", np.int64)
        shift = (int(fields[POSITION // 8]) // WINDOW - 1) * WINDOW
        if shift <= 0:
            return
        self._move_origin(shift)
        for name, dtype in (("text", np.uint8), ("links", np.int64), ("links4", np.uint16)):
            items = self._region(name, dtype)
            items[: self.size - shift] = items[shift : self.size].copy()
        for name, step in (("heads3", 2), ("heads4", 1), ("heads8", 1)):
            heads = self._region(name, np.int32)[::step]
            np.maximum(heads - shift, 0, out=heads)
        self.size -= shift

    def _move_origin(self, shift: int) -> None:
        fields = self._region("fields", np.int64)
        for field in (POSITION, MATCH_START, BLOCK_START):
            fields[field // 8] -= shift
        fields[ORIGIN // 8] += shift

    def recent(self, count: int) -> npt.NDArray[np.uint8]:
        """View of the last `count` bytes of the anchor; `count` <= `size`."""
        return self._region("text")[self.size - count : self.size]  # type: ignore[return-value]

    def guards_intact(self) -> bool:
        """Whether every guard still holds its value, that is, nothing wrote past the end of a region."""
        return all(bool((self._block[begin:end] == GUARD_VALUE).all()) for begin, end in self._guards())
