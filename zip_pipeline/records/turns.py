"""Turns: how the turns of a chat are read, in whichever column a dialect has them.

A turn is a dict with a role and a text. The text may be a list of parts, also as JSON text: where some records of a
file have text and others a list, Spark reads all of them as text.

What a model writes beside the text are turns of their own, so that it counts as all other text does:

- the reasoning, before the text, in the role ``reasoning``;
- each call of a tool, after the text, in the role ``tool_call``: the tool's name, a space, the arguments. Arguments
  that are a JSON object are written as `_compact` does, whether the record has them as an object or as text. The ids
  of calls do not count.

A turn's own text may be missing, null or empty beside them, and is then left out.

    >>> call = {"id": "call_1", "function": {"name": "search", "arguments": '{"q": "rain"}'}}
    >>> read_turns([{"role": "assistant", "content": None, "tool_calls": [call]}], "messages", "role", "content")
    [('tool_call', 'search {"q":"rain"}')]
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]
Turn = tuple[str, str]

ROLES = {"human": "user", "gpt": "assistant"}
"""The names that a payload has for ShareGPT's roles, in every dialect of turns; other roles keep their name."""

INSTRUCTION_ROLES = ("system", "developer", "tools")
"""Roles of the turns that say how to behave and what tools there are. Often all records of a source share them, so they
are left out where records are compared with each other."""

REASONING = ("reasoning_content", "reasoning", "thinking")
"""Keys of a turn's reasoning. Only text is read: some data sets have flags of these names."""

CALLS = ("tool_calls", "function_call")
"""Keys of a turn's calls of tools: a list, and the older form, one call."""

TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
"""Types of the parts that are text."""

MEDIA = ("image", "audio", "video", "file", "document")
"""What else a part may be; a type such as ``image_url`` or ``input_audio`` has one of these words."""

