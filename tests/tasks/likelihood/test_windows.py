"""Windows: every token once, with as much context as fits; and batches that are full and lose nothing."""

import doctest
import random
from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.tasks.likelihood import windows as module
from zip_pipeline.tasks.likelihood.windows import Window, batches, windows

SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9)).map(lambda pair: (max(pair), min(pair)))


@given(st.integers(1, 60), SIZES)
def test_every_token_is_scored_once(count: int, sizes: tuple[int, int]) -> None:
    window, stride = sizes
    tokens = list(range(1, count + 1))
    found = list(windows(5, tokens, 0, window, stride))
    assert list(chain.from_iterable(one.tokens[-one.scored :] for one in found)) == tokens
    assert all(one.document == 5 and 1 <= one.scored <= one.read <= window for one in found)
    assert found[0].tokens[0] == 0
    for one, after in pairwise(found):
        assert after.read == window, "the context is as long as it may be"
        assert after.scored == stride or after is found[-1]
        assert after.tokens[-after.scored - 1] == one.tokens[-1]


def test_as_the_harness_has_them() -> None:
    """lm-evaluation-harness on ten tokens and a model of four: windows share one token, the last one is filled up."""
    found = [(one.tokens, one.scored) for one in windows(0, range(1, 11), 0, 4, 4)]
    assert found == [([0, 1, 2, 3, 4], 4), ([4, 5, 6, 7, 8], 4), ([6, 7, 8, 9, 10], 2)]


@given(st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=30), max_size=9), SIZES, st.integers(1, 40))
def test_batches(documents: list[list[int]], sizes: tuple[int, int], most: int) -> None:
    work = [one for number, tokens in enumerate(documents) for one in windows(number, tokens, 0, *sizes)]
    found = list(batches(work, most))
    assert sorted(map(repr, chain.from_iterable(found))) == sorted(map(repr, work))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(one.read for one in batch) <= most
    for batch, after in pairwise(found):
        assert (len(batch) + 1) * batch[0].read > most, "no batch could have taken the next window"
        assert batch[-1].read >= after[0].read
    random.Random(0).shuffle(work)
    assert list(batches(work, most)) == found


def test_a_window_longer_than_a_batch_is_read_alone() -> None:
    long = Window(0, [1] * 10, 9)
    assert list(batches([long, long], 3)) == [[long], [long]]


def test_the_example_holds() -> None:
    assert doctest.testmod(module).attempted == 1
    assert not doctest.testmod(module).failed
