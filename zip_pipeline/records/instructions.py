"""Instructions beside a conversation: columns with the system prompt, and with the tools that a model may call.

They are turns before the conversation, in the roles ``system`` and ``tools``. Tools are JSON: text as it is, lists and
objects as `json_text.compact` writes them. As in `dialect`, there is a row way and an Arrow way.

    >>> turns({"system": "Be kind.", "tools": [{"name": "search"}], "messages": []})
    [('system', 'Be kind.'), ('tools', '[{"name":"search"}]')]
"""

import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline.records import render_arrow
from zip_pipeline.records.json_text import compact
from zip_pipeline.records.turns import Record, Turn

SYSTEM = ("system", "system_prompt")
"""Columns of the system prompt; of two the first with text in it. Only text is read."""

TOOLS = "tools"
"""The column of tools: text, a list, or an object."""

COLUMNS = (*SYSTEM, TOOLS)
"""All of these columns."""

_NO_TOOLS = ("", "[]", "{}", "null")


def turns(record: Record) -> list[Turn]:
    """Return the turns that stand before a conversation."""
    system = next((text for name in SYSTEM if isinstance(text := record.get(name), str) and text), None)
    tools = record.get(TOOLS)
    if isinstance(tools, dict | list):
        tools = compact(tools)
    found = [] if system is None else [("system", system)]
    return found if not isinstance(tools, str) or tools in _NO_TOOLS else [*found, ("tools", tools)]


def above(batch: pa.RecordBatch, texts: pa.Array) -> pa.Array:
    """Put the turns of a batch's columns above rendered conversations.

    Args:
        batch: any columns.
        texts: the conversations, null where a row is not plain.

    Returns:
        The same texts where a row has no such turns. Null where a text is null, or a column needs the row way.
    """
    columns = {name: batch.column(name) for name in COLUMNS if name in batch.schema.names}
    if not columns:
        return texts
    for column in columns.values():
        texts = render_arrow.where(~render_arrow.needs_row_way(column), texts)
    found = {name: render_arrow.filled_text(column) for name, column in columns.items()}
    nothing = render_arrow.no_texts(batch.num_rows)
    system = pc.coalesce(*[found.get(name, nothing) for name in SYSTEM])
    tools = found.get(TOOLS, nothing)
    tools = pc.if_else(pc.is_in(tools, pa.array(_NO_TOOLS)), None, tools)
    for line in (render_arrow.marked("tools: ", tools), render_arrow.marked("system: ", system)):
        texts = pc.if_else(line.is_valid(), render_arrow.joined(line, texts), texts)
    return texts
