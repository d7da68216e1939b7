"""Text of whole Arrow columns: what the dialects need to render a batch of records at once.

A null here means "not plain": a null, a column of another type, nothing visible. Such rows are left to the row way
of `dialects` and `render`, which knows every case and every reason.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline.records import tool_calls
from zip_pipeline.records.turns import REASONING, ROLES, Keys

VISIBLE = r"[^\x09-\x0d\x1c-\x20\x85\xa0\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
"""Whatever `str.strip` leaves."""


def no_texts(rows: int) -> pa.Array:
    """Return a null for each row: no row is plain."""
    return pa.nulls(rows, pa.string())


def is_text(column: pa.Array) -> bool:
    """Whether the column holds text with 32-bit offsets; Arrow's other types of text are left to the row way."""
    return bool(pa.types.is_string(column.type))


def text(column: pa.Array) -> pa.Array:
    """Return the column; all null where it does not hold text."""
    return column if is_text(column) else no_texts(len(column))


def visible(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which texts have a visible character, shape (len(texts),)."""
    flags: npt.NDArray[np.bool_] = pc.fill_null(pc.match_substring_regex(texts, VISIBLE), False).to_numpy(
        zero_copy_only=False
    )
    return flags


def where(flags: npt.NDArray[np.bool_], texts: pa.Array) -> pa.Array:
    """Return the texts; null where the flag is not set."""
    return pc.if_else(pa.array(flags), texts, pa.scalar(None, pa.string()))


def marked(marker: str, texts: pa.Array) -> pa.Array:
    """Return the texts, each after the marker of its role."""
    return pc.binary_join_element_wise(marker, texts, "")


def filled_text(column: pa.Array) -> pa.Array:
    """Return the texts; null where a text is empty, and everywhere where the column does not hold text."""
    texts = text(column)
    return pc.if_else(pc.not_equal(texts, ""), texts, None)


def needs_row_way(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which values only the row way can read, shape (len(column),): those that are not text."""
    return np.zeros(len(column), dtype=bool) if is_text(column) else is_filled(column)


def joined(*texts: pa.Array) -> pa.Array:
    """Return the texts of a row as lines; null where one is null."""
    return pc.binary_join_element_wise(*texts, "\n")


def below(texts: pa.Array, more: pa.Array) -> pa.Array:
    """Put more text below each text, as its next line; where there is none, the text stays."""
    return pc.if_else(more.is_valid(), joined(texts, more), texts)


def conversations(turns: pa.Array, keys: Keys) -> pa.Array:
    r"""Render a column of conversations, one ``role: text`` line a turn.

    >>> column = pa.array([[{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]])
    >>> conversations(column, [("from", "value")]).to_pylist()
    ['user: Hi\nassistant: Hello']

    Args:
        turns: lists of structs; every row of another type is null in the result.
        keys: the struct's fields with role and text; of several customs the first one whose role the struct has.
    """
    kind = turns.type
    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return no_texts(len(turns))
    names = {field.name for field in kind.value_type}
    role_key, text_key = next((pair for pair in keys if pair[0] in names), keys[0])
    if not {role_key, text_key} <= names:
        return no_texts(len(turns))
    present = turns.drop_null()
    flat = present.flatten()
    texts = text(pc.struct_field(flat, text_key))
    markers = _markers(text(pc.struct_field(flat, role_key)))
    lines = pc.binary_join_element_wise(markers, texts, "")
    lengths = pc.list_value_length(present).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, lines), "\n")  # null where a turn is null
    rows = np.repeat(np.arange(len(present)), lengths)
    # The markers are visible even where the text is blank.
    plain = np.zeros(len(present), dtype=bool)
    plain[rows[visible(texts)]] = True
    plain[rows[begin_and_have(texts, "[", ('"type"',))]] = False
    for key in names.intersection((*REASONING, *tool_calls.KEYS)):
        plain[rows[is_filled(pc.struct_field(flat, key))]] = False
    joined = where(plain, joined)
    return joined if turns.null_count == 0 else _spread(joined, turns.is_valid())


def without_roles(turns: pa.Array, keys: Keys, roles: Collection[str]) -> pa.Array:
    """Leave out the turns of some roles; the same column where there are none. See `conversations`.

    >>> column = pa.array([[{"role": "system"}, {"role": "user"}], [{"role": "system"}]])
    >>> without_roles(column, [("role", "content")], ["system"]).to_pylist()
    [[{'role': 'user'}], []]

    Args:
        turns: lists of structs; a column of another type stays as it is.
        keys: the struct's fields with role and text.
        roles: the roles that are left out.
    """
    kind = turns.type
    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return turns
    names = {field.name for field in kind.value_type}
    flat = turns.flatten()
    stays = np.ones(len(flat), dtype=bool)
    for role_key in [role for role, _ in keys if role in names][:1]:
        said_by = text(pc.struct_field(flat, role_key))
        stays = pc.invert(pc.is_in(said_by, pa.array(roles))).to_numpy(zero_copy_only=False)
    if stays.all():
        return turns
    lengths = pc.fill_null(pc.list_value_length(turns), 0).to_numpy()
    ends = np.concatenate([[0], np.cumsum(lengths)])
    offsets = np.concatenate([[0], np.cumsum(stays)])[ends].astype(np.int32)
    return pa.ListArray.from_arrays(offsets, flat.filter(pa.array(stays)), mask=turns.is_null())


def _markers(roles: pa.Array) -> pa.Array:
    """Return what stands before each turn's text; there are many turns and few roles."""
    encoded = roles.dictionary_encode()
    names = [ROLES.get(role, role) for role in encoded.dictionary.to_pylist()]
    return pa.array([f"{name}: " if name else "" for name in names], pa.string()).take(encoded.indices)


def begin_and_have(texts: pa.Array, starts: str, words: Collection[str]) -> npt.NDArray[np.bool_]:
    """Return which texts begin with one of some characters and have one of some words, shape (len(texts),)."""
    flags: npt.NDArray[np.bool_] = np.zeros(len(texts), dtype=bool)
    for start in starts:
        flags |= pc.fill_null(pc.starts_with(texts, start), False).to_numpy(zero_copy_only=False)
    if flags.any():
        few = texts.filter(pa.array(flags))
        flags[flags] = np.logical_or.reduce([pc.match_substring(few, word).to_numpy(False) for word in words])
    return flags


def may_be_turns(texts: pa.Array, keys: Keys) -> npt.NDArray[np.bool_]:
    """Return which texts may be the JSON of turns, shape (len(texts),)."""
    return begin_and_have(texts, "[{", [f'"{role}"' for role, _ in keys])


def is_filled(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which values are neither null nor empty text or an empty list, shape (len(values),)."""
    filled = values.is_valid()
    if pa.types.is_string(values.type):
        filled = pc.fill_null(pc.not_equal(values, ""), False)
    elif pa.types.is_list(values.type):
        filled = pc.fill_null(pc.greater(pc.list_value_length(values), 0), False)
    flags: npt.NDArray[np.bool_] = filled.to_numpy(zero_copy_only=False)
    return flags


def _spread(texts: pa.Array, present: pa.Array) -> pa.Array:
    """Put the texts, in order, into the places that are present; null elsewhere."""
    flags = present.to_numpy(zero_copy_only=False)
    return texts.take(pa.array(np.cumsum(flags) - 1, mask=~flags))
