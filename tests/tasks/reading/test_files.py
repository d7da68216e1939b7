"""Whole files read as a stream, from their path or their bytes."""

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard

from zip_pipeline.errors import InputError
from zip_pipeline.tasks.reading import files as reading
from zip_pipeline.tasks.reading.files import Files

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda raw: gzip.compress(raw[:9]) + gzip.compress(raw[9:]),  # as gzip appends to a file
    ".bz2": bz2.compress,
    ".zst": zstandard.compress,
}


def given(file: Path, *, content: bool = False) -> pa.RecordBatch:
    """What Spark says of a file."""
    columns = [pa.array([f"file:{file}"]), pa.array(["of it"])]
    columns[1:1] = [pa.array([file.read_bytes()])] if content else []
    return pa.RecordBatch.from_arrays(columns, [str(number) for number in range(len(columns))])


def values(file: Path, encoding: str = "utf-8", *, content: bool = False) -> list[tuple[str, str]]:
    reader = Files(encoding, has_content=content)
    batches = reader.json_values([given(file, content=content)])
    return [(row["0"], row["1"]) for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("content", [False, True])
@pytest.mark.parametrize("packed", PACKERS)
def test_values_of_a_file(tmp_path: Path, packed: str, content: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CHUNK", 5)
    monkeypatch.setattr(reading, "_MOST_TEXTS", 2)
    file = tmp_path / f"a b%20[1].json{packed}"
    file.write_bytes(PACKERS[packed]('\ufeff[{"a": "é"},\n{"a": 2}]{"a": 3}'.encode()))
    found = values(file, content=content)
    assert found == [('{"a": "é"}', "of it"), ('{"a": 2}', "of it"), ('{"a": 3}', "of it")]


@pytest.mark.parametrize("encoding", ["UTF-16", "utf-16-le", "ISO-8859-1", "windows-1252"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"a": "é"}', encoding)
    assert [json.loads(text) for text, _ in values(file, encoding)] == [{"a": "é"}]


@pytest.mark.parametrize(
    ("name", "content", "encoding", "message"),
    [
        ("a.json", '{"a": 1}\n{"a": ', "utf-8", "a.json: line 2: malformed JSON: expecting value"),
        ("a.json", "{}".encode("utf-16"), "utf-8", "a.json: expected UTF-8, found UTF-16; set input.options.encoding"),
        ("a.json", b'{"a": "\xe9"}', "utf-8", "a.json: not utf-8: "),
        ("a.json", "{}", "utf-99", "a.json: unknown encoding: utf-99; set input.options.encoding"),
        ("a.json.gz", "{}", "utf-8", "a.json.gz: cannot be read: "),
        ("a.json.gz", gzip.compress(b"[" + b"{}," * 99, mtime=0)[:-12], "utf-8", "a.json.gz: "),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, content: str | bytes, encoding: str, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        values(file, encoding)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("é\r\n\r\nb\u2028c\rd", "utf-16", newline="")
    (batch,) = Files("utf-16").lines([given(file)])
    assert batch.column(0).to_pylist() == ["é", "", "b\u2028c", "d"]
    assert batch.column(1).to_pylist() == ["of it"] * 4
