"""Select in one partition of a pool, on an executor: `selection.selector` over Arrow batches.

What this module does not do: divide a pool into partitions, or decide what each of them offers; see
`selection.partitioning` for that.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build
from zip_pipeline.records.buffers import in_files
from zip_pipeline.selection.frontier import Frontier, Scored
from zip_pipeline.selection.quotas import Quotas
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.tasks.score import require_build

PARTITION = "partition"
"""Column: the number of a record's partition, 0, 1, ..."""

BATCH_ROWS = 4096
"""Records of an output batch."""

OFFERED = pa.schema(
    [
        (PARTITION, pa.int32()),
        ("id", pa.string()),
        ("source", pa.string()),
        ("stratum", pa.string()),
        ("raw_bytes", pa.int64()),
        ("compressed_bytes", pa.int64()),
        ("ratio", pa.float64()),
        ("payload", pa.binary()),
    ]
)
"""Columns of a record that a partition offers; where records carry numbers, see `offered`."""

OWN = {schema.TOKENS: pa.int64(), schema.WEIGHT: pa.float64()}
"""Numbers that a selection looks at."""


def offered(columns: Collection[str]) -> pa.Schema:
    """Return `OFFERED`, with the numbers of `OWN` that are among the columns of the records."""
    return pa.schema([*OFFERED, *(pa.field(name, kind) for name, kind in OWN.items() if name in columns)])


@dataclass(frozen=True)
class PartitionPicker:
    """Selects in one partition; small and picklable.

    Attributes:
        selector: how to select.
        build: the driver's compressor, which the executor's must equal.
        offers: budget and quotas by partition.
        base_round_counts: how many records each round of the base picked; they come before the partition's own.
    """

    selector: GreedySelector
    build: Build
    offers: Mapping[int, Quotas]
    base_round_counts: tuple[int, ...] = ()

    def pick_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Select from one partition, which comes in ascending (state, id); yield the columns of `offered`.

        Args:
            batches: with the columns `PARTITION` and those of `run_of`.

        Raises:
            CodecMismatchError: when this machine compresses otherwise than the driver.
        """
        require_build(self.selector.codec, self.build)
        filled = (batch for batch in batches if batch.num_rows)
        first = next(filled, None)
        if first is None:
            return
        partition = first.column(PARTITION)[0].as_py()
        if partition not in self.offers:  # it holds only the base
            return
        stream = map(run_of, chain([first], filled))
        selection = self.selector.begin(stream, self.offers[partition], self.base_round_counts, in_files)
        places = (place for this in selection.rounds() for place in this.places.tolist())
        while some := list(islice(places, BATCH_ROWS)):
            yield _offer(partition, selection.frontier, some)


def run_of(batch: pa.RecordBatch) -> Scored:
    """Return records as the frontier takes them.

    Args:
        batch: with the columns ``state``, ``id``, ``source``, ``stratum``, ``raw_bytes``, ``compressed_bytes`` and
            ``payload``, and perhaps of those of `OWN`, null in the base; others are ignored.
    """
    payloads = batch.column("payload")
    _, offsets, data = payloads.buffers()
    return Scored(
        batch.column("state").to_numpy(),
        batch.column("id").to_pylist(),
        batch.column("source").to_pylist(),
        batch.column("stratum").to_pylist(),
        batch.column("raw_bytes").to_numpy(),
        batch.column("compressed_bytes").to_numpy(),
        np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8),
        np.frombuffer(offsets, dtype=np.int32)[payloads.offset : payloads.offset + len(payloads) + 1].astype(np.int64),
        _number(batch, schema.TOKENS, 0),
        _number(batch, schema.WEIGHT, 1.0),
    )


def _number(batch: pa.RecordBatch, name: str, otherwise: float) -> npt.NDArray[Any] | None:
    """Return a number of the records; None where they have it not."""
    return batch.column(name).fill_null(otherwise).to_numpy() if name in batch.schema.names else None


def _offer(partition: int, frontier: Frontier, places: list[int]) -> pa.RecordBatch:
    raw, compressed = frontier.raw_bytes[places], frontier.compressed_bytes[places]
    columns = [
        [partition] * len(places),
        [frontier.ids[place] for place in places],
        [frontier.sources[place] for place in places],
        [frontier.strata[place] for place in places],
        raw,
        compressed,
        raw / compressed,
        [frontier.payloads[place] for place in places],
    ]
    numbers = {schema.TOKENS: frontier.tokens, schema.WEIGHT: frontier.weights}
    own = {name: values[places] for name, values in numbers.items() if len(values)}
    kinds = offered(own)
    arrays = [pa.array(column, kind) for column, kind in zip([*columns, *own.values()], kinds.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=kinds)
