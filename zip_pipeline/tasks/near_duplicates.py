"""Near-duplicates on executors: records signed, shingles counted, buckets joined, sets compared around their hubs.

`dedup` has the algorithm, `spark.removals.deduplication` moves the rows between these tasks. Records have numbers,
which are hashes of their ids. Should two ids share a number, more records are compared, and the result is the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zip_pipeline.dedup import candidates, likeness, minhash
from zip_pipeline.dedup.bloom import BloomFilter
from zip_pipeline.dedup.characters import Hashes
from zip_pipeline.dedup.shingles import WIDTH, Common, distinct, shingles
from zip_pipeline.dedup.tokens import Ragged

SHINGLES = "shingle bigint"
"""Columns of `sets`."""

SIGNED = "id string, number bigint, shingles binary, buckets binary"
"""Columns of `Signer.sign`: a record's set of shingles and its buckets, both as little-endian 64-bit numbers."""

SETS = "id string, hash binary, shingles binary"
"""Columns of `read_sets`, and of an index: `hash` tells equal payloads, `shingles` is the set as in `SIGNED`."""

ENTRIES = "part int, entries binary"
"""Columns of `bucket`: pairs of (bucket, number) as little-endian 64-bit numbers, all of one part of the buckets."""

AROUND = "hub bigint, number bigint"
"""Columns of `around_hubs`."""

ALIKE = "kept string, id string, jaccard double, containment double, earlier boolean"
"""Columns of `Comparison.compare`: `kept` rather stays than `id`; it may be an earlier record, which stays anyway."""

Batches = Iterable[pa.RecordBatch]


