"""Which format a path is read as."""

from pathlib import Path

import pytest

from zip_pipeline.errors import InputError
from zip_pipeline.lake.corpus import format_of


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.json", "json"),
        ("a.jsonl.gz", "jsonl"),
        ("lake/*.ndjson", "jsonl"),
        ("a.b/c.parquet", "parquet"),
        ("s3a://bucket/a.txt", "text"),
    ],
)
def test_by_the_name(path: str, found: str) -> None:
    assert format_of(path) == found


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["part-0.parquet", "part-1.parquet", "_SUCCESS", ".x.json"], "parquet"),
        (["0000.parquet", "_delta_log"], "delta"),
        (["README.md", "a.jsonl"], "jsonl"),
        (["info.json", "train.parquet"], "the files in it are json and parquet; set input.format"),
        (["data"], "cannot be told from the name; set input.format"),
        ([], "cannot be told from the name; set input.format"),
    ],
)
def test_by_what_is_inside(tmp_path: Path, files: list[str], found: str) -> None:
    for file in files:
        (tmp_path / file).touch()
    if " " not in found:
        assert format_of(str(tmp_path)) == found
        return
    with pytest.raises(InputError, match=found):
        format_of(str(tmp_path))
