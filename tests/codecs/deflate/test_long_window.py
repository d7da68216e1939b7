"""The long-window size model: the kernel against its slow twin, and what the definition promises.

`deflate_model` is the twin; zlib itself shows that its part within zlib's reach is right.
"""

import random
import zlib

import numpy as np
import pytest

from support.deflate_families import FAMILIES as DEFLATE_FAMILIES
from support.deflate_families import cases as deflate_cases
from support.deflate_families import cut, pack, text, vocabulary
from support.deflate_model import distance_codes, model_size, sampled
from support.long_window_families import FAMILIES, cases, check, noise
from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
from zip_pipeline.codecs.deflate.layout import MAX_DISTANCE, MOST_DISTANCE_SYMBOLS, DeflateMemory
from zip_pipeline.codecs.deflate.long_window import GRAM
from zip_pipeline.codecs.deflate.long_window_index import LARGEST_WINDOW

ROUNDS = 1


def anchored(data: bytes, window: int, level: int = 9) -> DeflateAnchor:
    anchor = DeflateAnchor(level, window)
    anchor.append(data)
    return anchor


@pytest.mark.slow
@pytest.mark.parametrize("family", DEFLATE_FAMILIES)
def test_twin_is_zlib_within_its_window(family: str) -> None:
    for name, case in deflate_cases(family, 0, 0, 1):
        data = b"".join(case.pieces) + case.candidates[0] + case.suffix
        if len(data) < 80_000:  # the twin is slow
            assert model_size(data, case.level) == len(zlib.compress(data, case.level)), name


@pytest.mark.parametrize("family", FAMILIES)
def test_family(family: str) -> None:
    for name, case in cases(family, 0, 0, ROUNDS):
        assert check(case) == [], f"{name}: (candidate, kernel's size, model's size)"


def test_hand_worked() -> None:
    """A copy of 258 bytes at a distance of 40,000 costs a length code, a distance code and 14 extra bits.

    No three bytes occur twice in the noise before it, so that each is a literal, and three blocks of 16,383 are
    stored; the fourth holds the match alone, in fixed codes: 3 bits of header, 8 for the length, 9 and 14 for the
    distance, 7 for the end.
    """
    rng = random.Random(1)
    noise_bytes, seen = bytearray(2), set()
    while len(noise_bytes) < 3 * 16_383:
        byte = rng.randrange(256)
        if (triple := (*noise_bytes[-2:], byte)) not in seen:
            seen.add(triple)
            noise_bytes.append(byte)
    begin = next(i for i in range(9000, 16_000) if sampled(bytes(noise_bytes[i : i + GRAM])))
    assert 32_768 < len(noise_bytes) - begin <= 49_152
    anchor = anchored(bytes(noise_bytes), 65536)
    assert anchor.size() == 2 + 3 * (5 + 16_383) + 4
    assert anchor.size(noise_bytes[begin : begin + 258]) == 2 + 3 * (5 + 16_383) + -(-(3 + 8 + 9 + 14 + 7) // 8) + 4


def test_short_streams_have_zlibs_size() -> None:
    rng = random.Random(2)
    words = vocabulary(rng)
    passage = next(data for data in (noise(rng, 100) for _ in range(99)) if sampled(data[:GRAM]))
    for size in (0, 1, 1000, MAX_DISTANCE - 90, MAX_DISTANCE + GRAM):
        data = (passage + text(rng, words, MAX_DISTANCE + 1 - len(passage)) + passage)[:size]
        assert anchored(data, 65536).size() == len(zlib.compress(data, 9))
    longer = passage + noise(rng, MAX_DISTANCE + 1 - len(passage)) + passage
    assert anchored(longer[: MAX_DISTANCE + GRAM], 65536).size() == len(zlib.compress(longer[: MAX_DISTANCE + GRAM], 9))
    assert anchored(longer, 65536).size() < len(zlib.compress(longer, 9))


@pytest.mark.parametrize("seed", range(3))
def test_size_depends_on_the_stream_alone(seed: int) -> None:
    """Wherever the stream is cut into pieces, anchor, candidate and suffix, and whatever came before a reset."""
    rng = random.Random(f"stream {seed}")
    words = vocabulary(rng, 1000)
    window = 65536 << seed % 3
    stock = [text(rng, words, rng.choice([30, 300, 3000])) for _ in range(20)]
    parts = [rng.choice(stock) if rng.random() < 0.5 else noise(rng, rng.randint(0, 3000)) for _ in range(160)]
    data = b"".join(parts)
    level = rng.choice([4, 6, 9])
    expected = anchored(data, window, level).size()
    assert expected < len(zlib.compress(data, level))
    anchor = DeflateAnchor(level, window)
    for _ in range(8):
        split = len(data) - rng.choice([0, 1, 15, 16, 300, 32_000, 32_256, 32_257, 60_000, rng.randrange(len(data))])
        for piece in cut(rng, data[:split], rng.choice([100, 5000, 90_000])):
            anchor.append(piece)
        end = rng.randint(split, len(data))
        payloads, offsets = pack([data[split:end], data[:400], data[split - 9 : split + 40_000]])
        sizes = anchor.sizes(payloads, offsets, np.array([2, 0, 1, 2, 0]), data[end:])
        assert (sizes[1], sizes[4]) == (expected, expected)
        assert (sizes[0], sizes[2]) == (sizes[3], anchored(data[:split] + data[:400], window, level).size(data[end:]))
        assert anchor.copy().size(data[split:]) == expected
        anchor.reset()


def test_threads_agree_while_the_anchor_grows() -> None:
    rng = random.Random(4)
    words = vocabulary(rng)
    stock = [text(rng, words, rng.randint(20, 900)) for _ in range(300)]
    payloads, offsets = pack(stock)
    order = np.arange(300)
    anchors = {threads: DeflateAnchor(6, 131072) for threads in (1, 2, 3)}
    for _ in range(25):
        piece = text(rng, words, rng.choice([0, 5, 300, 2000, 12_000])) + rng.choice(stock)
        for anchor in anchors.values():
            anchor.append(piece)
        one, *others = [anchor.sizes(payloads, offsets, order, b"]", threads) for threads, anchor in anchors.items()]
        assert all(np.array_equal(one, other) for other in others)


def test_a_copy_of_the_anchor_is_independent() -> None:
    rng = random.Random(5)
    passage = noise(rng, 500)
    anchor = anchored(passage + noise(rng, 40_000), 65536)
    size = anchor.size(passage)
    twin = anchor.copy()
    anchor.append(noise(rng, 70_000))
    assert twin.size(passage) == size
    anchor.reset()
    assert twin.size(passage) == size
    assert anchor.size(passage) == len(zlib.compress(passage, 9))


@pytest.mark.parametrize("window", [65536, 1 << 20, LARGEST_WINDOW])
def test_the_distance_alphabet_is_as_large_as_the_window(window: int) -> None:
    anchor = DeflateAnchor(window=window)
    symbols = anchor._states[0].memory._region("distance_symbols", np.dtype(np.int64))[0]
    assert symbols == len(distance_codes(window)[0]) <= MOST_DISTANCE_SYMBOLS
    assert DeflateMemory()._region("distance_symbols", np.dtype(np.int64))[0] == len(distance_codes(32768)[0]) == 30


@pytest.mark.parametrize("window", [0, 16384, 32769, 98304, 1 << 31, -65536])
def test_other_windows_are_refused(window: int) -> None:
    with pytest.raises(ValueError, match=rf"power of two from 32768 to 1073741824, found {window}"):
        DeflateAnchor(9, window)
