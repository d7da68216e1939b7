"""The judge's models: PPM against its library in one shot, n-grams against dicts and by their sums."""

import math
import os
import random
from collections import Counter

import pyppmd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.pools import WORDS
from zip_pipeline.language_models import ngram, ppm
from zip_pipeline.language_models.ngram import ORDER, START, NgramModel, Queries


def prose(words: int, seed: int, vocabulary: list[str] = WORDS) -> bytes:
    rng = random.Random(seed)
    return " ".join(rng.choices(vocabulary, k=words)).encode()


def one_shot(data: bytes) -> int:
    encoder = pyppmd.Ppmd7Encoder(ppm.ORDER, 1 << 26)
    return len(encoder.encode(data) + encoder.flush())


def test_ppm_is_the_difference_of_two_one_shot_sizes() -> None:
    text, held_outs = prose(20_000, 0), [prose(500, 1), os.urandom(3000), b"x"]
    bits = ppm.judge(text, held_outs)
    assert bits.own == one_shot(text) * 8 / len(text)
    assert bits.held_out == [(one_shot(text + held) - one_shot(text)) * 8 / len(held) for held in held_outs]


@given(st.binary(min_size=1), st.lists(st.binary(min_size=1), min_size=1, max_size=3))
def test_forking_is_reading_again(text: bytes, held_outs: list[bytes]) -> None:
    assert ppm._forking(text, held_outs) == ppm._rereading(text, held_outs)


def test_without_fork_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ppm.judge(prose(300, 0), [prose(50, 1)])
    monkeypatch.delattr(os, "fork")
    assert ppm.judge(prose(300, 0), [prose(50, 1)]) == expected


def test_a_child_that_fails_is_an_error() -> None:
    class Failing:
        def encode(self, data: bytes) -> bytes:
            raise MemoryError(data)

    with pytest.raises(ChildProcessError, match="is there memory enough"):
        ppm._rest_in_a_child(Failing(), b"x")  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "held_out"), [(b"", b"x"), (b"x", b""), (b"x" * ppm.MOST_BYTES, b"x")])
def test_ppm_says_what_it_cannot_judge(text: bytes, held_out: bytes) -> None:
    with pytest.raises(ValueError, match="expected texts that have at most 12,000,000 bytes"):
        ppm.judge(text, [held_out])


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


def test_what_holds_the_held_out_text_wins_and_noise_loses() -> None:
    """Teachers: the text itself and more, its vocabulary, other words, random bytes; for both families."""
    other = [word[::-1] for word in WORDS]
    held_out = prose(800, 9)
    teachers = [
        prose(4000, 1) + held_out,
        prose(4000, 1),
        prose(4000, 2, other),
        random.Random(3).randbytes(20_000),
    ]
    by_ppm = [ppm.judge(teacher, [held_out]).held_out[0] for teacher in teachers]
    (by_ngrams,) = zip(*ngram.judge(teachers, [held_out]), strict=True)
    for bits in (by_ppm, list(by_ngrams)):
        assert bits[0] < 0.97 * bits[1], "by a margin"
        assert bits[1] < 0.8 * min(bits[2:])