_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half of a character: JSON can name it, UTF-8 cannot hold it."""

_IDS = frozenset({"id", "call_id", "tool_call_id", "index", "type"})
"""Keys of a call that are not about what it asks for."""


class BadRecordError(Exception):
    """One record that cannot be used; the message is the reason, as the table of rejected records shows it."""


def read_turns(value: list[Any], where: str, role_key: str, text_key: str) -> list[Turn]:
    """Read a list of dicts, one a turn.

    Args:
        value: the list.
        where: what the reason for a rejection calls it.
        role_key: key of a turn's role.
        text_key: key of a turn's text.

    Raises:
        BadRecordError: with the reason, which names the place and what is there.
    """
    if not value:
        raise BadRecordError(f"{where}: no turns")
    return [
        read for place, turn in enumerate(value) for read in _read_turn(turn, f"{where}[{place}]", role_key, text_key)
    ]


def without_instructions(turns: list[Turn]) -> list[Turn]:
    """Return the turns that are not of `INSTRUCTION_ROLES`."""
    return [turn for turn in turns if turn[0] not in INSTRUCTION_ROLES]


def present(record: Record, key: str, where: str = "") -> Any:
    """Return the value of a key.

    Raises:
        BadRecordError: when it is missing or null.
    """
    value = record.get(key)
    if value is None:
        raise BadRecordError(f"{where}.{key}: null" if where else f"{key}: null")
    return value


def string(value: object, where: str) -> str:
    """Return text.

    Raises:
        BadRecordError: when it is none.
    """
    if not isinstance(value, str):
        raise BadRecordError(f"{where}: expected text, found {kind(value)}")
    return value


def kind(value: object) -> str:
    """Return what a reason calls a value that is not as it should be."""
    names = {str: "text", list: "a list", dict: "an object", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)


def _read_turn(turn: object, where: str, role_key: str, text_key: str) -> list[Turn]:
    """Return the turn itself, with its reasoning before it and its calls after it."""
    if not isinstance(turn, dict):
        raise BadRecordError(f"{where}: expected {{{role_key}, {text_key}}}, found {kind(turn)}")
    role = string(present(turn, role_key, where), f"{where}.{role_key}")
    role = ROLES.get(role, role)
    before = [("reasoning", turn[key]) for key in REASONING if isinstance(turn.get(key), str) and turn[key]]
    after = [("tool_call", call) for key in CALLS for call in _calls(turn.get(key))]
    if turn.get(text_key) is None and (before or after):
        return before + after
    text = _text(present(turn, text_key, where), f"{where}.{text_key}")
    own = [(role, text)] if text or not (before or after) else []
    return before + own + after


def _text(value: object, where: str) -> str:
    """Return text, or join a list of parts, all of which must be text."""
    parts = _parts(value)
    if parts is None:
        return string(value, where)
    texts = [part.get("text") if isinstance(part, dict) else None for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise BadRecordError(f"{where}: a part that is not text")
    return "\n".join(texts)  # type: ignore[arg-type]


def _parts(value: object) -> list[Any] | None:
    """Return a list of parts, also from its JSON text; None where the value is something else.

    A list that stands in a text must look like parts: objects with a ``type``, one of them text or media. Else it may
    be what somebody said.
    """
    if isinstance(value, list):
        return value
    if not (isinstance(value, str) and value.startswith("[") and '"type"' in value):
        return None
    parts = _from_json(value)
    if not (isinstance(parts, list) and all(isinstance(part, dict) and "type" in part for part in parts)):
        return None
    types = [str(part["type"]) for part in parts]
    return parts if any(name in TEXT_PARTS or _medium(name) for name in types) else None


def _medium(name: str) -> str | None:
    """Return which of `MEDIA` a part of this type is; None where it is something else."""
    return next((medium for medium in MEDIA if medium in name.split("_")), None)


def _calls(value: object) -> Iterator[str]:
    """Yield the text of each call, from a list of calls or one, also from JSON text."""
    value = _from_json(value) if isinstance(value, str) else value
    for call in value if isinstance(value, list) else [value]:
        try:
            text = _call(call)
        except RecursionError:
            raise BadRecordError("a call of a tool that is nested too deep") from None
        if text:
            yield text


def _call(call: object) -> str:
    """Return name and arguments of a call, or all that it has where it has neither."""
    call = _from_json(call) if isinstance(call, str) else call
    if not isinstance(call, dict):
        return "" if call is None else _compact(call)
    fields: dict[str, Any] = _without_nulls({key: value for key, value in call.items() if key not in _IDS})
    inner = fields.get("function", fields.get("custom"))
    function = inner if isinstance(inner, dict) else fields
    arguments = function.get("arguments", function.get("input"))
    if not isinstance(function.get("name"), str):
        return _compact(fields) if fields else ""
    return function["name"] if arguments is None else f"{function['name']} {_compact(arguments)}"


def _compact(value: object) -> str:
    """Write a value as JSON without white space, keys in the order of the alphabet, without nulls; text as it is.

    Text that is a JSON object is written so, too. That is what makes a record's payload independent of other records:
    Spark gives an object as text where another record has text in the same place, gives it the nulls of the keys
    that other records have, makes whole numbers floats where another record has a float, and sorts the keys.

    >>> _compact({"b": 1.0, "a": None}), _compact('{ "b": 1 }'), _compact("by hand")
    ('{"b":1}', '{"b":1}', 'by hand')
    """
    parsed = _from_json(value) if isinstance(value, str) else value
    if isinstance(parsed, str):
        return parsed
    plain = _without_nulls(parsed)
    written = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
    # Where an escape such as \ud800 stands for no character, the text is all that UTF-8 can hold.
    return value if isinstance(value, str) and _LONE_SURROGATE.search(written) else written


def _from_json(text: str) -> Any:
    """Return the object or list that a text holds in JSON; the text itself where it holds none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list) else text


def _without_nulls(value: Any) -> Any:
    """Return a value without the keys of nulls, and with whole numbers as integers, at every depth."""
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
