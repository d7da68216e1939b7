"""Shards of WebDataset, written by its own library: tar files with a sample for each record.

A sample is one entry, such as ``000000042.json``: the record's row as JSON, under its rank. So a loader that takes the
shards by their names reads the records in the order of picking.
"""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from zip_pipeline.errors import SetupError
from zip_pipeline.jobs.export.lines import put
from zip_pipeline.spark.io.location import Location

NUMBER = re.compile(r"%0[1-9]d")
"""The place in a name where each shard has its number, as WebDataset writes it: ``train-%06d.tar``."""

ALL = float("inf")


class Shards:
    """One tar file, or numbered ones where the name has a place for the number.

    The files are equal whenever the records are: they bear no time.

    Args:
        path: of the file, or the pattern of the files.
        most_bytes: of a shard; it ends with the record that reaches them. Without a number there is one file.

    Raises:
        SetupError: when the package webdataset is not installed.
    """

    def __init__(self, path: str, most_bytes: int) -> None:
        try:
            from webdataset.writer import ShardWriter
        except ImportError:
            raise SetupError(
                f"{path}: .tar needs the package webdataset; install it with pip install 'zip-pipeline[trainers]'"
            ) from None
        self._writer, self._target, self._number = (
            ShardWriter,
            Location.of(path),
            NUMBER.search(path.rpartition("/")[2]),
        )
        self._most_bytes = ALL if self._number is None else most_bytes

    def exist(self) -> bool:
        """Whether such a file is there already, of whatever number."""
        return bool(self._names())

    def write(self, rows: Iterable[str]) -> tuple[int, int]:
        """Write a sample for each row; return how many they are, and the number of files.

        The files get to their places when all are written. Then shards of an earlier export go that this one has not.
        """
        count = 0
        with tempfile.TemporaryDirectory(prefix="zip_pipeline-") as folder:
            pattern = f"{folder}/%09d.tar"
            with self._writer(
                pattern, maxcount=ALL, maxsize=self._most_bytes, verbose=0, encoder=False, mtime=0
            ) as shards:
                for row in rows:
                    shards.write({"__key__": f"{count:09d}", "json": row.encode()})
                    count += 1
            parts = {self._name(number): part for number, part in enumerate(sorted(Path(folder).iterdir()))}
            for name, part in parts.items():
                put(part, self._target.sibling(name))
        for name in set(self._names()) - parts.keys():
            self._target.sibling(name).delete()
        return count, len(parts)

    def _name(self, number: int) -> str:
        name, place = self._target.name, self._number
        return name if place is None else f"{name[: place.start()]}{place[0] % number}{name[place.end() :]}"

    def _names(self) -> list[str]:
        """Return the names of the files that are there and may be shards of this name."""
        folder, name, place = self._target.sibling(""), self._target.name, self._number
        if place is None:
            return [name] if self._target.exists() else []
        digits = f"[0-9]{{{place[0][2]},}}"
        shard = re.compile(f"{re.escape(name[: place.start()])}{digits}{re.escape(name[place.end() :])}")
        files = folder.children() if folder.exists() else []
        return [file.name for file in files if shard.fullmatch(file.name)]
