"""Texts of records on a page: made safe to look at, shortened, and two of them with what differs marked."""

import difflib
import re
from collections.abc import Iterator, Sequence

LONGEST = 1_200
"""Characters of a text that a page shows."""

COMPARED = 8_000
"""Characters of a text that are compared with another one."""

SAME = 240
"""Characters that two texts share in one place; longer places are shortened in their middle."""

UNSEEN = "\N{REPLACEMENT CHARACTER}"
"""In the place of a character that would steer the page: controls, marks of direction, what has no sign of its own."""

Parts = Sequence[tuple[str, str]]
"""Pieces of a text, each with its mark: ``""`` for none, ``gone`` or ``new`` for what the other text has not."""

_PIECES = re.compile(r"\w+|\s+|[^\w\s]")


def safe(text: str) -> str:
    r"""Return a text with `UNSEEN` for what would steer the page; breaks and tabs stay.

    >>> safe("a\u202eb\x00\n")
    'a�b�\n'
    """
    return "".join(one if one.isprintable() or one in "\n\t" else UNSEEN for one in text)


def excerpt(text: str, most: int = LONGEST) -> str:
    """Return the beginning of a text, safe, and how much was left out.

    >>> excerpt("abcdef", 4)
    'abcd ... (2 more characters)'
    """
    rest = len(text) - most
    return safe(text) if rest <= 0 else f"{safe(text[:most])} ... ({rest:,} more characters)"


def differences(one: str, other: str) -> tuple[Parts, Parts]:
    """Return both texts with what the other has not marked: ``gone`` in the first, ``new`` in the second.

    >>> differences("the old cat", "the new cat")
    ([('the ', ''), ('old', 'gone'), (' cat', '')], [('the ', ''), ('new', 'new'), (' cat', '')])

    Args:
        one: only its first `COMPARED` characters count.
        other: as `one`.
    """
    left, right = (_PIECES.findall(safe(text[:COMPARED])) for text in (one, other))
    steps = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return [*_marked(left, [(kind, a, b) for kind, a, b, _, _ in steps], "gone")], [
        *_marked(right, [(kind, a, b) for kind, _, _, a, b in steps], "new")
    ]


def _marked(pieces: Sequence[str], steps: Sequence[tuple[str, int, int]], mark: str) -> Iterator[tuple[str, str]]:
    for kind, begin, end in steps:
        text = "".join(pieces[begin:end])
        if kind == "equal" and len(text) > SAME:
            text = f"{text[: SAME // 2]} ... {text[-SAME // 2 :]}"
        if text:
            yield text, "" if kind == "equal" else mark


def place_of(file: str | None, line: int | None) -> str:
    """Return in words where a row stands; nothing where the file is not known.

    >>> place_of("/data/pool.jsonl", 4711)
    '/data/pool.jsonl, line 4711'
    """
    if file is None:
        return ""
    return file if line is None else f"{file}, line {line}"
