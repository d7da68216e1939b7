"""The rounds of a selection in files, one a round, so that a run that died can be taken up again.

A file carries the hash of its content and of the file before: one that was cut, changed or is of another
selection is noticed, and the rounds before it are what there is.
"""

import io
import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np

from zip_pipeline.selection.greedy import Round
from zip_pipeline.spark.io.location import Location

_HASH_BYTES = 32


class RoundFiles:
    """A folder of rounds.

    Args:
        folder: for nothing else.
        seal: tells the selection from any other.
    """

    def __init__(self, folder: Location, seal: bytes) -> None:
        self._folder, self._hash, self._found = folder, _hash(seal), 0

    def read(self) -> Iterator[Round]:
        """Yield the rounds that are whole, from the first on, as `keep` passed them on."""
        while (file := self._file(self._found)).exists():
            sealed = file.read()
            claimed, content = sealed[:_HASH_BYTES], sealed[_HASH_BYTES:]
            if claimed != _hash(self._hash + content):
                return
            self._hash, self._found = claimed, self._found + 1
            yield _from_bytes(content)

    def keep(self, made: Iterable[Round]) -> Iterator[Round]:
        """Pass on the rounds; those that `read` did not yield are on the disk before they are passed on."""
        for number, this in enumerate(made):
            if number >= self._found:
                content = _to_bytes(this)
                self._hash, self._found = _hash(self._hash + content), number + 1
                self._file(number).write_whole(self._hash + content)
            yield this

    def _file(self, number: int) -> Location:
        return self._folder / f"round-{number:08}"


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
