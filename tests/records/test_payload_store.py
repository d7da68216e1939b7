"""Payloads by place, on the heap and in files."""

import doctest
import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.records import payload_store
from zip_pipeline.records.buffers import in_files
from zip_pipeline.records.payload_store import Payloads

payload_lists = st.lists(st.binary(max_size=300) | st.text("abc ", max_size=300).map(str.encode), max_size=12)


def test_documentation_examples() -> None:
    assert doctest.testmod(payload_store).failed == 0


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


@given(parts=st.lists(st.lists(st.binary(max_size=3000), max_size=20), max_size=8))
def test_payloads_in_files_are_payloads(parts: list[list[bytes]]) -> None:
    heap, files = Payloads(), Payloads(allocator=in_files)
    for part in parts:
        run = Payloads(part)
        for payloads in (heap, files):
            payloads.extend(run.flat, run.offsets)
    assert [files[place] for place in range(len(files))] == [payload for part in parts for payload in part]
    assert heap.flat.tobytes() == files.flat.tobytes()
    assert heap.offsets.tolist() == files.offsets.tolist()


def test_records_are_not_on_the_heap() -> None:
    tracemalloc.start()
    payloads = Payloads(allocator=in_files)
    for _ in range(100):
        payloads.extend(np.zeros(100_000, dtype=np.uint8), np.arange(0, 100_001, 1000))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(payloads.flat) == 10**7
    assert held < 20_000
