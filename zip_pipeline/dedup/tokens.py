"""Tokens: the words and symbols of texts as hashes, in every script.

A text is normalised first, by NFKC and case folding. Characters that only format drop out (soft hyphens, joiners, marks
of byte order, variation selectors). Then

- letters, numbers and marks make words, one token each;
- in scripts without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar) each character is a token;
- a symbol (Unicode's category S) is a token. So is one of ``* / % -`` that stands alone, between spaces or digits or at
  the end of a line: ``3 - 1`` is not ``3 * 1``;
- other punctuation and white space separate tokens, and do not count.

A word of more than `LONGEST` characters, as in base64, is cut at places that the characters before them decide. So text
that is put in front of it moves the cuts along and leaves most pieces as they were.

A text without any token is one token as a whole.

    >>> one, other = tokens(["Grüße, WELT!".encode(), "gru\u0308sse  “welt”".encode()]).by_record()
    >>> bool((one == other).all()), len(one)
    (True, 2)

A hash has 64 bits and depends on the token alone, so it is the same on every machine with the same version of Unicode.
"""

import functools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]
Characters = npt.NDArray[np.unsignedinteger]

KNOWN, CODE_POINTS = 0x20000, 0x40000
"""Code points that tables describe one by one, and all that they have; those between are Han."""

LONGEST = 32
"""Characters of a word that is not cut; hardly a word of any language is longer."""

CONTEXT = 6
"""Characters that decide whether a long word is cut behind them."""

PIECE = 8
"""Characters of a piece of a long word, on average; a power of two."""

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

PART = 1 << 16
"""Bytes of text that are hashed at once: their arrays stay in the processor's cache."""

_SEPARATOR, _WORD, _SINGLE, _OPERATOR, _FORMAT = range(5)
_BASE = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Ragged:
    """Hashes of several records, record by record.

    Attributes:
        hashes: shape (all,).
        offsets: shape (records + 1,); record ``i`` has ``hashes[offsets[i]:offsets[i + 1]]``.
    """

    hashes: Hashes
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def by_record(self) -> list[Hashes]:
        """Return the hashes of each record."""
        return np.split(self.hashes, self.offsets[1:-1])

    def records(self) -> Offsets:
        """Return the record of each hash, shape (all,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @classmethod
    def of(cls, parts: Iterable["Ragged"]) -> "Ragged":
        """Return the records of several parts, one after the other."""
        parts = list(parts)
        counts = [np.diff(part.offsets) for part in parts]
        hashes = [part.hashes for part in parts]
        ends = np.cumsum(np.concatenate(counts or [np.zeros(0, np.int64)]))
        return cls(np.concatenate(hashes or [np.zeros(0, np.uint64)]), np.concatenate(([0], ends)))


def tokens(texts: Sequence[bytes]) -> Ragged:
    """Return the tokens of each text, at least one.

    Args:
        texts: UTF-8.
    """
    return Ragged.of(map(_tokens, parts(texts)))


def mixed(values: Hashes) -> Hashes:
    """Spread every bit over all others: the finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: Hashes = values ^ (values >> np.uint64(31))
    return result


