"""The Arrow way of each dialect gives the payloads of the row way, or leaves a row to it."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.records.dialects import registry
from zip_pipeline.records.preference import PREFERENCES
from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.records.render import content
from zip_pipeline.records.render_arrow import visible

texts = st.text(st.characters(codec="utf-8"), max_size=20)
blanks = st.sampled_from(["", " ", "\n\t", "\u00a0", "\u2003", "\x1c"])
words = st.none() | texts | blanks | st.just("plain")
PARTS = ["[1]", '[{"type": "text", "text": "part"}]', '[{"type": "x"}]', '["type"']
TURNS = ['[{"role": "user", "content": "x"}]', '{"from": "gpt", "value": "y"}', '{"role"', "[]", '["from"]']
said = words | st.sampled_from(PARTS)
texts_or_turns = words | st.sampled_from(TURNS)
roles = st.none() | st.sampled_from(["human", "gpt", "user", "system", "developer", "tools", "", "ünüsual"])
calls = st.none() | st.lists(st.none() | st.fixed_dictionaries({"name": words, "arguments": words}), max_size=2)
lists_of_tools = st.none() | st.lists(st.fixed_dictionaries({"name": words}), max_size=2)
histories = st.none() | st.lists(st.lists(words, max_size=3), max_size=2)

Column = tuple[st.SearchStrategy[Any], pa.DataType]
TEXT: Column = (words, pa.string())
TEXT_OR_TURNS: Column = (texts_or_turns, pa.string())
BESIDE: dict[str, list[Column]] = {
    "system": [TEXT, (st.none() | st.booleans(), pa.bool_())],
    "system_prompt": [TEXT],
    "tools": [
        (words | st.sampled_from(["[]", "{}", "null"]), pa.string()),
        (lists_of_tools, pa.list_(pa.struct([("name", pa.string())]))),
    ],
}
"""Columns beside those of a dialect, and the types that they may have."""


def chat(*keys: tuple[str, str]) -> Column:
    """A list of turns that have these keys of role and text."""
    plain = {name: values for role, text in keys for name, values in ((role, roles), (text, said))}
    beside = {"reasoning": words, "tool_calls": calls}
    turn = st.none() | st.fixed_dictionaries(plain) | st.fixed_dictionaries(plain | beside)
    call = pa.struct([("name", pa.string()), ("arguments", pa.string())])
    fields = [("extra", pa.int64()), *[(name, pa.string()) for name in plain], ("reasoning", pa.string())]
    kind = pa.list_(pa.struct([*fields, ("tool_calls", pa.list_(call)), ("function_call", pa.null())]))
    return st.none() | st.lists(turn, max_size=4), kind


CHATS = [chat(("from", "value")), chat(("role", "content")), chat(("role", "content"), ("from", "value"))]
REQUEST = {"system": BESIDE["system"], "history": [(histories, pa.list_(pa.list_(pa.string()))), TEXT]}
COLUMNS: dict[str, dict[str, list[Column]]] = {
    "sharegpt": {"conversations": CHATS, **BESIDE},
    "messages": {"messages": CHATS, **BESIDE},
    "alpaca": {
        "instruction": [TEXT_OR_TURNS],
        "output": [TEXT_OR_TURNS],
        "input": [TEXT, (st.none() | st.integers(0, 9), pa.int64())],
        **REQUEST,
    },
    "prompt_completion": {"prompt": [TEXT_OR_TURNS], "completion": [TEXT_OR_TURNS], **REQUEST},
    "text": {"text": [TEXT_OR_TURNS], **BESIDE},
    "preference": {
        "chosen": [TEXT_OR_TURNS],
        "rejected": [TEXT_OR_TURNS],
        "prompt": [TEXT_OR_TURNS, (st.none(), pa.null())],
        "instruction": [TEXT, (st.none() | st.integers(0, 9), pa.int64())],
        "input": [TEXT],
        **BESIDE,
    },
}
"""By dialect, the columns that its records may have; the first ones must be there."""


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
    turns = row.get("conversations") or row.get("messages") or []
    beside = [turn.get(key) for turn in turns if turn for key in ("reasoning", "tool_calls")]
    of_two = any(turn and {"role", "from"} <= turn.keys() for turn in turns)
    columns = [value for name, value in row.items() if name not in ("conversations", "messages")]
    lists = [value for value in columns if not isinstance(value, str) and value not in (None, [])]
    json = [text for text in ("type", "role", "from") if f'"{text}"' in f"{columns}{[*map(str, turns)]}"]
    return not any(beside) and not of_two and not lists and not json and not row.get("history")


@pytest.mark.parametrize("dialect", sorted(COLUMNS))
@given(data=st.data(), preference=st.sampled_from(PREFERENCES))
def test_equals_row_by_row(dialect: str, data: st.DataObject, preference: str) -> None:
    required = registry()[dialect].columns
    names = data.draw(
        st.sets(st.sampled_from(sorted(COLUMNS[dialect]))).map(
            lambda some: [*required, *sorted(some.difference(required))]
        )
    )
    columns = {name: data.draw(st.sampled_from(COLUMNS[dialect][name])) for name in names}
    rows = data.draw(st.lists(st.fixed_dictionaries({name: values for name, (values, _) in columns.items()})))
    schema = pa.schema([(name, kind) for name, (_, kind) in columns.items()])
    cut = data.draw(st.integers(0, len(rows)))
    batch = pa.RecordBatch.from_pylist(rows, schema=schema).slice(cut)  # offsets that do not start at 0
    how = registry(preference=preference)[dialect]
    found = how.payloads(batch)
    expected = [row_by_row(dialect, row, preference) for row in rows[cut:]]
    for payload, (slowly, _), row in zip(found.to_pylist(), expected, rows[cut:], strict=True):
        assert payload is None or payload == slowly
        alone, _ = row_by_row(dialect, {name: value for name, value in row.items() if name not in BESIDE}, preference)
        if alone is not None and is_plain(row):
            assert payload is not None, "what is plain must not be left to the slow way"
    plain = found.is_valid()
    compared = pa.array([others for _, others in expected], pa.binary()).filter(plain)
    assert how.compared(batch.filter(plain), found.drop_null()).to_pylist() == compared.to_pylist()


@pytest.mark.parametrize(
    ("dialect", "batch"),
    [
        ("sharegpt", pa.RecordBatch.from_pydict({"conversations": ['[{"from": "human", "value": "x"}]']})),
        ("sharegpt", pa.RecordBatch.from_pydict({"conversations": [[{"speaker": "user", "text": "x"}]]})),
        ("sharegpt", pa.RecordBatch.from_pydict({"conversations": [{"from": ["gpt"], "value": ["x"]}]})),
        ("messages", pa.RecordBatch.from_pydict({"messages": [[{"role": "user", "value": "x"}]]})),
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
