"""The output tree: tables, report, and the manifest that completes it.

A run writes its tables into a folder of its own, which no other run has. So a run that fails or is killed leaves the
earlier output as it was, and is in nobody's way. How the tables get to their place depends on the format and on the
filesystem:

    files (parquet, jsonl)    the whole tree is renamed into place: it appears whole or not at all
    table formats (delta)     each table in one commit; a new tree is then renamed into place, an earlier one gets new
                              versions
    files, no renames         (object stores) the tables stay in the run's own folder in the output, and the manifest
                              names it

The manifest is always written last. Without a manifest there is no selection. A manifest belongs to tables that are
complete: it says where each of them is, and where tables have versions, it names them.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from pyspark.sql import DataFrame, SparkSession

from zip_pipeline import formats, schema
from zip_pipeline.config import Output
from zip_pipeline.config.decisive import decisive
from zip_pipeline.errors import OutputError, UserError
from zip_pipeline.spark.io.columns import with_json_values
from zip_pipeline.spark.io.location import OBJECT_STORES, Location
from zip_pipeline.spark.io.parquet_tables import require_shared, write_counted
from zip_pipeline.spark.io.staging import StagingFolder, remove_leftovers
from zip_pipeline.spark.io.table_formats import TABLE_FORMATS, TableFormat

RUN_FOLDER = re.compile(r"run-[0-9a-f]{8}")
"""The name of a run's own folder in the output, where nothing can be renamed."""


class OutputTree:
    """The output of one run; a context manager that removes what the run did not publish.

    Args:
        section: of the config. With a ``run_id``, a second run of the same input and config commits nothing that the
            first one has committed.
        say: prints a line for people, such as what could not be removed.
        job: the output of another one is not replaced; empty: of any.

    Attributes:
        location: where the tree will be.
        scratch: a folder for what the run needs and the output does not.

    Raises:
        OutputError: when something at the path may not be replaced, or cannot be.
    """

    def __init__(self, section: Output, say: Callable[[str], None] = lambda _: None, job: str = "") -> None:
        self.location = Location.of(section.path)
        if self.location.filesystem.type_name in OBJECT_STORES and "/" not in self.location.path:
            raise OutputError(f"{section.path}: a bucket; name a folder in it, which the run may create")
        self._say, self._job = say, job
        self._section, self._format = section, formats.named(section.format)
        self._staging = StagingFolder(self.location)
        self._names: list[str] = []
        self._frames: dict[str, DataFrame] = {}
        self._session: SparkSession | None = None
        self._require_place()
        self._in_place = not self.location.renames_folders or self._format.name in self._standing_tables()
        self._root = self.location if self._in_place else self._staging.folder / "tree"
        self._own_folder = self.location / f"run-{secrets.token_hex(4)}"
        if self._format.versioning is not None:
            self._tables = self._staging.folder / "tables"
        else:
            self._tables = self._own_folder if self._in_place else self._root
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
        said = self._staging.remove()
        if not self._is_published and self._tables == self._own_folder:
            said += remove_leftovers(self._own_folder)
            with suppress(OSError, UserError):
                if self.location.exists() and not self.location.children():
                    self.location.delete()
        for line in said:
            self._say(line)

    @property
    def growing(self) -> list[Location]:
        """The folders that tables of the run are written to."""
        return [self.scratch, self._tables]

    def write(self, frame: DataFrame, table: str) -> int:
        """Write a table of the tree; return its number of rows.

        Raises:
            OutputError: when driver and executors see different files.
        """
        target = self._tables / table
        self._names.append(table)
        self._frames[table] = frame
        self._session = frame.sparkSession
        if self._format.source == "json":
            frame = with_json_values(frame)
        rows = write_counted(frame, target, self._format)["rows"]
        if self._format.source == "parquet":
            require_shared(target, rows)
        return rows

    def rows(self, table: str) -> DataFrame:
        """Return the rows of a table that was written, each column of the type that it had.

        They are read from what was written. JSON does not say the types, so there the rows are made once more.
        """
        frame = self._frames[table]
        if self._format.source == "json":
            return frame
        return frame.sparkSession.read.format(self._format.source).load((self._tables / table).uri)

    def publish(self, manifest: dict[str, Any], report: str) -> None:
        """Put the tables in their place in the order in which they were written, then the report, then the manifest.

        Args:
            manifest: of the run; it gets the places of the tables, and their versions where they have versions.
            report: the page ``report.html``.

        Raises:
            OutputError: when another run has written to the path, or the run id belongs to an earlier run.
        """
        self._require_place()  # another run may have been here
        before = _manifest_at(self.location)
        manifest["tables"] = {name: self._path_of(name) for name in self._names}
        if replaced := _folders(before):
            manifest["replaced"] = sorted(replaced)
        if self._format.versioning is not None:
            table_format = TABLE_FORMATS[self._format.name]
            manifest[self._format.versioning.manifest_key] = self._commit(table_format, manifest)
        (self._root / schema.REPORT).write_whole(report.encode())
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (self._root / schema.MANIFEST).write_whole(text.encode())
        self._is_published = True
        if not self._in_place:
            self._swap()
        # What this run replaces stays until the next one: somebody may be reading it.
        older = sorted(set(before.get("replaced", ())) - replaced - _folders(manifest))
        for line in remove_leftovers(*(self.location / name for name in older)):
            self._say(line)

    def _path_of(self, table: str) -> str:
        """Return where a table will be, below the output path."""
        return f"{self._tables.name}/{table}" if self._tables == self._own_folder else table

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
        token = secrets.token_hex(16) if run_id is None else f"{run_id} {identity_of(manifest)}"
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
        path, location, is_new = self._section.path, self.location, self._section.mode == "error"
        if not location.exists():
            return
        names = {child.name for child in location.children()} if location.is_folder() else {""}
        if not location.renames_folders and schema.MANIFEST not in names and all(map(_is_ours, names)):
            return  # of runs that were killed, or are under way
        if names and schema.MANIFEST not in names:  # a mistyped path must not cost anybody a folder of something else
            what = "exists already, and is no earlier output" if is_new else "not an earlier output"
            raise OutputError(f"{path}: {what} (no {schema.MANIFEST}), so it is not replaced; name another path")
        made_by = _manifest_at(location).get("job", self._job)
        if self._job and made_by != self._job:  # somebody mistook the folder to read for the one to write
            raise OutputError(
                f"{path}: exists already as the output of {made_by}, which {self._job} does not replace; "
                "name another path"
            )
        for name in self._standing_tables().keys() - {self._format.name}:
            raise OutputError(
                f"{path}: {'exists already and ' if is_new else ''}holds {formats.VERSIONED[name].title} tables, and "
                f"their history would be lost; name another path, or set output.format={name} and output.mode=overwrite"
            )
        if is_new:
            raise OutputError(f"{path}: exists already; --overwrite (output.mode=overwrite) replaces it")

    def _standing_tables(self) -> dict[str, list[str]]:
        """Return the tables with versions that the manifest at the path names, by their format."""
        content = _manifest_at(self.location)
        tables = {name: content.get(entry.manifest_key) for name, entry in formats.VERSIONED.items()}
        return {name: list(versions) for name, versions in tables.items() if versions}


