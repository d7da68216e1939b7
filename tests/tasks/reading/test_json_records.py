"""Texts of JSON read into rows: the fast way reads what the slow one reads, and no record is lost."""

import json
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.strategies import json_records
from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.tasks.reading import json_records as reading
from zip_pipeline.tasks.reading.json_records import JsonReader, Rejected, records_of, survey
from zip_pipeline.tasks.reading.json_types import columns_of

TWO = '{"a": 1}{"a": 2}'

odd_texts = st.sampled_from(
    [
        "",
        " \t",
        "\ufeff",
        "5",
        "null",
        "[]",
        TWO,
        '[{"id": 1}, {"id": "x"}]',
        '{"id": 1} and more',
        '{"id": 1',
        '"id": 1}',
        '{"id": {"a":',
        '{"b": 1}}',
        ' {"id": 1}',
        '{"id": 1, "id": 2}',
        r'{"text": "\ud83d"}',
        '{"text": "tab\there"}',
        '{"id": 1e400}',
        '{"id": 18446744073709551615}',
        '{"id": NaN}',
        '{"id": [null, null]}',
        '{"id": [[null], []]}',
        "{'id': 1}",
    ]
)


def texts_of(*texts: str | bytes) -> pa.RecordBatch:
    raw = pa.array([text if isinstance(text, bytes) else text.encode() for text in texts], pa.binary())
    return pa.RecordBatch.from_arrays([raw.view(pa.string()), pa.array([f"of {n}" for n in range(len(texts))])], "tk")


