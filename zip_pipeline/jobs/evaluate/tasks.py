r"""Tasks: held-out questions with right and wrong answers, as the models are asked them.

A benchmark asks whether a model prefers the right answer. So does this: after each text, how many bits does each answer
need, given the question, and how often is the right one the cheapest by the byte? By the byte, because in bits alone a
short answer is the cheapest, right or wrong.

A question is written as the dialects of questions write it, and an answer ends with a line break, as a record does.

    >>> question_of("2 + 2?", "4", ["5"]).answers
    (b'4\n', b'5\n')
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.config import Task
from zip_pipeline.errors import InputError
from zip_pipeline.language_models.questions import Question
from zip_pipeline.records import render
from zip_pipeline.records.preference import CONVERSATIONS, INPUT, INSTRUCTION, PROMPT, Preference
from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.records.turns import Turn, TurnReader
from zip_pipeline.spark.sampling import Sample

MOST_QUESTIONS = 300
"""Questions of a task that the models are asked, drawn at random."""

BITS, CHEAPEST = "answers", "cheapest"
"""What a task measures: the bits of a byte of the right answers, and how often they are the cheapest."""

CHOSEN, REJECTED = "chosen", "rejected"
PREFERENCE = Preference("preference", (CHOSEN, REJECTED), TurnReader(), "both")
_OF_PREFERENCES = (PROMPT, INSTRUCTION, INPUT, *CONVERSATIONS, CHOSEN, REJECTED)

_ANSWERING = b"assistant: "


@dataclass(frozen=True)
class TaskQuestions:
    """The questions of a task.

    Attributes:
        name: of the task.
        questions: that the models are asked.
        rows: of the table.
        rejected: how many of the rows that were drawn lack a question, a right answer or a wrong one.
    """

    name: str
    questions: list[Question]
    rows: int
    rejected: int

    @property
    def key(self) -> str:
        """See `key_of`."""
        return key_of(self.name)

    @property
    def sample(self) -> Sample:
        """The questions with their right answers, as records."""
        payloads = [question.context + question.answers[0] for question in self.questions]
        return Sample(payloads, [None] * len(payloads))

    def score(self, bits: Sequence[Sequence[float]]) -> dict[str, float]:
        """Return how one model answers after one text.

        Args:
            bits: by question, of each answer.

        Returns:
            ``bits``: of the right answers, by their bytes. ``cheapest``: the share of questions whose right answer
            needs the fewest bits by the byte; where several do, each has a part of the question.
        """
        right, length = sum(of[0] for of in bits), sum(len(question.answers[0]) for question in self.questions)
        shares = []
        for of, question in zip(bits, self.questions, strict=True):
            by_byte = [one / len(answer) for one, answer in zip(of, question.answers, strict=True)]
            lowest = min(by_byte)
            shares.append((by_byte[0] == lowest) / by_byte.count(lowest))
        return {BITS: right / length, CHEAPEST: fmean(shares)}


def key_of(name: str) -> str:
    """Return what a task of this name is called beside held-out sets, none of which is called so."""
    return f"task {name}"


def question_of(question: str, right: str, wrong: Sequence[str]) -> Question:
    """Return a question and its answers as a model reads them."""
    context = render.content([("user", question), ("assistant", "")])
    return Question(context, tuple(answer.encode() + b"\n" for answer in (right, *wrong)))


def read_task(name: str, task: Task, rows: DataFrame) -> TaskQuestions:
    """Draw the questions of a task.

    Args:
        name: of the task.
        task: which columns it has.
        rows: its table.

    Raises:
        InputError: when columns are missing, or no row has all three.
    """
    wanted: tuple[str, ...] = (task.question, task.right, task.wrong)
    missing = [column for column in wanted if column not in rows.columns]
    is_preference = bool(missing) and wanted == _DEFAULTS and {CHOSEN, REJECTED} <= {*rows.columns}
    if missing and not is_preference:
        found = ", ".join(rows.columns)
        raise InputError(f"evaluate.tasks {name}: column {', '.join(missing)} is missing, found {found}")
    columns = [column for column in _OF_PREFERENCES if column in rows.columns] if is_preference else [*wanted]
    as_json = {field.name for field in rows.schema if field.metadata.get(schema.IS_JSON)}
    key = F.to_json(F.struct(*columns))
    drawn = rows.select(*columns).orderBy(F.xxhash64(F.lit("tasks"), key), key).limit(MOST_QUESTIONS).collect()
    read = []
    for row in drawn:
        values = {column: _value(value, column in as_json) for column, value in row.asDict(recursive=True).items()}
        read.append(_preferred(values) if is_preference else _plain(*(values[column] for column in wanted)))
    questions = [question for question in read if question is not None]
    if not questions:
        raise InputError(f"evaluate.tasks {name}: no row has a question, a right answer and a wrong one")
    return TaskQuestions(name, questions, rows.count(), len(read) - len(questions))


_DEFAULTS = tuple(Task.model_fields[name].default for name in ("question", "right", "wrong"))


def _value(value: Any, is_json: bool) -> Any:
    return json.loads(value) if is_json and value is not None else value


def _plain(question: Any, right: Any, wrong: Any) -> Question | None:
    """Return a question from its columns; None where something is missing."""
    answers = wrong if isinstance(wrong, list) else [wrong]
    if isinstance(right, int) and not isinstance(right, bool) and isinstance(wrong, list):
        right = wrong[right] if 0 <= right < len(wrong) else None
    texts = [None if text is None else str(text) for text in (question, right, *answers)]
    if not (texts[0] and texts[1]):
        return None
    others = [text for text in texts[2:] if text and text != texts[1]]
    return question_of(texts[0], texts[1], others) if others else None


def _preferred(record: Mapping[str, Any]) -> Question | None:
    """Return a question from a record of preferences; None where it is none."""
    try:
        prompt, *sides = PREFERENCE.sides(record)
        context = render.content(prompt) + b"\n" if prompt else b""
        answers = [_answer(side) for side in sides]
    except BadRecordError:
        return None
    if all(answer.startswith(_ANSWERING) for answer in answers):
        context, answers = context + _ANSWERING, [answer.removeprefix(_ANSWERING) for answer in answers]
    return Question(context, tuple(answers)) if answers[0] != answers[1] else None


def _answer(turns: list[Turn]) -> bytes:
    return render.content(turns) + b"\n"
