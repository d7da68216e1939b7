"""The judges at work in processes, and what both models must find."""

import random

import pytest

from support.pools import WORDS, payload_of, prose, sharegpt
from zip_pipeline.errors import SetupError
from zip_pipeline.language_models import judges, ngram, ppm
from zip_pipeline.language_models.judges import Judgement, judge_all
from zip_pipeline.language_models.questions import Question
from zip_pipeline.stats import text_statistics


def test_processes_say_what_the_models_say() -> None:
    sets = [payloads_of(20, seed) for seed in range(5)]
    held_outs = [b"\n".join(payloads_of(5, 9)), b"another text"]
    questions = [Question(b"user: the law?\nassistant: ", (b"entropy\n", b"none\n", b"42\n"))]
    expected = []
    for part in sets:
        text = text_statistics.text_of(part, 2000)
        (bits,), (ngrams,) = (model.judge([text], held_outs, questions) for model in (ppm, ngram))
        found = {"ppm": bits, "ngrams": ngrams}
        expected.append(
            Judgement(
                text_statistics.describe(part),
                bits.own,
                {name: of.held_out for name, of in found.items()},
                {name: of.answers for name, of in found.items()},
            )
        )
    two, seven = (judge_all(sets, held_outs, 2000, workers, questions) for workers in (2, 7))
    assert two == seven == expected
    (alone,) = judge_all(sets[:1], held_outs, 2000, 1, models=["ngrams"])
    assert (alone.own, alone.held_out) == (None, {"ngrams": expected[0].held_out["ngrams"]})


def test_a_model_whose_packages_are_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "NEEDED", ("jax", "no_such_package"))
    monkeypatch.setattr(judges.importlib.util, "find_spec", lambda name: None if name.startswith("no") else name)
    judges.require(["ppm", "ngrams"])
    with pytest.raises(
        SetupError, match=r"neural needs no_such_package in .*; type pip install 'zip-pipeline\[neural\]'"
    ):
        judges.require(["ppm", "neural"])


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
    for model in (ppm, ngram):
        bits = [found.held_out[0] for found in model.judge(teachers, [held_out])]
        assert bits[0] < 0.97 * bits[1], "by a margin"
        assert bits[1] < 0.8 * min(bits[2:])


def payloads_of(count: int, seed: int) -> list[bytes]:
    return [payload_of(record) for record in sharegpt(count, seed)]
