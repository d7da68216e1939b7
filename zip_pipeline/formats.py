"""The formats of files and tables: how each is recognised, read, written and pinned to a version.

A format is one entry of `FORMATS`. A format of files needs nothing else. A table format, which commits versions, also
needs a module that does so with Spark, see `spark.io.table_formats`. There is no Spark here: the config validates
against these names.
"""

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
        return f"{self.title}'s jars are not on Spark's class path; add {self.package} with spark.jars.packages"


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format.

    Attributes:
        name: as the config's keys ``format`` have it.
        source: Spark's data source.
        extensions: endings of file names, compression apart.
        read_options: of the data source; the config's own options override them.
        write_options: of the data source.
        is_output: an output tree may consist of such tables.
        versioning: of a table format; None: a format of files.
    """

    name: str
    source: str
    extensions: tuple[str, ...] = ()
    read_options: Mapping[str, str] = field(default_factory=dict)
    write_options: Mapping[str, str] = field(default_factory=dict)
    is_output: bool = False
    versioning: Versioning | None = None

    @property
    def is_history(self) -> bool:
        """Whether a history may be such a table: runs append at the same time, and readers see a run whole.

        A table format commits rows. For Parquet, `spark.io.history` writes one file a run and renames it.
        """
        return self.versioning is not None or self.name == "parquet"


LONGEST_STRING = str(2**31 - 1)
"""Spark's default limits a string in JSON to 20 MB; records may be longer."""

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
        Format(name="parquet", source="parquet", extensions=(".parquet",), is_output=True),
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
            name="json",  # one array
            source="json",
            extensions=(".json",),
            read_options={"multiLine": "true", "maxStringLen": LONGEST_STRING},
        ),
        Format(
            name="csv",
            source="csv",
            extensions=(".csv",),
            read_options={"header": "true", "inferSchema": "true"},
        ),
        Format(name="text", source="text", extensions=(".txt", ".text")),
    )
}

OUTPUT_FORMATS = tuple(entry.name for entry in FORMATS.values() if entry.is_output)
HISTORY_FORMATS = tuple(entry.name for entry in FORMATS.values() if entry.is_history)

VERSIONED = {name: entry.versioning for name, entry in FORMATS.items() if entry.versioning is not None}
"""The table formats."""

COMPRESSIONS = (".gz", ".bz2", ".zst")


def named(name: str) -> Format:
    """Return the format of a name; a name that is not in `FORMATS` is one of Spark's data sources.

    >>> named("jsonl").source, named("avro").source
    ('json', 'avro')
    """
    return FORMATS.get(name) or Format(name=name, source=name)


def by_extension(names: Iterable[str]) -> set[str]:
    """Return the names of the formats that the extensions of some files stand for; other files count for nothing.

    >>> sorted(by_extension(["a.jsonl.gz", "b.parquet", "README.md"]))
    ['jsonl', 'parquet']
    """
    stems = []
    for name in names:
        for ending in COMPRESSIONS:
            name = name.removesuffix(ending)
        stems.append(name)
    return {entry.name for entry in FORMATS.values() for stem in stems if stem.endswith(entry.extensions)}


def table_format(names: Iterable[str]) -> str | None:
    """Return the name of the table format that a folder with these files and folders has, or None.

    >>> table_format(["_delta_log", "part-0.parquet"])
    'delta'
    """
    inside = set(names)
    return next((name for name, versioning in VERSIONED.items() if versioning.log_folder in inside), None)
