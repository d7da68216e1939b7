"""PPMd as a measure: its streams against one shot, and what the decoder reads."""

import doctest
import random

import pyppmd
import pytest

from zip_pipeline.codecs import ppmd_codec
from zip_pipeline.codecs.base import probe_text
from zip_pipeline.codecs.ppmd_codec import PpmdCodec

WORDS = b"the law of entropy says that data which compress less teach a model more".split()
TEXT = b" ".join(random.Random(0).choices(WORDS, k=4000))


def one_shot(text: bytes, codec: PpmdCodec) -> bytes:
    encoder = pyppmd.Ppmd8Encoder(codec.order, codec.memory)
    return encoder.encode(text) + encoder.flush()


@pytest.mark.parametrize("codec", [PpmdCodec(), PpmdCodec(order=2, memory=1 << 20)])
def test_the_size_is_that_of_what_can_be_read_back(codec: PpmdCodec) -> None:
    packed = one_shot(TEXT, codec)
    assert codec.compressed_size(TEXT) == len(packed)
    assert pyppmd.Ppmd8Decoder(codec.order, codec.memory).decode(packed, len(TEXT)) == TEXT


def test_how_text_is_cut_changes_no_size() -> None:
    stream = PpmdCodec().stream()
    marks = []
    for begin in range(0, len(TEXT), 777):
        stream.append(TEXT[begin : begin + 777])
        marks.append(stream.mark())
    size = stream.end()
    assert size == PpmdCodec().compressed_size(TEXT)
    assert 0 <= size - sum(marks) <= 8, "what the coder holds back"


def test_a_context_is_seen_and_does_not_count() -> None:
    stream = PpmdCodec().stream()
    stream.append(TEXT)
    stream.begin()
    stream.append(TEXT)
    both, alone = PpmdCodec().compressed_size(TEXT * 2), PpmdCodec().compressed_size(TEXT)
    size = stream.end()
    assert size < 0.9 * alone
    assert abs(size - (both - alone)) <= 8


def test_the_build_tells_machines_apart() -> None:
    build = PpmdCodec().build()
    assert build.probe == PpmdCodec().compressed_size(probe_text())
    assert not build.agrees_with(PpmdCodec(order=3).build())


def test_the_example_holds() -> None:
    assert doctest.testmod(ppmd_codec).attempted == 1
    assert not doctest.testmod(ppmd_codec).failed
