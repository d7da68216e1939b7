r"""JSON as people write it: one object a line, objects one after the other, one array, several arrays.

All of these are one grammar: values that follow each other, with or without white space between them, where an array
stands for its elements. `split` cuts such a text into the texts of its values, `parse` reads one of them strictly.
Python's `json` does the work; what it lets pass and no table can hold is refused here.

    >>> list(split(['[{"a": 1}, {"a"', ': 2}] {"a": 3}\n']))
    ['{"a": 1}', '{"a": 2}', '{"a": 3}']
    >>> parse('{"a": 1}')
    {'a': 1}
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from zip_pipeline.records.reasons import BadRecordError, kind

_BLANK = re.compile("[ \t\r\n\ufeff]*")
"""White space of JSON, and the mark that some editors put first."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape that may be half of a character."""

_LONGEST_TOKEN = 16
"""More characters than a cut word or escape has; JSON has none longer than ``-Infinity`` and ``\\uXXXX``."""

_DECODER = json.JSONDecoder()


class MalformedError(ValueError):
    """Text that is no JSON. The message says what is wrong.

    Attributes:
        line: the number of the line, from 1.
        rest: the text from the value on that cannot be read, as far as it was looked at.
    """

    def __init__(self, message: str, line: int, rest: str) -> None:
        super().__init__(message)
        self.line = line
        self.rest = rest


def split(chunks: Iterable[str]) -> Iterator[str]:
    """Cut a text into the texts of its values; an array at the top stands for its elements.

    Args:
        chunks: the text in pieces, which may end anywhere. No more than a value and a chunk are held at a time.

    Raises:
        MalformedError: for the first value that is no JSON; those before it have been returned.
    """
    cursor = _Cursor(chunks)
    while cursor.peek():
        if cursor.peek() != "[":
            yield cursor.value()
            continue
        cursor.skip()
        while cursor.peek() != "]":
            yield cursor.value()
            if cursor.peek() not in (",", "]"):
                raise cursor.malformed("expected , or ] after an element of the array")
            if cursor.peek() == ",":
                cursor.skip()
                if cursor.peek() == "]":
                    raise cursor.malformed("expected an element of the array after the comma")
        cursor.skip()


def parse(text: str) -> dict[str, Any]:
    """Read one record.

    Raises:
        BadRecordError: with the reason: no JSON, no object, a key that stands twice, half of a character, a number
            that is too large, more depth than can be read.
    """
    try:
        value = json.loads(text, object_pairs_hook=_distinct, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise BadRecordError(f"malformed JSON: {_reason(error)} at character {error.pos + 1}") from None
    except RecursionError:
        raise BadRecordError("JSON that is nested too deep") from None
    except ValueError as error:  # whole numbers of thousands of digits
        raise BadRecordError(f"JSON with a value that cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise BadRecordError(f"expected a JSON object, found {'null' if value is None else kind(value)}")
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise BadRecordError("text that UTF-8 cannot hold: half of a surrogate pair") from None
    return value


class _Cursor:
    """A place in a text that comes in chunks."""

    def __init__(self, chunks: Iterable[str]) -> None:
        self._chunks = iter(chunks)
        self._text = ""
        self._at = 0
        self._line = 1

    def peek(self) -> str:
        """Return the next character that is not blank; nothing at the end."""
        self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
        while self._at == len(self._text) and self._more():
            self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]
        return self._text[self._at : self._at + 1]

    def skip(self) -> None:
        """Step over one character."""
        self._at += 1

    def value(self) -> str:
        """Step over a value and return its text."""
        self.peek()
        while True:
            try:
                _, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos > len(self._text) - _LONGEST_TOKEN
                wrong = error.pos - self._at
                if not (cut and self._more(double=True)):
                    raise self.malformed(_reason(error), wrong) from None
            except RecursionError:
                raise self.malformed("nested too deep") from None
            except ValueError as error:
                raise self.malformed(str(error)) from None
            else:
                # A number near the end of a chunk, such as 1 before e+5, may go on in the next one.
                length = end - self._at
                if end + _LONGEST_TOKEN < len(self._text) or not self._more():
                    text = self._text[self._at : self._at + length]
                    self._at += length
                    return text

    def malformed(self, message: str, further: int = 0) -> MalformedError:
        """Return the error for the value at this place, which is wrong so many characters further on."""
        line = self._line + self._text.count("\n", 0, self._at + further)
        return MalformedError(message, line, self._text[self._at :])

    def _more(self, *, double: bool = False) -> bool:
        """Read on, and forget what lies behind; whether there was more.

        Args:
            double: read as much again as there is, so that a long value is not looked at once a chunk.
        """
        self._line += self._text.count("\n", 0, self._at)
        pieces, self._at = [self._text[self._at :]], 0
        wanted = len(pieces[0]) if double else 1
        read = 0
        for chunk in self._chunks:
            pieces.append(chunk)
            read += len(chunk)
            if read >= wanted:
                break
        self._text = "".join(pieces)
        return read > 0


def _reason(error: json.JSONDecodeError) -> str:
    """Return what is wrong, in words that a place can follow: some of Python's messages end with "starting at"."""
    message = error.msg.removesuffix(" starting at")
    return message[:1].lower() + message[1:]


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, each key once."""
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadRecordError(f"a JSON object with the key {twice} twice")
    return value


def _finite(text: str) -> float:
    """Read a number; one that no float holds is an error, not infinity."""
    number = float(text)
    if math.isinf(number):
        raise BadRecordError(f"a number that is too large: {text}")
    return number
