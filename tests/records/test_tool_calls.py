"""Calls of tools."""

import doctest
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.records import json_text, tool_calls
from zip_pipeline.records.tool_calls import texts_of


@pytest.mark.parametrize("module", [tool_calls, json_text])
def test_documentation_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0


def call(name: str | None, arguments: object, **more: Any) -> dict[str, Any]:
    """A call of a tool, as OpenAI's interface writes it."""
    return {"id": "call_7", "type": "function", "function": {"name": name, "arguments": arguments}, **more}


@pytest.mark.parametrize(
    ("calls", "texts"),
    [
        ([call("search", '{"q": "x"}')], ['search {"q":"x"}']),
        ([call("search", {"q": "x"})], ['search {"q":"x"}']),
        ([call("now", None)], ["now"]),
        ([call("a", "1 2"), call("b", "")], ["a 1 2", "b "]),
        ({"name": "f", "arguments": "{}"}, ["f {}"]),
        (json.dumps([call("f", "{}")]), ["f {}"]),
        ([json.dumps(call("f", "{}"))], ["f {}"]),
        (call("f", "{}"), ["f {}"]),
        ([{"name": "f", "arguments": {"b": [1, {}], "a": None}}], ['f {"b":[1,{}]}']),
        ([{"type": "custom", "custom": {"name": "f", "input": "x = 1"}}], ["f x = 1"]),
        ([{"function": "f", "arguments": {"a": 1}}], ['{"arguments":{"a":1},"function":"f"}']),
        ([{"id": "1", "query": "x"}], ['{"query":"x"}']),
        ("by hand", ["by hand"]),
        (None, []),
        ("", []),
        ([], []),
        ("[]", []),
        ([None, "", {}], []),
        ({"name": None, "arguments": None}, []),
        ([{"id": "1", "type": "function", "function": {"name": None}}], ['{"function":{}}']),
    ],
)  # fmt: skip
def test_texts(calls: object, texts: list[str]) -> None:
    assert texts_of(calls) == texts


values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values, max_size=3))
def test_arguments_are_the_same_as_an_object_and_as_text(arguments: dict[str, Any]) -> None:
    """Spark gives the one or the other, by what other records have; and all keys of all objects, in their order."""
    (as_object,) = texts_of([call("f", arguments | {"of another record": None})])
    assert texts_of([call("f", json.dumps(arguments))]) == [as_object]
    as_floats = {key: float(value) if type(value) is int else value for key, value in sorted(arguments.items())}
    assert texts_of([call("f", as_floats)]) == [as_object]
    assert json.loads(as_object.removeprefix("f ")) == arguments


def test_half_a_character_in_arguments_stays_an_escape() -> None:
    text = r'{"q": "\ud800"}'
    assert texts_of([call("f", text)]) == [f"f {text}"]
