"""Signatures and passages as tasks: Arrow batches against the functions of `dedup`."""

import numpy as np
import pyarrow as pa

from support.near_copies import planted
from zip_pipeline.dedup import minhash
from zip_pipeline.dedup.shingles import PASSAGE, shingles
from zip_pipeline.tasks import sign

PAYLOADS = [*planted(0.9, 0, runs=60), *planted(0.1, 1, runs=60), b"", b"short"]


def batches(columns: dict[str, pa.Array]) -> list[pa.RecordBatch]:
    batch = pa.record_batch(columns)
    return [batch.slice(0, 2), batch.slice(2, 0), batch.slice(2)]


def test_signatures_and_buckets() -> None:
    ids = [str(number) for number in range(len(PAYLOADS))]
    rows = [
        row
        for part in sign.sign(batches({"id": pa.array(ids), "payload": pa.array(PAYLOADS)}))
        for row in part.to_pylist()
    ]
    signed = minhash.signatures(PAYLOADS)
    assert [row["id"] for row in rows] == ids
    assert [np.frombuffer(row["signature"], "<u4").tolist() for row in rows] == signed.tolist()
    assert [row["buckets"] for row in rows] == minhash.buckets(signed).tolist()


def test_pairs_that_are_alike() -> None:
    signatures = [signature.astype("<u4").tobytes() for signature in minhash.signatures(PAYLOADS)]
    pairs = [(0, 1), (2, 3), (4, 4)]
    columns = {
        "lowest": pa.array([str(one) for one, _ in pairs]),
        "id": pa.array([str(other) for _, other in pairs]),
        "lowest_signature": pa.array([signatures[one] for one, _ in pairs]),
        "signature": pa.array([signatures[other] for _, other in pairs]),
    }
    rows = [tuple(row.values()) for part in sign.compare(batches(columns)) for row in part.to_pylist()]
    assert rows == [("0", "1"), ("4", "4")]


def test_passages_repeat_the_other_columns() -> None:
    columns = {"id": pa.array(list("abcdef")), "payload": pa.array(PAYLOADS)}
    runs = shingles(PAYLOADS, PASSAGE)
    rows = [tuple(row.values()) for part in sign.passages(batches(columns)) for row in part.to_pylist()]
    expected = np.repeat(list("abcdef"), np.diff(runs.offsets)).tolist()
    assert rows == list(zip(expected, runs.hashes.view(np.int64).tolist(), strict=True))
    alone = [part.schema.names for part in sign.passages(batches({"payload": columns["payload"]}))]
    assert alone == [["passage"]] * 3
