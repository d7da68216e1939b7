"""Rates: what is timed is the work itself, once it is compiled, on the records that can be used."""

import pyarrow as pa
import pytest

from support.scoring import scorer
from zip_pipeline import schema
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.jobs.planning import rates

TEXTS = [f"record {number} says {number * number} words of its own" for number in range(50)]


def test_the_second_call_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(rates.time, "process_time", lambda: clock[0])
    costs = iter([100.0, 3.0])

    def work() -> None:
        clock[0] += next(costs)

    assert rates.core_seconds(work) == 3.0


def test_what_is_timed_is_what_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "core_seconds", lambda work: (work(), 6.0)[1])
    asked = scorer()
    columns = {name: pa.array([*TEXTS, None], pa.string()) for name in asked.columns}
    ids = pa.array([str(number) for number in range(51)])
    batch = pa.RecordBatch.from_pydict({**columns, schema.ID: ids})
    rate, payloads = rates.of_scoring(asked, [batch])
    assert [payload.decode() for payload in payloads] == TEXTS
    size = sum(map(len, payloads))
    assert rate == 6.0 / size
    assert rates.of_near_duplicates(payloads) == 6.0 / size
    assert rates.of_stream(ZlibCodec(), payloads) == 6.0 / size
    assert rates.of_models(payloads) == pytest.approx(3.0 / (size + len(payloads) - 1))
