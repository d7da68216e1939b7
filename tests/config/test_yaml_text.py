"""YAML becomes values as PyYAML makes them; a key that is there twice, and a text that is far more, are refused."""

import doctest
import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.config import yaml_text
from zip_pipeline.config.yaml_text import parse

BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    + ["input: {path: *a8}"]
)
"""Ten lines that stand for 387 million values."""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def test_documentation_examples() -> None:
    assert doctest.testmod(yaml_text).failed == 0


@given(values)
def test_what_was_written_is_read(value: Any) -> None:
    assert parse(yaml.safe_dump(value)) == value


@given(st.dictionaries(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), st.integers()))
def test_each_key_that_is_there_twice_is_found(section: dict[str, int]) -> None:
    lines = [f"{json.dumps(key)}: {value}" for key, value in section.items()]
    assert (parse("\n".join(lines)) or {}) == section
    for number, line in enumerate(lines, 1):
        with pytest.raises(ValueError, match=rf"^line {len(lines) + 1}: .* is there twice, first in line {number};"):
            parse("\n".join([*lines, line]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3", "line 5: the key 'c' is there twice, first in line 3; keep one"),
        ("a: {b: 1, b: 1}", "line 1: the key 'b' is there twice, first in line 1; keep one"),
        ("- a: 1\n- {1: a, '1': b}", "line 2: the key '1' is there twice, first in line 2; keep one"),
        ("x: &x {a: 1}\ny: {<<: *x, <<: *x}", "line 2: the key '<<' is there twice, first in line 2; keep one"),
        (BOMB, "line 6: its anchors stand for more than 100,000 values"),
        ("a: &a [*a]", "line 1: an anchor stands for something that holds the anchor itself"),
        ("a: &a\n  b: {c: *a}", "line 1: an anchor stands for something that holds the anchor itself"),
        ("[" * 5000, "nested too deeply"),
        ("[" * 200 + "]" * 200, None),
    ],
)
def test_what_is_refused(text: str, message: str | None) -> None:
    if message is None:
        assert json.dumps(parse(text)) == text
    else:
        with pytest.raises(ValueError, match=re.escape(message)) as error:
            parse(text)
        assert str(error.value) == message


def test_anchors_serve_as_they_do() -> None:
    text = "base: &b {k1: 5, k2: 4}\nmine: {<<: *b, k2: 3}\nyours: {<<: *b}\nboth: [*b, *b]"
    base = {"k1": 5, "k2": 4}
    assert parse(text) == {"base": base, "mine": {"k1": 5, "k2": 3}, "yours": base, "both": [base, base]}
    of_two = "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, y: 3}\nd: {<<: *b}"
    assert parse(of_two)["c"] == {"x": 1, "y": 3}
    assert parse(of_two)["d"] == {"x": 1, "y": 2}


def test_nothing_is_nothing() -> None:
    assert parse("") is None
    assert parse("# a comment") is None
