"""The row way of each dialect: turns, reasons, detection."""

import doctest
import json
import pickle
from typing import Any

import pytest

from zip_pipeline.records import conversations, dialects, instructions, preference, reasons
from zip_pipeline.records.dialects import detect, registry, suggestion
from zip_pipeline.records.preference import PREFERENCES
from zip_pipeline.records.reasons import BadRecordError

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
        (
            "alpaca",
            {"instruction": "Hi", "output": "Hello", "system": "Be kind.", "history": None},
            [("system", "Be kind."), *TURNS],
        ),
        (
            "alpaca",
            {"instruction": "So?", "output": "Yes.", "history": [["Hi", "Hello"]]},
            [*TURNS, ("user", "So?"), ("assistant", "Yes.")],
        ),
        (
            "alpaca",
            {"instruction": "So?", "output": "Yes.", "history": '[["Hi", "Hello"]]'},
            [*TURNS, ("user", "So?"), ("assistant", "Yes.")],
        ),
        ("alpaca", {"instruction": "Hi", "output": "Hello", "history": "none"}, TURNS),
        ("dolly", {"instruction": "Hi", "context": "", "response": "Hello"}, TURNS),
        (
            "dolly",
            {"instruction": "Add", "context": "1 2", "response": "3"},
            [("user", "Add\n1 2"), ("assistant", "3")],
        ),
        ("prompt_completion", {"prompt": "Hi", "completion": "Hello", "input": "x"}, TURNS),
        (
            "prompt_completion",
            {"prompt": [{"role": "user", "content": "Hi"}], "completion": [{"role": "assistant", "content": "Hello"}]},
            TURNS,
        ),
        ("prompt_response", {"prompt": "Hi", "response": "Hello"}, TURNS),
        ("question_answer", {"question": "Hi", "answer": "Hello"}, TURNS),
        (
            "question_response",
            {"system_prompt": "Be kind.", "question": "Hi", "response": "Hello"},
            [("system", "Be kind."), *TURNS],
        ),
        ("query_response", {"query": "Hi", "response": "Hello"}, TURNS),
        ("messages", {"messages": [{"from": "human", "value": "Hi"}]}, TURNS[:1]),
        ("sharegpt", {"conversations": [{"role": "user", "content": "Hi"}]}, TURNS[:1]),
        ("sharegpt", {"conversations": {"from": ["human", "gpt"], "value": ["Hi", "Hello"]}}, TURNS),
        (
            "messages",
            {"messages": [{"role": "user", "content": "Hi"}], "system": "Be kind.", "tools": "[1, 2]"},
            [("system", "Be kind."), ("tools", "[1, 2]"), *TURNS[:1]],
        ),
        ("messages", {"messages": [{"role": "user", "content": "Hi"}], "system": True, "tools": "[]"}, TURNS[:1]),
        (
            "messages",
            {"messages": [{"role": "user", "content": "Hi"}], "tools": [{"name": "f", "more": None}]},
            [("tools", '[{"name":"f"}]'), *TURNS[:1]],
        ),
        (
            "preference",
            {
                "conversations": [{"from": "human", "value": "Hi"}],
                "chosen": {"from": "gpt", "value": "Hello"},
                "rejected": {"from": "gpt", "value": "No"},
            },
            [*TURNS, ("assistant", "No")],
        ),
        (
            "preference",
            {
                "messages": [{"role": "user", "content": "Hi"}],
                "chosen": {"role": "assistant", "content": "Hello"},
                "rejected": {"role": "assistant", "content": "No"},
            },
            [*TURNS, ("assistant", "No")],
        ),
        (
            "preference",
            {"messages": [{"role": "user", "content": "Hi"}], "chosen": "Hello", "rejected": "No"},
            [("", "Hello"), ("", "No")],
        ),
        (
            "preference",
            {"instruction": "Add", "input": "1 2", "chosen": "3", "rejected": "4"},
            [("user", "Add\n1 2"), ("assistant", "3"), ("assistant", "4")],
        ),
        (
            "preference",
            {"prompt": "Hi", "instruction": "x", "chosen": "Hello", "rejected": "No"},
            [*TURNS, ("assistant", "No")],
        ),
        (
            "preference",
            {"system": "Be kind.", "prompt": "Hi", "chosen": "Hello", "rejected": "No"},
            [("system", "Be kind."), *TURNS, ("assistant", "No")],
        ),
        (
            "preference",
            {
                "prompt": "Hi",
                "chosen": json.dumps([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]),
                "rejected": json.dumps([{"role": "assistant", "content": "No"}]),
            },
            [*TURNS, ("assistant", "No")],
        ),
        ("text", {"body": "Hi"}, [("", "Hi")]),
        (
            "text",
            {"body": '[{"role": "user", "content": "Hi"}]', "system": "x"},
            [("", '[{"role": "user", "content": "Hi"}]')],
        ),
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
        ("messages", {"messages": [{"role": "user", "content": [{"image": "x"}]}]}, "messages[0].content: a part that is not text: image"),
        ("alpaca", {"instruction": "x", "output": None}, "output: null"),
        ("alpaca", {"instruction": 1, "output": "x"}, "instruction: expected text or a list of turns, found a number"),
        ("alpaca", {"instruction": "x", "output": "y", "history": [["x"]]}, "history[0]: expected [request, answer], found a list"),
        ("alpaca", {"instruction": "x", "output": "y", "input": {"a": 1}}, "input: expected text, found an object"),
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
        (["prompt", "completion"], "prompt_completion"),
        (["prompt", "completion", "body"], "text"),
        (["question", "context", "answer"], "question_answer"),
        (["instruction", "response"], "dolly"),
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


@pytest.mark.parametrize(
    ("columns", "texts", "chats", "said"),
    [
        (["title", "content"], ["title", "content"], [], "; nearest is text: --set input.columns.text=content"),
        (["my text"], ["my text"], [], "; nearest is text: --set 'input.columns.text=my text'"),
        (["a", "b"], ["a", "b"], [], "; nearest is text: --set input.columns.text=a (or b)"),
        (["prompt"], ["prompt"], [], "; nearest is prompt_completion, without the column completion; or --set input.columns.text=prompt"),
        (["chosen"], [], [], "; nearest is preference, without the column rejected"),
        (["dialog", "body"], ["body"], ["dialog"], "; nearest is messages: --set input.dialect=messages --set input.columns.text=dialog"),
        (["text", "title"], ["text", "title"], [], "; nearest is text: --set input.dialect=text"),
        (["crawl", "doc"], ["crawl", "doc.body"], [], "; nearest is text: --set input.columns.text=doc.body"),
        (["crawl", "doc"], ["doc.long", "crawl"], [], "; nearest is text: --set input.columns.text=doc.long (or crawl)"),
        (["when"], [], [], ""),
    ],
)  # fmt: skip
def test_suggestion(columns: list[str], texts: list[str], chats: list[str], said: str) -> None:
    assert suggestion(columns, texts, chats) == said


@pytest.mark.parametrize("preference", PREFERENCES)
def test_dialects_travel_to_executors(preference: str) -> None:
    for name, dialect in registry("body", preference).items():
        assert pickle.dumps(dialect), "Spark pickles them"
        assert dialect.name == name
        assert dialect.variant == (preference if name == "preference" else None)


@pytest.mark.parametrize("module", [dialects, conversations, preference, instructions, reasons])
def test_documentation_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0


def test_json_text_round_trip() -> None:
    turns = [{"from": "human", "value": 'say "hi"'}]
    assert registry()["sharegpt"].turns({"conversations": json.dumps(turns)}) == [("user", 'say "hi"')]
