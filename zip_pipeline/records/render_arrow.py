"""Text of whole Arrow columns: what the dialects need to render a batch of records at once.

A null here means "not plain": a null, a column of another type, nothing visible. Such rows are left to the row way
of `dialects` and `render`, which knows every case and every reason.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline.records.turns import CALLS, REASONING, ROLES

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


def conversations(turns: pa.Array, role_key: str, text_key: str) -> pa.Array:
    r"""Render a column of conversations, one ``role: text`` line a turn.

    >>> column = pa.array([[{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]])
    >>> conversations(column, "from", "value").to_pylist()
    ['user: Hi\nassistant: Hello']

    Args:
        turns: lists of structs; every row of another type is null in the result.
        role_key: the struct's field with the role.
        text_key: the struct's field with the text.
    """
    kind = turns.type
    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return no_texts(len(turns))
    keys = {field.name for field in kind.value_type}
    if not {role_key, text_key} <= keys:
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
    plain[rows[_may_be_parts(texts)]] = False
    for key in keys.intersection((*REASONING, *CALLS)):
        plain[rows[_is_filled(pc.struct_field(flat, key))]] = False
    joined = where(plain, joined)
    return joined if turns.null_count == 0 else _spread(joined, turns.is_valid())


def without_roles(turns: pa.Array, role_key: str, roles: Collection[str]) -> pa.Array:
    """Return the turns of other roles; null for a conversation that has no turns of these roles, or no others.

    >>> column = pa.array([[{"role": "system"}, {"role": "user"}], [{"role": "user"}], [{"role": "system"}]])
    >>> without_roles(column, "role", ["system"]).to_pylist()
    [[{'role': 'user'}], None, None]

    Args:
        turns: lists of structs.
        role_key: the struct's field with the role.
        roles: the roles that are left out.
    """
    flat = turns.flatten()
    stays = pc.invert(pc.is_in(pc.struct_field(flat, role_key), pa.array(roles))).to_numpy(zero_copy_only=False)
    if stays.all():
        return pa.nulls(len(turns), turns.type)
    lengths = pc.fill_null(pc.list_value_length(turns), 0).to_numpy()
    ends = np.cumsum(lengths)
    staying = np.concatenate([[0], np.cumsum(stays)])
    counts = staying[ends] - staying[ends - lengths]
    is_changed = (counts > 0) & (counts < lengths)
    offsets = np.concatenate([[0], np.cumsum(np.where(is_changed, counts, 0))]).astype(np.int32)
    others = flat.filter(pa.array(stays & np.repeat(is_changed, lengths)))
    return pa.ListArray.from_arrays(offsets, others, mask=pa.array(~is_changed))


def _markers(roles: pa.Array) -> pa.Array:
    """Return what stands before each turn's text; there are many turns and few roles."""
    encoded = roles.dictionary_encode()
    names = [ROLES.get(role, role) for role in encoded.dictionary.to_pylist()]
    return pa.array([f"{name}: " if name else "" for name in names], pa.string()).take(encoded.indices)


def _may_be_parts(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which texts may be the JSON of a list of parts, shape (len(texts),)."""
    flags: npt.NDArray[np.bool_] = pc.fill_null(pc.starts_with(texts, "["), False).to_numpy(zero_copy_only=False)
    if flags.any():
        flags[flags] = pc.match_substring(texts.filter(pa.array(flags)), '"type"').to_numpy(zero_copy_only=False)
    return flags


def _is_filled(values: pa.Array) -> npt.NDArray[np.bool_]:
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
