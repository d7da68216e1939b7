"""Numbers that records carry in addition to their scores: tokens, a weight, and what bounds look at.

They are columns of the input, or tokens that a tokenizer counts in the task that scores. A record without a number that
the run needs cannot be used, and its reason says so. A number that only a bound looks at may be missing.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline import schema
from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.selection.coverage import MOST_WEIGHT

PREFIX = "zip_number_"
"""In front of a number's name: its column in the batches that are scored, of doubles; NaN stands for what is none."""

MOST_TOKENS = float(1 << 40)
"""Largest number of tokens of a record, so that sums of them fit into 64 bits."""

_NEEDED = (schema.TOKENS, schema.WEIGHT)
"""Numbers without which a record cannot be used; others may be missing."""


@dataclass(frozen=True)
class Numbers:
    """Which numbers the records of a run carry, and where they come from.

    Attributes:
        columns: pairs of a number's name (`schema.TOKENS`, `schema.WEIGHT` or a `schema.band`) and its column of
            the input.
        tokenizer: the content of a tokenizer.json that counts `schema.TOKENS`; None: nothing does.
    """

    columns: tuple[tuple[str, str], ...] = ()
    tokenizer: bytes | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that a scored record has for them."""
        counted = () if self.tokenizer is None else (schema.TOKENS,)
        return counted + tuple(name for name, _ in self.columns)

    @property
    def fields(self) -> list[pa.Field]:
        """The same, with their types."""
        return [pa.field(name, pa.int64() if name == schema.TOKENS else pa.float64()) for name in self.names]

    def of_row(self, row: Mapping[str, Any], content: bytes) -> dict[str, float | int | None]:
        """Return the numbers of one record, by name.

        Args:
            row: has the columns of the numbers, see `PREFIX`.
            content: of the record, which a tokenizer reads.

        Raises:
            BadRecordError: when the run cannot do with one of them.
        """
        found: dict[str, float | int | None] = {}
        if self.tokenizer is not None:
            (count,) = _counts(self.tokenizer, [content.decode()])
            if not count:
                raise BadRecordError("tokens: the tokenizer finds none")
            found[schema.TOKENS] = count
        for name, column in self.columns:
            value = row[PREFIX + name]
            if fault := _fault(name, value):
                raise BadRecordError(f"{column}: {fault}")
            found[name] = int(value) if name == schema.TOKENS else None if value is None or value != value else value
        return found

    def of_batch(self, batch: pa.RecordBatch, payloads: pa.Array) -> tuple[list[pa.Array], pa.Array]:
        """Return the numbers of a batch of records, and their payloads: null where `of_row` has to look.

        Args:
            batch: has the columns of the numbers, see `PREFIX`.
            payloads: of the records, null where there is none.
        """
        arrays = []
        if self.tokenizer is not None:
            texts = [payload.decode() for payload in payloads.drop_null().to_pylist()]
            counts = np.zeros(len(payloads), np.int64)
            counts[payloads.is_valid().to_numpy(zero_copy_only=False)] = _counts(self.tokenizer, texts)
            payloads = _where(counts > 0, payloads)
            arrays.append(pa.array(counts))
        for name, _ in self.columns:
            column = batch.column(PREFIX + name)
            values = column.to_numpy(zero_copy_only=False).astype(np.float64)
            if name not in _NEEDED:
                arrays.append(pc.if_else(pa.array(np.isnan(values)), None, column))
                continue
            usable = _usable(name, values)
            payloads = _where(usable, payloads)
            numbers = np.where(usable, values, 0)
            arrays.append(pa.array(numbers.astype(np.int64) if name == schema.TOKENS else numbers))
        return arrays, payloads


NONE = Numbers()
"""Of records that carry none."""


def _usable(name: str, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return for which values `_fault` has nothing to say."""
    least, most = (1, MOST_TOKENS) if name == schema.TOKENS else (0, MOST_WEIGHT)
    usable: npt.NDArray[np.bool_] = (values >= least) & (values <= most)
    return usable & (np.floor(values) == values) if name == schema.TOKENS else usable


def _fault(name: str, value: float | None) -> str | None:
    """Return why a number cannot be used; None where it can."""
    if name not in _NEEDED:
        return None
    if value is None:
        return "null"
    if value != value:
        return "no number"
    if value < 0:
        return "negative"
    if name == schema.WEIGHT:
        return f"above {MOST_WEIGHT:,.0f}" if value > MOST_WEIGHT else None
    if not value:
        return "0 tokens"
    if value > MOST_TOKENS:
        return f"above {MOST_TOKENS:,.0f}"
    return None if value == int(value) else "no whole number"


def _where(usable: npt.NDArray[np.bool_], payloads: pa.Array) -> pa.Array:
    return payloads if usable.all() else pc.if_else(pa.array(usable), payloads, None)


def _counts(tokenizer: bytes, texts: Sequence[str]) -> list[int]:
    """Return how many tokens each text has, without those that a model's template adds."""
    return [len(found.ids) for found in _loaded(tokenizer).encode_batch_fast(texts, add_special_tokens=False)]


@cache
def _loaded(content: bytes) -> Any:
    """Return a tokenizer, on one thread: each core has a worker of its own."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(content.decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
