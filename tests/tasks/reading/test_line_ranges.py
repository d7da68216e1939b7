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


def lines_of(path: Path, cuts: list[int]) -> list[tuple[bytes, str, int]]:
    """The lines with their file and number; that they are those of `texts` is checked on the way."""
    ranges = tuple((0, start, end) for start, end in pairwise(cuts))
    numbers = pa.record_batch({"id": pa.array(range(len(ranges)), pa.int64())})
    plain = LineRanges((str(path),), ranges)
    counts = {row["range"]: row["lines"] for batch in plain.count([numbers]) for row in batch.to_pylist()}
    batches = [*plain.after(counts).numbered([numbers])]
    columns = [
        [batch.column(0).view(pa.binary()).to_pylist() for batch in some] for some in (plain.texts([numbers]), batches)
    ]
    assert columns[0] == columns[1]
    found = [line for part in columns[0] for line in part]
    beside = [row for batch in batches for row in zip(*(batch.column(n).to_pylist() for n in (1, 2)), strict=True)]
    return [(line, *place) for line, place in zip(found, beside, strict=True)]


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
    expected = [(line, str(path), number) for number, line in enumerate(text.split(b"\n"), 1)]
    assert [line for line in found if line[0]] == [line for line in expected if line[0]]


def test_examples() -> None:
    assert doctest.testmod(line_ranges).failed == 0
