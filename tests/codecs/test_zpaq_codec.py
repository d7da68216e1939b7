"""ZPAQ as a measure: what it counts can be read back, contexts do not count, and what it lacks it says."""

import random

import pytest
import zpaq

from zip_pipeline.codecs import zpaq_codec
from zip_pipeline.codecs.base import probe_text
from zip_pipeline.codecs.zpaq_codec import ZpaqCodec
from zip_pipeline.errors import SetupError

WORDS = b"the law of entropy says that data which compress less teach a model more".split()
TEXT = b" ".join(random.Random(0).choices(WORDS, k=4000))


def test_the_size_is_that_of_what_can_be_read_back() -> None:
    for level in ZpaqCodec.LEVELS:
        packed = zpaq.compress(TEXT, method=f"{level}6", threads=1, hints=False)
        assert ZpaqCodec(level).compressed_size(TEXT) == len(packed)
        assert zpaq.decompress(packed) == TEXT


def test_level_five_is_the_strongest() -> None:
    assert ZpaqCodec(5).compressed_size(TEXT) < ZpaqCodec(3).compressed_size(TEXT)
    assert ZpaqCodec().compressed_size(b"the cat sat on the mat. " * 40) == 403, "as its docstring says"


def test_how_text_is_cut_changes_no_size() -> None:
    stream, marks = ZpaqCodec().stream(), []
    for begin in range(0, len(TEXT), 777):
        stream.append(TEXT[begin : begin + 777])
        marks.append(stream.mark())
    assert stream.end() == ZpaqCodec().compressed_size(TEXT)
    assert min(marks[1:]) > 0, "each part has a share in the interval"


def test_a_context_is_seen_and_does_not_count() -> None:
    stream = ZpaqCodec(4).stream()
    stream.append(TEXT)
    stream.begin()
    stream.append(TEXT)
    both, alone = ZpaqCodec(4).compressed_size(TEXT * 2), ZpaqCodec(4).compressed_size(TEXT)
    assert 0 < stream.end() == both - alone < 0.5 * alone


def test_the_build_tells_machines_apart() -> None:
    build = ZpaqCodec().build()
    assert build.probe == ZpaqCodec().compressed_size(probe_text())
    assert not build.agrees_with(ZpaqCodec(4).build())


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zpaq_codec, "find_spec", lambda _: None)
    for asked in (ZpaqCodec().stream, ZpaqCodec().build):
        with pytest.raises(SetupError, match=r"this Python has no package zpaq; install zip-pipeline\[zpaq\]"):
            asked()
