"""Families of anchors and candidates that have shown, or could show, a wrong deflate size.

Each family is a function of a random generator and makes one `Case`; `FAMILIES` names them all. `check`
compares a case with one-shot `zlib.compress`, which is the definition. (A copied compressor is not: its window
may slide at other places.) Uniform random bytes hide parse errors, since their blocks are stored. So most
families use few symbols, skewed ones, or text.
"""

import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
from zip_pipeline.codecs.deflate.layout import SYMBOLS
from zip_pipeline.codecs.deflate.shortlist import DeflateShortlist

WINDOW = 32768
BLOCK_SYMBOLS = 16383


@dataclass
class Case:
    """An anchor in the pieces that are appended, and candidates to evaluate."""

    pieces: list[bytes]
    candidates: list[bytes]
    suffix: bytes = b""
    level: int = 9


def symbols_bytes(rng: random.Random, alphabet: bytes, size: int, skew: float = 0.0) -> bytes:
    """`size` independent symbols; `skew` > 0 makes early symbols of the alphabet more frequent."""
    weights = [(1 + i) ** -skew for i in range(len(alphabet))]
    return bytes(rng.choices(alphabet, weights, k=size))


def random_alphabet(rng: random.Random, size: int) -> bytes:
    return bytes(rng.sample(range(256), size))


