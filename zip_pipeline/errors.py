"""The exceptions of the project, and the exit code that each of them means.

ZipPipelineError
|-- UserError               exit 2: the user can fix it; people see its message, one line, and nothing else
|   |-- ConfigError         a key, value or argument
|   |-- InputError          the pool: its path, format, columns, records
|   |-- OutputError         the output path: it exists, or cannot be written
|   |-- SetupError          the environment: Java, Spark, the workers' Python, room on a disk, rights on it
|   `-- CodecMismatchError  driver and executors (or two executors) compress differently
`-- StageError              exit 1: a stage failed and the user is not the cause; the message names the stage
"""

import re

_CAUSE = re.compile(r"(?:Caused by: |: )(?!.*Traceback)(.+)|(?=[\w.]+(?:Error|Exception): )(.+)")
"""The line of a stack that says why: of Java's, or the last one of Python's."""


class ZipPipelineError(Exception):
    """Base of every exception that this project raises."""

    exit_code = 1


class UserError(ZipPipelineError):
    """A mistake that the user can fix; the message says what was expected and what was found."""

    exit_code = 2


class ConfigError(UserError):
    """A config key, its value, or a command-line argument."""


class InputError(UserError):
    """The pool cannot be read as records."""


class OutputError(UserError):
    """The output path exists already or cannot be written."""


class SetupError(UserError):
    """What a run needs of its machine is not there: Java, Spark, a package of the workers' Python, room, rights."""


class CodecMismatchError(UserError):
    """Two machines of one run would compress the same bytes to different sizes."""


class StageError(ZipPipelineError):
    """A stage of the run failed; the cause is chained.

    Args:
        stage: the stage's name as progress shows it, such as ``score the pool``.
        cause: the exception.
    """

    def __init__(self, stage: str, cause: BaseException) -> None:
        super().__init__(f"stage '{stage}' failed: {one_line(cause)}")
        self.stage = stage


def one_line(error: BaseException) -> str:
    r"""Return an error's class and message in one line; of a stack of Java the cause of all others.

    >>> one_line(OSError("calling o1.save\n: java.X: no\n\tat Y\nCaused by: java.Z: full\n\tat Y"))
    'OSError: java.Z: full'
    """
    lines = str(error).strip().splitlines() or [""]
    causes = [match[1] or match[2] for line in lines if (match := _CAUSE.match(line))]
    return f"{type(error).__name__}: {causes[-1] if causes else lines[0]}".strip()
