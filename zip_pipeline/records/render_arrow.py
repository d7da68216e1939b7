"""Text of whole Arrow columns: what the dialects need to render a batch of records at once.

A null here means "not plain": a null, a column of another type, nothing visible. Such rows are left to the row way
of `dialects` and `render`, which knows every case and every reason.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

VISIBLE = "[!-~]"
"""The visible ASCII characters. Text with one of them is not blank by anybody's rules."""


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
    """Return which texts have a visible ASCII character, shape (len(texts),)."""
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


def conversations(turns: pa.Array, role_key: str, text_key: str, role_names: Mapping[str, str]) -> pa.Array:
    r"""Render a column of conversations, one ``role: text`` line a turn.

    >>> column = pa.array([[{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]])
    >>> conversations(column, "from", "value", {"human": "user"}).to_pylist()
    ['user: Hi\ngpt: Hello']

    Args:
        turns: lists of structs; every row of another type is null in the result.
        role_key: the struct's field with the role.
        text_key: the struct's field with the text.
        role_names: roles that get another name.
    """
    kind = turns.type
    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return no_texts(len(turns))
    if not {role_key, text_key} <= {field.name for field in kind.value_type}:
        return no_texts(len(turns))
    present = turns.drop_null()
    flat = present.flatten()
    texts = text(pc.struct_field(flat, text_key))
    markers = _markers(text(pc.struct_field(flat, role_key)), role_names)
    lines = pc.binary_join_element_wise(markers, texts, "")
    lengths = pc.list_value_length(present).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, lines), "\n")  # null where a turn is null
    # The markers are visible even where the text is blank.
    has_text = np.zeros(len(present), dtype=bool)
    has_text[np.repeat(np.arange(len(present)), lengths)[visible(texts)]] = True
    joined = where(has_text, joined)
    return joined if turns.null_count == 0 else _spread(joined, turns.is_valid())


def _markers(roles: pa.Array, role_names: Mapping[str, str]) -> pa.Array:
    """Return what stands before each turn's text; there are many turns and few roles."""
    encoded = roles.dictionary_encode()
    names = [role_names.get(role, role) for role in encoded.dictionary.to_pylist()]
    return pa.array([f"{name}: " if name else "" for name in names], pa.string()).take(encoded.indices)


def _spread(texts: pa.Array, present: pa.Array) -> pa.Array:
    """Put the texts, in order, into the places that are present; null elsewhere."""
    flags = present.to_numpy(zero_copy_only=False)
    return texts.take(pa.array(np.cumsum(flags) - 1, mask=~flags))
