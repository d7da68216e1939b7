"""Quotas of the config that cannot hold at once are refused, as early as the config says enough."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.configs import REQUIRED
from zip_pipeline.config import SelectConfig, StratumQuota, load
from zip_pipeline.config.quotas import amount_of, limits_of, shares_of
from zip_pipeline.errors import ConfigError
from zip_pipeline.selection.quotas import Budget


def section(budget: object, quotas: str) -> Any:
    overrides = [*REQUIRED, f"select.budget={budget}", f"select.quotas={quotas}"]
    return load(None, overrides, SelectConfig).select.quotas


@pytest.mark.parametrize(
    ("budget", "quotas", "message"),
    [
        (10, "{man: {floor: 4, cap: 3}}", "select.quotas.man: the floor of 4 records is above the cap of 3"),
        (10, "{a: {floor: 9}, b: {floor: 9}}", "select.quotas: the floors sum up to 18 records, more than the budget "
         "of 10"),
        (10, "{a: {floor: 60%}, b: {floor: 5}}", "select.quotas: the floors sum up to 11 records, more than the budget "
         "of 10"),
        (10, "{a: {floor: 11}}", "select.quotas: the floors sum up to 11 records, more than the budget of 10"),
        (100, "{a: {share: 50%, floor: 60}}", "select.quotas.a: the floor of 60 records is above the share of 50"),
        (100, "{a: {share: 0.5, cap: 20%}}", "select.quotas.a: the share of 50 records is above the cap of 20"),
        ("1MB", "{a: {cap: 200}}", "select.quotas.a: the budget is in bytes, 200 is not"),
        (100, "{a: {floor: 2KB}}", "select.quotas.a: the budget is in records, 2KB is not"),
        ("1MB", "{a: {floor: 3KB, cap: 2KB}}", "select.quotas.a: the floor of 3,072 bytes is above the cap of 2,048"),
        ("5%", "{a: {share: 0.5}, b: {share: 60%}}", "select.quotas: the shares sum up to 1.1, more than 1"),
        (10, "{a: {share: 110%}}", "select.quotas.a.share: input should be less than or equal to 1, found '110%'"),
        (10, "{a: {cap: 110%}}", "select.quotas.a.cap: expected a number of records, a size such as 200MB, tokens such as 50M tokens, or a share "
         "such as 5%, found '110%'"),
    ],
)  # fmt: skip
def test_what_cannot_hold(budget: object, quotas: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        section(budget, quotas)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("budget", "quotas"),
    [
        (10, "{a: {floor: 4, cap: 4}, b: {floor: 6}}"),
        (10, "{a: {cap: 0}, b: {floor: 0, cap: 0%}}"),
        ("1MB", "{a: {cap: 0}}"),
        (5, "{a: {share: 50%, cap: 50%}}"),
        (9, "{a: {floor: 34%}, b: {floor: 33%}, c: {floor: 33%}}"),
        ("5%", "{a: {floor: 1000}, b: {floor: 1000}}"),  # of how many records, the pool will say
        (10, "{a: {share: 0.1}, b: {share: 0.2}, c: {share: 0.7}}"),
        (1000, "{a: {share: 0.5, floor: 100}}"),
    ],
)
def test_what_holds(budget: object, quotas: str) -> None:
    assert section(budget, quotas)


def test_a_share_that_only_the_pool_gives() -> None:
    """A source without a share has one in proportion, and its own limits."""
    quotas = {"a": StratumQuota(share=0.5), "b": StratumQuota(floor=60)}
    assert limits_of(quotas, Budget(100), shares_of(quotas)) == {"a": (0, None), "b": (60, None)}
    with pytest.raises(ConfigError, match=r"^select\.quotas\.b: the floor of 60 records is above the share of 50$"):
        limits_of(quotas, Budget(100), {"a": 0.5, "b": 0.5})
    assert limits_of({"b": StratumQuota(cap=10)}, Budget(100), {"b": 0.1})["b"] == (0, 10)


@given(st.integers(1, 10**12), st.integers(0, 100))
def test_a_percentage_is_of_the_whole(whole: int, percent: int) -> None:
    amount, unit = amount_of(f"{percent}%", whole, "bytes")
    assert unit == "bytes"
    assert amount == (max(1, whole * percent // 100) if percent else 0)
    assert amount_of(percent, whole, "bytes") == (percent, "records")
    assert amount_of("2KB", whole, "records") == (2048, "bytes")