_ONSETS = ("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "ch")
_RIMES = ("a", "e", "i", "o", "u", "an", "er", "in", "on")
_SYLLABLES = [onset + rime for onset in _ONSETS for rime in _RIMES]


def vocabulary(rng: random.Random, size: int = 2000) -> list[str]:
    return ["".join(rng.choices(_SYLLABLES, k=rng.choice([1, 1, 2, 2, 3]))) for _ in range(size)]


def text(rng: random.Random, words: list[str], size: int) -> bytes:
    """Sentences of words by Zipf's law, with numbers, punctuation and a repeated template around them."""
    weights = [1 / (1 + i) for i in range(len(words))]
    parts: list[str] = []
    length = 0
    while length < size:
        sentence = " ".join(rng.choices(words, weights, k=rng.randint(3, 14))).capitalize()
        if rng.random() < 0.2:
            sentence += f" {rng.randint(0, 9999)}"
        if rng.random() < 0.3:
            sentence = '{"from": "human", "value": "' + sentence + '"}'
        parts.append(sentence)
        length += len(sentence) + 2
    return ". ".join(parts).encode()[:size]


def cut(rng: random.Random, data: bytes, largest: int = 5000) -> list[bytes]:
    """`data` in random pieces, empty ones among them."""
    pieces = []
    cursor = 0
    while cursor < len(data):
        step = rng.choice([0, 1, 2, 7, rng.randint(0, 300), rng.randint(0, largest), rng.randint(0, largest)])
        pieces.append(data[cursor : cursor + step])
        cursor += step
    return pieces


def some_size(rng: random.Random) -> int:
    return rng.choice([0, 1, 2, 3, rng.randint(4, 40), rng.randint(4, 600), rng.randint(4, 3000)])


def some_level(rng: random.Random) -> int:
    return rng.choice([9] * 9 + [4, 5, 6, 7, 8])


def slices(rng: random.Random, data: bytes, count: int) -> list[bytes]:
    result = []
    for _ in range(count):
        begin = rng.randrange(max(1, len(data)))
        result.append(data[begin : begin + some_size(rng)])
    return result


def natural_text(rng: random.Random) -> Case:
    words = vocabulary(rng)
    anchor = text(
        rng,
        words,
        rng.choice([0, 10, 300, rng.randint(0, 5000), rng.randint(0, 40000), rng.randint(0, 120000)]),
    )
    candidates = [text(rng, words, some_size(rng)) for _ in range(8)] + slices(rng, anchor, 4)
    return Case(cut(rng, anchor), candidates, rng.choice([b"", b"\n", b"]"]), some_level(rng))


def block_boundary(rng: random.Random) -> Case:
    """Anchors cut within 150 symbols of a block's end; the counter only helps to find such a place.

    Half of the candidates continue the source with one byte more each, until past the block's end, so that
    some stream ends exactly there.
    """
    words = vocabulary(rng, 300)
    alphabet = random_alphabet(rng, rng.choice([8, 30, 200]))
    source = text(rng, words, 120000) if rng.random() < 0.3 else symbols_bytes(rng, alphabet, 60000, 1.0)
    probe = DeflateAnchor()
    wanted = BLOCK_SYMBOLS - rng.randint(0, 150)
    cursor = 0
    before = 0
    while cursor < len(source):
        step = 2000 if before < BLOCK_SYMBOLS - 2500 else 40
        probe.append(source[cursor : cursor + step])
        cursor += step
        now = pending_symbols(probe)
        if now >= wanted or now < before:
            break
        before = now
    end = max(0, cursor + rng.randint(-40, 150))
    probe.reset()
    probe.append(source[:end])
    before = pending_symbols(probe)
    crossing = end
    while crossing < min(len(source), end + 400) and pending_symbols(probe) >= before:
        probe.append(source[crossing : crossing + 1])
        crossing += 1
    candidates = [source[end : crossing + i] for i in range(-12, 8)]
    candidates += [source[cursor + i : cursor + i + some_size(rng)] for i in range(0, 200, 10)]
    return Case(cut(rng, source[:end], 20000), candidates)


def full_block(rng: random.Random, alphabet: bytes, step: int) -> bytes:
    """Nearly random bytes that fill one block, and at most about `step` bytes of the next."""
    probe = DeflateAnchor()
    data = bytearray()
    before = 0
    while True:
        piece = symbols_bytes(rng, alphabet, 1500 if before < BLOCK_SYMBOLS - 1800 else step, 0.2)
        data += piece
        probe.append(piece)
        now = pending_symbols(probe)
        if now < before:
            return bytes(data)
        before = now


def pending_symbols(anchor: DeflateAnchor) -> int:
    """Symbols in the anchor's pending block, read from its state."""
    return int(anchor._states[0].memory._region("fields", np.dtype(np.int64))[SYMBOLS // 8])


def small_alphabet(rng: random.Random) -> Case:
    alphabet = random_alphabet(rng, rng.randint(1, 16))
    skew = rng.choice([0.0, 1.0, 3.0])
    anchor = symbols_bytes(rng, alphabet, rng.choice([0, 50, rng.randint(0, 3000), rng.randint(0, 12000)]), skew)
    candidates = [symbols_bytes(rng, alphabet, some_size(rng) // 2, skew) for _ in range(8)]
    return Case(cut(rng, anchor), candidates, level=some_level(rng))


def large_alphabet(rng: random.Random) -> Case:
    alphabet = random_alphabet(rng, rng.randint(150, 256))
    skew = rng.choice([0.0, 0.3, 1.0])
    anchor = symbols_bytes(rng, alphabet, rng.choice([0, rng.randint(0, 3000), rng.randint(0, 50000)]), skew)
    anchor += anchor[: rng.randint(0, 3000)]
    candidates = [symbols_bytes(rng, alphabet, some_size(rng), skew) for _ in range(6)] + slices(rng, anchor, 6)
    return Case(cut(rng, anchor, 20000), candidates, level=some_level(rng))


def zeros(rng: random.Random) -> Case:
    anchor = bytes(rng.choice([rng.randint(0, 600), rng.randint(0, 70000), rng.randint(65000, 66000)]))
    candidates = [bytes(some_size(rng)) for _ in range(4)] + [
        bytes(rng.randint(0, 600)) + b"x" + bytes(rng.randint(0, 9))
    ]
    return Case(cut(rng, anchor, 20000), candidates)


def motifs_and_runs(rng: random.Random) -> Case:
    motifs = [symbols_bytes(rng, random_alphabet(rng, 20), rng.choice([3, 5, 9, 31, 33, 120, 300])) for _ in range(6)]

    def mix(size: int) -> bytes:
        parts = []
        length = 0
        while length < size:
            motif = rng.choice(motifs)
            part = rng.choice(
                [
                    motif,
                    motif[: rng.randint(0, len(motif))],
                    bytes([rng.randrange(256)]),
                    motif[:1] * rng.randint(1, 300),
                ]
            )
            parts.append(part)
            length += len(part)
        return b"".join(parts)[:size]

    anchor = mix(rng.choice([0, 500, rng.randint(0, 20000), rng.randint(0, 60000)]))
    return Case(cut(rng, anchor), [mix(some_size(rng)) for _ in range(10)], level=some_level(rng))


def long_candidates(rng: random.Random) -> Case:
    """Candidates of 100 KB, and some around and above the size that is evaluated in place."""
    words = vocabulary(rng, 500)
    anchor = text(rng, words, rng.choice([0, 1000, 50000, 70000]))
    size = rng.choice([100000, WINDOW - 1, WINDOW, WINDOW + 1, rng.randint(20000, 70000)])
    other = symbols_bytes(rng, random_alphabet(rng, 60), size // 2, 1.0)
    return Case(cut(rng, anchor, 30000), [text(rng, words, size), other], rng.choice([b"", b"\n"]), some_level(rng))


def tiny_candidates(rng: random.Random) -> Case:
    words = vocabulary(rng, 50)
    anchor = rng.choice([text(rng, words, rng.randint(0, 700)), symbols_bytes(rng, b"ab", rng.randint(0, 40))])
    alphabet = anchor or b"ab"
    candidates = [bytes(rng.choices(alphabet, k=size)) for size in (0, 1, 2, 3, 1, 2, 3, 3)]
    return Case(cut(rng, anchor, 100), candidates + [anchor[-size:] for size in (1, 2, 3, 200)], level=some_level(rng))


def window_edge(rng: random.Random) -> Case:
    """A motif comes back at a distance of 32,504 to 32,508, with and without a nearer head of its chain.

    The motif's bytes occur nowhere else, so its first copy is the head of its chain; planting its first three
    bytes, or three that collide with them, in between puts a nearer head before it.
    """
    filler = random_alphabet(rng, rng.choice([180, 12]))
    others = bytes(sorted(set(range(256)) - set(filler)))
    motif = symbols_bytes(rng, others, rng.choice([3, 4, 7, 8, 12, 40]))
    before = rng.choice([rng.randint(1, 300), rng.randint(0, 3), WINDOW - rng.randint(0, 40), rng.randint(300, 40000)])
    distance = rng.randint(32504, 32508)
    data = bytearray(symbols_bytes(rng, filler, before + distance + 400, 0.5))
    data[before : before + len(motif)] = motif
    again = before + distance
    data[again : again + len(motif)] = motif
    if rng.random() < 0.5:
        between = rng.randint(before + 50, again - 50)
        prefix = motif[:3] if rng.random() < 0.5 else bytes([motif[0] ^ 0x20]) + motif[1:3]
        data[between : between + 3] = prefix
    data = data[: again + rng.choice([len(motif), 300, rng.randint(0, 400)])]
    split = max(0, again - rng.choice([0, 1, 2, 5, 100, 300]) + rng.choice([0, 0, 4]))
    anchor, rest = bytes(data[:split]), bytes(data[split:])
    return Case(cut(rng, anchor, 20000), [rest, rest[: len(rest) // 2], rest[: len(motif)]], level=some_level(rng))


def early_slide(rng: random.Random) -> Case:
    """Position 65,274 (+ 32,768 k) is searched with few bytes left and its chain's head 32,506 back."""
    edge = 65274 + WINDOW * rng.choice([0, 0, 1, 2])  # with 2 the anchor's memory has been compacted
    filler = random_alphabet(rng, 180)
    others = bytes(sorted(set(range(256)) - set(filler)))
    motif = symbols_bytes(rng, others, rng.choice([4, 6, 10, 30]))
    left = rng.choice([rng.randint(len(motif), 300), rng.randint(255, 268)])
    data = bytearray(symbols_bytes(rng, filler, edge + left + 300, 0.7))
    shift = rng.choice([0, 0, 0, 1, -1])
    data[edge - 32506 : edge - 32506 + len(motif)] = motif
    data[edge + shift : edge + shift + len(motif)] = motif
    split = edge + rng.choice([0, -300, -262, -5, -1, 1, 4, 10, rng.randint(-300, 10)])
    anchor = bytes(data[:split])
    candidates = [bytes(data[split : edge + end]) for end in (left, left + 1, 261, 262, 263, 12)]
    return Case(cut(rng, anchor, 30000), candidates)


def block_ties(rng: random.Random) -> Case:
    """Small last blocks right after a full one: fixed and dynamic codes tie in bytes, at any bit."""
    alphabet = random_alphabet(rng, rng.choice([40, 100, 200]))
    anchor = full_block(rng, alphabet, 25)
    candidates = []
    for _ in range(60):
        few = random_alphabet(rng, rng.randint(2, 14))
        candidates.append(symbols_bytes(rng, few, rng.randint(10, 160), rng.choice([0.0, 0.7, 1.5])))
    return Case([anchor], candidates)


def chain_budget(rng: random.Random) -> Case:
    """More than 4,096 nodes of one chain (after a match of 32: 1,024) lie before the best match."""
    motif = symbols_bytes(rng, b"abcdefgh", rng.choice([20, 60, 100]))
    dense = rng.choice([b"ab", b"abc", b"aab"])
    steps = rng.choice([1023, 1024, 1025, 4095, 4096, 4097, rng.randint(900, 5000)])
    gram = rng.choice([b"xyz", motif[:3], motif[:4], b"a"])
    # Units of `gram` and a changing byte: each is one node of the gram's chain, none continues like the
    # motif.
    units = [gram + bytes([128 + rng.randrange(100)]) for _ in range(steps)]
    if gram == b"a":
        units = [symbols_bytes(rng, dense, 1) for _ in range(steps * 2)]
    head = motif + symbols_bytes(rng, b"ijkl", 10)
    body = b"".join(units)[:32000]
    tail = [motif[:cut_at] + rng.choice([b"", b"?"]) + motif for cut_at in (0, 5, 31, 32, 33, 40)]
    return Case(cut(rng, head + body, 20000), [gram[:2] + part for part in tail] + tail, level=some_level(rng))


def hash_collisions(rng: random.Random) -> Case:
    """Bytes that differ in their three high bits only collide at the first place of zlib's hash."""
    alphabet = bytes(low | (high << 5) for low in rng.sample(range(32), rng.randint(1, 3)) for high in range(8))
    anchor = symbols_bytes(rng, alphabet, rng.choice([500, rng.randint(0, 9000), rng.randint(0, 30000)]), 0.5)
    candidates = slices(rng, anchor, 5) + [symbols_bytes(rng, alphabet, some_size(rng), 0.5) for _ in range(5)]
    return Case(cut(rng, anchor), candidates, level=some_level(rng))


def far_triples(rng: random.Random) -> Case:
    """Three-byte matches around the distance 4,096 from which zlib no longer takes them."""
    filler = random_alphabet(rng, 180)
    others = bytes(sorted(set(range(256)) - set(filler)))
    data = bytearray(symbols_bytes(rng, filler, 6000))
    for i in range(40):
        triple = symbols_bytes(rng, others, 3)
        begin = 300 + 10 * i
        data[begin : begin + 3] = triple
        again = begin + rng.randint(4093, 4099)
        data[again : again + 3] = triple
    return Case(
        cut(rng, bytes(data[:4200])),
        [bytes(data[4200:end]) for end in (4400, 4600, 5000, 6000)],
        level=some_level(rng),
    )


def deep_codes(rng: random.Random) -> Case:
    """Symbol counts that grow like Fibonacci numbers: code lengths overflow their limits of 15 and 7.

    Literals alone cannot overflow 15, since such skewed bytes hold matches. So half of the cases are matches of 14
    kinds of length into random bytes, right after the block of those.
    """
    if rng.random() < 0.5:
        counts = [1]
        while len(counts) < rng.randint(16, 20):
            counts.append(round(counts[-1] * 1.62) + rng.choice([0, 0, 1]))
        alphabet = random_alphabet(rng, len(counts))
        literals = [byte for byte, count in zip(alphabet, counts, strict=True) for _ in range(count)]
        rng.shuffle(literals)
        anchor = bytes(literals[-rng.randint(1, len(literals)) :])[:16000]
        candidates = [anchor[:50], b"", symbols_bytes(rng, alphabet, 300, 1.0)]
        return Case(cut(rng, anchor), candidates, level=some_level(rng))
    anchor = full_block(rng, bytes(range(256)), 1)
    # A dozen literals slip in between the matches and make the deepest four levels. Each code stands for two
    # lengths or more, so a match that chances to be a byte longer or shorter stays in these codes.
    one_code_each = [83, 67, 59, 51, 43, 35, 31, 27, 23, 20, 18, 16, 14, 12]
    counts = [rng.randint(7, 9)]
    while len(counts) < len(one_code_each):
        counts.append(round(counts[-1] * rng.choice([1.63, 1.65])))
    lengths = [length for length, count in zip(one_code_each, counts, strict=True) for _ in range(count)]
    rng.shuffle(lengths)
    data = bytearray(anchor)
    for length in lengths:
        begin = rng.randrange(max(0, len(data) - 20000), len(data) - length)
        data += data[begin : begin + length]
    tail = bytes(data[len(anchor) :])
    split = rng.randint(0, len(tail))
    return Case([anchor, tail[:split]], [tail[split:], tail[split : split + 5000], tail[split : split + 50]])


def stored_blocks(rng: random.Random) -> Case:
    """Incompressible stretches, whose blocks are stored at any bit of a byte, between compressible ones."""
    words = vocabulary(rng, 100)
    parts = [
        rng.choice([rng.randbytes(rng.randint(0, 25000)), text(rng, words, rng.randint(0, 9000))]) for _ in range(4)
    ]
    candidates = [rng.randbytes(some_size(rng)) for _ in range(4)] + [
        text(rng, words, some_size(rng)) for _ in range(4)
    ]
    edge = [symbols_bytes(rng, bytes(range(200)), rng.randint(20, 300)) for _ in range(4)]
    return Case(cut(rng, b"".join(parts[: rng.randint(0, 4)]), 30000), candidates + edge)


def expiring_matches(rng: random.Random) -> Case:
    """Motifs fall out of a candidate's reach byte by byte, with other matches nearer, or in the candidate itself."""
    filler = random_alphabet(rng, rng.choice([180, 12, 60]))
    others = bytes(sorted(set(range(256)) - set(filler)))
    motif = symbols_bytes(rng, others, rng.choice([3, 4, 5, 8, 9, 40, 300]))
    data = bytearray(symbols_bytes(rng, filler, 32400, 0.5))
    begin = rng.randint(1, 200)
    data[begin : begin + len(motif)] = motif
    for _ in range(rng.randint(0, 3)):  # nearer ones: shorter, as long, or of the same bucket only
        part = rng.choice([motif[: rng.randint(3, len(motif))], bytes([motif[0] ^ 0x20]) + motif[1:3]])
        at = rng.randint(begin, len(data) - len(part))
        data[at : at + len(part)] = part
    offset = rng.randint(0, 120)
    lead = symbols_bytes(rng, filler, offset, 0.5)
    candidates = [
        lead + motif,
        lead + motif[: rng.randint(1, len(motif))] + symbols_bytes(rng, filler, rng.randint(0, 300)),
        bytes([motif[0] ^ 0x20]) + motif[1:3] + lead[3:] + motif + motif,
        motif + lead,
    ]
    pieces = [bytes(data)]
    left = begin + 32509 - offset - len(data)  # until the match in the first candidate is at a distance of 32,509
    while left > 0:
        step = 1 if left < 12 else min(left - 11, rng.choice([rng.randint(1, 40), rng.randint(1, 100)]))
        pieces.append(symbols_bytes(rng, filler, step, 0.5))
        left -= step
    pieces += [motif[: rng.randint(0, len(motif))], motif, b"", symbols_bytes(rng, filler, 300)]
    return Case(pieces, candidates, rng.choice([b"", b"]", motif[:2]]), some_level(rng))


def completed_matches(rng: random.Random) -> Case:
    """The anchor's last bytes match a candidate, and what is appended next goes on matching, or begins it."""
    alphabet = random_alphabet(rng, rng.choice([2, 4, 30, 200]))
    motif = symbols_bytes(rng, alphabet, rng.randint(5, 400))
    pieces = [symbols_bytes(rng, alphabet, rng.choice([1, 5, 400, 3000]))]
    for _ in range(rng.randint(4, 14)):
        cut_at = sorted(rng.choices(range(len(motif)), k=3))
        pieces += rng.choice(
            [
                [motif[: cut_at[1]], motif[cut_at[1] :]],
                [motif[cut_at[0] : cut_at[1]], motif[cut_at[1] : cut_at[2]], motif[cut_at[2] :]],
                [motif[i : i + 1] for i in range(min(len(motif), 20))],
                [motif[cut_at[0] :], motif[: cut_at[1]]],
                [symbols_bytes(rng, alphabet, rng.randint(0, 200))],
            ]
        )
    half = len(motif) // 2
    candidates = [motif, motif[half:] + motif[:half], motif[1:] * 2, motif[-4:] + motif, motif[half:] + b"-" + motif]
    candidates += slices(rng, b"".join(pieces), 4)
    return Case(pieces, candidates, rng.choice([b"", motif[:1], motif[:9]]), some_level(rng))


def own_picks(rng: random.Random) -> Case:
    """As in a selection: the anchor grows by some of the candidates."""
    words = vocabulary(rng, rng.choice([30, 300, 2000]))
    passages = [text(rng, words, rng.choice([200, 900, 3000])) for _ in range(5)]
    candidates = [
        b"".join(rng.choice([rng.choice(passages)[: rng.randint(0, 3000)], text(rng, words, 300)]) for _ in range(3))
        for _ in range(12)
    ]
    candidates += [b"", b"a", candidates[0], b" " * rng.choice([40, 900, 1400]) + candidates[1]]
    pieces = [rng.choice(candidates) + b"\n" for _ in range(rng.randint(2, 60))]
    return Case(pieces, candidates, rng.choice([b"", b"]"]), rng.choice([9, 9, some_level(rng)]))


# Family -> cases a round; a round makes about 780 pairs, cheap families more than dear ones.
WEIGHTS: dict[Callable[[random.Random], Case], int] = {
    natural_text: 2,
    block_boundary: 1,
    small_alphabet: 8,
    large_alphabet: 4,
    zeros: 4,
    motifs_and_runs: 6,
    long_candidates: 1,
    tiny_candidates: 12,
    window_edge: 5,
    early_slide: 3,
    block_ties: 3,
    chain_budget: 2,
    hash_collisions: 6,
    far_triples: 4,
    deep_codes: 5,
    stored_blocks: 4,
    expiring_matches: 4,
    completed_matches: 4,
    own_picks: 2,
}
FAMILIES = {family.__name__: family for family in WEIGHTS}


def cases(family: str, seed: int, first_round: int, rounds: int) -> Iterator[tuple[str, Case]]:
    """(name, case) of `rounds` rounds of a family; a case depends on its name only."""
    weight = WEIGHTS[FAMILIES[family]]
    for k in range(first_round * weight, (first_round + rounds) * weight):
        name = f"{seed}/{family}/{k}"
        yield name, FAMILIES[family](random.Random(name))


def pack(candidates: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Candidates as (flat uint8 payloads, int64 offsets)."""
    offsets = np.zeros(len(candidates) + 1, dtype=np.int64)
    offsets[1:] = np.cumsum([len(candidate) for candidate in candidates])
    return np.frombuffer(b"".join(candidates), dtype=np.uint8), offsets


def check(case: Case, threads: int = 1) -> list[tuple[int, int, int]]:
    """Mismatches of a case, as (candidate's number, kernel's size, zlib's size); guards are checked too."""
    anchor = DeflateAnchor(case.level)
    for piece in case.pieces:
        anchor.append(piece)
    payloads, offsets = pack(case.candidates)
    order = np.arange(len(case.candidates), dtype=np.int64)
    sizes = anchor.sizes(payloads, offsets, order, case.suffix, threads)
    again = anchor.sizes(payloads, offsets, order[::-1].copy(), case.suffix)[::-1]
    for state in anchor._states:
        assert state.memory.guards_intact(), "a guard was overwritten"
    head = b"".join(case.pieces)
    mismatches = []
    for i, candidate in enumerate(case.candidates):
        expected = len(zlib.compress(head + candidate + case.suffix, case.level))
        both = (int(sizes[i]), int(again[i]))
        mismatches.extend((i, size, expected) for size in both if size != expected)
    return mismatches


def grow(
    anchor: DeflateAnchor, pieces: list[bytes], candidates: list[bytes], suffix: bytes, rng: random.Random, threads: int
) -> tuple[list[tuple[int, int, int, int]], list[int]]:
    """A shortlist's mismatches with plain evaluation, and its sizes after the last piece.

    All candidates, now and then some of them, are evaluated after each piece. A mismatch is (pieces in the anchor,
    candidate's number, shortlist's size, expected size).
    """
    payloads, offsets = pack(candidates)
    every = np.arange(len(candidates), dtype=np.int64)
    shortlist = DeflateShortlist(anchor, payloads, offsets, every, suffix)
    mismatches = []
    for number, piece in enumerate(pieces, start=1):
        anchor.append(piece)
        order = every if rng.random() < 0.8 else np.array(rng.choices(every, k=3), dtype=np.int64)
        sizes = shortlist.sizes(order, threads)
        twin = anchor.sizes(payloads, offsets, order, suffix)
        differing = zip(order, sizes, twin, strict=True)
        mismatches += [
            (number, int(i), int(size), int(expected)) for i, size, expected in differing if size != expected
        ]
    last = shortlist.sizes(every).tolist()
    for state in anchor._states:
        assert state.memory.guards_intact(), "a guard was overwritten"
    return mismatches, last


def check_growth(case: Case, rng: random.Random, threads: int = 1) -> list[tuple[int, int, int, int]]:
    """Mismatches of a shortlist with plain evaluation, and with zlib at the end; see `grow`."""
    anchor = DeflateAnchor(case.level)
    mismatches, last = grow(anchor, case.pieces, case.candidates, case.suffix, rng, threads)
    head = b"".join(case.pieces)
    for i, size in enumerate(last):
        expected = len(zlib.compress(head + case.candidates[i] + case.suffix, case.level))
        if size != expected:
            mismatches.append((len(case.pieces), i, size, expected))
    return mismatches
