"""The output tree: tables, report, and the manifest that completes it.

Tables are written into a hidden folder beside the output path, so a run that fails leaves what was there before as it
was. How they get to their place depends on what the place can do:

    parquet, jsonl    the whole tree is renamed into place: it appears whole or not at all
    delta             each table in one commit; a new tree is then renamed into place, an earlier one gets new versions
    no renames        (object stores) parquet and jsonl are written in place, to a new path only

Everywhere the manifest is written last. Without one there is no selection; the one that stands belongs to tables that
are complete, of Delta tables to the versions that it names.
"""

import hashlib
import json
import secrets
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from pyspark.sql import DataFrame, SparkSession

from zip_pipeline import schema
from zip_pipeline.config.common import decisive
from zip_pipeline.errors import OutputError
from zip_pipeline.spark.io import counted, delta
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.staging import Claim

WRITERS: dict[str, tuple[str, dict[str, str]]] = {
    "parquet": ("parquet", {}),
    "delta": ("delta", {}),
    "jsonl": ("json", {"ignoreNullFields": "false"}),
}
"""Formats: Spark's source and its options."""


class Output:
    """An output tree in the making; a context manager that removes what was not published.

    Args:
        path: where it will stand.
        file_format: of its tables, one of `WRITERS`.
        mode: ``error`` or ``overwrite``.
        run_id: of Delta tables: what a run of this id has committed, a further one from the same input and config
            does not commit again.

    Raises:
        OutputError: when something is there and may not be replaced, or cannot be.
    """

    def __init__(self, path: str, *, file_format: str, mode: str, run_id: str | None = None) -> None:
        self.location = Location.of(path)
        self._path, self._format, self._mode, self._run_id = path, file_format, mode, run_id
        self._source, self._options = WRITERS[file_format]
        self._claim = Claim(self.location)
        self._written: list[str] = []
        self._require_place()
        self._in_place = not self.location.renames or (file_format == "delta" and bool(self._delta_tables()))
        self._root = self.location if self._in_place else self._claim.folder / "tree"
        self._tables = self._claim.folder / "tables" if file_format == "delta" else self._root
        self._directly = self._tables == self.location
        self._published = False
        self.scratch = self._claim.folder / "scratch"
        """A folder for what the run needs and the output does not."""

    def __enter__(self) -> Self:
        try:
            self._claim.take()
        except OSError as error:
            raise OutputError(f"{self.location.uri}: cannot be written: {error}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._directly and not self._published and not (self.location / schema.MANIFEST).exists():
            for table in self._written:
                (self.location / table).delete()
            if self.location.exists() and not self.location.children():
                self.location.delete()
        self._claim.release()

    def write(self, frame: DataFrame, table: str) -> int:
        """Write a table of the tree; return how many rows it has.

        Raises:
            OutputError: when driver and executors see different files, or another run writes to the same path.
        """
        target = self._tables / table
        if self._directly and target.exists():
            raise OutputError(f"{self._path}: another run is writing there")
        self._written.append(table)
        rows = counted.write(frame, target, source=self._source, options=self._options)["rows"]
        if self._source == "parquet":
            counted.require_shared(target, rows)
        return rows

    def publish(self, manifest: dict[str, Any], report: str) -> None:
        """Put the tables in their place, in the order in which they were written; then the report, then the manifest.

        Of Delta tables the manifest gets the versions, as ``delta_versions``.
        """
        self._require_place()  # another run may have been here
        if self._format == "delta":
            manifest["delta_versions"] = self._commit(manifest)
        (self._root / schema.REPORT).write_whole(report.encode())
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (self._root / schema.MANIFEST).write_whole(text.encode())
        self._published = True
        if not self._in_place:
            self._swap()

    def _commit(self, manifest: dict[str, Any]) -> dict[str, int]:
        """Commit every table; of an earlier tree's those, too, that this run has no rows for.

        Raises:
            OutputError: when the run id was used here, and another run has written since.
        """
        spark = SparkSession.active()
        stale = [name for name in self._delta_tables() if name not in self._written] if self._in_place else []
        token = secrets.token_hex(16) if self._run_id is None else f"{self._run_id} {_digest(manifest)}"
        for table in [*stale, *self._written] if self._in_place and self._run_id is not None else []:
            if delta.overtaken(spark, self._root / table, token):
                raise OutputError(
                    f"{self._path}: run '{self._run_id}' was written here, and another one since; give a new run_id"
                )
        versions = {}
        for table in [*stale, *self._written]:
            source = self._root / table if table in stale else self._tables / table
            rows = spark.read.format("delta").load(source.uri)
            rows = rows.limit(0) if table in stale else rows
            versions[table] = delta.commit(rows, self._root / table, token, once=self._run_id is not None)
        return versions

    def _swap(self) -> None:
        """Rename the tree to where it belongs."""
        replaced = self._claim.replaced
        try:
            if self.location.exists():
                self.location.move(replaced)
            self._root.move(self.location)
        except BaseException:
            if replaced.exists() and not self.location.exists():
                replaced.move(self.location)
            raise
        with suppress(OSError):  # the new tree stands, whatever becomes of the old one
            replaced.delete()

    def _require_place(self) -> None:
        path, location = self._path, self.location
        if not location.exists() or self._is_begun():
            return
        if self._mode == "error":
            raise OutputError(f"{path}: exists already; set output.mode=overwrite to replace it")
        # A mistyped path must not cost anybody a folder of something else.
        if not location.is_folder() or (location.children() and not (location / schema.MANIFEST).exists()):
            raise OutputError(f"{path}: not an earlier output (no {schema.MANIFEST}), so it is not replaced")
        tables = self._delta_tables()
        if tables and self._format != "delta":
            raise OutputError(
                f"{path}: holds Delta tables, and their history would be lost; set output.format=delta, or remove it"
            )
        if not tables and not location.renames:
            raise OutputError(
                f"{path}: '{location.filesystem.type_name}' cannot rename folders, so only Delta tables are "
                "replaced there; give a path that does not exist"
            )

    def _is_begun(self) -> bool:
        """Whether what stands there is not yet an output: this run's own tables, or commits that a retry completes."""
        if self.location.renames or not self.location.is_folder() or (self.location / schema.MANIFEST).exists():
            return False
        found = {child.name for child in self.location.children()}
        if self._format != "delta":
            return bool(self._written) and found <= {*self._written, schema.REPORT}
        tables = found - {schema.REPORT}
        return self._run_id is not None and all((self.location / name / "_delta_log").exists() for name in tables)

    def _delta_tables(self) -> list[str]:
        """Return the Delta tables that the standing manifest names."""
        manifest = self.location / schema.MANIFEST
        with suppress(ValueError, AttributeError):  # not one of ours
            return list(json.loads(manifest.read()).get("delta_versions", {})) if manifest.exists() else []
        return []


def _digest(manifest: dict[str, Any]) -> str:
    """Return what tells runs apart that would write something else: program, input, what counts of the config."""
    told = {key: manifest.get(key) for key in ("version", "input")}
    told["config"] = decisive(manifest.get("config", {}))
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=8).hexdigest()
