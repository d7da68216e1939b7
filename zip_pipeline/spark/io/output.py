"""The output tree: tables, report, and the manifest that completes it.

A run writes its tables into a hidden folder next to the output path. So a run that fails leaves the earlier output as
it was. How the tables get to their place depends on the format and on the filesystem:

    files (parquet, jsonl)    the whole tree is renamed into place: it appears whole or not at all
    table formats (delta)     each table in one commit; a new tree is then renamed into place, an earlier one gets new
                              versions
    no renames                (object stores) files are written in place, to a new path only

The manifest is always written last. Without a manifest there is no selection. A manifest belongs to tables that are
complete; where tables have versions, it names them.
"""

import hashlib
import json
import secrets
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from pyspark.sql import DataFrame, SparkSession

from zip_pipeline import formats, schema
from zip_pipeline.config import Output
from zip_pipeline.config.decisive import decisive
from zip_pipeline.errors import OutputError
from zip_pipeline.spark.io.columns import with_json_values
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import require_shared, write_counted
from zip_pipeline.spark.io.staging import StagingFolder
from zip_pipeline.spark.io.table_formats import TABLE_FORMATS, TableFormat


class OutputTree:
    """The output of one run; a context manager that removes what the run did not publish.

    Args:
        section: of the config. With a ``run_id``, a second run of the same input and config commits nothing that the
            first one has committed.

    Attributes:
        location: where the tree will be.
        scratch: a folder for what the run needs and the output does not.

    Raises:
        OutputError: when something at the path may not be replaced, or cannot be.
    """

    def __init__(self, section: Output) -> None:
        self.location = Location.of(section.path)
        self._section, self._format = section, formats.named(section.format)
        self._staging = StagingFolder(self.location)
        self._names: list[str] = []
        self._session: SparkSession | None = None
        self._require_place()
        versioned = self._format.versioning is not None
        self._in_place = not self.location.renames_folders or self._format.name in self._standing_tables()
        self._root = self.location if self._in_place else self._staging.folder / "tree"
        self._tables = self._staging.folder / "tables" if versioned else self._root
        self._without_staging = self._tables == self.location
        self._is_published = False
        self.scratch = self._staging.folder / "scratch"

    def __enter__(self) -> Self:
        try:
            self._staging.create()
        except OSError as error:
            raise OutputError(f"{self.location.uri}: cannot be written: {error}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._without_staging and not self._is_published and not (self.location / schema.MANIFEST).exists():
            for table in self._names:
                (self.location / table).delete()
            if self.location.exists() and not self.location.children():
                self.location.delete()
        self._staging.remove()

    def write(self, frame: DataFrame, table: str) -> int:
        """Write a table of the tree; return its number of rows.

        Raises:
            OutputError: when driver and executors see different files, or another run writes to the same path.
        """
        target = self._tables / table
        if self._without_staging and target.exists():
            raise OutputError(f"{self._section.path}: another run is writing there")
        self._names.append(table)
        self._session = frame.sparkSession
        if self._format.source == "json":
            frame = with_json_values(frame)
        rows = write_counted(frame, target, self._format)["rows"]
        if self._format.source == "parquet":
            require_shared(target, rows)
        return rows

    def publish(self, manifest: dict[str, Any], report: str) -> None:
        """Put the tables in their place in the order in which they were written, then the report, then the manifest.

        Args:
            manifest: of the run; it gets the versions of the tables, where they have versions.
            report: the page ``report.html``.

        Raises:
            OutputError: when another run has written to the path, or the run id belongs to an earlier run.
        """
        self._require_place()  # another run may have been here
        if self._format.versioning is not None:
            table_format = TABLE_FORMATS[self._format.name]
            manifest[self._format.versioning.manifest_key] = self._commit(table_format, manifest)
        (self._root / schema.REPORT).write_whole(report.encode())
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (self._root / schema.MANIFEST).write_whole(text.encode())
        self._is_published = True
        if not self._in_place:
            self._swap()

    def _commit(self, table_format: TableFormat, manifest: dict[str, Any]) -> dict[str, int]:
        """Commit every table; tables of the earlier tree that this run did not write get a version without rows.

        Returns:
            The version of each table.

        Raises:
            OutputError: when the run id was used here, and another run has written since.
        """
        spark, source = self._session or SparkSession.active(), self._format.source
        standing = self._standing_tables().get(self._format.name, []) if self._in_place else []
        stale = [name for name in standing if name not in self._names]
        run_id = self._section.run_id
        token = secrets.token_hex(16) if run_id is None else f"{run_id} {_digest(manifest)}"
        for table in [*stale, *self._names] if self._in_place and run_id is not None else []:
            if table_format.is_superseded(spark, self._root / table, token):
                raise OutputError(
                    f"{self._section.path}: run '{run_id}' was written here, and another one since; give a new run_id"
                )
        versions = {}
        for table in stale:
            rows = spark.read.format(source).load((self._root / table).uri).limit(0)
            versions[table] = table_format.commit(rows, self._root / table, token, once=run_id is not None)
        for table in self._names:
            rows = spark.read.format(source).load((self._tables / table).uri)
            versions[table] = table_format.commit(rows, self._root / table, token, once=run_id is not None)
        return versions

    def _swap(self) -> None:
        """Rename the tree to its place."""
        backup = self._staging.backup
        try:
            if self.location.exists():
                self.location.move(backup)
            self._root.move(self.location)
        except BaseException:
            if backup.exists() and not self.location.exists():
                backup.move(self.location)
            raise
        with suppress(OSError):  # the new tree is complete, whatever becomes of the old one
            backup.delete()

    def _require_place(self) -> None:
        """Check that the output may be written to its path."""
        path, location = self._section.path, self.location
        if not location.exists() or self._is_begun():
            return
        if self._section.mode == "error":
            raise OutputError(f"{path}: exists already; set output.mode=overwrite to replace it")
        # A mistyped path must not cost anybody a folder of something else.
        if not location.is_folder() or (location.children() and not (location / schema.MANIFEST).exists()):
            raise OutputError(f"{path}: not an earlier output (no {schema.MANIFEST}), so it is not replaced")
        standing = self._standing_tables()
        for name in standing.keys() - {self._format.name}:
            raise OutputError(
                f"{path}: holds {formats.VERSIONED[name].title} tables, and their history would be lost; "
                f"set output.format={name}, or remove it"
            )
        if not standing and not location.renames_folders:
            titles = " or ".join(versioning.title for versioning in formats.VERSIONED.values())
            raise OutputError(
                f"{path}: '{location.filesystem.type_name}' cannot rename folders, so only {titles} tables are "
                "replaced there; give a path that does not exist"
            )

    def _is_begun(self) -> bool:
        """Whether the path holds no output yet: only this run's own tables, or commits that a retry completes."""
        if self.location.renames_folders or not self.location.is_folder() or (self.location / schema.MANIFEST).exists():
            return False
        names = {child.name for child in self.location.children()} - {schema.REPORT}
        if self._format.versioning is None:
            return bool(self._names) and names <= set(self._names)
        log_folder = self._format.versioning.log_folder
        return self._section.run_id is not None and all((self.location / name / log_folder).exists() for name in names)

    def _standing_tables(self) -> dict[str, list[str]]:
        """Return the tables with versions that the manifest at the path names, by their format."""
        manifest = self.location / schema.MANIFEST
        with suppress(ValueError, AttributeError):  # a manifest of something else
            content = json.loads(manifest.read()) if manifest.exists() else {}
            tables = {name: content.get(entry.manifest_key) for name, entry in formats.VERSIONED.items()}
            return {name: list(versions) for name, versions in tables.items() if versions}
        return {}


def _digest(manifest: dict[str, Any]) -> str:
    """Return what differs between runs that would write other rows: program, input, keys of the config."""
    identity = {key: manifest.get(key) for key in ("version", "input")}
    identity["config"] = decisive(manifest.get("config", {}))
    return hashlib.blake2b(json.dumps(identity, sort_keys=True).encode(), digest_size=8).hexdigest()
