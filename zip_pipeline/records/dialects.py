"""Dialects: how training sets write a record, and how its text is read.

A `Dialect` reads in two ways:

- `Dialect.turns` takes one record, a plain dict (a row of Spark or Arrow, a JSON object), and returns its turns,
  a list of (role, text). It knows every case, and says in a `BadRecordError` why a record cannot be used.
- `Dialect.payloads` renders whole Arrow columns at once, several times faster. It leaves every row that is not
  plain to the first way. The tests hold both ways to the same bytes.

`registry` lists the dialects; a new one is a class here and a line there. How turns become bytes is in `render`.

    >>> registry()["sharegpt"].turns({"conversations": [{"from": "human", "value": "Hi"}]})
    [('user', 'Hi')]
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline.records import render_arrow
from zip_pipeline.records.turns import (
    INSTRUCTION_ROLES,
    BadRecordError,
    Record,
    Turn,
    kind,
    present,
    read_turns,
    string,
)

PREFERENCES = ("both", "chosen", "pair")
"""The text of a preference: prompt, chosen and rejected; prompt and chosen; chosen and rejected."""


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

    def compared(self, batch: pa.RecordBatch) -> pa.Array:
        """Render what is compared with other records: the turns that are not of `INSTRUCTION_ROLES`.

        Args:
            batch: rows that `payloads` renders.

        Returns:
            Texts, binary, shape (batch.num_rows,); null where a row has no such turn, or no text in its other turns.
        """
        return pa.nulls(batch.num_rows, pa.binary())

    @abstractmethod
    def _texts(self, batch: pa.RecordBatch) -> pa.Array:
        """Return the rendered text of each plain row, and null for the others."""


@dataclass(frozen=True)
class Chat(Dialect):
    """A list of turns in one column, each a dict; the list may also be JSON text.

    Attributes:
        role_key: key of a turn's role.
        text_key: key of a turn's text.
    """

    role_key: str
    text_key: str

    def turns(self, record: Record) -> list[Turn]:
        """Read the list of turns."""
        (column,) = self.columns
        value = present(record, column)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                raise BadRecordError(f"{column}: expected a list of turns, found text") from None
        if not isinstance(value, list):
            raise BadRecordError(f"{column}: expected a list of turns, found {kind(value)}")
        return read_turns(value, column, self.role_key, self.text_key)

    def _texts(self, batch: pa.RecordBatch) -> pa.Array:
        (column,) = self.columns
        return render_arrow.conversations(batch.column(column), self.role_key, self.text_key)

    def compared(self, batch: pa.RecordBatch) -> pa.Array:
        """Render the turns of the rows that also have turns of `INSTRUCTION_ROLES`."""
        (column,) = self.columns
        others = render_arrow.without_roles(batch.column(column), self.role_key, INSTRUCTION_ROLES)
        return render_arrow.conversations(others, self.role_key, self.text_key).cast(pa.binary())


class Alpaca(Dialect):
    """An instruction, an input to it, and an output; most records have no input, a null or an empty one."""

    def turns(self, record: Record) -> list[Turn]:
        """Join instruction and input to the user's turn; the output is the assistant's."""
        instruction = string(present(record, "instruction"), "instruction")
        extra = string(record.get("input") or "", "input")
        output = string(present(record, "output"), "output")
        return [("user", f"{instruction}\n{extra}" if extra else instruction), ("assistant", output)]

    def _texts(self, batch: pa.RecordBatch) -> pa.Array:
        instruction, output = (render_arrow.text(batch.column(name)) for name in self.columns)
        visible = render_arrow.visible(instruction) | render_arrow.visible(output)
        if "input" in batch.schema.names:
            extra = batch.column("input")
            if not render_arrow.is_text(extra):
                return render_arrow.no_texts(batch.num_rows)
            visible |= render_arrow.visible(extra)
            with_extra = pc.binary_join_element_wise(instruction, extra, "\n")
            instruction = pc.if_else(pc.fill_null(pc.equal(extra, ""), True), instruction, with_extra)
        texts = pc.binary_join_element_wise("user: ", instruction, "\nassistant: ", output, "")
        return render_arrow.where(visible, texts)


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


@dataclass(frozen=True)
class Preference(Dialect):
    """A prompt and two answers to it, ``chosen`` and ``rejected``; each is text or a list of turns.

    Without a prompt (no such column, null or empty) the turns that both answers begin with are the prompt, and texts
    are whole conversations. A prompt that is repeated at the head of an answer is written once.

    >>> registry(preference="both")["preference"].turns({"prompt": "2 + 2?", "chosen": "4", "rejected": "5"})
    [('user', '2 + 2?'), ('assistant', '4'), ('assistant', '5')]

    Attributes:
        parts: the parts that make the text, one of `PREFERENCES`.
    """

    parts: str

    @property
    def variant(self) -> str:
        """Return which parts make the text."""
        return self.parts

    def turns(self, record: Record) -> list[Turn]:
        """Read the parts that make the text."""
        value = record.get("prompt")
        prompt = [] if value in (None, "", []) else _text_or_turns(value, "prompt", "user")
        role = "assistant" if prompt else ""
        sides = [_text_or_turns(present(record, side), side, role) for side in self.columns]
        prompt = prompt or _shared_head(*sides)
        answers = [side[len(prompt) :] if side[: len(prompt)] == prompt else side for side in sides]
        for name, answer in zip(self.columns, answers, strict=True):
            if not answer:
                raise BadRecordError(f"{name}: nothing but the prompt")
        chosen, rejected = answers
        return {"both": prompt + chosen + rejected, "chosen": prompt + chosen, "pair": chosen + rejected}[self.parts]

    def _texts(self, batch: pa.RecordBatch) -> pa.Array:
        """Render rows whose prompt and answers are texts; lists of turns are left to the row way."""
        sides = [render_arrow.text(batch.column(name)) for name in self.columns]
        prompt = render_arrow.no_texts(batch.num_rows)
        if "prompt" in batch.schema.names:
            prompt = batch.column("prompt")
            if not (render_arrow.is_text(prompt) or pa.types.is_null(prompt.type)):
                return render_arrow.no_texts(batch.num_rows)
            prompt = prompt.cast(pa.string())
        has_prompt = pc.fill_null(pc.not_equal(prompt, ""), False)
        answers = sides[:1] if self.parts == "chosen" else sides
        visible = np.logical_or.reduce([render_arrow.visible(answer) for answer in answers])
        whole = pc.binary_join_element_wise(*answers, "\n")
        after_prompt = pc.binary_join_element_wise(
            *[render_arrow.marked("assistant: ", answer) for answer in answers], "\n"
        )
        if self.parts != "pair":
            visible |= render_arrow.visible(prompt)
            after_prompt = pc.binary_join_element_wise(render_arrow.marked("user: ", prompt), after_prompt, "\n")
        plain = np.logical_and.reduce([visible, *[side.is_valid().to_numpy(False) for side in sides]])
        return render_arrow.where(plain, pc.if_else(has_prompt, after_prompt, whole))


def registry(text_column: str = "text", preference: str = PREFERENCES[0]) -> dict[str, Dialect]:
    """Return every dialect by its name, in the order in which `detect` tries them.

    Tables of preferences come first: they often hold a conversation too, and no other table has both answers.

    Args:
        text_column: the column of the dialect ``text``.
        preference: the text of the dialect ``preference``, one of `PREFERENCES`.
    """
    every = (
        Preference("preference", ("chosen", "rejected"), preference),
        Chat("sharegpt", ("conversations",), "from", "value"),
        Chat("messages", ("messages",), "role", "content"),
        Alpaca("alpaca", ("instruction", "output")),
        Text("text", (text_column,)),
    )
    return {dialect.name: dialect for dialect in every}


DIALECT_NAMES = tuple(registry())


def detect(columns: Iterable[str], dialects: Iterable[Dialect]) -> Dialect | None:
    """Return the first dialect whose columns are all there.

    >>> detect(["id", "messages"], registry().values()).name
    'messages'
    """
    found = set(columns)
    return next((dialect for dialect in dialects if found.issuperset(dialect.columns)), None)


def _text_or_turns(value: object, where: str, role: str) -> list[Turn]:
    """Read a value that is either one text, spoken in that role, or a list of turns."""
    if isinstance(value, str):
        return [(role, value)]
    if not isinstance(value, list):
        raise BadRecordError(f"{where}: expected text or a list of turns, found {kind(value)}")
    return read_turns(value, where, "role", "content")


def _shared_head(one: list[Turn], other: list[Turn]) -> list[Turn]:
    """Return the turns that both begin with; each keeps one at least."""
    most = min(len(one), len(other)) - 1
    differ = (place for place in range(most) if one[place] != other[place])
    return one[: next(differ, most)]