def sets(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Yield `SHINGLES`: the set of each record, one shingle a row.

    Args:
        batches: ``text``.
    """
    for batch in batches:
        found = distinct(shingles(batch.column("text").to_pylist(), WIDTH))
        yield pa.record_batch({"shingle": pa.array(found.hashes.view(np.int64))})


def read_sets(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Yield `SETS`.

    Args:
        batches: ``id``, ``hash``, ``text``.
    """
    for batch in batches:
        found = distinct(shingles(batch.column("text").to_pylist(), WIDTH))
        yield batch.select(["id", "hash"]).append_column("shingles", _packed(found))


@dataclass(frozen=True)
class Signer:
    """Signs records; small and picklable.

    Attributes:
        common: shingles that do not count. They are in the sets, and have no part in the buckets.
        known: buckets without which a record is left out where sets are signed; None: none is left out.
    """

    common: Common
    known: BloomFilter | None = None

    def sign(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield `SIGNED`.

        Args:
            batches: ``id``, ``number``, ``text``.
        """
        for batch in batches:
            found = distinct(shingles(batch.column("text").to_pylist(), WIDTH))
            columns = {name: batch.column(name) for name in ("id", "number")}
            yield pa.record_batch({**columns, "shingles": _packed(found), "buckets": _packed(self._buckets(found))})

    def sign_sets(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield `SIGNED` for sets that are known already.

        Args:
            batches: ``id``, ``number``, ``shingles``.
        """
        for batch in batches:
            buckets = self._buckets(unpacked(batch.column("shingles")))
            signed = batch.select(["id", "number", "shingles"]).append_column("buckets", _packed(buckets))
            if self.known is not None:
                some = np.unique(self.known.may_have(buckets.hashes) // minhash.BANDS)
                signed = signed.take(pa.array(some))
            yield signed

    def _buckets(self, found: Ragged) -> Ragged:
        buckets = minhash.buckets(minhash.signatures(self.common.leave_out(found)))
        return Ragged(buckets.ravel().view(np.uint64), np.arange(len(buckets) + 1) * minhash.BANDS)


@dataclass(frozen=True)
class Bucketing:
    """Sends the records of a bucket to one place; small and picklable.

    Attributes:
        parts: into how many parts the buckets are divided.
    """

    parts: int

    def divide(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield `ENTRIES`.

        Args:
            batches: ``number`` and ``buckets`` of `SIGNED`.
        """
        for batch in batches:
            names = unpacked(batch.column("buckets")).hashes
            numbers = np.repeat(batch.column("number").to_numpy(), minhash.BANDS)
            part = (names % np.uint64(self.parts)).astype(np.uint16)
            order = np.argsort(part, kind="stable")  # a radix sort, as the numbers are short
            entries = np.stack([names.view(np.int64)[order], numbers[order]], axis=1).astype("<i8")
            ends = np.searchsorted(part[order], np.arange(self.parts), side="right")
            present = np.flatnonzero(np.diff(ends, prepend=0))
            blobs = [entries[begin:end].tobytes() for begin, end in zip([0, *ends], ends, strict=False) if begin < end]
            yield pa.record_batch({"part": pa.array(present, pa.int32()), "entries": pa.array(blobs, pa.binary())})


def around_hubs(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Yield `AROUND`, the records around each hub.

    Args:
        batches: `ENTRIES`, all rows of some parts.
    """
    entries = np.frombuffer(b"".join(blob for batch in batches for blob in batch.column(0).to_pylist()), "<i8")
    hubs, numbers = candidates.around_hubs(entries[::2], entries[1::2])
    yield pa.record_batch({"hub": pa.array(hubs), "number": pa.array(numbers)})


@dataclass(frozen=True)
class Comparison:
    """Compares records; small and picklable.

    Attributes:
        common: shingles that do not count.
        threshold: Jaccard of near-duplicates.
    """

    common: Common
    threshold: float

    def compare(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """Yield `ALIKE`, the near-duplicates around each hub.

        Args:
            batches: ``hub``, ``place``, ``earlier``, ``id``, ``shingles``; the rows of a hub stand together. Their
                places are 1, 2, ... in the order of who should stay, the earlier ones first.

        Raises:
            RuntimeError: when the rows are in another order.
        """
        leaders: list[pa.RecordBatch] = []  # of the last hub, whose records may go on in the next batch
        last = (0, 0)
        for batch in batches:
            last = _require_order(batch, last)
            rows = pa.concat_batches([*leaders, batch])
            hubs, earlier = rows.column("hub").to_numpy(), rows.column("earlier").to_numpy(zero_copy_only=False)
            before, after = candidates.pairs(hubs, earlier)
            new = after >= rows.num_rows - batch.num_rows
            records = self.common.leave_out(unpacked(rows.column("shingles")))
            found = likeness.alike(records, before[new], after[new], self.threshold)
            ids = rows.column("id")
            yield pa.record_batch(
                {
                    "kept": ids.take(pa.array(found.before)),
                    "id": ids.take(pa.array(found.after)),
                    "jaccard": pa.array(found.jaccard),
                    "containment": pa.array(found.containment),
                    "earlier": pa.array(earlier[found.before]),
                }
            )
            unfinished = np.flatnonzero(hubs == hubs[-1:])
            first = [
                unfinished[earlier[unfinished]][: candidates.LEADERS],
                unfinished[~earlier[unfinished]][: candidates.LEADERS],
            ]
            leaders = [rows.take(pa.array(np.concatenate(first)))]


def _require_order(batch: pa.RecordBatch, last: tuple[int, int]) -> tuple[int, int]:
    """Check that each row follows the one before it at its hub; return hub and place of the last row.

    Args:
        batch: ``hub`` and ``place``.
        last: hub and place of the row before the batch; a place of 0: there is none.
    """
    hubs, places = (np.append(last[number], batch.column(number).to_numpy()) for number in range(2))
    goes_on = (hubs[1:] == hubs[:-1]) & (places[:-1] > 0)
    if (places[1:] != np.where(goes_on, places[:-1] + 1, 1)).any():
        raise RuntimeError("records around a hub came in another order than that of their places")
    return int(hubs[-1]), int(places[-1])


def _packed(records: Ragged) -> pa.BinaryArray:
    """Return the hashes of each record as little-endian bytes."""
    offsets = (records.offsets * 8).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(records.hashes.astype("<u8"))]
    return pa.BinaryArray.from_buffers(pa.binary(), len(records), buffers)


def unpacked(column: pa.BinaryArray) -> Ragged:
    """Return what was packed."""
    _, ends, hashes = column.buffers()
    offsets: npt.NDArray[np.int32] = np.frombuffer(ends, np.int32)[column.offset : column.offset + len(column) + 1]
    values: Hashes = np.frombuffer(hashes, "<u8")[offsets[0] // 8 : offsets[-1] // 8]
    return Ragged(values, (offsets - offsets[0]).astype(np.int64) // 8)
