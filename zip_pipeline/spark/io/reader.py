"""Reading what the config names: files or a table, in which format, at which version.

Every column stays as it is; which columns make a record is for `spark.corpus` to say. Where no format is given, the
name of the file says it, or the files in the folder, or how the JSON in them begins.
"""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from io import BufferedReader
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import formats, schema
from zip_pipeline.config import Input, Place
from zip_pipeline.errors import InputError, UserError
from zip_pipeline.formats import Format
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io import columnar, csv_files, json_files, whole_files
from zip_pipeline.spark.io.columns import where
from zip_pipeline.spark.io.folders import OWN_OPTIONS, Origin, Plan, choose, plan_of
from zip_pipeline.spark.io.listing import Listing, list_files, table_at
from zip_pipeline.spark.io.location import Location, has_scheme, uri_of
from zip_pipeline.spark.io.whole_files import TextOptions, of_files

Files = dict[str, list[int]]
"""By URI: the bytes of a file, and when it changed in nanoseconds."""

CHOOSES_VERSION = frozenset({"versionasof", "timestampasof"})
"""Options of Spark's reader, in lower case, that say which version of a table is read."""

NOT_PINNED = (
    "a view, or a table without versions: it is read as it is at each moment, so let nobody write to it during the run"
)
"""What people should know of such a table."""

LONGEST_LINE = "mapreduce.input.linerecordreader.line.maxlength"
"""Option of Hadoop's reader: longer lines, which are arrays of everything, are skipped."""

MOST_OPENED = 16
"""Files of which one at least is not empty, as far as the first line goes."""

BLANK = b" \t\r\n\xef\xbb\xbf"
"""White space of JSON, and the UTF-8 mark that some editors put first."""


def read(spark: SparkSession, place: Place) -> DataFrame:
    """Read the rows of a place, every column as it is; see `read_with_origin`."""
    return read_with_origin(spark, place)[0]


def read_with_origin(spark: SparkSession, place: Place, *, names_file: bool = False) -> tuple[DataFrame, Origin]:
    """Read the rows of a place, every column as it is, and return what they were read from.

    Args:
        spark: the session.
        place: in the config.
        names_file: whether the rows of files have `schema.FILE`, and where the reader counts lines `schema.LINE`.

    Raises:
        InputError: names the path or table, and says what is wrong with it.
    """
    origin = Origin()
    try:
        if place.table is not None:
            rows = spark.read.options(**place.options).table(place.table)
            origin = Origin(notes=() if CHOOSES_VERSION & {key.lower() for key in place.options} else (NOT_PINNED,))
        else:
            rows, origin = _read_files(spark, place, names_file=names_file)
        if place.where is not None:
            # A line that could not be read has no columns to judge it by: it is for scoring to reject.
            wanted = F.expr(place.where)
            if schema.CORRUPT in rows.columns:
                wanted = wanted | F.col(schema.CORRUPT).isNotNull()
            rows = where(rows, wanted) if origin.is_text_only else rows.where(wanted)
        columns = rows.columns  # Spark Connect analyses no sooner
    except UserError:
        raise
    except Exception as error:
        raise user_error(error, name_of(place)) or error from error
    if schema.CORRUPT in columns and {*columns} <= {*schema.READ}:
        expected = "" if origin.format is None else f" ({origin.format})"
        raise InputError(f"{name_of(place)}: no part of it is JSON of the expected shape{expected}")
    return rows, origin


def name_of(place: Place) -> str:
    """Return what messages call a place: its table or path."""
    return str(place.table or place.path)


def place_of_table(path: str) -> str:
    """Return where a table of an output of this package is, ``.../OUT/selection`` as people call it.

    In an object store the manifest says where. Any other path stays as it is.
    """
    above, _, name = path.rstrip("/").rpartition("/")
    if not has_scheme(path) or name not in schema.TABLES:
        return path
    try:
        output = Location.of(above)
        file = output / schema.MANIFEST
        if output.renames_folders or not file.exists():
            return path
        return f"{above}/{json.loads(file.read())['tables'][name]}"
    except (UserError, OSError, ValueError, KeyError, TypeError):  # no output; Spark may reach what this driver cannot
        return path


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


def _read_files(spark: SparkSession, place: Place, *, names_file: bool) -> tuple[DataFrame, Origin]:
    path, options = place_of_table(str(place.path)), {name: str(value) for name, value in place.options.items()}
    wanted = place.format or table_at(spark, path)
    if wanted is not None and (wanted in formats.VERSIONED or wanted not in formats.FORMATS):
        return _load(spark, formats.named(wanted), Plan([uri_of(path)], options)), Origin(wanted)
    listing = list_files(spark, path)
    _refuse_iceberg(listing)
    entry, names, left_out = choose(listing, wanted, lambda files: _are_lines(spark, listing, files))
    plan = plan_of(spark, listing, names, names_file=names_file)
    origin = Origin(entry.name, len(names), left_out)
    if OWN_OPTIONS & {option.lower() for option in options}:
        plan, origin = Plan(listing.roots, {}, names_file=names_file), Origin(entry.name)
    if not entry.source or (entry.name == "parquet" and columnar.needs_tasks(listing, names)):
        return _read_by_tasks(spark, listing, names, origin, names_file=names_file)
    _require_bzip2(listing, names)
    asked = TextOptions.of(options) if entry.has_lines else None
    if asked is not None:
        identifiers = [place.columns.id, place.columns.source or ""] if isinstance(place, Input) else []
        plan = replace(plan, options={**plan.options, **of_files(options)})
        rows, notes = _load_text(spark, entry, plan, asked, identifiers)
        return rows, replace(origin, notes=notes)
    try:
        return _load(spark, entry, replace(plan, options={**entry.read_options, **plan.options, **options})), origin
    except Exception as error:
        if entry.name == "parquet" and any(word in str(error) for word in columnar.UNREADABLE):
            return _read_by_tasks(spark, listing, names, origin, names_file=names_file)
        raise


