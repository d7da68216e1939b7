"""Passages as tasks: Arrow batches against the functions of `dedup`, each row by itself, whatever batch it comes in."""

import numpy as np
import pyarrow as pa

from support.near_copies import planted
from zip_pipeline.dedup.bloom import BloomFilter
from zip_pipeline.dedup.shingles import PASSAGE, shingles
from zip_pipeline.tasks.passages import FOUND, ITEMS, ItemReader, PassageFinder, passages

PAYLOADS = [*planted(0.9, 0, runs=60), *planted(0.1, 1, runs=60), b"", b"short"]

ITEM = "one two three four five six seven eight nine ten"
TEXTS = [ITEM, "too short", None, "", f"{ITEM} eleven twelve thirteen fourteen"]
RECORDS = {"a": f"ONE, {ITEM[4:]}!", "b": "nothing of it", "c": f"{ITEM} and {ITEM}"}


def test_passages_repeat_the_other_columns() -> None:
    columns = {"id": pa.array(list("abcdef")), "payload": pa.array(PAYLOADS)}
    batch, runs = pa.record_batch(columns), shingles(PAYLOADS, PASSAGE)
    parts = [batch.slice(0, 2), batch.slice(2, 0), batch.slice(2)]
    rows = [tuple(row.values()) for part in passages(parts) for row in part.to_pylist()]
    expected = np.repeat(list("abcdef"), np.diff(runs.offsets)).tolist()
    assert rows == list(zip(expected, runs.hashes.view(np.int64).tolist(), strict=True))
    assert [part.schema.names for part in passages([batch.select(["payload"])])] == [["passage"]]


def items(*texts: str | None) -> pa.RecordBatch:
    payloads = pa.array([text if text is None else text.encode() for text in texts], pa.binary())
    given = {"benchmark": ["x"] * len(texts), "item": [*texts], "number": [*range(len(texts))]}
    return pa.record_batch({**given, "rejected": [0] * len(texts), "payload": payloads})


def test_items() -> None:
    together = [row for batch in ItemReader(13).read_batches([items(*TEXTS)]) for row in batch.to_pylist()]
    apart = [row for batch in ItemReader(13).read_batches(items(text) for text in TEXTS) for row in batch.to_pylist()]
    assert together == [{**row, "number": number} for number, row in enumerate(apart)]
    assert [row["length"] for row in together] == [10, 0, 0, 0, 13]
    assert [len(row["passages"]) for row in together] == [1, 0, 0, 0, 2]
    (batch,) = ItemReader(13).read_batches([items(*TEXTS)])
    assert batch.schema == ITEMS


def test_records() -> None:
    known = BloomFilter(1)
    (batch,) = ItemReader(13).read_batches([items(ITEM)])
    (passage,) = batch.column("passages").to_pylist()[0]
    known.add(batch.column("passages").flatten().to_numpy().view("u8"))
    finder = PassageFinder((10, 13), known)
    records = {name: pa.array([text.encode() for text in RECORDS.values()]) for name in ("payload",)}
    (found,) = finder.find_batches([pa.record_batch({"id": [*RECORDS], **records})])
    assert found.schema == FOUND
    assert found.to_pylist() == [{"id": "a", "passage": passage}, {"id": "c", "passage": passage}], "once a record"
