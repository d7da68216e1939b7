"""N-grams against the formula counted with dicts, and by the sums of their probabilities."""

import math
from collections import Counter
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.pools import prose
from zip_pipeline.language_models.ngram import ORDER, START, NgramModel, Queries, judge
from zip_pipeline.language_models.questions import Question


def slow_probability(text: bytes, before: bytes, byte: int) -> float:
    """Interpolated Witten-Bell as the formula has it, counted with dicts."""
    probability = 1 / 256
    for order in range(1, ORDER + 1):
        context = before[len(before) - order + 1 :]
        begins = range(len(text) - ORDER + 1)
        after = Counter(text[place + order - 1] for place in begins if text[place : place + order - 1] == context)
        seen, types = sum(after.values()), len(after)
        if seen:
            probability = (after[byte] + types * probability) / (seen + types)
    return probability


@given(st.data())
def test_ngrams_are_those_of_dicts(data: st.DataObject) -> None:
    letters = st.sampled_from([b"a", b"b", b"\n", b"\x00", b"\xff"])
    text = b"".join(data.draw(st.lists(letters, min_size=ORDER, max_size=40)))
    asked = b"".join(data.draw(st.lists(letters, min_size=1, max_size=12)))
    found = NgramModel(text).probabilities(Queries(asked)).tolist()
    stream = START + asked
    for place, probability in enumerate(found):
        end = place + len(START)
        assert probability == pytest.approx(slow_probability(text, stream[:end], stream[end]), rel=1e-12)


@pytest.mark.parametrize("context", [b"the ", b"entro", b"\xff\xff\xff\xff\xff", b"law \xff", b""])
@pytest.mark.parametrize("text", [prose(400, 0), bytes(100), b"\xff" * 50, bytes(range(256))], ids=lambda t: str(t[:6]))
def test_the_probabilities_of_all_bytes_sum_to_one(context: bytes, text: bytes) -> None:
    model = NgramModel(text)
    each = [model.probabilities(Queries(context + bytes([byte])))[-1] for byte in range(256)]
    assert min(each) > 0
    assert math.isclose(sum(each), 1, rel_tol=1e-12)


def test_an_untaught_ngram_model_needs_a_hand_worked_number_of_bits() -> None:
    # Six equal bytes are one window, a. After any context of a's: one seen, one type, so p_n = (1 + p_(n-1)) / 2.
    model, probability = NgramModel(b"aaaaaa"), 1 / 256
    for _ in range(ORDER):
        probability = (1 + probability) / 2
    assert model.probabilities(Queries(b"a" * ORDER))[-1] == probability
    # A byte never seen there: (0 + p_(n-1)) / 2 each time.
    assert model.probabilities(Queries(b"a" * (ORDER - 1) + b"b"))[-1] == 1 / 256 / 2**ORDER


def test_too_little_to_train_on() -> None:
    with pytest.raises(ValueError, match="expected at least 6 bytes to train on, found 5"):
        NgramModel(b"12345")


@given(
    st.binary(min_size=ORDER),
    st.lists(st.tuples(st.binary(), st.binary(min_size=1), st.binary(min_size=1)), max_size=3),
)
def test_an_answer_is_predicted_behind_its_question(text: bytes, asked: list[tuple[bytes, bytes, bytes]]) -> None:
    questions = [Question(context, tuple(answers)) for context, *answers in asked]
    (bits,) = judge([text], [], questions)
    expected = [
        [
            sum(-math.log2(p) for p in NgramModel(text).probabilities(Queries(context + answer))[len(context) :])
            for answer in answers
        ]
        for context, *answers in asked
    ]
    assert [len(of) for of in bits.answers] == [2] * len(asked)
    assert [*chain(*bits.answers)] == pytest.approx([*chain(*expected)], rel=1e-12)
