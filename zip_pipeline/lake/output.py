"""The output tree, which appears whole or not at all.

Everything is written into a hidden folder beside the output path, the manifest last; only then is that folder
renamed to the output path. A run that fails leaves what was there before as it was.
"""

import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StructType

from zip_pipeline import schema
from zip_pipeline.errors import OutputError
from zip_pipeline.lake.storage import Location

WRITERS: dict[str, tuple[str, dict[str, str]]] = {
    "parquet": ("parquet", {}),
    "delta": ("delta", {}),
    "jsonl": ("json", {"ignoreNullFields": "false"}),
}
"""Formats: Spark's source and its options."""

RENAMING = ("local", "hdfs", "subtree")
"""Types of filesystem, in pyarrow's words, that rename a folder in one step."""


class Output:
    """An output tree in the making; a context manager that removes what was not published.

    Args:
        path: where it will stand.
        file_format: of its tables, one of `WRITERS`.
        mode: ``error`` or ``overwrite``.

    Raises:
        OutputError: when something is there and may not be replaced, or cannot be.
    """

    def __init__(self, path: str, *, file_format: str, mode: str) -> None:
        self.location = Location.of(path)
        self._source, self._options = WRITERS[file_format]
        token = secrets.token_hex(4)
        self._staging = self.location.sibling(f".{self.location.name}.staging-{token}")
        self._replaced = self.location.sibling(f".{self.location.name}.replaced-{token}")
        self.scratch = self._staging / "_scratch"
        """A folder for what the run needs and the output does not."""
        self._path, self._mode = path, mode
        self._check()

    def __enter__(self) -> Self:
        try:
            self._staging.filesystem.create_dir(self._staging.path)
        except OSError as error:
            raise OutputError(f"{self.location.uri}: cannot be written: {error}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._staging.delete()

    def write(self, frame: DataFrame, table: str) -> int:
        """Write a table of the tree; return how many rows it has."""
        written = Observation()
        counted = frame.observe(written, F.count(F.lit(1)).alias("rows"))
        counted.write.format(self._source).options(**self._options).save((self._staging / table).uri)
        return int(written.get["rows"])

    def read(self, table: str, fields: StructType) -> DataFrame:
        """Return a table of the tree that was written."""
        reader = SparkSession.active().read.format(self._source)
        if self._source != "delta":  # whose tables know it, and refuse to be told
            reader = reader.schema(fields)
        return reader.load((self._staging / table).uri)

    def publish(self, manifest: Mapping[str, Any], report: str) -> None:
        """Write the report, then the manifest, and put the tree in its place."""
        self.scratch.delete()
        (self._staging / schema.REPORT).write(report.encode())
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (self._staging / schema.MANIFEST).write(text.encode())
        self._check()  # another run may have been here
        replaces = self.location.exists()
        try:
            if replaces:
                self.location.move(self._replaced)
            self._staging.move(self.location)
        except BaseException:
            if self._replaced.exists() and not self.location.exists():
                self._replaced.move(self.location)
            raise
        with suppress(OSError):  # the new tree stands, whatever becomes of the old one
            self._replaced.delete()

    def _check(self) -> None:
        path, mode = self._path, self._mode
        kind = self.location.filesystem.type_name
        if kind not in RENAMING:
            raise OutputError(f"{path}: folders cannot be renamed on '{kind}'; write to a local path or to HDFS")
        if not self.location.exists():
            return
        if mode == "error":
            raise OutputError(f"{path}: exists already; set output.mode=overwrite to replace it")
        # A mistyped path must not cost anybody a folder of something else.
        if not self.location.is_folder() or (
            self.location.children() and not (self.location / schema.MANIFEST).exists()
        ):
            raise OutputError(f"{path}: not an earlier output (no {schema.MANIFEST}), so it is not replaced")
