"""The checkpoint of a selection: what every checkpoint has, and one file a round.

    PATH/rounds/            one file a round; see `jobs.checkpoint` for the rest

Where the input has no files that can be compared, only the rounds come from the folder.
"""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

import numpy as np

from zip_pipeline.codecs.base import Build
from zip_pipeline.config import SelectConfig
from zip_pipeline.jobs import removals
from zip_pipeline.jobs.checkpoint import Checkpoint
from zip_pipeline.jobs.select import coverage, extend
from zip_pipeline.selection.greedy import Round
from zip_pipeline.spark.corpus import Corpus, open_corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.reader import Files, files_of

_HASH_BYTES = 32


class SelectionCheckpoint(Checkpoint):
    """What a selection stores on its way; see `Checkpoint` for the arguments."""

    PARTS = ("rounds", *Checkpoint.PARTS)

    def __init__(self, config: SelectConfig, build: Build, inputs: Sequence[Files | None], scratch: Location) -> None:
        super().__init__(config, build, inputs, scratch)
        seal = json.dumps(self.identity, sort_keys=True).encode()
        self._rounds = RoundFiles(self.folder / "rounds", seal) if self.folder is not None else None

    def rounds_done(self) -> Iterator[Round]:
        """Yield the rounds that are stored."""
        return self._rounds.read() if self._rounds is not None else iter(())

    def store(self, rounds: Iterable[Round]) -> Iterator[Round]:
        """Pass on all rounds of the run, each after it is stored."""
        return self._rounds.store(rounds) if self._rounds is not None else iter(rounds)


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

    They are the corpus, the reference of its bounds, the benchmarks, the targets, and the set to extend.
    """
    if config.run.checkpoint is None:
        return []
    reference, spark = config.select.bounds.reference, corpus.rows.sparkSession
    tables = [corpus.rows]
    if reference is not None:
        tables.append(open_corpus(spark, config.input.like(reference.path, reference.format)).rows)
    tables += removals.tables(spark, config.input, extend.places(config), config.render)
    tables += [*coverage.tables(spark, config), *extend.tables(spark, config)]
    return [files_of(rows) for rows in tables]


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
