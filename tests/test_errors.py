"""Errors of others in one line: their cause, not the stack around it."""

import doctest

from zip_pipeline import errors
from zip_pipeline.errors import StageError, one_line

IN_A_WORKER = """An error occurred while calling o96.save.
: org.apache.spark.SparkException: Job aborted due to stage failure
\tat org.apache.spark.scheduler
Caused by: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "worker.py", line 3, in main
KeyError: not here
ValueError: the last one says it

\tat org.apache.spark.api.python
"""


def test_documentation_examples() -> None:
    assert doctest.testmod(errors).failed == 0


def test_the_cause_is_what_counts() -> None:
    assert one_line(RuntimeError(IN_A_WORKER)) == "RuntimeError: ValueError: the last one says it"
    assert one_line(ValueError("a\nb")) == "ValueError: a"
    assert one_line(ValueError()) == "ValueError:"
    assert str(StageError("score", OSError("full\n\tat x"))) == "stage 'score' failed: OSError: full"
