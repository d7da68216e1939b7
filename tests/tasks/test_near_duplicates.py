"""Near-duplicates as tasks: Arrow batches, cut anywhere, against the functions of `dedup`."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from support.near_copies import planted
from zip_pipeline.dedup import minhash
from zip_pipeline.dedup.candidates import LEADERS
from zip_pipeline.dedup.shingles import WIDTH, Common, distinct, shingles
from zip_pipeline.tasks import near_duplicates as tasks

TEXTS = [*planted(0.9, 0, runs=60), *planted(0.1, 1, runs=60), b"", b"short"]
IDS = list("abcdef")
NUMBERS = [9, 4, -7, 2, 5, 1 << 60]
NOTHING = Common(np.zeros(0, np.uint64))


def cut(batch: pa.RecordBatch, *places: int) -> list[pa.RecordBatch]:
    bounds = [0, *places, batch.num_rows]
    return [batch.slice(begin, end - begin) for begin, end in pairwise(bounds)]


def rows(batches: Iterable[pa.RecordBatch]) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


def signed(common: Common = NOTHING) -> list[pa.RecordBatch]:
    batch = pa.record_batch({"id": IDS, "number": NUMBERS, "text": pa.array(TEXTS)})
    return list(tasks.Signer(common).sign(cut(batch, 2, 2, 5)))


def test_sets() -> None:
    batch = pa.record_batch({"text": pa.array(TEXTS)})
    found = [row[0] for row in rows(tasks.sets(cut(batch, 3)))]
    assert found == distinct(shingles(TEXTS, WIDTH)).hashes.view(np.int64).tolist()


def test_signed_records() -> None:
    sets = distinct(shingles(TEXTS, WIDTH))
    common = Common(sets.hashes[:3])
    names = minhash.buckets(minhash.signatures(common.leave_out(sets)))
    found = rows(signed(common))
    assert [row[:2] for row in found] == list(zip(IDS, NUMBERS, strict=True))
    for (_, _, shingles_, buckets), record, name in zip(found, sets.by_record(), names, strict=True):
        assert np.frombuffer(shingles_, "<u8").tolist() == record.tolist()
        assert np.frombuffer(buckets, "<i8").tolist() == name.tolist()


@pytest.mark.parametrize("parts", [1, 3, 50])
def test_buckets_are_divided_and_joined(parts: int) -> None:
    entries = rows(tasks.Bucketing(parts).divide(signed()))
    numbers = np.concatenate([np.frombuffer(blob, "<i8").reshape(-1, 2) for _, blob in entries])
    assert len(numbers) == len(TEXTS) * minhash.BANDS
    of_part = {}
    for part, blob in entries:
        buckets = np.frombuffer(blob, "<u8")[::2]
        assert (buckets % parts == part).all()
        of_part.setdefault(part, []).append(blob)
    found = set()
    for blobs in of_part.values():
        batch = pa.record_batch({"entries": pa.array(blobs, pa.binary())})
        found |= set(rows(tasks.around_hubs(cut(batch, 1))))
    assert found == {(4, 4), (4, 9)}


def test_no_entries() -> None:
    assert rows(tasks.around_hubs([])) == []


@pytest.mark.parametrize("places", [(), (1,), (3, 3), (2, 4, 6), tuple(range(1, 12))])
def test_records_are_compared_around_their_hubs(places: tuple[int, ...]) -> None:
    """Two hubs, one with more records than are compared with all; batches end anywhere."""
    texts = [TEXTS[0]] * (LEADERS + 3) + [TEXTS[0], TEXTS[1], TEXTS[2], TEXTS[5], TEXTS[5]]
    hubs = [1] * (LEADERS + 3) + [2] * 5
    ids = [f"{number:02}" for number in range(len(texts))]
    sets = tasks.Signer(NOTHING).sign([pa.record_batch({"id": ids, "number": hubs, "text": pa.array(texts)})])
    (batch,) = sets
    earlier = [False] * len(ids)
    order = [*range(1, LEADERS + 4), *range(1, 6)]
    columns = {"hub": hubs, "place": order, "earlier": earlier, "id": ids}
    batch = pa.record_batch({**columns, "shingles": batch.column("shingles")})
    found = rows(tasks.Comparison(NOTHING, 0.5).compare(cut(batch, *places)))
    first = [(ids[a], ids[b]) for b in range(LEADERS + 3) for a in range(min(b, LEADERS))]
    second = [(ids[-5], ids[-4]), (ids[-2], ids[-1])]
    assert [row[:2] for row in found] == [*first, *second]
    assert {row[2] for row in found[: len(first)]} == {1.0}
    assert found[-2][2] == pytest.approx(0.9, abs=0.02)
    assert found[-2][3] == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("places", [(), (1,), (LEADERS + 1,), tuple(range(1, 2 * LEADERS + 3))])
def test_earlier_records_are_compared_with_others_alone(places: tuple[int, ...]) -> None:
    known, new = LEADERS + 2, LEADERS + 1
    ids = [f"{number:02}" for number in range(known + new)]
    texts = pa.array([TEXTS[0]] * len(ids))
    (batch,) = tasks.Signer(NOTHING).sign([pa.record_batch({"id": ids, "number": [1] * len(ids), "text": texts})])
    order = [*range(1, len(ids) + 1)]
    columns = {"hub": [1] * len(ids), "place": order, "earlier": [True] * known + [False] * new, "id": ids}
    batch = pa.record_batch({**columns, "shingles": batch.column("shingles")})
    found = sorted(rows(tasks.Comparison(NOTHING, 0.5).compare(cut(batch, *places))))
    across = [(ids[a], ids[b], 1.0, 1.0, True) for a in range(LEADERS) for b in range(known, known + new)]
    own = [
        (ids[a], ids[b], 1.0, 1.0, False)
        for b in range(known, known + new)
        for a in range(known, min(b, known + LEADERS))
    ]
    assert found == sorted([*across, *own])


@pytest.mark.parametrize(
    ("hubs", "places"), [([1, 1], [2, 1]), ([1, 2, 1], [1, 1, 2]), ([1, 1], [1, 1]), ([1, 1], [1, 3])]
)
def test_another_order_is_noticed(hubs: list[int], places: list[int]) -> None:
    count = len(hubs)
    columns = {"hub": hubs, "place": places, "earlier": [False] * count, "id": list(map(str, range(count)))}
    batch = pa.record_batch({**columns, "shingles": pa.array([b"12345678"] * count)})
    for cuts in ((), (1,)):
        with pytest.raises(RuntimeError, match="another order"):
            rows(tasks.Comparison(NOTHING, 0.5).compare(cut(batch, *cuts)))
