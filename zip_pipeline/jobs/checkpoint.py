"""``run.checkpoint``: a folder from which the same command continues after it was killed.

    PATH/checkpoint.json    which run it belongs to: config, codec, input
    PATH/.lock              locked by the run that writes here, where PATH is on this machine
    PATH/stages/            finished tables and facts; see `spark.io.parquet_tables`
    PATH/pool               the fingerprint of the pool and of the records left out

The folder is removed when the output is complete. Some inputs have no files that can be compared. Then the stages are
computed again, and compared by the fingerprint.
"""

import json
import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from zip_pipeline._version import __version__
from zip_pipeline.codecs.base import Build
from zip_pipeline.config import DeduplicateConfig, LoglikelihoodConfig, SelectConfig
from zip_pipeline.config.decisive import decisive
from zip_pipeline.errors import ConfigError, InputError, UserError
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact
from zip_pipeline.spark.io.reader import Files
from zip_pipeline.spark.io.staging import lock_file, remove_leftovers

IDENTITY, LOCK, STAGES = "checkpoint.json", ".lock", "stages"

MOST_CHANGES = 3
"""Changes that a message names."""


class Checkpoint:
    """What a run stores on its way; nothing, if the config has no path.

    Args:
        config: of the run.
        build: the driver's compressor.
        inputs: the files of each table that the run reads; None where a table has none.
        scratch: folder for stages that are not stored.

    Attributes:
        stages: folder for finished stages.
        folder: of the checkpoint; None: nothing is stored.
        identity: of the run.

    Raises:
        ConfigError: when the folder is in use, is no checkpoint, or belongs to a run with another config or codec.
        InputError: when the input has changed.
    """

    PARTS: ClassVar[tuple[str, ...]] = (STAGES, "pool")

    def __init__(
        self,
        config: SelectConfig | DeduplicateConfig | LoglikelihoodConfig,
        build: Build,
        inputs: Sequence[Files | None],
        scratch: Location,
    ) -> None:
        self._path, self.stages = config.run.checkpoint, scratch
        self.folder = Location.of(self._path) if self._path is not None else None
        settings = decisive(config.resolved())
        self.identity = {"version": __version__, "config": settings, "codec": build.probe, "input": inputs}
        if self.folder is None:
            return
        try:
            self._claim(self.folder)
        except OSError as error:
            raise ConfigError(f"run.checkpoint {self._path}: cannot be written: {error}") from None
        if None not in inputs:
            self.stages = self.folder / STAGES

    def confirm(self, fingerprint: str) -> None:
        """Compare the eligible records by their fingerprint, or store it.

        Raises:
            InputError: when they are others.
        """
        if self.folder is None:
            return
        stored = stage_fact(self.folder / "pool", lambda: fingerprint)
        if stored != fingerprint:
            raise InputError(f"{self._of_another()}: the input's fingerprint was {stored}, is {fingerprint}")

    def remove(self) -> list[str]:
        """Remove the folder, as the output is complete; return lines for people where it cannot be removed."""
        if self.folder is None:
            return []
        for part in (*self.PARTS, IDENTITY, LOCK):  # it is a checkpoint until the last two go
            if said := remove_leftovers(self.folder / part):
                return [*said, f"warning: before a run with another pool or config, remove {self._path}"]
        with suppress(OSError, UserError):
            if self.folder.exists() and not self.folder.children():
                self.folder.delete()
        return []

    def _claim(self, folder: Location) -> None:
        """Lock the folder for this run, and make sure that it is this run's."""
        run = self.identity
        identity = folder / IDENTITY
        names = [child.name for child in folder.children()] if folder.exists() else []
        if not identity.exists() and any(not name.startswith(".") for name in names):
            raise ConfigError(
                f"run.checkpoint {self._path}: not a checkpoint (no {IDENTITY}), so nothing is written into it"
            )
        if folder.filesystem.type_name == "local":
            folder.filesystem.create_dir(folder.path)
            try:
                weakref.finalize(self, os.close, lock_file(Path(folder.path, LOCK)))
            except BlockingIOError:
                raise ConfigError(f"run.checkpoint {self._path}: in use by another run") from None
        if identity.exists() and (changes := list(_changes(json.loads(identity.read()), run))):
            kind = InputError if all(change.startswith("input files") for change in changes) else ConfigError
            more = f" and {len(changes) - MOST_CHANGES} more" if len(changes) > MOST_CHANGES else ""
            raise kind(f"{self._of_another()}: {'; '.join(changes[:MOST_CHANGES])}{more}")
        identity.write_whole(json.dumps(run).encode())

    def _of_another(self) -> str:
        return f"run.checkpoint {self._path}: belongs to another run; remove it or give another path"


def _changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs between two runs."""
    before, after = (
        {**run["config"], "zip_pipeline": run["version"], "codec's probe": run["codec"]} for run in (was, now)
    )
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield f"{key} was {before.get(key)}, is {after.get(key)}"
    for files, present in zip(was["input"], now["input"], strict=False):
        files, present = files or {}, present or {}
        changed = sorted(name for name in files.keys() | present.keys() if files.get(name) != present.get(name))
        if changed:
            yield f"input files: {len(changed)} changed, were added or are gone, such as {changed[0]}"
