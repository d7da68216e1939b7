"""The judges at work in processes, and what both models must find."""

import random

from support.pools import WORDS, payload_of, prose, sharegpt
from zip_pipeline.language_models import ngram, ppm
from zip_pipeline.language_models.judges import Judgement, judge_all
from zip_pipeline.stats import text_statistics


def test_processes_say_what_the_models_say() -> None:
    sets = [payloads_of(20, seed) for seed in range(5)]
    held_outs = [b"\n".join(payloads_of(5, 9)), b"another text"]
    expected = []
    for part in sets:
        text = text_statistics.text_of(part, 2000)
        bits = ppm.judge(text, held_outs)
        (ngrams,) = ngram.judge([text], held_outs)
        expected.append(Judgement(text_statistics.describe(part), bits.own, {"ppm": bits.held_out, "ngrams": ngrams}))
    assert judge_all(sets, held_outs, 2000, 2) == judge_all(sets, held_outs, 2000, 7) == expected


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


def payloads_of(count: int, seed: int) -> list[bytes]:
    return [payload_of(record) for record in sharegpt(count, seed)]
