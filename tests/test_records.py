"""Dialects and renders: what becomes of one record."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.core.records import BadRecordError, detect, named
from zip_pipeline.core.render import FRAMINGS, content, representation

TURNS = [("user", "Hi"), ("assistant", "Hello")]


@pytest.mark.parametrize(
    ("dialect", "record", "turns"),
    [
        (
            "sharegpt",
            {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
            TURNS,
        ),
        ("sharegpt", {"conversations": '[{"from": "human", "value": "Hi"}]'}, TURNS[:1]),
        ("sharegpt", {"conversations": [{"from": "tool", "value": "7"}]}, [("tool", "7")]),
        (
            "messages",
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]},
            TURNS,
        ),
        (
            "messages",
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}]}]},
            [("user", "a\nb")],
        ),
        ("alpaca", {"instruction": "Hi", "input": "", "output": "Hello"}, TURNS),
        ("alpaca", {"instruction": "Hi", "output": "Hello"}, TURNS),
        (
            "alpaca",
            {"instruction": "Add", "input": "1 2", "output": "3"},
            [("user", "Add\n1 2"), ("assistant", "3")],
        ),
        ("text", {"body": "Hi"}, [("", "Hi")]),
    ],
)
def test_turns(dialect: str, record: dict[str, Any], turns: list[tuple[str, str]]) -> None:
    assert named(dialect, "body").turns(record) == turns


@pytest.mark.parametrize(
    ("dialect", "record", "reason"),
    [
        ("sharegpt", {"conversations": None}, "conversations: null"),
        ("sharegpt", {}, "conversations: null"),
        ("sharegpt", {"conversations": []}, "conversations: no turns"),
        ("sharegpt", {"conversations": "oops"}, "conversations: expected a list of turns, found text"),
        ("sharegpt", {"conversations": {"from": "human"}}, "conversations: expected a list of turns, found an object"),
        ("sharegpt", {"conversations": ["x"]}, "conversations[0]: expected {from, value}, found text"),
        ("sharegpt", {"conversations": [{"from": "gpt", "value": None}]}, "conversations[0].value: null"),
        ("sharegpt", {"conversations": [{"value": "x"}]}, "conversations[0].from: null"),
        ("messages", {"messages": [{"role": "user", "content": 3}]}, "messages[0].content: expected text, found a number"),
        ("messages", {"messages": [{"role": "user", "content": [{"image": "x"}]}]}, "messages[0].content: a part that is not text"),
        ("alpaca", {"instruction": "x", "output": None}, "output: null"),
        ("alpaca", {"instruction": 1, "output": "x"}, "instruction: expected text, found a number"),
        ("text", {"body": True}, "body: expected text, found a boolean"),
    ],
)  # fmt: skip
def test_reasons(dialect: str, record: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRecordError) as error:
        named(dialect, "body").turns(record)
    assert str(error.value) == reason


@pytest.mark.parametrize(
    ("columns", "dialect"),
    [
        (["id", "conversations", "source"], "sharegpt"),
        (["messages", "text"], "messages"),
        (["instruction", "input", "output"], "alpaca"),
        (["instruction", "body"], "text"),
        (["prompt"], None),
    ],
)
def test_detect(columns: list[str], dialect: str | None) -> None:
    assert detect(columns, "body") == dialect


def test_content() -> None:
    assert content([("system", ""), *TURNS]) == b"system: \nuser: Hi\nassistant: Hello"
    assert content([("", "añ")]) == "añ".encode()
    for turns in ([], [("user", " \n")]):
        with pytest.raises(BadRecordError, match="no text"):
            content(turns)
    with pytest.raises(BadRecordError, match="UTF-8 cannot hold at character 6"):
        content([("user", "\ud800")])


def test_representation_restores_order_and_drops_what_a_table_made_up() -> None:
    row = {
        "conversations": [{"from": "human", "value": "it's", "weight": None}],
        "id": 7,
        "lang": None,
        "source": "s",
    }
    assert representation(row) == b"""{'id': 7, 'conversations': [{'from': 'human', 'value': "it's"}], 'source': 's'}"""


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.integers(),
                "conversations": st.lists(st.fixed_dictionaries({"from": st.text(), "value": st.text()}), min_size=1),
                "source": st.text(),
            }
        ),
        min_size=1,
        max_size=3,
    )
)
def test_repr_is_the_reference_programs_serialisation(records: list[dict[str, Any]]) -> None:
    in_file = [{key: record[key] for key in ("id", "conversations", "source")} for record in records]
    as_read = [dict(sorted(record.items())) for record in records]  # Spark's JSON reader sorts the keys
    assert FRAMINGS["repr"].join(representation(record) for record in as_read) == str(in_file).encode()


def test_json_text_round_trip() -> None:
    turns = [{"from": "human", "value": 'say "hi"'}]
    assert named("sharegpt", "").turns({"conversations": json.dumps(turns)}) == [("user", 'say "hi"')]
