"""The engine transformers on models made here, with random weights; collected only where torch is installed."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from zip_pipeline.errors import InputError
from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.engines import load
from zip_pipeline.tasks.likelihood.score import UNRETURNED, Inspection, LikelihoodScorer
from zip_pipeline.tasks.likelihood.transformers_engine import TransformersEngine
from zip_pipeline.tasks.likelihood.windows import windows

TEXTS = ["the cat sat on the mat", "Zwölf", "x", "a document that is longer than any window " * 9]


def make(folder: Path, *, begins: bool = True, lower: bool = False) -> ModelSettings:
    """A byte-level Llama of random weights."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = {name: number for number, name in enumerate([*alphabet, "<s>"])}
    tokenizer = Tokenizer(models.BPE(tokens, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if lower:
        tokenizer.normalizer = normalizers.Lowercase()
    special: dict[str, Any] = {"bos_token": "<s>"} if begins else {}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokens), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=64, bos_token_id=256, eos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return ModelSettings("m", str(folder), "transformers", "float32", "cpu", 1)


def rows_of(texts: list[str]) -> list[dict[str, Any]]:
    return [
        {"part": 0, "id": f"d{number}", "source": None, "payload": text.encode()} for number, text in enumerate(texts)
    ]


def test_it_is_a_plain_loop_over_the_same_windows(tmp_path: Path) -> None:
    settings = make(tmp_path)
    engine = load(settings)
    model = LlamaForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    rows = LikelihoodScorer(settings, 40, 15, 200, "how").score(engine, rows_of(TEXTS))
    for row, text in zip(rows, TEXTS, strict=True):
        (tokens,) = engine.encode([text])
        assert len(tokens) == len(text.encode()) == row["tokens"]
        nats = []
        for window in windows(0, tokens, 256, 40, 15):
            with torch.inference_mode():
                logits = model(input_ids=torch.tensor([window.tokens[:-1]])).logits[0]
            own = torch.log_softmax(logits.float(), dim=-1)
            places = range(window.read - window.scored, window.read)
            nats += [own[place, window.tokens[place + 1]].item() for place in places]
        assert row["log_probability"] == pytest.approx(math.fsum(nats), rel=1e-6)


def test_it_says_what_it_is(tmp_path: Path) -> None:
    engine = load(make(tmp_path))
    assert (engine.prefix, engine.longest) == (256, 64)
    assert engine.about["prefix"] == "bos (256)"
    with pytest.raises(InputError, match=r"it reads 64 tokens at most, and loglikelihood.window is 65"):
        list(Inspection(make(tmp_path), 65).inspect([]))


def test_a_tokenizer_that_loses_text_scores_none_of_it(tmp_path: Path) -> None:
    settings = make(tmp_path, lower=True)
    rows = LikelihoodScorer(settings, 40, 15, 200, "how").score(TransformersEngine(settings), rows_of(["UP", "low"]))
    assert [row.get("reason") for row in rows] == [UNRETURNED, None]


def test_a_tokenizer_without_a_beginning_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its tokenizer has neither a token bos nor eos, which would begin a text"):
        load(make(tmp_path, begins=False))
