"""A language model as a compressor: what stands behind ranking models by log-probabilities.

    pip install "zip-pipeline[lm]" constriction
    python examples/lm_codec.py models/small text.txt

An arithmetic coder writes each token with the probability that the model gives it. So a text takes -log2 of these
probabilities in bits, and a little more: the sum that `zip-pipeline loglikelihood` computes. It is a demonstration, not
a way to store anything. Whoever decodes must compute the same floats, which another machine or version does not.
"""

import argparse
import struct
from collections.abc import Sequence
from pathlib import Path

import constriction
import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


class Model:
    """A causal model that says what comes next.

    Args:
        path: a folder with weights, config and tokenizer.
        window: tokens that the model reads at most.
    """

    def __init__(self, path: str, window: int = 256) -> None:
        local = {"local_files_only": True, "trust_remote_code": False}
        self.tokenizer = AutoTokenizer.from_pretrained(path, **local)
        self._model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, **local).eval()
        begins = self.tokenizer.bos_token_id
        self._prefix = self.tokenizer.eos_token_id if begins is None else begins
        self._window = window

    def next(self, tokens: Sequence[int]) -> npt.NDArray[np.float64]:
        """Return the probability of each token after these; the same tokens always give the same floats here."""
        read = torch.tensor([[self._prefix, *tokens][-self._window :]])
        with torch.inference_mode():
            logits = self._model(input_ids=read).logits[0, -1]
        return torch.softmax(logits.double(), dim=-1).numpy()


def compress(model: Model, text: str) -> tuple[bytes, float]:
    """Return a text compressed, and the bits that the log-probabilities of its tokens sum up to."""
    tokens: list[int] = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    coder, bits = constriction.stream.queue.RangeEncoder(), 0.0
    for place, token in enumerate(tokens):
        probabilities = model.next(tokens[:place])
        bits -= float(np.log2(probabilities[token]))
        coder.encode(token, constriction.stream.model.Categorical(probabilities, perfect=False))
    words: bytes = coder.get_compressed().astype("<u4").tobytes()
    return struct.pack("<I", len(tokens)) + words, bits


def decompress(model: Model, packed: bytes) -> str:
    """Return the text."""
    (count,) = struct.unpack_from("<I", packed)
    coder = constriction.stream.queue.RangeDecoder(np.frombuffer(packed, "<u4", offset=4).astype(np.uint32))
    tokens: list[int] = []
    for _ in range(count):
        tokens.append(int(coder.decode(constriction.stream.model.Categorical(model.next(tokens), perfect=False))))
    text: str = model.tokenizer.decode(tokens, clean_up_tokenization_spaces=False)
    return text


def main() -> None:
    """Compress a file, read it back, and compare sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a folder with a causal language model")
    parser.add_argument("file", type=Path, help="a text in UTF-8")
    arguments = parser.parse_args()
    model, text = Model(arguments.model), arguments.file.read_text()
    packed, bits = compress(model, text)
    if decompress(model, packed) != text:
        raise SystemExit("the tokenizer cannot give this text back")
    raw, size = len(text.encode()), len(packed)
    print(f"{raw:,} bytes, compressed {size:,}, by log-probabilities {bits / 8:,.1f}; ratio {raw / size:.2f}")


if __name__ == "__main__":
    main()