def read(*batches: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of texts, as a run reads them: a survey, then the records."""
    (found,) = survey(batches)
    (row,) = found.to_pylist()
    reader = JsonReader(tuple(columns_of(json.loads(row["types"]))), ("key",), rejects=True)
    rows = [row for batch in reader.read(batches) for row in batch.to_pylist()]
    assert row["rejects"] == any(row[schema.CORRUPT] for row in rows)
    return rows


def types_of(batches: list[pa.RecordBatch]) -> list[tuple[str, bool]]:
    """What a survey finds, but for the way that it took."""
    return [(row["types"], row["rejects"]) for found in survey(batches) for row in found.to_pylist()]


@given(st.lists(st.one_of(json_records.map(json.dumps), odd_texts), min_size=1, max_size=5))
def test_the_fast_way_reads_what_the_slow_one_reads(texts: list[str]) -> None:
    batches = [texts_of(*texts), texts_of(*texts[::2])]
    fast = types_of(batches), repr(read(*batches))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_arrow_table", lambda *_: None)
        assert (types_of(batches), repr(read(*batches))) == fast


@given(st.lists(json_records, min_size=1, max_size=5))
def test_records_of_one_type_each_take_the_fast_way(records: list[dict[str, Any]]) -> None:
    plain = [{"id": number, "text": repr(record), "turns": [{"x": None}]} for number, record in enumerate(records)]
    texts = texts_of(*map(json.dumps, plain))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "records_of", None)
        rows = read(texts)
    assert [{name: row[name] for name in ("id", "text", "turns")} for row in rows] == plain


@given(st.lists(st.lists(json_records, max_size=3), max_size=4), st.booleans())
def test_no_record_is_lost(lines: list[list[dict[str, Any]]], as_list: bool) -> None:
    written = [json.dumps(line) if as_list else " ".join(map(json.dumps, line)) for line in lines]
    batch = texts_of(*written, *written)
    found = [(origin, record) for origin, record in records_of(batch.column(0)) if not isinstance(record, Rejected)]
    assert found == [(number, record) for number, line in enumerate(lines * 2) for record in line]
    assert len(read(batch)) == 2 * sum(map(len, lines))


@pytest.mark.parametrize(
    ("text", "read", "rejected", "reason"),
    [
        (TWO, 2, None, None),
        (f"[{TWO.replace('}{', '},{')}] {TWO}", 4, None, None),
        ('{"a": 1} and more', 1, "and more", "malformed JSON: expecting value"),
        ('[{"a": 1}', 1, '[{"a": 1}', "malformed JSON: expected , or ] after an element of the array"),
        ('{"a": 1} 5', 1, "5", "expected a JSON object, found a number"),
        ("\ufeff{", 0, "{", "malformed JSON: expecting property name enclosed in double quotes"),
        (b'{"a": "\xff"}', 0, r'{"a": "\xff"}', "not UTF-8: invalid start byte at byte 8"),
        ('{\0"\0a\0', 0, '{\0"\0a\0', "bytes that are 0, which no text has: is it UTF-16?"),
        (r'{"a": "\ud800"}', 0, r'{"a": "\ud800"}', "text that UTF-8 cannot hold: half of a surrogate pair"),
        ('{"a":' * 50_000, 0, '{"a":' * 50_000, "malformed JSON: nested too deep"),
    ],
)
def test_a_line_with_another_number_of_records_than_one(
    text: str | bytes, read: int, rejected: str | None, reason: str | None
) -> None:
    found = [record for _, record in records_of(texts_of(text).column(0))]
    if rejected is not None:
        assert found.pop() == Rejected(rejected, str(reason))
    assert len(found) == read
    assert not any(isinstance(record, Rejected) for record in found)


@pytest.mark.parametrize("text", ["null", '{"a":' + "[" * 20_000 + "]" * 20_000 + "}"])
def test_what_would_crash_the_fast_way_does_not_reach_it(text: str) -> None:
    (row,) = read(texts_of(text))
    assert row[schema.CORRUPT]["line"] == text


def test_lines_of_two_batches_may_have_different_columns() -> None:
    rows = read(texts_of('{"a": 1}', '{"b": [1]}'), texts_of('{"a": 0.5, "b": [0.5]}', '{"a": "x"'))
    assert [(row["a"], row["b"], row["key"]) for row in rows] == [
        (1.0, None, "of 0"),
        (None, [1.0], "of 1"),
        (0.5, [0.5], "of 0"),
        (None, None, "of 1"),
    ]
    assert [row[schema.CORRUPT] is None for row in rows] == [True, True, True, False]


def test_utf_16_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"found UTF-16; set input\.options\.encoding=UTF-16"):
        read(texts_of('{"a": 1}', "{}".encode("utf-16")))


def test_an_object_that_holds_all_records_is_refused() -> None:
    with pytest.raises(InputError, match="more than 5000 keys"):
        read(texts_of(json.dumps({str(number): {"text": "x"} for number in range(5001)})))


@given(st.lists(json_records.filter(bool), min_size=1, max_size=5), st.booleans())
def test_what_pandas_wrote(records: list[dict[str, Any]], ascii_only: bool) -> None:
    """The lines are what was written: pandas rounds some floats up to numbers that no float holds, which are refused."""
    try:
        text = pd.DataFrame(records).to_json(orient="records", lines=True, force_ascii=ascii_only)
    except OverflowError:
        return
    lines = text.removesuffix("\n").split("\n")  # Python knows more line breaks than there are in JSON lines
    found = [record for _, record in records_of(texts_of(*lines).column(0))]
    for line, record in zip(lines, found, strict=True):
        is_refused = isinstance(record, Rejected) and record.reason.startswith("a number that is too large")
        assert record == json.loads(line) or (is_refused and "Infinity" in json.dumps(json.loads(line)))
    assert len(read(texts_of(*lines))) == len(records)


@pytest.mark.parametrize(
    ("texts", "plain"),
    [
        (['{"a": 1}', '{"a": null, "b": [{"c": "x"}]}'], True),
        (['{"a": 1}', ' {"a": 1}'], False),
        ([TWO], False),
        (['{"a": 1}', '{"a": "x"}'], False),
        (['{"a": 1}', "{"], False),
        ([str({"a": 10**20}).replace("'", '"')], False),
        (['{"a": 1, "a": 2}'], False),
    ],
)
def test_texts_are_plain_where_each_is_a_record_that_the_fast_way_reads(texts: list[str], plain: bool) -> None:
    (found,) = survey([texts_of(*texts)])
    assert found.column("plain").to_pylist() == [plain]
