"""The Arrow way of each dialect gives the payloads of the row way, or leaves a row to it."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.records.dialects import PREFERENCES, registry
from zip_pipeline.records.render import content
from zip_pipeline.records.render_arrow import visible
from zip_pipeline.records.turns import BadRecordError

texts = st.text(st.characters(codec="utf-8"), max_size=20)
blanks = st.sampled_from(["", " ", "\n\t", "\u00a0", "\u2003", "\x1c"])
words = st.none() | texts | blanks | st.just("plain")
said = words | st.sampled_from(["[1]", '[{"type": "text", "text": "part"}]', '[{"type": "x"}]', '["type"'])
roles = st.none() | st.sampled_from(["human", "gpt", "user", "system", "developer", "tools", "", "ünüsual"])
calls = st.none() | st.lists(st.none() | st.fixed_dictionaries({"name": words, "arguments": words}), max_size=2)


def chats(role: str, text: str) -> st.SearchStrategy[Any]:
    plain = st.fixed_dictionaries({role: roles, text: said})
    turn = st.none() | plain | st.fixed_dictionaries({role: roles, text: said, "reasoning": words, "tool_calls": calls})
    return st.none() | st.lists(turn, max_size=4)


def chat_type(role: str, text: str) -> pa.DataType:
    call = pa.struct([("name", pa.string()), ("arguments", pa.string())])
    beside = [("reasoning", pa.string()), ("tool_calls", pa.list_(call)), ("function_call", pa.null())]
    return pa.list_(pa.struct([("extra", pa.int64()), (role, pa.string()), (text, pa.string()), *beside]))


COLUMNS = {
    "sharegpt": {"conversations": (chats("from", "value"), chat_type("from", "value"))},
    "messages": {"messages": (chats("role", "content"), chat_type("role", "content"))},
    "alpaca": {name: (words, pa.string()) for name in ("instruction", "input", "output")},
    "text": {"text": (words, pa.string())},
    "preference": {name: (words, pa.string()) for name in ("prompt", "chosen", "rejected")},
}


def row_by_row(dialect: str, row: dict[str, Any], preference: str = "both") -> tuple[bytes | None, bytes | None]:
    """The payload, and what is compared where that is something else."""
    try:
        turns = registry(preference=preference)[dialect].turns(row)
        payload = content(turns)
    except BadRecordError:
        return None, None
    try:
        others = content(turn for turn in turns if turn[0] not in ("system", "developer", "tools"))
    except BadRecordError:
        return payload, None
    return payload, None if others == payload else others


def is_plain(row: dict[str, Any]) -> bool:
    """Whether the row has nothing that is left to the row way."""
    turns = [turn for value in row.values() if isinstance(value, list) for turn in value if turn]
    beside = any(turn.get("reasoning") or turn.get("tool_calls") for turn in turns)
    return not beside and "type" not in str(turns)


@pytest.mark.parametrize("dialect", sorted(COLUMNS))
@given(data=st.data(), preference=st.sampled_from(PREFERENCES))
def test_equals_row_by_row(dialect: str, data: st.DataObject, preference: str) -> None:
    columns = COLUMNS[dialect]
    rows = data.draw(st.lists(st.fixed_dictionaries({name: values for name, (values, _) in columns.items()})))
    schema = pa.schema([(name, kind) for name, (_, kind) in columns.items()])
    cut = data.draw(st.integers(0, len(rows)))
    batch = pa.RecordBatch.from_pylist(rows, schema=schema).slice(cut)  # offsets that do not start at 0
    how = registry(preference=preference)[dialect]
    found = how.payloads(batch)
    expected = [row_by_row(dialect, row, preference) for row in rows[cut:]]
    for payload, (slowly, _), row in zip(found.to_pylist(), expected, rows[cut:], strict=True):
        assert payload is None or payload == slowly
        if slowly is not None and is_plain(row):
            assert payload is not None, "what is plain must not be left to the slow way"
    plain = found.is_valid()
    compared = pa.array([others for _, others in expected], pa.binary()).filter(plain)
    assert how.compared(batch.filter(plain)).to_pylist() == compared.to_pylist()


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


def test_blank_is_what_pythons_strip_removes() -> None:
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    assert visible(pa.array(characters)).tolist() == [bool(character.strip()) for character in characters]
