"""Characters as numbers: the code points of a text after normalisation, what kind each is of, and a hash of each.

See `tokens` for what becomes of the kinds.
"""

import functools
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Points = npt.NDArray[np.unsignedinteger]
Offsets = npt.NDArray[np.int64]

KNOWN, CODE_POINTS = 0x20000, 0x40000
"""Code points that tables describe one by one, and all that they have; those between are Han."""

TAGS = (0xE0000, 0xE0FFF)
"""First and last of the code points behind the tables that only format: tags, and marks of variants."""

UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # marks and numbers among Han
    (0x3021, 0x3029),
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA9E0, 0xA9FF),  # Myanmar, extended
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),  # Han, compatibility
    (0x1B000, 0x1B16F),  # Kana, extended
)
"""First and last code points of the scripts that write no spaces between words."""

SEPARATOR, WORD, SINGLE, OPERATOR, FORMAT = range(5)
"""Kinds: what separates tokens, is part of a word, is a token, is one where it stands alone, does not count."""

LONGEST = 32
"""Characters of a word that is not cut; hardly a word of any language is longer."""

CONTEXT = 6
"""Characters that decide whether a long word is cut behind them."""

PIECE = 8
"""Characters of a piece of a long word, on average; a power of two."""

BASE = 0x9E3779B97F4A7C15


def mixed(values: Hashes) -> Hashes:
    """Spread every bit over all others: the finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: Hashes = values ^ (values >> np.uint64(31))
    return result


def points_of(text: bytes) -> Points:
    """Return the code points of a text after normalisation."""
    if text.isascii():
        return np.frombuffer(text, np.uint8)
    points = _points(text.decode(errors="replace"))
    if not _unstable().take(points, mode="clip").any():
        return points
    points = _points(unicodedata.normalize("NFKC", text.decode(errors="replace")).casefold())
    is_tag = (points >= TAGS[0]) & (points <= TAGS[1])
    stable: Points = points[(kinds_of(points) != FORMAT) & ~is_tag]
    return stable


def points_of_all(texts: Sequence[bytes]) -> tuple[Points, Offsets]:
    """Return the code points of texts, a line break behind each, and their lengths without it.

    They are those of `points_of`, which only the texts go through that normalisation may change.
    """
    joined = b"\n".join([*texts, b""])
    if joined.isascii():
        return np.frombuffer(joined, np.uint8), np.fromiter(map(len, texts), np.int64, len(texts))
    strings = [text.decode(errors="replace") for text in texts]
    points = _points("\n".join([*strings, ""]))
    lengths = np.fromiter(map(len, strings), np.int64, len(texts))
    ends = np.cumsum(lengths + 1)
    doubtful = np.flatnonzero(points >= 0x80)
    doubtful = doubtful[_unstable().take(points[doubtful], mode="clip")]
    pieces, begin = list[Points](), 0
    for text in np.unique(np.searchsorted(ends, doubtful, side="right")):
        stable = points_of(texts[text])
        pieces += [points[begin : ends[text] - lengths[text] - 1], stable]
        begin, lengths[text] = ends[text] - 1, len(stable)
    return np.concatenate([*pieces, points[begin:]]), lengths


def _points(text: str) -> Points:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


@functools.cache
def hash_table() -> Hashes:
    """Return a random number for each code point of the tables; a capital letter has that of the small one."""
    hashes = _hashed(np.arange(CODE_POINTS, dtype=np.uint32))
    small = [character.casefold() for character in map(chr, range(KNOWN))]
    hashes[:KNOWN] = hashes[[ord(folded) if len(folded) == 1 else point for point, folded in enumerate(small)]]
    return hashes


def hashes_of(points: Points) -> Hashes:
    """Return a random number for each character, also for those behind the tables."""
    hashes = hash_table().take(points, mode="clip")
    beyond = points >= CODE_POINTS
    hashes[beyond] = _hashed(points[beyond])
    return hashes


def _hashed(points: Points) -> Hashes:
    return mixed((points.astype(np.uint64) + np.uint64(1)) * np.uint64(BASE))


@functools.cache
def _unstable() -> npt.NDArray[np.bool_]:
    """Return which code points normalisation may change, alone or after another one; capital letters are not meant.

    The last value is for all code points behind the tables: some drop out.
    """

    def changes(point: int) -> bool:
        character = chr(point)
        return (
            not unicodedata.is_normalized("NFKC", character)
            or len(character.casefold()) != 1
            or unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf")
            or 0x1100 <= point <= 0x11FF  # letters that make up Hangul syllables
        )

    unstable = np.zeros(CODE_POINTS + 1, np.bool_)
    unstable[:KNOWN] = np.fromiter(map(changes, range(KNOWN)), np.bool_, KNOWN)
    unstable[0x2F800:0x2FA20] = True  # Han, compatibility
    unstable[CODE_POINTS] = True
    return unstable


def kinds_of(points: Points) -> npt.NDArray[np.uint8]:
    """Return the kind of each code point; all behind the tables separate words."""
    kinds: npt.NDArray[np.uint8] = kind_table().take(points, mode="clip")
    return kinds


@functools.cache
def kind_table() -> npt.NDArray[np.uint8]:
    """Return the kind of every code point of the tables, and behind them that of all others."""
    kinds = np.full(CODE_POINTS + 1, SINGLE, np.uint8)
    kinds[CODE_POINTS] = SEPARATOR
    kinds[:KNOWN] = np.frombuffer(bytes(map(_kind, range(KNOWN))), np.uint8)
    return kinds


def _kind(point: int) -> int:
    character = chr(point)
    category = unicodedata.category(character)
    if category == "Cf" or 0xFE00 <= point <= 0xFE0F:  # the latter choose between forms of an emoji
        return FORMAT
    if category[0] in "LNM":
        return SINGLE if any(first <= point <= last for first, last in UNSPACED) else WORD
    if category[0] == "S":
        return SINGLE
    return OPERATOR if character in "*/%-" else SEPARATOR
