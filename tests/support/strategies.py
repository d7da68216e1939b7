"""What hypothesis draws bytes, JSON and tables from."""

from hypothesis import strategies as st

few_symbols = st.lists(st.sampled_from(b"ab\x00c"), max_size=400).map(bytes)


repeats = st.lists(st.tuples(st.binary(max_size=12), st.integers(1, 60)), max_size=12).map(
    lambda parts: b"".join(part * count for part, count in parts)
)


some_bytes = st.one_of(st.binary(max_size=300), few_symbols, repeats)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)

numbers = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**53, -(2**53) - 1, 2**63 - 1, -(2**63), 2**63, 10**38 - 1, 10**38]),
    st.floats(allow_nan=False, allow_infinity=False),
)

keys = st.sampled_from(["a", "b", "A", "", "a.b", "é`"])

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts, st.just("2024-01-01")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)

json_records = st.dictionaries(st.sampled_from(["id", "text", "meta", "x.y"]), json_values, max_size=4)
