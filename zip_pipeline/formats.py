"""The formats of files and tables: how each is recognised, read, written and pinned to a version.

A format is one entry of `FORMATS`. A format of files needs nothing else. A table format, which commits versions, also
needs a module that does so with Spark, see `spark.io.table_formats`. There is no Spark here: the config validates
against these names.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Versioning:
    """What a table format adds to a format of files.

    Attributes:
        title: the format's name in messages, as in "a Delta table".
        package: the Maven package of its jars, which Spark does not bring.
        log_folder: a folder that contains this one is such a table.
        version_option: the reader's option that takes the number of a version.
        free_options: reader options, in lower case, that choose versions themselves or exclude `version_option`.
        manifest_key: where the manifest names the versions of the tables of an output.
    """

    title: str
    package: str
    log_folder: str
    version_option: str
    free_options: frozenset[str]
    manifest_key: str

    @property
    def missing_jars(self) -> str:
        """The message where Spark does not have the jars."""
        return _missing_jars(f"{self.title}'s", self.package)


def _missing_jars(whose: str, package: str) -> str:
    return f"{whose} jars are not on Spark's class path; add {package} with spark.jars.packages"


COMPRESSIONS = (".gz", ".bz2", ".zst")
"""Endings of the compressions that Spark's readers of lines unpack."""

OTHER_COMPRESSIONS = (".xz", ".lzma", ".lz4", ".lzo", ".snappy", ".br", ".z", ".zip", ".7z", ".rar", ".tar", ".tgz")
"""Endings of compressions and archives that Spark does not unpack."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format.

    Attributes:
        name: as the config's keys ``format`` have it.
        source: Spark's data source; empty: Spark has none, and tasks of ours read the files.
        extensions: endings of file names, compression apart.
        read_options: of the data source; the config's own options override them.
        write_options: of the data source.
        is_output: an output tree may consist of such tables.
        versioning: of a table format; None: a format of files.
        package: the Maven package of the data source's jars, where Spark does not bring them.
    """

    name: str
    source: str
    extensions: tuple[str, ...] = ()
    read_options: Mapping[str, str] = field(default_factory=dict)
    write_options: Mapping[str, str] = field(default_factory=dict)
    is_output: bool = False
    versioning: Versioning | None = None
    package: str | None = None

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings of file names; files of lines may be compressed."""
        packings = ("", *COMPRESSIONS) if self.has_lines else ("",)
        return tuple(f"{extension}{packing}" for extension in self.extensions for packing in packings)

    @property
    def has_lines(self) -> bool:
        """Whether the files are text, which may be compressed as a whole."""
        return self.source in ("json", "csv", "text")

    @property
    def missing_jars(self) -> str | None:
        """The message where Spark does not have the jars; None where it needs none that we know."""
        if self.versioning is not None:
            return self.versioning.missing_jars
        return None if self.package is None else _missing_jars(f"{self.source.capitalize()}'s", self.package)

    @property
    def is_history(self) -> bool:
        """Whether a history may be such a table: runs append at the same time, and readers see a run whole.

        A table format commits rows. For Parquet, `spark.io.history` writes one file a run and renames it.
        """
        return self.versioning is not None or self.name == "parquet"


LONGEST_STRING = str(2**31 - 1)
"""Spark's default limits a string in JSON to 20 MB; records may be longer."""

CSV_OPTIONS = {"header": "true", "multiLine": "true", "escape": '"'}
"""Of Spark's reader, which reads CSV where the config has options that ours does not know."""

DELTA = Versioning(
    title="Delta",
    package="io.delta:delta-spark",
    log_folder="_delta_log",
    version_option="versionAsOf",
    free_options=frozenset({"versionasof", "timestampasof", "readchangefeed", "readchangedata"}),
    manifest_key="delta_versions",
)

