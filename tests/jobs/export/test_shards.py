"""Shards as WebDataset's own reader sees them."""

import json
import sys
from pathlib import Path

import pytest
from webdataset.tariterators import group_by_keys, tar_file_expander

from zip_pipeline.errors import SetupError
from zip_pipeline.jobs.export.shards import ALL, Shards

ROWS = [json.dumps({"id": f"a/b.{number}", "text": "ü" * number}, ensure_ascii=False) for number in range(40)]


def read(*files: Path) -> list[str]:
    """The rows, read by the parts of WebDataset's reader that leave no file open."""
    rows = []
    for file in files:
        with file.open("rb") as stream:
            samples = group_by_keys(tar_file_expander([{"url": file.name, "stream": stream}]))
            rows += [sample["json"].decode() for sample in samples]
    return rows


def test_one_file(tmp_path: Path) -> None:
    shards = Shards(f"{tmp_path}/new/train.tar", 1)
    assert not shards.exist()
    assert shards.write(ROWS) == (40, 1)
    assert read(tmp_path / "new/train.tar") == ROWS
    assert shards.exist()


def test_numbered_files_are_equal_each_time_and_hold_all_in_order(tmp_path: Path) -> None:
    contents = []
    for folder in ("a", "b"):
        records, files = Shards(f"{tmp_path}/{folder}/x-%03d.tar", 500).write(ROWS)
        names = [f"x-{number:03d}.tar" for number in range(files)]
        assert records == 40
        assert 2 < files < 10
        assert sorted(path.name for path in (tmp_path / folder).iterdir()) == names
        contents.append([(tmp_path / folder / name).read_bytes() for name in names])
    assert contents[0] == contents[1]
    assert read(*(tmp_path / "a" / name for name in names)) == ROWS


def test_a_shorter_export_leaves_no_shard_of_a_longer_one(tmp_path: Path) -> None:
    others = ["x-1.tar", "y-0004.tar", "x-0004.txt", "x-00a4.tar"]
    for name in others:
        (tmp_path / name).write_text("mine")
    Shards(f"{tmp_path}/x-%04d.tar", 100).write(ROWS)
    assert (tmp_path / "x-0004.tar").exists()
    shards = Shards(f"{tmp_path}/x-%04d.tar", 10**6)
    assert shards.exist()
    assert shards.write(ROWS[:3]) == (3, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, "x-0000.tar"])
    assert read(tmp_path / "x-0000.tar") == ROWS[:3]


def test_without_a_number_nothing_is_cut(tmp_path: Path) -> None:
    assert Shards(f"{tmp_path}/50%.tar", 1)._most_bytes == ALL
    assert Shards(f"{tmp_path}/50%.tar", 1).write(ROWS) == (40, 1)
    assert (tmp_path / "50%.tar").exists()


def test_the_package_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "webdataset.writer", None)
    with pytest.raises(SetupError, match=r"t\.tar: \.tar needs the package webdataset; install it with pip install"):
        Shards(f"{tmp_path}/t.tar", 1)
