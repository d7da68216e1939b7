"""The prefix state gives the size of the one-shot compression, exactly."""

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.core.codec import STOCK_PROBES, Build, ZlibCodec, ZlibPrefix

# Few letters: matches at every distance. Chunks are repeated so that the anchor passes the window.
texts = st.builds(
    lambda seed, size, letters: bytes(random.Random(seed).choices(b"etaoin shrdlu"[:letters], k=size)),
    st.integers(0, 2**32),
    st.integers(0, 40_000),
    st.integers(1, 13),
)
levels = st.integers(1, 9)


@given(levels, st.lists(texts, max_size=4), texts)
def test_size_with_equals_one_shot(level: int, pieces: list[bytes], candidate: bytes) -> None:
    prefix = ZlibCodec(level).prefix()
    for piece in pieces:
        prefix.append(piece)
    expected = len(zlib.compress(b"".join(pieces) + candidate, level))
    assert prefix.size_with(candidate) == expected
    assert prefix.size_with(candidate) == expected, "asking must not change the state"
    assert prefix.size_with(b"") == len(zlib.compress(b"".join(pieces), level))


def sliding_anchor(seed: int, slide: int) -> tuple[bytes, bytes]:
    """Build data whose best match at the position `slide` is the chain's head at the largest distance.

    All is noise but for one word, which stands at `slide` and 32506 before it. The noise is of 64 letters: of 256
    it would be stored, and what the match search finds would not show.
    """
    rng = random.Random(seed)
    data = bytearray(rng.choices(range(64, 128), k=slide + 800))
    word = b"A WORD WITH DIGITS: 0123456789"
    data[slide - 32506 : slide - 32506 + len(word)] = word
    data[slide : slide + len(word)] = word
    stop = slide + rng.randrange(255, 264)  # zlib looks 262 bytes ahead
    return bytes(data[:stop]), bytes(data[stop : stop + rng.randrange(500)])


def naive_size_with(anchor: bytes, candidate: bytes, level: int) -> int:
    state = zlib.compressobj(level)
    emitted = len(state.compress(anchor))
    return emitted + len(state.compress(candidate)) + len(state.flush())


@pytest.mark.parametrize("slides", [0, 1])
@pytest.mark.parametrize("level", [1, 6, 9])
def test_a_piece_that_ends_where_the_window_slides(level: int, slides: int) -> None:
    naive_is_wrong = 0
    for seed in range(60):
        anchor, candidate = sliding_anchor(seed, ZlibPrefix.SLIDE_AT + slides * ZlibPrefix.WINDOW)
        expected = len(zlib.compress(anchor + candidate, level))
        prefix = ZlibCodec(level).prefix()
        middle = seed % len(anchor)
        prefix.append(anchor[:middle])
        prefix.append(anchor[middle:])
        assert prefix.size_with(candidate) == expected
        naive_is_wrong += naive_size_with(anchor, candidate, level) != expected
    assert naive_is_wrong > 0, "the family must hold the case that the prefix guards against"


def test_this_machine_has_stock_zlib() -> None:
    for level in range(1, 10):
        build = ZlibCodec(level).build()
        assert (build.implementation, build.probe) == ("stock", STOCK_PROBES[level])
        assert build.library_version == zlib.ZLIB_RUNTIME_VERSION


def test_builds_agree_by_their_probe() -> None:
    assert Build("stock", "1.2.13", 16203).agrees_with(Build("stock", "1.3.1", 16203))
    assert not Build("stock", "1.2.13", 16203).agrees_with(Build("other", "1.3.1.zlib-ng", 16500))
