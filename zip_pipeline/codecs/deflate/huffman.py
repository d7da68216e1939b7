"""Size in bits of one deflate block, from its symbol counts: the cost side of zlib's trees.c.

Source: RFC 1951, section 3.2, and zlib's trees.c (build_tree, pqdownheap, gen_bitlen, scan_tree,
build_bl_tree, _tr_flush_block). Code lengths decide the size of the block's header. zlib's lengths depend on how its
heap breaks ties, so this code follows the heap move by move.

A heap item packs what zlib compares into one integer, `frequency << 16 | depth << 10 | node`. So "a is not above
b" (trees.c: smaller) is `a <= b | 1023`: by frequency, then depth, whatever the nodes are.

What this module does not do: assign codes or emit bits.
"""

from numba import njit

from zip_pipeline.codecs.deflate.layout import (
    CODE_FREQUENCIES,
    DISTANCE_FREQUENCIES,
    DISTANCE_SYMBOLS,
    HEAP,
    LENGTH_COUNTS,
    LENGTHS,
    LITERAL_SYMBOLS,
    REMOVED,
    ZLIB_DISTANCE_SYMBOLS,
)
from zip_pipeline.codecs.deflate.raw_memory import leading_zeros, load8, load32, load64, store8, store32

_END_OF_BLOCK = 256
_FIRST_LENGTH = 257
_CODE_SYMBOLS = 19  # symbols of the code that transmits code lengths
_CODE_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)  # RFC 1951, 3.2.7
_REPEAT, _ZEROS_SHORT, _ZEROS_LONG = 16, 17, 18
_NODE_MASK = 1023
_DISTANT_FIXED_BITS = 9  # deflate's fixed distance code leaves two 5-bit words unused, which hold 32 of 9 bits
_SENTINEL = 0x7FFFFFFF  # fills every slot after the heap's last item, and loses every comparison


@njit(nogil=True, error_model="numpy")
def _sift_down(heap: int, levels: int, hole: int, item: int) -> None:
    """Place `item` at `hole` or below it (trees.c: pqdownheap), with `levels` levels below `hole`.

    The loop always runs to the last level, as a guess when to stop would often be wrong and cost more. Once `item`
    has its place, the item that was there moves on instead, and returns to its own place.
    """
    for _ in range(levels):
        child = 2 * hole
        best = load32(heap + 4 * child)
        right = load32(heap + 4 * child + 4)
        goes_right = right <= (best | _NODE_MASK)
        best = right if goes_right else best
        stays = item <= (best | _NODE_MASK)
        store32(heap + 4 * hole, item if stays else best)
        item = best if stays else item
        hole = child + goes_right
    store32(heap + 4 * hole, item)


@njit(nogil=True, error_model="numpy")
def _level(slot: int) -> int:
    """The level of a heap's slot, 0 at the top."""
    return 63 - leading_zeros(slot)


@njit(nogil=True, error_model="numpy")
def _limit_lengths(
    base: int, frequencies: int, symbols: int, max_length: int, removed_count: int, overflow: int
) -> int:
    """Shorten codes above `max_length` as zlib does (trees.c: gen_bitlen); return the bits of all symbols."""
    counts = base + LENGTH_COUNTS
    lengths = base + LENGTHS
    removed = base + REMOVED
    for length in range(max_length + 1):
        store32(counts + 4 * length, 0)
    for i in range(removed_count):
        node = load32(removed + 4 * i)
        if node < symbols:
            slot = counts + 4 * load8(lengths + node)
            store32(slot, load32(slot) + 1)
    while overflow > 0:
        length = max_length - 1
        while load32(counts + 4 * length) == 0:
            length -= 1
        store32(counts + 4 * length, load32(counts + 4 * length) - 1)
        store32(counts + 4 * length + 4, load32(counts + 4 * length + 4) + 2)
        store32(counts + 4 * max_length, load32(counts + 4 * max_length) - 1)
        overflow -= 2
    bits = 0
    i = 0
    for length in range(max_length, 0, -1):
        left = load32(counts + 4 * length)
        while left > 0:
            node = load32(removed + 4 * i)
            i += 1
            if node < symbols:
                store8(lengths + node, length)
                bits += length * load32(frequencies + 4 * node)
                left -= 1
    return bits


