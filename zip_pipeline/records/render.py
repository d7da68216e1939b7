r"""Payloads: what of a record is compressed, and how payloads become the bytes of a set.

Two renders:

- ``content``: the turns' texts, each behind a short marker of its role, one below the other. Ids, keys and
  quoting stay out of the score.
- ``repr``: the reference program's bytes, Python's `repr` of the record's dict.

The bytes of a set of payloads are ``open + separator.join(payloads) + close`` with the render's framing:

    >>> FRAMINGS["repr"].join([b"{'id': 1}", b"{'id': 2}"])
    b"[{'id': 1}, {'id': 2}]"
    >>> content([("user", "Hi"), ("assistant", "Hello")])
    b'user: Hi\nassistant: Hello'
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zip_pipeline.records.dialects import BadRecordError, Record, Turn


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
"""The key order of the reference program's files; a reader that sorts keys loses it, so it is restored."""


def content(turns: Iterable[Turn]) -> bytes:
    """Render turns as ``role: text`` lines (a turn without a role is its text alone), UTF-8.

    Raises:
        BadRecordError: when there is no text in any turn, or a text that UTF-8 cannot hold (lone surrogates).
    """
    turns = list(turns)
    if not any(text.strip() for _, text in turns):
        raise BadRecordError("no text")
    return _utf8("\n".join(f"{role}: {text}" if role else text for role, text in turns))


def representation(record: Record) -> bytes:
    """Render a record as Python writes its dict, UTF-8: the keys of `REPR_ORDER` first, then the others.

    A table has null where a JSON object has no key; such keys are left out, at every depth.
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
