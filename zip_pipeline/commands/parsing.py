"""How arguments are parsed: a name that is wrong gets the nearest right one, and none is given twice.

Nothing here imports Spark or pydantic.
"""

import argparse
import difflib
import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """A parser that names the nearest right name."""

    def error(self, message: str) -> NoReturn:
        """End the program; for a wrong name say which one is near."""
        if found := re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message):
            message = f"{message[: found.start()]}invalid choice: '{found[1]}'"
            names = re.findall(r"[\w-]+", found[2])
            message += near(found[1], names) or f" (choose from {', '.join(names)})"
        super().error(message)


def near(name: str, names: Iterable[str]) -> str:
    """Return which of some names was meant, for the end of a message; empty where none is near.

    >>> near("selct", ["select", "split"])
    "; did you mean 'select'?"
    """
    found = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean '{found[0]}'?" if found else ""


class Once(argparse.Action):
    """An argument that would replace what it said before: given twice, it is refused."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: Any) -> None:
        """See `argparse.Action`."""
        if getattr(namespace, self.dest) is not None:
            parser.error(f"argument {self.option_strings[0]}: given twice")
        setattr(namespace, self.dest, values)


class ShortcutAction(Once):
    """An argument that stands for a config key: one more ``key=value``, in the place where it was typed.

    Args:
        key: the config key, dotted.
        repeats: whether it may be given several times; the values are a list.
        options: of `argparse.Action`.
    """

    def __init__(self, *, key: str, repeats: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._key, self._repeats = key, repeats

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: Any) -> None:
        """See `argparse.Action`."""
        given = self.const if self.nargs == 0 else values
        if self._repeats:
            given = [*(getattr(namespace, self.dest) or []), values]
            setattr(namespace, self.dest, None)
        super().__call__(parser, namespace, given)
        namespace.set = [*namespace.set, f"{self._key}={_as_yaml(given)}"]


def _as_yaml(value: Any) -> str:
    """Return a value as YAML, which JSON is but for characters that YAML escapes otherwise; 2024 stays text."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(part if part.isprintable() else f"\\U{ord(part):08x}" for part in text)
