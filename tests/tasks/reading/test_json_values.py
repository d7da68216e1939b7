"""JSON cut into values, and each value read strictly."""

import doctest
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.strategies import json_values as values
from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.tasks.reading import json_values
from zip_pipeline.tasks.reading.json_values import MalformedError, parse, split


def in_chunks(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@st.composite
def written(draw: st.DrawFn) -> tuple[list[Any], str]:
    """Values, and a text that holds them: as arrays, pretty-printed, with or without white space between them."""
    held, text = [], draw(st.sampled_from(["", "\ufeff", "\n \t"]))
    for part in draw(st.lists(st.lists(values, max_size=3), max_size=3)):
        indent, ascii_only = draw(st.sampled_from([None, 1])), draw(st.booleans())
        elements = [json.dumps(value, indent=indent, ensure_ascii=ascii_only) for value in part]
        if draw(st.booleans()):
            held += part
            text += "[" + draw(st.sampled_from([",", " ,\n"])).join(elements) + "]"
        else:
            for value, element in zip(part, elements, strict=True):
                if not isinstance(value, list):  # at the top a list stands for its elements
                    held.append(value)
                    text += element + " "
        text += draw(st.sampled_from(["", "\n", "\r\n"]))
    return held, text


@given(written(), st.integers(1, 9))
def test_every_value_once_however_it_is_cut(case: tuple[list[Any], str], size: int) -> None:
    held, text = case
    assert [json.loads(value) for value in split(in_chunks(text, size))] == held


@pytest.mark.parametrize(
    ("text", "before", "line", "reason"),
    [
        ('{"a": 1}\n{"a": 2', 1, 2, "expecting ',' delimiter"),
        ('[{"a": 1},\n {"a" 2}]', 1, 2, "expecting ':' delimiter"),
        ('[{"a": 1}\n {"a": 2}]', 1, 2, "expected , or ] after an element"),
        ('[{"a": 1},\n\n]', 1, 3, "expected an element of the array after the comma"),
        ('[{"a": 1}', 1, 1, "expected , or ] after an element"),
        ('{"a": "x', 0, 1, "unterminated string"),
        ('{"a": 1}, {"a": 2}', 1, 1, "expecting value"),
        ("{'a': 1}", 0, 1, "expecting property name"),
        ('{"a":' + "[" * 100_000, 0, 1, "nested too deep"),
        ("1" * 5000, 0, 1, "Exceeds the limit"),
    ],
)
@pytest.mark.parametrize("size", [3, 1 << 20])
def test_text_that_is_no_json_is_named_with_its_line(text: str, before: int, line: int, reason: str, size: int) -> None:
    found = split(in_chunks(text, size))
    assert [json.loads(next(found)) for _ in range(before)] == [{"a": 1}] * before
    with pytest.raises(MalformedError, match=reason) as caught:
        next(found)
    assert caught.value.line == line
    assert caught.value.rest in text


def test_a_long_value_is_not_looked_at_again_for_each_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    class Counting(json.JSONDecoder):
        def raw_decode(self, text: str, at: int = 0) -> tuple[Any, int]:
            nonlocal looks
            looks += 1
            return super().raw_decode(text, at)

    monkeypatch.setattr(json_values, "_DECODER", Counting())
    text = json.dumps({"a": "x" * 2**16})
    assert [*split(in_chunks(text, 16))] == [text]
    assert looks < 20  # it has 4096 chunks


@given(st.dictionaries(st.text(max_size=3), values, max_size=3))
def test_a_record_is_read_as_it_was_written(record: dict[str, Any]) -> None:
    assert parse(json.dumps(record)) == record == parse(json.dumps(record, ensure_ascii=False))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": "b', "malformed JSON: unterminated string at character 7"),
        ('{"a": 1', "malformed JSON: expecting ',' delimiter at character 8"),
        ('{"a": 1} {"a": 2}', "malformed JSON: extra data at character 10"),
        ("5", "expected a JSON object, found a number"),
        ('"x"', "expected a JSON object, found text"),
        ("[{}]", "expected a JSON object, found a list"),
        ("null", "expected a JSON object, found null"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "a JSON object with the key c twice"),
        (r'{"a": "\ud83d"}', "half of a surrogate pair"),
        (r'{"a": [{"\udc00": 1}]}', "half of a surrogate pair"),
        ('{"a": 1e400}', "a number that is too large: 1e400"),
        ('{"a": ' + "9" * 5000 + "}", "JSON with a value that cannot be read: Exceeds the limit"),
        ('{"a":' + "[" * 100_000, "JSON that is nested too deep"),
    ],
)
def test_what_no_table_can_hold_is_no_record(text: str, reason: str) -> None:
    with pytest.raises(BadRecordError) as caught:
        parse(text)
    assert reason in str(caught.value)


def test_what_looks_odd_and_is_allowed() -> None:
    assert parse(r'{"a": "\ud83d\ude00 \\ud83d \u0000"}') == {"a": "\U0001f600 \\ud83d \0"}
    assert math.isnan(parse('{"a": NaN}')["a"])  # Python writes it, and a float holds it


def test_examples() -> None:
    assert doctest.testmod(json_values).failed == 0
