"""Tokens of every script: against plain Python, and against fixed numbers."""

import doctest
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import near_twin
from zip_pipeline.dedup import tokens as module
from zip_pipeline.dedup.characters import LONGEST
from zip_pipeline.dedup.tokens import PART, Ragged, runs, tokens

LETTERS = "aZßéÉİǅﬁ\uff11Ω中あアｱไทกำລາວខ្មែមြန်e\u0301\u00ad\u200d\ufeff \n\t.,“”*-/%+<€😀𠮷각\u1100\u1161٣\U000e0101\U000f0000"
TEXTS = st.lists(st.text(st.one_of(st.sampled_from(LETTERS), st.characters(exclude_categories=["Cs"])), max_size=40), max_size=6)  # fmt: skip


def counted(texts: list[str]) -> list[int]:
    return np.diff(tokens([text.encode() for text in texts]).offsets).tolist()


def same(one: str, other: str) -> bool:
    first, second = tokens([one.encode(), other.encode()]).by_record()
    return first.tolist() == second.tolist()


def test_the_examples() -> None:
    assert doctest.testmod(module).failed == 0


@given(TEXTS)
def test_equal_hashes_are_equal_tokens(texts: list[str]) -> None:
    payloads = [text.encode() for text in texts]
    found, expected = tokens(payloads), [near_twin.tokens(text) for text in texts]
    assert np.diff(found.offsets).tolist() == [len(record) for record in expected]
    pairs = set(zip(found.hashes.tolist(), (token for record in expected for token in record), strict=True))
    assert len(pairs) == len({value for value, _ in pairs}) == len({token for _, token in pairs})


@given(st.text("abXY09+/é中 ", min_size=0, max_size=400))
def test_long_words_are_cut_as_the_twin_cuts_them(text: str) -> None:
    assert counted([text]) == [len(near_twin.tokens(text))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Title Of A Text", "the title of a text"),
        ('he said "yes" to them', "he said “yes” to them"),
        ("two  spaces,\nand lines", "two spaces, and lines"),
        ("é ü å", unicodedata.normalize("NFD", "é ü å")),
        ("\uff26\uff35\uff2c\uff2c width", "full width"),
        ("Straße", "STRASSE"),
        ("soft\u00adhyphen", "softhyphen"),
        ("one\n- two\n- three", "one\n* two\n* three"),
    ],
)
def test_what_does_not_count(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("12 + 34", "12 - 34"), ("3*4", "3/4"), ("5 *\n6", "5 -\n6"), ("a < b", "a > b"), ("!", "?")]
)
def test_what_does(one: str, other: str) -> None:
    assert not same(one, other)


def test_scripts_without_spaces() -> None:
    assert counted(["我们今天", "ひらカタ", "ไทย", "ລາວ", "မြန်မာ", "한국어 문장"]) == [4, 4, 3, 3, 6, 2]


def test_a_shift_moves_the_cuts_along() -> None:
    data = "".join(f"{number * 7919 % 65521:04x}" for number in range(100))
    plain, shifted = tokens([data.encode(), f"abc{data}".encode()]).by_record()
    assert len(plain) > len(data) / 16
    assert len(set(plain.tolist()) & set(shifted.tolist())) > len(set(plain.tolist())) * 0.9
    assert counted(["x" * LONGEST]) == [1]


def test_a_text_has_the_same_tokens_wherever_it_stands() -> None:
    texts = [f"{'word ' * (number % 40)}é{number}".encode() for number in range(PART // 50)]
    together = tokens(texts)
    assert len(together) == len(texts)
    alone = Ragged.of(tokens([text]) for text in texts)
    assert together.hashes.tolist() == alone.hashes.tolist()
    assert together.offsets.tolist() == alone.offsets.tolist()
    assert len(tokens([])) == 0


def test_hashes_are_the_same_everywhere() -> None:
    assert tokens(["to be 中".encode()]).hashes.tolist() == [
        16413418595509308499,
        11114657725235215323,
        14020590783817764226,
    ]


def test_a_run_has_the_same_hash_wherever_it_begins() -> None:
    values = np.array([5, 7, 9, 5, 7, 9, 5], np.uint64)
    found = runs(values, np.array([0, 3, 1, 0]), np.array([3, 6, 4, 0]))
    assert found[0] == found[1] != found[2]
    assert found[3] == 0
