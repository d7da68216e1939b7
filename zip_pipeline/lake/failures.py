"""Which of Spark's failures are the user's to mend."""

from pyspark.errors import AnalysisException, PySparkException

from zip_pipeline.errors import CodecMismatchError, InputError, UserError

OF_THE_INPUT = ("FAILED_READ_FILE", "CANNOT_READ_FILE_FOOTER", "CAST_INVALID_INPUT", "DIVIDE_BY_ZERO")
"""Conditions of Spark's errors that a broken file or a predicate of the user's brings about."""


def users_share(error: PySparkException, place: str = "input") -> UserError | None:
    """Return what the user can mend about a failure, in one line, or None: then it is not theirs.

    Args:
        error: what Spark raised.
        place: the path or table that was read.
    """
    text = str(error).strip()
    _, mismatch, message = text.partition(f"{CodecMismatchError.__name__}: ")
    if mismatch:
        return CodecMismatchError(message.partition("\n")[0])
    condition = error.getCondition() or ""
    if isinstance(error, AnalysisException) or condition.startswith(OF_THE_INPUT):
        return InputError(f"{place}: {text.partition(chr(10))[0].partition(' SQLSTATE')[0]}")
    return None
