"""The exceptions of the project, and the exit code that each of them means.

ZipPipelineError
|-- UserError               exit 2: the user can fix it; people see its message, one line, and nothing else
|   |-- ConfigError         a key, value or argument
|   |-- InputError          the pool: its path, format, columns, records
|   |-- OutputError         the output path: it exists, or cannot be written
|   `-- CodecMismatchError  driver and executors (or two executors) compress differently
`-- StageError              exit 1: a stage failed and the user is not the cause; the message names the stage
"""


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


class CodecMismatchError(UserError):
    """Two machines of one run would compress the same bytes to different sizes."""


class StageError(ZipPipelineError):
    """A stage of the run failed; the cause is chained.

    Args:
        stage: the stage's name as progress shows it, such as ``score the pool``.
        cause: the exception.
    """

    def __init__(self, stage: str, cause: BaseException) -> None:
        super().__init__(f"stage '{stage}' failed: {type(cause).__name__}: {cause}")
        self.stage = stage
