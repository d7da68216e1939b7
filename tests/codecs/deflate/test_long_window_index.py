"""The memory of a long window stays within its promise."""

import numpy as np

from zip_pipeline.codecs.deflate.long_window import SLOTS_USED
from zip_pipeline.codecs.deflate.long_window_index import LongWindowIndex


def test_memory_is_at_most_three_bytes_for_each_of_the_anchor() -> None:
    rng = np.random.default_rng(6)
    index = LongWindowIndex(1 << 22)
    for _ in range(100):
        index.append_text(rng.integers(0, 256, 30_000, dtype=np.uint8))
        index.enter_until(index._end)
        assert index._slots.nbytes <= max(2.1 * index._end, 2048 * 8)
        assert index._slots.size > index._field(SLOTS_USED)
        assert index._end <= index._capacity() <= 2 * max(index._end, 1 << 16)


def test_old_text_is_dropped() -> None:
    rng = np.random.default_rng(7)
    index = LongWindowIndex(65536)
    for _ in range(100):
        index.append_text(rng.integers(0, 256, 30_000, dtype=np.uint8))
        index.enter_until(index._end)
    assert index._capacity() < 4 * 65536
    assert index._slots.nbytes < 4 * 65536
