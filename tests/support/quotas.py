"""Selections with quotas, without Spark."""

from hypothesis import strategies as st

from zip_pipeline.records.render import FRAMINGS

CONTENT = FRAMINGS["content"]


def stratum_of(record_id: str) -> str:
    return "abc"[int(record_id[1:]) % 3]


ks = st.tuples(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30)).map(lambda k: tuple(sorted(k, reverse=True)))
