"""Evaluators answer with the one-shot size of their codec, whichever they are; which one a run takes."""

import random
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.deflate_model import model_size
from support.far_families import noise, sampled_noise
from zip_pipeline.codecs.base import Codec
from zip_pipeline.codecs.evaluator import PrefixEvaluator, set_sizes
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
from zip_pipeline.codecs.zstd_codec import ZstdCodec, ZstdEvaluator
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import FRAMINGS

payload_lists = st.lists(st.binary(max_size=300) | st.text("abc ", max_size=300).map(str.encode), max_size=12)


@given(payload_lists)
def test_payloads_lie_end_to_end(expected: list[bytes]) -> None:
    payloads = Payloads()
    assert [payloads.append(payload) for payload in expected] == list(range(len(expected)))
    assert [payloads[place] for place in range(len(payloads))] == expected
    assert payloads.flat.tobytes() == b"".join(expected)
    assert payloads.offsets.tolist() == [0, *np.cumsum([len(payload) for payload in expected], dtype=int).tolist()]
    assert payloads.lengths(range(len(expected))).tolist() == [len(payload) for payload in expected]


@given(payload_lists, payload_lists)
def test_payloads_take_a_run_at_once(first: list[bytes], then: list[bytes]) -> None:
    payloads, run = Payloads(first), Payloads([b"before", *then])
    payloads.extend(run.flat, run.offsets[1:])
    assert [payloads[place] for place in range(len(payloads))] == first + then


def test_payloads_grow() -> None:
    payloads = Payloads(bytes([number % 256]) * number for number in range(2000))
    assert all(payloads[number] == bytes([number % 256]) * number for number in range(2000))


@pytest.mark.parametrize("evaluator", [PrefixEvaluator, KernelEvaluator])
@given(given_payloads=payload_lists, render=st.sampled_from(sorted(FRAMINGS)), workers=st.sampled_from([1, 3]))
def test_sizes(
    evaluator: type[PrefixEvaluator | KernelEvaluator], given_payloads: list[bytes], render: str, workers: int
) -> None:
    framing, places = FRAMINGS[render], range(len(given_payloads))
    anchor = evaluator(ZlibCodec(), framing, Payloads(given_payloads), workers)
    other, chosen = anchor.sibling(), []
    for place in [*places, *places]:
        sets = [framing.join([*chosen, candidate]) for candidate in given_payloads]
        assert anchor.raw_sizes(places).tolist() == [len(data) for data in sets]
        assert anchor.sizes(places).tolist() == [len(zlib.compress(data, 9)) for data in sets]
        anchor.append(place)
        chosen.append(given_payloads[place])
        assert set_sizes(ZlibCodec(), framing, chosen) == (
            len(framing.join(chosen)),
            len(zlib.compress(framing.join(chosen), 9)),
        )
    sets = [framing.join(given_payloads[: count + 1]) for count in places]
    raw, compressed = other.extend(places)
    assert raw.tolist() == [len(data) for data in sets]
    assert compressed.tolist() == [len(zlib.compress(data, 9)) for data in sets]
    other.clear()
    anchor.clear()
    assert anchor.sizes(places).tolist() == other.sizes(places).tolist()


def test_sizes_with_a_longer_window() -> None:
    rng = random.Random(9)
    given_payloads = [sampled_noise(rng, 500), noise(rng, 40_000), noise(rng, 300), noise(rng, 40), b""]
    given_payloads.append(given_payloads[0][:400] + given_payloads[2])
    codec, framing, places = ZlibCodec(4, window=65536), FRAMINGS["repr"], range(len(given_payloads))
    anchor, chosen = KernelEvaluator(codec, framing, Payloads(given_payloads), 2), []
    for place in (0, 2, 1):
        anchor.append(place)
        chosen.append(given_payloads[place])
        sets = [framing.join([*chosen, candidate]) for candidate in given_payloads]
        assert anchor.sizes(places).tolist() == [model_size(data, 4, 65536) for data in sets]
    assert anchor.sizes(places).tolist() != [len(zlib.compress(data, 4)) for data in sets]
    assert anchor.sibling().sizes(places).tolist() == [codec.compressed_size(framing.join([p])) for p in given_payloads]
    assert set_sizes(codec, framing, chosen) == (
        len(framing.join(chosen)),
        model_size(framing.join(chosen), 4, 65536),
    )


@pytest.mark.parametrize("window", [32768, 65536])
def test_candidates_that_come_back_are_recalled(window: int) -> None:
    rng = random.Random(3)
    given_payloads = [sampled_noise(rng, 600) for _ in range(9)]
    given_payloads += [noise(rng, 40_000), *(given_payloads[k][:400] + given_payloads[k + 1] for k in range(8))]
    codec, framing, places = ZlibCodec(window=window), FRAMINGS["content"], np.arange(len(given_payloads))
    anchor, plain = (KernelEvaluator(codec, framing, Payloads(given_payloads)) for _ in range(2))
    asked = [places, places[:12], places[:5], places[1:4], places[3:8], places, places[[7]], places[[8]]]
    recalled = []
    for wanted in asked:
        expected = [plain.sizes([place])[0] for place in reversed(wanted)][::-1]
        assert anchor.sizes(wanted).tolist() == expected
        recalled.append(anchor._shortlist is not None)
        pick = rng.choice([0, 2, 9])
        anchor.append(pick)
        plain.append(pick)
    assert recalled == [False, True, True, True, True, False, True, False]


def test_the_empty_set() -> None:
    assert set_sizes(ZlibCodec(), FRAMINGS["repr"], []) == (2, len(zlib.compress(b"[]", 9)))


@pytest.mark.parametrize(
    ("codec", "expected"),
    [
        (ZlibCodec(), KernelEvaluator),
        (ZlibCodec(3), PrefixEvaluator),
        (ZlibCodec(window=1 << 20), KernelEvaluator),
        (ZstdCodec(), ZstdEvaluator),
        (NullCodec(), PrefixEvaluator),
    ],
)
def test_which_evaluator_a_codec_has(codec: Codec, expected: type) -> None:
    evaluator = codec.evaluator(FRAMINGS["content"], Payloads(), 1)
    assert type(evaluator) is expected
    assert expected is KernelEvaluator or not evaluator.compiles_first


def test_without_numba_there_is_the_prefix_state() -> None:
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from zip_pipeline.codecs import CODECS\n"
        "from zip_pipeline.records.payload_store import Payloads\n"
        "from zip_pipeline.records.render import FRAMINGS\n"
        "print(CODECS['zlib']().evaluator(FRAMINGS['content'], Payloads()).name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "prefix state"
