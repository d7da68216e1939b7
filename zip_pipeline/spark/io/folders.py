"""Which of the files at a path are data, in which format, and how Spark is told to read those and no others.

A folder often holds more than data: a README, a licence, files that another program packed. They are left alone, and
`Origin` names them. Folders named ``key=value`` give the column ``key``, as text.
"""

import atexit
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StringType, StructField, StructType

from zip_pipeline import formats, schema
from zip_pipeline.errors import InputError
from zip_pipeline.formats import Format
from zip_pipeline.spark.io.columns import with_columns
from zip_pipeline.spark.io.listing import Listing, is_hidden, path_of

OWN_OPTIONS = frozenset({"recursivefilelookup", "pathglobfilter", "basepath", "modifiedafter", "modifiedbefore"})
"""Options of Spark's readers, in lower case, with which users say themselves which files are read."""

MOST_NAMED = 3
"""Files that a line names."""

NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"
"""The value of a folder ``key=value`` that stands for null."""

_PACKED, _UNKNOWN = "packed", "unknown"
_PARTITION = re.compile(r"([^=]+)=.+")


@dataclass(frozen=True)
class Origin:
    """What a table was read from, for the log and the manifest.

    Attributes:
        format: of the files; None: a table of the catalog.
        files: how many were read; None where that is not known.
        left_out: why a file or folder was not read, by name.
        notes: what else is not as it lies there, a line each.
    """

    format: str | None = None
    files: int | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def is_text_only(self) -> bool:
        """Whether the format has no numbers but in text."""
        return self.format is not None and formats.named(self.format).source == "csv"

    def lines(self, name: str) -> list[str]:
        """Return what people should know of a table of this name; nothing where all was read as it is."""
        said = [f"{name}: {note}" for note in self.notes]
        if self.left_out:
            left = _some([f"{file} ({why})" for file, why in self.left_out.items()])
            said.append(f"{name}: read {_count(self.files or 0)} ({self.format}), left alone {left}")
        return said


@dataclass(frozen=True)
class Plan:
    """What Spark is given to read.

    Attributes:
        paths: files and folders.
        options: of the reader.
        keys: the columns that folders give.
        depth: None where Spark can make out `keys`; else how many folders are above the first that may give one.
        names_file: whether the rows have `schema.FILE`.
    """

    paths: list[str]
    options: dict[str, str]
    keys: tuple[str, ...] = ()
    depth: int | None = None
    names_file: bool = False

    @property
    def beside(self) -> tuple[str, ...]:
        """The columns that rows have beside those in the files, all of them text."""
        return (*self.keys, schema.FILE) if self.names_file else self.keys

    def load(self, reader: DataFrameReader) -> DataFrame:
        """Read the rows, with the columns of `beside`."""
        rows = reader.options(**self.options).load(self.paths)
        added = {} if self.depth is None else {key: self._value(key) for key in self.keys}
        if self.depth is None:
            # Spark makes numbers and dates of them, and 01 would become 1.
            fields = [StructField(one.name, StringType()) if one.name in self.keys else one for one in rows.schema]
            rows = rows if fields == rows.schema.fields else reader.schema(StructType(fields)).load(self.paths)
        if self.names_file:
            added[schema.FILE] = rows.metadataColumn("_metadata")["file_path"]
        return with_columns(rows, added)

    def _value(self, key: str) -> Column:
        """Return the value of a key in the path of a row's file; null where the path has no such key."""
        above = rf"^[^:]+:(?://[^/]*)?(?:/[^/]*){{{self.depth}}}(?:/[^/]*)*?/"
        folder = F.regexp_extract("_metadata.file_path", rf"{above}{re.escape(quote(key))}=([^/]*)/", 1)
        # The path is encoded as in a URI; below that, writers encode what no name of a folder may contain.
        name = _decoded(folder)
        return F.when(~name.isin("", NULL_FOLDER), F.coalesce(_decoded(name), name))


