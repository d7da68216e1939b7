"""The engine transformers on models made here, with random weights; collected only where torch is installed."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM

from support.tiny_llama import BEGINS, make
from zip_pipeline.errors import InputError
from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.engines import load
from zip_pipeline.tasks.likelihood.score import UNRETURNED, Inspection, LikelihoodScorer
from zip_pipeline.tasks.likelihood.transformers_engine import TransformersEngine
from zip_pipeline.tasks.likelihood.windows import Window, windows

TEXTS = ["the cat sat on the mat", "Zwölf", "x", "a document that is longer than any window " * 9]


def settings_of(path: str) -> ModelSettings:
    return ModelSettings("m", path, "transformers", "float32", "cpu", 1)


def rows_of(texts: list[str]) -> list[dict[str, Any]]:
    return [
        {"part": 0, "id": f"d{number}", "source": None, "payload": text.encode()} for number, text in enumerate(texts)
    ]


def nats_of(model: Any, window: Window) -> list[float]:
    """The log-probabilities of a window's scored tokens, read alone."""
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([window.tokens[:-1]])).logits[0]
    own = torch.log_softmax(logits.float(), dim=-1)
    return [own[place, window.tokens[place + 1]].item() for place in range(window.read - window.scored, window.read)]


@pytest.mark.parametrize(("batch", "tolerance"), [(1, 0.0), (200, 1e-6)], ids=["alone", "filled up"])
def test_it_is_a_plain_loop_over_the_same_windows(tmp_path: Path, batch: int, tolerance: float) -> None:
    """To the bit where each window is read alone; float32 rounds otherwise in a batch."""
    settings = settings_of(make(tmp_path))
    engine = load(settings)
    model = LlamaForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    rows = LikelihoodScorer(settings, 40, 15, batch, "how").score(engine, rows_of(TEXTS))
    for row, text in zip(rows, TEXTS, strict=True):
        (tokens,) = engine.encode([text])
        assert len(tokens) == len(text.encode()) == row["tokens"]
        total = math.fsum(nats for window in windows(0, tokens, BEGINS, 40, 15) for nats in nats_of(model, window))
        assert row["log_probability"] == pytest.approx(total, rel=tolerance, abs=0)


def test_it_says_what_it_is(tmp_path: Path) -> None:
    engine = load(settings_of(make(tmp_path)))
    assert (engine.prefix, engine.longest) == (256, 64)
    assert engine.about["prefix"] == "bos (256)"
    with pytest.raises(InputError, match=r"it reads 64 tokens at most, and loglikelihood.window is 65"):
        list(Inspection(settings_of(make(tmp_path)), 65).inspect([]))


def test_a_tokenizer_that_loses_text_scores_none_of_it(tmp_path: Path) -> None:
    settings = settings_of(make(tmp_path, lower=True))
    rows = LikelihoodScorer(settings, 40, 15, 200, "how").score(TransformersEngine(settings), rows_of(["UP", "low"]))
    assert [row.get("reason") for row in rows] == [UNRETURNED, None]


def test_a_tokenizer_without_a_beginning_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its tokenizer has neither a token bos nor eos, which would begin a text"):
        load(settings_of(make(tmp_path, begins=False)))
