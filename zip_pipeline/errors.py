"""The exceptions of the project, and the exit code that each of them means.

ZipPipelineError
|-- UserError               exit 2: the user's to mend; its message is one line and is all that is shown
|   |-- ConfigError         a key, value or argument
|   |-- InputError          the pool: its path, format, columns, records
|   |-- OutputError         the output path: it exists, or cannot be written
|   `-- CodecMismatchError  driver and executors (or two executors) compress differently
`-- StageError              exit 1: a stage failed for a reason that is not the user's; names the stage
"""


class ZipPipelineError(Exception):
    """Whatever this project raises on purpose."""

    exit_code = 1


class UserError(ZipPipelineError):
    """Something that the user can mend; the message says what was expected and what was found."""

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
        cause: what was raised.
    """

    def __init__(self, stage: str, cause: BaseException) -> None:
        super().__init__(f"stage '{stage}' failed: {type(cause).__name__}: {cause}")
        self.stage = stage
