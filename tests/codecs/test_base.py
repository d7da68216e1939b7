"""What every codec gives: evaluators, streams and record sizes that agree with its one-shot size."""

import subprocess
import sys

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.codecs import CODECS
from zip_pipeline.codecs.base import Codec, probe_text
from zip_pipeline.codecs.evaluator import PrefixEvaluator
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
from zip_pipeline.codecs.zstd_codec import ZstdCodec, ZstdEvaluator
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import FRAMINGS

STREAMED = [ZlibCodec(), ZlibCodec(level=1), ZlibCodec(window=1 << 16), ZstdCodec(window=1 << 16)]
cuts = st.lists(st.integers(0, 62_585), max_size=6).map(sorted)


def pieces(at: list[int]) -> list[bytes]:
    text = probe_text()
    return [text[first:last] for first, last in zip([0, *at], [*at, len(text)], strict=True)]


def one_shot(codec: Codec, data: bytes) -> int:
    if isinstance(codec, ZstdCodec):  # of a length that it does not know beforehand
        frame = zstandard.ZstdCompressor(compression_params=codec.parameters()).compressobj()
        return len(frame.compress(data)) + len(frame.flush())
    return codec.compressed_size(data)


@pytest.mark.parametrize("codec", STREAMED, ids=lambda codec: f"{codec.name} {codec.level} {codec.window}")
@given(at=cuts)
def test_pieces_give_the_size_of_the_whole(codec: Codec, at: list[int]) -> None:
    stream = codec.stream()
    for piece in pieces(at):
        stream.append(piece)
    assert stream.end() == one_shot(codec, probe_text())


@pytest.mark.slow
@pytest.mark.parametrize("codec", STREAMED[:3], ids=lambda codec: f"{codec.level} {codec.window}")
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


@pytest.mark.parametrize(
    ("codec", "expected"),
    [
        (ZlibCodec(), KernelEvaluator),
        (ZlibCodec(3), PrefixEvaluator),
        (ZlibCodec(window=1 << 20), KernelEvaluator),
        (ZstdCodec(), ZstdEvaluator),
        (NullCodec(), PrefixEvaluator),
    ],
)
def test_which_evaluator_a_codec_has(codec: Codec, expected: type) -> None:
    evaluator = codec.evaluator(FRAMINGS["content"], Payloads(), 1)
    assert type(evaluator) is expected
    assert expected is KernelEvaluator or not evaluator.compiles_first


def test_without_numba_there_is_the_prefix_state() -> None:
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from zip_pipeline.codecs import CODECS\n"
        "from zip_pipeline.records.payload_store import Payloads\n"
        "from zip_pipeline.records.render import FRAMINGS\n"
        "print(CODECS['zlib']().evaluator(FRAMINGS['content'], Payloads()).name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "prefix state"


@pytest.mark.parametrize("codec", [ZlibCodec(1), ZstdCodec(), NullCodec()], ids=lambda codec: codec.name)
def test_record_sizes_are_the_one_shot_sizes(codec: Codec) -> None:
    records = [b"one two three " * 9, b"", b"x" * 2000]
    assert codec.record_sizes(pa.array(records)).tolist() == [codec.compressed_size(record) for record in records]


@pytest.mark.parametrize("name", CODECS)
def test_a_codec_of_the_config_has_a_window_at_each_of_its_levels(name: str) -> None:
    kind = CODECS[name]
    assert kind().name == name
    for level in kind.LEVELS:
        window = kind.longest_window(level)
        assert window in kind.WINDOWS
        kind(level, window).prefix()
