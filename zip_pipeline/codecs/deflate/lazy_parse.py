"""The lazy parse of deflate, counting symbols instead of emitting them.

Source: zlib's deflate.c (deflate_slow, fill_window). Positions are local to the text region; they differ from
positions in the whole stream by a multiple of zlib's window.

What this module does not do: search (see `match_finder`, `match_cache`, `long_window`), or parse as the other levels do
(1 to 3 are greedy, 0 stores).
"""

from numba import njit

from zip_pipeline.codecs.deflate.huffman import bits_after_block
from zip_pipeline.codecs.deflate.layout import (
    BITS,
    BLOCK_START,
    DISTANCE_FREQUENCIES,
    FREQUENCY_BYTES,
    LAST_DISTANCE,
    LINKS,
    MATCH_AVAILABLE,
    MATCH_LENGTH,
    MATCH_START,
    MAX_DISTANCE,
    MIN_LOOKAHEAD,
    POSITION,
    SYMBOLS,
    TEXT,
    WINDOW,
)
from zip_pipeline.codecs.deflate.long_window import GRAM, distant_match
from zip_pipeline.codecs.deflate.match_finder import MAX_MATCH, find
from zip_pipeline.codecs.deflate.raw_memory import leading_zeros, load8, load32, load64, store32, store64

_MIN_MATCH = 3
_BLOCK_SYMBOLS = 16383
_TAIL = 4  # with fewer bytes a match of 3 from far back is dropped, though more text could make it longer

Tuning = tuple[int, int, int, int]
"""A level's (good, lazy, nice, chain); see `state.TUNING`."""


@njit(nogil=True, error_model="numpy")
def _count(slot: int) -> None:
    store32(slot, load32(slot) + 1)


@njit(nogil=True, error_model="numpy")
def _count_match(frequencies: int, length: int, distance: int) -> None:
    """Count the codes of a match (trees.c: _tr_tally). Lengths double every 4 codes, distances every 2."""
    excess = length - _MIN_MATCH
    shift = max(0, 61 - leading_zeros(excess))
    code = 28 if excess == 255 else 4 * shift + (excess >> shift)
    _count(frequencies + 4 * (257 + code))
    excess = distance - 1
    shift = max(0, 62 - leading_zeros(excess))
    _count(frequencies + DISTANCE_FREQUENCIES + 4 * (2 * shift + (excess >> shift)))


@njit(nogil=True, error_model="numpy")
def _end_block(base: int, frequencies: int, stored_length: int, bits: int) -> int:
    """Close the pending block and clear its counts; return the bits written so far."""
    bits = bits_after_block(base, frequencies, stored_length, bits)
    for offset in range(0, FREQUENCY_BYTES, 8):
        store64(frequencies + offset, 0)
    return bits


@njit(nogil=True, error_model="numpy")
def parse(
    base: int,
    fields: int,
    frequencies: int,
    end: int,
    final: bool,
    cache: tuple[int, ...],
    window_index: int,
    tuning: Tuning,
) -> None:
    """Run deflate_slow over the linked text up to `end`, updating the state at `fields` and `frequencies`.

    With `final` the text ends here: everything is parsed, the last block is closed, and BITS is complete.
    Without it more text will follow, and the parse stops before the first decision that could depend on that text.
    `cache` is () or what `search_with_cache` takes; its first item is then the end of the linked text.
    `window_index` is the address of a `LongWindowIndex`, 0 for zlib's own window.
    """
    good, lazy, nice, chain = tuning
    text = base + TEXT
    position = load64(fields + POSITION)
    match_length = load64(fields + MATCH_LENGTH)
    match_start = load64(fields + MATCH_START)
    available = load64(fields + MATCH_AVAILABLE)
    block_start = load64(fields + BLOCK_START)
    symbols = load64(fields + SYMBOLS)
    bits = load64(fields + BITS)
    tail = _TAIL if window_index == 0 else GRAM
    linked = (*cache, end)[0]

    while position < end:
        lookahead = end - position
        clamp = min(MAX_MATCH, lookahead)
        new_length = 2
        new_start = match_start
        near_end = lookahead < MIN_LOOKAHEAD
        if near_end and not final and (lookahead < tail or match_length >= clamp):
            break
        if match_length < clamp and match_length < lazy and lookahead >= _MIN_MATCH:
            # Here zlib slides its window early, and the bucket's head at the full distance drops out.
            edge = near_end and (position & (WINDOW - 1)) == MAX_DISTANCE
            if edge and not final:
                break
            length = start = 0
            if not (edge and load64(base + LINKS + 8 * position) & 0xFFFF == MAX_DISTANCE):
                budget = chain >> 2 if match_length >= good else chain
                length, start = find(base, position, match_length, clamp, min(nice, clamp), budget, cache)
            if window_index != 0:
                zlibs = length, start
                length, start = distant_match(base, fields, window_index, position, match_length, zlibs, clamp, linked)
            if length > 0:
                if near_end and not final and length == clamp:
                    break
                new_length = length
                new_start = start

        if match_length >= _MIN_MATCH and new_length <= match_length:
            _count_match(frequencies, match_length, position - 1 - match_start)
            if position - 1 - match_start > MAX_DISTANCE:
                store64(fields + LAST_DISTANCE, position - 1 - match_start)
            symbols += 1
            position += match_length - 1
            block_end = position
            match_length = 2
            available = 0
        else:
            if available != 0:
                _count(frequencies + 4 * load8(text + position - 1))
                symbols += 1
            block_end = position
            available = 1
            match_length = new_length
            match_start = new_start
            position += 1
        if symbols == _BLOCK_SYMBOLS:
            bits = _end_block(base, frequencies, block_end - block_start, bits)
            block_start = block_end
            symbols = 0

    if final:
        if available != 0:
            _count(frequencies + 4 * load8(text + position - 1))
        bits = _end_block(base, frequencies, position - block_start, bits)
    store64(fields + POSITION, position)
    store64(fields + MATCH_LENGTH, match_length)
    store64(fields + MATCH_START, match_start)
    store64(fields + MATCH_AVAILABLE, available)
    store64(fields + BLOCK_START, block_start)
    store64(fields + SYMBOLS, symbols)
    store64(fields + BITS, bits)
