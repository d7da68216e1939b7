"""Payloads lie end to end, and come back as they were."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.records.payload_store import Payloads

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
