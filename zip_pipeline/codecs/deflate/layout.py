"""The memory of one deflate state: one block of fixed regions, with a guard after each; and zlib's own numbers.

All addresses in the compiled kernel come from here, and the constants below enforce all capacities. No other module
allocates, except `long_window_index`. The block never grows. An anchor of any length keeps at most `ANCHOR_CAPACITY`
bytes of text, as deflate looks back 32 KB. A candidate placed after the anchor has at most `OVERLAY_CAPACITY` bytes.

Numba is not needed to import this module.

What this module does not do: know about matches or Huffman codes.
"""

import mmap

import numpy as np
import numpy.typing as npt

# zlib's own numbers (zconf.h, deflate.h).
WINDOW = 32768  # bytes of history
MIN_LOOKAHEAD = 262  # with fewer bytes ahead zlib reads more input: the longest match, and the next position's hash
MAX_DISTANCE = WINDOW - MIN_LOOKAHEAD  # of a match; only the head of a hash chain is allowed as far back
HASH3_BUCKETS = 1 << 15

ANCHOR_CAPACITY = 3 * WINDOW  # bytes of anchor text; after a compaction at least a third is free
# Bytes of the longest candidate, with suffix, that is placed after the anchor. Links hold distances below 65,535, and
# removing a candidate restores heads from them. So it may be no longer than a window, or what was out of reach would
# come back into reach.
OVERLAY_CAPACITY = WINDOW
TEXT_CAPACITY = ANCHOR_CAPACITY + OVERLAY_CAPACITY
TEXT_PADDING = 512  # comparisons may read, never write, up to a match length beyond the end of the text

# The kernel reads at random. Huge pages, where the system has them, spare it most misses of the address cache.
_PAGE_BYTES = 1 << 21

GUARD_BYTES = 64
GUARD_VALUE = 0xA5

# Saved parse state: int64 fields, as byte offsets into the field region.
POSITION = 0  # next position to parse (deflate.c: strstart)
MATCH_LENGTH = 8
MATCH_START = 16
MATCH_AVAILABLE = 24  # 1: the byte before POSITION is pending, as a literal or the start of a match
BLOCK_START = 32  # may fall below 0 after a compaction
SYMBOLS = 40  # symbols counted in the pending block
BITS = 48  # bits of finished blocks, counted from the end of the 2-byte zlib header
LAST_DISTANCE = 56  # of the last distant match that was sent (see long_window); 0: none so far
ORIGIN = 64  # position in the stream of the text's first byte
FIELD_BYTES = 72

LITERAL_SYMBOLS = 286  # literals, end of block, match lengths
ZLIB_DISTANCE_SYMBOLS = 30
MOST_DISTANCE_SYMBOLS = 60  # up to a distance of 1 GiB
FREQUENCY_BYTES = 4 * (LITERAL_SYMBOLS + MOST_DISTANCE_SYMBOLS)
DISTANCE_FREQUENCIES = 4 * LITERAL_SYMBOLS  # offset of the distance counts inside a frequency region

TREE_NODES = 576  # 2 * 286 + 1 nodes, rounded up

FILTER_BITS = 18  # the filter of new text has 2**FILTER_BITS bits
_SEAM_GRAMS = 25  # grams of 4 to 8 bytes that can lie across one place

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
    "heads3": 8 * HASH3_BUCKETS,  # low half: latest position (see hash_chains), high half: positions ever inserted
    "heads4": 4 * 65536,
    "heads8": 4 * 65536,
    "text": TEXT_CAPACITY + TEXT_PADDING,
    "links": 8 * TEXT_CAPACITY,
    "links4": 2 * TEXT_CAPACITY,
    "filter": 1 << (FILTER_BITS - 3),
    "filter_log": 8 * _SEAM_GRAMS,
    "filter_range": 16,  # the part of the anchor whose grams the filter holds, counted from the anchor's beginning
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
FILTER = _OFFSETS["filter"]
FILTER_LOG = _OFFSETS["filter_log"]
FILTER_RANGE = _OFFSETS["filter_range"]


class DeflateMemory:
    """One block of memory with one deflate state.

    Args:
        distance_symbols: codes in the distance alphabet, 30 for zlib's own window.

    The kernel adds its region offsets to `address`, which stays valid as long as this object lives. `size` is the
    number of bytes of anchor text now held, `total` the number ever appended. Their difference is always a multiple of
    `WINDOW`, so that positions keep their phase against zlib's window.
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
        """(begin, end) of the guard after each region."""
        begins = [_OFFSETS[name] + size for name, size in _REGION_BYTES.items()]
        return list(zip(begins, [*list(_OFFSETS.values())[1:], BLOCK_BYTES], strict=True))

    def _region(self, name: str, dtype: npt.DTypeLike = np.uint8) -> npt.NDArray[np.generic]:
        return self._block[_OFFSETS[name] : _OFFSETS[name] + _REGION_BYTES[name]].view(dtype)

    def clear(self) -> None:
        """Return to the state of an empty anchor."""
        self.size = 0
        self.total = 0
        for name in ("fields", "frequencies", "heads3", "heads4", "heads8", "filter_range"):
            self._region(name)[:] = 0
        self._region("fields", np.int64)[MATCH_LENGTH // 8] = 2  # deflate.c: MIN_MATCH - 1

    def copy_from(self, other: "DeflateMemory") -> None:
        """Become a copy of `other`'s state; the time depends on what is in use, not on what is reserved."""
        self.size = other.size
        self.total = other.total
        for name in ("fields", "frequencies", "heads3", "heads4", "heads8"):
            self._region(name)[:] = other._region(name)
        self._region("text")[: self.size] = other._region("text")[: self.size]
        self._region("links")[: 8 * self.size] = other._region("links")[: 8 * self.size]
        self._region("links4")[: 2 * self.size] = other._region("links4")[: 2 * self.size]
        self._region("filter_range")[:] = 0

    def take_parse_from(self, other: "DeflateMemory") -> None:
        """Take over the parse state of `other`; both must hold the same stream, from any beginning."""
        fields = self._region("fields", np.int64)
        origin = int(fields[ORIGIN // 8])
        fields[:] = other._region("fields", np.int64)
        self._move_origin(origin - int(fields[ORIGIN // 8]))
        self._region("frequencies")[:] = other._region("frequencies")

    def parse_position(self) -> int:
        """Position in the stream that is parsed next; less than `MIN_LOOKAHEAD` bytes follow it."""
        fields = self._region("fields", np.int64)
        return int(fields[POSITION // 8] + fields[ORIGIN // 8])

    def free(self) -> int:
        """Bytes of anchor that may be appended before the next `compact`."""
        return ANCHOR_CAPACITY - self.size

    def compact(self) -> None:
        """Forget text that lies more than a window before the parse position; afterwards `free()` > 32,000.

        Links are distances and move unchanged. Heads are positions and are shifted. A head in forgotten text becomes a
        position out of reach, or 0, which means "none".
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
        """Whether every guard is unchanged, that is, nothing wrote past the end of a region."""
        return all(bool((self._block[begin:end] == GUARD_VALUE).all()) for begin, end in self._guards())
