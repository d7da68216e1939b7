"""A file of lines, whole or not at all."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from zip_pipeline.errors import OutputError
from zip_pipeline.jobs.export.lines import LineFile


def test_the_name_says_what_it_holds(tmp_path: Path) -> None:
    assert not LineFile(f"{tmp_path}/ids.txt.gz").exist()
    with pytest.raises(OutputError, match=r"rows\.csv: expected a name that ends in"):
        LineFile(f"{tmp_path}/rows.csv")


def test_lines_are_written_and_packed(tmp_path: Path) -> None:
    assert LineFile(f"{tmp_path}/new/a.txt.gz").write(["x", "ä"]) == (2, 1)
    assert gzip.decompress((tmp_path / "new/a.txt.gz").read_bytes()).decode() == "x\nä\n"


def test_what_fails_leaves_the_earlier_file(tmp_path: Path) -> None:
    def broken() -> Iterator[str]:
        yield "new"
        raise OSError("gone")

    (tmp_path / "a.txt").write_text("old")
    file = LineFile(f"{tmp_path}/a.txt")
    assert file.exist()
    with pytest.raises(OSError, match="gone"):
        file.write(broken())
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
