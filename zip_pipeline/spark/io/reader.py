"""What format a path is of, where nobody says: its name, what lies in it, and how JSON in it begins."""

import json
from collections.abc import Iterable, Sequence
from io import BufferedReader

import pyarrow as pa

from zip_pipeline.errors import InputError
from zip_pipeline.spark.io.location import Location, has_scheme

EXTENSIONS = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".csv": "csv",
    ".txt": "text",
    ".text": "text",
}

BLANK = b" \t\r\n\xef\xbb\xbf"
"""White space of JSON, and the mark of UTF-8 that some editors put first."""


def format_of(path: str) -> str:
    """Tell the format from the extension (compressed or not), or from the files in the folder.

    A name that ends in ``.json`` may stand for one array or for JSON lines (Spark's own files have it), so files of
    this machine are looked into: an array begins with ``[``, lines with a line that is a whole object.

    Raises:
        InputError: when neither says.
    """
    inside = _inside(path)
    names = [file.name for file in inside]
    if "_delta_log" in names:
        return "delta"
    files = [file for file in inside if not file.name.startswith((".", "_"))]
    found = _formats([path]) or _formats([file.name for file in files])
    if len(found) != 1:
        said = f"the files in it are {' and '.join(sorted(found))}" if found else "it cannot be told from the name"
        raise InputError(f"{path}: of what format? {said}; set input.format")
    (only,) = found
    if only == "json" and is_plain(path):
        whole = files if Location.of(path).is_folder() else [Location.of(path)]
        return _of_json([file for file in whole if _formats([file.name])])
    return only


def is_plain(path: str) -> bool:
    """Whether it names one file or folder of this machine; URIs and globs are for Spark to resolve."""
    return not has_scheme(path) and not any(character in path for character in "*?[{")


def _of_json(files: Sequence[Location]) -> str:
    """Return ``jsonl`` when the first file with something in it begins with a line that is an object, else ``json``."""
    for file in files:
        if line := _first_line(file):
            return "jsonl" if line.startswith(b"{") and _is_whole(line) else "json"
    return "json"


def _first_line(file: Location) -> bytes:
    """Return the first line that is not blank, decompressed; of an array, which may be all one line, its beginning.

    Nothing of what cannot be read: Spark will say why.
    """
    try:
        with file.filesystem.open_input_stream(file.path) as stream:  # tells the compression by the name
            reader = BufferedReader(stream)
            start = b""
            while not start and (more := reader.read(1)):
                start = more.strip(BLANK)
            return start + reader.readline() if start == b"{" else start
    except (OSError, pa.ArrowInvalid):
        return b""


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _formats(names: Iterable[str]) -> set[str]:
    stems = [name.removesuffix(".gz").removesuffix(".bz2").removesuffix(".zst") for name in names]
    return {kind for stem in stems for extension, kind in EXTENSIONS.items() if stem.endswith(extension)}


def _inside(path: str) -> list[Location]:
    if not is_plain(path):
        return []
    location = Location.of(path)
    return location.children() if location.is_folder() else []
