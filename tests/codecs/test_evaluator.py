"""Evaluators of a prefix state give the one-shot size of their codec, and so do sets that are fed in groups."""

import doctest
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.codecs import evaluator as evaluator_module
from zip_pipeline.codecs.evaluator import PrefixEvaluator, set_sizes
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import FRAMINGS

payload_lists = st.lists(st.binary(max_size=300) | st.text("abc ", max_size=300).map(str.encode), max_size=12)


def test_documentation_examples() -> None:
    assert doctest.testmod(evaluator_module).failed == 0


@pytest.mark.parametrize("evaluator", [PrefixEvaluator, KernelEvaluator])
@given(texts=payload_lists, render=st.sampled_from(sorted(FRAMINGS)), workers=st.sampled_from([1, 3]))
def test_sizes(
    evaluator: type[PrefixEvaluator | KernelEvaluator], texts: list[bytes], render: str, workers: int
) -> None:
    framing, places = FRAMINGS[render], range(len(texts))
    anchor = evaluator(ZlibCodec(), framing, Payloads(texts), workers)
    other, chosen = anchor.sibling(), []
    for place in [*places, *places]:
        sets = [framing.join([*chosen, candidate]) for candidate in texts]
        assert anchor.raw_sizes(places).tolist() == [len(data) for data in sets]
        assert anchor.sizes(places).tolist() == [len(zlib.compress(data, 9)) for data in sets]
        anchor.append(place)
        chosen.append(texts[place])
        assert set_sizes(ZlibCodec(), framing, chosen) == (
            len(framing.join(chosen)),
            len(zlib.compress(framing.join(chosen), 9)),
        )
    sets = [framing.join(texts[: count + 1]) for count in places]
    raw, compressed = other.extend(places)
    assert raw.tolist() == [len(data) for data in sets]
    assert compressed.tolist() == [len(zlib.compress(data, 9)) for data in sets]
    other.clear()
    anchor.clear()
    assert anchor.sizes(places).tolist() == other.sizes(places).tolist()


def test_the_empty_set() -> None:
    assert set_sizes(ZlibCodec(), FRAMINGS["repr"], []) == (2, len(zlib.compress(b"[]", 9)))
