r"""Parts: what the text of a turn is where it is a list of objects, each with a type.

Texts are joined by line breaks. What else a part may be counts as it would beside the text, see `turns`. Images, audio
and files are no text: they make the record unusable, or are left out, or a word stands in their place.

    >>> parts = [{"type": "text", "text": "What is it?"}, {"type": "image", "url": "x.png"}]
    >>> read(parts, "content", "placeholder").text
    'What is it?\n[image]'
"""

from dataclasses import dataclass, field
from typing import Any

from zip_pipeline.records import tool_calls
from zip_pipeline.records.json_text import compact, from_json
from zip_pipeline.records.reasons import BadRecordError

MEDIA_CHOICES = ("reject", "skip", "placeholder")
"""What happens to a part that is an image, audio or a file: it makes the record unusable; it is left out; its medium
stands in its place, such as ``[image]``."""

_MEDIA = ("image", "audio", "video", "file", "document")
"""The media; a type or key such as ``image_url`` or ``input_audio`` has one of these words."""

_TEXT, _REASONING = ("text", "input_text", "output_text"), ("thinking", "reasoning")
_CALL, _RESULT = "tool_use", "tool_result"
"""Types of parts."""


@dataclass
class Parts:
    """What a list of parts holds.

    Attributes:
        texts: of the parts that are text.
        reasoning: what the model thought.
        calls: of tools, as `tool_calls` writes them.
        results: of tools.
    """

    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The texts, joined by line breaks."""
        return "\n".join(self.texts)


def read(parts: list[Any], where: str, media: str) -> Parts:
    """Read a list of parts.

    Args:
        parts: the list.
        where: what a reason calls it.
        media: one of `MEDIA_CHOICES`.

    Raises:
        BadRecordError: names a part that is no text, nor anything else that counts.
    """
    found = Parts()
    for part in parts:
        _add(part if isinstance(part, dict) else {}, found, where, media)
    return found


def in_text(value: str) -> list[Any] | None:
    """Return the list of parts that a text holds in JSON; None where it holds none.

    It must not be mistaken for what somebody said: all are objects with a type that is known and with a value that
    fits, such as an ``image_url`` with the type ``image_url``.
    """
    if not (value.startswith("[") and '"type"' in value):
        return None
    parts = from_json(value)
    is_list = isinstance(parts, list) and parts and all(isinstance(part, dict) for part in parts)
    return parts if is_list and all(map(_is_sure, parts)) else None


def _is_sure(part: dict[str, Any]) -> bool:
    """Whether an object is a part: a list of tools in a system prompt has types, too."""
    name = part.get("type")
    if not isinstance(name, str):
        return False
    if name in _TEXT:
        return isinstance(part.get("text"), str)
    if name in (_CALL, _RESULT):
        return {_CALL: "name", _RESULT: "content"}[name] in part
    return name in part and (name in _REASONING or _medium(part) is not None)


def _add(part: dict[str, Any], found: Parts, where: str, media: str) -> None:
    """Add what one part holds; a list that a table made has nulls for the keys of other parts."""
    name = part.get("type")
    medium = _medium(part)
    if name in _REASONING:
        found.reasoning += [text for key in (name, "text") if isinstance(text := part.get(key), str) and text]
    elif name == _CALL:
        found.calls += tool_calls.texts_of(part)
    elif name == _RESULT:
        found.results.append(_result(part.get("content"), where, media))
    elif medium is not None and media != "reject":
        found.texts += [f"[{medium}]"] if media == "placeholder" else []
    elif medium is None and isinstance(part.get("text"), str):
        found.texts.append(part["text"])
    else:
        named = medium or (name if isinstance(name, str) else None)
        raise BadRecordError(f"{where}: a part that is not text" + (f": {named}" if named else ""))


def _medium(part: dict[str, Any]) -> str | None:
    """Return which medium a part is; None where it is something else. Some have no type, but a key that says it."""
    name = part.get("type")
    if not isinstance(name, str) and isinstance(part.get("text"), str):
        return None
    names = [name] if isinstance(name, str) else [key for key, value in part.items() if value is not None]
    words = {word for name in names for word in name.lower().replace("-", "_").split("_")}
    return next((medium for medium in _MEDIA if medium in words), None)


def _result(value: object, where: str, media: str) -> str:
    """Return the text of a tool's result."""
    parts = from_json(value)
    if isinstance(parts, list) and all(isinstance(part, dict) and "type" in part for part in parts):
        return read(parts, where, media).text
    return "" if value is None else value if isinstance(value, str) else compact(value)
