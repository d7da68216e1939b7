"""The Arrow way of each dialect gives the payloads of the row way, or leaves a row to it."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.records.dialects import PREFERENCES, BadRecordError, registry
from zip_pipeline.records.render import content

texts = st.text(st.characters(codec="utf-8"), max_size=20)
blanks = st.sampled_from(["", " ", "\n\t", "\u00a0", "\u2003", "\x1c"])
words = st.none() | texts | blanks | st.just("plain")
roles = st.none() | st.sampled_from(["human", "gpt", "user", "system", "", "ünüsual"])


def chats(role: str, text: str) -> st.SearchStrategy[Any]:
    turn = st.none() | st.fixed_dictionaries({role: roles, text: words})
    return st.none() | st.lists(turn, max_size=4)


def chat_type(role: str, text: str) -> pa.DataType:
    return pa.list_(pa.struct([("extra", pa.int64()), (role, pa.string()), (text, pa.string())]))


COLUMNS = {
    "sharegpt": {"conversations": (chats("from", "value"), chat_type("from", "value"))},
    "messages": {"messages": (chats("role", "content"), chat_type("role", "content"))},
    "alpaca": {name: (words, pa.string()) for name in ("instruction", "input", "output")},
    "text": {"text": (words, pa.string())},
    "preference": {name: (words, pa.string()) for name in ("prompt", "chosen", "rejected")},
}


def row_by_row(dialect: str, row: dict[str, Any], preference: str = "both") -> bytes | None:
    try:
        return content(registry(preference=preference)[dialect].turns(row))
    except BadRecordError:
        return None


@pytest.mark.parametrize("dialect", sorted(COLUMNS))
@given(data=st.data(), preference=st.sampled_from(PREFERENCES))
def test_equals_row_by_row(dialect: str, data: st.DataObject, preference: str) -> None:
    columns = COLUMNS[dialect]
    rows = data.draw(st.lists(st.fixed_dictionaries({name: values for name, (values, _) in columns.items()})))
    schema = pa.schema([(name, kind) for name, (_, kind) in columns.items()])
    cut = data.draw(st.integers(0, len(rows)))
    batch = pa.RecordBatch.from_pylist(rows, schema=schema).slice(cut)  # offsets that do not start at 0
    found = registry(preference=preference)[dialect].payloads(batch).to_pylist()
    for payload, row in zip(found, rows[cut:], strict=True):
        expected = row_by_row(dialect, row, preference)
        assert payload is None or payload == expected
        if expected is not None and b"plain" in expected:
            assert payload is not None, "what is plain must not be left to the slow way"


@pytest.mark.parametrize(
    ("dialect", "batch"),
    [
        ("sharegpt", pa.RecordBatch.from_pydict({"conversations": ['[{"from": "human", "value": "x"}]']})),
        ("sharegpt", pa.RecordBatch.from_pydict({"conversations": [[{"role": "user", "content": "x"}]]})),
        ("messages", pa.RecordBatch.from_pydict({"messages": [[{"role": "user", "content": 3}]]})),
        ("alpaca", pa.RecordBatch.from_pydict({"instruction": ["x"], "output": ["y"], "input": [3]})),
        ("text", pa.RecordBatch.from_pydict({"text": [3]})),
        ("preference", pa.RecordBatch.from_pydict({"prompt": [3], "chosen": ["x"], "rejected": ["y"]})),
        ("preference", pa.RecordBatch.from_pydict({"chosen": [[{"role": "user", "content": "x"}]], "rejected": ["y"]})),
    ],
)
def test_other_types_are_left_to_the_slow_way(dialect: str, batch: pa.RecordBatch) -> None:
    assert registry()[dialect].payloads(batch).to_pylist() == [None]


def test_alpaca_without_input() -> None:
    batch = pa.RecordBatch.from_pydict({"instruction": ["x"], "output": ["y"]})
    assert registry()["alpaca"].payloads(batch).to_pylist() == [b"user: x\nassistant: y"]


@pytest.mark.parametrize(
    "more", [{}, {"prompt": pa.array([""])}, {"prompt": pa.nulls(1)}], ids=["no prompt", "empty", "null"]
)
def test_preferences_without_a_prompt(more: dict[str, pa.Array]) -> None:
    batch = pa.RecordBatch.from_pydict({"chosen": pa.array(["x"]), "rejected": pa.array(["y"]), **more})
    for preference, payload in {"both": b"x\ny", "chosen": b"x", "pair": b"x\ny"}.items():
        assert registry(preference=preference)["preference"].payloads(batch).to_pylist() == [payload]
