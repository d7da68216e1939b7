"""``run.checkpoint``: a folder from which the same command goes on after it was cut off.

    PATH/checkpoint.json    what the run is of: config, codec, input
    PATH/.lock              held by the run that writes here, where it is a path of this machine
    PATH/stages/            tables and facts that are finished; see `spark.io.parquet_tables`
    PATH/pool               the fingerprint of what is chosen from
    PATH/rounds/            a file a round; see `jobs.select.round_files`

The folder is removed when the output stands. Where the input's files cannot be told, the pool is scored again
and compared by its fingerprint, and only the rounds are taken over.
"""

import json
import os
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zip_pipeline._version import __version__
from zip_pipeline.codecs.base import Build
from zip_pipeline.config import SelectConfig
from zip_pipeline.config.common import decisive
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.select import extend
from zip_pipeline.jobs.select.round_files import RoundFiles
from zip_pipeline.selection.greedy import Round
from zip_pipeline.spark.corpus import Corpus, open_corpus
from zip_pipeline.spark.io import parquet_tables
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.lock import locked
from zip_pipeline.spark.io.reader import Files, files_of

IDENTITY, LOCK = "checkpoint.json", ".lock"
MOST_CHANGES = 3


class Checkpoint:
    """What is kept of a run; nothing, when no path was given.

    Args:
        config: of the run.
        build: the driver's compressor.
        inputs: the files of each table that is read, see `reader.files_of`.
        scratch: where stages go that are not kept.

    Attributes:
        stages: the folder for finished stages.

    Raises:
        ConfigError: when the folder is of a run with another config or codec, in use, or no checkpoint.
        InputError: when the input has changed.
    """

    def __init__(self, config: SelectConfig, build: Build, inputs: Sequence[Files | None], scratch: Location) -> None:
        self._path, self.stages = config.run.checkpoint, scratch
        self._folder = Location.of(self._path) if self._path is not None else None
        if self._folder is None:
            return
        told = decisive(config.resolved())
        this = {"version": __version__, "config": told, "codec": build.probe, "input": inputs}
        try:
            self._take(self._folder, this)
        except OSError as error:
            raise ConfigError(f"run.checkpoint {self._path}: cannot be written: {error}") from None
        self._rounds = RoundFiles(self._folder / "rounds", json.dumps(this, sort_keys=True).encode())
        if None not in inputs:
            self.stages = self._folder / "stages"

    def confirm(self, fingerprint: str) -> None:
        """Compare what is chosen from, by its fingerprint.

        Raises:
            InputError: when it is something else.
        """
        if (
            self._folder is not None
            and (was := parquet_tables.fact(self._folder / "pool", lambda: fingerprint)) != fingerprint
        ):
            raise InputError(f"{self._of_another()}: the input's fingerprint was {was}, is {fingerprint}")

    def rounds_done(self) -> Iterator[Round]:
        """Yield the rounds that are done."""
        return self._rounds.read() if self._folder is not None else iter(())

    def keep(self, made: Iterable[Round]) -> Iterator[Round]:
        """Pass on rounds, each when it is durable."""
        return self._rounds.keep(made) if self._folder is not None else iter(made)

    def remove(self) -> None:
        """The output stands: nothing will be taken up."""
        if self._folder is not None:
            for part in ("rounds", "stages", "pool", IDENTITY, LOCK):  # until the last two go, it is a checkpoint
                (self._folder / part).delete()
            if not self._folder.children():
                self._folder.delete()

    def _take(self, folder: Location, this: dict[str, Any]) -> None:
        identity = folder / IDENTITY
        if (
            folder.exists()
            and not identity.exists()
            and any(not child.name.startswith(".") for child in folder.children())
        ):
            raise ConfigError(f"run.checkpoint {self._path}: not a checkpoint (no {IDENTITY}), so it is left alone")
        if folder.filesystem.type_name == "local":
            folder.filesystem.create_dir(folder.path)
            try:
                weakref.finalize(self, os.close, locked(Path(folder.path, LOCK)))
            except BlockingIOError:
                raise ConfigError(f"run.checkpoint {self._path}: in use by another run") from None
        if identity.exists() and (changes := list(_changes(json.loads(identity.read()), this))):
            kind = InputError if all(change.startswith("input files") for change in changes) else ConfigError
            more = f" and {len(changes) - MOST_CHANGES} more" if len(changes) > MOST_CHANGES else ""
            raise kind(f"{self._of_another()}: {'; '.join(changes[:MOST_CHANGES])}{more}")
        identity.write_whole(json.dumps(this).encode())

    def _of_another(self) -> str:
        return f"run.checkpoint {self._path}: of another run; remove it or give another path"


def inputs_of(config: SelectConfig, corpus: Corpus) -> list[Files | None]:
    """Return the files of the tables that a run reads: the corpus, those that give its bounds and that it extends."""
    if config.run.checkpoint is None:
        return []
    usual = config.select.bounds.reference
    others = [] if usual is None else [config.input.like(usual.path, usual.format)]
    spark = corpus.rows.sparkSession
    tables = [corpus.rows, *(open_corpus(spark, other).rows for other in others), *extend.tables(spark, config)]
    return [files_of(rows) for rows in tables]


def _changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Say what is not as it was."""
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
