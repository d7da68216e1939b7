"""The compiled loops give the numbers of the others, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.dedup import kernel, minhash, shingles, tokens
from zip_pipeline.dedup.characters import CODE_POINTS, CONTEXT, LONGEST, points_of, points_of_all
from zip_pipeline.jit_cache import is_compiled

WORDS = ["word", "Two words", "a-b", "7", "we我们", "ไทย", "é", "e\u0301", "x" * (LONGEST + 1), "ab12" * 30]
SIGNS = ["-", "*", "/%", "- ", " -", "3 - 1", "{}", "<>=", "😀", " ", "\n", "\t", "\0"]
ODD = ["\u00ad", "\U000e0041", "a\ufeffb", "\U0010ffff"]
PIECES = st.sampled_from([*WORDS, *SIGNS, *ODD])
TEXTS = st.lists(st.one_of(st.lists(PIECES).map("".join), st.text(max_size=2 * LONGEST + CONTEXT)), max_size=8)


@given(texts=TEXTS)
def test_the_tokens_of_any_texts(texts: list[str]) -> None:
    points, lengths = points_of_all([text.encode(errors="replace") for text in texts])
    hashes, offsets = tokens.word_hashes(points, lengths)
    compiled_hashes, compiled_offsets = kernel.word_hashes(points, lengths)
    assert compiled_hashes.tolist() == hashes.tolist()
    assert compiled_offsets.tolist() == offsets.tolist()


@pytest.mark.parametrize("size", [CONTEXT, LONGEST - 1, LONGEST, LONGEST + 1, LONGEST + CONTEXT, 999])
@pytest.mark.parametrize("kind", [np.uint8, np.uint32])
def test_words_around_the_length_that_is_cut(size: int, kind: type) -> None:
    letters = np.random.default_rng(size).integers(ord("a"), ord("z") + 1, size)
    points = np.append(letters, ord("\n")).astype(kind)
    lengths = np.array([size])
    hashes, _ = tokens.word_hashes(points, lengths)
    assert kernel.word_hashes(points, lengths)[0].tolist() == hashes.tolist()
    assert (len(hashes) > 1) == (size > LONGEST)


def test_code_points_behind_the_tables() -> None:
    points = np.array([CODE_POINTS - 1, CODE_POINTS, 0x10FFFF, ord("\n")], np.uint32)
    lengths = np.array([3])
    assert kernel.word_hashes(points, lengths)[0].tolist() == tokens.word_hashes(points, lengths)[0].tolist()


@given(texts=st.lists(st.one_of(TEXTS.map("".join).map(str.encode), st.binary(max_size=20)), min_size=1, max_size=9))
def test_points_of_many_texts_are_those_of_each(texts: list[bytes]) -> None:
    """Bytes that are no UTF-8 among them."""
    points, lengths = points_of_all(texts)
    assert lengths.tolist() == [len(points_of(text)) for text in texts]
    assert points.tolist() == [point for text in texts for point in (*points_of(text).tolist(), ord("\n"))]


@given(seed=st.integers(0, 2**32), counts=st.lists(st.integers(1, 20), max_size=9), width=st.integers(1, 9))
def test_shingles_of_any_records(seed: int, counts: list[int], width: int) -> None:
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    words = np.random.default_rng(seed).integers(0, 1 << 64, offsets[-1], np.uint64)
    hashes, ends = shingles.run_hashes(words, offsets, width)
    compiled_hashes, compiled_ends = kernel.run_hashes(words, offsets, width)
    assert compiled_hashes.tolist() == hashes.tolist()
    assert compiled_ends.tolist() == ends.tolist()


@given(seed=st.integers(0, 2**32), records=st.integers(0, 20))
def test_signatures(seed: int, records: int) -> None:
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(1, 50, records))])
    hashes = rng.integers(0, 1 << 32, offsets[-1], np.uint32)
    assert kernel.minima(hashes, offsets, minhash.FACTORS).tolist() == (
        minhash.minima(hashes, offsets, minhash.FACTORS).tolist()
    )


def test_they_are_used_where_there_is_much_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [b"to be or not to be ", b"that is the question " * 3]
    few = tokens.tokens(texts)
    monkeypatch.setattr(tokens, "LEAST_COMPILED", 1)
    assert tokens.compiled(1) is kernel
    assert tokens.tokens(texts).hashes.tolist() == few.hashes.tolist()
    assert is_compiled(kernel.token_loop)


def test_without_numba_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zip_pipeline.dedup.kernel", None)
    monkeypatch.delattr("zip_pipeline.dedup.kernel")
    assert tokens.compiled(1 << 30) is None