FORMATS = {
    entry.name: entry
    for entry in (
        Format(
            name="parquet",
            source="parquet",
            extensions=(".parquet", ".parq", ".pq"),
            read_options={"mergeSchema": "true"},
            is_output=True,
        ),
        Format(name="delta", source="delta", is_output=True, versioning=DELTA),
        Format(
            name="jsonl",
            source="json",
            extensions=(".jsonl", ".ndjson"),
            read_options={"maxStringLen": LONGEST_STRING},
            write_options={"ignoreNullFields": "false"},
            is_output=True,
        ),
        Format(
            name="json",  # an array, or objects one after the other
            source="json",
            extensions=(".json",),
            read_options={"multiLine": "true", "maxStringLen": LONGEST_STRING},
        ),
        Format(
            name="csv",
            source="csv",
            extensions=(".csv",),
            read_options=CSV_OPTIONS,
        ),
        Format(name="tsv", source="csv", extensions=(".tsv",), read_options={**CSV_OPTIONS, "sep": "\t"}),
        Format(name="text", source="text", extensions=(".txt", ".text")),
        Format(name="orc", source="orc", extensions=(".orc",), read_options={"mergeSchema": "true"}),
        Format(name="avro", source="avro", extensions=(".avro",), package="org.apache.spark:spark-avro"),
        Format(name="arrow", source="", extensions=(".arrow", ".feather")),
    )
}

OUTPUT_FORMATS = tuple(entry.name for entry in FORMATS.values() if entry.is_output)
HISTORY_FORMATS = tuple(entry.name for entry in FORMATS.values() if entry.is_history)

VERSIONED = {name: entry.versioning for name, entry in FORMATS.items() if entry.versioning is not None}
"""The table formats."""


def named(name: str) -> Format:
    """Return the format of a name; a name that is not in `FORMATS` is one of Spark's data sources.

    >>> named("jsonl").source, named("avro").source
    ('json', 'avro')
    """
    return FORMATS.get(name) or Format(name=name, source=name)


def of_name(name: str) -> str | None:
    """Return the name of the format that a file's extension stands for, or None.

    >>> of_name("a.jsonl.gz"), of_name("B.PARQUET"), of_name("README.md"), of_name("a.jsonl.xz")
    ('jsonl', 'parquet', None, None)
    """
    lower = name.lower()
    return next((entry.name for entry in FORMATS.values() if entry.endings and lower.endswith(entry.endings)), None)


def other_compression(name: str) -> str | None:
    """Return the ending of a file that only another program can unpack, or None.

    >>> other_compression("b.jsonl.xz"), other_compression("pool.tar.gz"), other_compression("a.jsonl.gz")
    ('.xz', '.tar', None)
    """
    stem = name.lower().removesuffix(".gz").removesuffix(".bz2").removesuffix(".zst")
    return next((ending for ending in OTHER_COMPRESSIONS if stem.endswith(ending)), None)


SIDE_STEMS = frozenset(
    [
        *("readme", "license", "licence", "copying", "notice", "authors", "contributing"),
        *("citation", "changelog", "changes", "requirements"),
    ]
)
"""Names, without extension and in lower case, of texts that describe data and are none."""

SIDE_FILES = frozenset(
    {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "croissant.json", "package.json"}
)
"""Files that the library ``datasets`` and others leave beside data, in lower case."""


def is_side_file(name: str) -> bool:
    """Whether a file describes the data that it lies beside, or is a cache of the library ``datasets``.

    >>> is_side_file("LICENSE.txt"), is_side_file("dataset_infos.json"), is_side_file("readme.jsonl")
    (True, True, False)
    """
    lower = name.lower()
    if lower in SIDE_FILES or re.fullmatch(r"cache-[0-9a-f]{16}\.arrow", lower):
        return True
    return lower.partition(".")[0] in SIDE_STEMS and of_name(name) in (None, "text")


def table_format(names: Iterable[str]) -> str | None:
    """Return the name of the table format that a folder with these files and folders has, or None.

    >>> table_format(["_delta_log", "part-0.parquet"])
    'delta'
    """
    inside = set(names)
    return next((name for name, versioning in VERSIONED.items() if versioning.log_folder in inside), None)
