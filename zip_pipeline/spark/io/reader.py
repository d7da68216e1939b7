"""Reading what the config names: files or a table, in which format, at which version.

Every column stays as it is; which columns make a record is for `spark.corpus` to say. Where no format is given, the
name of the file says it, or the files in the folder, or how the JSON in them begins.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from io import BufferedReader
from typing import TypeVar
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import formats, schema
from zip_pipeline.config import Place
from zip_pipeline.errors import InputError, UserError
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.location import Location, has_scheme, uri_of
from zip_pipeline.spark.io.table_formats import TABLE_FORMATS

AnyPlace = TypeVar("AnyPlace", bound=Place)

Files = dict[str, list[int]]
"""By URI: the bytes of a file, and when it changed in nanoseconds."""

BLANK = b" \t\r\n\xef\xbb\xbf"
"""White space of JSON, and the UTF-8 mark that some editors put first."""


def read(spark: SparkSession, place: Place) -> DataFrame:
    """Read the rows of a place, every column as it is.

    Raises:
        InputError: names the path or table, and says what is wrong with it.
    """
    file_format = None
    try:
        if place.table is not None:
            rows = spark.read.options(**place.options).table(place.table)
        else:
            file_format = place.format or format_of(str(place.path))
            rows = _read_files(spark, place, file_format)
        if place.where is not None:
            # A line that could not be read has no columns to judge it by: it is for scoring to reject.
            wanted = F.expr(place.where)
            rows = rows.where(wanted | F.col(schema.CORRUPT).isNotNull() if schema.CORRUPT in rows.columns else wanted)
        columns = rows.columns  # Spark Connect analyses no sooner
    except UserError:
        raise
    except Exception as error:
        raise user_error(error, name_of(place)) or error from error
    if columns == [schema.CORRUPT]:
        expected = "" if file_format is None else f" ({file_format})"
        raise InputError(f"{name_of(place)}: no part of it is JSON of the expected shape{expected}")
    return rows


def pin_version(spark: SparkSession, place: AnyPlace) -> AnyPlace:
    """Return a place that names the newest version of its table, where the table has versions.

    A run reads its pool more than once, and hours apart. It selects what it scored, whatever is written meanwhile, and
    the manifest names the version.
    """
    for name in _table_formats(place):
        versioning = formats.VERSIONED[name]
        if versioning.free_options & {option.lower() for option in place.options}:
            continue
        version = TABLE_FORMATS[name].newest_version(spark, place)
        if version is not None:
            return place.model_copy(update={"options": {**place.options, versioning.version_option: version}})
    return place


def name_of(place: Place) -> str:
    """Return what messages call a place: its table or path."""
    return str(place.table or place.path)


def files_of(rows: DataFrame) -> Files | None:
    """Return the size and time of change of each file; None where there are no files, or pyarrow cannot reach them."""
    stores: dict[str, list[str]] = defaultdict(list)
    for uri in sorted(rows.inputFiles()):
        parts = urlsplit(uri)
        stores[f"{parts.scheme}://{parts.netloc}"].append(uri)
    files: Files = {}
    try:
        for uris in stores.values():
            locations = [Location.of(uri) for uri in uris]
            infos = locations[0].filesystem.get_file_info([location.path for location in locations])
            if any(info.type != fs.FileType.File for info in infos):
                return None
            files |= {uri: [info.size, info.mtime_ns] for uri, info in zip(uris, infos, strict=True)}
    except (UserError, OSError):
        return None
    return files or None


def format_of(path: str) -> str:
    """Tell the format from the extension (compressed or not), or from the files in the folder.

    A name that ends in ``.json`` may stand for one array or for JSON lines: Spark's own files have it. So the files of
    this machine are opened: an array begins with ``[``, JSON lines with a line that is a whole object.

    Raises:
        InputError: when neither the name nor the files tell the format.
    """
    children = _children(path)
    table_format = formats.table_format(child.name for child in children)
    if table_format is not None:
        return table_format
    files = [file for file in children if not file.name.startswith((".", "_"))]
    names = formats.by_extension([path]) or formats.by_extension(file.name for file in files)
    if len(names) != 1:
        reason = f"the files in it are {' and '.join(sorted(names))}" if names else "it cannot be told from the name"
        raise InputError(f"{path}: unknown format: {reason}; set input.format")
    (name,) = names
    if name == "json" and _is_plain(path):
        parts = files if Location.of(path).is_folder() else [Location.of(path)]
        return _format_of_json([file for file in parts if formats.by_extension([file.name])])
    return name


def _read_files(spark: SparkSession, place: Place, file_format: str) -> DataFrame:
    path = str(place.path)
    if _is_plain(path) and not Location.of(path).exists():
        raise InputError(f"{path}: no such file or folder")
    entry = formats.named(file_format)
    reader = spark.read.format(entry.source).options(**{**entry.read_options, **place.options})
    try:
        return reader.load(uri_of(path))
    except Exception as error:
        if "DATA_SOURCE_NOT_FOUND" in str(error):
            hint = f"; {entry.versioning.missing_jars}" if entry.versioning else ""
            raise InputError(f"{path}: Spark has no data source '{entry.source}'{hint}") from None
        raise


def _table_formats(place: Place) -> list[str]:
    """Return the names of the table formats that a place may have."""
    if place.table is not None:
        return list(formats.VERSIONED)
    try:
        name = place.format or format_of(str(place.path))
    except InputError:  # reading will say so
        return []
    return [name] if name in formats.VERSIONED else []


def _is_plain(path: str) -> bool:
    """Whether it names one file or folder of this machine; URIs and globs are for Spark to resolve."""
    return not has_scheme(path) and not any(character in path for character in "*?[{")


def _children(path: str) -> list[Location]:
    if not _is_plain(path):
        return []
    location = Location.of(path)
    return location.children() if location.is_folder() else []


def _format_of_json(files: Sequence[Location]) -> str:
    """Return ``jsonl`` when the first line of the first file that is not empty is an object, else ``json``."""
    for file in files:
        if line := _first_line(file):
            return "jsonl" if line.startswith(b"{") and _is_json(line) else "json"
    return "json"


def _first_line(file: Location) -> bytes:
    """Return the first line that is not blank, decompressed; of an array, which may be all one line, its beginning.

    Where the file cannot be read the line is empty: Spark will say why.
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


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
