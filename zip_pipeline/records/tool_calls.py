"""Calls of tools: what a model asks for, as one text a call.

The text is the tool's name, a space, and the arguments, which `json_text.compact` writes. Ids do not count.

    >>> call = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": '{"q": "rain"}'}}
    >>> texts_of([call])
    ['search {"q":"rain"}']
"""

from typing import Any

from zip_pipeline.records.json_text import compact, from_json, without_nulls

KEYS = ("tool_calls", "function_call")
"""Keys of a turn's calls: a list, and the older form, one call."""

_NOT_ASKED_FOR = frozenset({"id", "call_id", "tool_call_id", "index", "type"})
"""Keys of a call that say nothing about what it asks for."""


def texts_of(calls: object) -> list[str]:
    """Return the text of each call.

    Args:
        calls: a list of calls, or one; also as JSON text. Nulls, empty texts and empty objects are no calls.

    Raises:
        RecursionError: when one is nested too deep.
    """
    calls = from_json(calls)
    texts = map(_text_of, calls if isinstance(calls, list) else [calls])
    return [text for text in texts if text]


def _text_of(call: object) -> str:
    """Return name and arguments; all that the call has where it has no name."""
    call = from_json(call)
    if not isinstance(call, dict):
        return "" if call is None else compact(call)
    fields: dict[str, Any] = without_nulls({key: call[key] for key in call if key not in _NOT_ASKED_FOR})
    inner = fields.get("function", fields.get("custom"))
    function = inner if isinstance(inner, dict) else fields
    if not isinstance(function.get("name"), str):
        return compact(fields) if fields else ""
    arguments = function.get("arguments", function.get("input"))
    return function["name"] if arguments is None else f"{function['name']} {compact(arguments)}"
