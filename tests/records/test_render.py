"""Renders: the bytes of one record, and of a set."""

import doctest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.records import render, render_arrow
from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.records.render import FRAMINGS, content, representation

TURNS = [("user", "Hi"), ("assistant", "Hello")]


@pytest.mark.parametrize("module", [render, render_arrow])
def test_documentation_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0


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
