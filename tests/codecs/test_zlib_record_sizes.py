"""The sizes of records by themselves are the library's, whichever way measures them."""

import os
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.codecs import zlib_record_sizes
from zip_pipeline.codecs.base import Codec
from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.codecs.zlib_codec import ZlibCodec, record_sizes_of
from zip_pipeline.codecs.zlib_record_sizes import SHORT, RecordSizes
from zip_pipeline.codecs.zstd_codec import ZstdCodec

WORDS = st.sampled_from([b"the ", b"of ", b"compression ", b"\n", b"0", b"\xc3\xa9", b"xyzzy" * 30])
RECORDS = st.lists(st.lists(WORDS, max_size=400).map(b"".join), max_size=12)


def measure_of(codec: ZlibCodec) -> RecordSizes:
    """A measure that has seen no record yet."""
    return RecordSizes(codec.level, codec.compressed_sizes)


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zlib_record_sizes, "LOADING_PAYS", 0)
    monkeypatch.setattr(zlib_record_sizes, "COMPILING_PAYS", 0)


@pytest.mark.usefixtures("_at_once")
@given(records=RECORDS, level=st.integers(4, 9), cut=st.integers(0, 3))
def test_the_kernel_gives_the_sizes_of_zlib(records: list[bytes], level: int, cut: int) -> None:
    measure = measure_of(ZlibCodec(level))
    payloads = pa.array(records, pa.binary())[cut:]
    assert measure(payloads).tolist() == [len(zlib.compress(record, level)) for record in records[cut:]]
    assert measure.has_kernel


@pytest.mark.usefixtures("_at_once")
def test_long_records_are_left_to_the_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    given_sizes = DeflateAnchor.sizes

    def sizes(self: DeflateAnchor, payloads, offsets, indices, *rest):  # type: ignore[no-untyped-def]
        seen.extend((offsets[indices + 1] - offsets[indices]).tolist())
        return given_sizes(self, payloads, offsets, indices, *rest)

    monkeypatch.setattr(DeflateAnchor, "sizes", sizes)
    records = [b"a" * length for length in (SHORT, SHORT + 1, 0, 70_000)]
    codec = ZlibCodec(window=1 << 16)
    assert measure_of(codec)(pa.array(records)).tolist() == codec.compressed_sizes(records).tolist()
    assert SHORT in seen
    assert SHORT + 1 not in seen


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("codec", [ZlibCodec(), ZlibCodec(1), ZstdCodec(), NullCodec()], ids=lambda codec: codec.name)
def test_a_codec_gives_the_one_shot_size_of_each(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [b"one two three " * 9, b"", b"x" * (SHORT + 1)]
    if codec.level not in ZlibCodec.KERNEL_LEVELS:  # and no kernel is tried
        monkeypatch.setattr(RecordSizes, "__call__", None)
    assert codec.record_sizes(pa.array(records)).tolist() == [codec.compressed_size(record) for record in records]


def test_few_records_do_not_pay_for_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zlib_record_sizes, "LOADING_PAYS", 4)
    monkeypatch.setattr(zlib_record_sizes, "COMPILING_PAYS", 4)
    measure = measure_of(ZlibCodec())
    long = b"a" * (SHORT + 1)
    had = []
    for records in ([b"1", b"2", b"3"], [long] * 9, [b"4"]):
        measure(pa.array(records))
        had.append(measure.has_kernel)
    assert had == [False, False, True]


@pytest.mark.usefixtures("_at_once")
def test_threads_share_what_measures() -> None:
    measure = record_sizes_of(ZlibCodec())
    assert record_sizes_of(ZlibCodec()) is measure is not record_sizes_of(ZlibCodec(6))
    parts = [
        [b"%d " % number * (number % 50) for number in range(first, first + 3000)] for first in range(0, 24_000, 3000)
    ]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(measure, [pa.array(part) for part in parts]))
    assert [sizes.tolist() for sizes in found] == [[len(zlib.compress(text, 9)) for text in part] for part in parts]


@pytest.mark.usefixtures("_at_once")
def test_whatever_keeps_the_kernel_away_the_library_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def size(_: DeflateAnchor, data: bytes = b"") -> int:
        tries.append(data)
        raise MemoryError

    monkeypatch.setattr(DeflateAnchor, "size", size)
    measure = measure_of(ZlibCodec())
    for _ in range(2):
        assert measure(pa.array([b"abc" * 100])).tolist() == [15]
    assert not measure.has_kernel
    assert len(tries) == 1, "it is tried once"


PROGRAM = """
import sys
import pyarrow as pa
from zip_pipeline.codecs import zlib_record_sizes
from zip_pipeline.codecs.zlib_codec import ZlibCodec, record_sizes_of
assert "numba" not in sys.modules
zlib_record_sizes.LOADING_PAYS, zlib_record_sizes.COMPILING_PAYS = 1, 3
measure = record_sizes_of(ZlibCodec())
for _ in range(2):
    print(measure(pa.array([b"abc" * 100, b""])).tolist(), measure.has_kernel)
"""


def said(program: str, folder: Path) -> list[str]:
    """What a process prints that finds nothing compiled."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_it_is_compiled_once_that_pays(tmp_path: Path) -> None:
    assert said(PROGRAM, tmp_path) == ["[15, 8] False", "[15, 8] True"]
    assert said(PROGRAM, tmp_path) == ["[15, 8] True", "[15, 8] True"], "compiled code is used sooner"


def test_without_numba(tmp_path: Path) -> None:
    hidden = PROGRAM.replace("import sys\n", "import sys; sys.modules['numba'] = None\n")
    hidden = hidden.replace('assert "numba" not in sys.modules\n', "")
    assert said(hidden, tmp_path) == ["[15, 8] False"] * 2
