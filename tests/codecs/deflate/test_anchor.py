"""The deflate-size kernel against its slow twin, one-shot `zlib.compress`.

The families of `deflate_families` make about 20,000 pairs here. `make fuzz` runs them for as long as you like, and
`make mutants` shows what they would catch.
"""

import copy
import doctest
import pickle
import random
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutants_deflate_size import MUTANTS, ROOT, Mutant

from support.deflate_families import FAMILIES, cases, check, pack, text, vocabulary
from support.strategies import some_bytes
from zip_pipeline.codecs.deflate import anchor as anchor_module
from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
from zip_pipeline.codecs.deflate.hash_chains import BIAS
from zip_pipeline.codecs.deflate.layout import ANCHOR_CAPACITY, OVERLAY_CAPACITY, DeflateMemory

ROUNDS, FEW = 26, 3


def anchored(data: bytes, level: int = 9) -> DeflateAnchor:
    anchor = DeflateAnchor(level)
    anchor.append(data)
    return anchor


def test_stock_zlib() -> None:
    """The twin must be stock zlib; other builds give other sizes, and nothing below would mean anything."""
    assert "ng" not in zlib.ZLIB_RUNTIME_VERSION


def test_documentation_example() -> None:
    assert doctest.testmod(anchor_module).failed == 0


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"", 8),  # 2 header + one fixed block of 3 + 7 bits + 4 checksum
        (b"a", 9),  # 3 + 8 + 7 bits = 3 bytes
        (b"abc", 11),  # 3 + 3 * 8 + 7 bits = 5 bytes
        (b"\xff\xff", 10),  # 3 + 2 * 9 + 7 bits = 4 bytes
        (
            b"aaaaaaaaaa",
            11,
        ),  # literal, then length 9 (7 bits) at distance 1 (5 bits): 3 + 8 + 7 + 5 + 7 bits = 4 bytes
    ],
)
def test_hand_worked(data: bytes, size: int) -> None:
    expected = len(zlib.compress(data, 9))
    assert DeflateAnchor().size(data) == expected
    assert anchored(data).size() == expected
    assert expected == size


@pytest.mark.parametrize(("first", "rounds"), [(0, FEW), pytest.param(FEW, ROUNDS - FEW, marks=pytest.mark.slow)])
@pytest.mark.parametrize("family", FAMILIES)
def test_family(family: str, first: int, rounds: int) -> None:
    for name, case in cases(family, 0, first, rounds):
        assert check(case) == [], f"{name}: (candidate, kernel's size, zlib's size)"


@settings(max_examples=400, deadline=None)
@given(
    pieces=st.lists(some_bytes, max_size=6),
    candidates=st.lists(some_bytes, min_size=1, max_size=6),
    suffix=st.binary(max_size=3),
    level=st.sampled_from([4, 5, 6, 7, 8, 9]),
)
def test_any_bytes(pieces: list[bytes], candidates: list[bytes], suffix: bytes, level: int) -> None:
    anchor = DeflateAnchor(level)
    for piece in pieces:
        anchor.append(piece)
    payloads, offsets = pack(candidates)
    order = np.arange(len(candidates), dtype=np.int64)
    head = b"".join(pieces)
    expected = [len(zlib.compress(head + candidate + suffix, level)) for candidate in candidates]
    assert anchor.sizes(payloads, offsets, order, suffix).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), threads=st.integers(1, 3))
def test_appends_resets_and_copies_between_evaluations(seed: int, threads: int) -> None:
    rng = random.Random(seed)
    words = vocabulary(rng, 80)
    candidates = [text(rng, words, rng.randint(0, 300)) for _ in range(40)]
    payloads, offsets = pack(candidates)
    anchor = DeflateAnchor()
    head = b""
    for _ in range(12):
        action = rng.choice(["append", "append", "append", "long", "reset", "copy"])
        if action == "reset":
            anchor.reset()
            head = b""
        elif action == "copy":
            twin = anchor.copy()
            anchor.append(b"only in the original")
            anchor = twin
        else:
            piece = text(rng, words, rng.randint(0, 900) if action == "append" else rng.randint(10000, 40000))
            anchor.append(piece)
            head += piece
        order = np.array([rng.randrange(40) for _ in range(rng.choice([1, 20, 60]))], dtype=np.int64)
        used = rng.randint(1, threads)
        sizes = anchor.sizes(payloads, offsets, order, b"\n", used)
        assert len(anchor) == len(head)
        for k in rng.sample(range(order.size), min(3, order.size)):
            assert sizes[k] == len(zlib.compress(head + candidates[order[k]] + b"\n", 9))


def test_threads_agree() -> None:
    rng = random.Random(7)
    words = vocabulary(rng)
    payloads, offsets = pack([text(rng, words, rng.randint(0, 1500)) for _ in range(3000)])
    order = np.array(rng.sample(range(3000), 3000), dtype=np.int64)
    anchor = anchored(text(rng, words, 90000))
    one = anchor.sizes(payloads, offsets, order)
    for threads in (2, 3, 8):
        assert np.array_equal(anchor.sizes(payloads, offsets, order, threads=threads), one)


