"""Turns: how the turns of a chat are read, in whichever column a dialect has them.

A turn is a dict with a role and a text. The text may be a list of parts, see `parts`; also as JSON text, because Spark
reads all of them as text where some records of a file have text and others a list.

What a model writes beside the text are turns of their own, so that it counts as all other text does:

- the reasoning, before the text, in the role ``reasoning``;
- each call of a tool, after the text, in the role ``tool_call``, see `tool_calls`;
- results of tools that are parts, after that, in the role ``tool``.

A turn's own text may be missing, null or empty beside them, and is then left out.

    >>> call = {"name": "search", "arguments": '{"q": "rain"}'}
    >>> TurnReader().turns([{"role": "assistant", "content": None, "tool_calls": [call]}], "messages")
    [('tool_call', 'search {"q":"rain"}')]
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zip_pipeline.records import parts, tool_calls
from zip_pipeline.records.json_text import from_json
from zip_pipeline.records.parts import MEDIA_CHOICES, Parts
from zip_pipeline.records.reasons import BadRecordError, kind, present, string

Record = Mapping[str, Any]
Turn = tuple[str, str]
Keys = tuple[tuple[str, str], ...]

OPENAI, SHAREGPT = ("role", "content"), ("from", "value")
KEYS: Keys = (OPENAI, SHAREGPT)
"""The customs for the keys of a turn: of its role, of its text."""

ROLES = {"human": "user", "gpt": "assistant"}
"""The names that a payload has for ShareGPT's roles, in every dialect of turns; other roles keep their name."""

INSTRUCTION_ROLES = ("system", "developer", "tools")
"""Roles of the turns that say how to behave and what tools there are. Often all records of a source share them, so they
are left out where records are compared with each other."""

REASONING = ("reasoning_content", "reasoning", "thinking")
"""Keys of a turn's reasoning. Only text is read: some data sets have flags of these names."""

MOST_KEYS = 4
"""A reason shows so many keys of a turn."""


def without_instructions(turns: list[Turn]) -> list[Turn]:
    """Return the turns that are not of `INSTRUCTION_ROLES`."""
    return [turn for turn in turns if turn[0] not in INSTRUCTION_ROLES]


@dataclass(frozen=True)
class TurnReader:
    """Reads turns, the same in every dialect.

    Attributes:
        keys: the keys of a turn; of several customs the first one whose role a turn has.
        media: what happens to images, audio and files, one of `MEDIA_CHOICES`.
    """

    keys: Keys = KEYS
    media: str = MEDIA_CHOICES[0]

    def turns(self, value: object, where: str) -> list[Turn]:
        """Read a list of dicts, one a turn; or a dict of lists, as some tables store it; or one of these as JSON text.

        Args:
            value: the list.
            where: what a reason calls it.

        Raises:
            BadRecordError: with the reason, which names the place and what is there.
        """
        found = from_json(value)
        if _is_of_lists(found):
            found = _transposed(found, where)
        if not isinstance(found, list):
            raise BadRecordError(f"{where}: expected a list of turns, found {kind(found)}")
        if not found:
            raise BadRecordError(f"{where}: no turns")
        return [read for place, turn in enumerate(found) for read in self._read_turn(turn, f"{where}[{place}]")]

    def text_or_turns(self, value: object, where: str, role: str) -> list[Turn]:
        """Read a value that is either one text, spoken in that role, or one turn, or a list of turns.

        Args:
            value: the value.
            where: what a reason calls it.
            role: of the text.

        Raises:
            BadRecordError: as `turns` does.
        """
        if isinstance(value, str):
            found = self._in_text(value)
            if found is None:
                return [(role, value)]
            value = found
        if isinstance(value, dict) and not _is_of_lists(value):
            return self._read_turn(value, where)
        if not isinstance(value, dict | list):
            raise BadRecordError(f"{where}: expected text or a list of turns, found {kind(value)}")
        return self.turns(value, where)

    def _in_text(self, value: str) -> list[Any] | dict[str, Any] | None:
        """Return the turns that a text holds in JSON; None where it holds none, but is what somebody said."""
        if not (value.startswith(("[", "{")) and any(f'"{role}"' in value for role, _ in self.keys)):
            return None
        found = from_json(value)
        turns = found if isinstance(found, list) else [found]
        return found if turns and all(map(self._is_turn, turns)) else None

    def _is_turn(self, value: object) -> bool:
        if not isinstance(value, dict):
            return False
        has_more = any(key in value for key in tool_calls.KEYS)
        return any(isinstance(value.get(role), str) and (text in value or has_more) for role, text in self.keys)

    def _read_turn(self, turn: object, where: str) -> list[Turn]:
        """Return the turn itself, with its reasoning before it and its calls after it."""
        if not isinstance(turn, dict):
            raise BadRecordError(f"{where}: expected {_braced(*self.keys[0])}, found {kind(turn)}")
        if not any(turn.get(key) is not None for pair in self.keys for key in pair):
            found = [key for key, value in turn.items() if value is not None]
            raise BadRecordError(f"{where}: expected {_braced(*self.keys[0])}, found {_braced(*found[:MOST_KEYS])}")
        role_key, text_key = next((pair for pair in self.keys if turn.get(pair[0]) is not None), self.keys[0])
        role = string(present(turn, role_key, where), f"{where}.{role_key}")
        try:
            held = self._held(turn, text_key, where)
        except RecursionError:
            raise BadRecordError(f"{where}: a call of a tool that is nested too deep") from None
        before = [("reasoning", text) for text in held.reasoning]
        after = [("tool_call", text) for text in held.calls] + [("tool", text) for text in held.results]
        own = [(ROLES.get(role, role), held.text)] if held.text or not (before or after) else []
        return before + own + after

    def _held(self, turn: Record, text_key: str, where: str) -> Parts:
        """Return what a turn holds, in its text and beside it."""
        reasoning = [text for key in REASONING if isinstance(text := turn.get(key), str) and text]
        calls = [text for key in tool_calls.KEYS for text in tool_calls.texts_of(turn.get(key))]
        value = turn.get(text_key) if reasoning or calls else present(turn, text_key, where)
        held, where = Parts(), f"{where}.{text_key}"
        found = value if isinstance(value, list) else parts.in_text(value) if isinstance(value, str) else None
        if found is not None:
            held = parts.read(found, where, self.media)
        elif value is not None:
            held.texts = [string(value, where)]
        held.reasoning, held.calls = reasoning + held.reasoning, held.calls + calls
        return held


def _braced(*names: str) -> str:
    return f"{{{', '.join(names)}}}"


def _is_of_lists(value: object) -> bool:
    """Whether it is a dict of lists; a table has nulls for the keys of other records."""
    lists = [inner for inner in value.values() if inner is not None] if isinstance(value, dict) else []
    return bool(lists) and all(isinstance(inner, list) for inner in lists)


def _transposed(value: dict[str, list[Any] | None], where: str) -> list[dict[str, Any]]:
    """Return a dict of lists as a list of dicts."""
    lists = {key: inner for key, inner in value.items() if inner is not None}
    try:
        return [dict(zip(lists, turn, strict=True)) for turn in zip(*lists.values(), strict=True)]
    except ValueError:
        raise BadRecordError(f"{where}: lists of different lengths") from None
