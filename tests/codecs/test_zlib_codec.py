"""The prefix state gives the size of the one-shot compression, exactly."""

import random
import subprocess
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.deflate_model import model_size
from support.long_window_families import noise, sampled_noise
from zip_pipeline.codecs import zlib_codec
from zip_pipeline.codecs.base import Build, probe_text
from zip_pipeline.codecs.deflate.layout import MAX_DISTANCE, WINDOW
from zip_pipeline.codecs.zlib_codec import STOCK_PROBES, ZlibCodec, ZlibPrefix
from zip_pipeline.errors import ConfigError

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

    All is noise but for one word, which stands at `slide` and `MAX_DISTANCE` before. The noise is of 64 letters: of 256
    it would be stored, and what the match search finds would not show.
    """
    rng = random.Random(seed)
    data = bytearray(rng.choices(range(64, 128), k=slide + 800))
    word = b"A WORD WITH DIGITS: 0123456789"
    data[slide - MAX_DISTANCE : slide - MAX_DISTANCE + len(word)] = word
    data[slide : slide + len(word)] = word
    stop = slide + rng.randrange(255, 264)  # zlib looks 262 bytes ahead
    return bytes(data[:stop]), bytes(data[stop : stop + rng.randrange(500)])


def naive_size_with(anchor: bytes, candidate: bytes, level: int) -> int:
    state = zlib.compressobj(level)
    emitted = len(state.compress(anchor))
    return emitted + len(state.compress(candidate)) + len(state.flush())


@pytest.mark.parametrize("slides", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("level", [1, 6, 9])
def test_a_piece_that_ends_where_the_window_slides(level: int, slides: int) -> None:
    naive_is_wrong = 0
    for seed in range(60):
        anchor, candidate = sliding_anchor(seed, ZlibPrefix.SLIDE_AT + slides * WINDOW)
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


@pytest.mark.parametrize("level", [4, 9])
def test_a_longer_window(level: int) -> None:
    rng = random.Random(8)
    passage = sampled_noise(rng, 900)
    data = passage + noise(rng, 40_000) + passage
    long = ZlibCodec(level, window=65536)
    assert long.compressed_size(data) == model_size(data, level, 65536) < ZlibCodec(level).compressed_size(data)
    assert long.compressed_size(data[:MAX_DISTANCE]) == len(zlib.compress(data[:MAX_DISTANCE], level))
    prefix = long.prefix()
    for begin in range(0, 40_000, 9_999):
        prefix.append(data[begin : begin + 9_999])
    assert prefix.size_with(data[begin + 9_999 :]) == long.compressed_size(data)
    assert long.build() == ZlibCodec(level).build()
    assert long.compressed_size(probe_text()) == model_size(probe_text(), level, 65536)
    assert long.compressed_sizes([data, b"", data[:100]]).tolist() == [
        long.compressed_size(payload) for payload in (data, b"", data[:100])
    ]


def test_another_zlib_gives_way_to_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    payloads = [b"abc" * 100, probe_text()]
    expected = [[len(zlib.compress(payload, level)) for payload in payloads] for level in (4, 9)]
    builds = [ZlibCodec(level).build() for level in (4, 9)]
    monkeypatch.setattr(zlib_codec, "_is_stock", lambda _: False)
    monkeypatch.setattr(zlib, "compress", lambda *_: b"of another size")
    for level, sizes, build in zip((4, 9), expected, builds, strict=True):
        codec = ZlibCodec(level)
        assert codec.compressed_sizes(payloads).tolist() == sizes
        prefix = codec.prefix()
        prefix.append(payloads[0], payloads[1][:70])
        assert prefix.size_with(payloads[1][70:]) == codec.compressed_size(b"".join(payloads))
        assert codec.build().implementation == "deflate-size kernel"
        assert codec.build().agrees_with(build)
    with pytest.raises(
        ConfigError, match=r"level 3 with zlib .* differ from stock zlib's, is not available: level must"
    ):
        ZlibCodec(3).build()


@pytest.mark.parametrize(
    ("level", "window", "message"),
    [
        (9, 50_000, "window 50000 at level 9 is not available: window must be a power of two"),
        (3, 65_536, "window 65536 at level 3 is not available: level must be one of"),
    ],
)
def test_windows_that_are_refused(level: int, window: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ZlibCodec(level, window).prefix()


def test_a_longer_window_needs_numba() -> None:
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from zip_pipeline.codecs.zlib_codec import ZlibCodec\n"
        "from zip_pipeline.errors import ConfigError\n"
        "assert ZlibCodec(9).build().implementation == 'stock'\n"
        "long = ZlibCodec(9, window=65536)\n"
        "assert long.build() == ZlibCodec(9).build(), 'short records want no kernel'\n"
        "assert long.compressed_size(b'abc' * 100) == 15\n"
        "try: long.prefix()\n"
        "except ConfigError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "codec: window 65536 at level 9 needs Numba, which is not installed"
