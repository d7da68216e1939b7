"""PPM against its library in one shot, with and without fork."""

import os
import subprocess
import sys

import pyppmd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.pools import prose
from zip_pipeline.language_models import ppm
from zip_pipeline.language_models.questions import Question


def one_shot(data: bytes) -> int:
    encoder = pyppmd.Ppmd7Encoder(ppm.ORDER, 1 << 26)
    return len(encoder.encode(data) + encoder.flush())


def test_ppm_is_the_difference_of_two_one_shot_sizes() -> None:
    text, held_outs = prose(20_000, 0), [prose(500, 1), os.urandom(3000), b"x"]
    (bits,) = ppm.judge([text], held_outs)
    assert bits.own == one_shot(text) * 8 / len(text)
    assert bits.held_out == [(one_shot(text + held) - one_shot(text)) * 8 / len(held) for held in held_outs]


@given(st.binary(min_size=1), st.lists(st.binary(min_size=1), min_size=1, max_size=3))
def test_forking_is_reading_again(text: bytes, held_outs: list[bytes]) -> None:
    questions = [Question(held_outs[0], (b"right\n", *held_outs)), Question(b"", (b"x", b"xyz"))]
    assert ppm._forking(text, held_outs, questions) == ppm._rereading(text, held_outs, questions)


def test_the_bits_of_an_answer_are_those_of_its_bytes_behind_the_question() -> None:
    text, asked = prose(5000, 0), Question(b"user: 2 + 2?\nassistant: ", (prose(60, 1), b"5\n"))
    (bits,) = ppm.judge([text], [b"x"], [asked])
    before = one_shot(text + asked.context)
    assert bits.answers == [[8 * (one_shot(text + asked.context + answer) - before) for answer in asked.answers]]


def test_without_fork_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ppm.judge([prose(300, 0)], [prose(50, 1)], [Question(b"a", (b"b", b"cd"))])
    monkeypatch.delattr(os, "fork")
    assert ppm.judge([prose(300, 0)], [prose(50, 1)], [Question(b"a", (b"b", b"cd"))]) == expected


def test_a_child_that_fails_is_an_error() -> None:
    class Failing:
        def encode(self, data: bytes) -> bytes:
            raise MemoryError(data)

    with pytest.raises(ChildProcessError, match="is there memory enough"):
        ppm._rest_in_a_child(Failing(), b"x")  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "held_out"), [(b"", b"x"), (b"x", b""), (b"x" * ppm.MOST_BYTES, b"x")])
def test_ppm_says_what_it_cannot_judge(text: bytes, held_out: bytes) -> None:
    with pytest.raises(ValueError, match="expected texts that have at most 12,000,000 bytes"):
        ppm.judge([text], [held_out])


def test_processes_that_fork_never_load_numpy() -> None:
    code = "import sys, zip_pipeline.language_models.ppm; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
