"""Tasks: which columns make a question, and how answers score."""

import doctest
from typing import Any

import pytest
from pyspark.sql import SparkSession

from zip_pipeline.config import Task
from zip_pipeline.jobs.evaluate import tasks
from zip_pipeline.jobs.evaluate.tasks import TaskQuestions, read_task
from zip_pipeline.language_models.questions import Question

ASKED = b"user: 2 + 2?\nassistant: "


def test_the_examples() -> None:
    assert doctest.testmod(tasks).failed == 0


@pytest.mark.parametrize(
    ("question", "right", "wrong", "answers"),
    [
        ("2 + 2?", "4", "5", (b"4\n", b"5\n")),
        ("2 + 2?", "4", ["5", None, "4", "22"], (b"4\n", b"5\n", b"22\n")),
        ("2 + 2?", 1, ["5", "4", "22"], (b"4\n", b"5\n", b"22\n")),
        ("2 + 2?", 4, 5, (b"4\n", b"5\n")),
        ("2 + 2?", 3, ["5", "4"], None),
        ("2 + 2?", "4", [], None),
        ("2 + 2?", "4", "4", None),
        (None, "4", "5", None),
        ("2 + 2?", None, "5", None),
    ],
)
def test_columns_make_a_question(question: Any, right: Any, wrong: Any, answers: tuple[bytes, ...] | None) -> None:
    assert tasks._plain(question, right, wrong) == (answers and Question(ASKED, answers))


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"prompt": "2 + 2?", "chosen": "4", "rejected": "5"}, Question(ASKED, (b"4\n", b"5\n"))),
        (
            {side: [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": text}] for side, text in [("chosen", "4"), ("rejected", "5")]},
            Question(ASKED, (b"4\n", b"5\n")),
        ),
        ({"chosen": "yes", "rejected": "no"}, Question(b"", (b"yes\n", b"no\n"))),
        ({"prompt": "2 + 2?", "chosen": "4", "rejected": "4"}, None),
        ({"prompt": "2 + 2?", "chosen": None, "rejected": "4"}, None),
    ],
)  # fmt: skip
def test_preferences_are_questions(record: dict[str, Any], expected: Question | None) -> None:
    assert tasks._preferred(record) == expected


def test_the_cheapest_by_the_byte_and_ties() -> None:
    questions = [Question(b"q", (b"aa", b"bbbb")), Question(b"q", (b"aa", b"bb", b"cc")), Question(b"q", (b"a", b"b"))]
    task = TaskQuestions("task", questions, 3, 0)
    # The first: 5 by the byte against 4. The second: three are equal. The third is right.
    assert task.score([[10, 16], [6, 6, 6], [1, 2]]) == {
        "answers": 17 / 5,
        "cheapest": pytest.approx((0 + 1 / 3 + 1) / 3),
    }
    assert task.sample.payloads == [b"qaa", b"qaa", b"qa"]


def test_layout_does_not_choose_the_questions(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MOST_QUESTIONS", 5)
    rows = [(f"ask {n}", f"yes {n}", ["no", "never"]) for n in range(30)]
    table = spark.createDataFrame(rows, "question string, right string, wrong array<string>")
    one = read_task("asked", Task(table="asked"), table)
    assert (one.rows, one.rejected, len(one.questions)) == (30, 0, 5)
    assert read_task("asked", Task(table="asked"), table.repartition(7)) == one