def choose(
    listing: Listing, wanted: str | None, is_lines: Callable[[list[str]], bool]
) -> tuple[Format, list[str], dict[str, str]]:
    """Tell data from what lies beside it.

    Args:
        listing: the files.
        wanted: the format that the config names, or None.
        is_lines: whether files of JSON, by name, hold a record a line.

    Returns:
        The format; the names of the files that are data, sorted; why each of the others is none.

    Raises:
        InputError: when there is no data, or the names do not tell which format it has.
    """
    names = [name for name in listing.files if not formats.is_side_file(name.rpartition("/")[2])]
    kinds: dict[str, list[str]] = defaultdict(list)
    for name in names or listing.files:
        kinds[_kind(name)].append(name)
    packed = kinds.pop(_PACKED, [])
    data = {kind: some for kind, some in kinds.items() if kind != _UNKNOWN}
    if wanted is None and "json" in data and data.keys() <= {"json", "jsonl"} and is_lines(data["json"]):
        data = {"jsonl": [*data["json"], *data.get("jsonl", [])]}
    if not kinds:
        raise InputError(f"{listing.path}: {_why_nothing(packed, listing.left_out)}")
    if wanted is None and len(data) != 1:
        raise InputError(f"{listing.path}: {_why_no_format(data, [*listing.files])}")
    entry = formats.named(wanted or next(iter(data)))
    own = data.get(entry.name) or (data.get("json") if wanted == "jsonl" else None)
    # With a format that the config names, the names of the files need not say it.
    chosen = own or [name for some in kinds.values() for name in some]
    filled = [name for name in chosen if listing.files[name] != 0]
    if not filled:
        raise InputError(f"{listing.path}: empty: {_count(len(chosen))} without a byte, such as {chosen[0]}")
    chosen = sorted(chosen if entry.has_lines else filled)
    left = {name: _why_left(name, entry) for name in sorted(listing.files.keys() - set(chosen))}
    return entry, chosen, {**listing.left_out, **left}


def plan_of(spark: SparkSession, listing: Listing, names: Sequence[str], *, names_file: bool = False) -> Plan:
    """Return how Spark reads some of the files of a listing, and no others.

    Args:
        spark: the session.
        listing: the files.
        names: of those to read, sorted.
        names_file: whether rows say which file they are from. They do not where it is read under another name.

    Raises:
        InputError: when a file has a name that Spark does not take.
    """
    if listing.is_local and any(map(_needs_link, names)):
        listing, names_file = _linked(spark, listing, names), False
        names = [*listing.files]
    endings = tuple(sorted({_ending(name) for name in names}))
    options, paths = {"recursiveFileLookup": "true"}, [listing.uri(name) for name in names]
    if listing.is_exact and len(names) == len(listing.files):
        paths = listing.roots
    elif listing.is_exact and all(endings) and sum(name.endswith(endings) for name in listing.files) == len(names):
        options["pathGlobFilter"] = "{" + ",".join(f"*{ending}" for ending in endings) + "}"
        paths = listing.roots
    layouts = {_layout(folder) for folder in {name.rpartition("/")[0] for name in names}}
    keys = tuple(dict.fromkeys(key for _, *runs in sorted(layouts) for run in runs for key in run))
    if not keys:
        return Plan(paths, options, names_file=names_file)
    above, _, others = next(iter(layouts))
    if len(layouts) > 1 or others:
        return Plan(paths, options, keys, path_of(listing.base).rstrip("/").count("/"), names_file)
    del options["recursiveFileLookup"]
    if above and paths is listing.roots:  # Spark makes out keys from below one folder
        is_folder = paths == [listing.uri("").rstrip("/")]
        paths = [listing.uri("/".join(above))] if is_folder else [listing.uri(name) for name in names]
    base = "/".join([listing.base.rstrip("/"), *above])
    base = f"file://{base}" if listing.is_local else base
    return Plan(paths, options | {"basePath": base}, keys, names_file=names_file)


def file_name(uri: Column) -> Column:
    """Return a file of `schema.FILE` as people name it: its path on a disk, or its URI, decoded."""
    path = F.regexp_replace(uri, "^file:/*", "/")
    return F.when(uri.startswith("/"), uri).otherwise(F.coalesce(_decoded(path), path))


