"""A config file of a job to begin with: every key with its default and its meaning, nothing set but what is required.

A line that begins with ``#`` and a space explains. Any other one that begins with ``#`` is a key with its default: to
set it, remove the ``#``, and that of the section it stands in.

    >>> text = template("split", "hold out a part of a pool")
    >>> [line.strip() for line in text.splitlines() if "seed" in line or "Another" in line]
    ['# Another seed holds out another part. (integer)', '#seed: 0']
"""

import textwrap
from collections.abc import Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from zip_pipeline.config.common import Place
from zip_pipeline.config.guide.keys import default, leaves, value
from zip_pipeline.config.load import JOBS

WIDTH = 100

FIRST_LINES = """\
# zip-pipeline {job}: {summary}.
#
# A line that begins with "# " explains. Any other line that begins with "#" is a key with its default: to set
# it, remove the "#", and that of the section it stands in. Required keys are open: fill them in.
"""


class _Template:
    """Writes the lines.

    Args:
        model: of the job.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self._known = {dotted: info for dotted, info in leaves(model) if ".SOURCE." not in dotted}
        self._required = {*_required(model)}

    def lines(self) -> Iterator[str]:
        """Yield all lines, those of `input` first, an empty one behind each section."""
        sections = dict.fromkeys(dotted.partition(".")[0] for dotted in self._known)
        for section in sorted(sections, key=lambda name: name != "input"):
            yield from self._entry(section, "", is_open=True)
            yield ""

    def _entry(self, name: str, indent: str, *, is_open: bool) -> Iterator[str]:
        """Yield the lines of a key, or of a section with all that is within it.

        Args:
            name: dotted.
            indent: of the key.
            is_open: whether the section around it stands without ``#``.
        """
        within = [dotted for dotted in self._known if dotted.startswith(f"{name}.")]
        is_open = is_open and any(dotted in self._required for dotted in [name, *within])
        key = name.rpartition(".")[2]
        if not within:
            yield from _leaf(key, self._known[name], indent, is_open=is_open)
            return
        yield f"{indent}{'' if is_open else '#'}{key}:"
        for child in dict.fromkeys(dotted[len(name) + 1 :].partition(".")[0] for dotted in within):
            yield from self._entry(f"{name}.{child}", f"{indent}  ", is_open=is_open)


def template(job: str, summary: str) -> str:
    """Return the text of a YAML file.

    Args:
        job: its name in `JOBS`.
        summary: what the job does, in a line.
    """
    return "\n".join([FIRST_LINES.format(job=job, summary=summary), *_Template(JOBS[job]).lines()])


def _leaf(key: str, info: FieldInfo, indent: str, *, is_open: bool) -> Iterator[str]:
    about = f"{info.description} ({value(info).replace('`', '')})"
    yield from textwrap.wrap(about, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")
    yield f"{indent}{key}:  # required" if is_open else f"{indent}#{key}: {default(info) or ''}".rstrip()


def _required(model: type[BaseModel], parent: str = "") -> Iterator[str]:
    """Yield the dotted keys that a job cannot run without; of a place, which has a path or a table, the path."""
    for name, info in model.model_fields.items():
        if info.is_required():
            section = info.annotation
            if not (isinstance(section, type) and issubclass(section, BaseModel)):
                yield parent + name
            elif issubclass(section, Place):
                yield f"{parent}{name}.path"
            else:
                yield from _required(section, f"{parent}{name}.")
