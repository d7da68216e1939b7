"""The memory of a deflate state: its guards, and what a cleared or copied state forgets."""

from zip_pipeline.codecs.deflate.layout import GUARD_BYTES, DeflateMemory


def test_guards_notice_a_write_past_a_region() -> None:
    memory = DeflateMemory()
    assert memory.guards_intact()
    for begin, end in memory._guards():
        assert end - begin >= GUARD_BYTES
        memory._block[begin] ^= 1
        assert not memory.guards_intact()
        memory._block[begin] ^= 1
    assert memory.guards_intact()


def test_the_filter_of_new_text_does_not_outlive_its_anchor() -> None:
    """A range of the same numbers in another anchor is other text."""
    memory, other = DeflateMemory(), DeflateMemory()
    for forget in (memory.clear, lambda: memory.copy_from(other)):
        memory._region("filter_range")[:] = 1
        forget()
        assert not memory._region("filter_range").any()
