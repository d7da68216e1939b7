"""The example of a model as a codec: lossless, and as large as the log-probabilities say; only where torch is."""

from pathlib import Path

import torch
from lm_codec import Model, compress, decompress
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast


def test_it_is_lossless_and_as_large_as_the_sum(tmp_path: Path) -> None:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({name: number for number, name in enumerate([*alphabet, "<s>"])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = {"bos_token": "<s>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(tmp_path)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=257, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=64, bos_token_id=256, eos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    model, text = Model(str(tmp_path), window=32), "Zwölf cats sat on a mat. " * 30
    packed, bits = compress(model, text)
    assert decompress(model, packed) == text
    assert bits / 8 <= len(packed) <= 1.01 * bits / 8 + 8
