"""zstd as a measure: its sizes against their definition, written out, and against zstd's own decoder."""

import doctest
import random

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from support.oracle import naive_select
from support.rule import K, everything, picks_of, runs, text_pool, twin_pool
from zip_pipeline.codecs import zstd_codec
from zip_pipeline.codecs.evaluator import set_sizes
from zip_pipeline.codecs.zstd_codec import History, ZstdCodec, ZstdEvaluator
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.selection.frontier import Frontier

CONTENT = FRAMINGS["content"]
SMALL = ZstdCodec(window=1 << 15)

texts = st.lists(st.text("abc \n", min_size=1, max_size=300).map(str.encode), min_size=1, max_size=12)


def compressor(codec: ZstdCodec, before: bytes) -> zstandard.ZstdCompressor:
    known = before[-codec.window :]
    raw = zstandard.DICT_TYPE_RAWCONTENT
    dictionary = zstandard.ZstdCompressionDict(known, dict_type=raw) if len(known) >= 8 else None
    parameters = zstandard.ZstdCompressionParameters.from_level(
        codec.level,
        format=zstandard.FORMAT_ZSTD1_MAGICLESS,
        window_log=codec.window.bit_length() - 1,
        hash_log=codec.window.bit_length() - 2,
        chain_log=codec.window.bit_length() - 2,
        write_content_size=0,
        write_checksum=0,
        write_dict_id=0,
    )
    if dictionary is not None:
        dictionary.precompute_compress(compression_params=parameters)
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary)


def chain_sizes(codec: ZstdCodec, groups: list[list[bytes]]) -> list[int]:
    """The definition, after each record of the groups. It keeps nothing from one group to the next."""
    sizes, before = [0], b""
    for group in groups:
        stream = compressor(codec, before).compressobj()
        for record in group:
            written = b"\n" + record if before else record
            before += written
            sizes.append(sizes[-1] + len(stream.compress(written) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)))
    return sizes


def chain_rule(codec: ZstdCodec, groups: list[list[bytes]], candidate: bytes | None = None) -> int:
    size = chain_sizes(codec, groups)[-1]
    before = CONTENT.join(record for group in groups for record in group)
    return size if candidate is None else size + len(compressor(codec, before).compress(candidate))


def test_documentation_example() -> None:
    assert doctest.testmod(zstd_codec).failed == 0


@given(
    groups=st.lists(texts, max_size=4),
    candidates=texts,
    codec=st.sampled_from([ZstdCodec(), SMALL, ZstdCodec(level=1), ZstdCodec(level=7, window=1 << 20)]),
    workers=st.sampled_from([1, 3]),
)
def test_sizes(groups: list[list[bytes]], candidates: list[bytes], codec: ZstdCodec, workers: int) -> None:
    payloads = Payloads([*candidates, *[record for group in groups for record in group]])
    anchor, place = ZstdEvaluator(codec, CONTENT, payloads, workers), len(candidates)
    places, expected = np.arange(len(candidates)), chain_sizes(codec, groups)
    for number, group in enumerate(groups):
        raw, compressed = anchor.extend(range(place, place + len(group)))
        place += len(group)
        for count in range(len(group)):
            so_far = [*groups[:number], group[: count + 1]]
            assert compressed[count] == expected[sum(map(len, so_far))]
            assert raw[count] == len(CONTENT.join(record for part in so_far for record in part))
    raw = anchor.raw_sizes(places)
    chosen = [record for group in groups for record in group]
    assert raw.tolist() == [len(CONTENT.join([*chosen, candidate])) for candidate in candidates]
    before = CONTENT.join(chosen)
    alone = [len(compressor(codec, before).compress(candidate)) for candidate in candidates]
    assert anchor.sizes(places).tolist() == [expected[-1] + size for size in alone]
    assert anchor.sibling().sizes(places).tolist() == codec.record_sizes(pa.array(candidates)).tolist()
    assert [codec.compressed_size(candidate) for candidate in candidates] == codec.record_sizes(
        pa.array(candidates)
    ).tolist()


