"""The example of a model as a codec: lossless, and as large as the log-probabilities say; only where torch is."""

from pathlib import Path

from lm_codec import Model, compress, decompress

from support.tiny_llama import make


def test_it_is_lossless_and_as_large_as_the_sum(tmp_path: Path) -> None:
    make(tmp_path)
    model, text = Model(str(tmp_path), window=32), "Zwölf cats sat on a mat. " * 30
    packed, bits = compress(model, text)
    assert decompress(model, packed) == text
    assert bits / 8 <= len(packed) <= 1.01 * bits / 8 + 8
