"""Spark's failures that the user can fix, and their messages in one line."""

import re

from pyspark.errors import AnalysisException

from zip_pipeline.errors import CodecMismatchError, InputError, UserError

INPUT_CONDITION = re.compile(r"\[(?:FAILED_READ_FILE|CAST_INVALID_INPUT|DIVIDE_BY_ZERO)[^\]]*\][^\n]*")
"""Spark's error conditions for a broken file or a wrong predicate, with the first line of their message."""


def user_error(error: Exception, place: str = "input") -> UserError | None:
    """Return a failure of Spark as an error that the user can fix; None where it is not one.

    Args:
        error: PySpark's exception, or the JVM's where PySpark does not translate it.
        place: the path or table that Spark read.
    """
    text = str(error).strip()
    _, mismatch, message = text.partition(f"{CodecMismatchError.__name__}: ")
    if mismatch:
        return CodecMismatchError(message.partition("\n")[0])
    condition = INPUT_CONDITION.search(text)
    line = condition[0] if condition else text.partition("\n")[0] if isinstance(error, AnalysisException) else None
    return None if line is None else InputError(f"{place}: {line.partition(' SQLSTATE')[0]}")
