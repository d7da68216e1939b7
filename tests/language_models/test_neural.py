"""The neural model: what holds the held-out text wins, an answer is predicted behind its question, the same each time.

It needs the extra ``neural``; `conftest` collects it only where that is installed.
"""

import random

import numpy as np
import pytest

from support.pools import WORDS, prose
from zip_pipeline.language_models import neural
from zip_pipeline.language_models.questions import Question


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "STEPS", 60)
    monkeypatch.setattr(neural, "WARM_UP", 5)


def test_the_vocabulary_of_the_held_out_text_wins() -> None:
    held_out, other = prose(300, 9), [word[::-1] for word in WORDS]
    one, two = neural.judge([prose(4000, 1), prose(4000, 2, other)], [held_out])
    assert one.held_out[0] < 0.9 * two.held_out[0] < 8
    assert neural.judge([prose(4000, 1)], [held_out]) == [one]


def test_the_answer_that_a_text_gives_is_the_cheaper_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "STEPS", 300)  # to look back at the question takes longer to learn than the words
    pairs = [b"user: the law?\nassistant: entropy\n", b"user: the cat?\nassistant: mats\n"]
    text = b"".join(random.Random(0).choices(pairs, k=600))
    asked = [
        Question(b"user: the law?\nassistant: ", (b"entropy\n", b"mats\n")),
        Question(b"user: the cat?\nassistant: ", (b"mats\n", b"entropy\n")),
    ]
    (bits,) = neural.judge([text], [], asked)
    assert all(right < wrong for right, wrong in bits.answers)


def test_windows_predict_each_byte_once() -> None:
    text = bytes(range(256)) * 2 + b"end"
    windows = neural._windows(b"before", text)
    assert windows.shape == (5, neural.CONTEXT + 1)
    assert windows[:, -neural.STEP :].tobytes()[: len(text)] == text
    before = np.concatenate([np.frombuffer(b"\n" * 300 + b"before", np.uint8), np.frombuffer(text, np.uint8)])
    begin = 306 + neural.STEP * 2
    assert (windows[2, : -neural.STEP] == before[begin - windows.shape[1] + neural.STEP : begin]).all()
