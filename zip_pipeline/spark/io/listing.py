"""What lies at a path: every file below it, by name and size, without a look into any.

A folder of this machine is walked, which takes a second for 100,000 files. What lies elsewhere Spark lists: it has the
addresses and rights of the stores, which pyarrow may lack. Names that begin with ``.`` or ``_`` are hidden, as for
Spark. Links are followed, but not in circles.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from zip_pipeline import formats, schema
from zip_pipeline.errors import InputError
from zip_pipeline.spark.io.location import has_scheme

_GLOB = re.compile(r"[*?\[{]")
_BRACES = re.compile(r"(.*?)\{([^{}]*)\}(.*)", re.DOTALL)
_NO_NEWS = (".git", ".cache", ".ipynb_checkpoints")
"""Hidden folders that nobody takes for data."""


@dataclass(kw_only=True)
class Listing:
    """The files at a path.

    Attributes:
        path: as the user gave it.
        base: where names begin: a folder or URI, with a slash at its end.
        roots: the path as Spark takes it, or each of its matches.
        files: the bytes of each file, by name; None where they are not known.
        left_out: why a file or folder is not read, by name.
        is_local: whether the files are on this machine.
        is_exact: whether Spark finds the same files in `roots`.
    """

    path: str
    base: str
    roots: list[str]
    files: dict[str, int | None] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    is_local: bool = True
    is_exact: bool = True

    def uri(self, name: str) -> str:
        """Return a file or folder as Spark takes it."""
        return literal(f"{'file://' if self.is_local else ''}{self.base}{name}")


def require_there(path: str) -> None:
    """Check that a path of this machine names something; what is elsewhere only Spark can look for.

    Raises:
        InputError: when there is no such file or folder.
    """
    path = _without_file_scheme(path)
    absolute = str(Path(path).expanduser().absolute())
    if not has_scheme(path) and not Path(absolute).exists() and not _GLOB.search(absolute):
        raise InputError(f"{path}: no such file or folder")


def list_files(spark: SparkSession, path: str) -> Listing:
    """List the files at a path.

    Args:
        spark: lists what is not on this machine.
        path: a file, folder or glob of this machine, or a URI, which may be a glob. A name with the characters of a
            glob is a name where there is such a file.

    Raises:
        InputError: when there is no such file or folder, or it is a folder that cannot be read as one table.
    """
    require_there(path)
    path = _without_file_scheme(path)
    if has_scheme(path):
        return _listed_by_spark(spark, path)
    absolute = str(Path(path).expanduser().absolute())
    if not os.path.lexists(absolute) and _GLOB.search(absolute):
        return _listed_glob(path, absolute)
    found = Listing(path=path, base=f"{absolute.rstrip('/')}/", roots=[literal(f"file://{absolute}")])
    if Path(absolute).is_dir():
        _walk(found, "")
        return _without_outputs(found)
    folder, _, name = absolute.rpartition("/")
    found.base, found.files = f"{folder}/", {name: Path(absolute).stat().st_size}
    return found


def table_at(spark: SparkSession, path: str) -> str | None:
    """Return the name of the table format that a folder has, or None; see `list_files`."""
    path = _without_file_scheme(path)
    if not has_scheme(path):
        folder = Path(path).expanduser()
        return formats.table_format(child.name for child in folder.iterdir()) if folder.is_dir() else None
    folders = {name: f"{literal(path.rstrip('/'))}/{entry.log_folder}/*" for name, entry in formats.VERSIONED.items()}
    # Given twice: of a single glob Spark warns, with a page of stack, that it names no folder.
    return next((name for name, folder in folders.items() if _names_by_spark(spark, folder, folder)), None)


def literal(path: str) -> str:
    r"""Return a path that Spark does not take for a glob.

    >>> print(literal("lake/pool[1].jsonl"))
    lake/pool\[1\].jsonl
    """
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)


def path_of(uri: str) -> str:
    """Return a URI without its scheme and host."""
    return re.sub(r"^[A-Za-z][A-Za-z0-9+.-]+:(//[^/]*)?", "", uri)


def is_hidden(name: str) -> bool:
    """Whether Spark ignores a file or folder of this name, unless a path names the folder itself.

    >>> is_hidden("_SUCCESS"), is_hidden("_year=2024"), is_hidden("a_b")
    (True, False, False)
    """
    return name.startswith(".") or (name.startswith("_") and "=" not in name) or name.endswith("._COPYING_")


def _without_file_scheme(path: str) -> str:
    """Return a URI of this machine as a path; Spark takes the text behind the scheme as it is."""
    return re.sub(r"^file:/+", "/", path)


def _walk(found: Listing, folder: str, above: tuple[str, ...] = ()) -> None:
    """Add the files of a folder and of those in it.

    Args:
        found: gets the files.
        folder: its name; empty, or with a slash at its end.
        above: the real paths of the folders that it is in.
    """
    place = os.path.realpath(found.base + folder)
    if place in above:
        found.left_out[folder], found.is_exact = "a link to a folder that it is in", False
        return
    try:
        with os.scandir(place) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"{found.path}: {folder or 'it'} cannot be listed: {error.strerror}") from None
    table = formats.table_format(entry.name for entry in inside)
    if table is not None:
        where = f"{folder} in it" if folder else "it"
        raise InputError(f"{found.path}: {where} is a {table} table; give its path, with input.format={table}")
    for entry in inside:
        name = folder + entry.name
        if is_hidden(entry.name):
            if (entry.is_dir() and entry.name not in _NO_NEWS) or formats.of_name(entry.name):
                found.left_out[name] = "hidden"
        elif entry.is_dir():
            _walk(found, f"{name}/", (*above, place))
        elif entry.is_file():
            found.files[name] = entry.stat().st_size
        else:
            found.left_out[name] = "a link to nothing" if entry.is_symlink() else "no file"


def _listed_glob(path: str, absolute: str) -> Listing:
    """List what a glob of this machine matches."""
    base = _base_of(absolute)
    found = Listing(path=path, base=base, roots=[f"file://{absolute}"])
    patterns = _without_braces(absolute.removeprefix(base).replace("**", "*"))
    matches = sorted({match for pattern in patterns for match in Path(base).glob(pattern)})
    if not matches:
        raise InputError(f"{path}: no such file or folder")
    for match in matches:
        name = match.relative_to(base).as_posix()
        if any(map(is_hidden, match.relative_to(base).parts)):
            found.left_out[name] = "hidden"
            found.is_exact &= match.is_file()
        elif match.is_dir():
            _walk(found, f"{name}/")
        elif match.is_file():
            found.files[name] = match.stat().st_size
    return _without_outputs(found)


def _without_outputs(found: Listing) -> Listing:
    """Leave out what this package wrote into folders below.

    Raises:
        InputError: when the path itself is such an output, which is several tables.
    """
    reports = [name.removesuffix(schema.REPORT) for name in found.files if name.endswith(schema.REPORT)]
    outputs = [folder for folder in reports if f"{folder}{schema.MANIFEST}" in found.files]
    if "" in outputs:
        raise InputError(f"{found.path}: an output of this package; name one of its tables, such as .../selection")
    for folder in outputs:
        found.left_out[folder], found.is_exact = "an output of this package", False
    inside = tuple(outputs)
    found.files = {name: size for name, size in found.files.items() if not name.startswith(inside)}
    return found


def _base_of(path: str) -> str:
    """Return the folder above the first part of a path that is a glob.

    >>> _base_of("/lake/2024-*/part.jsonl")
    '/lake/'
    """
    before = _GLOB.split(path, maxsplit=1)[0]
    return before[: before.rfind("/") + 1]


def _without_braces(pattern: str) -> Iterator[str]:
    """Yield Python's patterns for one of Hadoop's, which may have alternatives in braces.

    >>> list(_without_braces("{a,b}-[^x]*"))
    ['a-[!x]*', 'b-[!x]*']
    """
    parts = _BRACES.fullmatch(pattern)
    if parts is None:
        yield pattern.replace("[^", "[!")
        return
    before, choices, after = parts.groups()
    for choice in choices.split(","):
        yield from _without_braces(before + choice + after)


def _listed_by_spark(spark: SparkSession, path: str) -> Listing:
    """List what is not on this machine; whether the path is a name or a glob, Spark finds out."""
    path = path.rstrip("/")
    names, root = _names_by_spark(spark, literal(path)), literal(path)
    is_glob = names is None and _GLOB.search(path) is not None
    if is_glob:
        names, root = _names_by_spark(spark, path), path
    if names is None:
        raise InputError(f"{path}: no such file or folder")
    base = _base_of(path) if is_glob else f"{path}/"
    if names == [path_of(path)]:
        base = f"{path.rpartition('/')[0]}/"
    found = Listing(path=path, base=base, roots=[root], is_local=False)
    found.files = {name.removeprefix(path_of(base)): None for name in names}
    return _without_outputs(found)


def _names_by_spark(spark: SparkSession, *uris: str) -> list[str] | None:
    """Return the paths of the files below URIs, without scheme and host, sorted; None where there is nothing."""
    try:
        files = spark.read.format("text").option("recursiveFileLookup", "true").load([*uris]).inputFiles()
    except AnalysisException as error:
        if "PATH_NOT_FOUND" in str(error):
            return None
        raise
    return sorted({path_of(unquote(file)) for file in files})
