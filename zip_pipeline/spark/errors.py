"""Which of Spark's failures are the user's to mend."""

import re

from pyspark.errors import AnalysisException

from zip_pipeline.errors import CodecMismatchError, InputError, UserError

OF_THE_INPUT = re.compile(r"\[(?:FAILED_READ_FILE|CAST_INVALID_INPUT|DIVIDE_BY_ZERO)[^\]]*\][^\n]*")
"""Conditions that a broken file or a predicate of the user's brings about, with the first line of what they say."""


def users_share(error: Exception, place: str = "input") -> UserError | None:
    """Return what the user can mend about a failure, in one line, or None: then it is not theirs.

    Args:
        error: what Spark raised, as PySpark's exception or (where PySpark does not translate) as the JVM's.
        place: the path or table that was read.
    """
    text = str(error).strip()
    _, mismatch, message = text.partition(f"{CodecMismatchError.__name__}: ")
    if mismatch:
        return CodecMismatchError(message.partition("\n")[0])
    found = OF_THE_INPUT.search(text)
    line = found[0] if found else text.partition("\n")[0] if isinstance(error, AnalysisException) else None
    return None if line is None else InputError(f"{place}: {line.partition(' SQLSTATE')[0]}")
