"""How far a stage is: the rows that its tasks have written.

No DataFrame API says what a running query has done, but its files do: a task that ends leaves a Parquet file somewhere
below its table's folder, and the file's end says how many rows it has. That holds on disks, HDFS and S3, and through
Spark Connect. A committer that shows files only when all tasks have ended lets a table appear at once.
"""

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from zip_pipeline.errors import UserError
from zip_pipeline.spark.io.location import Location

ENDING, TEMPORARY = ".parquet", "_temporary"
UNREADABLE = (OSError, RuntimeError, pa.ArrowException, UserError)  # the second is hdfs-native's


class WrittenRows:
    """The rows of the table that a stage writes at the moment.

    Args:
        folders: where the stage may write tables; none is in another one.
    """

    def __init__(self, folders: Sequence[Location]) -> None:
        self._folders = folders
        self._before = set(self._files())
        self._rows: dict[str, int] = {}

    def so_far(self) -> dict[str, int]:
        """Return what was written since the start to the table with the newest file, by unit.

        What cannot be read is not counted: nobody's run should fail or wait for what people only like to know.

        Returns:
            Such as ``{"rows in scored": 1200000, "bytes": 34000000}``; empty while no task has ended.
        """
        tables: dict[str, list[tuple[int, int]]] = {}
        newest = 0, ""
        for name, (folder, info) in self._files().items():
            if name not in self._before and (rows := self._rows_of(folder, info)) is not None:
                table = _table_of(info.path.removeprefix(f"{folder.path}/"))
                tables.setdefault(table, []).append((rows, info.size))
                newest = max(newest, (info.mtime_ns or 0, table))
        if not tables:
            return {}
        rows_and_sizes = zip(*tables[newest[1]], strict=True)
        return dict(zip((f"rows in {newest[1]}", "bytes"), map(sum, rows_and_sizes), strict=True))

    def _files(self) -> dict[str, tuple[Location, fs.FileInfo]]:
        """Return the Parquet files by name: Spark gives no name twice, and committers move files to other folders."""
        found: dict[str, tuple[Location, fs.FileInfo]] = {}
        for folder in self._folders:
            try:
                infos = folder.files_below()
            except UNREADABLE:
                continue
            found |= {info.base_name: (folder, info) for info in infos if info.base_name.endswith(ENDING)}
        return found

    def _rows_of(self, folder: Location, info: fs.FileInfo) -> int | None:
        """Return the rows of a file; None where it is not complete, or was moved since it was listed."""
        if info.base_name not in self._rows:
            try:
                with folder.filesystem.open_input_file(info.path) as stream:
                    self._rows[info.base_name] = pq.ParquetFile(stream).metadata.num_rows
            except UNREADABLE:
                return None
        return self._rows[info.base_name]


def _table_of(path: str) -> str:
    """Return a table's name: its folder, without what keeps runs apart where nothing can be renamed.

    >>> _table_of("near/signed/_temporary/0/task_1/part-0.parquet"), _table_of("scored-0311cd1d/part-0.parquet")
    ('near/signed', 'scored')
    """
    return re.sub("-[0-9a-f]{8}$", "", path.rpartition("/")[0].partition(f"/{TEMPORARY}/")[0])
