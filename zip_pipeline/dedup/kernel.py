"""The loops in which signing spends its time, compiled: the numbers of their namesakes in other modules.

Only functions import this module, as Numba may be absent.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from zip_pipeline.dedup.characters import (
    BASE,
    CODE_POINTS,
    CONTEXT,
    LONGEST,
    OPERATOR,
    PIECE,
    SEPARATOR,
    SINGLE,
    WORD,
    Hashes,
    Offsets,
    Points,
    hash_table,
    kind_table,
)
from zip_pipeline.jit_cache import entry_point

_BASE, _PIECE = np.uint64(BASE), np.uint64(PIECE)
_SPACE, _ZERO, _NINE = ord(" "), ord("0"), ord("9")


def word_hashes(points: Points, lengths: Offsets) -> tuple[Hashes, Offsets]:
    """See `tokens.word_hashes`."""
    hashes, offsets = token_loop(points, lengths, kind_table(), hash_table())
    return hashes[: offsets[-1]].copy(), offsets


@njit(nogil=True, error_model="numpy")
def _mixed(value: np.uint64) -> np.uint64:
    """See `characters.mixed`."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(nogil=True, error_model="numpy")
def _hash_of(point: int, table: Hashes) -> np.uint64:
    """See `characters.hashes_of`."""
    if point < CODE_POINTS:
        known: np.uint64 = table[point]
        return known
    return _mixed((np.uint64(point) + np.uint64(1)) * _BASE)


@njit(nogil=True, error_model="numpy")
def _run(points: Points, begin: int, end: int, table: Hashes) -> np.uint64:
    """See `tokens.runs`."""
    total, power = np.uint64(0), np.uint64(1)
    for place in range(begin, end):
        total += _hash_of(points[place], table) * power
        power *= _BASE
    return _mixed(total)


@njit(nogil=True, error_model="numpy")
def _stands_alone(points: Points, place: int, begin: int, end: int) -> bool:
    """Whether one of ``* / % -`` in the text from `begin` to `end` is a token."""
    if place == begin:
        return False
    before = points[place - 1]
    if not (before == _SPACE or _ZERO <= before <= _NINE):
        return False
    if place + 1 == end:
        return True
    after = points[place + 1]
    return bool(after <= _SPACE or _ZERO <= after <= _NINE)


@entry_point
def token_loop(points: Points, lengths: Offsets, kinds: npt.NDArray[np.uint8], table: Hashes) -> tuple[Hashes, Offsets]:
    """Return tokens as `word_hashes` does, with room behind them.

    Args:
        points: see `tokens.word_hashes`.
        lengths: the same.
        kinds: `characters.kind_table`.
        table: `characters.hash_table`.
    """
    hashes = np.empty(len(points) + len(lengths), np.uint64)
    offsets = np.zeros(len(lengths) + 1, np.int64)
    count = begin = 0
    for text in range(len(lengths)):
        end = begin + lengths[text]
        place = begin
        while place < end:
            kind = kinds[min(points[place], CODE_POINTS)]
            if kind == OPERATOR:
                kind = SINGLE if _stands_alone(points, place, begin, end) else SEPARATOR
            behind = place + 1
            if kind == SINGLE:
                hashes[count] = _run(points, place, behind, table)
                count += 1
            elif kind == WORD:
                while behind < end and kinds[min(points[behind], CODE_POINTS)] == WORD:
                    behind += 1
                if behind - place > LONGEST:
                    for cut in range(place + CONTEXT, behind):
                        if _run(points, cut - CONTEXT, cut, table) % _PIECE == np.uint64(0):
                            hashes[count] = _run(points, place, cut, table)
                            count += 1
                            place = cut
                hashes[count] = _run(points, place, behind, table)
                count += 1
            place = behind
        if offsets[text] == count:  # the whole text is the token
            hashes[count] = _run(points, begin, end, table)
            count += 1
        offsets[text + 1] = count
        begin = end + 1
    return hashes, offsets


@entry_point
def run_hashes(words: Hashes, offsets: Offsets, width: int) -> tuple[Hashes, Offsets]:
    """See `shingles.run_hashes`."""
    ends_of = np.zeros(len(offsets), np.int64)
    for record in range(len(offsets) - 1):
        ends_of[record + 1] = ends_of[record] + max(offsets[record + 1] - offsets[record] - width + 1, 1)
    hashes = np.empty(ends_of[-1], np.uint64)
    for record in range(len(offsets) - 1):
        begin = offsets[record]
        for place in range(ends_of[record], ends_of[record + 1]):
            total, power = np.uint64(0), np.uint64(1)
            for word in range(begin, min(begin + width, offsets[record + 1])):
                total += words[word] * power
                power *= _BASE
            hashes[place] = _mixed(total)
            begin += 1
    return hashes, ends_of


@entry_point
def minima(hashes: npt.NDArray[np.uint32], offsets: Offsets, factors: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """See `minhash.minima`."""
    least = np.full((len(offsets) - 1, len(factors)), np.uint32(0xFFFFFFFF), np.uint32)
    for record in range(len(least)):
        row = least[record]
        for place in range(offsets[record], offsets[record + 1]):
            for number in range(len(factors)):
                row[number] = min(row[number], np.uint32(hashes[place] * factors[number]))
    return least
