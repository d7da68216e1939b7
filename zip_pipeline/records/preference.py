"""Preferences: a prompt and two answers to it, as RLHF reads them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline.records import render_arrow
from zip_pipeline.records.conversations import Conversation
from zip_pipeline.records.reasons import BadRecordError, present, string
from zip_pipeline.records.turns import Record, Turn

PREFERENCES = ("both", "chosen", "pair")
"""The text of a preference: prompt, chosen and rejected; prompt and chosen; chosen and rejected."""

PROMPT, INSTRUCTION, INPUT = "prompt", "instruction", "input"
"""Columns of the prompt; an instruction, with its input as in Alpaca, where there is no prompt."""

CONVERSATIONS = ("conversations", "messages")
"""Columns of the prompt as LLaMA-Factory has it: the turns up to two answers that are one turn each. Where answers have
another form, such a column often holds the chosen answer, too."""


@dataclass(frozen=True)
class Preference(Conversation):
    """A prompt and two answers to it, ``chosen`` and ``rejected``; each is text, or one turn, or a list of turns.

    Without a prompt (no such column, null or empty) the turns that both answers begin with are the prompt, and texts
    are whole conversations. A prompt that is repeated at the head of an answer is written once.

    >>> from zip_pipeline.records.turns import TurnReader
    >>> pair = Preference("preference", ("chosen", "rejected"), TurnReader(), "both")
    >>> pair.turns({"prompt": "2 + 2?", "chosen": "4", "rejected": "5"})
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
        """Return the parts that make the text; instructions belong to the prompt."""
        return self._conversation(record) if self.parts == "pair" else super().turns(record)

    def payloads(self, batch: pa.RecordBatch) -> pa.Array:
        """Render the parts that make the text."""
        return super().payloads(self._without_instructions(batch) if self.parts == "pair" else batch)

    def _conversation(self, record: Record) -> list[Turn]:
        prompt, chosen, rejected = self.sides(record)
        return {"both": prompt + chosen + rejected, "chosen": prompt + chosen, "pair": chosen + rejected}[self.parts]

    def sides(self, record: Record) -> tuple[list[Turn], list[Turn], list[Turn]]:
        """Return the turns of the prompt, of the chosen answer and of the rejected one.

        Raises:
            BadRecordError: as `turns` does.
        """
        prompt = self._prompt(record)
        role = "assistant" if prompt else ""
        sides = [self.reader.text_or_turns(present(record, side), side, role) for side in self.columns]
        prompt = prompt or _shared_head(*sides)
        answers = [side[len(prompt) :] if side[: len(prompt)] == prompt else side for side in sides]
        for name, answer in zip(self.columns, answers, strict=True):
            if not answer:
                raise BadRecordError(f"{name}: nothing but the prompt")
        chosen, rejected = answers
        return prompt, chosen, rejected

    def _prompt(self, record: Record) -> list[Turn]:
        """Return the turns of the prompt; none where the answers have it."""
        value = record.get(PROMPT)
        if value not in (None, "", []):
            return self.reader.text_or_turns(value, PROMPT, "user")
        if isinstance(record.get(INSTRUCTION), str) and record[INSTRUCTION]:
            texts = [string(record.get(name) or "", name) for name in (INSTRUCTION, INPUT)]
            return [("user", "\n".join(filter(None, texts)))]
        if all(isinstance(record.get(side), dict) for side in self.columns):
            for name in CONVERSATIONS:
                if record.get(name):
                    return self.reader.turns(record[name], name)
        return []

    def _texts(self, batch: pa.RecordBatch) -> pa.Array:
        """Render rows whose prompt and answers are texts; lists of turns are left to the row way."""
        sides = [render_arrow.text(batch.column(name)) for name in self.columns]
        found = {}
        is_plain = np.logical_and.reduce([side.is_valid().to_numpy(zero_copy_only=False) for side in sides])
        for name in (PROMPT, INSTRUCTION, INPUT):
            column = batch.column(name) if name in batch.schema.names else render_arrow.no_texts(batch.num_rows)
            is_plain &= ~render_arrow.needs_row_way(column)
            found[name] = render_arrow.filled_text(column)
        prompt = pc.coalesce(found[PROMPT], render_arrow.below(found[INSTRUCTION], found[INPUT]))
        for texts in (*sides, found[PROMPT]):
            is_plain &= ~render_arrow.may_be_turns(texts, self.reader.keys)
        answers = sides[:1] if self.parts == "chosen" else sides
        visible = np.logical_or.reduce([render_arrow.visible(answer) for answer in answers])
        whole = render_arrow.joined(*answers)
        after_prompt = render_arrow.joined(*[render_arrow.marked("assistant: ", answer) for answer in answers])
        if self.parts != "pair":
            visible |= render_arrow.visible(prompt)
            after_prompt = render_arrow.joined(render_arrow.marked("user: ", prompt), after_prompt)
        return render_arrow.where(is_plain & visible, pc.if_else(prompt.is_valid(), after_prompt, whole))


def _shared_head(one: list[Turn], other: list[Turn]) -> list[Turn]:
    """Return the turns that both begin with; each keeps one at least."""
    most = min(len(one), len(other)) - 1
    differ = (place for place in range(most) if one[place] != other[place])
    return one[: next(differ, most)]
