"""Families of streams for the long-window size model: what lies beyond zlib's reach, and around the edges.

As in `deflate_families`, each family is a function of a random generator and makes one `LongWindowCase`. `check`
compares a case with the slow twin, `deflate_model`, so there are few cases, each at a place that can go wrong.
Passages are noise of 64 letters, so that chains are short and blocks are not stored.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from support.deflate_families import cut, grow, pack, pending_symbols, symbols_bytes, text, vocabulary
from support.deflate_model import model_size, sampled
from zip_pipeline.codecs.deflate.anchor import DeflateAnchor


@dataclass
class LongWindowCase:
    """An anchor in the pieces that are appended, candidates to evaluate, and the window."""

    pieces: list[bytes]
    candidates: list[bytes]
    window: int
    level: int = 9
    suffix: bytes = b""


def noise(rng: random.Random, size: int) -> bytes:
    return symbols_bytes(rng, bytes(range(64, 128)), size)


def filler(rng: random.Random, size: int) -> bytes:
    """Mostly noise that repeats itself soon, which the twin parses ten times as fast as other noise."""
    if rng.random() < 0.1:
        return noise(rng, size)
    unit = noise(rng, rng.choice([300, 700, 2000]))
    return (unit * (size // len(unit) + 1))[:size]


def sampled_noise(rng: random.Random, size: int) -> bytes:
    """Noise that begins with a sampled gram, so that even a short copy is found."""
    while not sampled(start := noise(rng, 16)):
        pass
    return (start + noise(rng, size))[:size]


def edited(rng: random.Random, passage: bytes) -> bytes:
    """A copy with some bytes changed, left out or put in."""
    copy = bytearray(passage)
    for _ in range(rng.choice([0, 0, 1, 3, len(copy) // 60])):
        place = rng.randrange(len(copy))
        copy[place : place + rng.choice([0, 1, 1])] = noise(rng, rng.choice([0, 1, 1, 9]))
    return bytes(copy)


def plant(rng: random.Random, distances: list[int], passage: bytes, before: int) -> tuple[bytes, bytes]:
    """(anchor, candidate): the passage, and edited copies of it at these distances from one to the next."""
    data = bytearray(filler(rng, before) + passage)
    last = before
    for distance in distances:
        fill = distance - (len(data) - last)
        if fill < 0:
            continue
        between = bytearray(filler(rng, fill))
        shared = passage[: rng.choice([0, 3, 8, 15])]  # a nearer head of the chain, too short for a gram
        if fill > 100:
            between[50 : 50 + len(shared)] = shared
        data += between
        last = len(data)
        data += edited(rng, passage)
    split = last - rng.choice([0, 0, 1, 7, 15, 16, 17, 200, 300])
    return bytes(data[:split]), bytes(data[split:]) + noise(rng, rng.choice([0, 40, 300]))


def some_distance(rng: random.Random, window: int) -> int:
    edges = [
        32500,
        32506,
        32506,
        32506,
        32507,
        32508,
        32768,
        32769,
        40000,
        49152,
        49153,
        65535,
        65536,
        65537,
        70000,
        98305,
    ]
    return rng.choice([distance for distance in edges if distance <= window + 1] + [window, window + 1])


def some_level(rng: random.Random) -> int:
    return rng.choice([9, 9, 9, 9, 4, 5, 6, 7, 8])


def copies(rng: random.Random) -> LongWindowCase:
    """One passage of 16 to 2,000 bytes, once more beyond zlib's reach, around the edges of codes and window."""
    window = rng.choice([65536, 65536, 131072])
    passage = sampled_noise(rng, rng.choice([16, 17, 24, 40, 100, 257, 258, 259, 600, 2000]))
    anchor, candidate = plant(rng, [some_distance(rng, window)], passage, rng.choice([0, 1, 50, 3000]))
    return LongWindowCase(
        cut(rng, anchor, 30000), [candidate, candidate[: len(candidate) // 2]], window, some_level(rng)
    )


def several_copies(rng: random.Random) -> LongWindowCase:
    """The latest of several counts, unless it lies within reach; another distance replaces the remembered one."""
    passage = sampled_noise(rng, rng.choice([20, 60, 300, 1200]))
    distances = [rng.choice([5000, 20000, 32506, 32507, 33000, 45000]) for _ in range(3)]
    anchor, candidate = plant(rng, distances, passage, 300)
    piece = noise(rng, 40)
    return LongWindowCase(
        cut(rng, anchor, 30000), [candidate, piece + passage + piece + passage], 131072, some_level(rng)
    )


def interrupted(rng: random.Random) -> LongWindowCase:
    """A long copy whose parts also occur nearby, shorter or longer: continuation goes on after them."""
    passage = noise(rng, 1500)
    data = noise(rng, 100) + passage + filler(rng, rng.choice([33000, 40000]))
    for _ in range(6):
        begin = rng.randrange(1400)
        data += noise(rng, 9) + passage[begin : begin + rng.choice([8, 14, 15, 16, 17, 40, 90])]
    copy = edited(rng, passage)
    skipped = rng.choice([0, 4, 7, 8, 9, 12])
    other = passage[:200] + noise(rng, 30) + passage[230 : 230 + skipped] + noise(rng, 5) + passage[300:330]
    return LongWindowCase(cut(rng, data, 30000), [copy, copy[700:], other], 65536, some_level(rng))


def ends(rng: random.Random) -> LongWindowCase:
    """Streams that end inside a copy or right after one; anchors that do, so that the parse must wait."""
    passage = sampled_noise(rng, rng.choice([30, 300]))
    data = passage + filler(rng, 33000) + passage
    split = len(data) - rng.choice([0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 29, len(passage), rng.randrange(300)])
    rest = data[split:]
    candidates = [rest, rest[:-1], rest[: len(rest) // 2], rest + b"@", rest[:15], rest[:16], b"", noise(rng, 20)]
    return LongWindowCase(cut(rng, data[:split], 30000), candidates, 65536, some_level(rng), rng.choice([b"", b"\n"]))


def runs_and_periods(rng: random.Random) -> LongWindowCase:
    """Grams that begin at many positions in a row, within reach and beyond; sampled ones are planted."""
    units = [noise(rng, rng.choice([1, 1, 2, 3, 5, 16, 24])) for _ in range(40)]
    unit = next((unit for unit in units if sampled((unit * 16)[:16])), units[0])
    run = (unit * 400)[: rng.choice([16, 100, 258, 300, 400])]
    data = run + noise(rng, 20) + run
    data += filler(rng, rng.choice([32400, 33000, 36000]))
    tail = rng.choice([b"", unit * 3, run[:15], run[:16], run[:40]]) + noise(rng, rng.choice([1, 30]))
    return LongWindowCase(cut(rng, data, 20000), [tail + run, run + tail + run, run[:20]], 65536, some_level(rng))


def many_runs(rng: random.Random) -> LongWindowCase:
    """Runs of every byte, as most runs are not sampled."""
    runs = b"".join(bytes([byte]) * rng.choice([16, 20, 40, 300]) for byte in rng.sample(range(256), 60))
    data = runs + filler(rng, 32600)
    return LongWindowCase(cut(rng, data, 20000), [runs[: rng.randrange(2000)], runs[rng.randrange(2000) :]], 65536)


def near_occurrence(rng: random.Random) -> LongWindowCase:
    """The gram occurs within reach and beyond; the near one exceeds zlib's budget, yet there is no distant match."""
    gram = sampled_noise(rng, rng.choice([16, 30]))
    decoys = b"".join(gram[:4] + noise(rng, 2) for _ in range(rng.choice([10, 40, 40])))
    data = noise(rng, 10) + b"".join(gram[i:] + noise(rng, 5) for i in range(8)) + filler(rng, 33000)
    near = rng.choice([gram, gram, gram[:16], gram[:15]])
    between = noise(rng, rng.choice([10, 2000]))
    gram = b"!?" + gram  # or a decoy's last byte would start a match, and no search would be made at the gram
    candidates = [near + between + decoys + gram, decoys + gram, near + decoys + decoys + gram]
    split = rng.choice([0, 8, 200])
    return LongWindowCase(
        cut(rng, data + candidates[0][:split], 20000),
        [candidates[0][split:], *candidates[1:]],
        65536,
        rng.choice([4, 4, 4, 5]),
    )


def near_first(rng: random.Random) -> LongWindowCase:
    """The first 14 to 40 bytes of distant passages are also near: from 16 on no distant match is searched."""
    passages = [noise(rng, 1) + sampled_noise(rng, 60) for _ in range(7)]
    data = b"".join(noise(rng, 3) + passage for passage in passages) + filler(rng, 33000)
    for passage, length in zip(passages, (14, 15, 16, 17, 18, 30, 40), strict=True):
        data += passage[:length] + noise(rng, 5)
    rng.shuffle(passages)
    candidates = [b"".join(b"@" + passage[skip:] for passage in passages) for skip in (0, 1)]
    return LongWindowCase(cut(rng, data, 30000), candidates, 65536, rng.choice([9, 9, 8, 5]))


def found_not_sent(rng: random.Random) -> LongWindowCase:
    """A distant match gives way to a longer near one at the next byte: its distance is not remembered.

    After the near match, a stretch too short for a gram lies at that distance.
    """
    start, other, end = sampled_noise(rng, 20), noise(rng, 60), noise(rng, rng.choice([8, 12, 15]))
    data = noise(rng, 5) + start + noise(rng, 60) + end + filler(rng, 33000) + start[1:] + other + noise(rng, 9)
    candidates = [start + other + end, start + end + start[1:] + other + end]
    return LongWindowCase(cut(rng, data, 30000), candidates, 65536, rng.choice([9, 8, 7]))


def long_candidates(rng: random.Random) -> LongWindowCase:
    """Candidates around and above the size evaluated in place, which repeat themselves and the anchor."""
    passage = sampled_noise(rng, 700)
    anchor = passage + filler(rng, rng.choice([0, 34000, 34000]))
    size = rng.choice([32240, 32255, 32256, 32257, 32506, 32768, 33000, 50000])
    start = sampled_noise(rng, rng.choice([16, 100]))
    candidate = start + passage[:300] + filler(rng, 40000) + passage
    body = candidate[: max(0, size - 1100)] + start + passage[:300] + passage
    round_trip = start + filler(rng, size - 2 * len(start)) + start
    return LongWindowCase(
        cut(rng, anchor, 30000), [body, round_trip, b"-" + body[:-5], passage], 131072, rng.choice([4, 5, 9])
    )


def dropped_text(rng: random.Random) -> LongWindowCase:
    """Anchors much longer than the window, whose oldest text is dropped, with copies around the window's edge."""
    passages = [noise(rng, 300) for _ in range(6)]
    data = bytearray()
    while len(data) < rng.choice([200000, 300000]):
        data += filler(rng, rng.choice([4000, 16000])) + edited(rng, rng.choice(passages))
    tail = b"".join(edited(rng, passage) + noise(rng, 30) for passage in passages)
    inside = rng.choice([-9, -1, 0, 1, 9, 100])
    exact = bytes(data[inside - 65536 : inside - 65536 + 300])
    return LongWindowCase(cut(rng, bytes(data), 90000), [tail, exact, exact[20:]], 65536, rng.choice([4, 4, 5, 6]))


def just_dropped(rng: random.Random) -> LongWindowCase:
    """A last small piece makes the oldest text drop; what is left still reaches back a whole window."""
    passage = sampled_noise(rng, 200)
    last = noise(rng, 20)
    end = 2 * 65536 + 10  # the index holds a window and 65,536 bytes more at most
    begin = end - 65536 + rng.choice([-9, 0, 1, 9, 200])
    data = filler(rng, begin) + passage + filler(rng, end - len(last) - begin - len(passage))
    return LongWindowCase([*cut(rng, data, 30000), last], [passage, passage[20:]], 65536, some_level(rng))


def documents(rng: random.Random) -> LongWindowCase:
    """Text of templates and repeated sentences: everything at once."""
    words = vocabulary(rng, 3000)
    stock = [text(rng, words, rng.choice([40, 200, 900])) for _ in range(30)]
    parts = [rng.choice(stock) if rng.random() < 0.3 else text(rng, words, 500) for _ in range(150)]
    candidates = [rng.choice(stock) + text(rng, words, 100) + edited(rng, rng.choice(stock)) for _ in range(2)]
    return LongWindowCase(cut(rng, b"\n".join(parts), 9000), candidates, 65536, rng.choice([4, 5, 6]))


def fixed_codes(rng: random.Random) -> LongWindowCase:
    """A few distant matches in a small last block, right after stored ones: fixed codes win there."""
    passages = [sampled_noise(rng, 60) for _ in range(12)]
    data = b"".join(passages) + rng.randbytes(33000)
    probe = DeflateAnchor()
    probe.append(data)
    before = 0
    while (now := pending_symbols(probe)) >= before:
        before = now
        data += (piece := rng.randbytes(25))
        probe.append(piece)
    candidates = [rng.randbytes(rng.randint(0, 3)) + b"".join(rng.sample(passages, count)) for count in (1, 2, 3, 4)]
    return LongWindowCase(cut(rng, data, 30000), candidates, 65536)


def deep_codes(rng: random.Random) -> LongWindowCase:
    """Distant matches in small blocks of fixed codes, and in large ones with many distance codes."""
    passages = [noise(rng, 40) for _ in range(rng.choice([2, 60]))]
    data = b"".join(passages) + filler(rng, 33000)
    for _ in range(2):
        data += filler(rng, 16000) + b"".join(rng.sample(passages, len(passages)))
    few = b"".join(rng.choices(passages, k=rng.choice([1, 2, 8])))
    return LongWindowCase(cut(rng, data, 30000), [few, b"".join(reversed(passages))], 131072, some_level(rng))


# Family -> cases a round.
WEIGHTS: dict[Callable[[random.Random], LongWindowCase], int] = {
    copies: 8,
    several_copies: 2,
    interrupted: 4,
    ends: 4,
    runs_and_periods: 4,
    many_runs: 1,
    near_occurrence: 3,
    near_first: 3,
    found_not_sent: 3,
    long_candidates: 2,
    dropped_text: 1,
    just_dropped: 2,
    documents: 1,
    fixed_codes: 1,
    deep_codes: 2,
}
FAMILIES = {family.__name__: family for family in WEIGHTS}


def cases(family: str, seed: int, first_round: int, rounds: int) -> Iterator[tuple[str, LongWindowCase]]:
    """(name, case) of `rounds` rounds of a family; a case depends on its name only."""
    weight = WEIGHTS[FAMILIES[family]]
    for k in range(first_round * weight, (first_round + rounds) * weight):
        name = f"{seed}/far/{family}/{k}"
        yield name, FAMILIES[family](random.Random(name))


def check(case: LongWindowCase, threads: int = 1) -> list[tuple[int, int, int]]:
    """Mismatches of a case, as (candidate's number, kernel's size, model's size); guards are checked too."""
    anchor = DeflateAnchor(case.level, case.window)
    for piece in case.pieces:
        anchor.append(piece)
    payloads, offsets = pack(case.candidates)
    order = np.arange(len(case.candidates), dtype=np.int64)
    sizes = anchor.sizes(payloads, offsets, order, case.suffix, threads)
    again = anchor.sizes(payloads, offsets, order[::-1].copy(), case.suffix)[::-1]
    for state in anchor._states:
        assert state.memory.guards_intact(), "a guard was overwritten"
        assert state.window_index is not None
        assert state.window_index.guards_intact(), "the guard after a long window's text was overwritten"
    head = b"".join(case.pieces)
    mismatches = []
    for i, candidate in enumerate(case.candidates):
        expected = model_size(head + candidate + case.suffix, case.level, case.window)
        both = (int(sizes[i]), int(again[i]))
        mismatches.extend((i, size, expected) for size in both if size != expected)
    return mismatches


def check_growth(case: LongWindowCase, rng: random.Random, threads: int = 1) -> list[tuple[int, int, int, int]]:
    """Mismatches of a shortlist with plain evaluation, and with the model at the end; see `deflate_families.grow`.

    The anchor's last bytes come in small pieces, then it grows by some of the candidates.
    """
    data = b"".join(case.pieces)
    tail, largest = rng.choice([(300, 40), (2000, 300), (30000, 5000)])
    begin = max(0, len(data) - tail)
    picks = rng.choices(case.candidates, k=rng.randint(0, 3))
    pieces = [data[:begin], *cut(rng, data[begin:], largest)]
    pieces += [pick[: rng.choice([20, 1000, 40000])] for pick in picks]
    anchor = DeflateAnchor(case.level, case.window)
    mismatches, last = grow(anchor, pieces, case.candidates, case.suffix, rng, threads)
    one = rng.randrange(len(case.candidates))  # the model takes long
    expected = model_size(b"".join(pieces) + case.candidates[one] + case.suffix, case.level, case.window)
    if last[one] != expected:
        mismatches.append((len(pieces), one, last[one], expected))
    return mismatches