def _read_by_tasks(
    spark: SparkSession, listing: Listing, names: list[str], origin: Origin, *, names_file: bool
) -> tuple[DataFrame, Origin]:
    """Read files with the tasks of `columnar`."""
    try:
        rows, notes = columnar.load(spark, listing, names, names_file=names_file)
    except InputError as error:
        raise InputError(f"{listing.path}: {error}") from None
    return rows, replace(origin, notes=(*origin.notes, *notes))


def _refuse_iceberg(listing: Listing) -> None:
    """Refuse the folder of an Iceberg table: its files also hold rows that were deleted or replaced.

    Raises:
        InputError: says how the table is read.
    """
    if any(name.startswith("metadata/") and name.endswith(".metadata.json") for name in listing.files):
        raise InputError(
            f"{listing.path}: is the folder of an Iceberg table, whose files hold deleted rows too; set "
            "input.table=CATALOG.SCHEMA.TABLE in its place, see docs/catalogs.md"
        )


def _require_bzip2(listing: Listing, names: list[str]) -> None:
    """Check that files named .bz2 are such files: of others Spark reads nothing, without a word.

    Raises:
        InputError: names the first that is none.
    """
    for name in names:
        if name.endswith(".bz2") and listing.files[name] != 0:
            try:
                with Location.of(f"{listing.base}{name}").open() as file:
                    start = file.read(3)
            except (OSError, UserError):  # Spark will say what is wrong, or reaches what pyarrow does not
                continue
            if start not in (b"BZh", b""):
                raise InputError(f"{listing.path}: {name}: cannot be read: it is not packed as its name says")


def _load(spark: SparkSession, entry: Format, plan: Plan) -> DataFrame:
    """Read files, or a table of a table format, with Spark's own reader."""
    reader = spark.read.format(entry.source)
    if entry.has_lines:
        reader = reader.option("columnNameOfCorruptRecord", schema.CORRUPT)
    try:
        if entry.source == "csv":  # only a column of this name makes it say which rows are none
            fields = replace(plan, names_file=False).load(reader).schema
            reader = reader.schema(fields.add(schema.CORRUPT, "string"))
        rows = plan.load(reader)
    except Exception as error:
        if "DATA_SOURCE_NOT_FOUND" in str(error) or "Failed to find data source" in str(error):
            hint = f"; {entry.missing_jars}" if entry.missing_jars else ""
            raise InputError(f"{plan.paths[0]}: Spark has no data source '{entry.source}'{hint}") from None
        raise
    if schema.CORRUPT in rows.columns:
        line, reason = F.col(schema.CORRUPT), F.lit(f"no record of {entry.source.upper()}, as Spark reads it")
        corrupt = F.struct(line.alias("line"), reason.alias("reason"))
        rows = rows.withColumn(schema.CORRUPT, F.when(line.isNotNull(), corrupt))
    return rows


def _load_text(
    spark: SparkSession, entry: Format, plan: Plan, asked: TextOptions, identifiers: Collection[str]
) -> tuple[DataFrame, tuple[str, ...]]:
    """Read files of JSON, CSV or text with readers of our own; returns the rows, and what is to be said of them."""
    if entry.source == "json":
        by_line = entry.name == "jsonl" and not asked.is_whole
        return json_files.load(spark, plan, by_line=by_line, encoding=asked.encoding, identifiers=identifiers)
    if entry.source == "csv":
        delimiter = asked.delimiter or entry.read_options.get("sep", ",")
        return csv_files.load(spark, plan, delimiter=delimiter, encoding=asked.encoding), ()
    return whole_files.text(spark, plan, asked.encoding), ()


def _are_lines(spark: SparkSession, listing: Listing, names: list[str]) -> bool:
    """Whether files of JSON hold a record a line, as Spark's own do; else they are arrays.

    The first line of the first file that is not empty says it: it is an object, and whole.
    """
    if listing.is_local:
        lines = (_first_line(Location.of(listing.base + name)) for name in names)
    else:
        rows = spark.read.option(LONGEST_LINE, str(1 << 26)).text([listing.uri(name) for name in names[:MOST_OPENED]])
        lines = (row["value"].encode().strip(BLANK) for row in rows.where("trim(value) != ''").take(1))
    line = next(filter(None, lines), b"")
    return line.startswith(b"{") and _is_json(line)


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
