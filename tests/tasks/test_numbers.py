"""Numbers that records carry: a column at once and a record alone agree, and what cannot be used says why."""

import json
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.scoring import batch, scored_rows, scorer
from support.tokenizer import TOKENIZER
from zip_pipeline import schema
from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.tasks.numbers import MOST_TOKENS, NONE, PREFIX, Numbers

NUMBERS = Numbers(((schema.TOKENS, "n"), (schema.WEIGHT, "quality"), (schema.band(0), "perplexity")))
VALUES = st.none() | st.sampled_from([0.0, 1.0, 1.5, -2.0, 7.0, 2.0**20 + 1, MOST_TOKENS + 1, math.inf, math.nan])


def with_numbers(rows: list[tuple[float | None, float | None, float | None]]) -> pa.RecordBatch:
    texts = batch(*({"id": n, "text": f"text {n}", schema.ID: str(n)} for n in range(len(rows))))
    for place, name in enumerate(NUMBERS.names):
        texts = texts.append_column(PREFIX + name, pa.array([row[place] for row in rows], pa.float64()))
    return texts


@given(rows=st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=8))
def test_a_column_at_once_is_as_record_by_record(rows: list[tuple[float | None, float | None, float | None]]) -> None:
    given_batch = with_numbers(rows)
    how = scorer(numbers=NUMBERS)
    alone = [how.score(row) for row in given_batch.to_pylist()]
    for scored in scored_rows(how, given_batch):
        (twin,) = [one for one in alone if one["id"] == scored["id"]]
        assert {name: value for name, value in scored.items() if value is not None} == {
            name: value for name, value in twin.items() if value is not None
        }


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (schema.TOKENS, None, "n: null"),
        (schema.TOKENS, math.nan, "n: no number"),
        (schema.TOKENS, -1.0, "n: negative"),
        (schema.TOKENS, 0.0, "n: 0 tokens"),
        (schema.TOKENS, 1.5, "n: no whole number"),
        (schema.TOKENS, 2.0**41, "n: above 1,099,511,627,776"),
        (schema.WEIGHT, -0.5, "n: negative"),
        (schema.WEIGHT, math.inf, "n: above 1,048,576"),
    ],
)
def test_what_cannot_be_used_says_why(name: str, value: float | None, reason: str) -> None:
    with pytest.raises(BadRecordError, match=f"^{reason}$"):
        Numbers(((name, "n"),)).of_row({PREFIX + name: value}, b"text")


def test_a_band_may_lack_its_number() -> None:
    numbers = Numbers(((schema.band(0), "n"),))
    assert [numbers.of_row({PREFIX + "band_0": value}, b"") for value in (None, math.nan, -1.0)] == [
        {"band_0": None},
        {"band_0": None},
        {"band_0": -1.0},
    ]


def test_no_numbers_add_no_column() -> None:
    assert scorer().schema == schema.SCORED
    assert (NONE.names, NONE.fields) == ((), [])


def test_a_tokenizer_counts() -> None:
    """Twelve words are twelve tokens, whatever the file says of truncation; a text without any cannot be used."""
    how = scorer(numbers=Numbers(tokenizer=json.dumps(TOKENIZER).encode()))
    texts = ["law of entropy", " ".join(["word"] * 12), "..."]
    rows = batch(*({"id": n, "text": text, schema.ID: str(n)} for n, text in enumerate(texts)))
    scored = scored_rows(how, rows)
    assert [(row["id"], row["tokens"], row["reason"]) for row in scored] == [
        ("0", 3, None),
        ("1", 12, None),
        ("2", None, "tokens: the tokenizer finds none"),
    ]
