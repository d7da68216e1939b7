r"""Payloads: the bytes of a record that are compressed, and how payloads become the bytes of a set.

There are two renders:

- ``content``: the texts of the turns, one below the other, each after a short marker of its role. Ids, keys and
  quotes do not count.
- ``repr``: Python's `repr` of the record's dict, as the paper's reference program compresses it.

The bytes of a set are ``open + separator.join(payloads) + close``, with the framing of the render:

    >>> FRAMINGS["repr"].join([b"{'id': 1}", b"{'id': 2}"])
    b"[{'id': 1}, {'id': 2}]"
    >>> content([("user", "Hi"), ("assistant", "Hello")])
    b'user: Hi\nassistant: Hello'
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zip_pipeline.records.reasons import BadRecordError
from zip_pipeline.records.turns import Record, Turn


@dataclass(frozen=True, slots=True)
class Framing:
    """The bytes around and between the payloads of a set."""

    open: bytes
    separator: bytes
    close: bytes

    def join(self, payloads: Iterable[bytes]) -> bytes:
        """Return the bytes of a whole set."""
        return self.open + self.separator.join(payloads) + self.close


FRAMINGS = {
    "content": Framing(b"", b"\n", b""),
    "repr": Framing(b"[", b", ", b"]"),
}

REPR_ORDER = ("id", "conversations", "source")
"""The key order of the reference program's files; `representation` restores it, as some readers sort the keys."""


def content(turns: Iterable[Turn]) -> bytes:
    """Render turns as lines ``role: text`` in UTF-8; a turn without a role is its text alone.

    Raises:
        BadRecordError: when no turn has text, or UTF-8 cannot hold a text (lone surrogates).
    """
    turns = list(turns)
    if not any(text.strip() for _, text in turns):
        raise BadRecordError("no text")
    return _utf8("\n".join(f"{role}: {text}" if role else text for role, text in turns))


def representation(record: Record) -> bytes:
    """Render a record as Python writes its dict, in UTF-8: the keys of `REPR_ORDER` first, then the others.

    A table has a null where a JSON object lacks the key, so keys with nulls are left out, at every depth.

    Raises:
        BadRecordError: when UTF-8 cannot hold a text.
    """
    first = [key for key in REPR_ORDER if key in record]
    order = first + [key for key in record if key not in REPR_ORDER]
    return _utf8(repr(_without_nulls({key: record[key] for key in order})))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise BadRecordError(f"text that UTF-8 cannot hold at character {error.start}") from None
