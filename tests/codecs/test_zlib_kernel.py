"""The kernel's evaluator: longer windows, and candidates that come back."""

import random
import zlib

import numpy as np
import pytest

from support.deflate_model import model_size
from support.long_window_families import noise, sampled_noise
from zip_pipeline.codecs.evaluator import set_sizes
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import FRAMINGS


def test_sizes_with_a_longer_window() -> None:
    rng = random.Random(9)
    texts = [sampled_noise(rng, 500), noise(rng, 40_000), noise(rng, 300), noise(rng, 40), b""]
    texts.append(texts[0][:400] + texts[2])
    codec, framing, places = ZlibCodec(4, window=65536), FRAMINGS["repr"], range(len(texts))
    anchor, chosen = KernelEvaluator(codec, framing, Payloads(texts), 2), []
    for place in (0, 2, 1):
        anchor.append(place)
        chosen.append(texts[place])
        sets = [framing.join([*chosen, candidate]) for candidate in texts]
        assert anchor.sizes(places).tolist() == [model_size(data, 4, 65536) for data in sets]
    assert anchor.sizes(places).tolist() != [len(zlib.compress(data, 4)) for data in sets]
    assert anchor.sibling().sizes(places).tolist() == [codec.compressed_size(framing.join([p])) for p in texts]
    assert set_sizes(codec, framing, chosen) == (
        len(framing.join(chosen)),
        model_size(framing.join(chosen), 4, 65536),
    )


@pytest.mark.parametrize("window", [32768, 65536])
def test_candidates_that_come_back_become_a_shortlist(window: int) -> None:
    rng = random.Random(3)
    texts = [sampled_noise(rng, 600) for _ in range(9)]
    texts += [noise(rng, 40_000), *(texts[k][:400] + texts[k + 1] for k in range(8))]
    codec, framing, places = ZlibCodec(window=window), FRAMINGS["content"], np.arange(len(texts))
    anchor, plain = (KernelEvaluator(codec, framing, Payloads(texts)) for _ in range(2))
    calls = [places, places[:12], places[:5], places[1:4], places[3:8], places, places[[7]], places[[8]]]
    from_shortlist = []
    for wanted in calls:
        expected = [plain.sizes([place])[0] for place in reversed(wanted)][::-1]
        assert anchor.sizes(wanted).tolist() == expected
        from_shortlist.append(anchor._shortlist is not None)
        pick = rng.choice([0, 2, 9])
        anchor.append(pick)
        plain.append(pick)
    assert from_shortlist == [False, True, True, True, True, False, True, False]
