"""One file or folder, as Spark names it and as pyarrow reaches it.

A path without a scheme is a path of this machine, relative to the working directory. Anything else is a URI that
pyarrow knows, such as ``hdfs://host/path``.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from zip_pipeline.errors import UserError
from zip_pipeline.spark.stores import hdfs
from zip_pipeline.spark.stores.filesystems import first_line, reach

RENAMING_FILESYSTEMS = ("local", hdfs.TYPE_NAME, "subtree")
"""Filesystems, by pyarrow's names, that rename a folder in one step; object stores have no folders."""

OBJECT_STORES = ("s3", "gcs", "abfs")
"""Filesystems, by pyarrow's names, that have no folders but in the names of their files."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def has_scheme(path: str) -> bool:
    """Whether a path is a URI, not a path of this machine.

    >>> has_scheme("s3a://bucket/pool"), has_scheme("pool:1.jsonl")
    (True, False)
    """
    return _SCHEME.match(path) is not None


def uri_of(path: str) -> str:
    """Return a path as Spark takes it; a URI, which may be a glob, stays as it is.

    >>> uri_of("/lake/pool")
    'file:///lake/pool'
    """
    return path if has_scheme(path) else Location.of(path).uri


@dataclass(frozen=True)
class Location:
    """A file or folder, which need not exist.

    Attributes:
        uri: for Spark.
        filesystem: pyarrow's.
        path: within `filesystem`.
    """

    uri: str
    filesystem: fs.FileSystem
    path: str

    @classmethod
    def of(cls, path: str) -> "Location":
        """Locate a path or URI.

        Raises:
            UserError: when no path can be like this, or pyarrow does not know the scheme.
        """
        if "\0" in path:
            raise UserError(f"{path!r}: cannot be reached: no path holds a NUL character")
        if not has_scheme(path):
            # Hadoop takes the text after file:// literally, without percent signs.
            try:
                absolute = str(Path(path).expanduser().absolute())
            except RuntimeError:
                raise UserError(f"{path}: cannot be reached: there is no such user; write ./~ for that name") from None
            return cls(f"file://{absolute}", fs.LocalFileSystem(), absolute)
        return cls(path.rstrip("/"), *reach(path))

    def __truediv__(self, name: str) -> "Location":
        return Location(f"{self.uri}/{name}", self.filesystem, f"{self.path}/{name}")

    def sibling(self, name: str) -> "Location":
        """Return the file or folder of that name in the same folder."""
        return Location(
            f"{self.uri.rpartition('/')[0]}/{name}", self.filesystem, f"{self.path.rpartition('/')[0]}/{name}"
        )

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def renames_folders(self) -> bool:
        """Whether the filesystem renames a folder in one step."""
        return self.filesystem.type_name in RENAMING_FILESYSTEMS

    def exists(self) -> bool:
        """Whether there is a file or folder."""
        return bool(self._info().type != fs.FileType.NotFound)

    def is_folder(self) -> bool:
        """Whether there is a folder."""
        return bool(self._info().type == fs.FileType.Directory)

    def children(self) -> list["Location"]:
        """Return the files and folders in the folder, by name."""
        infos = self.filesystem.get_file_info(fs.FileSelector(self.path))
        return [self / info.base_name for info in sorted(infos, key=lambda info: info.base_name)]

    def files_below(self) -> list[fs.FileInfo]:
        """Return what pyarrow knows of the file itself, or of each file below the folder."""
        info = self._info()
        if info.type == fs.FileType.File:
            return [info]
        inside = self.filesystem.get_file_info(fs.FileSelector(self.path, recursive=True, allow_not_found=True))
        return [info for info in inside if info.type == fs.FileType.File]

    def parquet_files(self) -> list["Location"]:
        """Return the files of a table that Spark wrote, in the order of its tasks."""
        return [file for file in self.children() if file.name.endswith(".parquet")]

    def open(self) -> pa.NativeFile:
        """Open the file for reading at any position."""
        return self.filesystem.open_input_file(self.path)

    def read(self) -> bytes:
        """Return the content of the file."""
        with self.filesystem.open_input_stream(self.path) as stream:
            content: bytes = stream.read()
        return content

    def create(self) -> None:
        """Create the folder; in an object store only the names of files make folders."""
        if self.filesystem.type_name not in OBJECT_STORES:
            self.filesystem.create_dir(self.path)

    def write(self, content: bytes) -> None:
        """Write the file, and the folders above it where there are none; an object store has no folders."""
        self.sibling("").create()
        with self.filesystem.open_output_stream(self.path) as stream:
            stream.write(content)

    def write_whole(self, content: bytes) -> None:
        """Write the file so that readers see the old content or the new one, and never a part.

        On a disk of this machine this holds even if the machine fails. An object store writes every file like this.
        """
        if not self.renames_folders:
            self.write(content)
            return
        part = self.sibling(f".{self.name}.part")
        part.write(content)
        part._sync()
        part.move(self)
        self.sibling("")._sync()

    def move(self, target: "Location") -> None:
        """Rename the file or folder."""
        self.filesystem.move(self.path, target.path)

    def delete(self) -> None:
        """Remove the file, or the folder with everything in it; do nothing where there is neither."""
        kind = self._info().type
        if kind == fs.FileType.File:
            self.filesystem.delete_file(self.path)
        elif kind != fs.FileType.NotFound:
            try:
                self.filesystem.delete_dir(self.path)
            except OSError:
                self._delete_from_below()

    def _delete_from_below(self) -> None:
        """Delete each folder after those in it; stores that keep objects on a disk delete none that is not empty."""
        inside = self.filesystem.get_file_info(fs.FileSelector(self.path, recursive=True, allow_not_found=True))
        folders = sorted((info.path for info in inside if info.type == fs.FileType.Directory), reverse=True)
        for folder in (*folders, self.path):
            with suppress(FileNotFoundError):
                self.filesystem.delete_dir(folder)

    def _sync(self) -> None:
        """Force a file or folder of this machine to its disk."""
        if self.filesystem.type_name == "local":
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _info(self) -> fs.FileInfo:
        try:
            return self.filesystem.get_file_info([self.path])[0]
        except (pa.ArrowException, OSError) as error:
            raise UserError(f"{self.uri}: cannot be inspected: {first_line(error)}") from None
