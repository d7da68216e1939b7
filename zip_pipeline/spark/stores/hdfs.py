"""HDFS for the driver: the client of the package hdfs-native, as a filesystem of pyarrow.

pyarrow's own client needs libhdfs and a class path, and starts a Java in this process. This one needs neither. It reads
``core-site.xml`` and ``hdfs-site.xml`` from ``HADOOP_CONF_DIR``; what Spark was told holds in place of what they say.
"""

import shutil
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from pyarrow import fs

from zip_pipeline.errors import UserError

SCHEMES = ("hdfs", "viewfs")

TYPE_NAME = "py::hdfs"
"""How pyarrow calls the type of these filesystems."""

PATIENCE = {"dfs.client.failover.max.attempts": "5"}
"""How often a host is asked that does not listen; with Hadoop's 15 it takes three minutes to say so."""

BUFFER_BYTES = 1 << 20
"""Bytes that are written at once; a file of Parquet has many small parts."""


def filesystem(scheme: str, host: str, settings: Mapping[str, str]) -> fs.PyFileSystem:
    """Return the filesystem of a host.

    Args:
        scheme: one of `SCHEMES`.
        host: of the namenode, with its port unless that is 8020; or the name of a service; empty: ``fs.defaultFS``.
        settings: of Hadoop, by their full names.

    Raises:
        UserError: when the package is not installed.
        ValueError: when nothing says which host is meant.
    """
    uri = f"{scheme}://{host}"
    try:
        from hdfs_native import Client
    except ImportError:
        raise UserError(
            f"{uri}/: cannot be reached: the driver needs the package hdfs-native; pip install 'zip-pipeline[hdfs]'"
        ) from None
    try:
        client = Client(uri if host else None, {**PATIENCE, **settings})
    except RuntimeError as error:
        raise ValueError(str(error)) from None
    return fs.PyFileSystem(HdfsHandler(client))


class HdfsHandler(fs.FileSystemHandler):  # type: ignore[misc]
    """What pyarrow asks a filesystem for.

    Args:
        client: hdfs-native's.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def get_type_name(self) -> str:
        """Return the name by which `TYPE_NAME` knows this filesystem."""
        return TYPE_NAME.removeprefix("py::")

    def normalize_path(self, path: str) -> str:
        """Return the path as it is: a name may hold any character but a slash."""
        return path

    def get_file_info(self, paths: Iterable[str]) -> list[fs.FileInfo]:
        """Return what is known of each path; what is not there is said to be so."""
        return [self._info(path) for path in paths]

    def get_file_info_selector(self, selector: fs.FileSelector) -> list[fs.FileInfo]:
        """Return what lies in a folder."""
        top = self._info(selector.base_dir)
        if top.type == fs.FileType.NotFound and selector.allow_not_found:
            return []
        if top.type == fs.FileType.File:
            raise NotADirectoryError(selector.base_dir)
        return [_as_info(status) for status in self._ask("list_status", selector.base_dir, selector.recursive)]

    def create_dir(self, path: str, recursive: bool) -> None:
        """Create a folder, which may be there already."""
        self._ask("mkdirs", path, create_parent=recursive)

    def delete_dir(self, path: str) -> None:
        """Delete a folder and all that lies in it."""
        self._ask("delete", path, recursive=True)

    def delete_dir_contents(self, path: str, missing_dir_ok: bool = False) -> None:
        """Delete all that lies in a folder."""
        if not (missing_dir_ok and self._info(path).type == fs.FileType.NotFound):
            for status in self._ask("list_status", path):
                self._ask("delete", status.path, recursive=True)

    def delete_root_dir_contents(self) -> None:
        """Delete all there is."""
        self.delete_dir_contents("/")

    def delete_file(self, path: str) -> None:
        """Delete a file."""
        self._ask("delete", path)

    def move(self, src: str, dest: str) -> None:
        """Rename; a file, or an empty folder, at the destination is replaced, as on a disk."""
        self._ask("rename", src, dest, overwrite=True)

    def copy_file(self, src: str, dest: str) -> None:
        """Copy a file through this machine; HDFS itself has no copies."""
        with self.open_input_stream(src) as source, self.open_output_stream(dest, {}) as target:
            shutil.copyfileobj(source, target)

    def open_input_stream(self, path: str) -> pa.PythonFile:
        """Open a file for reading."""
        return pa.PythonFile(self._ask("read", path), mode="r")

    def open_input_file(self, path: str) -> pa.PythonFile:
        """Open a file for reading at any position."""
        return self.open_input_stream(path)

    def open_output_stream(self, path: str, metadata: Mapping[str, str]) -> pa.NativeFile:
        """Open a file for writing, with the folders above it; it replaces what is there."""
        from hdfs_native import WriteOptions

        del metadata  # HDFS keeps none
        stream = self._ask("create", path, WriteOptions(overwrite=True, permission=0o644, create_parent=True))
        return pa.output_stream(pa.PythonFile(stream, mode="w"), buffer_size=BUFFER_BYTES)

    def open_append_stream(self, path: str, metadata: Mapping[str, str]) -> pa.PythonFile:
        """Open a file for writing at its end."""
        del metadata
        return pa.PythonFile(self._ask("append", path), mode="w")

    def _info(self, path: str) -> fs.FileInfo:
        try:
            return _as_info(self._ask("get_file_info", path or "/"))
        except FileNotFoundError:
            return fs.FileInfo(path, fs.FileType.NotFound)

    def _ask(self, what: str, *arguments: Any, **options: Any) -> Any:
        """Call the client; what the namenode refuses, such as a lack of rights, is an `OSError` as on a disk."""
        try:
            return getattr(self._client, what)(*arguments, **options)
        except RuntimeError as error:
            raise OSError(str(error)) from None


def _as_info(status: Any) -> fs.FileInfo:
    """Return what pyarrow is told of a file or folder."""
    kind = fs.FileType.Directory if status.isdir else fs.FileType.File
    size = None if status.isdir else status.length
    return fs.FileInfo(status.path, kind, size=size, mtime=status.modification_time / 1000)
