"""Dialects: how training sets write a record, and how its text is read.

`registry` lists them; a new one is a line there, or a class in a module of its own. What each does is in `dialect`,
`conversations` and `preference`; how turns become bytes is in `render`.

    >>> registry()["sharegpt"].turns({"conversations": [{"from": "human", "value": "Hi"}]})
    [('user', 'Hi')]
"""

import shlex
from collections.abc import Collection, Iterable, Sequence

from zip_pipeline.records.conversations import Chat, Request
from zip_pipeline.records.dialect import Dialect, Text
from zip_pipeline.records.parts import MEDIA_CHOICES
from zip_pipeline.records.preference import PREFERENCES, Preference
from zip_pipeline.records.turns import OPENAI, SHAREGPT, TurnReader


def registry(
    text_column: str = "text", preference: str = PREFERENCES[0], media: str = MEDIA_CHOICES[0]
) -> dict[str, Dialect]:
    """Return every dialect by its name, in the order in which `detect` tries them.

    Tables of preferences come first: they often hold a conversation too, and no other table has both answers. Tables of
    questions come last: many of them have a column with the whole text, too.

    Args:
        text_column: the column of the dialect ``text``.
        preference: the text of the dialect ``preference``, one of `PREFERENCES`.
        media: what happens to images, audio and files, one of `MEDIA_CHOICES`.
    """
    reader = TurnReader(media=media)
    every = (
        Preference("preference", ("chosen", "rejected"), reader, preference),
        Chat("sharegpt", ("conversations",), TurnReader((SHAREGPT, OPENAI), media)),
        Chat("messages", ("messages",), reader),
        Request("alpaca", ("instruction", "output"), reader, "input"),
        Text("text", (text_column,)),
        Request("dolly", ("instruction", "response"), reader, "context"),
        Request("prompt_completion", ("prompt", "completion"), reader),
        Request("prompt_response", ("prompt", "response"), reader),
        Request("question_answer", ("question", "answer"), reader, "context"),
        Request("question_response", ("question", "response"), reader, "context"),
        Request("query_response", ("query", "response"), reader, "context"),
    )
    return {dialect.name: dialect for dialect in every}


DIALECT_NAMES = tuple(registry())

_TEXT_NAMES = (
    "text",
    "content",
    "contents",
    "body",
    "raw_content",
    "document",
    "article",
    "passage",
    "code",
    "sentence",
)
"""What columns of text are called elsewhere."""


def detect(columns: Iterable[str], dialects: Iterable[Dialect]) -> Dialect | None:
    """Return the first dialect whose columns are all there.

    >>> detect(["id", "messages"], registry().values()).name
    'messages'
    """
    found = set(columns)
    return next((dialect for dialect in dialects if found.issuperset(dialect.columns)), None)


def suggestion(
    columns: Collection[str], texts: Sequence[str], chats: Sequence[str], elsewhere: tuple[str, str] | None = None
) -> str:
    """Return what to set for a table that no dialect fits, for the end of a message; empty where nothing is near.

    >>> suggestion(["url", "content"], ["url", "content"], [])
    '; nearest is text: --set input.columns.text=content'
    >>> suggestion(["question", "score"], ["question"], [])
    '; nearest is question_answer, without the column answer; or --set input.columns.text=question'
    >>> suggestion(["url", "doc.body"], ["url", "doc.body"], [], ("select.target", "t.jsonl"))
    "; nearest is text: --set 'select.target=[{path: t.jsonl, columns: {text: doc.body}}]'"

    Args:
        columns: all columns that are no numbers or flags, without those of id and source.
        texts: those that hold text, and paths to such fields in others; the likeliest first.
        chats: those that hold lists of turns.
        elsewhere: config key and path of the table, where it is not the pool.
    """
    if chats:
        return f"; nearest is messages: {_setting(elsewhere, 'messages', chats[0])}"
    found = set(columns)
    known = [name for name in texts if name.rpartition(".")[2] in _TEXT_NAMES]
    first, *others = known[:1] or texts or [""]
    setting = first and _setting(elsewhere, None, first) + (f" (or {', '.join(others)})" if others else "")
    near = next((dialect for dialect in registry().values() if found.intersection(dialect.columns)), None)
    if near is None:
        return setting and f"; nearest is text: {setting}"
    missing = ", ".join(name for name in near.columns if name not in found)
    if not missing:
        return f"; nearest is {near.name}: {_setting(elsewhere, near.name, None)}"
    return f"; nearest is {near.name}, without the column {missing}" + (setting and f"; or {setting}")


def _setting(elsewhere: tuple[str, str] | None, dialect: str | None, text: str | None) -> str:
    """Return the argument that sets dialect and column of the text."""
    if elsewhere is None:
        given = {"dialect": dialect, "columns.text": text}
        return " ".join(f"--set {shlex.quote(f'input.{key}={value}')}" for key, value in given.items() if value)
    key, path = elsewhere
    keys = [f"path: {path}", dialect and f"dialect: {dialect}", text and f"columns: {{text: {text}}}"]
    place = ", ".join(filter(None, keys))
    return f"--set {shlex.quote(f'{key}=[{{{place}}}]')}"
