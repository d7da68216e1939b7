"""Where files are: one location, as Spark names it and as pyarrow reaches it.

A path without a scheme is a path of this machine, relative to the working directory; anything else is a URI
that pyarrow knows, such as ``hdfs://host/path``.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from zip_pipeline.errors import UserError

RENAMING = ("local", "hdfs", "subtree")
"""Types of filesystem, in pyarrow's words, that rename a folder in one step."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def has_scheme(path: str) -> bool:
    """Whether it is a URI, not a path of this machine."""
    return _SCHEME.match(path) is not None


def uri_of(path: str) -> str:
    """Return a path or URI as Spark takes it."""
    return path if has_scheme(path) else Location.of(path).uri


@dataclass(frozen=True)
class Location:
    """A file or folder.

    Attributes:
        uri: what Spark is given.
        filesystem: pyarrow's.
        path: within that filesystem.
    """

    uri: str
    filesystem: fs.FileSystem
    path: str

    @classmethod
    def of(cls, path: str) -> "Location":
        """Locate a path or URI.

        Raises:
            UserError: when pyarrow does not know its scheme.
        """
        if not has_scheme(path):
            # Hadoop takes the text behind file:// as it stands, without percent signs.
            absolute = str(Path(path).expanduser().absolute())
            return cls(f"file://{absolute}", fs.LocalFileSystem(), absolute)
        try:
            # Hadoop's name of S3 is s3a.
            filesystem, inner = fs.FileSystem.from_uri(re.sub(r"^s3[an]:", "s3:", path))
        except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
            raise UserError(f"{path}: cannot be reached: {str(error).partition(chr(10))[0]}") from None
        return cls(path.rstrip("/"), filesystem, inner.rstrip("/"))

    def __truediv__(self, name: str) -> "Location":
        return Location(f"{self.uri}/{name}", self.filesystem, f"{self.path}/{name}")

    def sibling(self, name: str) -> "Location":
        """Return the location of that name in the same folder."""
        return Location(
            f"{self.uri.rpartition('/')[0]}/{name}", self.filesystem, f"{self.path.rpartition('/')[0]}/{name}"
        )

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def renames(self) -> bool:
        """Whether folders are renamed in one step where it lies; object stores have no folders."""
        return self.filesystem.type_name in RENAMING

    def exists(self) -> bool:
        """Whether there is a file or folder."""
        return bool(self._info().type != fs.FileType.NotFound)

    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return bool(self._info().type == fs.FileType.Directory)

    def children(self) -> list["Location"]:
        """Return what lies in the folder, by name."""
        infos = self.filesystem.get_file_info(fs.FileSelector(self.path))
        return [self / info.base_name for info in sorted(infos, key=lambda info: info.base_name)]

    def parquet_files(self) -> list["Location"]:
        """Return the parts of a table that Spark wrote, in its order."""
        return [file for file in self.children() if file.name.endswith(".parquet")]

    def open(self) -> pa.NativeFile:
        """Open the file for reading at any place."""
        return self.filesystem.open_input_file(self.path)

    def read(self) -> bytes:
        """Return the content of a file."""
        with self.filesystem.open_input_stream(self.path) as stream:
            content: bytes = stream.read()
        return content

    def write(self, content: bytes) -> None:
        """Write a file, and the folders above it."""
        self.filesystem.create_dir(self.path.rpartition("/")[0])
        with self.filesystem.open_output_stream(self.path) as stream:
            stream.write(content)

    def write_whole(self, content: bytes) -> None:
        """Write a file that is there whole or not at all, even if the machine fails, where the file is on it.

        Who reads it meanwhile finds what was there before. Object stores write every file like that.
        """
        if not self.renames:
            self.write(content)
            return
        aside = self.sibling(f".{self.name}.part")
        aside.write(content)
        aside._sync()
        aside.move(self)
        self.sibling("")._sync()

    def move(self, target: "Location") -> None:
        """Rename it."""
        self.filesystem.move(self.path, target.path)

    def delete(self) -> None:
        """Remove the file, or the folder with all that is in it; nothing happens where there is none."""
        kind = self._info().type
        if kind == fs.FileType.File:
            self.filesystem.delete_file(self.path)
        elif kind != fs.FileType.NotFound:
            self.filesystem.delete_dir(self.path)

    def _sync(self) -> None:
        """Have a file or folder of this machine on its disk."""
        if self.filesystem.type_name == "local":
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _info(self) -> fs.FileInfo:
        try:
            return self.filesystem.get_file_info([self.path])[0]
        except OSError as error:
            raise UserError(f"{self.uri}: cannot be looked at: {error}") from None