@given(records=texts, group=st.integers(1, 5))
def test_a_sets_size_is_its_groups(records: list[bytes], group: int) -> None:
    groups = [records[start : start + group] for start in range(0, len(records), group)]
    expected = len(CONTENT.join(records)), chain_rule(SMALL, groups)
    assert set_sizes(SMALL, CONTENT, records, group) == expected


@given(before=texts, record=texts)
def test_a_code_length_is_one_that_zstd_can_decode(before: list[bytes], record: list[bytes]) -> None:
    known, data = b"\n".join(before) + b" " * 8, b"\n".join(record)
    frame = compressor(SMALL, known).compress(data)
    assert History(SMALL, known).size(data) == len(frame)
    dictionary = zstandard.ZstdCompressionDict(known, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    decoder = zstandard.ZstdDecompressor(dict_data=dictionary, format=zstandard.FORMAT_ZSTD1_MAGICLESS)
    assert decoder.decompressobj().decompress(frame) == data


def test_the_whole_window_counts_and_no_more() -> None:
    rng = np.random.default_rng(1)
    codec, data = ZstdCodec(window=1 << 18), rng.bytes((1 << 18) + 4000)
    sizes = [History(codec, data).size(data[start : start + 1000]) for start in (0, 4100, 1 << 17, (1 << 18) + 2900)]
    assert sizes[0] > 1000, "forgotten"
    assert max(sizes[1:]) < 60, "remembered, however far back"


@given(
    make=st.sampled_from([text_pool, twin_pool]),
    seed=st.integers(0, 2**32),
    rule=st.sampled_from(["paper", "reference"]),
    k=st.tuples(st.integers(1, 25), st.integers(1, 25), st.integers(1, 25)).map(
        lambda k: tuple(sorted(k, reverse=True))
    ),
    budget=st.integers(1, 30),
)
def test_equals_the_naive_rule(make: object, seed: int, rule: str, k: K, budget: int) -> None:
    pool = make(seed, 25)  # type: ignore[operator]
    frontier = Frontier(runs(pool, CONTENT, SMALL))
    anchor = ZstdEvaluator(SMALL, CONTENT, frontier.payloads, 2)
    picks = picks_of(frontier, anchor, everything(budget), k, rule)
    assert [pick.id for pick in picks] == naive_select(
        pool,
        measure=lambda groups, candidate: (
            len(CONTENT.join([*(record for group in groups for record in group), candidate])),
            chain_rule(SMALL, groups, candidate),
        ),
        budget=budget,
        k=k,
        rule=rule,
    )
    rounds = [[pool[pick.id] for pick in picks if pick.round == number] for number in range(picks[-1].round + 1)]
    assert picks[-1].compressed_bytes == chain_rule(SMALL, rounds)


def test_a_record_larger_than_any_block() -> None:
    record = b"".join(b"%d," % number for number in range(200_000))
    payloads = Payloads([record, b"1,2,3,4,5,6,7,8,9,10,"])
    anchor = ZstdEvaluator(ZstdCodec(), CONTENT, payloads, 2)
    anchor.append(0)
    assert anchor.sizes([1, 0]).tolist() == [chain_rule(ZstdCodec(), [[record]], payloads[place]) for place in (1, 0)]


@pytest.mark.parametrize("field", ["level", "window"])
def test_the_probe_tells_settings_apart(field: str) -> None:
    other = {"level": ZstdCodec(level=19), "window": SMALL}[field]
    assert not ZstdCodec().build().agrees_with(other.build())
    assert ZstdCodec().build().agrees_with(ZstdCodec().build())


def test_marks_are_the_frame_and_the_tables_of_blocks_cut_short() -> None:
    """Ten thousand bytes a mark: what the text costs, and some tens of bytes each."""
    text = random.Random(0).randbytes(50_000).hex().encode()
    stream = ZstdCodec().stream()
    stream.append(text)
    stream.begin()
    marks = []
    for first in range(0, len(text), 10_000):
        stream.append(text[first : first + 10_000])
        marks.append(stream.mark())
    assert stream.end() < 200, "the context is referred to, and not counted"
    fresh = ZstdCodec().stream()
    fresh.append(text)
    assert 50_000 < fresh.end() < 51_000
    assert all(0 < mark < 100 for mark in marks)
