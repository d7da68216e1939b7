"""Spark's failures that the user can fix, and their messages in one line."""

import re

from pyspark.errors import AnalysisException

from zip_pipeline.errors import CodecMismatchError, InputError, UserError

_OURS = re.compile(r"\b(CodecMismatchError|InputError): ([^\n]*)")
"""An error of ours that a task or a query raised."""

INPUT_CONDITION = re.compile(r"\[(?:FAILED_READ_FILE|CAST_INVALID_INPUT|DIVIDE_BY_ZERO)[^\]]*\][^\n]*")
"""Spark's error conditions for a broken file or a wrong predicate, with the first line of their message."""


def user_error(error: Exception, place: str = "input") -> UserError | None:
    """Return a failure of Spark as an error that the user can fix; None where it is not one.

    Args:
        error: PySpark's exception, or the JVM's where PySpark does not translate it.
        place: the path or table that Spark read.
    """
    text = str(error).strip()
    if ours := _OURS.search(text):
        message = ours[2].partition(" SQLSTATE")[0]
        if ours[1] == CodecMismatchError.__name__:
            return CodecMismatchError(message)
        return InputError(f"{place}: {message}")
    condition = INPUT_CONDITION.search(text)
    line = condition[0] if condition else text.partition("\n")[0] if isinstance(error, AnalysisException) else None
    return None if line is None else InputError(f"{place}: {line.partition(' SQLSTATE')[0]}")
