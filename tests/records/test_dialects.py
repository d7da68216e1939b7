"""Dialects and renders: what becomes of one record."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.records.dialects import PREFERENCES, BadRecordError, detect, registry
from zip_pipeline.records.render import FRAMINGS, content, representation

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
        ("preference", {"prompt": "Hi", "chosen": "Hello", "rejected": "No"}, [*TURNS, ("assistant", "No")]),
        ("preference", {"prompt": None, "chosen": "Hello", "rejected": "No"}, [("", "Hello"), ("", "No")]),
    ],
)
def test_turns(dialect: str, record: dict[str, Any], turns: list[tuple[str, str]]) -> None:
    assert registry(text_column="body")[dialect].turns(record) == turns


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
        ("preference", {"prompt": "x", "chosen": "y", "rejected": None}, "rejected: null"),
        ("preference", {"prompt": 7, "chosen": "y", "rejected": "z"}, "prompt: expected text or a list of turns, found a number"),
        ("preference", {"chosen": [], "rejected": "z"}, "chosen: no turns"),
        ("preference", {"chosen": "x", "rejected": [{"role": "user"}]}, "rejected[0].content: null"),
        ("preference", {"prompt": "Hi", "chosen": "y", "rejected": [{"role": "user", "content": "Hi"}]}, "rejected: nothing but the prompt"),
    ],
)  # fmt: skip
def test_reasons(dialect: str, record: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRecordError) as error:
        registry(text_column="body")[dialect].turns(record)
    assert str(error.value) == reason


@pytest.mark.parametrize(
    ("columns", "dialect"),
    [
        (["id", "conversations", "source"], "sharegpt"),
        (["messages", "text"], "messages"),
        (["text", "rejected", "chosen"], "preference"),
        (["prompt", "chosen", "rejected", "messages"], "preference"),
        (["prompt", "chosen", "body"], "text"),
        (["instruction", "input", "output"], "alpaca"),
        (["instruction", "body"], "text"),
        (["prompt"], None),
    ],
)
def test_detect(columns: list[str], dialect: str | None) -> None:
    found = detect(columns, registry(text_column="body").values())
    assert (found and found.name) == dialect


def said(*texts: str) -> list[dict[str, str]]:
    """A conversation as lists of turns have it, the user first."""
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": said("q", "a", "r"), "chosen": said("q", "a", "r", "yes")[3:], "rejected": said("q", "no")[1:]},
        {"prompt": said("q", "a", "r"), "chosen": said("q", "a", "r", "yes"), "rejected": said("q", "a", "r", "no")},
        {"chosen": said("q", "a", "r", "yes"), "rejected": said("q", "a", "r", "no")},
        {"prompt": said("q", "a", "r"), "chosen": "yes", "rejected": "no"},
    ],
    ids=["prompt apart", "prompt repeated", "no prompt", "answers as text"],
)
def test_the_prompt_of_a_preference_stands_once(record: dict[str, Any]) -> None:
    prompt, yes, no = [("user", "q"), ("assistant", "a"), ("user", "r")], ("assistant", "yes"), ("assistant", "no")
    assert registry(preference="both")["preference"].turns(record) == [*prompt, yes, no]
    assert registry(preference="chosen")["preference"].turns(record) == [*prompt, yes]
    assert registry(preference="pair")["preference"].turns(record) == [yes, no]


def test_equal_answers_are_not_all_prompt() -> None:
    record = {"chosen": said("q", "a"), "rejected": said("q", "a")}
    assert registry(preference="both")["preference"].turns(record) == [
        ("user", "q"),
        ("assistant", "a"),
        ("assistant", "a"),
    ]


@pytest.mark.parametrize("preference", PREFERENCES)
def test_dialects_travel_to_executors(preference: str) -> None:
    for name, dialect in registry("body", preference).items():
        assert pickle.dumps(dialect), "Spark pickles them"
        assert dialect.name == name
        assert dialect.variant == (preference if name == "preference" else None)


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
    assert registry()["sharegpt"].turns({"conversations": json.dumps(turns)}) == [("user", 'say "hi"')]
