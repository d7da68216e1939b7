"""Scoring of Arrow batches, without Spark."""

import hashlib
import zlib

import pyarrow as pa
import pytest

from support.scoring import batch, scored_rows, scorer
from zip_pipeline import schema
from zip_pipeline.codecs import zlib_record_sizes
from zip_pipeline.codecs.base import Build
from zip_pipeline.codecs.zlib_codec import record_sizes_of
from zip_pipeline.errors import CodecMismatchError
from zip_pipeline.records.dialects import registry
from zip_pipeline.tasks.score import Scorer, with_column_names


def test_scores() -> None:
    rows = batch({"id": 1, "text": "hello hello hello", "source": "s", schema.ID: "1"})
    (scored,) = scored_rows(scorer(), rows)
    payload = b"hello hello hello"
    compressed = len(zlib.compress(payload, 9))
    assert scored == {
        "id": "1",
        "source": "s",
        "raw_bytes": 17,
        "compressed_bytes": compressed,
        "ratio": 17 / compressed,
        "payload": payload,
        "compared": None,
        "reason": None,
        "row": None,
        "file": None,
        "line": None,
    }


def test_a_task_sees_the_names_of_the_columns() -> None:
    """Spark calls them c0, c1, ..., as it fails on some names."""
    rows = batch({"a.b": "1", "`": "x"})
    task = with_column_names(iter, rows.schema.names)
    assert list(task([rows.rename_columns([f"c{number}" for number in range(rows.num_columns)])])) == [rows]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_the_kernel_makes_no_difference(kind: pa.DataType, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {
            "id": n,
            "text": None if n % 7 == 0 else f"line {n} " * (n % 150),
            "source": None if n % 5 == 0 else "s",
            schema.ID: str(n),
        }
        for n in range(300)
    ]
    given = batch(*rows)
    plain = scored_rows(scorer(), given.slice(0, 101), given.slice(101))
    monkeypatch.setattr(zlib_record_sizes, "LOADING_PAYS", 0)
    monkeypatch.setattr(zlib_record_sizes, "COMPILING_PAYS", 0)
    how = scorer()
    names = ("source", schema.ID)  # large texts would be rendered one by one
    fields = [field.with_type(kind) if field.name in names else field for field in given.schema]
    cast = given.cast(pa.schema(fields))
    assert scored_rows(how, cast.slice(0, 101), cast.slice(101)) == plain
    assert record_sizes_of(how.codec).has_kernel


def test_sizes_include_the_framing() -> None:
    (scored,) = scored_rows(scorer(render_name="repr"), batch({"id": 1, "text": "hi", schema.ID: "1"}))
    assert scored["payload"] == b"{'id': 1, 'text': 'hi'}"
    assert scored["raw_bytes"] == len(b"[{'id': 1, 'text': 'hi'}]")


def test_rejected_rows_say_why_and_what() -> None:
    rows = batch({"id": 1, "text": None, schema.ID: "1"}, {"id": 2, "text": " ", schema.ID: "2"}, {"text": "x"})
    scored = scored_rows(scorer(), rows)
    assert [row["reason"] for row in scored] == ["text: null", "no text", "id: null"]
    assert scored[1]["row"] == '{"id": 2, "text": " ", "source": null}'
    assert all(row["payload"] is None for row in scored)


def test_lines_that_the_reader_could_not_read() -> None:
    row = {
        "id": None,
        "text": None,
        "source": None,
        schema.ID: None,
        schema.CORRUPT: {"line": '{"id": 1, "te', "reason": "cut"},
    }
    rejected = {"id": None, "reason": "cut", "row": '{"id": 1, "te', "file": None, "line": None}
    assert scorer().score(row) == rejected
    place = {schema.FILE: "file:///pool.jsonl", schema.LINE: 7}
    assert scorer().score(row | place) == rejected | {"file": "file:///pool.jsonl", "line": 7}


def test_a_column_of_json_text_is_read_as_the_values_that_it_holds() -> None:
    texts = {"1": '"say \\"hi\\""', "2": "5", "3": None, "4": '["a"]'}
    rows = batch(*({"id": number, "text": text, schema.ID: number} for number, text in texts.items()))
    scored = scored_rows(scorer(json_columns=frozenset({"text"})), rows)
    assert [row["payload"] for row in scored] == [b'say "hi"', None, None, None]
    reasons = ["text: expected text, found a number", "text: null", "text: expected text, found a list"]
    assert [row["reason"] for row in scored[1:]] == reasons
    assert scored[3]["row"] == '{"id": "4", "text": ["a"], "source": null}'


