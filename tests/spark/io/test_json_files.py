"""JSON of every kind through Spark: every record once, as it stands, or refused with the line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from zip_pipeline import schema
from zip_pipeline.config import Input
from zip_pipeline.errors import InputError
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.io import json_files, whole_files
from zip_pipeline.spark.io.folders import Plan
from zip_pipeline.spark.io.json_files import load
from zip_pipeline.spark.io.reader import read


def records(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [{"id": number, "text": f"text of {number}\n"} for number in range(first, first + count)]


def as_lines(some: list[dict[str, Any]], end: str = "\n") -> str:
    return "".join(json.dumps(record) + end for record in some)


def found(spark: SparkSession, path: Path, **place: Any) -> list[dict[str, Any]]:
    """The rows at a path, by id."""
    rows = [row.asDict(recursive=True) for row in read(spark, Input(path=str(path), **place)).collect()]
    return sorted(rows, key=lambda row: str(row.get("id")).rjust(9))


LAYOUTS = {
    "lines": ("a.jsonl", as_lines(records(6))),
    "a mark, blank lines, carriage returns": ("a.jsonl", "\ufeff\n" + as_lines(records(6), "\r\n\r\n")),
    "lines under the name of arrays": ("a.json", as_lines(records(6))),
    "pretty": ("a.json", "\n".join(json.dumps(record, indent=2) for record in records(6))),
    "pretty lines": ("a.jsonl", "\n".join(json.dumps(record, indent=2) for record in records(6))),
    "an array": ("a.json", json.dumps(records(6))),
    "an array of lines": ("a.json", json.dumps(records(6), indent=0)),
    "two arrays": ("a.json", json.dumps(records(4)) + json.dumps(records(2, 4))),
    "glued": ("a.jsonl", as_lines(records(3), "") + "\n" + as_lines(records(3, 3), " ")),
    "arrays in lines": ("a.jsonl", json.dumps(records(4)) + "\n" + json.dumps(records(2, 4))),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_record_once(spark: SparkSession, tmp_path: Path, layout: str) -> None:
    name, content = LAYOUTS[layout]
    (tmp_path / name).write_text(content, newline="")
    place = {"options": {"multiLine": True}} if layout == "pretty lines" else {}
    assert found(spark, tmp_path / name, **place) == records(6)


def test_a_glob_of_packed_files_of_lines(spark: SparkSession, tmp_path: Path) -> None:
    for number in range(2):
        content = as_lines(records(3, 3 * number)).encode()
        (tmp_path / f"c4-train.0000{number}.json.gz").write_bytes(gzip.compress(content))
    (tmp_path / "c4-validation.json").write_text(as_lines(records(1, 100)))
    assert found(spark, tmp_path / "c4-train.*.json.gz") == records(6)


def test_what_is_no_record_is_kept_with_its_reason(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "pool.jsonl"
    path.write_text('{"id": 1, "text": "a"}\n{"id": 2, "te\n{"id": 3, "text": "\\ud83d"}\n')
    reasons = {row["id"]: row[schema.CORRUPT] for row in found(spark, path, where="id < 3")}
    assert reasons[1] is None
    rows = [row[schema.CORRUPT] for row in found(spark, path) if row["id"] is None]
    assert sorted(row["reason"] for row in rows) == [
        "malformed JSON: unterminated string",
        "text that UTF-8 cannot hold: half of a surrogate pair",
    ]


def test_values_of_several_types_stay_as_they_are(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "pool.jsonl"
    values = ["5", 5, ["a"], {"a": 1}, True, None, {"City": 1, "city": 2}, {}]
    path.write_text(as_lines([{"id": number, "meta": value} for number, value in enumerate(values)]))
    rows = read(spark, Input(path=str(path)))
    assert rows.schema["meta"].metadata == {schema.IS_JSON: True}
    held = [row["meta"] for row in rows.orderBy("id").collect()]
    assert [None if text is None else json.loads(text) for text in held] == values
    _, notes = load(spark, Plan([f"file://{path}"], {}), by_line=True)
    assert notes == ("column meta: its values are of several types, and stay JSON text",)


def test_ids_and_sources_may_be_numbers_and_text(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "pool.jsonl"
    path.write_text(as_lines([{"id": 7, "text": "x", "source": 1}, {"id": "007", "text": "x", "source": "a"}]))
    rows = open_corpus(spark, Input(path=str(path))).rows.orderBy("id").collect()
    assert [(row["id"], row[schema.ID], row["source"]) for row in rows] == [("007", "007", "a"), ("7", "7", "1")]


def test_an_id_in_a_column_of_json_text_loses_its_quotes(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "pool.jsonl"
    path.write_text(as_lines([{"id": one, "text": "x"} for one in ('a"b', 5, ["c"])]))
    rows = open_corpus(spark, Input(path=str(path))).rows.collect()
    assert sorted(row[schema.ID] for row in rows) == ["5", '["c"]', 'a"b']


def test_odd_names_and_the_names_of_spark(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "pool.jsonl"
    record = {"": 1, "_corrupt_record": "mine", "a.b": "x", "text": "t", "value": 2, "x`y": None}
    path.write_text(as_lines([record]))
    assert found(spark, path) == [record]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b'[{"id": 1},\n{"id": 2', r"a\.json: line 2: malformed JSON: expecting ',' delimiter"),
        ("a.json", json.dumps(records(1)).encode("utf-16"), "found UTF-16; set input.options.encoding=UTF-16"),
        ("a.jsonl", as_lines(records(2)).encode("utf-16"), "found UTF-16; set input.options.encoding=UTF-16"),
        ("a.jsonl", b"\n\n", "no record in it"),
        ("a.json", b"[]", "no record in it"),
    ],
)
def test_what_is_refused(spark: SparkSession, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read(spark, Input(path=str(tmp_path / name)))
    assert "\n" not in str(caught.value)


def test_another_encoding(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(as_lines(records(3)), encoding="utf-16")
    assert found(spark, tmp_path / "a.jsonl", options={"encoding": "UTF-16"}) == records(3)


def test_an_option_that_only_sparks_reader_knows(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 1, "text": "a"} // a comment\n{"id": 2, "te\n')
    rows = found(spark, tmp_path / "a.jsonl", options={"allowComments": True})
    assert [row["id"] for row in rows] == [1, None]
    assert rows[1][schema.CORRUPT] == {"line": '{"id": 2, "te', "reason": "no record of JSON, as Spark reads it"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_folders_that_name_values(spark: SparkSession, tmp_path: Path, name: str) -> None:
    for key in ("00", "01"):
        (tmp_path / f"source={key}").mkdir()
        content = as_lines(records(1, int(key)))
        (tmp_path / f"source={key}" / name).write_text(content if name.endswith("l") else f"[{content}]")
    expected = [{**record, "source": key} for record, key in zip(records(2), ("00", "01"), strict=True)]
    assert found(spark, tmp_path) == expected


def test_spark_reads_what_the_tasks_read(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of one record each, in columns of one type each, are left to Spark's reader, which is faster."""
    texts = [
        "",
        " a\t",
        'say "no"\\',
        "a\r\nb\nc",
        "\u2028\x7f\x01",
        "日😀\ufeff",
        "null",
        "2024-01-02",
        "1e5",
        "x" * 70_000,
    ]
    whole, floats = [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)], [0.1, -0.0, 5e-324, 1e15, 123456.789e3, -1.5]
    some = [
        {
            "id": number,
            "text": text,
            "n": whole[number % 5],
            "f": floats[number % 6],
            "b": [True, None, False][number % 3],
            "s": {"x.y": [{"": text}, {}, None][number % 3], "l": [[text], []][number % 2], "t": None},
            **({"sometimes `": text} if number % 2 else {}),
        }
        for number, text in enumerate(texts)
    ]
    (tmp_path / "lang=01").mkdir()
    (tmp_path / "lang=01" / "a.jsonl").write_text(as_lines(some))
    (tmp_path / "lang=01" / "b.jsonl").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in some))
    calls: list[Any] = []
    run = whole_files.run
    monkeypatch.setattr(whole_files, "run", lambda *given: calls.append(given) or run(*given))
    by_spark = found(spark, tmp_path)
    assert len(calls) == 1, "to look at the records, not to read them"
    monkeypatch.setattr(json_files, "_has_one_type_each", lambda _: False)
    assert found(spark, tmp_path) == by_spark
    assert len(calls) == 3
    expected = [{**one, "lang": "01"} for one in some for _ in range(2)]
    assert [(row["text"], row["n"], row["f"], row["b"]) for row in by_spark] == [
        (one["text"], one["n"], one["f"], one["b"]) for one in expected
    ]