def runs(values: Hashes, begins: Offsets, ends: Offsets) -> Hashes:
    """Return a hash of each run ``values[begin:end]``: the sum of its values, each times `_BASE` to its place, mixed.

    Two runs of equal values have equal hashes wherever they begin.

    Args:
        values: shape (n,).
        begins: first places of the runs.
        ends: places behind the runs, 0 to n.
    """
    powers, inverses = _powers(len(values).bit_length())
    sums = np.empty(len(values) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(values * powers[: len(values)], out=sums[1:])
    return mixed((sums[ends] - sums[begins]) * inverses[begins])


def parts(texts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield the texts in parts of about `PART` bytes."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    cuts = np.flatnonzero(np.diff(ends // PART, prepend=0))
    for begin, end in zip([0, *cuts], [*cuts, len(texts)], strict=True):
        if begin < end:
            yield texts[begin:end]


def _tokens(texts: Sequence[bytes]) -> Ragged:
    joined = b"\n".join([*texts, b""])
    if joined.isascii():
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        characters: Characters = np.frombuffer(joined, np.uint8)
        kinds = np.frombuffer(joined.translate(_ascii_kinds()), np.uint8)
        values = _values()[:128].take(characters)
    else:
        parts = list(map(_characters, texts))
        lengths = np.fromiter(map(len, parts), np.int64, len(texts))
        line_break = np.array([ord("\n")], np.uint32)
        characters = np.concatenate([piece for part in parts for piece in (part, line_break)])
        kinds, values = _kinds_of(characters), _values().take(characters, mode="clip")
        beyond = characters >= CODE_POINTS
        values[beyond] = _value(characters[beyond])
    begins, ends = _words(characters, kinds, values)
    text_ends = np.cumsum(lengths + 1)
    offsets = np.concatenate(([0], np.searchsorted(begins, text_ends)))
    empty = np.flatnonzero(offsets[1:] == offsets[:-1])
    if len(empty):  # the whole text is the token
        begins = np.insert(begins, offsets[empty], text_ends[empty] - lengths[empty] - 1)
        ends = np.insert(ends, offsets[empty], text_ends[empty] - 1)
        offsets = np.concatenate(([0], np.cumsum(np.maximum(np.diff(offsets), 1))))
    return Ragged(runs(values, begins, ends), offsets)


def _words(characters: Characters, kinds: npt.NDArray[np.uint8], values: Hashes) -> tuple[Offsets, Offsets]:
    """Return where tokens begin and end."""
    operators = np.flatnonzero(kinds == _OPERATOR)
    if len(operators):
        kinds = kinds.copy()
        neighbours = np.stack([characters[operators - 1], characters[operators + 1]])
        beside = (neighbours == ord(" ")) | (neighbours >= ord("0")) & (neighbours <= ord("9"))
        beside[1] |= neighbours[1] < ord(" ")  # the end of a line; what begins one is a bullet
        alone = np.logical_and.reduce(beside) & (operators > 0)
        kinds[operators] = np.where(alone, _SINGLE, _SEPARATOR)
    inside = np.empty(len(kinds) + 1, np.bool_)
    inside[0] = False
    np.equal(kinds, _WORD, out=inside[1:])
    begins = np.flatnonzero(inside[1:] & ~inside[:-1])
    ends = np.flatnonzero(inside[:-1] & ~inside[1:])
    cuts = _cuts(begins, ends, values)
    singles = np.flatnonzero(kinds == _SINGLE)
    if len(cuts) or len(singles):
        begins = np.sort(np.concatenate([begins, cuts, singles]))
        ends = np.sort(np.concatenate([ends, cuts, singles + 1]))
    return begins, ends


def _cuts(begins: Offsets, ends: Offsets, values: Hashes) -> Offsets:
    """Return the places at which long words are cut."""
    long = ends - begins > LONGEST
    if not long.any():
        return np.zeros(0, np.int64)
    lengths = ends[long] - begins[long] - CONTEXT  # the places behind the first characters
    before = np.cumsum(lengths) - lengths
    places = np.arange(lengths.sum()) + np.repeat(begins[long] + CONTEXT - before, lengths)
    cut = runs(values, places - CONTEXT, places) % np.uint64(PIECE) == 0
    result: Offsets = places[cut]
    return result


def _characters(text: bytes) -> Characters:
    """Return the code points of a text after normalisation."""
    if text.isascii():
        return np.frombuffer(text, np.uint8)
    points = _points(text.decode(errors="replace"))
    if not _unstable().take(points, mode="clip").any():
        return points
    points = _points(unicodedata.normalize("NFKC", text.decode(errors="replace")).casefold())
    stable: Characters = points[_kinds_of(points) != _FORMAT]
    return stable


def _points(text: str) -> Characters:
    """Return the code points without those above the tables that only format, as tags and variants do."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    return points if points.max(initial=0) < CODE_POINTS else points[(points < 0xE0000) | (points > 0xE0FFF)]


@functools.cache
def _powers(bits: int) -> tuple[Hashes, Hashes]:
    """Return the powers of `_BASE` and those of its inverse, for runs in up to ``2**bits`` values."""
    bases = np.array([[_BASE], [pow(_BASE, -1, 1 << 64)]], np.uint64)
    factors = np.broadcast_to(bases, (2, (1 << bits) + 1)).copy()
    factors[:, 0] = 1
    powers, inverses = np.cumprod(factors, axis=1, dtype=np.uint64)
    return powers, inverses


@functools.cache
def _values() -> Hashes:
    """Return a random number for each code point; a capital letter has that of the small one."""
    values = _value(np.arange(CODE_POINTS, dtype=np.uint32))
    small = [character.casefold() for character in map(chr, range(KNOWN))]
    values[:KNOWN] = values[[ord(folded) if len(folded) == 1 else point for point, folded in enumerate(small)]]
    return values


def _value(points: Characters) -> Hashes:
    return mixed((points.astype(np.uint64) + np.uint64(1)) * np.uint64(_BASE))


@functools.cache
def _unstable() -> npt.NDArray[np.bool_]:
    """Return which code points normalisation may change, alone or after another one; capital letters are not meant."""

    def changes(point: int) -> bool:
        character = chr(point)
        return (
            not unicodedata.is_normalized("NFKC", character)
            or len(character.casefold()) != 1
            or unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf")
            or 0x1100 <= point <= 0x11FF  # letters that make up Hangul syllables
        )

    unstable = np.zeros(CODE_POINTS, np.bool_)
    unstable[:KNOWN] = np.fromiter(map(changes, range(KNOWN)), np.bool_, KNOWN)
    unstable[0x2F800:0x2FA20] = True  # Han, compatibility
    return unstable


@functools.cache
def _ascii_kinds() -> bytes:
    """Return the kinds of ASCII characters, as a table for `bytes.translate`."""
    return bytes(map(_kind, range(128))) + bytes(128)


def _kinds_of(points: Characters) -> npt.NDArray[np.uint8]:
    """Return the kind of each code point; all behind the tables separate words."""
    kinds: npt.NDArray[np.uint8] = _kinds().take(points, mode="clip")
    return kinds


@functools.cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Return the kind of every code point of the tables, and that of all others."""
    kinds = np.full(CODE_POINTS + 1, _SINGLE, np.uint8)
    kinds[CODE_POINTS] = _SEPARATOR
    kinds[:KNOWN] = np.frombuffer(bytes(map(_kind, range(KNOWN))), np.uint8)
    return kinds


def _kind(point: int) -> int:
    character = chr(point)
    category = unicodedata.category(character)
    if category == "Cf" or 0xFE00 <= point <= 0xFE0F:  # the latter choose between forms of an emoji
        return _FORMAT
    if category[0] in "LNM":
        return _SINGLE if any(first <= point <= last for first, last in UNSPACED) else _WORD
    if category[0] == "S":
        return _SINGLE
    return _OPERATOR if character in "*/%-" else _SEPARATOR
