"""The row way of each dialect: turns, reasons, detection."""

import doctest
import json
import pickle
from typing import Any

import pytest

from zip_pipeline.records import dialects
from zip_pipeline.records.dialects import PREFERENCES, detect, registry
from zip_pipeline.records.turns import BadRecordError

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


def conversation(*texts: str) -> list[dict[str, str]]:
    """A list of turns; the user speaks first."""
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    "record",
    [
        {
            "prompt": conversation("q", "a", "r"),
            "chosen": conversation("q", "a", "r", "yes")[3:],
            "rejected": conversation("q", "no")[1:],
        },
        {
            "prompt": conversation("q", "a", "r"),
            "chosen": conversation("q", "a", "r", "yes"),
            "rejected": conversation("q", "a", "r", "no"),
        },
        {"chosen": conversation("q", "a", "r", "yes"), "rejected": conversation("q", "a", "r", "no")},
        {"prompt": conversation("q", "a", "r"), "chosen": "yes", "rejected": "no"},
    ],
    ids=["prompt apart", "prompt repeated", "no prompt", "answers as text"],
)
def test_the_prompt_of_a_preference_stands_once(record: dict[str, Any]) -> None:
    prompt, yes, no = [("user", "q"), ("assistant", "a"), ("user", "r")], ("assistant", "yes"), ("assistant", "no")
    assert registry(preference="both")["preference"].turns(record) == [*prompt, yes, no]
    assert registry(preference="chosen")["preference"].turns(record) == [*prompt, yes]
    assert registry(preference="pair")["preference"].turns(record) == [yes, no]


def test_equal_answers_are_not_all_prompt() -> None:
    record = {"chosen": conversation("q", "a"), "rejected": conversation("q", "a")}
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


def test_documentation_examples() -> None:
    assert doctest.testmod(dialects).failed == 0


def test_json_text_round_trip() -> None:
    turns = [{"from": "human", "value": 'say "hi"'}]
    assert registry()["sharegpt"].turns({"conversations": json.dumps(turns)}) == [("user", 'say "hi"')]
