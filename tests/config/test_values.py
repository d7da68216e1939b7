"""Values with a unit: sizes, shares, amounts."""

import pytest
from pydantic import TypeAdapter, ValidationError

from zip_pipeline.config.values import Amount, Bytes, bytes_of, bytes_text, share_of


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("5", 5), ("5B", 5), ("1.5 kb", 1536), ("64MB", 64 << 20), ("1TB", 1 << 40)],
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("value", ["", "MB", "2g", "-5MB", "5 PB", "five", None, 2.5, True])
def test_what_is_no_size_stays_as_it_is(value: object) -> None:
    assert bytes_of(value) is value


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 33 << 10, 64 << 20, 3 << 30])
def test_a_size_written_and_read_again(size: int) -> None:
    assert bytes_of(bytes_text(size)) == size
    assert TypeAdapter(Bytes).validate_python(bytes_text(size)) == size
    assert TypeAdapter(Bytes).dump_python(size, mode="json") == bytes_text(size)


def test_shares() -> None:
    assert share_of("5%") == 0.05
    assert share_of("2.5 %") == 0.025
    assert share_of("5") == "5"
    assert share_of(0.1) == 0.1


@pytest.mark.parametrize("value", [1, "200MB", "5%", "0.5 kb", "7B"])
def test_amounts(value: int | str) -> None:
    assert TypeAdapter(Amount).validate_python(value) == value


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "200", "", "MB", "-5%"])
def test_what_is_no_amount(value: object) -> None:
    with pytest.raises(ValidationError, match="expected a number of records"):
        TypeAdapter(Amount).validate_python(value)
