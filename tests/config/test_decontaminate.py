"""The section on benchmarks: its short forms, and what it refuses."""

import pytest

from support.configs import REQUIRED
from zip_pipeline.config import Decontaminate, SelectConfig, load
from zip_pipeline.errors import ConfigError


def section(*overrides: str) -> Decontaminate | None:
    return load(None, [*REQUIRED, *overrides], SelectConfig).input.decontaminate


def test_by_default_there_is_none() -> None:
    assert section() is None


@pytest.mark.parametrize("paths", ["bench/gsm8k.jsonl", "[bench/gsm8k.jsonl]", "[{path: bench/gsm8k.jsonl}]"])
def test_short_forms(paths: str) -> None:
    short = section(f"input.decontaminate={paths}")
    assert short == section(f"input.decontaminate={{paths: {paths}}}")
    assert short is not None
    assert [place.path for place in short.paths] == ["bench/gsm8k.jsonl"]
    assert (short.words, short.share) == (13, 0.0)


def test_a_place_has_the_keys_of_an_input() -> None:
    known = section("input.decontaminate=[a, {path: b, columns: {text: question}}]", "input.decontaminate.share=50%")
    assert known is not None
    assert [place.columns.text for place in known.paths] == ["text", "question"]
    assert known.share == 0.5


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[]", "input.decontaminate.paths: list should have at least 1 item"),
        ("{words: 8}", "input.decontaminate.paths: missing"),
        ("{paths: [a], words: 4}", "input.decontaminate.words: input should be greater than or equal to 5, found 4"),
        ("{paths: [a], share: 2}", "input.decontaminate.share: input should be less than or equal to 1, found 2"),
        ("{path: a}", "input.decontaminate.path: unknown key, did you mean 'paths'"),
        ("5", "input.decontaminate.paths: input should be a valid list, found 5"),
        ("[{pat: a}]", "expected a 'path' or a 'table'|pat: unknown key, did you mean 'path'"),
    ],
)
def test_mistakes(value: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        section(f"input.decontaminate={value}")
