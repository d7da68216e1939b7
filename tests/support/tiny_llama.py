"""A byte-level Llama of random weights, made where a test needs it; imported only where torch is installed."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

BEGINS = 256
"""The token that begins a text."""


def make(folder: Path, *, begins: bool = True, lower: bool = False) -> str:
    """Write weights and tokenizer, 64 tokens at most; return the folder's path.

    Args:
        folder: to write to.
        begins: whether the tokenizer has a token that begins a text, and one that ends it.
        lower: whether it lowers case, and so cannot give every text back.
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = {name: number for number, name in enumerate([*alphabet, "<s>", "</s>"])}
    tokenizer = Tokenizer(models.BPE(tokens, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if lower:
        tokenizer.normalizer = normalizers.Lowercase()
    special: dict[str, Any] = {"bos_token": "<s>", "eos_token": "</s>"} if begins else {}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **special).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokens), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=64, bos_token_id=BEGINS, eos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return str(folder)
