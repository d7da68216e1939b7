"""Values with a unit: sizes, shares, amounts."""

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from support.configs import REQUIRED
from zip_pipeline.config import CheckConfig, EvaluateConfig, SelectConfig, load
from zip_pipeline.config.values import Amount, Bytes, Limit, Share, bytes_of, bytes_text, share_of
from zip_pipeline.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *[("0", 0), ("5", 5), ("5B", 5), ("1.5 kb", 1536), ("64MB", 64 << 20), ("1TB", 1 << 40)],
        *[("2g", 2 << 30), ("2GiB", 2 << 30), (" 8 m ", 8 << 20)],
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("value", [None, 2.5, True, 7])
def test_what_is_no_text_stays_as_it_is(value: object) -> None:
    assert bytes_of(value) is value
    assert share_of(value) is value


@pytest.mark.parametrize("text", ["", "MB", "-5MB", "5 PB", "five", "lots", "5%", "2,5MB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(f"expected a size such as 64MB, found {text!r}")):
        TypeAdapter(Bytes).validate_python(text)


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 33 << 10, 64 << 20, 3 << 30])
def test_a_size_written_and_read_again(size: int) -> None:
    assert bytes_of(bytes_text(size)) == size
    assert TypeAdapter(Bytes).validate_python(bytes_text(size)) == size
    assert TypeAdapter(Bytes).dump_python(size, mode="json") == bytes_text(size)


def test_shares() -> None:
    assert share_of("5%") == 0.05
    assert share_of(" 2.5 % ") == 0.025
    for text in ("5", "half", "", "-5%"):
        with pytest.raises(ValidationError, match=re.escape(f"expected a share such as 5% or 0.05, found {text!r}")):
            TypeAdapter(Share).validate_python(text)


def test_every_key_takes_the_unit_of_its_kind() -> None:
    """A size may have its unit and a share its percent sign wherever one is read."""
    keys = ["select.quotas={a: {share: 50%}}", "run.driver_memory_budget=2G", "select.bounds.min_bytes=1KB"]
    config = load(None, [*REQUIRED, *keys, "select.bounds.from={path: p, lower: 10%, upper: 90%}"], SelectConfig)
    assert isinstance(config.select.quotas, dict)
    assert (config.select.quotas["a"].share, config.run.driver_memory_budget) == (0.5, 2 << 30)
    assert config.select.bounds.reference is not None
    assert (config.select.bounds.min_bytes, config.select.bounds.reference.upper) == (1024, 0.9)
    check = load(None, ["input.path=v.csv", "output.path=out", "check.tolerance=5%"], CheckConfig)
    assert check.check.tolerance == 0.05
    sets = ["evaluate={selections: [a], held_out: [{path: b}], most_bytes: 8MB}", "output.path=out"]
    assert load(None, sets, EvaluateConfig).evaluate.most_bytes == 8 << 20
    with pytest.raises(ConfigError, match=r"^run\.driver_memory_budget: expected a size such as 64MB, found 'lots'$"):
        load(None, [*REQUIRED, "run.driver_memory_budget=lots"], SelectConfig)


@pytest.mark.parametrize("value", [1, "200MB", "5%", "0.5 kb", "7B", "2GiB", "100%"])
def test_amounts(value: int | str) -> None:
    assert TypeAdapter(Amount).validate_python(value) == value
    assert TypeAdapter(Limit).validate_python(value) == value


@pytest.mark.parametrize("value", [0, "0%", "0MB", "0.0 %"])
def test_nothing_is_a_limit_and_no_budget(value: int | str) -> None:
    assert TypeAdapter(Limit).validate_python(value) == value
    with pytest.raises(ValidationError, match="expected a number of records"):
        TypeAdapter(Amount).validate_python(value)


def test_a_number_of_records_in_words() -> None:
    texts = "500 records", "1 record", "10,000 Records", "10_000records"
    assert [TypeAdapter(Amount).validate_python(text) for text in texts] == [500, 1, 10_000, 10_000]
    assert TypeAdapter(Limit).validate_python("0 records") == 0
    with pytest.raises(ValidationError, match="expected a number of records"):
        TypeAdapter(Amount).validate_python("0 records")


@pytest.mark.parametrize("value", [-1, True, 1.5, "200", "", "MB", "-5%", "200M", "101%"])
def test_what_is_no_amount(value: object) -> None:
    """Without its B, 200M might be 200 million records."""
    for kind in (Amount, Limit):
        with pytest.raises(ValidationError, match="expected a number of records"):
            TypeAdapter(kind).validate_python(value)
