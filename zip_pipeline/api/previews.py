"""A look at results in a notebook: the first rows as a table, safe to show whatever the texts hold."""

import json
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment
from pyspark.sql import DataFrame

from zip_pipeline import schema
from zip_pipeline.report.texts import excerpt

SHORT = 120
"""Characters of a value that a cell shows; the rest is to unfold."""

_TABLE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """\
<div style="overflow-x: auto">
<table>
<caption>{{ title }}</caption>
<thead><tr>{% for name in columns %}<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows %}
<tr>{% for short, long in row %}<td style="text-align: left; white-space: pre-wrap">
{%- if long %}<details><summary>{{ short }}</summary>{{ long }}</details>{% else %}{{ short }}{% endif -%}
</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
</div>
"""
)


class Preview:
    """A table that a notebook shows as HTML, and a terminal as text.

    Args:
        title: what the rows are.
        columns: their names.
        rows: values of any type; nested ones are shown as JSON.
    """

    def __init__(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self._title, self._columns = title, [excerpt(name, SHORT) for name in columns]
        self._rows = [[_text(value) for value in row] for row in rows]

    def _repr_html_(self) -> str:
        rows = [
            [(excerpt(text, SHORT), excerpt(text) if len(text) > SHORT else "") for text in row] for row in self._rows
        ]
        return _TABLE.render(title=self._title, columns=self._columns, rows=rows)

    def __repr__(self) -> str:
        lines = [self._columns, *([excerpt(" ".join(text.split()), SHORT) for text in row] for row in self._rows)]
        return "\n".join([self._title, *("  ".join(line) for line in lines)])


def preview(rows: DataFrame, records: int = 10) -> Preview:
    """Return the first rows of a result to look at: picks in their order, scores, duplicates, judgements.

    Text is escaped, and characters that would steer the page are shown as �; long text is to unfold.

        >>> zip_pipeline.preview(chosen)     # doctest: +SKIP

    Args:
        rows: what a function of `zip_pipeline` returned, or any other DataFrame.
        records: how many rows.
    """
    added = [name for name in schema.MAY_BE_ADDED if name in rows.columns]
    columns = [*added, *(name for name in rows.columns if name not in added)]
    shown = rows.limit(records).collect()
    return Preview(f"the first {len(shown):,} rows", columns, [[row[name] for name in columns] for row in shown])


def counts(title: str, tables: dict[str, DataFrame]) -> Preview:
    """Return how many rows each of several tables has.

    Args:
        title: what the tables are.
        tables: by name.
    """
    return Preview(title, ("table", "rows"), [(name, table.count()) for name, table in tables.items()])


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list | tuple | dict):
        return json.dumps(_plain(value), ensure_ascii=False, default=str)
    return str(value)


def _plain(value: Any) -> Any:
    """Return a nested value with its rows as dicts; JSON would take them for lists."""
    if hasattr(value, "asDict"):
        return _plain(value.asDict())
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
