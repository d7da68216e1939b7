"""Every format with every oddity of data as people have it: what was written is read, or refused in one line.

Each row of the matrix is one pool: some files, and what must come out of them. All of a format are read side by side.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from support.files import fill
from support.formats import PACKED, PACKERS, PARQUETS, PLAIN, WRITTEN, Record, Written
from zip_pipeline import schema
from zip_pipeline.config import Place
from zip_pipeline.errors import UserError
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.reader import read_with_origin

RECORDS: list[Record] = [{"id": f"{number:03}", "text": f"text of {number}"} for number in range(4)]
ONE, OTHER = RECORDS[:2], RECORDS[2:]

REJECTED = {"rejected": True}
"""What stands in `Pool.expected` for a record that is rejected with its reason."""

TEXTS = {
    "quotes": ['say "no"', "it's", "a\\b", '""', '\\"', "a,b;c\td|e", '"a'],
    "beyond ASCII": ["naïve", "日本語", "😀👩‍👩‍👧", "e\u0301", "a\ufeffb", "\u200b", "\u2028\u2029\x85"],
    "control signs": ["a\x01b", "\x1f", "\x7f", "a\x0bb\x0cc"],
    "spaces": [" a ", "\ta", "a\t", "  ", "\u00a0a\u3000"],
    "numbers": ["007", "1e5", "NaN", "-0", "1_000", "0x1F", "1.50", "9" * 30, "1,5"],
    "words": ["null", "None", "true", "NULL", "\\N", "NA", "2024-01-02", "2024-01-02T03:04:05Z", "[]", "{}"],
    "JSON": ['{"a": 1}', '["x"]', '"x"', '[{"role": "user"}]'],
    "long": ["x" * 300_000 + "y", "é" * 100_000],
    "line breaks": ["a\nb", "a\r\nb", "a\rb", "\n\na", "a\n"],
    "nothing": ["", "a", None],
}
"""Texts that some reader changes, by what is odd with them."""

VALUES = [
    {"id": "a", "n": 2**62, "f": 0.1, "b": True, "s": {"l": [1, None], "t": {"c": "x"}}, "l": [["x"], []]},
    {"id": "b", "n": -(2**53) - 1, "f": 1e300, "b": None, "s": {"l": [], "t": {"c": None}}, "l": None},
]
"""Records with more than text."""


@dataclass(frozen=True)
class Pool:
    """A row of the matrix.

    Attributes:
        files: content by name.
        expected: the records that come out, in any order, or a pattern of the refusal.
        path: below the folder with the files.
        format: that the config names.
        links: by name, where a link leads.
        left_out: the files that must be named as not read.
    """

    files: dict[str, bytes]
    expected: list[Record] | str
    path: str = ""
    format: str | None = None
    links: dict[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()


def texts(written: Written) -> Iterator[tuple[str, Pool]]:
    """Texts of every kind; a line of text cannot hold its own end, nor be null."""
    for name, odd in TEXTS.items():
        if written.format != "text" or name not in ("line breaks", "nothing"):
            yield name, of(written, [{"id": f"{number:02}", "text": one} for number, one in enumerate(odd)])


def places(written: Written) -> Iterator[tuple[str, Pool]]:
    """Where files lie, and what lies beside them."""
    end = written.ending
    a, b = written.write(ONE), written.write(OTHER)
    two = {f"a{end}": a, f"b{end}": b}
    both, first = kept(written, RECORDS), kept(written, ONE)
    yield "two files", Pool(two, both)
    yield "one has no byte", Pool({f"a{end}": b"", **dict([*two.items()][1:])}, kept(written, OTHER))
    yield "one has no record", Pool({f"a{end}": written.write([]), f"b{end}": b}, kept(written, OTHER))
    beside = {"README.md": b"# a", "LICENSE": b"free", "dataset_infos.json": b"{}"}
    yield "a README beside", Pool({**two, **beside}, both, left_out=frozenset(beside))
    yield "packed by another program", Pool({**two, f"c{end}.xz": b"x"}, both, left_out=frozenset({f"c{end}.xz"}))
    yield (
        "hidden",
        Pool({f"a{end}": a, f"_b{end}": b, f".c{end}": b}, first, left_out=frozenset({f"_b{end}", f".c{end}"})),
    )
    yield "folders in folders", Pool({f"a{end}": a, f"x/y/z/b{end}": b}, both)
    keyed = [{**record, "lang": lang} for lang, part in (("01", ONE), ("de", OTHER)) for record in kept(written, part)]
    yield "folders that name values", Pool({f"lang=01/a{end}": a, f"lang=de/b{end}": b}, keyed)
    for odd in ("pool[1]", "{a,b}", "a b%20c#d", "ü=", "_a", "a:b", "a*b?"):
        name = odd + end
        yield f"named {odd}", Pool({name: a}, first, path=name)
    yield "a link", Pool({f"deep/a{end}": a}, first, path=f"link{end}", links={f"link{end}": f"deep/a{end}"})
    yield "a glob", Pool({**two, f"c{end}": a}, both, path=f"[ab]*{end}")
    yield "a name that says nothing", Pool({"pool": a}, first, path="pool", format=written.format)
    yield "an ending in capitals", Pool({f"A{end}".upper(): a}, first)
    if written.format != "text":
        other = [{"text": "x", "id": "c", "more": "m"}]
        yield "other columns", Pool({**two, f"c{end}": written.write(other)}, both + kept(written, other))


def broken(written: Written) -> Iterator[tuple[str, Pool]]:
    """Files that are not what their names say: never fewer records than there are without a word."""
    name, whole = f"a{written.ending}", written.write(RECORDS)
    if written.format == "text" and not written.is_packed:
        return
    yield "something else", Pool({name: b"\x00\xff\x13 no data \xfe" * 40}, ".")
    if written.is_text and written.format != "json":
        yield "cut", Pool({name: whole[:-14]}, [*kept(written, RECORDS[:-1]), REJECTED])
    else:
        yield "cut", Pool({name: whole[: len(whole) * 2 // 3]}, ".")
    if written.is_packed:
        yield "one is not packed", Pool({f"b{written.ending}": written.write(OTHER), name: b"id,text\n1,2\n"}, ".")


def encodings(written: Written) -> Iterator[tuple[str, Pool]]:
    """Texts as editors and other systems leave them."""
    if not written.is_text:
        return
    name, whole = f"a{written.ending}", written.write(RECORDS)
    expected = kept(written, RECORDS)
    yield "a mark first", Pool({name: b"\xef\xbb\xbf" + whole}, expected)
    yield "carriage returns", Pool({name: whole.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")}, expected)
    yield "no end of the last line", Pool({name: whole.rstrip()}, expected)
    yield "UTF-16", Pool({name: whole.decode().encode("utf-16")}, r"UTF-16; set input.options.encoding=UTF-16")
    if written.format != "text":
        yield "blank lines", Pool({name: b"\n" + whole.replace(b"\n", b"\n\n") + b"\n\n"}, expected)


def values(written: Written) -> Iterator[tuple[str, Pool]]:
    """More than text, in formats that know more."""
    if written.format in ("jsonl", "json", "parquet", "orc", "arrow"):
        yield "numbers, lists, structs", of(written, VALUES)


ODDITIES: dict[str, tuple[Callable[[Written], Iterator[tuple[str, Pool]]], ...]] = {
    **dict.fromkeys(PLAIN, (texts, places, encodings, values, broken)),
    "escaped JSON lines": (texts,),
    "JSON lines named json": (encodings, broken),
    "JSON array": (texts, encodings, values, broken),
    "pretty JSON": (encodings, values, broken),
    "ORC": (texts, values, broken),
    "TSV": (texts, broken),
    "Feather": (values, broken),
    **dict.fromkeys(PACKED, (broken,)),
    **dict.fromkeys(PARQUETS, (values,)),
}


def kept(written: Written, records: list[Record]) -> list[Record]:
    """The records as the format holds them."""
    return [written.kept(record) for record in records]


def of(written: Written, records: list[Record]) -> Pool:
    """A pool of one file."""
    return Pool({f"a{written.ending}": written.write(records)}, kept(written, records))


MATRIX = {name: dict(row for oddities in ODDITIES[name] for row in oddities(WRITTEN[name])) for name in WRITTEN}
for name, written in PACKED.items():
    pack, whole = PACKERS[Path(written.ending).suffix], PLAIN[name.partition(" as ")[0]].write(RECORDS)
    parts = pack(whole[:40]) + pack(whole[40:])
    MATRIX[name] |= {
        "plain": of(written, RECORDS),
        "in parts": Pool({f"a{written.ending}": parts}, kept(written, RECORDS)),
    }


def outcome(spark: SparkSession, folder: Path, pool: Pool) -> tuple[list[Any] | str, set[str]]:
    """The records that come out, or the refusal; the files that are named as left alone."""
    fill(folder, pool.files)
    for name, target in pool.links.items():
        (folder / name).symlink_to(folder / target)
    try:
        rows, origin = read_with_origin(spark, Place(path=str(folder / pool.path), format=pool.format))
        found = [row.asDict(recursive=True) for row in rows.collect()]
    except Exception as error:
        said = error if isinstance(error, UserError) else user_error(error, "the pool")
        if said is None:
            raise
        return str(said), set()
    return [REJECTED if row.pop(schema.CORRUPT, None) else row for row in found], set(origin.left_out)


def comparable(records: list[Any]) -> list[str]:
    """Records without what is null, in one order."""
    return sorted(
        repr(sorted((name, value) for name, value in record.items() if value is not None)) for record in records
    )


@pytest.mark.parametrize("name", MATRIX)
def test_what_was_written_is_read_or_refused(spark: SparkSession, tmp_path: Path, name: str) -> None:
    pools = MATRIX[name]
    folders = [tmp_path / str(number) for number in range(len(pools))]
    with ThreadPoolExecutor(4) as threads:
        outcomes = [*threads.map(lambda folder, pool: outcome(spark, folder, pool), folders, pools.values())]
    wrong = {}
    for (oddity, pool), (found, left_out) in zip(pools.items(), outcomes, strict=True):
        if isinstance(pool.expected, str):
            is_right = isinstance(found, str) and "\n" not in found and re.search(pool.expected, found) is not None
        else:
            is_right = isinstance(found, list) and comparable(found) == comparable(pool.expected)
        if not is_right or not pool.left_out <= left_out:
            wrong[oddity] = (found, pool.expected, left_out)
    assert wrong == {}


def test_the_matrix_is_large() -> None:
    assert sum(map(len, MATRIX.values())) >= 150
