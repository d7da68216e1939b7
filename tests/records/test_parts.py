"""Parts of a turn's text."""

import doctest
import json
from typing import Any

import pytest

from zip_pipeline.records import parts
from zip_pipeline.records.parts import Parts, in_text, read
from zip_pipeline.records.reasons import BadRecordError


def test_documentation_examples() -> None:
    assert doctest.testmod(parts).failed == 0


IMAGE = {"type": "image_url", "image_url": {"url": "x"}}
ALL = [
    ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], Parts(["a", "b"])),
    ([{"type": "text", "text": "a", "image_url": None}], Parts(["a"])),
    ([{"type": "input_text", "text": "a"}], Parts(["a"])),
    ([{"type": "thinking", "thinking": "Hm.", "signature": "xyz"}, {"type": "text", "text": "a"}], Parts(["a"], ["Hm."])),
    ([{"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}}], Parts(calls=['f {"a":1}'])),
    ([{"type": "tool_result", "tool_use_id": "1", "content": "7"}], Parts(results=["7"])),
    ([{"type": "tool_result", "content": [{"type": "text", "text": "7"}]}], Parts(results=["7"])),
]  # fmt: skip


@pytest.mark.parametrize(("given", "found"), ALL)
def test_parts(given: list[dict[str, Any]], found: Parts) -> None:
    assert read(given, "content", "reject") == found
    assert in_text(json.dumps(given)) == given


def test_parts_without_a_type() -> None:
    assert read([{"text": "a", "file_name": "x"}, {"type": "quote", "text": "b"}], "content", "reject") == Parts(
        ["a", "b"]
    )
    assert read([{"type": "tool_result", "content": None}], "content", "reject") == Parts(results=[""])
    assert read([{"type": "tool_result", "content": {"a": 1}}], "content", "reject") == Parts(results=['{"a":1}'])


@pytest.mark.parametrize(
    ("part", "medium"),
    [
        (IMAGE, "image"),
        ({"type": "image", "text": None, "image": "x"}, "image"),
        ({"type": "input_audio", "input_audio": {"data": "x"}}, "audio"),
        ({"type": "video"}, "video"),
        ({"type": "input_file", "file_id": "x"}, "file"),
        ({"image": "x", "text": None}, "image"),
    ],
)
def test_media(part: dict[str, Any], medium: str) -> None:
    given = [part, {"type": "text", "text": "a"}]
    with pytest.raises(BadRecordError, match=f"^messages\\[0\\].content: a part that is not text: {medium}$"):
        read(given, "messages[0].content", "reject")
    assert read(given, "content", "skip") == Parts(["a"])
    assert read(given, "content", "placeholder") == Parts([f"[{medium}]", "a"])


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"type": "refusal", "refusal": "No."}, "x: a part that is not text: refusal"),
        ({"type": "text", "text": None}, "x: a part that is not text: text"),
        ({"type": "text", "text": {"value": "a"}}, "x: a part that is not text: text"),
        ("a", "x: a part that is not text"),
        ({}, "x: a part that is not text"),
    ],
)
@pytest.mark.parametrize("media", ["reject", "skip", "placeholder"])
def test_other_parts_make_a_record_unusable(part: object, reason: str, media: str) -> None:
    with pytest.raises(BadRecordError) as error:
        read([part], "x", media)
    assert str(error.value) == reason


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "Hi",
        '["type"]',
        '[{"type": "function", "function": {"name": "f"}}]',
        '[{"type": "file", "path": "a.py"}]',
        '[{"text": "a"}]',
        '[{"type": "text", "text": 1}]',
        '[{"type": ["text"], "text": "a"}]',
        '[{"type": "text", "text": "a"}',
        ' [{"type": "text", "text": "a"}]',
        '{"type": "text", "text": "a"}',
        '[{"type": "text", "text": "a"}, 1]',
        '[{"type": "text", "text": "a"}, {"type": "fact"}]',
    ],
)
def test_text_that_only_resembles_parts(text: str) -> None:
    assert in_text(text) is None
