"""Texts of records on a page: nothing steers it, and what differs is marked."""

import doctest

from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.report import texts
from zip_pipeline.report.texts import COMPARED, LONGEST, SAME, differences, excerpt, safe

SOME = st.text(st.sampled_from("ab \n\t\u202e\x1b学é<"), max_size=60)


def test_documentation_examples() -> None:
    assert doctest.testmod(texts).failed == 0


@given(SOME)
def test_no_character_steers_the_page(text: str) -> None:
    shown = safe(text)
    assert len(shown) == len(text)
    assert all(one.isprintable() or one in "\n\t" for one in shown)
    assert [one for one, was in zip(shown, text, strict=True) if one == was] == [one for one in text if one in shown]


@given(SOME, SOME)
def test_what_is_not_marked_is_in_both(one: str, other: str) -> None:
    left, right = differences(one, other)
    assert "".join(text for text, _ in left) == safe(one)
    assert "".join(text for text, _ in right) == safe(other)
    assert [text for text, mark in left if not mark] == [text for text, mark in right if not mark]
    assert {mark for _, mark in left} <= {"", "gone"}
    assert {mark for _, mark in right} <= {"", "new"}
    assert bool([mark for _, mark in (*left, *right) if mark]) == (safe(one) != safe(other))


def test_long_texts_are_shortened() -> None:
    assert excerpt("x" * (LONGEST + 7)).endswith(" ... (7 more characters)")
    left, _ = differences("same " * 100 + "old", "same " * 100 + "new")
    assert [mark for _, mark in left] == ["", "gone"]
    assert len(left[0][0]) == SAME + len(" ... ")
    assert sum(len(text) for text, _ in differences("ab " * COMPARED, "")[0]) == COMPARED
