"""Records of the dialects that training sets come in, read as turns.

A record arrives as a plain dict (a row of Spark or Arrow, a JSON object). A dialect says which columns it
needs and how they become turns, a list of (role, text). What does not fit raises `BadRecordError` with a reason
that a person can act on. Rendering to bytes is in `render`.

    >>> DIALECTS["sharegpt"].turns({"conversations": [{"from": "human", "value": "Hi"}]})
    [('user', 'Hi')]
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]
Turn = tuple[str, str]

ROLES = {"human": "user", "gpt": "assistant"}
"""ShareGPT's names of the roles in the words of everybody else; other names stay as they are."""


class BadRecordError(Exception):
    """One record that cannot be used; the message is the reason, kept beside the record."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a family of data sets writes a conversation.

    Attributes:
        columns: the columns that must be there.
        turns: record -> turns; raises `BadRecordError`.
    """

    columns: tuple[str, ...]
    turns: Callable[[Record], list[Turn]]


def _chat(column: str, role_key: str, text_key: str) -> Dialect:
    """A dialect whose record is a list of turns, each a dict; the list may also stand as JSON text."""

    def turns(record: Record) -> list[Turn]:
        value = _present(record, column)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                raise BadRecordError(f"{column}: expected a list of turns, found text") from None
        if not isinstance(value, list):
            raise BadRecordError(f"{column}: expected a list of turns, found {_kind(value)}")
        return _turns(value, column, role_key, text_key)

    return Dialect((column,), turns)


def _alpaca(record: Record) -> list[Turn]:
    instruction = _string(_present(record, "instruction"), "instruction")
    # Most alpaca records have no input, written as null, as "" or not at all.
    extra = _string(record.get("input") or "", "input")
    output = _string(_present(record, "output"), "output")
    return [("user", f"{instruction}\n{extra}" if extra else instruction), ("assistant", output)]


def preference_dialect(written: str) -> Dialect:
    """A prompt and two answers to it, ``chosen`` and ``rejected``; each is text or a list of turns.

    Without a prompt (no such column, null or empty) the turns that both answers begin with are the prompt, and texts
    are whole conversations. Where a prompt is repeated at the head of an answer, it stands once.

    >>> both = preference_dialect("both")
    >>> both.turns({"prompt": "2 + 2?", "chosen": "4", "rejected": "5"})
    [('user', '2 + 2?'), ('assistant', '4'), ('assistant', '5')]

    Args:
        written: one of `PREFERENCES`: which of them make the text.
    """

    def turns(record: Record) -> list[Turn]:
        given = record.get("prompt")
        prompt = [] if given in (None, "", []) else _said(given, "prompt", "user")
        role = "assistant" if prompt else ""
        sides = [_said(_present(record, side), side, role) for side in ("chosen", "rejected")]
        prompt = prompt or _shared_head(*sides)
        answers = [side[len(prompt) :] if side[: len(prompt)] == prompt else side for side in sides]
        for name, answer in zip(("chosen", "rejected"), answers, strict=True):
            if not answer:
                raise BadRecordError(f"{name}: nothing but the prompt")
        chosen, rejected = answers
        return {"both": prompt + chosen + rejected, "chosen": prompt + chosen, "pair": chosen + rejected}[written]

    return Dialect(("chosen", "rejected"), turns)


PREFERENCES = ("both", "chosen", "pair")
"""What is written of a preference: prompt, chosen and rejected; prompt and chosen; chosen and rejected."""


def text_dialect(column: str) -> Dialect:
    """Plain text in one column: a single turn without a role."""
    return Dialect((column,), lambda record: [("", _string(_present(record, column), column))])


DIALECTS = {
    "sharegpt": _chat("conversations", "from", "value"),
    "messages": _chat("messages", "role", "content"),
    "alpaca": Dialect(("instruction", "output"), _alpaca),
}
"""Dialects with fixed columns; `text` is made by `text_dialect`, as its column has any name."""

DIALECT_NAMES = ("preference", *DIALECTS, "text")


def detect(columns: Iterable[str], text_column: str) -> str | None:
    """Name the first dialect whose columns are all there, in the order of `DIALECT_NAMES`.

    Tables of preferences often hold a conversation besides; no other table has both answers.

    >>> detect(["id", "messages"], "text")
    'messages'
    """
    present = set(columns)
    for name in DIALECT_NAMES:
        if present.issuperset(named(name, text_column).columns):
            return name
    return None


def named(name: str, text_column: str, preference: str = PREFERENCES[0]) -> Dialect:
    """Return the dialect of that name (`DIALECT_NAMES`).

    Args:
        name: of the dialect.
        text_column: of the dialect ``text``.
        preference: what the dialect ``preference`` writes, one of `PREFERENCES`.
    """
    if name == "text":
        return text_dialect(text_column)
    return preference_dialect(preference) if name == "preference" else DIALECTS[name]


def _turns(value: list[Any], where: str, role_key: str, text_key: str) -> list[Turn]:
    """Read a list of dicts, one a turn."""
    if not value:
        raise BadRecordError(f"{where}: no turns")
    return [_turn(turn, f"{where}[{place}]", role_key, text_key) for place, turn in enumerate(value)]


def _turn(turn: object, where: str, role_key: str, text_key: str) -> Turn:
    if not isinstance(turn, dict):
        raise BadRecordError(f"{where}: expected {{{role_key}, {text_key}}}, found {_kind(turn)}")
    role = _string(_present(turn, role_key, where), f"{where}.{role_key}")
    text = _text(_present(turn, text_key, where), f"{where}.{text_key}")
    return ROLES.get(role, role), text


def _said(value: object, where: str, role: str) -> list[Turn]:
    """Read what is either text of that role or a list of turns."""
    if isinstance(value, str):
        return [(role, value)]
    if not isinstance(value, list):
        raise BadRecordError(f"{where}: expected text or a list of turns, found {_kind(value)}")
    return _turns(value, where, "role", "content")


def _shared_head(one: list[Turn], other: list[Turn]) -> list[Turn]:
    """Return the turns that both begin with; each keeps one at least."""
    most = min(len(one), len(other)) - 1
    differ = (place for place in range(most) if one[place] != other[place])
    return one[: next(differ, most)]


def _present(record: Record, key: str, where: str = "") -> Any:
    value = record.get(key)
    if value is None:
        raise BadRecordError(f"{where}.{key}: null" if where else f"{key}: null")
    return value


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise BadRecordError(f"{where}: expected text, found {_kind(value)}")
    return value


def _text(value: object, where: str) -> str:
    """Text, or the list of parts that some chat formats put in its place; only parts of text can be read."""
    if not isinstance(value, list):
        return _string(value, where)
    parts = [part.get("text") if isinstance(part, dict) else None for part in value]
    if not all(isinstance(part, str) for part in parts):
        raise BadRecordError(f"{where}: a part that is not text")
    return "\n".join(parts)  # type: ignore[arg-type]


def _kind(value: object) -> str:
    names = {
        str: "text",
        list: "a list",
        dict: "an object",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), type(value).__name__)
