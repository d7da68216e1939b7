"""The lazy parse of deflate, counting symbols instead of emitting them.

Source: zlib's deflate.c (deflate_slow, fill_window). Positions are local to the text region; they differ from
positions in the whole stream by a multiple of 32,768.

What this module does not do: search (`search`, `recall`, `far`), or levels that parse greedily (1 to 3) or store (0).
"""

from numba import njit

from zip_pipeline.codecs.deflate.huffman import bits_after_block
from zip_pipeline.codecs.deflate.layout import (
    BITS,
    BLOCK_START,
    DISTANCE_FREQUENCIES,
    FAR_DISTANCE,
    FREQUENCY_BYTES,
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
from zip_pipeline.codecs.deflate.long_window import GRAM, far_search
from zip_pipeline.codecs.deflate.match_finder import MAX_MATCH, find
from zip_pipeline.codecs.deflate.raw_memory import leading_zeros, load8, load32, load64, store32, store64

_MIN_MATCH = 3
_BLOCK_SYMBOLS = 16383
_TAIL = 4  # with fewer bytes a far match of 3 is dropped, though it may turn out to be longer


@njit(nogil=True, error_model="numpy")
def _count(slot: int) -> None:
    store32(slot, load32(slot) + 1)


@njit(nogil=True, error_model="numpy")
def _count_match(frequencies: int, length: int, distance: int) -> None:
    """Tally the codes of a match (trees.c: _tr_tally); lengths and distances double every 4 and 2 codes."""
    excess = length - _MIN_MATCH
    shift = max(0, 61 - leading_zeros(excess))
    code = 28 if excess == 255 else 4 * shift + (excess >> shift)
    _count(frequencies + 4 * (257 + code))
    excess = distance - 1
    shift = max(0, 62 - leading_zeros(excess))
    _count(frequencies + DISTANCE_FREQUENCIES + 4 * (2 * shift + (excess >> shift)))


@njit(nogil=True, error_model="numpy")
def _end_block(base: int, frequencies: int, stored_length: int, bits: int) -> int:
    """Close the pending block and clear its counts; returns the bits written so far."""
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
    memory: tuple[int, ...],
    far: int,
    good: int,
    lazy: int,
    nice: int,
    chain: int,
) -> None:
    """Run deflate_slow over the linked text up to `end`, updating the state at `fields` and `frequencies`.

    With `final` the text ends here: everything is parsed and the last block closed, BITS is complete.
    Without, more text will follow, and the parse stops before the first decision that could depend on it.
    `memory` is (), or what `recall` takes; its first item is the end of the linked text.
    `far` is the address of a far index (see far), 0 for zlib's own window.
    `good`, `lazy`, `nice`, `chain` are the level's tuning values (deflate.c: configuration_table).
    """
    text = base + TEXT
    position = load64(fields + POSITION)
    match_length = load64(fields + MATCH_LENGTH)
    match_start = load64(fields + MATCH_START)
    available = load64(fields + MATCH_AVAILABLE)
    block_start = load64(fields + BLOCK_START)
    symbols = load64(fields + SYMBOLS)
    bits = load64(fields + BITS)
    tail = _TAIL if far == 0 else GRAM
    linked = (*memory, end)[0]

    while position < end:
        lookahead = end - position
        clamp = min(MAX_MATCH, lookahead)
        found = 2
        found_start = match_start
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
                length, start = find(base, position, match_length, clamp, min(nice, clamp), budget, memory)
            if far != 0:
                length, start = far_search(base, fields, far, position, match_length, length, start, clamp, linked)
            if length > 0:
                if near_end and not final and length == clamp:
                    break
                found = length
                found_start = start

        if match_length >= _MIN_MATCH and found <= match_length:
            _count_match(frequencies, match_length, position - 1 - match_start)
            if position - 1 - match_start > MAX_DISTANCE:
                store64(fields + FAR_DISTANCE, position - 1 - match_start)
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
            match_length = found
            match_start = found_start
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