def _manifest_at(location: Location) -> dict[str, Any]:
    """Return the manifest at a path; empty where there is none, or none of this package."""
    manifest = location / schema.MANIFEST
    with suppress(ValueError):
        content = json.loads(manifest.read()) if manifest.exists() else {}
        return content if isinstance(content, dict) else {}
    return {}


def left_inside(location: Location) -> list[Location]:
    """Return what runs have left in an output and no reader goes to: tables that no manifest names.

    A manifest names those of the output that stands and of the one before it. Tables with versions stay, as another
    run may have committed to them, and so does what has another name than a run gives to its folder.
    """
    if not location.is_folder() or location.renames_folders:
        return []
    manifest = _manifest_at(location)
    named = _folders(manifest) | set(manifest.get("replaced", ()))
    return [child for child in location.children() if RUN_FOLDER.fullmatch(child.name) and child.name not in named]


def _folders(manifest: Mapping[str, Any]) -> set[str]:
    """Return the folders of single runs that hold the tables of a manifest."""
    folders = {path.partition("/")[0] for path in manifest.get("tables", {}).values()}
    return {name for name in folders if RUN_FOLDER.fullmatch(name)}


def _is_ours(name: str) -> bool:
    """Whether runs leave a file or folder of this name at an output path when they are killed."""
    return name in schema.TABLES or name == schema.REPORT or RUN_FOLDER.fullmatch(name) is not None


def identity_of(manifest: Mapping[str, Any]) -> str:
    """Return what differs between runs that would write other rows: program, input, keys of the config."""
    identity = {key: manifest.get(key) for key in ("version", "input")}
    identity["config"] = decisive(manifest.get("config", {}))
    return digest(identity)


def digest(values: Mapping[str, Any]) -> str:
    """Return a short hash of values as JSON has them."""
    return hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=8).hexdigest()
