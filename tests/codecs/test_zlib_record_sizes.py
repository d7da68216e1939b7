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
from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
from zip_pipeline.codecs.zlib_codec import ZlibCodec, record_sizes_of
from zip_pipeline.codecs.zlib_record_sizes import SHORT, RecordSizes

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
    original = DeflateAnchor.sizes

    def sizes(self: DeflateAnchor, payloads, offsets, indices, *rest):  # type: ignore[no-untyped-def]
        seen.extend((offsets[indices + 1] - offsets[indices]).tolist())
        return original(self, payloads, offsets, indices, *rest)

    monkeypatch.setattr(DeflateAnchor, "sizes", sizes)
    records = [b"a" * length for length in (SHORT, SHORT + 1, 0, 70_000)]
    codec = ZlibCodec(window=1 << 16)
    assert measure_of(codec)(pa.array(records)).tolist() == codec.compressed_sizes(records).tolist()
    assert SHORT in seen
    assert SHORT + 1 not in seen


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("level", [3, 4])
def test_a_codec_takes_the_kernel_where_it_has_the_level(level: int) -> None:
    codec, records = ZlibCodec(level), [b"one two three " * 9, b"", b"x" * (SHORT + 1)]
    assert codec.record_sizes(pa.array(records)).tolist() == [codec.compressed_size(record) for record in records]
    assert record_sizes_of(codec).has_kernel == (level == 4)


def test_few_records_do_not_pay_for_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zlib_record_sizes, "LOADING_PAYS", 4)
    monkeypatch.setattr(zlib_record_sizes, "COMPILING_PAYS", 4)
    measure = measure_of(ZlibCodec())
    long = b"a" * (SHORT + 1)
    has_kernel = []
    for records in ([b"1", b"2", b"3"], [long] * 9, [b"4"]):
        measure(pa.array(records))
        has_kernel.append(measure.has_kernel)
    assert has_kernel == [False, False, True]


@pytest.mark.usefixtures("_at_once")
def test_threads_share_what_measures() -> None:
    measure = record_sizes_of(ZlibCodec())
    assert record_sizes_of(ZlibCodec()) is measure is not record_sizes_of(ZlibCodec(6))
    parts = [
        [b"%d " % number * (number % 50) for number in range(first, first + 3000)] for first in range(0, 24_000, 3000)
    ]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(measure, [pa.array(part) for part in parts]))
    assert [sizes.tolist() for sizes in results] == [[len(zlib.compress(text, 9)) for text in part] for part in parts]


@pytest.mark.usefixtures("_at_once")
def test_zlib_measures_when_the_kernel_fails(monkeypatch: pytest.MonkeyPatch) -> None:
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


def output_of(program: str, folder: Path) -> list[str]:
    """Return the lines that a process prints whose cache is `folder`."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_it_is_compiled_once_that_pays(tmp_path: Path) -> None:
    assert output_of(PROGRAM, tmp_path) == ["[15, 8] False", "[15, 8] True"]
    assert output_of(PROGRAM, tmp_path) == ["[15, 8] True", "[15, 8] True"], "compiled code is used sooner"


def test_without_numba(tmp_path: Path) -> None:
    hidden = PROGRAM.replace("import sys\n", "import sys; sys.modules['numba'] = None\n")
    hidden = hidden.replace('assert "numba" not in sys.modules\n', "")
    assert output_of(hidden, tmp_path) == ["[15, 8] False"] * 2