def _layout(folder: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the folders above the first ``key=value``, the keys of that and those right below, and any others.

    >>> _layout("data/lang=en/year=2024/raw")
    (('data',), ('lang', 'year'), ())
    """
    parts = folder.split("/")
    keys = [match[1] if (match := _PARTITION.fullmatch(part)) else None for part in parts]
    first = next((place for place, key in enumerate(keys) if key), len(keys))
    last = next((place for place in range(first, len(keys)) if not keys[place]), len(keys))
    return tuple(parts[:first]), tuple(filter(None, keys[first:last])), tuple(filter(None, keys[last:]))


def folder_values(name: str) -> dict[str, str | None]:
    """Return what the folders ``key=value`` in the name of a file say.

    >>> folder_values("data/lang=en/day=a%3Ab/x.arrow")
    {'lang': 'en', 'day': 'a:b'}
    """
    pairs = [part.split("=", 1) for part in name.split("/")[:-1] if _PARTITION.fullmatch(part)]
    return {key: None if value == NULL_FOLDER else unquote(value) for key, value in pairs}


def _needs_link(name: str) -> bool:
    """Whether Spark does not find a file under its own name: it hides it, or takes a colon for that of a URI."""
    own = name.rpartition("/")[2]
    return ":" in own or is_hidden(own)


def _linked(spark: SparkSession, listing: Listing, names: Iterable[str]) -> Listing:
    """Return the files under names that Spark takes: links in a folder that exists as long as the process.

    Raises:
        InputError: when executors may be on other machines, where there are no such links.
    """
    if not str(spark.conf.get("spark.master", "")).startswith("local"):
        name = next(filter(_needs_link, names))
        raise InputError(f"{listing.path}: {name}: Spark takes no file of this name; rename it")
    folder = tempfile.mkdtemp(prefix="zip_pipeline-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    linked = Listing(path=listing.path, base=f"{folder}/", roots=[f"file://{folder}"])
    for number, name in enumerate(names):
        above, _, own = name.rpartition("/")
        link = Path(folder, above.replace(":", "%3A"), f"{number}-{own.replace(':', '-')}")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(listing.base + name)
        linked.files[link.relative_to(folder).as_posix()] = listing.files[name]
    return linked


def _decoded(text: Column) -> Column:
    """Decode percent signs; null where they are no encoding. A plus stays a plus."""
    return F.try_url_decode(F.replace(text, F.lit("+"), F.lit("%2B")))


def _kind(name: str) -> str:
    """Return the format that a file's name says, or that it says none."""
    return _PACKED if formats.other_compression(name) else formats.of_name(name) or _UNKNOWN


def _ending(name: str) -> str:
    """Return the ending that says the format of a file, or nothing."""
    endings = [ending for entry in formats.FORMATS.values() for ending in entry.endings if name.endswith(ending)]
    return max(endings, key=len, default="")


def _why_nothing(packed: list[str], left_out: Mapping[str, str]) -> str:
    if packed:
        ending = formats.other_compression(packed[0])
        return f"{packed[0]}: Spark does not unpack {ending}; unpack it, or pack it as .zst, .gz or .bz2"
    hidden = _some([f"{name} ({why})" for name, why in left_out.items()])
    return f"empty: there is no file in it{f' but {hidden}' if left_out else ''}"


def _why_no_format(data: Mapping[str, list[str]], names: list[str]) -> str:
    if not data:
        return f"unknown format: the names do not tell it ({_some(names)}); set input.format"
    found = " and ".join(f"{kind} ({some[0]})" for kind, some in sorted(data.items()))
    return f"unknown format: there are files of {found}; set input.format, and the others are left alone"


def _why_left(name: str, entry: Format) -> str:
    ending = formats.other_compression(name)
    if ending is not None:
        return f"Spark does not unpack {ending}"
    return "empty" if formats.of_name(name) == entry.name else f"not {entry.name}"


def _some(names: Sequence[str]) -> str:
    """Name a few."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _count(files: int) -> str:
    return f"{files:,} file{'s' if files != 1 else ''}"
