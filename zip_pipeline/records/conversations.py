"""Conversations: a list of turns in one column, or a request in one column and its answer in another.

The second is the form of Alpaca, Dolly, GSM8K and most tables of questions.
"""

from abc import abstractmethod
from dataclasses import dataclass

import pyarrow as pa

from zip_pipeline.records import instructions, render_arrow
from zip_pipeline.records.dialect import Dialect
from zip_pipeline.records.json_text import from_json
from zip_pipeline.records.reasons import BadRecordError, kind, present, string
from zip_pipeline.records.turns import INSTRUCTION_ROLES, Record, Turn, TurnReader

HISTORY = "history"
"""The column of earlier turns, a list of (request, answer). A value that is no list is something else."""


@dataclass(frozen=True)
class Conversation(Dialect):
    """A dialect of several turns. Columns beside them may hold instructions, see `instructions`.

    Attributes:
        reader: reads lists of turns.
    """

    reader: TurnReader

    def turns(self, record: Record) -> list[Turn]:
        """Return the instructions of a record, and its conversation."""
        return [*instructions.turns(record), *self._conversation(record)]

    def payloads(self, batch: pa.RecordBatch) -> pa.Array:
        """Render the instructions of each plain row, and its conversation."""
        return instructions.above(batch, self._texts(batch)).cast(pa.binary())

    @abstractmethod
    def _conversation(self, record: Record) -> list[Turn]:
        """Return the turns of a record's conversation."""

    def _without_instructions(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Drop the columns of instructions."""
        names = [name for name in batch.schema.names if name not in instructions.COLUMNS]
        return batch if len(names) == batch.num_columns else batch.select(names)


class Chat(Conversation):
    """A list of turns in one column, each a dict; the list may also be a dict of lists, or JSON text.

    >>> turns = {"from": ["human", "gpt"], "value": ["Hi", "Hello"]}
    >>> Chat("sharegpt", ("conversations",), TurnReader()).turns({"conversations": turns})
    [('user', 'Hi'), ('assistant', 'Hello')]
    """

    def _conversation(self, record: Record) -> list[Turn]:
        (column,) = self.columns
        return self.reader.turns(present(record, column), column)

    def _texts(self, batch: pa.RecordBatch) -> pa.Array:
        (column,) = self.columns
        return render_arrow.conversations(batch.column(column), self.reader.keys)

    def _without_instructions(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Drop the columns of instructions, and leave out the turns that are instructions."""
        (column,) = self.columns
        turns = batch.column(column)
        others = render_arrow.without_roles(turns, self.reader.keys, INSTRUCTION_ROLES)
        batch = super()._without_instructions(batch)
        return batch if others is turns else batch.set_column(batch.schema.get_field_index(column), column, others)


@dataclass(frozen=True)
class Request(Conversation):
    r"""A request and its answer, the two columns; each is text or, as some have it, a list of turns.

    >>> alpaca = Request("alpaca", ("instruction", "output"), TurnReader(), "input")
    >>> alpaca.turns({"instruction": "Add.", "input": "1 2", "output": "3", "history": [["Hi", "Hello"]]})
    [('user', 'Hi'), ('assistant', 'Hello'), ('user', 'Add.\n1 2'), ('assistant', '3')]

    Attributes:
        input_column: what the request is about, its next line; None where the dialect has no such column.
    """

    input_column: str | None = None

    def _conversation(self, record: Record) -> list[Turn]:
        asking, answering = self.columns
        request = self.reader.text_or_turns(present(record, asking), asking, "user")
        if self.input_column is not None and (more := record.get(self.input_column)):
            more = string(more, self.input_column)
            role, text = request.pop()
            request.append((role, f"{text}\n{more}"))
        answer = self.reader.text_or_turns(present(record, answering), answering, "assistant")
        return [*self._history(record), *request, *answer]

    def _history(self, record: Record) -> list[Turn]:
        found = from_json(record.get(HISTORY))
        if not isinstance(found, list):
            return []
        turns: list[Turn] = []
        for place, pair in enumerate(found):
            if not (isinstance(pair, list) and [type(text) for text in pair] == [str, str]):
                raise BadRecordError(f"{HISTORY}[{place}]: expected [request, answer], found {kind(pair)}")
            turns += zip(("user", "assistant"), pair, strict=True)
        return turns

    def _texts(self, batch: pa.RecordBatch) -> pa.Array:
        request, answer = (render_arrow.text(batch.column(name)) for name in self.columns)
        keys = self.reader.keys
        is_plain = ~(render_arrow.may_be_turns(request, keys) | render_arrow.may_be_turns(answer, keys))
        if self.input_column in batch.schema.names:
            more = batch.column(self.input_column)
            is_plain &= ~render_arrow.needs_row_way(more)
            request = render_arrow.below(request, render_arrow.filled_text(more))
        if HISTORY in batch.schema.names:
            is_plain &= ~render_arrow.is_filled(batch.column(HISTORY))
        is_plain &= render_arrow.visible(request) | render_arrow.visible(answer)
        lines = [render_arrow.marked("user: ", request), render_arrow.marked("assistant: ", answer)]
        return render_arrow.where(is_plain, render_arrow.joined(*lines))