@njit(nogil=True, error_model="numpy")
def _build_tree(base: int, frequencies: int, symbols: int, max_length: int) -> tuple[int, int]:
    """Fill the length region (trees.c: build_tree); return (highest symbol, bits of all symbols)."""
    heap = base + HEAP
    removed = base + REMOVED
    lengths = base + LENGTHS
    count = 0
    max_code = -1
    for symbol in range(symbols):
        frequency = load32(frequencies + 4 * symbol)
        store8(lengths + symbol, 0)
        store32(heap + 4 * count + 4, (frequency << 16) | symbol)
        if frequency != 0:
            count += 1
            max_code = symbol
    forced = 0
    while count < 2:  # deflate needs at least two codes; the added ones get length 1 and are never sent
        node = 0
        if max_code < 2:
            max_code += 1
            node = max_code
        count += 1
        forced += 1
        store32(heap + 4 * count, (1 << 16) | node)
    for slot in range(count + 1, 2 * count + 2):
        store32(heap + 4 * slot, _SENTINEL)
    for hole in range(count // 2, 0, -1):
        _sift_down(heap, _level(count) - _level(hole), hole, load32(heap + 4 * hole))

    merged = symbols
    removed_count = 0
    bits = -forced
    while True:
        first = load32(heap + 4)
        last = load32(heap + 4 * count)
        store32(heap + 4 * count, _SENTINEL)
        count -= 1
        levels = _level(count)
        _sift_down(heap, levels, 1, last)
        second = load32(heap + 4)
        store32(removed + 4 * removed_count, first & _NODE_MASK)
        store32(removed + 4 * removed_count + 4, second & _NODE_MASK)
        removed_count += 2
        frequency = (first >> 16) + (second >> 16)
        bits += frequency
        if count == 1:
            break
        depth = max((first >> 10) & 63, (second >> 10) & 63) + 1
        _sift_down(heap, levels, 1, (frequency << 16) | (depth << 10) | merged)
        merged += 1

    # The pair removed at 2k and 2k + 1 became node `symbols + k`; the last pair's parent is the root.
    store8(lengths + merged, 0)
    overflow = 0
    for i in range(removed_count - 1, -1, -1):
        length = load8(lengths + symbols + (i >> 1)) + 1
        if length > max_length:
            length = max_length
            overflow += 1
        store8(lengths + load32(removed + 4 * i), length)
    if overflow > 0:
        bits = _limit_lengths(base, frequencies, symbols, max_length, removed_count, overflow)
    return max_code, bits


@njit(nogil=True, error_model="numpy")
def _count_code_lengths(base: int, max_code: int) -> None:
    """Count the symbols of the run-length code for the code lengths 0..max_code (trees.c: scan_tree)."""
    lengths = base + LENGTHS
    codes = base + CODE_FREQUENCIES
    symbol = 0
    while symbol <= max_code:
        length = load8(lengths + symbol)
        run = 1
        while symbol + run <= max_code and load8(lengths + symbol + run) == length:
            run += 1
        symbol += run
        slot = codes + 4 * length
        if length == 0:
            while run > 0:
                chunk = min(run, 138)
                if chunk < 3:
                    store32(slot, load32(slot) + chunk)
                elif chunk <= 10:
                    store32(codes + 4 * _ZEROS_SHORT, load32(codes + 4 * _ZEROS_SHORT) + 1)
                else:
                    store32(codes + 4 * _ZEROS_LONG, load32(codes + 4 * _ZEROS_LONG) + 1)
                run -= chunk
        else:  # a non-zero length is sent once, then repeated
            store32(slot, load32(slot) + 1)
            run -= 1
            while run > 0:
                chunk = min(run, 6)
                if chunk < 3:
                    store32(slot, load32(slot) + chunk)
                else:
                    store32(codes + 4 * _REPEAT, load32(codes + 4 * _REPEAT) + 1)
                run -= chunk


@njit(nogil=True, error_model="numpy")
def _header_bits(base: int) -> int:
    """Bits of a dynamic header without the codes themselves (trees.c: build_bl_tree, send_all_trees).

    The tree that sends code lengths was the last one built, so its own lengths are in the length region.
    """
    codes = base + CODE_FREQUENCIES
    bits = 2 * load32(codes + 4 * _REPEAT)
    bits += 3 * load32(codes + 4 * _ZEROS_SHORT)
    bits += 7 * load32(codes + 4 * _ZEROS_LONG)
    last = _CODE_SYMBOLS - 1
    while last > 3 and load8(base + LENGTHS + _CODE_ORDER[last]) == 0:
        last -= 1
    return bits + 3 * (last + 1) + 14


@njit(nogil=True, error_model="numpy")
def _static_and_extra_bits(frequencies: int, distance_symbols: int) -> tuple[int, int]:
    """Return (bits of the symbols in the fixed codes, extra bits of lengths and distances, the same in any code)."""
    static = 0
    extra = 0
    for symbol in range(144):
        static += 8 * load32(frequencies + 4 * symbol)
    for symbol in range(144, 256):
        static += 9 * load32(frequencies + 4 * symbol)
    for symbol in range(256, 280):
        static += 7 * load32(frequencies + 4 * symbol)
    for symbol in range(280, LITERAL_SYMBOLS):
        static += 8 * load32(frequencies + 4 * symbol)
    for code in range(8, 28):
        extra += ((code >> 2) - 1) * load32(frequencies + 4 * (_FIRST_LENGTH + code))
    for code in range(distance_symbols):
        frequency = load32(frequencies + DISTANCE_FREQUENCIES + 4 * code)
        static += (5 if code < ZLIB_DISTANCE_SYMBOLS else _DISTANT_FIXED_BITS) * frequency
        extra += max(0, (code >> 1) - 1) * frequency
    return static, extra


@njit(nogil=True, error_model="numpy")
def bits_after_block(base: int, frequencies: int, stored_length: int, bits: int) -> int:
    """Return the bits written after the block, for `bits` before it (trees.c: _tr_flush_block).

    `frequencies` is the address of the counts of the block's symbols; the end-of-block mark is added here.
    `stored_length` is the number of bytes that the block encodes. zlib takes the fixed codes on a tie in bytes,
    and a stored block if that is no longer than the better of the two.
    """
    codes = base + CODE_FREQUENCIES
    store32(frequencies + 4 * _END_OF_BLOCK, 1)
    for code in range(_CODE_SYMBOLS):
        store32(codes + 4 * code, 0)
    distance_symbols = load64(base + DISTANCE_SYMBOLS)
    static, extra = _static_and_extra_bits(frequencies, distance_symbols)
    dynamic = extra
    # Literals and lengths, distances, then the code that sends the lengths of both: one call in a loop, since
    # the compiler would repeat the tree builder at every call.
    address, symbols, max_length = frequencies, LITERAL_SYMBOLS, 15
    for tree in range(3):
        max_code, tree_bits = _build_tree(base, address, symbols, max_length)
        dynamic += tree_bits
        if tree == 0:
            address, symbols = frequencies + DISTANCE_FREQUENCIES, distance_symbols
        else:
            address, symbols, max_length = codes, _CODE_SYMBOLS, 7
        if tree < 2:
            _count_code_lengths(base, max_code)
    dynamic += _header_bits(base)
    static += extra
    dynamic_bytes = (dynamic + 10) >> 3
    static_bytes = (static + 10) >> 3
    if stored_length + 4 <= min(dynamic_bytes, static_bytes):
        return ((bits + 10) & ~7) + 32 + 8 * stored_length
    if static_bytes <= dynamic_bytes:
        return bits + 3 + static
    return bits + 3 + dynamic