def test_evaluation_leaves_no_trace() -> None:
    rng = random.Random(3)
    words = vocabulary(rng)
    for size in (0, 1, 2, 5, 9, 3000, 70000, 140000):
        anchor = anchored(text(rng, words, size))
        memory = anchor._states[0].memory
        before = snapshot(memory)
        for length in (0, 1, 2, 3, 7, 8, 500, OVERLAY_CAPACITY, OVERLAY_CAPACITY + 1):
            anchor.size(text(rng, words, length))
            assert live_state(snapshot(memory), memory) == live_state(before, memory), (size, length)


def snapshot(memory: DeflateMemory) -> dict[str, np.ndarray]:
    names = ("fields", "frequencies", "heads3", "heads4", "heads8", "text", "links", "links4")
    return {name: memory._region(name).copy() for name in names}


def live_state(regions: dict[str, np.ndarray], memory: DeflateMemory) -> list[bytes]:
    """What later evaluations may look at: text and links of the anchor, counts, heads still in reach."""
    heads3 = regions["heads3"].view(np.int32).reshape(-1, 2)
    reach = max(0, memory.size - 32767)
    heads = [head - BIAS for head in (heads3[:, 0], regions["heads4"].view(np.int32), regions["heads8"].view(np.int32))]
    return [
        regions["fields"].tobytes(),
        regions["frequencies"].tobytes(),
        regions["text"][: memory.size].tobytes(),
        regions["links"][: 8 * memory.size].tobytes(),
        regions["links4"][: 2 * memory.size].tobytes(),
        heads3[:, 1].tobytes(),
        *[np.where(head >= reach, head, 0).tobytes() for head in heads],
    ]


@pytest.mark.slow
def test_long_anchor_is_exact_and_bounded() -> None:
    rng = random.Random(11)
    words = vocabulary(rng)
    head = text(rng, words, 1_500_000)
    anchor = DeflateAnchor()
    for begin in range(0, len(head), 60_001):
        anchor.append(head[begin : begin + 60_001])
        assert anchor._states[0].memory.size <= ANCHOR_CAPACITY
    assert len(anchor) == len(head)
    candidates = [text(rng, words, rng.randint(0, 900)) for _ in range(6)]
    payloads, offsets = pack(candidates)
    expected = [len(zlib.compress(head + candidate, 9)) for candidate in candidates]
    assert anchor.sizes(payloads, offsets, np.arange(6)).tolist() == expected


def test_payloads_are_only_read() -> None:
    """The kernel never writes to payloads, and reads those of `indices` only, from writable and read-only buffers."""
    rng = random.Random(5)
    buffer = np.frombuffer(rng.randbytes(4000), dtype=np.uint8).copy()
    original = buffer.copy()
    offsets = np.array([0, 0, 3, 1000, 4000], dtype=np.int64)
    anchored(b"abc" * 100).sizes(buffer, offsets, np.array([0, 1, 2, 3, 3, 0]), b"xyz")
    assert np.array_equal(buffer, original)
    buffer.flags.writeable = False
    sizes = anchored(b"abc").sizes(buffer, offsets, np.array([3, 0]))
    assert sizes.tolist() == [
        len(zlib.compress(b"abc" + original[1000:].tobytes(), 9)),
        len(zlib.compress(b"abc", 9)),
    ]


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.deepcopy])
def test_anchor_is_not_copied_by_address(duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="tied to its address"):
        duplicate(DeflateAnchor())


def test_no_candidates() -> None:
    empty = np.empty(0, dtype=np.int64)
    assert DeflateAnchor().sizes(np.empty(0, dtype=np.uint8), np.zeros(1, dtype=np.int64), empty, b"", 2).size == 0


@pytest.mark.parametrize("level", [-1, 0, 1, 3, 10])
def test_levels_without_lazy_parse_are_refused(level: int) -> None:
    with pytest.raises(ValueError, match=f"found {level}"):
        DeflateAnchor(level)


def test_wrong_arguments_are_refused() -> None:
    anchor = DeflateAnchor()
    payloads, offsets = pack([b"abc", b"de"])
    first = np.zeros(1, dtype=np.int64)
    with pytest.raises(TypeError, match=r"payloads must be .* found bytes"):
        anchor.sizes(b"abcde", offsets, first)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"offsets must be .* found int32"):
        anchor.sizes(payloads, offsets.astype(np.int32), first)
    with pytest.raises(TypeError, match="indices must be"):
        anchor.sizes(payloads, offsets, np.zeros((1, 1), dtype=np.int64))
    with pytest.raises(TypeError, match="payloads must be"):
        anchor.sizes(payloads[::2], offsets, first)
    with pytest.raises(IndexError, match="found 0 to 2"):
        anchor.sizes(payloads, offsets, np.array([0, 2]))
    with pytest.raises(IndexError, match="found -1 to 0"):
        anchor.sizes(payloads, offsets, np.array([0, -1]))
    with pytest.raises(ValueError, match="offsets must ascend"):
        anchor.sizes(payloads, np.array([0, 6, 5]), np.array([0]))
    with pytest.raises(ValueError, match="offsets must ascend"):
        anchor.sizes(payloads, np.array([3, 2, 5]), np.array([0]))
    with pytest.raises(ValueError, match="threads must be"):
        anchor.sizes(payloads, offsets, first, threads=0)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_every_mutant_still_breaks_the_source(mutant: Mutant) -> None:
    """`make mutants` takes an hour; that its table fits the source is checked here."""
    assert mutant.source() != (ROOT / mutant.path).read_text()
