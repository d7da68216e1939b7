"""Streams: the size of a text fed in pieces is that of the text, and what marks say sums up."""

import doctest
import random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.codecs import evaluator
from zip_pipeline.codecs.base import Codec, probe_text
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec

CODECS = [ZlibCodec(), ZlibCodec(level=1), ZlibCodec(window=1 << 16), ZstdCodec(window=1 << 16)]
cuts = st.lists(st.integers(0, 62_585), max_size=6).map(sorted)


def pieces(at: list[int]) -> list[bytes]:
    text = probe_text()
    return [text[first:last] for first, last in zip([0, *at], [*at, len(text)], strict=True)]


def one_shot(codec: Codec, data: bytes) -> int:
    if isinstance(codec, ZstdCodec):  # of a length that it does not know beforehand
        frame = zstandard.ZstdCompressor(compression_params=codec.parameters()).compressobj()
        return len(frame.compress(data)) + len(frame.flush())
    return codec.compressed_size(data)


def test_the_example() -> None:
    assert doctest.testmod(evaluator).failed == 0


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: f"{codec.name} {codec.level} {codec.window}")
@given(at=cuts)
def test_pieces_give_the_size_of_the_whole(codec: Codec, at: list[int]) -> None:
    stream = codec.stream()
    for piece in pieces(at):
        stream.append(piece)
    assert stream.end() == one_shot(codec, probe_text())


@pytest.mark.parametrize("codec", CODECS[:3], ids=lambda codec: f"{codec.level} {codec.window}")
@given(at=cuts, context=st.integers(0, 3))
def test_marks_sum_up_to_what_the_context_leaves(codec: Codec, at: list[int], context: int) -> None:
    stream, parts = codec.stream(), pieces(at)
    for piece in parts[:context]:
        stream.append(piece)
    stream.begin()
    marks = []
    for piece in parts[context:]:
        stream.append(piece)
        marks.append(stream.mark())
    expected = one_shot(codec, probe_text()) - one_shot(codec, b"".join(parts[:context]))
    assert sum(marks) == stream.end() == expected


def test_zstds_marks_are_the_frame_and_the_tables_of_blocks_cut_short() -> None:
    """Ten thousand bytes a mark: what the text costs, and some tens of bytes each."""
    text = random.Random(0).randbytes(50_000).hex().encode()
    stream = ZstdCodec().stream()
    stream.append(text)
    stream.begin()
    marks = []
    for first in range(0, len(text), 10_000):
        stream.append(text[first : first + 10_000])
        marks.append(stream.mark())
    assert stream.end() < 200, "the context is referred to, and not counted"
    fresh = ZstdCodec().stream()
    fresh.append(text)
    assert 50_000 < fresh.end() < 51_000
    assert all(0 < mark < 100 for mark in marks)
