"""What hypothesis draws bytes from."""

from hypothesis import strategies as st

few_symbols = st.lists(st.sampled_from(b"ab\x00c"), max_size=400).map(bytes)


repeats = st.lists(st.tuples(st.binary(max_size=12), st.integers(1, 60)), max_size=12).map(
    lambda parts: b"".join(part * count for part, count in parts)
)


some_bytes = st.one_of(st.binary(max_size=300), few_symbols, repeats)