def test_without_an_id_column_the_id_is_the_payloads_hash() -> None:
    plain = scorer(columns=("text", "source"), has_id=False)
    rows = pa.RecordBatch.from_pylist([{"text": "hi", "source": "a"}, {"text": "", "source": "a"}])
    (identified,) = plain.identify_batches([rows])
    expected = hashlib.blake2b(b"hi", digest_size=16).hexdigest()
    assert identified.to_pylist() == [
        {"text": "hi", "source": "a", schema.ID: expected},
        {"text": "", "source": "a", schema.ID: None},
    ]
    assert plain.score({"text": "hi", "source": "b"})["id"] == expected


def test_another_compressor_is_refused() -> None:
    other = scorer(build=Build("other", "1.3.1.zlib-ng", 16_500))
    with pytest.raises(CodecMismatchError, match=r"probe 16203 bytes .* expected 16500 \(1.3.1.zlib-ng\)"):
        next(other.score_batches([batch({"text": "x", schema.ID: "1"})]))


@pytest.mark.parametrize("column", ["text", "source", schema.ID])
def test_bytes_that_are_not_utf8_cost_one_record_and_not_the_job(column: str) -> None:
    rows = batch(*[{"id": n, "text": f"text {n}", "source": "s", schema.ID: str(n)} for n in range(3)])
    place = rows.schema.get_field_index(column)
    broken = pa.array([b"one", b"caf\xe9 au lait", b"three"]).view(pa.string())
    scored = scored_rows(scorer(), rows.set_column(place, column, broken))
    reasons = [row["reason"] for row in scored]
    assert [reason is None for reason in reasons] == [True, False, True]
    assert "a value that cannot be read" in reasons[1]


def test_turns_may_be_maps() -> None:
    turns = pa.array([[[("from", "gpt"), ("value", "hi")]]], pa.list_(pa.map_(pa.string(), pa.string())))
    rows = pa.RecordBatch.from_arrays([pa.array(["1"]), turns], names=["id", "conversations"])
    chat = scorer(dialect=registry()["sharegpt"], columns=("id", "conversations"), source_column=None)
    (scored,) = scored_rows(chat, rows.append_column(schema.ID, pa.array(["1"])))
    assert scored["payload"] == b"assistant: hi"


def test_batches_score_as_their_rows_do() -> None:
    rows = [{"id": n, "text": text, "source": source} for n, (text, source) in enumerate(
        [("one", "a"), (None, "a"), ("two", None), (" ", "b"), ("\u2603", "b"), ("three", ""), ("four", "ä")]
    )]  # fmt: skip
    batch = pa.RecordBatch.from_pylist([row | {"zip_id": str(row["id"])} for row in rows])
    scored = scored_rows(scorer(), batch)
    empty = dict.fromkeys(scored[0])
    expected = [empty | scorer().score(row) for row in batch.to_pylist()]
    assert sorted(scored, key=lambda row: row["id"]) == expected


CHATS = [
    [("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello")],
    [("user", "Hi"), ("assistant", "Hello")],
    [("system", "Be kind."), ("user", "\u4f60\u597d")],
    [("system", "Be kind."), ("user", " ")],
    [("developer", "Be kind."), ("tools", "[]"), ("system", "Now.")],
    [("system", " "), ("user", "Hi")],
]


@pytest.mark.parametrize(
    ("on", "compared"),
    [
        ("content", [b"user: Hi\nassistant: Hello", None, "user: \u4f60\u597d".encode(), None, None, b"user: Hi"]),
        ("whole", [None] * 6),
        (None, [None] * 6),
    ],
)
def test_what_is_compared(on: str | None, compared: list[bytes | None]) -> None:
    rows = [
        {"id": number, "messages": [{"role": role, "content": text} for role, text in turns], schema.ID: str(number)}
        for number, turns in enumerate(CHATS)
    ]
    given = pa.RecordBatch.from_pylist(rows)
    changes = {"dialect": registry()["messages"], "columns": ("id", "messages"), "source_column": None, "on": on}
    plain = scorer(**changes)
    assert [row["compared"] for row in scored_rows(plain, given)] == compared
    assert [plain.score(row)["compared"] for row in rows] == compared, "one by one"
    of_dicts = scorer(**changes, render_name="repr")
    expected = [
        b"user: Hi\nassistant: Hello" if number == 1 and on == "content" else text
        for number, text in enumerate(compared)
    ]
    assert [row["compared"] for row in scored_rows(of_dicts, given)] == expected


def test_a_system_prompt_leaves_a_record_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]
    rows = pa.RecordBatch.from_pylist([{"messages": turns, schema.ID: str(number)} for number in range(3)])
    chat = scorer(dialect=registry()["messages"], columns=("messages",), source_column=None, on="content")
    monkeypatch.delattr(Scorer, "score")
    assert [row["compared"] for row in scored_rows(chat, rows)] == [b"user: Hi"] * 3
