"""CSV and TSV through Spark: text stays text, and rows are what was written."""

import csv
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from zip_pipeline import schema
from zip_pipeline.config import Input
from zip_pipeline.errors import InputError
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.io.reader import read

ROWS = [
    {"id": "007", "text": 'She said "no",\r\nthen left.', "source": "00"},
    {"id": "1.50", "text": "one\n\nline", "source": "01"},
    {"id": "1e3", "text": "true", "source": None},
]


def write(path: Path, rows: list[dict[str, Any]], **options: Any) -> None:
    with path.open("w", newline="", encoding=options.pop("encoding", "utf-8")) as file:
        writer = csv.DictWriter(file, list(rows[0]), **options)
        writer.writeheader()
        writer.writerows(rows)


def found(spark: SparkSession, path: Path, **place: Any) -> list[dict[str, Any]]:
    rows = [row.asDict(recursive=True) for row in read(spark, Input(path=str(path), **place)).collect()]
    assert all(row.pop(schema.CORRUPT) is None for row in rows)
    return sorted(rows, key=lambda row: str(row["id"]))


@pytest.mark.parametrize(
    ("name", "writing", "place"),
    [
        ("a.csv", {}, {}),
        ("a.csv", {"encoding": "utf-8-sig", "quoting": csv.QUOTE_ALL}, {}),
        ("a.tsv", {"delimiter": "\t"}, {}),
        ("a.csv", {"delimiter": ";", "encoding": "utf-16"}, {"options": {"sep": ";", "encoding": "UTF-16"}}),
    ],
)
def test_rows_are_what_was_written(
    spark: SparkSession, tmp_path: Path, name: str, writing: dict[str, Any], place: dict[str, Any]
) -> None:
    write(tmp_path / name, ROWS, **writing)
    assert found(spark, tmp_path / name, **place) == ROWS


def test_files_of_a_folder_are_read_by_their_own_headers(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "lang=en").mkdir()
    (tmp_path / "lang=en" / "a.csv").write_text("id,text\n1,a\n")
    (tmp_path / "lang=en" / "b.csv").write_text("text,id,n\nb,2,5\n")
    assert found(spark, tmp_path) == [
        {"id": "1", "text": "a", "n": None, "lang": "en"},
        {"id": "2", "text": "b", "n": "5", "lang": "en"},
    ]


def test_a_predicate_may_take_text_for_numbers(spark: SparkSession, tmp_path: Path) -> None:
    rows = [("007", "5.7"), ("8", "12"), ("9", "")]
    write(tmp_path / "a.csv", [{"id": one, "text": "x", "score": score} for one, score in rows])
    kept = found(spark, tmp_path / "a.csv", where="score > 5 and id != '7'")
    assert [(row["id"], row["score"]) for row in kept] == [("007", "5.7"), ("8", "12")]


def test_rows_that_are_none_are_rejected_and_a_predicate_keeps_them(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,a\n2,b,c\n")
    rows = read(spark, Input(path=str(tmp_path / "a.csv"), where="id > 1")).collect()
    reason = "malformed CSV: expected 2 cells, found 3"
    assert [row[schema.CORRUPT].asDict() for row in rows] == [{"line": "2,b,c\n", "reason": reason}]


def test_numbers_where_they_are_wanted(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", [{"id": "1", "text": "x", "score": "0.5"}, {"id": "2", "text": "x", "score": ""}])
    corpus = open_corpus(spark, Input(path=str(tmp_path / "a.csv")))
    assert sorted(row[0] or 0 for row in corpus.rows.select(corpus.numbers("score")).collect()) == [0, 0.5]
    with pytest.raises(Exception, match="column text: expected numbers, found x"):
        corpus.rows.select(corpus.numbers("text")).collect()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'id,text\n1,"a\n', "line 2: malformed CSV: a quote that is never closed"),
        (b"id,text\n1,\xe9\n", "not utf-8: "),
        ("id,text\n".encode("utf-16"), "found UTF-16; set input.options.encoding=UTF-16"),
        (b"id,id\n", "column id stands twice in the header"),
        (b"\n", "no header in it"),
    ],
)
def test_what_is_refused(spark: SparkSession, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(Exception, match=message) as caught:
        read(spark, Input(path=str(tmp_path / "a.csv"))).collect()
    assert isinstance(caught.value, InputError) or "InputError: " in str(caught.value)


def test_an_option_that_only_sparks_reader_knows(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("# made by hand\nid,text\n007,a\n8,b,c\n")
    rows = read(spark, Input(path=str(tmp_path / "a.csv"), options={"comment": "#"})).orderBy("id").collect()
    assert [row["id"] for row in rows] == ["007", "8"]
    assert [row[schema.CORRUPT] is None for row in rows] == [True, False]
