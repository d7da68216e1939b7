"""Files and folders, as pyarrow reaches them."""

from pathlib import Path
from typing import NoReturn, cast

import pyarrow as pa
import pytest
from pyarrow import fs

from zip_pipeline.errors import UserError
from zip_pipeline.spark.io.location import Location


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Location.of(str(tmp_path / "manifest.json"))
    file.write(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(Location, "move", lambda *_: pytest.fail("cut short"))
        with pytest.raises(pytest.fail.Exception):
            file.write_whole(b"new and long")
    assert file.read() == b"old"
    file.write_whole(b"new")
    assert (file.read(), [path.name for path in tmp_path.iterdir()]) == (b"new", ["manifest.json"])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a\0b", "'a\\x00b': cannot be reached: no path holds a NUL character"),
        ("~nosuchuser/x", "~nosuchuser/x: cannot be reached: there is no such user; write ./~ for that name"),
        ("nosuch://host/x", "nosuch://host/x: cannot be reached: Unrecognized filesystem type in URI: nosuch://host/x"),
        ("abfss:///x", "abfss:///x: cannot be reached: AzureOptions doesn't contain a valid account name"),
    ],
)
def test_what_is_no_place(path: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        Location.of(path)
    assert str(error.value) == message


class NoAnswer:
    """A store that says no in many lines."""

    def get_file_info(self, _: list[str]) -> NoReturn:
        raise pa.ArrowException("no token\nread more at https://a.b")


def test_a_store_without_credentials_is_said_in_one_line() -> None:
    place = Location("abfss://c@a/x", cast("fs.FileSystem", NoAnswer()), "c/x")
    with pytest.raises(UserError, match=r"^abfss://c@a/x: cannot be inspected: no token$"):
        place.exists()


class OnADisk:
    """A store that deletes files, and then no folder that is not empty."""

    type_name = "s3"

    def __init__(self, keeps: str = "") -> None:
        self.keeps, self.local = keeps, fs.LocalFileSystem()

    def get_file_info(self, what: str | fs.FileSelector) -> fs.FileInfo | list[fs.FileInfo]:
        return self.local.get_file_info(what)

    def delete_dir(self, path: str) -> None:
        for file in Path(path).rglob("*"):
            if file.is_file() and file.name != self.keeps:
                file.unlink()
        Path(path).rmdir()


def test_a_store_that_deletes_no_folder_that_is_not_empty(tmp_path: Path) -> None:
    for keeps in ("", "y"):
        (tmp_path / "a/b/c").mkdir(parents=True)
        for name in ("x", "b/y", "b/c/z"):
            (tmp_path / "a" / name).touch()
        place = Location("s3a://a", cast(fs.FileSystem, OnADisk(keeps)), str(tmp_path / "a"))
        if keeps:
            with pytest.raises(OSError, match="not empty"):
                place.delete()
            assert (tmp_path / "a/b/y").exists()
        else:
            place.delete()
            assert not (tmp_path / "a").exists()
