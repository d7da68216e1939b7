"""Turns: roles and texts, what stands beside them, and where a list of turns may be."""

import doctest
import json
from typing import Any

import pytest

from zip_pipeline.records import turns
from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.records.turns import SHAREGPT, Turn, TurnReader

READER = TurnReader()


def read(**turn: Any) -> list[Turn]:
    """The turns that an assistant's turn gives."""
    return READER.turns([{"role": "assistant", **turn}], "messages")


CALL = {"id": "call_7", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_documentation_examples() -> None:
    assert doctest.testmod(turns).failed == 0


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ({"content": None, "tool_calls": [CALL]}, [("tool_call", "f {}")]),
        ({"content": "", "tool_calls": [CALL, CALL]}, [("tool_call", "f {}"), ("tool_call", "f {}")]),
        ({"tool_calls": [CALL]}, [("tool_call", "f {}")]),
        ({"content": "Wait.", "tool_calls": [CALL]}, [("assistant", "Wait."), ("tool_call", "f {}")]),
        ({"content": "", "function_call": CALL["function"]}, [("tool_call", "f {}")]),
        ({"content": "7", "reasoning_content": "3 + 4"}, [("reasoning", "3 + 4"), ("assistant", "7")]),
        ({"content": None, "thinking": "3 + 4"}, [("reasoning", "3 + 4")]),
        ({"content": [], "reasoning": "3 + 4"}, [("reasoning", "3 + 4")]),
        ({"content": "7", "reasoning": True, "thinking": None}, [("assistant", "7")]),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, [("assistant", "a\nb")]),
        ({"content": [{"type": "text", "text": ""}], "tool_calls": [CALL]}, [("tool_call", "f {}")]),
        (
            {"content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "a"}, {"type": "tool_use", "name": "f", "input": {}}]},
            [("reasoning", "Hm."), ("assistant", "a"), ("tool_call", "f {}")],
        ),
        ({"content": [{"type": "tool_result", "content": "7"}]}, [("tool", "7")]),
        ({"content": []}, [("assistant", "")]),
    ],
)  # fmt: skip
def test_what_stands_beside_the_text(turn: dict[str, Any], expected: list[Turn]) -> None:
    assert read(**turn) == expected
    if turn.get("content"):
        assert (
            read(
                **turn
                | {"content": json.dumps(turn["content"]) if isinstance(turn["content"], list) else turn["content"]}
            )
            == expected
        )


@pytest.mark.parametrize("nothing", [{}, {"tool_calls": []}, {"tool_calls": None, "function_call": None}, {"function_call": {"name": None, "arguments": None}}, {"reasoning_content": ""}, {"tool_calls": [None]}])  # fmt: skip
@pytest.mark.parametrize("text", ["", "Hi"])
def test_a_turn_with_nothing_beside_it_is_its_text(nothing: dict[str, Any], text: str) -> None:
    assert read(content=text, **nothing) == [("assistant", text)]
    with pytest.raises(BadRecordError, match=r"^messages\[0\].content: null$"):
        read(content=None, **nothing)


def test_calls_that_are_nested_too_deep() -> None:
    deep: dict[str, Any] = {}
    for _ in range(10_000):
        deep = {"a": deep}
    with pytest.raises(BadRecordError, match=r"^messages\[0\]: a call of a tool that is nested too deep$"):
        read(content="", tool_calls=[deep])


@pytest.mark.parametrize("media", ["skip", "placeholder"])
def test_media(media: str) -> None:
    turn = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
    text = {"skip": "", "placeholder": "[image]"}[media]
    for value in (turn, turn | {"content": json.dumps(turn["content"])}):
        assert TurnReader(media=media).turns([value], "messages") == [("user", text)]


SAID = [("user", "Hi"), ("assistant", "Hello")]
FORMS: list[Any] = [
    [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
    [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}],
    [{"from": "human", "value": "Hi", "role": None}, {"role": "assistant", "content": "Hello", "from": None}],
    {"role": ["user", "assistant"], "content": ["Hi", "Hello"], "name": None},
    {"from": ["human", "gpt"], "value": ["Hi", "Hello"]},
]


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_list_of_turns(form: object) -> None:
    assert READER.turns(form, "x") == SAID
    assert READER.turns(json.dumps(form), "x") == SAID
    assert READER.text_or_turns(form, "x", "user") == SAID


def test_of_two_customs_the_readers_own_comes_first() -> None:
    turn = {"role": "system", "content": "no", "from": "gpt", "value": "Hello"}
    assert TurnReader((SHAREGPT, ("role", "content"))).turns([turn], "x") == SAID[1:]
    assert READER.turns([turn], "x") == [("system", "no")]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Hi", [("user", "Hi")]),
        ({"role": "gpt", "content": "Hello"}, SAID[1:]),
        ({"from": "gpt", "value": None, "tool_calls": [CALL]}, [("tool_call", "f {}")]),
        (json.dumps(FORMS[0]), SAID),
        (json.dumps(FORMS[1]), SAID),
        (json.dumps(FORMS[0][1]), SAID[1:]),
        ('[{"role": "user"}]', [("user", '[{"role": "user"}]')]),
        ('[{"role": 1, "content": "x"}]', [("user", '[{"role": 1, "content": "x"}]')]),
        ('[{"name": "role"}, "role"]', [("user", '[{"name": "role"}, "role"]')]),
        ('{"role": "x", "content"', [("user", '{"role": "x", "content"')]),
        ("[1]", [("user", "[1]")]),
        (' {"role": "x", "content": "y"}', [("user", ' {"role": "x", "content": "y"}')]),
    ],
)
def test_text_or_turns(value: object, found: list[Turn]) -> None:
    assert READER.text_or_turns(value, "chosen", "user") == found


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "x: no turns"),
        ("oops", "x: expected a list of turns, found text"),
        ("{", "x: expected a list of turns, found text"),
        (7, "x: expected a list of turns, found a number"),
        ({"role": "user"}, "x: expected a list of turns, found an object"),
        (["a"], "x[0]: expected {role, content}, found text"),
        ([{"speaker": "a", "text": "b", "n": None}], "x[0]: expected {role, content}, found {speaker, text}"),
        ([dict.fromkeys("abcdef", 1)], "x[0]: expected {role, content}, found {a, b, c, d}"),
        ([{}], "x[0]: expected {role, content}, found {}"),
        ([{"role": "user"}], "x[0].content: null"),
        ([{"from": "human"}], "x[0].value: null"),
        ([{"content": "a"}], "x[0].role: null"),
        ([{"role": 1, "content": "a"}], "x[0].role: expected text, found a number"),
        ({"role": ["user"], "content": ["a", "b"]}, "x: lists of different lengths"),
        ({"role": ["user", None], "content": ["a", "b"]}, "x[1].role: null"),
    ],
)
def test_reasons(value: object, reason: str) -> None:
    with pytest.raises(BadRecordError) as error:
        READER.turns(value, "x")
    assert str(error.value) == reason
