"""Turns: reasoning, calls of tools, lists of parts."""

import doctest
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.records import turns
from zip_pipeline.records.dialects import registry
from zip_pipeline.records.render import content
from zip_pipeline.records.turns import BadRecordError, Turn, read_turns


def read(**turn: Any) -> list[Turn]:
    """The turns that an assistant's turn gives."""
    return read_turns([{"role": "assistant", **turn}], "messages", "role", "content")


def call(name: str | None, arguments: object, **more: Any) -> dict[str, Any]:
    """A call of a tool, as OpenAI's interface writes it."""
    return {"id": "call_7", "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def test_documentation_examples() -> None:
    assert doctest.testmod(turns).failed == 0


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ({"content": None, "tool_calls": [call("search", '{"q": "x"}')]}, [("tool_call", 'search {"q":"x"}')]),
        ({"content": "", "tool_calls": [call("search", {"q": "x"})]}, [("tool_call", 'search {"q":"x"}')]),
        ({"tool_calls": [call("now", None)]}, [("tool_call", "now")]),
        (
            {"content": "Wait.", "tool_calls": [call("a", "1 2"), call("b", "")]},
            [("assistant", "Wait."), ("tool_call", "a 1 2"), ("tool_call", "b ")],
        ),
        ({"content": "", "function_call": {"name": "f", "arguments": "{}"}}, [("tool_call", "f {}")]),
        ({"content": "", "tool_calls": json.dumps([call("f", "{}")])}, [("tool_call", "f {}")]),
        ({"content": "", "tool_calls": call("f", "{}")}, [("tool_call", "f {}")]),
        ({"content": "", "tool_calls": [{"name": "f", "arguments": {"b": [1, {}], "a": None}}]}, [("tool_call", 'f {"b":[1,{}]}')]),
        ({"content": "", "tool_calls": [{"type": "custom", "custom": {"name": "f", "input": "x = 1"}}]}, [("tool_call", "f x = 1")]),
        ({"content": "", "tool_calls": [{"id": "1", "query": "x"}]}, [("tool_call", '{"query":"x"}')]),
        ({"content": "7", "reasoning_content": "3 + 4"}, [("reasoning", "3 + 4"), ("assistant", "7")]),
        ({"content": None, "thinking": "3 + 4"}, [("reasoning", "3 + 4")]),
        ({"content": [], "reasoning": "3 + 4"}, [("reasoning", "3 + 4")]),
        ({"content": "7", "reasoning": True, "thinking": None}, [("assistant", "7")]),
    ],
)  # fmt: skip
def test_what_stands_beside_the_text(turn: dict[str, Any], expected: list[Turn]) -> None:
    assert read(**turn) == expected


@pytest.mark.parametrize("nothing", [{}, {"tool_calls": []}, {"tool_calls": None, "function_call": None}, {"function_call": {"name": None, "arguments": None}}, {"reasoning_content": ""}, {"tool_calls": [None]}])  # fmt: skip
@pytest.mark.parametrize("text", ["", "Hi"])
def test_a_turn_with_nothing_beside_it_is_its_text(nothing: dict[str, Any], text: str) -> None:
    assert read(content=text, **nothing) == [("assistant", text)]
    with pytest.raises(BadRecordError, match=r"^messages\[0\].content: null$"):
        read(content=None, **nothing)


def test_every_dialect_of_turns_reads_calls() -> None:
    turn = {"from": "gpt", "value": None, "tool_calls": [call("f", "{}")]}
    assert registry()["sharegpt"].turns({"conversations": [turn]}) == [("tool_call", "f {}")]
    answer = [{"role": "assistant", "content": None, "tool_calls": [call("f", "{}")]}]
    pair = {"prompt": "x", "chosen": answer, "rejected": "y"}
    assert registry()["preference"].turns(pair) == [("user", "x"), ("tool_call", "f {}"), ("assistant", "y")]


values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values, max_size=3))
def test_arguments_are_the_same_as_an_object_and_as_text(arguments: dict[str, Any]) -> None:
    """Spark gives the one or the other, by what other records have; and all keys of all objects, in their order."""
    (as_object,) = read(content="", tool_calls=[call("f", arguments | {"of another record": None})])
    assert read(content="", tool_calls=[call("f", json.dumps(arguments))]) == [as_object]
    as_floats = {key: float(value) if type(value) is int else value for key, value in sorted(arguments.items())}
    assert read(content="", tool_calls=[call("f", as_floats)]) == [as_object]
    assert json.loads(as_object[1].removeprefix("f ")) == arguments


def test_half_a_character_in_arguments_stays_an_escape() -> None:
    text = r'{"q": "\ud800"}'
    assert content(read(content="", tool_calls=[call("f", text)])) == f"tool_call: f {text}".encode()


def test_calls_that_are_nested_too_deep() -> None:
    deep: dict[str, Any] = {}
    for _ in range(10_000):
        deep = {"a": deep}
    with pytest.raises(BadRecordError, match="nested too deep"):
        read(content="", tool_calls=[call("f", deep)])


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ([{"type": "text", "text": "a", "image_url": None}], "a"),
        ([{"type": "input_text", "text": "a"}], "a"),
    ],
)
def test_parts_are_the_same_as_a_list_and_as_text(parts: list[dict[str, Any]], text: str) -> None:
    assert read(content=parts) == [("assistant", text)]
    assert read(content=json.dumps(parts)) == [("assistant", text)]


@pytest.mark.parametrize(
    "parts", [[{"type": "image_url", "image_url": {"url": "x"}}], [{"type": "text", "text": "a"}, {"type": "audio"}]]
)
def test_parts_that_are_not_text(parts: list[dict[str, Any]]) -> None:
    for found in (parts, json.dumps(parts)):
        with pytest.raises(BadRecordError, match=r"^messages\[0\].content: a part that is not text$"):
            read(content=found)


@pytest.mark.parametrize(
    "text",
    ["[]", '["type"]', '[{"type": "function"}]', '[{"text": "a"}]', '[{"type": "text"', ' [{"type": "text", "text": "a"}]', '{"type": "text"}', '[{"type": "text", "text": "a"}, 1]'],
)  # fmt: skip
def test_text_that_only_resembles_parts_stays(text: str) -> None:
    assert read(content=text) == [("assistant", text)]
