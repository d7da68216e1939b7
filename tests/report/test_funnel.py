"""The funnel: steps in order, numbers that add up, a sign before what leaves."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.report.funnel import AMOUNTS, CHOSEN, LEAVE, STAY, amount, amount_of, funnel, funnel_table, less

numbers = st.integers(0, 50)


def by_step(steps: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {step["step"]: step for step in steps}


@given(st.dictionaries(st.sampled_from([*LEAVE][1:]), st.tuples(numbers, numbers, numbers)), numbers, numbers)
def test_what_leaves_adds_up(left: dict[str, tuple[int, int, int]], rejected: int, stays: int) -> None:
    leaving = {name: amount(*sizes) for name, sizes in left.items()}
    used = amount(*(sum(sizes[n] for sizes in left.values()) + stays for n in range(3)))
    steps = funnel(used["records"] + rejected, used, leaving, {"eligible": less(used, [*leaving.values()])})
    named = by_step(steps)
    assert [step for step in named if step in LEAVE] == [name for name in LEAVE if name in named], (
        "in the order in which they leave"
    )
    assert named["eligible"] == {"step": "eligible", **amount(stays, stays, stays)}
    gone = sum(step["records"] for step in steps if step["step"] in LEAVE)
    assert steps[0]["records"] - gone == stays
    assert all(step["records"] for step in steps if step["step"] in LEAVE), "no row for what did not happen"


def test_what_is_not_known_stays_unknown() -> None:
    assert less(amount(9, 90, 30), [amount(2, 20), amount(1)]) == amount(6)
    assert less(amount(9, 90), []) == amount(9, 90)
    assert amount_of({"records": 3, "raw_bytes": 5, "of": 9}) == amount(3, 5)


def test_each_step_has_a_name() -> None:
    assert not STAY.keys() & LEAVE.keys()
    assert set(CHOSEN) < STAY.keys()
    assert all(name and len(name) < 32 for name in [*STAY.values(), *LEAVE.values()])


def test_the_table() -> None:
    steps = funnel(
        10_000,
        amount(9_000, 90_000, 20_000),
        {"deduplicated": amount(1_000, 9_000, 1_500), "outside_bounds": amount(0, 0, 0)},
        {"eligible": amount(8_000, 81_000, 18_500), "selected": amount(5, 60, 7)},
    )
    table = funnel_table(steps, {"files": 3, "format": "csv"})
    assert list(table.columns) == ["records of the input", "records", "bytes", "tokens", "share"]
    assert [list(row) for row in table.rows] == [
        ["read from 3 files (csv)", "10,000", "", "", "100.0%"],
        ["rejected", "-1,000", "", "", "-10.0%"],
        ["could be used", "9,000", "90,000", "20,000", "90.0%"],
        ["duplicates", "-1,000", "-9,000", "-1,500", "-10.0%"],
        ["could be selected", "8,000", "81,000", "18,500", "80.0%"],
        ["selected", "5", "60", "7", "0.1%"],
    ]
    plain = funnel_table(funnel(1, amount(1, 5), {}, {"used": amount(1, 5)}), {"files": 1, "format": None})
    assert [list(row) for row in plain.rows] == [
        ["read from 1 file", "1", "", "100.0%"],
        ["could be used", "1", "5", "100.0%"],
    ]
    assert AMOUNTS == ("records", "raw_bytes", "tokens")
    nothing = funnel_table(funnel(0, amount(0, 0), {}, {"used": amount(0, 0)}), {})
    assert [row[0] for row in nothing.rows] == ["read", "could be used"]
