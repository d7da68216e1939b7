"""``run.checkpoint``: a folder from which the same command continues after it was killed.

    PATH/checkpoint.json    which run it belongs to: config, codec, input
    PATH/.lock              locked by the run that writes here, where PATH is on this machine
    PATH/stages/            finished tables and facts; see `spark.io.parquet_tables`
    PATH/pool               the fingerprint of the pool and of the records left out
    PATH/rounds/            one file a round

The folder is removed when the output is complete. Some inputs have no files that can be compared. Then the pool is
scored again and compared by its fingerprint, and only the rounds come from the folder.
"""

import io
import json
import os
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from zip_pipeline._version import __version__
from zip_pipeline.codecs.base import Build
from zip_pipeline.config import SelectConfig
from zip_pipeline.config.common import decisive
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.select import extend
from zip_pipeline.selection.greedy import Round
from zip_pipeline.spark.benchmarks import open_benchmark
from zip_pipeline.spark.corpus import Corpus, open_corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact
from zip_pipeline.spark.io.reader import Files, files_of
from zip_pipeline.spark.io.staging import lock_file

IDENTITY, LOCK = "checkpoint.json", ".lock"

MOST_CHANGES = 3
"""Changes that a message names."""

_HASH_BYTES = 32


class Checkpoint:
    """What a run stores on its way; nothing, if the config has no path.

    Args:
        config: of the run.
        build: the driver's compressor.
        inputs: the files of each table that the run reads, see `inputs_of`.
        scratch: folder for stages that are not stored.

    Attributes:
        stages: folder for finished stages.

    Raises:
        ConfigError: when the folder is in use, is no checkpoint, or belongs to a run with another config or codec.
        InputError: when the input has changed.
    """

    def __init__(self, config: SelectConfig, build: Build, inputs: Sequence[Files | None], scratch: Location) -> None:
        self._path, self.stages = config.run.checkpoint, scratch
        self._folder = Location.of(self._path) if self._path is not None else None
        if self._folder is None:
            return
        settings = decisive(config.resolved())
        run = {"version": __version__, "config": settings, "codec": build.probe, "input": inputs}
        try:
            self._claim(self._folder, run)
        except OSError as error:
            raise ConfigError(f"run.checkpoint {self._path}: cannot be written: {error}") from None
        self._rounds = RoundFiles(self._folder / "rounds", json.dumps(run, sort_keys=True).encode())
        if None not in inputs:
            self.stages = self._folder / "stages"

    def confirm(self, fingerprint: str) -> None:
        """Compare the eligible records by their fingerprint, or store it.

        Raises:
            InputError: when they are others.
        """
        if self._folder is None:
            return
        stored = stage_fact(self._folder / "pool", lambda: fingerprint)
        if stored != fingerprint:
            raise InputError(f"{self._of_another()}: the input's fingerprint was {stored}, is {fingerprint}")

    def rounds_done(self) -> Iterator[Round]:
        """Yield the rounds that are stored."""
        return self._rounds.read() if self._folder is not None else iter(())

    def store(self, rounds: Iterable[Round]) -> Iterator[Round]:
        """Pass on all rounds of the run, each after it is stored."""
        return self._rounds.store(rounds) if self._folder is not None else iter(rounds)

    def remove(self) -> None:
        """Remove the folder: the output is complete."""
        if self._folder is not None:
            for part in ("rounds", "stages", "pool", IDENTITY, LOCK):  # it is a checkpoint until the last two go
                (self._folder / part).delete()
            if not self._folder.children():
                self._folder.delete()

    def _claim(self, folder: Location, run: dict[str, Any]) -> None:
        """Lock the folder for this run, and make sure that it is this run's."""
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


class RoundFiles:
    """A folder with one file a round.

    A file carries the hash of its content and of the file before it. So a file that is cut, changed or of another
    selection does not count, nor do those after it.

    Args:
        folder: holds these files and nothing else.
        seal: tells the selection from any other.
    """

    def __init__(self, folder: Location, seal: bytes) -> None:
        self._folder, self._hash, self._stored = folder, _hash(seal), 0

    def read(self) -> Iterator[Round]:
        """Yield the rounds that are whole, from the first on."""
        while (file := self._file(self._stored)).exists():
            data = file.read()
            claim, content = data[:_HASH_BYTES], data[_HASH_BYTES:]
            if claim != _hash(self._hash + content):
                return
            self._hash, self._stored = claim, self._stored + 1
            yield _from_bytes(content)

    def store(self, rounds: Iterable[Round]) -> Iterator[Round]:
        """Pass on all rounds; write those that `read` did not yield, each before it is passed on."""
        for number, this in enumerate(rounds):
            if number >= self._stored:
                content = _to_bytes(this)
                self._hash, self._stored = _hash(self._hash + content), number + 1
                self._file(number).write_whole(self._hash + content)
            yield this

    def _file(self, number: int) -> Location:
        return self._folder / f"round-{number:08}"


def inputs_of(config: SelectConfig, corpus: Corpus) -> list[Files | None]:
    """Return the files of each table that a run reads.

    They are the corpus, the reference of its bounds, the benchmarks, and the set to extend.
    """
    if config.run.checkpoint is None:
        return []
    reference, spark = config.select.bounds.reference, corpus.rows.sparkSession
    tables = [corpus.rows]
    if reference is not None:
        tables.append(open_corpus(spark, config.input.like(reference.path, reference.format)).rows)
    if config.input.decontaminate is not None:
        tables += [open_benchmark(spark, place).rows for place in config.input.decontaminate.paths]
    return [files_of(rows) for rows in [*tables, *extend.tables(spark, config)]]


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


def _hash(content: bytes) -> bytes:
    return blake2b(content, digest_size=_HASH_BYTES).digest()


def _to_bytes(this: Round) -> bytes:
    stream = io.BytesIO()
    np.savez(
        stream,
        picks=np.stack([this.places, this.raw_bytes, this.compressed_bytes]),
        lengths=np.array([len(states) for states in this.states], dtype=np.int64),
        states=np.concatenate([np.empty(0), *this.states]),
        closed=np.frombuffer(json.dumps(this.closed).encode(), dtype=np.uint8),
    )
    return stream.getvalue()


def _from_bytes(content: bytes) -> Round:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        states = np.split(arrays["states"], np.cumsum(arrays["lengths"])[:-1]) if len(arrays["lengths"]) else []
        places, raw, compressed = arrays["picks"]
        return Round(tuple(states), places, raw, compressed, tuple(json.loads(arrays["closed"].tobytes())))
