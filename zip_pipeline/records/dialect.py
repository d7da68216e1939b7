"""What every dialect is, and the plainest of them.

A `Dialect` reads in two ways:

- `Dialect.turns` takes one record, a plain dict (a row of Spark or Arrow, a JSON object), and returns its turns,
  a list of (role, text). It knows every case, and says in a `BadRecordError` why a record cannot be used.
- `Dialect.payloads` renders whole Arrow columns at once, several times faster. It leaves every row that is not
  plain to the first way. The tests hold both ways to the same bytes.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline.records import render_arrow
from zip_pipeline.records.reasons import present, string
from zip_pipeline.records.turns import Record, Turn


@dataclass(frozen=True)
class Dialect(ABC):
    """How a family of data sets writes a record. Small and picklable, as it travels to executors.

    Attributes:
        name: as the config has it.
        columns: the columns that must be there.
    """

    name: str
    columns: tuple[str, ...]

    @property
    def variant(self) -> str | None:
        """The user's choice that changes the text of a record; None where the dialect offers none."""
        return None

    @abstractmethod
    def turns(self, record: Record) -> list[Turn]:
        """Return the turns of one record.

        Raises:
            BadRecordError: with the reason, which names the column and what is in it.
        """

    def payloads(self, batch: pa.RecordBatch) -> pa.Array:
        """Render the plain rows of a batch as `render.content` does.

        Args:
            batch: has the dialect's columns.

        Returns:
            Payloads, binary, shape (batch.num_rows,); null where a row is not plain.
        """
        return self._texts(batch).cast(pa.binary())

    def compared(self, batch: pa.RecordBatch, payloads: pa.Array) -> pa.Array:
        """Render what is compared with other records: the turns that are not of `INSTRUCTION_ROLES`.

        Args:
            batch: plain rows.
            payloads: of these rows.

        Returns:
            Texts, binary, shape (batch.num_rows,); null where that is the payload, or the other turns have no text.
        """
        others = self._without_instructions(batch)
        if others is batch:
            return pa.nulls(batch.num_rows, pa.binary())
        texts = self.payloads(others)
        return pc.if_else(pc.equal(texts, payloads), None, texts)

    @abstractmethod
    def _texts(self, batch: pa.RecordBatch) -> pa.Array:
        """Return the rendered text of each plain row, and null for the others."""

    def _without_instructions(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch without the turns that are instructions; the same batch where it has none."""
        return batch


class Text(Dialect):
    """Plain text in one column: a single turn without a role."""

    def turns(self, record: Record) -> list[Turn]:
        """Return the text as one turn without a role."""
        (column,) = self.columns
        return [("", string(present(record, column), column))]

    def _texts(self, batch: pa.RecordBatch) -> pa.Array:
        (column,) = self.columns
        texts = render_arrow.text(batch.column(column))
        return render_arrow.where(render_arrow.visible(texts), texts)
