"""Lines by ranges of bytes: each line once, wherever the ranges end."""

import doctest
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zip_pipeline.tasks.reading import line_ranges
from zip_pipeline.tasks.reading.line_ranges import LineRanges

pieces = st.lists(
    st.sampled_from([b"", b"a", b"\xc3\xa9", b"\xff", b"\n", b"\r\n", b"\r", b"{}", b"\xef\xbb\xbf"]), max_size=30
)


def lines_of(path: Path, cuts: list[int]) -> list[bytes]:
    ranges = tuple((0, start, end) for start, end in pairwise(cuts))
    numbers = pa.record_batch({"id": pa.array(range(len(ranges)), pa.int64())})
    batches = LineRanges((str(path),), ranges).texts([numbers])
    return [line for batch in batches for line in batch.column(0).view(pa.binary()).to_pylist()]


@given(pieces, st.lists(st.integers(0, 40), max_size=4), st.integers(1, 9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_line_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: list[bytes], cuts: list[int], chunk: int
) -> None:
    monkeypatch.setattr(line_ranges, "CHUNK", chunk)
    path, whole = tmp_path / "a", b"".join(content)
    path.write_bytes(whole)
    found = lines_of(path, sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))}))
    text = whole.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert [line for line in found if line] == [line for line in text.split(b"\n") if line]


def test_examples() -> None:
    assert doctest.testmod(line_ranges).failed == 0
