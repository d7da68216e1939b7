"""HDFS as pyarrow's filesystem, before a client that keeps all in memory; test_hdfs.py of tests/lake has a real one."""

import builtins
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from zip_pipeline.errors import UserError
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.stores.hdfs import TYPE_NAME, HdfsHandler, filesystem


@dataclass(frozen=True)
class Status:
    path: str
    length: int
    isdir: bool
    modification_time: int = 1500


class Written(io.BytesIO):
    """A file that appears when it is closed."""

    def __init__(self, client: "Memory", path: str, before: bytes = b"") -> None:
        super().__init__()
        self.write(before)
        self._client, self._path = client, path

    def close(self) -> None:
        if not self.closed:
            self._client.files[self._path] = self.getvalue()
        super().close()


class Memory:
    """What hdfs-native's client answers, errors included."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.folders = {"/"}

    def get_file_info(self, path: str) -> Status:
        if path in self.files:
            return Status(path, len(self.files[path]), isdir=False)
        if path in self.folders:
            return Status(path, 0, isdir=True)
        raise FileNotFoundError(path)

    def list_status(self, path: str, recursive: bool = False) -> Iterator[Status]:
        self.get_file_info(path)
        prefix = f"{path.rstrip('/')}/"
        inside = sorted(name for name in {*self.files, *self.folders} - {"/"} if name.startswith(prefix))
        return iter([self.get_file_info(name) for name in inside if recursive or "/" not in name[len(prefix) :]])

    def mkdirs(self, path: str, create_parent: bool) -> None:
        parts = path.strip("/").split("/")
        self.folders |= {
            "/" + "/".join(parts[: n + 1]) for n in range(0 if create_parent else len(parts) - 1, len(parts))
        }

    def delete(self, path: str, recursive: bool = False) -> bool:
        if path == "/locked":
            raise RuntimeError('RPCError("org.apache.hadoop.security.AccessControlException", "Permission denied")')
        gone = {
            name for name in {*self.files, *self.folders} if name == path or (recursive and name.startswith(path + "/"))
        }
        self.files = {name: content for name, content in self.files.items() if name not in gone}
        self.folders -= gone
        return bool(gone)

    def rename(self, src: str, dst: str, overwrite: bool) -> None:
        assert overwrite
        self.files = {
            dst + name[len(src) :] if name.startswith(src) else name: text for name, text in self.files.items()
        }
        self.folders = {dst + name[len(src) :] if name.startswith(src) else name for name in self.folders}

    def read(self, path: str) -> io.BytesIO:
        return io.BytesIO(self.files[path])

    def create(self, path: str, options: Any) -> Written:
        assert (options.overwrite, options.create_parent) == (True, True)
        self.mkdirs(path.rpartition("/")[0] or "/", create_parent=True)
        return Written(self, path)

    def append(self, path: str) -> Written:
        return Written(self, path, self.files[path])


@pytest.fixture
def place() -> Location:
    return Location("hdfs://h/lake", fs.PyFileSystem(HdfsHandler(Memory())), "/lake")


def test_a_folder_as_the_driver_uses_it(place: Location) -> None:
    assert place.filesystem.type_name == TYPE_NAME
    assert (place.renames_folders, place.exists()) == (True, False)
    odd = place / "a b" / "c?d#e%20é"
    odd.write_whole(b"old")
    odd.write_whole(b"new")
    assert odd.read() == b"new"
    assert [child.name for child in place.children()] == ["a b"]
    assert [(info.path, info.size, info.mtime_ns) for info in place.files_below()] == [(odd.path, 3, 1_500_000_000)]
    place.move(place.sibling("moved"))
    assert (place.exists(), (place.sibling("moved") / "a b").is_folder()) == (False, True)
    place.sibling("moved").delete()
    assert not place.sibling("moved").exists()


def test_parquet_is_written_and_read_at_any_position(place: Location) -> None:
    table = pa.table({"id": [f"r{number}" for number in range(5000)], "size": range(5000)})
    with place.filesystem.open_output_stream("/lake/t.parquet") as stream:
        pq.write_table(table, stream)
    with (place / "t.parquet").open() as stream:
        assert pq.read_table(stream).equals(table)


def test_what_pyarrow_offers_beyond_that(place: Location) -> None:
    files = place.filesystem
    (place / "a").write(b"1")
    files.copy_file("/lake/a", "/lake/b")
    with files.open_append_stream("/lake/b") as stream:
        stream.write(b"2")
    assert (place / "b").read() == b"12"
    files.delete_file("/lake/a")
    files.delete_dir_contents("/lake")
    assert (place.is_folder(), place.children()) == (True, [])
    files.delete_dir_contents("/none", missing_dir_ok=True)
    files.delete_dir_contents("/", accept_root_dir=True)
    assert not place.exists()


def test_errors_are_those_of_a_disk(place: Location) -> None:
    (place / "file").write(b"")
    selector = fs.FileSelector("/none", allow_not_found=True)
    assert place.filesystem.get_file_info(selector) == []
    with pytest.raises(FileNotFoundError):
        place.filesystem.get_file_info(fs.FileSelector("/none"))
    with pytest.raises(NotADirectoryError):
        place.filesystem.get_file_info(fs.FileSelector("/lake/file"))
    with pytest.raises(OSError, match="Permission denied"):
        place.filesystem.delete_dir("/locked")


def test_a_host_that_nobody_names() -> None:
    with pytest.raises(ValueError, match=r"No fs\.defaultFS"):
        filesystem("hdfs", "", {})
    assert filesystem("hdfs", "", {"fs.defaultFS": "hdfs://127.0.0.1:9"}).type_name == TYPE_NAME


def test_the_package_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def lacking(name: str, *rest: Any) -> Any:
        if name == "hdfs_native":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(UserError, match=r"pip install 'zip-pipeline\[hdfs\]'"):
        filesystem("hdfs", "h:8020", {})
