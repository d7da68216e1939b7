"""CSV read as it was written, row by row."""

import csv
import doctest
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.strategies import texts
from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.tasks.reading import csv_records
from zip_pipeline.tasks.reading.csv_records import CsvReader
from zip_pipeline.tasks.reading.files import Files
from zip_pipeline.tasks.reading.json_records import Rejected

cells = st.one_of(texts, st.text('"\n\r,;\t\\ a', max_size=6), st.sampled_from(["007", "1.50", "NaN", "null", "true"]))
tables = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=4)
)
NAMES = ("id", "text", "source")
UNQUOTED = "new-line character seen in unquoted field"


def rows_of(text: str, names: tuple[str, ...] = NAMES, delimiter: str = ",") -> list[Any]:
    return [row for _, row in numbered(text, names, delimiter)]


def numbered(text: str, names: tuple[str, ...] = NAMES, delimiter: str = ",") -> list[tuple[int, Any]]:
    return [*CsvReader(Files(), delimiter, names).rows_of(io.StringIO(text, newline="\n"), "pool.csv")]


def with_nulls(table: list[list[str]]) -> list[list[str | None]]:
    return [[cell or None for cell in row] for row in table]


@given(
    tables,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(",\t;"),
)
def test_what_pythons_writer_wrote(table: list[list[str]], end: str, quoting: int, delimiter: str) -> None:
    names = NAMES[: len(table[0])]
    text = io.StringIO(newline="")
    quoting = quoting if end == "\r\n" else csv.QUOTE_ALL  # else it leaves a carriage return without quotes
    csv.writer(text, lineterminator=end, quoting=quoting, delimiter=delimiter).writerows([names, *table])
    assert rows_of(text.getvalue(), names, delimiter) == with_nulls(table)


@given(tables)
def test_what_pandas_wrote(table: list[list[str]]) -> None:
    names = NAMES[: len(table[0])]
    text = pd.DataFrame(table, columns=[*names]).to_csv(index=False, lineterminator="\r\n")
    assert rows_of(text, names) == with_nulls(table)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("text,id\nb,1\n", [["1", "b", None]]),
        ("id,text\n1\n2,b,c\n3,d\n", ["expected 2 cells, found 1", "expected 2 cells, found 3", ["3", "d", None]]),
        ('id,text\n1,"b"c\n2,d\n', ["',' expected after '\"'", ["2", "d", None]]),
        ("id,text\n\n1,b\n\n", [["1", "b", None]]),
        ('id,text\n1,a\rb\n2,"a\rb"\r\n', [UNQUOTED, ["2", "a\rb", None]]),
        ('id,text\n1,5" wide\n', [["1", '5" wide', None]]),
        ("", []),
    ],
)
def test_rows(text: str, rows: list[Any]) -> None:
    found = [row.reason.removeprefix("malformed CSV: ") if isinstance(row, Rejected) else row for row in rows_of(text)]
    assert found == rows


def test_a_row_that_is_rejected_is_shown_with_all_its_lines() -> None:
    (row,) = rows_of('id,text\n1,"a\nb",c\n')
    assert row == Rejected('1,"a\nb",c\n', "malformed CSV: expected 2 cells, found 3")


@given(tables)
def test_each_row_has_the_number_of_its_first_line(table: list[list[str]]) -> None:
    names, text = NAMES[: len(table[0])], io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    lines = []
    for row in table:
        text.write("\n")  # a blank line
        lines.append(text.getvalue().count("\n") + 1)
        writer.writerow([*row, *(["more"] if len(lines) % 2 else [])])  # every other row is none
    found = numbered(text.getvalue(), names)
    assert [line for line, _ in found] == lines
    assert [isinstance(row, Rejected) for _, row in found] == [number % 2 == 0 for number in range(len(table))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('id,text\n1,a\n2,"b\n3,c\n', "pool.csv: line 3: malformed CSV: a quote that is never closed"),
        ("id,text,id\n1,a,2\n", "pool.csv: column id stands twice in the header"),
        ('"id"x,text\n', "pool.csv: line 1: malformed CSV"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        rows_of(text)
    assert message in str(caught.value)


def test_files_with_other_columns_each(tmp_path: Path) -> None:
    contents = {"a.csv": ",id\n0,007\n", "b.csv": "id,text\n8\n9,x\n", "c.csv": ""}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    paths = pa.array([str(tmp_path / name) for name in contents])
    batch = pa.RecordBatch.from_arrays([paths, pa.array(["u", "v", "w"])], ["path", "k"])
    headers = [
        json.loads(row["names"]) for part in CsvReader(Files(), ",").headers([batch]) for row in part.to_pylist()
    ]
    assert headers == [["_c0", "id"], ["id", "text"]]
    reader = CsvReader(Files(), ",", ("_c0", "id", "text"), ("k",))
    rows = [row for part in reader.read([batch]) for row in part.to_pylist()]
    assert [(row["_c0"], row["id"], row["text"], row["k"]) for row in rows] == [
        ("0", "007", None, "u"),
        (None, None, None, "v"),
        (None, "9", "x", "v"),
    ]
    reason = "malformed CSV: expected 2 cells, found 1"
    assert [row[schema.CORRUPT] for row in rows] == [None, {"line": "8\n", "reason": reason}, None]


def test_examples() -> None:
    assert doctest.testmod(csv_records).failed == 0
